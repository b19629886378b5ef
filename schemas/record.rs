//! Records: events kept at a position, and their stored bytes. Invariant: the public bytes are
//! written once, hold no personal value, and are all that hashes cover; personal parts stand beside
//! them behind salted commitments.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    decode::{BodyAsReceived, Candidate, Envelope, RECORD_BYTES_MAX, Refusal},
    event::{Event, event_type, event_type_of_code},
    id::{EntityRef, Key},
    json::write_object,
    time::Timestamp,
    upcast::read,
};

mod personal;
mod position;
mod voucher;

pub use crate::shown::{Shown, Voided};
pub use position::Position;
use voucher::KEY_ID_BYTES;
pub use voucher::{Credential, InvalidKeyId, KEY_DIGITS, KEY_ID_CHARS, KeyId, Vouched, Voucher};

/// The newest format of the public bytes, of records somebody vouches for.
pub const RECORD_FORMAT: u8 = 2;
/// The format of records nobody vouches for.
const CLAIMED_FORMAT: u8 = 1;
/// Bytes of a salt.
pub const SALT_BYTES: usize = 16;
const COMMITMENTS: &str = "$personal";
const COMMITMENTS_FIRST: &[u8] = b"{\"$personal\":[";
const FIXED_BYTES: usize = 45;
/// Flags of both formats: four texts that may be absent, and the target of a void.
const KNOWN_FLAGS: u8 = 0b1_1111;
const VOIDS: u8 = 1 << 4;
/// Of format 2: whether it says who recorded it.
const RECORDED_BY: u8 = 1 << 5;
/// Of format 2: the lower bit of the kind of credential.
const CREDENTIAL_SHIFT: u8 = 6;

/// An event kept at a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Where it stands.
    pub position: Position,
    /// The event's id.
    pub id: Uuid,
    /// System time; never decreases with the position.
    pub recorded_at: Timestamp,
    /// What the caller said around it.
    pub envelope: Envelope,
    /// The version of its schema as received.
    pub version: u8,
    /// For a void: the position of its target.
    pub voids: Option<Position>,
    /// Who vouches for it; of a record of format 1 nobody does.
    pub voucher: Option<Voucher>,
    /// The event in the newest version.
    pub event: Event,
}

impl Record {
    /// The business date.
    #[must_use]
    pub const fn occurred_at(&self) -> Timestamp {
        self.envelope.occurred_at
    }
    /// Why: the reason the event gives; `None` if it gives none, or it was erased.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        self.event.data().ok()?.get("reason")?.as_str().map(str::to_owned)
    }
    /// Every entity the event names, each once, the home first.
    #[must_use]
    pub fn touched(&self) -> Vec<EntityRef> {
        self.event.touched()
    }
}

/// What Sijil adds to a candidate when it is kept.
#[derive(Debug, Clone)]
pub struct Stamp {
    /// Where it will stand.
    pub position: Position,
    /// System time.
    pub recorded_at: Timestamp,
    /// For a void: the position of its target.
    pub voids: Option<Position>,
    /// Randomness that hides personal values behind their commitment.
    pub salt: [u8; SALT_BYTES],
    /// Who vouches for it; without, it is written in format 1.
    pub voucher: Option<Voucher>,
}

/// The bytes of a record: `public` is hashed and never changes, `personal` stands beside it and may
/// be removed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoredRecord {
    /// Header and canonical JSON.
    pub public: Box<[u8]>,
    /// Parts, one for each subject: a count, then for each its length (u32, little endian), salt
    /// and canonical JSON; a part that was removed has length 0. Empty if there are none, or all
    /// were removed.
    pub personal: Box<[u8]>,
}

/// Stored bytes that no version of this code can have written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("record {position}: {what}")]
pub struct CorruptRecord {
    /// The position the header says, 0 if even that is unreadable.
    pub position: Position,
    /// What is wrong.
    pub what: String,
}

impl Candidate {
    /// Keeps the candidate: gives the record and the bytes to store. Refused if these would be too
    /// large.
    pub fn keep(self, stamp: &Stamp) -> Result<(Record, StoredRecord), Refusal> {
        let stored = self.encode(stamp)?;
        let Candidate { id, body, event } = self;
        let record = Record {
            position: stamp.position,
            id,
            recorded_at: stamp.recorded_at,
            envelope: body.envelope,
            version: body.version,
            voids: stamp.voids,
            voucher: stamp.voucher.clone(),
            event,
        };
        Ok((record, stored))
    }

    fn encode(&self, stamp: &Stamp) -> Result<StoredRecord, Refusal> {
        let event_type = self.event.event_type();
        let fields = || self.body.data.iter().map(|(field, value)| (field.as_str(), value));
        // A personal field that is null says nothing of anybody.
        let is_private = |(field, value): &(&str, &Value)| {
            !value.is_null() && event_type.personal.iter().any(|(name, _)| name == field)
        };
        let mut personal = Vec::new();
        let mut commitments = None;
        if !event_type.personal.is_empty() && fields().any(|field| is_private(&field)) {
            let mut part = String::new();
            write_object(&mut part, fields().filter(is_private));
            let commitment =
                Sha256::new().chain_update(stamp.salt).chain_update(part.as_bytes()).finalize();
            commitments = Some(json!([{"of": self.event.person(), "sha256": hex(&commitment)}]));
            let length = u32::try_from(SALT_BYTES + part.len())
                .map_err(|_| Refusal::TooLarge { bytes: part.len() })?;
            personal.push(1);
            personal.extend(length.to_le_bytes());
            personal.extend(stamp.salt);
            personal.extend(part.as_bytes());
        }
        let mut public = self.header(event_type.code, stamp);
        let mut data = String::with_capacity(512);
        write_object(
            &mut data,
            commitments
                .as_ref()
                .map(|value| (COMMITMENTS, value))
                .into_iter()
                .chain(fields().filter(|field| !is_private(field))),
        );
        public.extend(data.as_bytes());
        let bytes = public.len() + personal.len();
        if bytes > RECORD_BYTES_MAX {
            return Err(Refusal::TooLarge { bytes });
        }
        Ok(StoredRecord { public: public.into(), personal: personal.into() })
    }

    fn header(&self, code: u16, stamp: &Stamp) -> Vec<u8> {
        let envelope = &self.body.envelope;
        let texts =
            [&envelope.on_behalf_of, &envelope.correlation, &envelope.causation, &envelope.source];
        let mut flags = if stamp.voids.is_some() { VOIDS } else { 0 };
        for (bit, text) in texts.iter().enumerate() {
            flags |= u8::from(text.is_some()) << bit;
        }
        let voucher = stamp.voucher.as_ref();
        let recorded_by = voucher.and_then(|voucher| voucher.recorded_by.as_ref());
        if let Some(voucher) = voucher {
            flags |= voucher.by.code() << CREDENTIAL_SHIFT;
            flags |= recorded_by.map_or(0, |_| RECORDED_BY);
        }
        let mut out = Vec::with_capacity(512);
        out.push(voucher.map_or(CLAIMED_FORMAT, |_| RECORD_FORMAT));
        out.extend(stamp.position.get().to_le_bytes());
        out.extend(envelope.occurred_at.micros().to_le_bytes());
        out.extend(stamp.recorded_at.micros().to_le_bytes());
        out.extend(code.to_le_bytes());
        out.push(self.body.version);
        out.extend(self.id.as_bytes());
        out.push(flags);
        let texts = std::iter::once(&envelope.actor).chain(texts.into_iter().flatten());
        for text in texts.chain(recorded_by) {
            out.push(u8::try_from(text.as_str().len()).unwrap_or(u8::MAX));
            out.extend(text.as_str().as_bytes());
        }
        if let Some(target) = stamp.voids {
            out.extend(target.get().to_le_bytes());
        }
        if let Some(Voucher { by: Credential::Key(key), .. }) = voucher {
            out.extend(key.bytes());
        }
        out
    }
}

fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from(b"0123456789abcdef"[usize::from(half)]);
    bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 0xf)]).collect()
}

struct Header<'a> {
    code: u16,
    version: u8,
    id: Uuid,
    recorded_at: Timestamp,
    envelope: Envelope,
    voids: Option<Position>,
    voucher: Option<Voucher>,
    json: &'a [u8],
}

impl StoredRecord {
    fn array<const N: usize>(&self, at: usize) -> [u8; N] {
        self.public.get(at..at + N).and_then(|b| b.try_into().ok()).unwrap_or([0; N])
    }
    /// Where the record stands; 0 if the bytes are too short to say.
    #[must_use]
    pub fn position(&self) -> Position {
        Position::new(u64::from_le_bytes(self.array(1)))
    }
    /// The business date in microseconds since 1970, unchecked.
    #[must_use]
    pub fn occurred_at_micros(&self) -> i64 {
        i64::from_le_bytes(self.array(9))
    }
    /// System time in microseconds since 1970, unchecked.
    #[must_use]
    pub fn recorded_at_micros(&self) -> i64 {
        i64::from_le_bytes(self.array(17))
    }
    /// The code of the event type.
    #[must_use]
    pub fn type_code(&self) -> u16 {
        u16::from_le_bytes(self.array(25))
    }
    /// The event's id.
    #[must_use]
    pub fn event_id(&self) -> Uuid {
        Uuid::from_bytes(self.array(28))
    }

    fn corrupt(&self, what: impl Into<String>) -> CorruptRecord {
        CorruptRecord { position: self.position(), what: what.into() }
    }

    fn header(&self) -> Result<Header<'_>, CorruptRecord> {
        let format = self.public.first().copied().unwrap_or_default();
        if self.public.len() < FIXED_BYTES || !(CLAIMED_FORMAT..=RECORD_FORMAT).contains(&format) {
            return Err(self.corrupt(format!("expected a header of format 1 or 2, got {format}")));
        }
        let mut rest = &self.public[FIXED_BYTES..];
        let mut text = || -> Option<Key> {
            let (length, tail) = rest.split_first()?;
            let (text, tail) = tail.split_at_checked(usize::from(*length))?;
            rest = tail;
            Key::of_bytes(text)
        };
        let (flags, vouched) = (self.public[44], format == RECORD_FORMAT);
        if !vouched && flags & !KNOWN_FLAGS != 0 {
            return Err(
                self.corrupt(format!("expected flags within {KNOWN_FLAGS:#04x}, got {flags:#04x}"))
            );
        }
        let actor = text().ok_or_else(|| self.corrupt("unreadable actor"))?;
        let mut optional = |bit: u8| {
            if flags & (1 << bit) == 0 {
                Ok(None)
            } else {
                text().map(Some).ok_or_else(|| self.corrupt("unreadable envelope"))
            }
        };
        let (on_behalf_of, correlation, causation, source) =
            (optional(0)?, optional(1)?, optional(2)?, optional(3)?);
        let recorded_by = if vouched { optional(5)? } else { None };
        let mut voids = None;
        if flags & VOIDS != 0 {
            let (bytes, tail) = rest
                .split_first_chunk::<8>()
                .ok_or_else(|| self.corrupt("unreadable target of a void"))?;
            voids = Some(Position::new(u64::from_le_bytes(*bytes)));
            rest = tail;
        }
        let by = match flags >> CREDENTIAL_SHIFT {
            0 => Credential::Local,
            1 => {
                let (key, tail) = rest
                    .split_first_chunk::<KEY_ID_BYTES>()
                    .and_then(|(bytes, tail)| Some((KeyId::of_bytes(*bytes)?, tail)))
                    .ok_or_else(|| self.corrupt("unreadable id of a key"))?;
                rest = tail;
                Credential::Key(key)
            }
            2 => Credential::Session,
            _ => Credential::Token,
        };
        let voucher = vouched.then_some(Voucher { recorded_by, by });
        let time = |micros| Timestamp::from_micros(micros).map_err(|e| self.corrupt(e.to_string()));
        let envelope = Envelope {
            occurred_at: time(self.occurred_at_micros())?,
            actor,
            on_behalf_of,
            correlation,
            causation,
            source,
        };
        Ok(Header {
            code: self.type_code(),
            version: self.public[27],
            id: self.event_id(),
            recorded_at: time(self.recorded_at_micros())?,
            envelope,
            voids,
            voucher,
            json: rest,
        })
    }

    /// The public JSON as stored: data without personal values, with their commitments under
    /// `$personal`.
    pub fn public_json(&self) -> Result<&str, CorruptRecord> {
        std::str::from_utf8(self.header()?.json).map_err(|e| self.corrupt(e.to_string()))
    }

    /// Whether a candidate says what this record says: type, version, what was said around it, and
    /// data in which amounts are compared by value, so that 100 is 100.00.
    pub fn says(&self, candidate: &Candidate) -> Result<bool, CorruptRecord> {
        let (kept, said) = (self.body()?, &candidate.body);
        if (kept.event_type, kept.version, &kept.envelope)
            != (said.event_type, said.version, &said.envelope)
        {
            return Ok(false);
        }
        let gone = self.missing_in(&kept);
        if gone.is_empty() {
            return Ok(kept.data == said.data || self.decode()?.event == candidate.event);
        }
        // Of what is gone nobody can tell what it was: the public bytes decide.
        let mut said = said.data.clone();
        said.retain(|field, _| !gone.contains(&field.as_str()));
        if kept.data == said {
            return Ok(true);
        }
        let known = event_type(kept.event_type).ok_or_else(|| self.corrupt("unknown type"))?;
        let said = read(known, kept.version, &Value::Object(said).to_string());
        Ok(said.is_ok_and(|said| self.decode().is_ok_and(|kept| kept.event == said)))
    }

    /// What the caller said, as it was received.
    pub fn body(&self) -> Result<BodyAsReceived, CorruptRecord> {
        let header = self.header()?;
        let event_type = event_type_of_code(header.code)
            .ok_or_else(|| self.corrupt(format!("unknown event type code {}", header.code)))?;
        Ok(BodyAsReceived {
            event_type: event_type.name,
            version: header.version,
            envelope: header.envelope.clone(),
            data: self.data(&header)?,
        })
    }

    /// The record these bytes hold, its event in the newest version.
    pub fn decode(&self) -> Result<Record, CorruptRecord> {
        let header = self.header()?;
        let event_type = event_type_of_code(header.code)
            .ok_or_else(|| self.corrupt(format!("unknown event type code {}", header.code)))?;
        let joined = self.joined(&header)?;
        // One look at all the text is cheaper than one at every value of it.
        let json = std::str::from_utf8(&joined).map_err(|e| self.corrupt(e.to_string()))?;
        let event =
            read(event_type, header.version, json).map_err(|e| self.corrupt(e.to_string()))?;
        Ok(Record {
            position: self.position(),
            id: header.id,
            recorded_at: header.recorded_at,
            envelope: header.envelope,
            version: header.version,
            voids: header.voids,
            voucher: header.voucher,
            event,
        })
    }

    fn data(&self, header: &Header<'_>) -> Result<Map<String, Value>, CorruptRecord> {
        serde_json::from_slice(&self.joined(header)?).map_err(|e| self.corrupt(e.to_string()))
    }

    /// What of this whole record only a newer release can know: its format, its type, or the
    /// version of it; `None` if this code knows them all.
    #[must_use]
    pub fn newer(&self) -> Option<String> {
        let format = *self.public.first()?;
        if format > RECORD_FORMAT {
            return Some(format!("record format {format}"));
        }
        match event_type_of_code(self.type_code()) {
            _ if self.public.len() < FIXED_BYTES => None,
            None => Some(format!("event type {}", self.type_code())),
            Some(known) if self.public[27] > known.version => {
                Some(format!("version {} of {}", self.public[27], known.name))
            }
            Some(_) => None,
        }
    }

    /// The JSON of the public bytes, found by lengths alone: nothing before it is parsed. Empty if
    /// they do not reach that far.
    fn json(&self) -> &[u8] {
        let (flags, mut at) = self.after_texts();
        at += usize::from(flags & VOIDS != 0) * 8;
        at += usize::from(flags >> CREDENTIAL_SHIFT == 1) * KEY_ID_BYTES;
        self.public.get(at..).unwrap_or_default()
    }
    /// The flags, and where the bytes behind the texts begin.
    fn after_texts(&self) -> (u8, usize) {
        let flags = self.public.get(44).copied().unwrap_or_default();
        // Of format 1 the upper flags are not set.
        let texts = 0..=(flags & (0b1111 | RECORDED_BY)).count_ones();
        let at = texts.fold(FIXED_BYTES, |at, _| {
            at + 1 + self.public.get(at).copied().map_or(0, usize::from)
        });
        (flags, at)
    }
    /// The position it voids, found by lengths alone; `None` of what is no void.
    #[must_use]
    pub fn voids(&self) -> Option<Position> {
        let (flags, at) = self.after_texts();
        (flags & VOIDS != 0).then(|| Position::new(u64::from_le_bytes(self.array(at))))
    }

    /// The record as readers see it: envelope, times, position and full data.
    pub fn shown(&self) -> Result<Shown, CorruptRecord> {
        let header = self.header()?;
        let body = self.body()?;
        debug_assert!(event_type(body.event_type).is_some());
        let missing =
            self.missing_in(&body).into_iter().map(|name| format!("/data/{name}")).collect();
        let Envelope { occurred_at, actor, on_behalf_of, correlation, causation, source } =
            body.envelope;
        Ok(Shown {
            position: self.position(),
            id: header.id,
            event_type: body.event_type,
            version: body.version,
            occurred_at,
            recorded_at: header.recorded_at,
            actor,
            on_behalf_of,
            correlation,
            causation,
            source,
            voids: header.voids,
            vouched: header.voucher.map(Vouched::from),
            voided_by: None,
            hidden: Vec::new(),
            missing,
            erased: Vec::new(),
            erased_by: None,
            voided: None,
            data: body.data,
        })
    }
    /// The same as JSON.
    pub fn to_json(&self) -> Result<Value, CorruptRecord> {
        serde_json::to_value(self.shown()?).map_err(|e| self.corrupt(e.to_string()))
    }
}
