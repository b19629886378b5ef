//! What the ledger is signed with, what was attested, and where it was restored. Invariant: a
//! history has the name that the newest restore gave it.

use sijil_schemas::{Checksum, Position, Record, VerifierKey, event::Access as AccessEvent};

use super::{Access, recorded};
use crate::{cells, cut::Lens, ids::Sym, words::Word};

cells! {
    /// A step in the life of a signing key.
    pub(super) enum CheckpointKeyStep {
        /// A node signs with it.
        Added {
            /// What its signatures are checked with.
            vkey: Sym<Word>,
            /// The node that holds it.
            node: Sym<Word>,
        },
        /// Nothing is signed with it.
        Retired,
    }
}
cells! {
    /// The ledger was restored.
    pub(super) struct RestoredStep {
        /// How many records there were.
        size: u64,
        /// The root of the tree of them.
        root: Checksum,
        /// The name of the history from there on.
        incarnation: Sym<Word>,
    }
}

/// A signing key, as known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointKeyState<'a> {
    /// The key.
    pub checkpoint_key: &'a str,
    /// What its signatures are checked with.
    pub vkey: VerifierKey,
    /// The node that holds it.
    pub node: &'a str,
    /// The record that added it.
    pub added: Position,
    /// The record that retired it.
    pub retired: Option<Position>,
}

/// The newest restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RestoredState<'a> {
    /// How many records there were.
    pub size: u64,
    /// The root of the tree of them.
    pub root: Checksum,
    /// The name of the history from there on.
    pub incarnation: &'a str,
    /// The record that says so.
    pub position: Position,
}

impl Access {
    pub(super) fn take_signed(&self, record: &Record, event: &AccessEvent) {
        let word = |text: &str| self.words.intern(text, record.position);
        match event {
            AccessEvent::CheckpointKeyAdded(e) => {
                let (vkey, node) = (word(e.vkey.as_str()), word(e.node.as_str()));
                let step = CheckpointKeyStep::Added { vkey, node };
                self.checkpoint_keys.push(self.ids.sym(&e.checkpoint_key), recorded(record, step));
            }
            AccessEvent::CheckpointKeyRetired(e) => {
                let step = recorded(record, CheckpointKeyStep::Retired);
                self.checkpoint_keys.push(self.ids.sym(&e.checkpoint_key), step);
            }
            AccessEvent::FiguresAttested(e) => {
                self.attested.push(word(e.report.as_str()), recorded(record, e.sha256));
            }
            AccessEvent::LedgerRestored(e) => {
                let incarnation = word(e.incarnation.as_str());
                let step = RestoredStep { size: e.size, root: e.root, incarnation };
                self.restored.push(self.ids.sym(&e.company), recorded(record, step));
            }
            _ => (),
        }
    }
    /// A signing key, retired or not; `None` if nobody added one of this id.
    #[must_use]
    pub fn checkpoint_key(&self, key: &str, lens: Lens<'_>) -> Option<CheckpointKeyState<'_>> {
        let key = self.ids.find(key)?;
        let mut state: Option<CheckpointKeyState<'_>> = None;
        for step in self.checkpoint_keys.of(key).known(lens) {
            match (step.what, &mut state) {
                (CheckpointKeyStep::Added { vkey, node }, _) => {
                    let vkey = self.words.text(vkey).parse();
                    state = Some(CheckpointKeyState {
                        checkpoint_key: self.ids.name(key),
                        vkey: vkey.expect("a verifier key that was admitted"),
                        node: self.words.text(node),
                        added: step.position,
                        retired: None,
                    });
                }
                (CheckpointKeyStep::Retired, Some(state)) => state.retired = Some(step.position),
                (CheckpointKeyStep::Retired, None) => (),
            }
        }
        state
    }
    /// The signing keys, retired or not, in order of the ids.
    #[must_use]
    pub fn checkpoint_keys(&self, lens: Lens<'_>) -> Vec<&str> {
        self.known_of(&self.checkpoint_keys, lens)
    }
    /// What was attested of a report: the position of each record, and the hash, oldest first.
    #[must_use]
    pub fn attested(&self, report: &str, lens: Lens<'_>) -> Vec<(Position, Checksum)> {
        let said = self.attested.of_any(self.words.find(report)).known(lens);
        said.map(|said| (said.position, said.what)).collect()
    }
    /// The newest restore; `None` if there was none.
    #[must_use]
    pub fn restored(&self, company: &str, lens: Lens<'_>) -> Option<RestoredState<'_>> {
        let step = self.restored.of_any(self.ids.find(company)).newest_known(lens)?;
        let RestoredStep { size, root, incarnation } = step.what;
        let incarnation = self.words.text(incarnation);
        Some(RestoredState { size, root, incarnation, position: step.position })
    }
}
