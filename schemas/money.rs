//! Exact decimals: amounts, quantities, rates, shares and currencies. Invariant: nothing here is a
//! float, and every value fits the scale and size that let ten million of them be added without
//! overflow.

use std::{borrow::Cow, fmt, str::FromStr};

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive, Zero};
use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text::from_text;

/// Decimal places of an amount or a quantity.
pub const SCALE_MAX: u32 = 6;
/// Decimal places of a rate.
pub const RATE_SCALE_MAX: u32 = 12;
/// The largest absolute amount or quantity.
pub const ABSOLUTE_MAX: i64 = 1_000_000_000_000_000;

/// Why a text is no amount, quantity, rate or currency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, got {got:?}")]
pub struct InvalidDecimal {
    /// What was wanted.
    pub expected: &'static str,
    /// The text as it came, cut at 80 characters.
    pub got: String,
}

fn parse(text: &str, scale_max: u32, expected: &'static str) -> Result<Decimal, InvalidDecimal> {
    let refuse = || InvalidDecimal { expected, got: text.chars().take(80).collect() };
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !plain(whole)
        || !plain(fraction)
        || (digits.contains('.') && fraction.len() > scale_max as usize)
        || whole.len() > 16
    {
        return Err(refuse());
    }
    // At most 16 digits and 12 more: no overflow, and nothing left for a general parser to find
    // out. There is one zero, without a sign.
    let fraction = if digits.len() > whole.len() { fraction } else { "" };
    let units = whole
        .bytes()
        .chain(fraction.bytes())
        .fold(0_i128, |units, digit| units * 10 + i128::from(digit - b'0'));
    let scale = u32::try_from(fraction.len()).map_err(|_| refuse())?;
    let value = Decimal::try_from_i128_with_scale(
        if digits.len() < text.len() { -units } else { units },
        scale,
    )
    .map_err(|_| refuse())?;
    if value.abs() > Decimal::from(ABSOLUTE_MAX) { Err(refuse()) } else { Ok(value) }
}

macro_rules! decimal {
    (
        $(#[$doc:meta])* $name:ident, $scale:expr, $schema:literal, $pattern:literal,
        $expected:literal, $allowed:expr
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Decimal);

        impl $name {
            /// The value; refused when its scale, size or sign is not allowed.
            pub fn new(value: Decimal) -> Result<$name, InvalidDecimal> {
                value.to_string().parse()
            }
            /// The value as a decimal.
            #[must_use]
            pub const fn get(self) -> Decimal { self.0 }
            /// A value that was admitted when it was recorded; it is not checked again.
            #[must_use]
            pub const fn admitted(value: Decimal) -> $name { $name(value) }
        }
        impl FromStr for $name {
            type Err = InvalidDecimal;
            fn from_str(text: &str) -> Result<$name, InvalidDecimal> {
                let value = parse(text, $scale, $expected)?;
                let allowed: fn(Decimal) -> bool = $allowed;
                if allowed(value) {
                    Ok($name(value))
                } else {
                    Err(InvalidDecimal { expected: $expected, got: text.to_owned() })
                }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                if s.is_human_readable() {
                    s.collect_str(&self.0)
                } else {
                    self.0.serialize().serialize(s)
                }
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                if d.is_human_readable() {
                    from_text(d, $expected, str::parse)
                } else {
                    <[u8; 16]>::deserialize(d).map(|bytes| $name(Decimal::deserialize(bytes)))
                }
            }
        }
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> { $schema.into() }
            fn inline_schema() -> bool { true }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", "pattern": $pattern, "description": $expected})
            }
        }
    };
}

decimal!(
    /// An amount of money without its currency; may be negative.
    Amount, SCALE_MAX, "amount", r"^-?[0-9]{1,16}(\.[0-9]{1,6})?$",
    "a decimal in a string, at most 6 places and 10^15, as in \"1234.50\"", |_| true
);
decimal!(
    /// A quantity in an item's own unit; may be negative where a direction is not implied.
    Quantity, SCALE_MAX, "quantity", r"^-?[0-9]{1,16}(\.[0-9]{1,6})?$",
    "a decimal in a string, at most 6 places and 10^15, as in \"2.5\"", |_| true
);
decimal!(
    /// Base units per one unit of a currency.
    Rate, RATE_SCALE_MAX, "rate", r"^[0-9]{1,16}(\.[0-9]{1,12})?$",
    "a positive decimal in a string, at most 12 places, as in \"1.0842\"", |v| v > Decimal::ZERO
);
decimal!(
    /// A share of the whole, from 0 to 1: a probability, a discount.
    Share, SCALE_MAX, "share", r"^[01](\.[0-9]{1,6})?$",
    "a decimal from 0 to 1 in a string, at most 6 places, as in \"0.25\"",
    |v| v >= Decimal::ZERO && v <= Decimal::ONE
);

const CURRENCY: &str = "the three letters of a currency, as in EUR";

/// A currency by its ISO 4217 letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// Its letters as one number, the first in the lowest byte; no currency's is 0.
    #[must_use]
    pub const fn code(self) -> u32 {
        u32::from_le_bytes([self.0[0], self.0[1], self.0[2], 0])
    }
    /// The currency of a [`Currency::code`].
    #[must_use]
    pub const fn of_code(code: u32) -> Currency {
        let [first, second, third, _] = code.to_le_bytes();
        Currency([first, second, third])
    }
    /// The three letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }
    /// Decimal places of the minor unit (ISO 4217): 2 for most, 0 for the yen, 3 for the Kuwaiti
    /// dinar.
    #[must_use]
    pub fn minor_unit(self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG"
            | b"RWF" | b"UGX" | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            b"CLF" | b"UYW" => 4,
            _ => 2,
        }
    }
}
/// The codes of ISO 4217, those in use in 2025 and those withdrawn before, in order.
const ISO_4217: &[u8] = b"\
    ADPAEDAFAAFNALKALLAMDANGAOAAOKAONAORARAARPARSARYATSAUDAWGAYMAZMAZNBADBAMBBDBDTBECBEFBELBGJ\
    BGKBGLBGNBHDBIFBMDBNDBOBBOPBOVBRBBRCBREBRLBRNBRRBSDBTNBUKBWPBYBBYNBYRBZDCADCDFCHCCHECHFCHW\
    CLFCLPCNYCOPCOUCRCCSDCSJCSKCUCCUPCVECYPCZKDDMDEMDJFDKKDOPDZDECSECVEEKEGPERNESAESBESPETBEUR\
    FIMFJDFKPFRFGBPGEKGELGHCGHPGHSGIPGMDGNEGNFGNSGQEGRDGTQGWEGWPGYDHKDHNLHRDHRKHTGHUFIDRIEPILP\
    ILRILSINRIQDIRRISJISKITLJMDJODJPYKESKGSKHRKMFKPWKRWKWDKYDKZTLAJLAKLBPLKRLRDLSLLSMLTLLTTLUC\
    LUFLULLVLLVRLYDMADMDLMGAMGFMKDMLFMMKMNTMOPMROMRUMTLMTPMURMVQMVRMWKMXNMXPMXVMYRMZEMZMMZNNAD\
    NGNNICNIONLGNOKNPRNZDOMRPABPEHPEIPENPESPGKPHPPKRPLNPLZPTEPYGQARRHDROKROLRONRSDRUBRURRWFSAR\
    SBDSCRSDDSDGSDPSEKSGDSHPSITSKKSLESLLSOSSRDSRGSSPSTDSTNSURSVCSYPSZLTHBTJRTJSTMMTMTTNDTOPTPE\
    TRLTRYTTDTWDTZSUAHUAKUGSUGWUGXUSDUSNUSSUYIUYNUYPUYUUYWUZSVEBVEDVEFVESVNCVNDVUVWSTXAFXAGXAU\
    XBAXBBXBCXBDXCDXCGXDRXEUXFOXFUXOFXPDXPFXPTXREXSUXTSXUAXXXYDDYERYUDYUMYUNZALZARZMKZMWZRNZRZ\
    ZWCZWDZWGZWLZWNZWR\
";

impl Currency {
    /// Whether ISO 4217 knows it.
    #[must_use]
    pub fn is_iso(self) -> bool {
        ISO_4217.as_chunks::<3>().0.binary_search(&self.0).is_ok()
    }
}

/// Decimal places of a currency's totals, 0 to 6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct CurrencyDecimals(u8);

impl TryFrom<u8> for CurrencyDecimals {
    type Error = InvalidDecimal;
    fn try_from(decimals: u8) -> Result<CurrencyDecimals, InvalidDecimal> {
        if u32::from(decimals) <= SCALE_MAX {
            Ok(CurrencyDecimals(decimals))
        } else {
            Err(InvalidDecimal {
                expected: "decimal places from 0 to 6",
                got: decimals.to_string(),
            })
        }
    }
}
impl From<CurrencyDecimals> for u8 {
    fn from(decimals: CurrencyDecimals) -> u8 {
        decimals.0
    }
}
impl JsonSchema for CurrencyDecimals {
    fn schema_name() -> Cow<'static, str> {
        "currency_decimals".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", "minimum": 0, "maximum": SCALE_MAX})
    }
}
impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
impl FromStr for Currency {
    type Err = InvalidDecimal;
    fn from_str(text: &str) -> Result<Currency, InvalidDecimal> {
        match text.as_bytes() {
            &[a, b, c] if [a, b, c].iter().all(u8::is_ascii_uppercase) => Ok(Currency([a, b, c])),
            _ => Err(InvalidDecimal { expected: CURRENCY, got: text.chars().take(80).collect() }),
        }
    }
}
impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() { s.serialize_str(self.as_str()) } else { self.0.serialize(s) }
    }
}
impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        if d.is_human_readable() {
            from_text(d, CURRENCY, str::parse)
        } else {
            <[u8; 3]>::deserialize(d).map(Currency)
        }
    }
}
impl JsonSchema for Currency {
    fn schema_name() -> Cow<'static, str> {
        "currency".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^[A-Z]{3}$"})
    }
}

/// An amount in a currency.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// How much.
    pub amount: Amount,
    /// Of which currency.
    pub currency: Currency,
}
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

/// `value × numerator ÷ denominator`, exact until it is rounded once, half away from zero, to
/// `scale` decimal places. A zero denominator gives zero: callers ask for shares of something, and
/// nothing has no shares.
#[must_use]
pub fn mul_div(value: Decimal, numerator: Decimal, denominator: Decimal, scale: u32) -> Decimal {
    if denominator.is_zero() {
        return Decimal::ZERO;
    }
    if let Some(narrow) = narrow(value, numerator, denominator, scale) {
        return narrow;
    }
    let ten = |power: u32| BigInt::from(10).pow(power);
    let top = BigInt::from(value.mantissa())
        * BigInt::from(numerator.mantissa())
        * ten(denominator.scale())
        * ten(scale);
    let bottom = BigInt::from(denominator.mantissa()) * ten(value.scale() + numerator.scale());
    saturating(&div_round(&top, &bottom), scale)
}

/// The same in machine integers; `None` where they are too narrow for it.
fn narrow(value: Decimal, numerator: Decimal, denominator: Decimal, scale: u32) -> Option<Decimal> {
    let ten = |power: u32| 10_i128.checked_pow(power);
    let top = value
        .mantissa()
        .checked_mul(numerator.mantissa())?
        .checked_mul(ten(denominator.scale().checked_add(scale)?)?)?;
    let bottom = denominator.mantissa().checked_mul(ten(value.scale() + numerator.scale())?)?;
    let (quotient, rest) = (top / bottom, top % bottom);
    let half = rest.unsigned_abs().checked_mul(2)? >= bottom.unsigned_abs();
    let away = if top.is_negative() == bottom.is_negative() { 1 } else { -1 };
    Decimal::try_from_i128_with_scale(quotient + if half { away } else { 0 }, scale).ok()
}

/// A whole number of the units of a scale. What no decimal can hold becomes the largest one: a fold
/// must not fail.
fn saturating(units: &BigInt, scale: u32) -> Decimal {
    let fits =
        units.to_i128().and_then(|units| Decimal::try_from_i128_with_scale(units, scale).ok());
    fits.unwrap_or(if units.is_negative() { Decimal::MIN } else { Decimal::MAX })
}

/// `top ÷ bottom` as an integer, rounded half away from zero; zero if `bottom` is.
#[must_use]
pub fn div_round(top: &BigInt, bottom: &BigInt) -> BigInt {
    if bottom.is_zero() {
        return BigInt::zero();
    }
    let (half, whole) = (bottom.abs(), top.abs());
    let quotient = (whole * 2 + &half) / (half * 2);
    if top.is_negative() == bottom.is_negative() { quotient } else { -quotient }
}

/// Rounds once, half away from zero, to `scale` decimal places.
#[must_use]
pub fn round(value: Decimal, scale: u32) -> Decimal {
    value.round_dp_with_strategy(scale, rust_decimal::RoundingStrategy::MidpointAwayFromZero)
}

/// Splits `whole` (a multiple of the minor unit, `scale` places) in proportion to `weights` so that
/// the parts sum to the whole: each share is floored, the units left over go one by one to the
/// largest fractional parts, ties to the earliest; a negative whole is split by its absolute value.
/// If the weights sum to zero everything goes to the first part.
#[must_use]
pub fn split(whole: Decimal, weights: &[Decimal], scale: u32) -> Vec<Decimal> {
    let total: Decimal = weights.iter().sum();
    if weights.is_empty() || total.is_zero() {
        return weights
            .iter()
            .enumerate()
            .map(|(i, _)| if i == 0 { whole } else { Decimal::ZERO })
            .collect();
    }
    let to_int = |d: Decimal, s: u32| {
        BigInt::from(d.mantissa()) * BigInt::from(10).pow(s.saturating_sub(d.scale()))
    };
    let exponent = weights.iter().map(Decimal::scale).chain([total.scale()]).max().unwrap_or(0);
    let (units, denominator) = (to_int(round(whole.abs(), scale), scale), to_int(total, exponent));
    let (mut parts, mut rests): (Vec<BigInt>, Vec<BigInt>) = weights
        .iter()
        .map(|w| {
            // Floored, also where a weight is against the total (a discount line): the parts then
            // never sum to more than the whole.
            let product = &units * to_int(*w, exponent) * denominator.signum();
            let (part, rest) = (&product / denominator.abs(), &product % denominator.abs());
            if rest.is_negative() { (part - 1, rest + denominator.abs()) } else { (part, rest) }
        })
        .unzip();
    let mut left = &units - parts.iter().sum::<BigInt>();
    while left.is_positive() {
        let mut best = 0;
        for (i, rest) in rests.iter().enumerate() {
            if *rest > rests[best] {
                best = i;
            }
        }
        parts[best] += 1;
        rests[best] = BigInt::from(-1);
        left -= 1;
    }
    parts
        .iter()
        .map(
            |p| {
                if whole.is_sign_negative() { saturating(&-p, scale) } else { saturating(p, scale) }
            },
        )
        .collect()
}
