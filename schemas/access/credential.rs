//! What a key is told by: whose it is, its hash, its last characters, where it may come from.
//! Invariant: each has one way to be written, so equal values are equal bytes.

use std::{borrow::Cow, fmt, net::IpAddr, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{
    id::{EntityRef, ServiceId, UserId, kind},
    text::{Field, from_text, plain_fields},
};

/// The most hours that a key and the one it replaces are both good: a week.
pub const OVERLAP_HOURS_MAX: u16 = 168;

const HOLDER_FORM: &str = "a user or an integration, as in user:U-1 or service:shop";
const HASH_FORM: &str = "a SHA-256 of 64 digits of 0-9 a-f";
const HINT_FORM: &str = "4 characters of A-Z a-z 0-9";
/// How a network is written.
pub const NETWORK_FORM: &str = "a network, as in 10.0.0.0/8 or 2001:db8::/32";

pub(super) fn expected(form: &str, got: &str) -> String {
    format!("expected {form}, got {:?}", got.chars().take(80).collect::<String>())
}

/// Who can hold grants and keys.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// A person.
    User(UserId),
    /// An integration.
    Service(ServiceId),
}

impl Holder {
    /// The holder as an entity of any kind.
    #[must_use]
    pub fn entity(&self) -> EntityRef {
        match self {
            Holder::User(user) => user.entity(),
            Holder::Service(service) => service.entity(),
        }
    }
}
impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.entity().fmt(f)
    }
}
impl FromStr for Holder {
    type Err = String;
    fn from_str(text: &str) -> Result<Holder, String> {
        let entity: EntityRef = text.parse().map_err(|_| expected(HOLDER_FORM, text))?;
        let user = entity.typed::<kind::User>().map(Holder::User);
        user.or_else(|| entity.typed::<kind::Service>().map(Holder::Service))
            .ok_or_else(|| expected(HOLDER_FORM, text))
    }
}
impl Field for Holder {
    fn touch(&self, visit: &mut dyn FnMut(EntityRef)) {
        visit(self.entity());
    }
}

/// A SHA-256, written as 64 digits.
macro_rules! sha256 {
    ($($(#[$doc:meta])* $name:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 32]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
        impl FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<$name, String> {
                hash_of(text).map($name)
            }
        }
    )* };
}
sha256! {
    /// The SHA-256 of a key's whole secret.
    KeyHash;
    /// The SHA-256 of what was given out, or the root of a tree of such.
    Checksum;
}

fn hash_of(text: &str) -> Result<[u8; 32], String> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut hash = [0; 32];
    let pairs = text.as_bytes().chunks_exact(2);
    if text.len() != 64 {
        return Err(expected(HASH_FORM, text));
    }
    for (byte, pair) in hash.iter_mut().zip(pairs) {
        match (digit(pair[0]), digit(pair[1])) {
            (Some(high), Some(low)) => *byte = high << 4 | low,
            _ => return Err(expected(HASH_FORM, text)),
        }
    }
    Ok(hash)
}

/// The last four characters of a key's secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hint([u8; 4]);

impl Hint {
    /// The text of it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("letters and digits")
    }
    /// The characters with these bytes; `None` if any is no letter and no digit.
    #[must_use]
    pub fn of_bytes(bytes: [u8; 4]) -> Option<Hint> {
        bytes.iter().all(u8::is_ascii_alphanumeric).then_some(Hint(bytes))
    }
    /// The bytes of the text.
    #[must_use]
    pub const fn bytes(self) -> [u8; 4] {
        self.0
    }
}
impl fmt::Debug for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl FromStr for Hint {
    type Err = String;
    fn from_str(text: &str) -> Result<Hint, String> {
        <[u8; 4]>::try_from(text.as_bytes())
            .ok()
            .and_then(Hint::of_bytes)
            .ok_or_else(|| expected(HINT_FORM, text))
    }
}

/// Addresses that begin alike. It is written with its first address: the bits behind the prefix are
/// zero.
///
/// ```
/// use sijil_schemas::Network;
///
/// let office: Network = "10.0.0.0/8".parse().expect("a network");
/// assert!(office.contains("10.9.8.7".parse().expect("an address")));
/// // An address of the old form within one of the new is the same.
/// assert!(office.contains("::ffff:10.9.8.7".parse().expect("an address")));
/// assert!(!office.contains("11.0.0.1".parse().expect("an address")));
/// assert!("10.0.0.1/8".parse::<Network>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network {
    first: IpAddr,
    prefix: u8,
}

/// An address as a number whose first bit is the highest, and how many bits it has.
fn bits(address: IpAddr) -> (u128, u8) {
    match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    }
}

/// The first bits of a number, the others zero.
fn masked(bits: u128, prefix: u8) -> u128 {
    // A shift by all bits is none that is made.
    u128::MAX.checked_shl(128 - u32::from(prefix)).map_or(0, |mask| bits & mask)
}

impl Network {
    /// The network that begins at an address and has so many bits in common; refused where bits
    /// behind the prefix are set.
    pub fn new(first: IpAddr, prefix: u8) -> Result<Network, String> {
        let (number, length) = bits(first);
        let form = || expected(NETWORK_FORM, &format!("{first}/{prefix}"));
        if prefix > length || first.to_canonical() != first {
            return Err(form());
        }
        if masked(number, prefix) == number {
            Ok(Network { first, prefix })
        } else {
            Err(format!("{}, which has bits behind its prefix", form()))
        }
    }
    /// The first address.
    #[must_use]
    pub const fn first(self) -> IpAddr {
        self.first
    }
    /// How many bits its addresses have in common.
    #[must_use]
    pub const fn prefix(self) -> u8 {
        self.prefix
    }
    /// Whether an address lies in it.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let ((own, length), (number, of)) = (bits(self.first), bits(address));
        length == of && masked(number, self.prefix) == own
    }
}
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.prefix)
    }
}
impl FromStr for Network {
    type Err = String;
    fn from_str(text: &str) -> Result<Network, String> {
        let refuse = || expected(NETWORK_FORM, text);
        let (first, prefix) = text.split_once('/').ok_or_else(refuse)?;
        let network = Network::new(
            first.parse().map_err(|_| refuse())?,
            prefix.parse().map_err(|_| refuse())?,
        )?;
        // One network has one text.
        if network.to_string() == text { Ok(network) } else { Err(refuse()) }
    }
}

/// For how many hours a key is still good after another took its place: 0 to 168.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct OverlapHours(u16);

impl OverlapHours {
    /// The number of hours.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}
impl<'de> Deserialize<'de> for OverlapHours {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let hours = u16::deserialize(from)?;
        if hours > OVERLAP_HOURS_MAX {
            return Err(de::Error::custom(format!(
                "expected a whole number from 0 to {OVERLAP_HOURS_MAX}, got {hours}"
            )));
        }
        Ok(OverlapHours(hours))
    }
}
impl JsonSchema for OverlapHours {
    fn schema_name() -> Cow<'static, str> {
        "overlap_hours".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", "minimum": 0, "maximum": OVERLAP_HOURS_MAX})
    }
}

/// A value that is written as a text of its own form.
macro_rules! written {
    ($($name:ident, $form:expr, $schema_name:literal, $schema:tt;)*) => { $(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                from_text(from, $form, str::parse)
            }
        }
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                $schema_name.into()
            }
            fn inline_schema() -> bool {
                true
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )* };
}
pub(super) use written;
written! {
    Holder, HOLDER_FORM, "holder",
        {"type": "string", "pattern": "^(user|service):[A-Za-z0-9._:/-]{1,64}$"};
    KeyHash, HASH_FORM, "key_hash", {"type": "string", "pattern": "^[0-9a-f]{64}$"};
    Checksum, HASH_FORM, "checksum", {"type": "string", "pattern": "^[0-9a-f]{64}$"};
    Hint, HINT_FORM, "hint", {"type": "string", "pattern": "^[A-Za-z0-9]{4}$"};
    Network, NETWORK_FORM, "network",
        {"type": "string", "pattern": "^[0-9a-f.:]{2,45}/[0-9]{1,3}$"};
}

plain_fields!(KeyHash, Checksum, Hint, Network, OverlapHours);
