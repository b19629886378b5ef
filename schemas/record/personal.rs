//! The personal parts of a record. Invariant: each stands beside the public bytes behind a salted
//! commitment in them, and one that was removed leaves the commitment where it was.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{COMMITMENTS, COMMITMENTS_FIRST, CorruptRecord, Header, SALT_BYTES, StoredRecord, hex};
use crate::{
    access::PersonalPart,
    decode::BodyAsReceived,
    event::{Access, Event, event_type, event_type_of_code},
    id::EntityRef,
};

/// The type of the events that erase.
const ERASES: &str = "personal_data.erased";

/// What stands in the public JSON for a personal part.
#[derive(Deserialize)]
struct Commitment {
    of: EntityRef,
}

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

    /// What stands between the brackets of its commitments: ids and hexadecimal digits alone, one
    /// object for each part. `None` if it never had any.
    fn named_parts(&self) -> Option<&[u8]> {
        let rest = self.json().strip_prefix(COMMITMENTS_FIRST)?;
        rest.split(|byte| *byte == b']').next()
    }

    /// How many of its personal parts are not there, although its commitments name them; 0 if it
    /// never had any.
    #[must_use]
    pub fn missing_parts(&self) -> usize {
        let Some(named) = self.named_parts() else { return 0 };
        let named = named.iter().filter(|byte| **byte == b'{').count();
        let there = self.parts().map_or(0, |parts| parts.iter().flatten().count());
        named.saturating_sub(there)
    }

    /// Which of its personal parts are not there, counted from 0, although its commitments name
    /// them.
    #[must_use]
    pub fn missing_numbers(&self) -> Vec<u8> {
        let Some(named) = self.named_parts() else { return Vec::new() };
        let named = named.iter().filter(|byte| **byte == b'{').count();
        let there = self.parts().unwrap_or_default();
        let is_gone = |at: &u8| there.get(usize::from(*at)).is_none_or(Option::is_none);
        (0..u8::try_from(named).unwrap_or(u8::MAX)).filter(is_gone).collect()
    }

    /// Whom its personal parts are about, in their order, whether they are there or not.
    pub fn persons(&self) -> Result<Vec<EntityRef>, CorruptRecord> {
        let Some(named) = self.named_parts() else { return Ok(Vec::new()) };
        let mut list = vec![b'['];
        list.extend(named);
        list.push(b']');
        let commitments: Vec<Commitment> =
            serde_json::from_slice(&list).map_err(|e| self.corrupt(e.to_string()))?;
        Ok(commitments.into_iter().map(|one| one.of).collect())
    }

    /// The personal fields that stand in each of its parts, in their order; `None` for a part that
    /// is not there.
    pub fn fields_of_parts(&self) -> Result<Vec<Option<Vec<String>>>, CorruptRecord> {
        let fields = |part: &[u8]| {
            let fields: Map<String, Value> = serde_json::from_slice(&part[SALT_BYTES..])
                .map_err(|e| self.corrupt(e.to_string()))?;
            Ok(fields.into_iter().map(|(field, _)| field).collect())
        };
        self.parts()?.into_iter().map(|part| part.map(fields).transpose()).collect()
    }

    /// The record without some of its personal parts, counted from 0, and how many of these were
    /// there. What is left must be what was recorded: a part is taken out of no other record.
    pub fn without_parts(&self, gone: &[u8]) -> Result<(StoredRecord, u64), CorruptRecord> {
        self.check_commitments()?;
        let parts = self.parts()?;
        let is_gone =
            |number: usize| u8::try_from(number).is_ok_and(|number| gone.contains(&number));
        let (mut personal, mut removed, mut is_left) = (vec![parts.len() as u8], 0, false);
        for (number, part) in parts.iter().enumerate() {
            match part {
                Some(part) if !is_gone(number) => {
                    personal.extend((part.len() as u32).to_le_bytes());
                    personal.extend(*part);
                    is_left = true;
                }
                _ => {
                    removed += u64::from(part.is_some());
                    personal.extend(0_u32.to_le_bytes());
                }
            }
        }
        let personal = if is_left { personal } else { Vec::new() };
        Ok((StoredRecord { public: self.public.clone(), personal: personal.into() }, removed))
    }

    /// The personal parts of earlier records that it erases; none unless it is of the type that
    /// does.
    pub fn erases(&self) -> Result<Vec<PersonalPart>, CorruptRecord> {
        if event_type_of_code(self.type_code()).map(|of| of.name) != Some(ERASES) {
            return Ok(Vec::new());
        }
        let earlier = |part: &PersonalPart| part.position < self.position();
        match self.decode()?.event {
            Event::Access(Access::PersonalDataErased(e)) => {
                Ok(e.parts.into_iter().filter(earlier).collect())
            }
            _ => Ok(Vec::new()),
        }
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
