//! Secrets of keys: `sijil_`, the key's id, 43 random characters, and a checksum. Invariant: a
//! secret is shown once, to whoever asked for the key; it is in no log, no message and no record,
//! and is compared in constant time.

use sha2::{Digest, Sha256};
use sijil_schemas::record::{KEY_DIGITS, KEY_ID_CHARS, KeyId};
use subtle::ConstantTimeEq;

/// What every secret begins with, so that one that lies about is found and known for what it is.
const PREFIX: &str = "sijil_";
/// Random characters: 62⁴³ is more than 2²⁵⁶.
const RANDOM_CHARS: usize = 43;
const CHECK_CHARS: usize = 6;
const CHARS: usize = PREFIX.len() + KEY_ID_CHARS + 1 + RANDOM_CHARS + CHECK_CHARS;
/// Bytes from here on would make the first digits likelier than the last.
const FAIR: u8 = 248;

/// A text that is no secret of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected sijil_, {KEY_ID_CHARS} letters and digits, _, and {RANDOM_CHARS} and \
         {CHECK_CHARS} more"
)]
pub struct InvalidSecret;

/// The secret of a key. It has neither `Debug` nor `Display`: what shows it says so.
#[derive(Clone)]
pub struct Secret {
    text: String,
    id: KeyId,
}

impl Secret {
    /// A new secret of random bytes, of which more are asked for as long as it takes.
    ///
    /// # Errors
    /// What the source of random bytes says.
    pub fn new<E>(mut random: impl FnMut(&mut [u8]) -> Result<(), E>) -> Result<Secret, E> {
        let mut digits = String::with_capacity(KEY_ID_CHARS + RANDOM_CHARS);
        while digits.len() < KEY_ID_CHARS + RANDOM_CHARS {
            let mut bytes = [0; 64];
            random(&mut bytes)?;
            let fair = bytes.iter().filter(|byte| **byte < FAIR);
            let more = fair.map(|byte| char::from(KEY_DIGITS[usize::from(byte % 62)]));
            digits.extend(more.take(KEY_ID_CHARS + RANDOM_CHARS - digits.len()));
        }
        let (id, random) = digits.split_at(KEY_ID_CHARS);
        let body = format!("{PREFIX}{id}_{random}");
        let text = format!("{body}{}", check_of(&body));
        let id = id.parse().expect("digits make an id");
        Ok(Secret { text, id })
    }
    /// Reads a secret; a checksum that does not fit is refused without asking anybody.
    pub fn parse(text: &str) -> Result<Secret, InvalidSecret> {
        let rest = text.strip_prefix(PREFIX).ok_or(InvalidSecret)?;
        let (id, rest) = rest.split_once('_').ok_or(InvalidSecret)?;
        let id = id.parse().map_err(|_| InvalidSecret)?;
        let is_whole = text.len() == CHARS && rest.bytes().all(|b| KEY_DIGITS.contains(&b));
        let (body, check) = text.split_at_checked(CHARS - CHECK_CHARS).ok_or(InvalidSecret)?;
        if is_whole && check == check_of(body) {
            Ok(Secret { text: text.to_owned(), id })
        } else {
            Err(InvalidSecret)
        }
    }
    /// The id of its key.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }
    /// What the ledger keeps of it.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.text.as_bytes()).into()
    }
    /// Whether this is what the ledger kept of it, in a time that tells nothing.
    #[must_use]
    pub fn has_hash(&self, hash: &[u8; 32]) -> bool {
        self.hash().ct_eq(hash).into()
    }
    /// Its last four characters, by which people tell keys apart.
    #[must_use]
    pub fn hint(&self) -> &str {
        &self.text[CHARS - 4..]
    }
    /// The text, to be shown once to whoever asked for the key.
    #[must_use]
    pub fn shown_once(&self) -> &str {
        &self.text
    }
    /// Whether two are the same, in a time that tells nothing.
    #[must_use]
    pub fn is(&self, other: &Secret) -> bool {
        self.text.as_bytes().ct_eq(other.text.as_bytes()).into()
    }
}

/// The checksum of what stands before it: CRC-32, in six digits.
fn check_of(body: &str) -> String {
    let mut number = crc32fast::hash(body.as_bytes()) as usize;
    let mut digits = [b'0'; CHECK_CHARS];
    for digit in digits.iter_mut().rev() {
        *digit = KEY_DIGITS[number % 62];
        number /= 62;
    }
    digits.iter().map(|digit| char::from(*digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::{CHARS, InvalidSecret, Secret};

    fn made(seed: u8) -> Secret {
        let mut next = seed;
        let made = Secret::new::<()>(|bytes| {
            bytes.iter_mut().for_each(|byte| {
                next = next.wrapping_mul(29).wrapping_add(71);
                *byte = next;
            });
            Ok(())
        });
        made.expect("bytes are there")
    }

    #[test]
    fn a_secret_is_read_as_it_was_made() {
        let secret = made(1);
        let text = secret.shown_once();
        assert_eq!(text.len(), CHARS);
        let read = Secret::parse(text).expect("its own form");
        assert!(read.is(&secret) && read.has_hash(&secret.hash()));
        assert_eq!(read.id().as_str(), &text[6..18]);
        assert!(text.ends_with(read.hint()));
        assert!(!made(2).is(&secret) && !made(2).has_hash(&secret.hash()));
    }

    #[test]
    fn any_changed_character_is_found() {
        let secret = made(3);
        let text = secret.shown_once().to_owned();
        for at in 0..text.len() {
            let other = if text.as_bytes()[at] == b'7' { "8" } else { "7" };
            let mut changed = text.clone();
            changed.replace_range(at..=at, other);
            assert_eq!(Secret::parse(&changed).err(), Some(InvalidSecret), "{changed}");
            let cut = [&text[..at], &text[at + 1..]].concat();
            assert_eq!(Secret::parse(&cut).err(), Some(InvalidSecret), "{cut}");
        }
        for odd in ["", "sijil_", "sijil_é", &format!("{text}0"), &text.replace('_', "-")] {
            assert_eq!(Secret::parse(odd).err(), Some(InvalidSecret), "{odd}");
        }
    }
}
