//! Numbers as texts: which texts are numbers, and which. Invariant: the whole text is the number,
//! exactly; nothing in it is skipped, rounded or guessed.

use rust_decimal::Decimal;

/// Digits of a group: a thousands separator stands before each three.
const GROUP_DIGITS: usize = 3;
/// Digits behind the point that a decimal can hold.
const SCALE_MAX: i64 = 28;

/// The signs a column's numbers are written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Marks {
    /// The decimal sign; none if the numbers are whole.
    point: Option<char>,
    /// The thousands separator, if there may be one.
    group: Option<char>,
}

impl Marks {
    /// A point, and no groups: how JSON and most programs write numbers.
    pub(crate) const PLAIN: Marks = Marks { point: Some('.'), group: None };

    /// The marks a mapping names; `whole` numbers need no decimal sign.
    ///
    /// # Errors
    /// Marks that cannot be told from digits, signs or each other.
    pub(crate) fn new(
        point: Option<char>,
        group: Option<char>,
        whole: bool,
    ) -> Result<Marks, String> {
        for (word, mark) in [("point", point), ("group", group)] {
            if let Some(mark) = mark
                && (mark.is_alphanumeric() || mark == '-' || mark == '+')
            {
                return Err(format!("{word}: expected a sign such as . , or ', got {mark:?}"));
            }
        }
        let point = match point {
            None if group == Some('.') && whole => None,
            None => Some('.'),
            given => given,
        };
        if point.is_some() && point == group {
            return Err(format!(
                "{:?} cannot be both `point` and `group`: say the other, such as point = \",\"",
                point.unwrap_or_default()
            ));
        }
        Ok(Marks { point, group })
    }

    /// The number that the whole text is; nothing if it is none, or one of more digits than a
    /// decimal holds.
    pub(crate) fn parse(&self, text: &str) -> Option<Decimal> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = unsigned
            .split_once(['e', 'E'])
            .map_or((unsigned, None), |(mantissa, exponent)| (mantissa, Some(exponent)));
        let (whole, fraction) = match self.point.and_then(|point| mantissa.split_once(point)) {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (mantissa, None),
        };
        // A group mark behind the point is no digit, so it fails here.
        if fraction.is_some_and(|f| !digits(f)) || (whole.is_empty() && fraction.is_none()) {
            return None;
        }
        let grouped = self.group.is_some_and(|group| whole.chars().any(|c| same_mark(c, group)));
        if !grouped && !whole.is_empty() && !digits(whole) {
            return None;
        }
        let exact = if grouped || self.point != Some('.') {
            let mut plain = if grouped { self.ungrouped(whole)? } else { whole.to_owned() };
            if let Some(fraction) = fraction {
                plain.push('.');
                plain.push_str(fraction);
            }
            exact(&plain)?
        } else {
            exact(mantissa)?
        };
        let value = match exponent {
            None => exact,
            // No program writes both groups and an exponent.
            Some(_) if grouped => return None,
            Some(exponent) => scaled(exact, exponent)?,
        };
        Some(if negative && !value.is_zero() { -value } else { value })
    }

    /// ` such as …`, for a message; nothing for whole numbers without groups.
    pub(crate) fn example(&self, whole: bool) -> String {
        let point = self.point.unwrap_or('.');
        match (self.group, whole) {
            (None, true) => String::new(),
            (None, false) => format!(" such as -12{point}50"),
            (Some(group), true) => format!(" such as -1{group}234, in groups of three digits"),
            (Some(group), false) => format!(
                " such as -1{group}234{point}50, in groups of three digits before the {point:?}"
            ),
        }
    }

    /// The digits of grouped digits: one to three, then exactly three each.
    fn ungrouped(&self, whole: &str) -> Option<String> {
        let mut plain = String::with_capacity(whole.len());
        for (i, part) in
            whole.split(|c| self.group.is_some_and(|group| same_mark(c, group))).enumerate()
        {
            let fits = if i == 0 {
                (1..=GROUP_DIGITS).contains(&part.len())
            } else {
                part.len() == GROUP_DIGITS
            };
            if !fits || !digits(part) {
                return None;
            }
            plain.push_str(part);
        }
        Some(plain)
    }
}

/// The number a text is that some program wrote: no groups, a point.
pub(crate) fn plain_number(text: &str) -> Option<Decimal> {
    Marks::PLAIN.parse(text)
}

/// A space as mark stands for the no-break spaces too, which look the same.
fn same_mark(c: char, mark: char) -> bool {
    c == mark || (mark == ' ' && matches!(c, '\u{a0}' | '\u{202f}' | '\u{2009}'))
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// A number of digits and at most one point between or before them; the library would take more.
fn exact(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(text).ok()
}

/// A number times a power of ten, if that is exact.
fn scaled(x: Decimal, exponent: &str) -> Option<Decimal> {
    let (negative, power) = exponent
        .strip_prefix('-')
        .map_or((false, exponent.strip_prefix('+').unwrap_or(exponent)), |rest| (true, rest));
    if !digits(power) {
        return None;
    }
    let power: i64 = power.parse().ok()?;
    let x = x.normalize();
    let scale = i64::from(x.scale()).checked_sub(if negative { -power } else { power })?;
    if x.is_zero() {
        return Some(x);
    }
    if (0..=SCALE_MAX).contains(&scale) {
        return Decimal::try_from_i128_with_scale(x.mantissa(), u32::try_from(scale).ok()?).ok();
    }
    let factor = 10_i128.checked_pow(u32::try_from(scale.checked_neg()?).ok()?)?;
    Decimal::try_from_i128_with_scale(x.mantissa().checked_mul(factor)?, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::Marks;

    #[track_caller]
    fn check(point: Option<char>, group: Option<char>, rows: &[(&str, Option<&str>)]) {
        let marks = Marks::new(point, group, false).unwrap();
        for (text, expected) in rows {
            assert_eq!(
                marks.parse(text).map(|n| n.normalize().to_string()).as_deref(),
                *expected,
                "{text:?} by {marks:?}"
            );
        }
    }

    #[test]
    fn plain_numbers() {
        check(
            None,
            None,
            &[
                ("12", Some("12")),
                ("-12.50", Some("-12.5")),
                ("+3", Some("3")),
                ("-0", Some("0")),
                (".5", Some("0.5")),
                ("007", Some("7")),
                ("1e3", Some("1000")),
                ("-1.5E-3", Some("-0.0015")),
                ("12300e-2", Some("123")),
                ("0e99", Some("0")),
                ("79228162514264337593543950335", Some("79228162514264337593543950335")),
                ("1,5", None),
                ("1_000", None),
                ("5.", None),
                (".", None),
                ("", None),
                ("-", None),
                ("--1", None),
                ("+-1", None),
                ("1.2.3", None),
                ("1 000", None),
                ("1e", None),
                ("1e1.5", None),
                ("e5", None),
                ("1e-29", None),
                ("1e99999999999999999999", None),
                ("0x10", None),
                ("12%", None),
                ("12 EUR", None),
                ("\u{ff11}\u{ff12}", None),
                ("0.12345678901234567890123456789", None),
            ],
        );
    }

    #[test]
    fn groups_have_three_digits_and_stand_before_the_point() {
        check(
            None,
            Some(','),
            &[
                ("1,234.50", Some("1234.5")),
                ("1234.50", Some("1234.5")),
                ("-1,234,567", Some("-1234567")),
                ("123,456", Some("123456")),
                ("1,23", None),
                ("1.234,56", None),
                ("12,34.50", None),
                ("1,,234.50", None),
                (",234", None),
                ("1,234,", None),
                ("1234,567", None),
                ("1,234.567,8", None),
                ("1.000,000", None),
                ("1,234e3", None),
            ],
        );
        check(
            Some(','),
            Some('.'),
            &[
                ("1.190,00", Some("1190")),
                ("-4,9", Some("-4.9")),
                ("1.23", None),
                ("1,234.5", None),
                ("1.2345", None),
            ],
        );
        check(
            Some(','),
            None,
            &[
                ("1234,50", Some("1234.5")),
                ("1.5", None),
                ("1,5E2", Some("150")),
                ("1,00000000000000000000000000000000001", None),
            ],
        );
        check(
            Some(','),
            Some(' '),
            &[
                ("1 234,5", Some("1234.5")),
                ("1\u{a0}234\u{202f}567,5", Some("1234567.5")),
                ("1  234", None),
            ],
        );
        check(None, Some('\''), &[("1'234'567.89", Some("1234567.89")), ("1'23", None)]);
    }

    #[test]
    fn marks_that_cannot_be_told_apart() {
        assert!(Marks::new(None, Some('.'), false).is_err());
        assert!(Marks::new(Some(','), Some(','), false).is_err());
        assert!(Marks::new(Some('5'), None, false).is_err());
        assert!(Marks::new(None, Some('-'), true).is_err());
        let whole = Marks::new(None, Some('.'), true).unwrap();
        assert_eq!(whole.parse("1.234").map(|n| n.to_string()).as_deref(), Some("1234"));
        assert_eq!(whole.parse("1.5"), None);
    }
}
