//! The parts of a state: the members of its outermost structure, each by itself. Invariant:
//! together they are the whole state, in the order of its canonical bytes.

use std::fmt;

use serde::{
    Serialize, Serializer,
    ser::{Impossible, SerializeStruct},
};

/// The name and the canonical bytes of each member; nothing if the state is no structure with named
/// members.
pub(crate) fn parts(state: &impl Serialize) -> Vec<(&'static str, Vec<u8>)> {
    state.serialize(Outermost).unwrap_or_default()
}

struct Outermost;

#[derive(Default)]
struct Members(Vec<(&'static str, Vec<u8>)>);

impl SerializeStruct for Members {
    type Ok = Vec<(&'static str, Vec<u8>)>;
    type Error = fmt::Error;
    fn serialize_field<T: ?Sized + Serialize>(
        &mut self,
        name: &'static str,
        member: &T,
    ) -> Result<(), fmt::Error> {
        self.0.push((name, postcard::to_stdvec(member).map_err(|_| fmt::Error)?));
        Ok(())
    }
    fn end(self) -> Result<Self::Ok, fmt::Error> {
        Ok(self.0)
    }
}

type No = Impossible<Vec<(&'static str, Vec<u8>)>, fmt::Error>;

macro_rules! nothing_else {
    ($($name:ident($($argument:ty),*) -> $of:ty;)*) => {
        $(fn $name(self, $(_: $argument),*) -> Result<$of, fmt::Error> {
            Err(fmt::Error)
        })*
    };
}

impl Serializer for Outermost {
    type Ok = Vec<(&'static str, Vec<u8>)>;
    type Error = fmt::Error;
    type SerializeSeq = No;
    type SerializeTuple = No;
    type SerializeTupleStruct = No;
    type SerializeTupleVariant = No;
    type SerializeMap = No;
    type SerializeStruct = Members;
    type SerializeStructVariant = No;

    fn serialize_struct(self, _: &'static str, members: usize) -> Result<Members, fmt::Error> {
        Ok(Members(Vec::with_capacity(members)))
    }
    fn serialize_some<T: ?Sized + Serialize>(self, _: &T) -> Result<Self::Ok, fmt::Error> {
        Err(fmt::Error)
    }
    fn serialize_newtype_struct<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: &T,
    ) -> Result<Self::Ok, fmt::Error> {
        Err(fmt::Error)
    }
    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Self::Ok, fmt::Error> {
        Err(fmt::Error)
    }
    nothing_else! {
        serialize_bool(bool) -> Self::Ok;
        serialize_i8(i8) -> Self::Ok;
        serialize_i16(i16) -> Self::Ok;
        serialize_i32(i32) -> Self::Ok;
        serialize_i64(i64) -> Self::Ok;
        serialize_u8(u8) -> Self::Ok;
        serialize_u16(u16) -> Self::Ok;
        serialize_u32(u32) -> Self::Ok;
        serialize_u64(u64) -> Self::Ok;
        serialize_f32(f32) -> Self::Ok;
        serialize_f64(f64) -> Self::Ok;
        serialize_char(char) -> Self::Ok;
        serialize_str(&str) -> Self::Ok;
        serialize_bytes(&[u8]) -> Self::Ok;
        serialize_none() -> Self::Ok;
        serialize_unit() -> Self::Ok;
        serialize_unit_struct(&'static str) -> Self::Ok;
        serialize_unit_variant(&'static str, u32, &'static str) -> Self::Ok;
        serialize_seq(Option<usize>) -> No;
        serialize_tuple(usize) -> No;
        serialize_tuple_struct(&'static str, usize) -> No;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> No;
        serialize_map(Option<usize>) -> No;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> No;
    }
}
