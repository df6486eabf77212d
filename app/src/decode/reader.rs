//! Reads a type out of a tree.

use serde::{
    Deserializer,
    de::{DeserializeSeed, EnumAccess, SeqAccess, VariantAccess, Visitor, value::StrDeserializer},
};

use super::{Unreadable, tree::Tree};

/// Null, for a field that is not there: an `Option` is none then, and anything else refuses it.
const ABSENT: &Tree<'static> = &Tree::Null;

macro_rules! numbers {
    ($($method:ident)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
            match self {
                Tree::Whole(value) => visitor.visit_i64(*value),
                Tree::Large(value) => visitor.visit_u64(*value),
                Tree::Number(value) => visitor.visit_f64(*value),
                _ => Err(Unreadable),
            }
        })+
    };
}

macro_rules! texts {
    ($($method:ident)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
            match self {
                Tree::Text(text) => visitor.visit_str(text),
                _ => Err(Unreadable),
            }
        })+
    };
}

impl<'de> Deserializer<'de> for &Tree<'_> {
    type Error = Unreadable;

    numbers!(deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16
        deserialize_u32 deserialize_u64 deserialize_f32 deserialize_f64);
    texts!(deserialize_str deserialize_string deserialize_identifier);

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self {
            Tree::Bool(value) => visitor.visit_bool(*value),
            _ => Err(Unreadable),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self {
            Tree::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self {
            Tree::Null => visitor.visit_unit(),
            _ => Err(Unreadable),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self {
            Tree::List(items) => visitor.visit_seq(Items(items.iter())),
            _ => Err(Unreadable),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        match self {
            Tree::Object(_) => visitor.visit_seq(Fields { object: self, names: fields.iter(), next: 0 }),
            _ => Err(Unreadable),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        match self {
            Tree::Text(name) => visitor.visit_enum(Variant { name, content: ABSENT }),
            Tree::Object(fields) => match fields.as_slice() {
                [(name, content)] => visitor.visit_enum(Variant { name, content }),
                _ => Err(Unreadable),
            },
            _ => Err(Unreadable),
        }
    }

    /// Nothing that is sent describes itself.
    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Unreadable> {
        Err(Unreadable)
    }

    serde::forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit_struct map ignored_any
    }
}

struct Items<'t, 'a>(std::slice::Iter<'t, Tree<'a>>);

impl<'de> SeqAccess<'de> for Items<'_, '_> {
    type Error = Unreadable;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Unreadable> {
        self.0.next().map(|item| seed.deserialize(item)).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// The fields of an object in the order of a struct.
struct Fields<'t, 'a> {
    object: &'t Tree<'a>,
    names: std::slice::Iter<'static, &'static str>,
    /// Where the next field is looked for first: the writer has the same order.
    next: usize,
}

impl<'t, 'a> Fields<'t, 'a> {
    fn take(&mut self) -> Option<&'t Tree<'a>> {
        let name = *self.names.next()?;
        let Tree::Object(fields) = self.object else { return None };
        let (before, from) = fields.split_at(self.next.min(fields.len()));
        let found = from.iter().position(|(field, _)| field == name).map(|place| place + before.len());
        let found = found.or_else(|| before.iter().position(|(field, _)| field == name));
        Some(match found {
            Some(place) => {
                self.next = place + 1;
                &fields[place].1
            }
            None => ABSENT,
        })
    }
}

impl<'de> SeqAccess<'de> for Fields<'_, '_> {
    type Error = Unreadable;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Unreadable> {
        self.take().map(|field| seed.deserialize(field)).transpose()
    }
}

/// A variant of an enum with what it holds.
struct Variant<'t, 'a> {
    name: &'t str,
    content: &'t Tree<'a>,
}

impl<'de> EnumAccess<'de> for Variant<'_, '_> {
    type Error = Unreadable;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Unreadable> {
        Ok((seed.deserialize(StrDeserializer::new(self.name))?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, '_> {
    type Error = Unreadable;

    fn unit_variant(self) -> Result<(), Unreadable> {
        if matches!(self.content, Tree::Null) { Ok(()) } else { Err(Unreadable) }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Unreadable> {
        seed.deserialize(self.content)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Unreadable> {
        self.content.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.content.deserialize_struct("", fields, visitor)
    }
}
