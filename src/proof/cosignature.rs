//! Cosignatures: what a witness says of a checkpoint that it saw, and when, as
//! <https://c2sp.org/tlog-cosignature> says of Ed25519. Invariant: one counts only if it is by that
//! key, of that text, and says a time.

use std::{fmt, str::FromStr};

use ed25519_dalek::{Signature as Ed25519, VerifyingKey};

use crate::{
    note::{Note, NoteError, SEED_BYTES, Signature, key_of, key_text},
    secret::SecretHalf,
};

/// The type of cosignatures with a time, by Ed25519.
const TIMED: u8 = 0x04;
/// The last time that can be said, in seconds since 1970.
const SECONDS_MAX: u64 = i64::MAX as u64;

/// What is signed: the text of a checkpoint, and when, in seconds since 1970.
fn message(text: &str, seconds: u64) -> String {
    format!("cosignature/v1\ntime {seconds}\n{text}")
}

/// The public half of a witness's key, written as a vkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessKey {
    name: String,
    id: [u8; 4],
    key: VerifyingKey,
}

impl WitnessKey {
    /// Whose key it is.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
    /// The public half alone: two keys of one public half are one witness, however they are named.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }
    /// When this witness cosigned a text, in seconds since 1970; `None` if the signature is not by
    /// it, or not of this text.
    #[must_use]
    pub fn cosigned(&self, text: &str, signature: &Signature) -> Option<u64> {
        let (time, bytes) = signature.by(&self.name, self.id)?.split_first_chunk::<8>()?;
        let seconds = u64::from_be_bytes(*time);
        let signed = Ed25519::from_bytes(bytes.try_into().ok()?);
        let fits = self.key.verify_strict(message(text, seconds).as_bytes(), &signed).is_ok();
        (fits && (1..=SECONDS_MAX).contains(&seconds)).then_some(seconds)
    }
    /// The cosignature of this witness among those of a note, and when it was made.
    #[must_use]
    pub fn among<'n>(&self, note: &'n Note) -> Option<(&'n Signature, u64)> {
        let mut signatures = note.signatures().iter();
        signatures.find_map(|one| Some((one, self.cosigned(note.unverified(), one)?)))
    }
}

impl fmt::Display for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&key_text(&self.name, self.id, TIMED, &self.key))
    }
}

impl FromStr for WitnessKey {
    type Err = NoteError;
    fn from_str(text: &str) -> Result<WitnessKey, NoteError> {
        let (name, id, key) = key_of(text, TIMED)?;
        Ok(WitnessKey { name, id, key })
    }
}

/// A witness's key, which cosigns, and must sign nothing else.
pub type Cosigner = SecretHalf<WitnessKey>;

impl Cosigner {
    /// The key of this name made of 32 secret bytes.
    pub fn new(name: &str, seed: &[u8; SEED_BYTES]) -> Result<Cosigner, NoteError> {
        SecretHalf::made(name, seed, TIMED, |name, id, key| WitnessKey { name, id, key })
    }
    /// Its cosignature of a checkpoint's text, at a time in seconds since 1970.
    #[must_use]
    pub fn cosign(&self, text: &str, seconds: u64) -> Signature {
        let WitnessKey { name, id, .. } = self.vkey();
        let signed = self.signed(&message(text, seconds));
        let bytes = [&seconds.to_be_bytes()[..], &signed].concat();
        Signature::new(name.clone(), *id, bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::Vkey;

    const TEXT: &str = "books.example/L/1\n3\nAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=\n";

    fn cosigner() -> Cosigner {
        Cosigner::new("w.example/1", &[5; SEED_BYTES]).unwrap()
    }

    #[test]
    fn each_bit_of_a_cosignature_counts() {
        let (cosigner, at) = (cosigner(), 1_764_547_200);
        let line = cosigner.cosign(TEXT, at).to_string();
        let key: WitnessKey = cosigner.vkey().to_string().parse().unwrap();
        let said = |line: &str| {
            let read = Signature::list(line).ok()?;
            key.cosigned(TEXT, &read[0])
        };
        assert_eq!(said(&line), Some(at));
        for at in 0..line.len() {
            for bit in 0..8 {
                let mut bytes = line.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                let changed = String::from_utf8(bytes).ok();
                assert_eq!(changed.and_then(|line| said(&line)), None, "bit {bit} of byte {at}");
            }
        }
        let (one, other) = (cosigner.cosign(TEXT, at), TEXT.replace("\n3\n", "\n4\n"));
        assert_eq!(key.cosigned(&other, &one), None);
        assert_eq!(key.cosigned(TEXT, &cosigner.cosign(TEXT, 0)), None, "it says no time");
    }

    #[test]
    fn what_is_signed_is_what_the_specification_says() {
        let signature = cosigner().cosign(TEXT, 1_679_315_147);
        let bytes = signature.by("w.example/1", cosigner().vkey().id).unwrap();
        assert_eq!(bytes[..8], 1_679_315_147_u64.to_be_bytes());
        let signed = Ed25519::from_bytes(bytes[8..].try_into().unwrap());
        let said = format!("cosignature/v1\ntime 1679315147\n{TEXT}");
        assert!(cosigner().vkey().key.verify_strict(said.as_bytes(), &signed).is_ok());
    }

    #[test]
    fn keys_of_logs_and_of_witnesses_are_not_each_others() {
        let text = cosigner().vkey().to_string();
        assert!(text.parse::<Vkey>().unwrap_err().to_string().contains("the type of logs"));
        let log = crate::note::Signer::new("w.example/1", &[5; SEED_BYTES]).unwrap();
        let wrong = log.vkey().to_string().parse::<WitnessKey>().unwrap_err().to_string();
        assert!(wrong.contains("the type of witnesses"), "{wrong}");
        // A signature of the log by the same bytes is no cosignature.
        let note = Note::new(TEXT.into(), &[&log]).unwrap();
        assert_eq!(cosigner().vkey().among(&note), None);
        let (key, note) = (cosigner(), note.with(cosigner().cosign(TEXT, 7)));
        assert_eq!(key.vkey().among(&note).map(|(_, at)| at), Some(7));
        assert!(note.verified(&[log.vkey().clone()]).is_ok());
    }
}
