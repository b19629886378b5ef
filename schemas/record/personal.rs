//! The personal parts of a record. Invariant: each stands beside the public bytes behind a salted
//! commitment in them, and one that was removed leaves the commitment where it was.

use std::borrow::Cow;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{COMMITMENTS, COMMITMENTS_FIRST, CorruptRecord, Header, SALT_BYTES, StoredRecord, hex};
use crate::{decode::BodyAsReceived, event::event_type};

impl StoredRecord {
    /// The personal parts in the order of their commitments; `None` for one that was removed.
    fn parts(&self) -> Result<Vec<Option<&[u8]>>, CorruptRecord> {
        let mut parts = Vec::new();
        let Some((count, mut rest)) = self.personal.split_first() else { return Ok(parts) };
        for _ in 0..*count {
            let (length, tail) = rest
                .split_first_chunk::<4>()
                .ok_or_else(|| self.corrupt("personal part cut short"))?;
            let (part, tail) = tail
                .split_at_checked(u32::from_le_bytes(*length) as usize)
                .ok_or_else(|| self.corrupt("personal part cut short"))?;
            if (1..SALT_BYTES).contains(&part.len()) {
                return Err(self.corrupt("personal part without salt"));
            }
            parts.push((!part.is_empty()).then_some(part));
            rest = tail;
        }
        if rest.is_empty() {
            Ok(parts)
        } else {
            Err(self.corrupt("bytes after the last personal part"))
        }
    }

    /// The text of the data: the public JSON, with the values of the personal parts in place of
    /// their commitments. These stand first, since no field's name begins before `$`; between their
    /// brackets are ids and hexadecimal digits alone.
    pub(super) fn joined<'a>(&self, header: &Header<'a>) -> Result<Cow<'a, [u8]>, CorruptRecord> {
        let parts = self.parts()?;
        let Some(commitments) = header.json.strip_prefix(COMMITMENTS_FIRST) else {
            return if parts.is_empty() {
                Ok(Cow::Borrowed(header.json))
            } else {
                Err(self.corrupt("personal part without a commitment"))
            };
        };
        let end = commitments
            .iter()
            .position(|b| *b == b']')
            .ok_or_else(|| self.corrupt("unreadable commitments"))?;
        let after = &commitments[end + 1..];
        let mut out = vec![b'{'];
        for part in parts.into_iter().flatten() {
            let fields = part[SALT_BYTES..]
                .strip_prefix(b"{")
                .and_then(|p| p.strip_suffix(b"}"))
                .ok_or_else(|| self.corrupt("personal part is no object"))?;
            if out.len() > 1 {
                out.push(b',');
            }
            out.extend(fields);
        }
        out.extend(if out.len() == 1 { after.strip_prefix(b",").unwrap_or(after) } else { after });
        Ok(Cow::Owned(out))
    }

    /// How many of its personal parts are not there, although its commitments name them; 0 if it
    /// never had any.
    #[must_use]
    pub fn missing_parts(&self) -> usize {
        let Some(rest) = self.json().strip_prefix(COMMITMENTS_FIRST) else { return 0 };
        // Between the brackets stand ids and hexadecimal digits alone, one object for each part.
        let named =
            rest.iter().take_while(|byte| **byte != b']').filter(|byte| **byte == b'{').count();
        let there = self.parts().map_or(0, |parts| parts.iter().flatten().count());
        named.saturating_sub(there)
    }

    /// The record without its personal parts, as for somebody who may not see them.
    #[must_use]
    pub fn without_persons(self) -> StoredRecord {
        StoredRecord { personal: Box::default(), ..self }
    }

    /// Whether it has no personal parts and never had any: then the hash of its public bytes
    /// vouches for all of it.
    #[must_use]
    pub fn is_all_public(&self) -> bool {
        self.personal.is_empty()
            && self.header().is_ok_and(|header| !header.json.starts_with(COMMITMENTS_FIRST))
    }

    /// Checks that every personal part that is still there matches its commitment in the public
    /// JSON.
    pub fn check_commitments(&self) -> Result<(), CorruptRecord> {
        let header = self.header()?;
        let data: Map<String, Value> =
            serde_json::from_slice(header.json).map_err(|e| self.corrupt(e.to_string()))?;
        let empty = Vec::new();
        let commitments = data.get(COMMITMENTS).and_then(Value::as_array).unwrap_or(&empty);
        let parts = self.parts()?;
        if parts.len() > commitments.len() {
            return Err(self.corrupt(format!(
                "expected {} personal parts, got {}",
                commitments.len(),
                parts.len()
            )));
        }
        for (part, commitment) in parts.iter().zip(commitments) {
            let Some(part) = part else { continue };
            let found = hex(&Sha256::digest(part));
            if commitment.get("sha256").and_then(Value::as_str) != Some(&found) {
                return Err(self.corrupt(format!(
                    "personal part has SHA-256 {found}, which is not the commitment {commitment}"
                )));
            }
        }
        Ok(())
    }

    /// The personal fields of its type that are absent, if a part of it is not there: any of them
    /// may have been in it.
    pub(super) fn missing_in(&self, body: &BodyAsReceived) -> Vec<&'static str> {
        let fields = event_type(body.event_type)
            .filter(|_| self.missing_parts() > 0)
            .map(|known| known.personal)
            .unwrap_or_default();
        fields.iter().map(|(name, _)| *name).filter(|name| !body.data.contains_key(*name)).collect()
    }

    /// The personal fields that are absent although a part of it is not there; none if all parts
    /// are.
    pub fn missing_fields(&self) -> Result<Vec<&'static str>, CorruptRecord> {
        if self.missing_parts() == 0 { Ok(Vec::new()) } else { Ok(self.missing_in(&self.body()?)) }
    }
}
