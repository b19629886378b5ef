//! Values in cells.

use proptest::prelude::*;
use rust_decimal::Decimal;
use sijil_facts::{
    cells,
    cells::{Cells, cells_of, value_of},
    ids::Sym,
};
use sijil_schemas::{
    Position,
    id::kind,
    money::{Currency, Money, Quantity},
    time::{Date, Timestamp},
};

cells! {
    /// What may happen.
    enum Happens {
        /// Nothing.
        Nothing,
        /// Something of a size.
        Sized { size: Decimal, on: Option<Date> },
        /// Something with a number.
        Numbered { number: u16, of: Option<Sym<kind::Order>>, at: Timestamp },
    }
}

fn same<T: Cells + PartialEq + std::fmt::Debug>(value: T) {
    let cells = cells_of(value);
    assert_eq!(cells.len(), T::CELLS, "{value:?}");
    assert_eq!(value_of::<T>(&cells), value);
    let (some, none) = (cells_of(Some(value)), cells_of(None::<T>));
    assert_eq!((some.len(), none.len()), (T::OPTION_CELLS, T::OPTION_CELLS), "{value:?}");
    assert_eq!((value_of::<Option<T>>(&some), value_of::<Option<T>>(&none)), (Some(value), None));
}

#[test]
fn every_value_comes_back() {
    for text in ["0", "-0.000001", "1000000000000000", "-999999999999999.999999", "0.10"] {
        let decimal: Decimal = text.parse().expect("a decimal");
        same(decimal);
        assert_eq!(value_of::<Decimal>(&cells_of(decimal)).to_string(), decimal.to_string());
        same(text.parse::<Quantity>().expect("a quantity"));
    }
    let finest: Decimal = "1000000000000000.000000000001".parse().expect("a rate's size");
    same(finest);
    for code in ["EUR", "AED", "ZZZ"] {
        let currency: Currency = code.parse().expect("a currency");
        same(currency);
        same(Money { amount: "12.50".parse().expect("an amount"), currency });
    }
    for moment in [Timestamp::MIN, Timestamp::END, Timestamp::admitted(-1)] {
        same(moment);
    }
    for day in ["1900-01-01", "1969-12-31", "1970-01-01", "2199-12-31"] {
        same(day.parse::<Date>().expect("a day"));
    }
    same(Position::new(0));
    same(cells::POSITION_MAX);
    same(Sym::<kind::Order>::of(0));
    same((true, (7_u8, 65_535_u16)));
    same(u64::MAX);
    same(());
    same(Happens::Nothing);
    same(Happens::Sized { size: finest, on: None });
    same(Happens::Numbered { number: 3, of: None, at: Timestamp::END });
}

proptest! {
    #[test]
    fn any_decimal_that_is_admitted_comes_back(
        units in -1_000_000_000_000_000_000_000_i128..=1_000_000_000_000_000_000_000,
        scale in 0_u32..=6,
    ) {
        same(Decimal::from_i128_with_scale(units, scale));
    }
}
