//! Exact ratios. Invariant: nothing is rounded before [`Ratio::round`], and that rounds half away
//! from zero.
//!
//! Nearly all fit two machine integers, which need not be in lowest terms; what does not fit is a
//! big one, and says the same.

use std::cmp::Ordering;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::ToPrimitive;
use rust_decimal::Decimal;
use sijil_schemas::money::div_round;

/// An exact quotient; a zero denominator has none.
#[derive(Debug, Clone)]
pub struct Ratio(Exact);

#[derive(Debug, Clone)]
enum Exact {
    /// The bottom is above zero.
    Small {
        top: i128,
        bottom: i128,
    },
    Large(BigRational),
}

impl Ratio {
    /// `numerator ÷ denominator`; `None` if the denominator is zero.
    #[must_use]
    pub fn of(numerator: Decimal, denominator: Decimal) -> Option<Ratio> {
        Ratio::whole(numerator).over(&Ratio::whole(denominator))
    }
    /// `numerator ÷ denominator` of counts; `None` if the denominator is zero.
    #[must_use]
    pub fn counts(numerator: u64, denominator: u64) -> Option<Ratio> {
        (denominator != 0)
            .then(|| Ratio(Exact::Small { top: numerator.into(), bottom: denominator.into() }))
    }
    /// An exact decimal.
    #[must_use]
    pub const fn whole(value: Decimal) -> Ratio {
        // At most 28 places.
        Ratio(Exact::Small { top: value.mantissa(), bottom: 10_i128.pow(value.scale()) })
    }
    /// The product.
    #[must_use]
    pub fn times(&self, other: &Ratio) -> Ratio {
        let small = |((top, bottom), (by, over)): ((i128, i128), (i128, i128))| {
            Some((top.checked_mul(by)?, bottom.checked_mul(over)?))
        };
        self.with(other, small, |a, b| a * b)
    }
    /// The sum.
    #[must_use]
    pub fn plus(&self, other: &Ratio) -> Ratio {
        self.with(other, |pair| sum(pair, i128::checked_add), |a, b| a + b)
    }
    /// The difference.
    #[must_use]
    pub fn minus(&self, other: &Ratio) -> Ratio {
        self.with(other, |pair| sum(pair, i128::checked_sub), |a, b| a - b)
    }
    /// The quotient; `None` if the divisor is zero.
    #[must_use]
    pub fn over(&self, other: &Ratio) -> Option<Ratio> {
        let inverse = match &other.0 {
            Exact::Small { top: 0, .. } => return None,
            Exact::Small { top, bottom } => {
                match (bottom.checked_mul(top.signum()), top.checked_abs()) {
                    (Some(top), Some(bottom)) => Ratio(Exact::Small { top, bottom }),
                    _ => Ratio(Exact::Large(other.large().recip())),
                }
            }
            Exact::Large(large) if *large.numer() == BigInt::ZERO => return None,
            Exact::Large(large) => Ratio(Exact::Large(large.recip())),
        };
        Some(self.times(&inverse))
    }
    /// The value rounded once, half away from zero, to `places` decimal places.
    #[must_use]
    pub fn round(&self, places: u32) -> Decimal {
        let rounded =
            self.small().and_then(|(top, bottom)| round(top, bottom, places)).or_else(|| {
                let large = self.large();
                div_round(&(large.numer() * BigInt::from(10).pow(places)), large.denom()).to_i128()
            });
        Decimal::try_from_i128_with_scale(rounded.unwrap_or(0), places).unwrap_or_default()
    }

    const fn small(&self) -> Option<(i128, i128)> {
        match &self.0 {
            Exact::Small { top, bottom } => Some((*top, *bottom)),
            Exact::Large(_) => None,
        }
    }
    fn large(&self) -> BigRational {
        match &self.0 {
            Exact::Small { top, bottom } => {
                BigRational::new(BigInt::from(*top), BigInt::from(*bottom))
            }
            Exact::Large(large) => large.clone(),
        }
    }
    fn with(
        &self,
        other: &Ratio,
        small: impl FnOnce(((i128, i128), (i128, i128))) -> Option<(i128, i128)>,
        large: impl FnOnce(BigRational, BigRational) -> BigRational,
    ) -> Ratio {
        let fits = self.small().zip(other.small()).and_then(small);
        Ratio(fits.map_or_else(
            || Exact::Large(large(self.large(), other.large())),
            |(top, bottom)| Exact::Small { top, bottom },
        ))
    }
}

fn sum(
    ((top, bottom), (other, over)): ((i128, i128), (i128, i128)),
    add: fn(i128, i128) -> Option<i128>,
) -> Option<(i128, i128)> {
    if bottom == over {
        return Some((add(top, other)?, bottom));
    }
    Some((add(top.checked_mul(over)?, other.checked_mul(bottom)?)?, bottom.checked_mul(over)?))
}

/// `top ÷ bottom` to so many decimal places, half away from zero; `None` where the way there does
/// not fit.
fn round(top: i128, bottom: i128, places: u32) -> Option<i128> {
    let top = 10_i128.checked_pow(places).and_then(|shift| top.checked_mul(shift))?;
    let (whole, rest) = (top / bottom, top % bottom);
    let half = rest.checked_abs()?.checked_mul(2)? >= bottom;
    Some(if half { whole + top.signum() } else { whole })
}

impl Ord for Ratio {
    fn cmp(&self, other: &Ratio) -> Ordering {
        let fits = |((top, bottom), (other, over)): ((i128, i128), (i128, i128))| {
            Some(top.checked_mul(over)?.cmp(&other.checked_mul(bottom)?))
        };
        self.small()
            .zip(other.small())
            .and_then(fits)
            .unwrap_or_else(|| self.large().cmp(&other.large()))
    }
}
impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Ratio) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Ratio {
    fn eq(&self, other: &Ratio) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Ratio {}
