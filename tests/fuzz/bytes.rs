//! Drafts and stored records of any bytes. Invariant: what is read is written again the same, and
//! nothing else is read.

use sijil_schemas::{
    StoredRecord,
    decode::{decode, drafts_from_slice},
    record::{Position, SALT_BYTES, Stamp},
    time::Timestamp,
};
use uuid::Uuid;

/// Any text as drafts: refused by name, or kept and read back as the same event.
pub fn draft(bytes: &[u8]) {
    let drafts = match drafts_from_slice(bytes) {
        Ok(drafts) => drafts,
        Err(refusal) => {
            assert!(!refusal.name().is_empty() && !refusal.to_string().is_empty());
            return;
        }
    };
    for draft in drafts {
        let Ok(candidate) = decode(draft, Uuid::from_u128(7)) else { continue };
        let event = candidate.event.clone();
        let recorded_at = Timestamp::from_micros(1_750_000_000_000_000).unwrap_or(Timestamp::MIN);
        let stamp = Stamp {
            position: Position::new(1),
            recorded_at,
            voids: None,
            salt: [3; SALT_BYTES],
            voucher: None,
        };
        let Ok((kept, stored)) = candidate.keep(&stamp) else { continue };
        assert_eq!(kept.event, event, "what is kept is what was said");
        let read = stored
            .decode()
            .unwrap_or_else(|corrupt| panic!("what was kept is read back: {corrupt}"));
        assert_eq!(read.event, event, "what is read is what was kept");
        stored
            .check_commitments()
            .unwrap_or_else(|corrupt| panic!("its commitments hold: {corrupt}"));
        stored.to_json().unwrap_or_else(|corrupt| panic!("it can be shown: {corrupt}"));
    }
}

/// Any bytes as a stored record, the first two saying where the personal part begins: never a
/// panic, and never a record whose public bytes name no event.
pub fn record(bytes: &[u8]) {
    let [low, high, rest @ ..] = bytes else { return };
    let at = usize::from(u16::from_le_bytes([*low, *high])).min(rest.len());
    let stored = StoredRecord { public: rest[..at].into(), personal: rest[at..].into() };
    let decoded = stored.decode();
    let shown = stored.to_json();
    drop(stored.check_commitments());
    drop(stored.body());
    if let Ok(record) = decoded {
        assert!(!record.touched().is_empty(), "every event has a home");
        drop(shown);
    }
}
