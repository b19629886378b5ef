//! Numbers and bytes as the formats of transparency logs write them. Invariant: what is read is
//! what would be written, byte for byte, so that no two texts say the same.

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::tree::Hash;

/// A hash as the formats write it: in base64 of RFC 4648, section 4.
#[must_use]
pub fn base64(hash: &Hash) -> String {
    encoded(hash)
}

/// Bytes in the same.
pub(crate) fn encoded(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Bytes from base64, padded as it is written.
pub(crate) fn decoded(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// A hash from base64.
#[must_use]
pub fn hash(text: &str) -> Option<Hash> {
    decoded(text)?.try_into().ok()
}

/// A number in ASCII digits, without leading zeroes.
pub(crate) fn number(text: &str) -> Option<u64> {
    let canonical = text == "0" || text.starts_with(|first: char| ('1'..='9').contains(&first));
    // A sign or a digit of another script is none of what is written.
    text.parse().ok().filter(|_| canonical)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_in_one_way() {
        let read = ["0", "7", "10", "18446744073709551615"].map(number);
        assert_eq!(read, [Some(0), Some(7), Some(10), Some(u64::MAX)]);
        for other in ["", "00", "07", "+7", "-0", " 7", "7 ", "1_0", "٧", "18446744073709551616"] {
            assert_eq!(number(other), None, "{other:?}");
        }
    }

    #[test]
    fn bytes_are_written_in_one_way() {
        assert_eq!(decoded("AQ=="), Some(vec![1]));
        // The same byte without padding, with bits to spare, and in another alphabet.
        for other in ["AQ", "AR==", "AQ=", "AQ==\n", "__=="] {
            assert_eq!(decoded(other), None, "{other:?}");
        }
    }
}
