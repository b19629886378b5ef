//! Keys. Invariant: a key is good from when it is recorded until it is revoked, its last day is
//! over, or the time that it overlaps with the key after it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use jiff::tz::TimeZone;
use sijil_schemas::{
    Checksum, Hint, KeyHash, KeyIssued, Network, OverlapHours, Position, Record, Right,
    id::{EntityRef, Kind, kind},
    time::{Date, Timestamp},
};

use super::{Access, recorded, rights::RightCells};
use crate::{
    cells,
    cells::{Cells, Cursor, Row, Run, Source},
    chain::Chain,
    cut::Lens,
    ids::{EntitySym, Sym},
};

cells! {
    /// A step in the life of a key.
    pub(super) enum KeyStep {
        /// It was made.
        Issued {
            /// The user or integration whose it is.
            of: EntitySym,
            /// The hash of the whole secret.
            sha256: KeyHash,
            /// The last characters of the secret.
            hint: Hint,
            /// The rights it has of its holder's; none listed for all of them.
            narrows: Run<RightCells>,
            /// Where it may be used from; none listed for anywhere.
            networks: Run<Network>,
            /// The last day it is good.
            expires_on: Date,
        },
        /// Another took its place.
        Replaced {
            /// For how many hours it is still good from then on.
            overlap_h: u16,
        },
        /// It is good no more.
        Revoked,
    }
}

/// Hashes stand in eight cells.
macro_rules! hash_cells {
    ($($name:ident),*) => { $(
        impl Cells for $name {
            const CELLS: usize = 8;
            fn put(self, to: &mut Row) {
                let (cells, _) = self.0.as_chunks::<4>();
                to.extend(cells.iter().map(|cell| u32::from_le_bytes(*cell)));
            }
            fn get<S: Source + ?Sized>(from: &mut Cursor<'_, S>) -> Self {
                let mut hash = [0; 32];
                let cells = hash.as_chunks_mut::<4>().0.iter_mut();
                cells.for_each(|cell| *cell = from.cell().to_le_bytes());
                $name(hash)
            }
        }
    )* };
}
hash_cells!(KeyHash, Checksum);

impl Cells for Hint {
    const CELLS: usize = 1;
    fn put(self, to: &mut Row) {
        to.push(u32::from_le_bytes(self.bytes()));
    }
    fn get<S: Source + ?Sized>(from: &mut Cursor<'_, S>) -> Self {
        Hint::of_bytes(from.cell().to_le_bytes()).expect("a hint that was put")
    }
}

/// Set beside the prefix of a network of the new form.
const V6: u32 = 1 << 8;

impl Cells for Network {
    const CELLS: usize = 5;
    fn put(self, to: &mut Row) {
        let (form, bits) = match self.first() {
            IpAddr::V4(first) => (0, u128::from(first.to_bits())),
            IpAddr::V6(first) => (V6, first.to_bits()),
        };
        to.push(u32::from(self.prefix()) | form);
        (bits as u64).put(to);
        ((bits >> 64) as u64).put(to);
    }
    fn get<S: Source + ?Sized>(from: &mut Cursor<'_, S>) -> Self {
        let form = from.cell();
        let bits = u128::from(u64::get(from)) | u128::from(u64::get(from)) << 64;
        let first = match form & V6 {
            0 => IpAddr::V4(Ipv4Addr::from_bits(bits as u32)),
            _ => IpAddr::V6(Ipv6Addr::from_bits(bits)),
        };
        Network::new(first, form.to_le_bytes()[0]).expect("a network that was put")
    }
}

/// That a key was replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replaced {
    /// When the key that took its place was recorded.
    pub at: Timestamp,
    /// For how many hours from then on it is still good.
    pub overlap_h: u16,
    /// The record of that key.
    pub position: Position,
}

impl Replaced {
    /// The first moment at which it is good no more.
    #[must_use]
    pub fn ends(&self) -> Timestamp {
        let micros = self.at.micros() + i64::from(self.overlap_h) * HOUR_MICROS;
        Timestamp::from_micros(micros).unwrap_or(Timestamp::END)
    }
}
const HOUR_MICROS: i64 = 3_600_000_000;

/// A key, as known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyState<'a> {
    /// The key.
    pub key: &'a str,
    /// The user or integration whose it is.
    pub of: EntityRef,
    /// The hash of the whole secret.
    pub sha256: [u8; 32],
    /// The last characters of the secret.
    pub hint: Hint,
    /// The rights it has of its holder's; `None` for all of them.
    pub narrows: Option<Vec<Right>>,
    /// Where it may be used from; empty for anywhere.
    pub networks: Vec<Network>,
    /// The last day it is good.
    pub expires_on: Date,
    /// The record that issued it.
    pub issued: Position,
    /// The record that revoked it.
    pub revoked: Option<Position>,
    /// When another took its place.
    pub replaced: Option<Replaced>,
}

impl KeyState<'_> {
    /// Whether it is good at a moment, in the company's zone; whether its holder is, and where it
    /// is used from, is asked apart.
    #[must_use]
    pub fn is_good(&self, at: Timestamp, zone: &TimeZone) -> bool {
        self.revoked.is_none()
            && at.date(zone) <= self.expires_on
            && self.replaced.is_none_or(|replaced| at < replaced.ends())
    }
}

impl Access {
    pub(super) fn take_key(&self, record: &Record, e: &KeyIssued) {
        let (key, holder) = (self.ids.sym(&e.key), self.ids.entity(&e.of.entity()));
        let narrows = self.keep_rights(e.narrows.as_deref().unwrap_or_default(), record.position);
        let networks = e.networks.iter().flatten().copied();
        let step = KeyStep::Issued {
            of: holder,
            sha256: e.sha256,
            hint: e.hint,
            narrows,
            networks: self.networks.extend(record.position, networks),
            expires_on: e.expires_on,
        };
        self.keys.push(key, recorded(record, step));
        let made = recorded(record, key);
        if let Some(user) = holder.typed() {
            self.keys_of_users.push(user, made);
        } else if let Some(service) = holder.typed() {
            self.keys_of_services.push(service, made);
        }
        if let Some(replaced) = &e.replaces {
            let overlap_h = e.overlap_h.map_or(0, OverlapHours::get);
            let step = KeyStep::Replaced { overlap_h };
            self.keys.push(self.ids.sym(replaced), recorded(record, step));
        }
    }
    /// A key, good or not; `None` if nobody issued one of this id.
    #[must_use]
    pub fn key(&self, key: &str, lens: Lens<'_>) -> Option<KeyState<'_>> {
        let key = self.ids.find(key)?;
        let mut state: Option<KeyState<'_>> = None;
        for step in self.keys.of(key).known(lens) {
            match (step.what, &mut state) {
                (KeyStep::Issued { of, sha256, hint, narrows, networks, expires_on }, _) => {
                    state = Some(KeyState {
                        key: self.ids.name(key),
                        of: self.ids.entity_of(of),
                        sha256: sha256.0,
                        hint,
                        narrows: (!narrows.is_empty()).then(|| self.rights(narrows)),
                        networks: self.networks.of(networks).collect(),
                        expires_on,
                        issued: step.position,
                        revoked: None,
                        replaced: None,
                    });
                }
                (KeyStep::Replaced { overlap_h }, Some(state)) => {
                    let (at, position) = (step.at, step.position);
                    state.replaced = Some(Replaced { at, overlap_h, position });
                }
                (KeyStep::Revoked, Some(state)) => state.revoked = Some(step.position),
                (KeyStep::Replaced { .. } | KeyStep::Revoked, None) => (),
            }
        }
        state
    }
    /// The keys of a user or an integration, good or not, in order of position.
    #[must_use]
    pub fn keys_of(&self, of: &EntityRef, lens: Lens<'_>) -> Vec<&str> {
        match of.kind {
            Kind::User => self.made(self.keys_of_users.of_any(self.ids.find(of.id())), lens),
            Kind::Service => self.made(self.keys_of_services.of_any(self.ids.find(of.id())), lens),
            _ => Vec::new(),
        }
    }
    fn made<S>(&self, made: Chain<'_, S, Sym<kind::AccessKey>>, lens: Lens<'_>) -> Vec<&str> {
        let mut keys: Vec<&str> = Vec::new();
        for key in made.known(lens) {
            keys.push(self.ids.name(key.what));
        }
        keys
    }
    /// The keys, good or not, in order of the ids.
    #[must_use]
    pub fn keys(&self, lens: Lens<'_>) -> Vec<&str> {
        self.known_of(&self.keys, lens)
    }
}
