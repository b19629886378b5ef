//! Receipts. Invariant: each is what it was written as, and no byte of one can be another.

use sijil_proof::{
    checkpoint::Checkpoint,
    note::{Signer, Vkey},
    path::inclusion,
    receipt::Receipt,
};

use super::naive::{self, Naive, record};

pub(crate) const ORIGIN: &str = "books.example/01890a5d-ac96-774b-bcce-b302099a8057/1";

pub(crate) fn signer() -> Signer {
    Signer::new(ORIGIN, &[42; 32]).unwrap()
}

/// The checkpoint of a tree of the first records.
pub(crate) fn checkpoint(size: u64) -> Checkpoint {
    let root = naive::root(&naive::leaves(size));
    Checkpoint { origin: ORIGIN.into(), size, root }
}

/// The receipt of one of them.
pub(crate) fn receipt(index: u64, size: u64) -> Receipt {
    let path = inclusion(&Naive::new(size), index, size).unwrap_or_else(|never| match never {});
    let checkpoint = checkpoint(size).signed(&[&signer()]).unwrap();
    Receipt { record: record(index), index, path, checkpoint }
}

fn accepted(text: &str, keys: &[Vkey]) -> bool {
    text.parse::<Receipt>().is_ok_and(|receipt| receipt.checked(keys).is_ok())
}

#[test]
fn receipts_are_read_as_they_are_written() {
    let keys = [signer().vkey().clone()];
    for (index, size) in [(0, 1), (0, 2), (1, 2), (2, 3), (255, 257), (256, 257), (100, 300)] {
        let made = receipt(index, size);
        let read: Receipt = made.to_string().parse().unwrap();
        assert_eq!((&read, read.to_string()), (&made, made.to_string()));
        assert_eq!(read.checked(&keys), Ok(checkpoint(size)), "{index} of {size}");
    }
}

#[test]
fn each_bit_of_a_receipt_counts() {
    let (keys, text) = ([signer().vkey().clone()], receipt(3, 7).to_string());
    for at in 0..text.len() {
        for bit in 0..8 {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            assert!(!accepted(&changed, &keys), "bit {bit} of byte {at}: {changed}");
        }
    }
}

#[test]
fn what_is_cut_off_or_added_is_refused() {
    let (keys, text) = ([signer().vkey().clone()], receipt(3, 7).to_string());
    assert!(accepted(&text, &keys));
    for end in 0..text.len() {
        if let Some(cut) = text.get(..end) {
            assert!(!accepted(cut, &keys), "up to byte {end}");
        }
    }
    for more in ["\n", " ", "x\n", "\n\n"] {
        assert!(!accepted(&format!("{text}{more}"), &keys), "{more:?}");
        assert!(!accepted(&format!("{more}{text}"), &keys), "{more:?}");
    }
    // Whoever else signs it takes nothing away from it.
    let other = Signer::new("witness.example", &[1; 32]).unwrap();
    let line = other.sign("what it likes").to_string();
    assert!(accepted(&format!("{text}{line}"), &keys));
}

#[test]
fn receipts_of_other_logs_are_refused() {
    let other = Signer::new(ORIGIN, &[43; 32]).unwrap();
    let error = receipt(3, 7).checked(&[other.vkey().clone()]).unwrap_err().to_string();
    let expected = format!("expected a signature by {}, found {ORIGIN}", other.vkey());
    assert!(error.ends_with(&expected), "{error}");
    let moved = Receipt { index: 2, ..receipt(3, 7) };
    let error = moved.checked(&[signer().vkey().clone()]).unwrap_err().to_string();
    assert_eq!(
        error,
        "the record is not proven: the path leads to another root than that of the tree of 7 leaves"
    );
}
