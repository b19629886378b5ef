//! Numbers and days as they are read. Invariant: every digit that is kept is shown; nothing is
//! rounded here but where it says so.

use rust_decimal::Decimal;
use sijil_schemas::time::Date;

use super::Lang;

const MONTHS: [[&str; 12]; 3] = [
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    [
        "يناير",
        "فبراير",
        "مارس",
        "أبريل",
        "مايو",
        "يونيو",
        "يوليو",
        "أغسطس",
        "سبتمبر",
        "أكتوبر",
        "نوفمبر",
        "ديسمبر",
    ],
    [
        "янв.",
        "февр.",
        "марта",
        "апр.",
        "мая",
        "июня",
        "июля",
        "авг.",
        "сент.",
        "окт.",
        "нояб.",
        "дек.",
    ],
];

/// How a language writes numbers and days.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words(pub(crate) Lang);

impl Words {
    /// The sign between thousands, and the one before the fraction.
    const fn signs(self) -> (char, char) {
        match self.0 {
            Lang::En | Lang::Ar => (',', '.'),
            Lang::Ru => ('\u{a0}', ','),
        }
    }
    /// A decimal as it is written in the answer (`-1234.50`), with the signs of the language; what
    /// is none stays as it is.
    pub(crate) fn decimal(self, written: &str) -> String {
        let (sign, size) = written.strip_prefix('-').map_or(("", written), |size| ("−", size));
        let (whole, fraction) = size.split_once('.').unwrap_or((size, ""));
        let digits = |text: &str| text.bytes().all(|sign| sign.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) {
            return written.to_owned();
        }
        let (between, point) = self.signs();
        let mut said = sign.to_owned();
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && (whole.len() - at).is_multiple_of(3) {
                said.push(between);
            }
            said.push(digit);
        }
        if !fraction.is_empty() {
            said.push(point);
            said.push_str(fraction);
        }
        said
    }
    /// A whole number.
    pub(crate) fn count(self, count: impl TryInto<u64>) -> String {
        self.decimal(&count.try_into().unwrap_or(u64::MAX).to_string())
    }
    /// A day.
    pub(crate) fn day(self, day: Date) -> String {
        let civil = day.civil();
        let month = MONTHS[self.0 as usize][usize::from(civil.month().unsigned_abs()) - 1];
        format!("{} {month} {}", civil.day(), civil.year())
    }
}

/// A number with no more places than these, for an axis.
pub(crate) fn rounded(number: Decimal, places: u32) -> Decimal {
    number.round_dp(places).normalize()
}
