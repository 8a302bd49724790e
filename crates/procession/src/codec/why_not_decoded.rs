//! Asks a type why it cannot be deserialized from some bytes.
//!
//! postcard still reads the bytes, but every `Deserialize`, visitor and access in between is
//! wrapped, so that an error's words are noted on their way before postcard drops them.

use std::cell::Cell;
use std::fmt::{self, Display};

use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};

/// What the `Deserialize` of `T` says when it fails; nothing if it does not fail this time.
pub(super) fn ask<T: DeserializeOwned>(bytes: &[u8]) -> Option<String> {
    let note = Note::default();
    let mut postcard = postcard::Deserializer::from_bytes(bytes);
    T::deserialize(Noting {
        inner: &mut postcard,
        note: &note,
    })
    .err()
    .map(|Words(words)| words)
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Words(String);

impl de::Error for Words {
    fn custom<T: Display>(message: T) -> Words {
        Words(message.to_string())
    }
}

/// Where the words of an error are, while postcard hands its own error outwards.
#[derive(Default)]
struct Note(Cell<Option<String>>);

impl Note {
    /// Puts the words aside and gives postcard an error that it can hand on.
    fn put_aside<T, E: de::Error>(&self, result: Result<T, Words>) -> Result<T, E> {
        result.map_err(|Words(words)| {
            self.0.set(Some(words));
            E::custom("see the note")
        })
    }

    /// Takes the words again; if there are none, the error is postcard's own.
    fn take_up<T, E: Display>(&self, result: Result<T, E>) -> Result<T, Words> {
        result.map_err(|error| Words(self.0.take().unwrap_or_else(|| error.to_string())))
    }
}

/// Wraps a deserializer, a visitor, a seed or an access.
struct Noting<'n, I> {
    inner: I,
    note: &'n Note,
}

macro_rules! deserialize {
    ($($method:ident($($argument:ident: $of:ty),*);)*) => {
        $(fn $method<V: Visitor<'de>>(
            self,
            $($argument: $of,)*
            visitor: V,
        ) -> Result<V::Value, Words> {
            let visitor = Noting { inner: visitor, note: self.note };
            self.note.take_up(self.inner.$method($($argument,)* visitor))
        })*
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Noting<'_, D> {
    type Error = Words;

    deserialize! {
        deserialize_any();
        deserialize_bool();
        deserialize_i8();
        deserialize_i16();
        deserialize_i32();
        deserialize_i64();
        deserialize_i128();
        deserialize_u8();
        deserialize_u16();
        deserialize_u32();
        deserialize_u64();
        deserialize_u128();
        deserialize_f32();
        deserialize_f64();
        deserialize_char();
        deserialize_str();
        deserialize_string();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_option();
        deserialize_unit();
        deserialize_unit_struct(name: &'static str);
        deserialize_newtype_struct(name: &'static str);
        deserialize_seq();
        deserialize_tuple(len: usize);
        deserialize_tuple_struct(name: &'static str, len: usize);
        deserialize_map();
        deserialize_struct(name: &'static str, fields: &'static [&'static str]);
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
        deserialize_identifier();
        deserialize_ignored_any();
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

macro_rules! visit {
    ($($method:ident($($value:ident: $of:ty)?);)*) => {
        $(fn $method<E: de::Error>(self, $($value: $of)?) -> Result<V::Value, E> {
            self.note.put_aside(self.inner.$method($($value)?))
        })*
    };
}

macro_rules! visit_within {
    ($($method:ident($within:ident);)*) => {
        $(fn $method<I: $within<'de>>(self, inner: I) -> Result<V::Value, I::Error> {
            let inner = Noting { inner, note: self.note };
            self.note.put_aside(self.inner.$method(inner))
        })*
    };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Noting<'_, V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(formatter)
    }

    visit! {
        visit_bool(value: bool);
        visit_i8(value: i8);
        visit_i16(value: i16);
        visit_i32(value: i32);
        visit_i64(value: i64);
        visit_i128(value: i128);
        visit_u8(value: u8);
        visit_u16(value: u16);
        visit_u32(value: u32);
        visit_u64(value: u64);
        visit_u128(value: u128);
        visit_f32(value: f32);
        visit_f64(value: f64);
        visit_char(value: char);
        visit_str(value: &str);
        visit_borrowed_str(value: &'de str);
        visit_string(value: String);
        visit_bytes(value: &[u8]);
        visit_borrowed_bytes(value: &'de [u8]);
        visit_byte_buf(value: Vec<u8>);
        visit_none();
        visit_unit();
    }

    visit_within! {
        visit_some(Deserializer);
        visit_newtype_struct(Deserializer);
        visit_seq(SeqAccess);
        visit_map(MapAccess);
        visit_enum(EnumAccess);
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Noting<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<S::Value, D::Error> {
        self.note.put_aside(self.inner.deserialize(Noting {
            inner,
            note: self.note,
        }))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Noting<'_, A> {
    type Error = Words;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Words> {
        let seed = Noting {
            inner: seed,
            note: self.note,
        };
        self.note.take_up(self.inner.next_element_seed(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Noting<'_, A> {
    type Error = Words;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Words> {
        let seed = Noting {
            inner: seed,
            note: self.note,
        };
        self.note.take_up(self.inner.next_key_seed(seed))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Words> {
        let seed = Noting {
            inner: seed,
            note: self.note,
        };
        self.note.take_up(self.inner.next_value_seed(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

impl<'de, 'n, A: EnumAccess<'de>> EnumAccess<'de> for Noting<'n, A> {
    type Error = Words;
    type Variant = Noting<'n, A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Noting<'n, A::Variant>), Words> {
        let note = self.note;
        let (value, inner) = note.take_up(self.inner.variant_seed(Noting { inner: seed, note }))?;
        Ok((value, Noting { inner, note }))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Noting<'_, A> {
    type Error = Words;

    fn unit_variant(self) -> Result<(), Words> {
        self.note.take_up(self.inner.unit_variant())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Words> {
        let seed = Noting {
            inner: seed,
            note: self.note,
        };
        self.note.take_up(self.inner.newtype_variant_seed(seed))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Words> {
        let visitor = Noting {
            inner: visitor,
            note: self.note,
        };
        self.note.take_up(self.inner.tuple_variant(len, visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Words> {
        let visitor = Noting {
            inner: visitor,
            note: self.note,
        };
        self.note
            .take_up(self.inner.struct_variant(fields, visitor))
    }
}
