//! How values stand in columns: as a fixed number of cells of 32 bits. Invariant: what is got from
//! the cells that a value was put into is that value, to the last decimal place.
//!
//! ```
//! use sijil_facts::{cells, cells::{Cells, cells_of, value_of}};
//! cells! {
//!     /// A part of a payment.
//!     pub struct Part {
//!         /// Of which invoice, by number.
//!         pub invoice: u32,
//!         /// How much.
//!         pub amount: rust_decimal::Decimal,
//!     }
//! }
//! let part = Part { invoice: 7, amount: rust_decimal::Decimal::new(1250, 2) };
//! assert_eq!(Part::CELLS, 4);
//! assert_eq!(value_of::<Part>(&cells_of(part)), part);
//! ```

use std::{
    marker::PhantomData,
    sync::atomic::{AtomicU32, Ordering},
};

use rust_decimal::Decimal;
use sijil_schemas::{
    Position,
    id::Kind,
    money::{ABSOLUTE_MAX, Amount, Currency, Money, Quantity, RATE_SCALE_MAX, Rate, Share},
    time::{Date, Timestamp},
};
use smallvec::SmallVec;

use crate::ids::{EntitySym, Sym};

/// Where cells are read from.
pub trait Source {
    /// The cell at a place.
    fn cell(&self, at: usize) -> u32;
}
impl Source for [u32] {
    #[inline]
    fn cell(&self, at: usize) -> u32 {
        self[at]
    }
}
impl Source for [AtomicU32] {
    // Rows that are read were published before, with all that was written until then.
    #[inline]
    fn cell(&self, at: usize) -> u32 {
        self[at].load(Ordering::Relaxed)
    }
}

/// Reads values one behind the other.
#[derive(Debug)]
pub struct Cursor<'s, S: Source + ?Sized> {
    source: &'s S,
    at: usize,
}

impl<'s, S: Source + ?Sized> Cursor<'s, S> {
    /// A cursor at a place of some cells.
    #[inline]
    pub const fn new(source: &'s S, at: usize) -> Cursor<'s, S> {
        Cursor { source, at }
    }
    /// The next cell.
    #[inline]
    pub fn cell(&mut self) -> u32 {
        let cell = self.source.cell(self.at);
        self.at += 1;
        cell
    }
    /// Leaves out some cells.
    #[inline]
    pub const fn skip(&mut self, cells: usize) {
        self.at += cells;
    }
}

/// The cells of a row, to be written.
pub type Row = SmallVec<[u32; 32]>;

/// A value that stands in cells.
pub trait Cells: Copy {
    /// How many cells it takes.
    const CELLS: usize;
    /// How many cells it takes where it may be absent.
    const OPTION_CELLS: usize = 1 + Self::CELLS;
    /// Puts it behind the cells that are there.
    fn put(self, to: &mut Row);
    /// Gets the value that was put at a cursor.
    fn get<S: Source + ?Sized>(from: &mut Cursor<'_, S>) -> Self;
    /// Puts a value that may be absent.
    fn put_option(value: Option<Self>, to: &mut Row) {
        to.push(u32::from(value.is_some()));
        match value {
            Some(value) => value.put(to),
            None => to.resize(to.len() + Self::CELLS, 0),
        }
    }
    /// Gets a value that may be absent.
    #[inline]
    fn get_option<S: Source + ?Sized>(from: &mut Cursor<'_, S>) -> Option<Self> {
        if from.cell() == 0 {
            from.skip(Self::CELLS);
            return None;
        }
        Some(Self::get(from))
    }
}

/// The cells of a value.
#[must_use]
pub fn cells_of<T: Cells>(value: T) -> Row {
    let mut row = Row::new();
    value.put(&mut row);
    row
}

/// The value of cells it was put into.
#[must_use]
pub fn value_of<T: Cells>(cells: &[u32]) -> T {
    T::get(&mut Cursor::new(cells, 0))
}

impl<T: Cells> Cells for Option<T> {
    const CELLS: usize = T::OPTION_CELLS;
    fn put(self, to: &mut Row) {
        T::put_option(self, to);
    }
    #[inline]
    fn get<S: Source + ?Sized>(from: &mut Cursor<'_, S>) -> Self {
        T::get_option(from)
    }
}

impl Cells for () {
    const CELLS: usize = 0;
    fn put(self, _: &mut Row) {}
    #[inline]
    fn get<S: Source + ?Sized>(_: &mut Cursor<'_, S>) -> Self {}
}

impl<A: Cells, B: Cells> Cells for (A, B) {
    const CELLS: usize = A::CELLS + B::CELLS;
    fn put(self, to: &mut Row) {
        self.0.put(to);
        self.1.put(to);
    }
    #[inline]
    fn get<S: Source + ?Sized>(from: &mut Cursor<'_, S>) -> Self {
        (A::get(from), B::get(from))
    }
}

/// One cell for a value that fits, with a number that stands for none where one is left.
macro_rules! one_cell {
    ($($of:ty, $put:expr, $get:expr $(, $none:expr)?;)*) => { $(
        impl Cells for $of {
            const CELLS: usize = 1;
            fn put(self, to: &mut Row) {
                let put: fn($of) -> u32 = $put;
                to.push(put(self));
            }
            #[inline]
            fn get<S: Source + ?Sized>(from: &mut Cursor<'_, S>) -> Self {
                let get: fn(u32) -> $of = $get;
                get(from.cell())
            }
            $(
                const OPTION_CELLS: usize = 1;
                fn put_option(value: Option<Self>, to: &mut Row) {
                    match value {
                        Some(value) => value.put(to),
                        None => to.push($none),
                    }
                }
                #[inline]
                fn get_option<S: Source + ?Sized>(from: &mut Cursor<'_, S>) -> Option<Self> {
                    let get: fn(u32) -> $of = $get;
                    let cell = from.cell();
                    (cell != $none).then(|| get(cell))
                }
            )?
        }
    )* };
}

one_cell! {
    u32, |value| value, |cell| cell;
    bool, u32::from, |cell| cell != 0, u32::MAX;
    u8, u32::from, |cell| cell.to_le_bytes()[0], u32::MAX;
    u16, u32::from, |cell| (cell & 0xffff) as u16, u32::MAX;
    // Days of 1900 to 2199 are far from the ends.
    Date, |day| day.days().cast_unsigned(), |cell| Date::of_days(cell.cast_signed()), u32::MAX / 2;
    Currency, Currency::code, Currency::of_code, 0;
    Position, |position| narrow(position), |cell| Position::new(u64::from(cell)), u32::MAX;
}

/// The last position that a fact can stand at.
pub const POSITION_MAX: Position = Position::new(u32::MAX as u64 - 1);

/// A position in one cell.
pub(crate) fn narrow(position: Position) -> u32 {
    u32::try_from(position.get()).expect("the log takes no record beyond POSITION_MAX")
}

impl<K> Cells for Sym<K> {
    const CELLS: usize = 1;
    const OPTION_CELLS: usize = 1;
    fn put(self, to: &mut Row) {
        to.push(self.number());
    }
    #[inline]
    fn get<S: Source + ?Sized>(from: &mut Cursor<'_, S>) -> Self {
        Sym::of(from.cell())
    }
    fn put_option(value: Option<Self>, to: &mut Row) {
        to.push(value.map_or(u32::MAX, Sym::number));
    }
    #[inline]
    fn get_option<S: Source + ?Sized>(from: &mut Cursor<'_, S>) -> Option<Self> {
        let cell = from.cell();
        (cell != u32::MAX).then(|| Sym::of(cell))
    }
}

impl Cells for u64 {
    const CELLS: usize = 2;
    fn put(self, to: &mut Row) {
        to.push((self & 0xffff_ffff) as u32);
        to.push((self >> 32) as u32);
    }
    #[inline]
    fn get<S: Source + ?Sized>(from: &mut Cursor<'_, S>) -> Self {
        u64::from(from.cell()) | u64::from(from.cell()) << 32
    }
}

impl Cells for Timestamp {
    const CELLS: usize = 2;
    fn put(self, to: &mut Row) {
        self.micros().cast_unsigned().put(to);
    }
    #[inline]
    fn get<S: Source + ?Sized>(from: &mut Cursor<'_, S>) -> Self {
        Timestamp::admitted(u64::get(from).cast_signed())
    }
}

/// The bits of a decimal's digits in its third cell; above them four of its scale, and its sign.
const DIGIT_BITS: u32 = 27;
// No amount, quantity or rate has more digits than a decimal's cells have room for.
const _: () = assert!(
    (ABSOLUTE_MAX as u128) * 10_u128.pow(RATE_SCALE_MAX) < 1 << (64 + DIGIT_BITS)
        && RATE_SCALE_MAX < 16
);

impl Cells for Decimal {
    const CELLS: usize = 3;
    fn put(self, to: &mut Row) {
        let parts = self.unpack();
        assert!(parts.hi >> DIGIT_BITS == 0 && parts.scale < 16, "more digits than are admitted");
        to.push(parts.lo);
        to.push(parts.mid);
        to.push(parts.hi | parts.scale << DIGIT_BITS | u32::from(parts.negative) << 31);
    }
    #[inline]
    fn get<S: Source + ?Sized>(from: &mut Cursor<'_, S>) -> Self {
        let (lo, mid, rest) = (from.cell(), from.cell(), from.cell());
        let scale = rest >> DIGIT_BITS & 0xf;
        Decimal::from_parts(lo, mid, rest & ((1 << DIGIT_BITS) - 1), rest >> 31 == 1, scale)
    }
}

impl Cells for EntitySym {
    const CELLS: usize = 2;
    const OPTION_CELLS: usize = 2;
    fn put(self, to: &mut Row) {
        to.push(self.kind as u32);
        to.push(self.number);
    }
    #[inline]
    fn get<S: Source + ?Sized>(from: &mut Cursor<'_, S>) -> Self {
        Self::get_option(from).expect("an entity that was put")
    }
    fn put_option(value: Option<Self>, to: &mut Row) {
        match value {
            Some(value) => value.put(to),
            None => to.extend([u32::MAX; 2]),
        }
    }
    #[inline]
    fn get_option<S: Source + ?Sized>(from: &mut Cursor<'_, S>) -> Option<Self> {
        let (kind, number) = (from.cell(), from.cell());
        Kind::ALL.get(kind as usize).map(|kind| EntitySym { kind: *kind, number })
    }
}

cells! {
    for Money { amount: Amount, currency: Currency }
}

macro_rules! decimal_cells {
    ($($name:ident),*) => { $(
        impl Cells for $name {
            const CELLS: usize = Decimal::CELLS;
            fn put(self, to: &mut Row) {
                self.get().put(to);
            }
            #[inline]
            fn get<S: Source + ?Sized>(from: &mut Cursor<'_, S>) -> Self {
                $name::admitted(Decimal::get(from))
            }
        }
    )* };
}
decimal_cells!(Amount, Quantity, Rate, Share);

/// The rows of a list that belong together, one behind the other.
#[derive(Debug)]
pub struct Run<T> {
    /// The first of them.
    pub(crate) first: u32,
    /// How many there are.
    pub(crate) rows: u32,
    of: PhantomData<fn() -> T>,
}

impl<T> Run<T> {
    #[inline]
    pub(crate) const fn new(first: u32, rows: u32) -> Run<T> {
        Run { first, rows, of: PhantomData }
    }
    /// No row.
    #[must_use]
    pub const fn none() -> Run<T> {
        Run::new(0, 0)
    }
    /// How many rows there are.
    #[must_use]
    pub const fn len(self) -> usize {
        self.rows as usize
    }
    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.rows == 0
    }
}
impl<T> Clone for Run<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Run<T> {}
impl<T> PartialEq for Run<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.first, self.rows) == (other.first, other.rows)
    }
}
impl<T> Eq for Run<T> {}
impl<T> Cells for Run<T> {
    const CELLS: usize = 2;
    fn put(self, to: &mut Row) {
        to.push(self.first);
        to.push(self.rows);
    }
    #[inline]
    fn get<S: Source + ?Sized>(from: &mut Cursor<'_, S>) -> Self {
        Run::new(from.cell(), from.cell())
    }
}

/// The largest of some numbers.
#[must_use]
pub const fn largest(of: &[usize]) -> usize {
    let (mut most, mut at) = (0, 0);
    while at < of.len() {
        if of[at] > most {
            most = of[at];
        }
        at += 1;
    }
    most
}

/// Declares a struct or enum that stands in cells, field by field; an enum's variant before its
/// fields. `for Type { … }` makes a struct of another room one; `list Type { … }` an enum without
/// fields.
#[macro_export]
macro_rules! cells {
    ($(#[$doc:meta])* $vis:vis struct $name:ident {
        $($(#[$field_doc:meta])* $field_vis:vis $field:ident : $ty:ty),* $(,)?
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $vis struct $name { $($(#[$field_doc])* $field_vis $field: $ty,)* }
        $crate::cells! { for $name { $($field: $ty),* } }
    };
    (for $name:ty { $($field:ident : $ty:ty),* $(,)? }) => {
        impl $crate::cells::Cells for $name {
            const CELLS: usize = 0 $(+ <$ty as $crate::cells::Cells>::CELLS)*;
            fn put(self, to: &mut $crate::cells::Row) {
                $($crate::cells::Cells::put(self.$field, to);)*
            }
            #[inline]
            fn get<S: $crate::cells::Source + ?Sized>(
                from: &mut $crate::cells::Cursor<'_, S>,
            ) -> Self {
                Self { $($field: <$ty as $crate::cells::Cells>::get(from),)* }
            }
        }
    };
    (list $name:ty { $($variant:ident),* $(,)? }) => {
        impl $crate::cells::Cells for $name {
            const CELLS: usize = 1;
            const OPTION_CELLS: usize = 1;
            fn put(self, to: &mut $crate::cells::Row) {
                // Every variant is named: one that is forgotten below does not compile here.
                match self { $(<$name>::$variant => (),)* }
                to.push(self as u32);
            }
            #[inline]
            fn get<S: $crate::cells::Source + ?Sized>(
                from: &mut $crate::cells::Cursor<'_, S>,
            ) -> Self {
                Self::get_option(from).expect("a variant of the list")
            }
            fn put_option(value: Option<Self>, to: &mut $crate::cells::Row) {
                match value {
                    Some(value) => value.put(to),
                    None => to.push(u32::MAX),
                }
            }
            #[inline]
            fn get_option<S: $crate::cells::Source + ?Sized>(
                from: &mut $crate::cells::Cursor<'_, S>,
            ) -> Option<Self> {
                let cell = from.cell();
                [$(<$name>::$variant),*].into_iter().find(|variant| *variant as u32 == cell)
            }
        }
    };
    ($(#[$doc:meta])* $vis:vis enum $name:ident {
        $($(#[$variant_doc:meta])* $variant:ident $({
            $($(#[$field_doc:meta])* $field:ident : $ty:ty),* $(,)?
        })?),* $(,)?
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $vis enum $name {
            $($(#[$variant_doc])* $variant $({ $($(#[$field_doc])* $field: $ty,)* })?,)*
        }
        const _: () = {
            #[derive(Clone, Copy, PartialEq)]
            enum Tag { $($variant),* }
            impl $crate::cells::Cells for $name {
                const CELLS: usize = 1 + $crate::cells::largest(&[
                    $(0 $($(+ <$ty as $crate::cells::Cells>::CELLS)*)?),*
                ]);
                fn put(self, to: &mut $crate::cells::Row) {
                    let end = to.len() + Self::CELLS;
                    match self {
                        $($name::$variant $({ $($field),* })? => {
                            to.push(Tag::$variant as u32);
                            $($($crate::cells::Cells::put($field, to);)*)?
                        })*
                    }
                    to.resize(end, 0);
                }
                #[inline]
                fn get<S: $crate::cells::Source + ?Sized>(
                    from: &mut $crate::cells::Cursor<'_, S>,
                ) -> Self {
                    let tag = from.cell();
                    $(if tag == Tag::$variant as u32 {
                        let value = $name::$variant $({
                            $($field: <$ty as $crate::cells::Cells>::get(from),)*
                        })?;
                        from.skip(Self::CELLS - 1 $($(- <$ty as $crate::cells::Cells>::CELLS)*)?);
                        return value;
                    })*
                    unreachable!("a variant that was put")
                }
            }
        };
    };
}
pub use crate::cells;
