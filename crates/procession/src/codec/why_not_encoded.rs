//! Asks a value why it cannot be serialized.
//!
//! The serializer here keeps nothing but the words of the error; all else goes nowhere.

use std::fmt::Display;

use serde::ser::{self, Serialize, Serializer};

/// What the `Serialize` of `value` says when it fails; nothing if it does not fail this time.
pub(super) fn ask<T: Serialize + ?Sized>(value: &T) -> Option<String> {
    value.serialize(Nowhere).err().map(|Words(words)| words)
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Words(String);

impl ser::Error for Words {
    fn custom<T: Display>(message: T) -> Words {
        Words(message.to_string())
    }
}

/// Serializes into nothing.
struct Nowhere;

macro_rules! ignore {
    ($($method:ident($($of:ty),*);)*) => {
        $(fn $method(self, $(_: $of),*) -> Result<(), Words> {
            Ok(())
        })*
    };
}

macro_rules! begin {
    ($($method:ident($($of:ty),*) -> $compound:ident;)*) => {
        $(type $compound = Nowhere;

        fn $method(self, $(_: $of),*) -> Result<Nowhere, Words> {
            Ok(Nowhere)
        })*
    };
}

impl Serializer for Nowhere {
    type Ok = ();
    type Error = Words;

    ignore! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_i128(i128);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_u128(u128);
        serialize_f32(f32);
        serialize_f64(f64);
        serialize_char(char);
        serialize_str(&str);
        serialize_bytes(&[u8]);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(&'static str);
        serialize_unit_variant(&'static str, u32, &'static str);
    }

    begin! {
        serialize_seq(Option<usize>) -> SerializeSeq;
        serialize_tuple(usize) -> SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> SerializeTupleVariant;
        serialize_map(Option<usize>) -> SerializeMap;
        serialize_struct(&'static str, usize) -> SerializeStruct;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> SerializeStructVariant;
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Words> {
        value.serialize(Nowhere)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Words> {
        value.serialize(Nowhere)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Words> {
        value.serialize(Nowhere)
    }

    fn collect_str<T: Display + ?Sized>(self, _: &T) -> Result<(), Words> {
        Ok(())
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

macro_rules! parts {
    ($($compound:ident { $($method:ident($($name:ty)?);)+ })*) => {
        $(impl ser::$compound for Nowhere {
            type Ok = ();
            type Error = Words;

            $(fn $method<T: Serialize + ?Sized>(
                &mut self,
                $(_: $name,)?
                part: &T,
            ) -> Result<(), Words> {
                part.serialize(Nowhere)
            })+

            fn end(self) -> Result<(), Words> {
                Ok(())
            }
        })*
    };
}

parts! {
    SerializeSeq { serialize_element(); }
    SerializeTuple { serialize_element(); }
    SerializeTupleStruct { serialize_field(); }
    SerializeTupleVariant { serialize_field(); }
    SerializeMap { serialize_key(); serialize_value(); }
    SerializeStruct { serialize_field(&'static str); }
    SerializeStructVariant { serialize_field(&'static str); }
}
