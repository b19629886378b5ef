//! Exact ratios. Invariant: nothing is rounded before [`Ratio::round`], and that rounds half away from zero.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{ToPrimitive, Zero};
use rust_decimal::Decimal;
use sijil_schemas::money::div_round;

/// An exact quotient; a zero denominator has none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ratio(BigRational);

impl Ratio {
    /// `numerator ÷ denominator`; `None` if the denominator is zero.
    #[must_use]
    pub fn of(numerator: Decimal, denominator: Decimal) -> Option<Ratio> {
        let denominator = exact(denominator);
        (!denominator.is_zero()).then(|| Ratio(exact(numerator) / denominator))
    }
    /// `numerator ÷ denominator` of counts; `None` if the denominator is zero.
    #[must_use]
    pub fn counts(numerator: u64, denominator: u64) -> Option<Ratio> {
        (denominator != 0).then(|| Ratio(BigRational::new(BigInt::from(numerator), BigInt::from(denominator))))
    }
    /// An exact decimal.
    #[must_use]
    pub fn whole(value: Decimal) -> Ratio {
        Ratio(exact(value))
    }
    /// The product.
    #[must_use]
    pub fn times(&self, other: &Ratio) -> Ratio {
        Ratio(&self.0 * &other.0)
    }
    /// The sum.
    #[must_use]
    pub fn plus(&self, other: &Ratio) -> Ratio {
        Ratio(&self.0 + &other.0)
    }
    /// The difference.
    #[must_use]
    pub fn minus(&self, other: &Ratio) -> Ratio {
        Ratio(&self.0 - &other.0)
    }
    /// The quotient; `None` if the divisor is zero.
    #[must_use]
    pub fn over(&self, other: &Ratio) -> Option<Ratio> {
        (!other.0.is_zero()).then(|| Ratio(&self.0 / &other.0))
    }
    /// The value rounded once, half away from zero, to `places` decimal places.
    #[must_use]
    pub fn round(&self, places: u32) -> Decimal {
        let top = self.0.numer() * BigInt::from(10).pow(places);
        let rounded = div_round(&top, self.0.denom());
        Decimal::try_from_i128_with_scale(rounded.to_i128().unwrap_or(0), places).unwrap_or_default()
    }
    /// The exact value.
    #[must_use]
    pub const fn exact(&self) -> &BigRational {
        &self.0
    }
}

fn exact(value: Decimal) -> BigRational {
    BigRational::new(BigInt::from(value.mantissa()), BigInt::from(10).pow(value.scale()))
}
