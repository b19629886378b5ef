//! Signing keys as records. Invariant: what is signed with a key whose ledger takes records stands
//! behind the record that added it, and one node has one key at a time.

use std::sync::atomic::Ordering;

use serde_json::json;
use sha2::{Digest, Sha256};
use sijil_proof::note::Vkey;

use crate::{
    exports::submit, ledger::Ledger, proofs::ProveError, request::SubmitError, signing::Signing,
    snapshots::hex,
};

/// So many bytes of a key's hash name it.
const NAME_BYTES: usize = 8;

/// What a key is called: the same under whatever name the log is known.
fn name_of(vkey: &Vkey) -> String {
    let text = vkey.to_string();
    let key = text.splitn(3, '+').last().unwrap_or_default();
    hex(&Sha256::digest(key.as_bytes())[..NAME_BYTES])
}

impl Ledger {
    /// Records that this node signs with a key from here on, and no more with another one, unless
    /// that stands there. Of a ledger that takes no records, or belongs to no node, nothing is.
    pub(crate) fn announce(&self, vkey: &Vkey, signing: &Signing) -> Result<(), ProveError> {
        let Some(node) = signing.node.as_deref().filter(|_| self.writable()) else {
            return Ok(());
        };
        if self.prover.announced.load(Ordering::Acquire) {
            return Ok(());
        }
        let _alone = self.prover.announcing();
        let key = name_of(vkey);
        let (views, desk) = (self.views(), self.own_desk());
        let (access, now) = (&views.access, views.now());
        let unrecorded = |error: SubmitError| {
            ProveError::Unsigned(format!("the key could not be recorded: {error}"))
        };
        let keys = access.checkpoint_keys(now);
        let states = keys.iter().filter_map(|key| access.checkpoint_key(key, now));
        let good: Vec<_> = states.filter(|state| state.retired.is_none()).collect();
        if !good.iter().any(|state| state.checkpoint_key == key) {
            let data = json!({"checkpoint_key": key, "vkey": vkey.to_string(), "node": node});
            submit(&desk, "checkpoint_key.added", &data, None).map_err(unrecorded)?;
        }
        for other in good.iter().filter(|state| state.node == node && state.checkpoint_key != key) {
            let data = json!({"checkpoint_key": other.checkpoint_key});
            submit(&desk, "checkpoint_key.retired", &data, None).map_err(unrecorded)?;
        }
        self.prover.announced.store(true, Ordering::Release);
        Ok(())
    }
}
