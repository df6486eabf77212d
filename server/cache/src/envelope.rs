//! What lies in the shared cache: one JSON object that holds a header and, as `body`, the value.
//!
//! The value is encoded once, as a [`RawValue`], so it cannot be encoded twice. A reader checks, in this order: the
//! format mark in the client flags, the header, name, version and key, the hash of the raw body, its shape, its
//! limits. Each failure has a name of its own. Nothing here deletes or repairs an item.

use std::{borrow::Cow, sync::Arc};

use schema::{Held, Invalid, Origin, Schema, Stamp, UnixMs};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use xxhash_rust::xxh3::xxh3_64;

/// The upper half of the client flags of every item of this cache.
const MARK: u32 = 0x5643_0000;
/// The lower half: which format the bytes have. 1 is plain JSON.
const FORMAT_JSON: u32 = 1;
/// The client flags of an item that this program writes.
pub(crate) const FLAGS: u32 = MARK | FORMAT_JSON;

/// Why an item cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The client flags do not carry the mark of this cache: another program wrote it.
    #[error("another program's item (client flags {flags:#010x})")]
    ForeignItem {
        /// The flags it carries.
        flags: u32,
    },
    /// A version, of the schema or of the envelope's format, that this program does not know.
    #[error("version {found} is not known here")]
    UnknownVersion {
        /// The version it carries.
        found: u32,
    },
    /// It says that it belongs elsewhere.
    #[error("the item says that it is {found}")]
    WrongKey {
        /// The name or key it carries.
        found: String,
    },
    /// The body is not what was written.
    #[error("the body does not match its hash")]
    BadHash,
    /// The JSON of the header or of the body has another shape.
    #[error("not decodable: {0}")]
    Undecodable(#[from] serde_json::Error),
    /// The value breaks a limit of its domain.
    #[error("invalid: {0}")]
    Invalid(#[from] Invalid),
}

impl Unreadable {
    /// The name of the failure in metrics.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::ForeignItem { .. } => "foreign_item",
            Self::UnknownVersion { .. } => "unknown_version",
            Self::WrongKey { .. } => "wrong_key",
            Self::BadHash => "bad_hash",
            Self::Undecodable(_) => "undecodable",
            Self::Invalid(_) => "invalid",
        }
    }
}

/// The envelope as it is written and read; the short names are the wire's.
#[derive(Serialize, Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    n: Cow<'a, str>,
    v: u16,
    #[serde(borrow)]
    k: Cow<'a, str>,
    e: u64,
    q: u64,
    #[serde(borrow)]
    by: Cow<'a, str>,
    at: UnixMs,
    as_of: UnixMs,
    fresh: UnixMs,
    stale: UnixMs,
    o: Origin,
    #[serde(borrow)]
    h: Cow<'a, str>,
    #[serde(borrow)]
    body: &'a RawValue,
}

impl<'a> Wire<'a> {
    fn parse(bytes: &'a [u8], flags: u32) -> Result<Self, Unreadable> {
        match flags {
            FLAGS => Ok(serde_json::from_slice(bytes)?),
            _ if flags & 0xffff_0000 == MARK => Err(Unreadable::UnknownVersion { found: flags & 0xffff }),
            _ => Err(Unreadable::ForeignItem { flags }),
        }
    }

    fn header(&self) -> Held<()> {
        Held {
            stamp: Stamp { epoch: self.e, seq: self.q },
            origin: self.o,
            by: Arc::from(self.by.as_ref()),
            written_at: self.at,
            as_of: self.as_of,
            fresh_until: self.fresh,
            stale_until: self.stale,
            value: Arc::new(()),
        }
    }
}

/// A value encoded once: its raw body and the hash of that.
pub(crate) struct Body {
    raw: Box<RawValue>,
    /// xxh3 over the raw body.
    hash: u64,
}

impl Body {
    /// Encodes a value.
    pub(crate) fn of<T: Schema>(value: &T) -> Result<Self, serde_json::Error> {
        let raw = serde_json::value::to_raw_value(value)?;
        Ok(Self { hash: xxh3_64(raw.get().as_bytes()), raw })
    }

    /// The length of the raw body, in bytes.
    pub(crate) fn len(&self) -> usize {
        self.raw.get().len()
    }
}

/// Puts a body under its header.
pub(crate) fn seal<T: Schema>(header: &Held<()>, key: &str, body: &Body) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&Wire {
        n: Cow::Borrowed(T::NAME.as_str()),
        v: T::VERSION,
        k: Cow::Borrowed(key),
        e: header.stamp.epoch,
        q: header.stamp.seq,
        by: Cow::Borrowed(&header.by),
        at: header.written_at,
        as_of: header.as_of,
        fresh: header.fresh_until,
        stale: header.stale_until,
        o: header.origin,
        h: Cow::Owned(spelled(body.hash)),
        body: &body.raw,
    })
}

/// A value read from the shared cache.
pub(crate) struct Opened<T> {
    /// The value with its header.
    pub(crate) held: Held<T>,
    /// The length of the raw body, in bytes.
    pub(crate) body_bytes: usize,
}

/// Reads the whole of an item that should lie under `key`.
pub(crate) fn open<T: Schema>(bytes: &[u8], flags: u32, key: &str) -> Result<Opened<T>, Unreadable> {
    let wire = Wire::parse(bytes, flags)?;
    if wire.n != T::NAME.as_str() {
        return Err(Unreadable::WrongKey { found: wire.n.into_owned() });
    }
    if wire.v != T::VERSION {
        return Err(Unreadable::UnknownVersion { found: u32::from(wire.v) });
    }
    if wire.k != key {
        return Err(Unreadable::WrongKey { found: wire.k.into_owned() });
    }
    if wire.h != spelled(xxh3_64(wire.body.get().as_bytes())) {
        return Err(Unreadable::BadHash);
    }
    let value: T = serde_json::from_str(wire.body.get())?;
    value.check()?;
    Ok(Opened { held: wire.header().with(value), body_bytes: wire.body.get().len() })
}

/// Reads the header of an item alone, without judging its body.
pub(crate) fn header(bytes: &[u8], flags: u32) -> Result<Held<()>, Unreadable> {
    Wire::parse(bytes, flags).map(|wire| wire.header())
}

fn spelled(hash: u64) -> String {
    format!("xxh3:{hash:016x}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};
    use schema::{Name, Policy};

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Reading {
        figure: f64,
        note: String,
    }

    impl Schema for Reading {
        const NAME: Name = Name::new("test:reading");
        const VERSION: u16 = 3;
        const POLICY: Policy = Policy::secs(1, 5, 60);
        type Scope = ();

        fn check(&self) -> Result<(), Invalid> {
            if self.figure < 0.0 { Err(Invalid::new("figure", "below zero")) } else { Ok(()) }
        }
    }

    const KEY: &str = "test:reading@3";

    fn head() -> Held<()> {
        Held {
            stamp: Stamp { epoch: 7, seq: 9 },
            origin: Origin::Live,
            by: "test@here/1".into(),
            written_at: UnixMs(1_200),
            as_of: UnixMs(1_000),
            fresh_until: UnixMs(6_000),
            stale_until: UnixMs(61_000),
            value: Arc::new(()),
        }
    }

    fn sealed(figure: f64) -> String {
        let body = Body::of(&Reading { figure, note: "n".into() }).unwrap();
        String::from_utf8(seal::<Reading>(&head(), KEY, &body).unwrap()).unwrap()
    }

    fn failure(text: &str, flags: u32) -> Unreadable {
        match open::<Reading>(text.as_bytes(), flags, KEY) {
            Err(unreadable) => unreadable,
            Ok(_) => panic!("readable: {text}"),
        }
    }

    #[test]
    fn the_envelope_has_the_documented_fields_and_an_object_for_a_body() {
        let expected = concat!(
            r#"{"n":"test:reading","v":3,"k":"test:reading@3","e":7,"q":9,"by":"test@here/1","at":1200,"as_of":1000,"#,
            r#""fresh":6000,"stale":61000,"o":"live","h":"xxh3:"#
        );
        let text = sealed(1.5);
        assert!(text.starts_with(expected), "{text}");
        assert!(text.ends_with(r#","body":{"figure":1.5,"note":"n"}}"#), "{text}");
    }

    #[test]
    fn each_failure_has_its_own_name() {
        let good = sealed(1.5);
        assert!(matches!(failure(&good, 0), Unreadable::ForeignItem { flags: 0 }));
        assert!(matches!(failure(&good, MARK | 2), Unreadable::UnknownVersion { found: 2 }));
        assert!(matches!(failure(&good.replace("\"v\":3", "\"v\":4"), FLAGS), Unreadable::UnknownVersion { found: 4 }));
        let elsewhere = good.replace("\"k\":\"test:reading@3\"", "\"k\":\"other:reading@3\"");
        assert!(matches!(failure(&elsewhere, FLAGS), Unreadable::WrongKey { found } if found == "other:reading@3"));
        assert!(matches!(failure(&good.replace("1.5", "2.5"), FLAGS), Unreadable::BadHash));
        assert!(matches!(failure(&good[..40], FLAGS), Unreadable::Undecodable(_)));
        assert!(matches!(failure(&sealed(-1.0), FLAGS), Unreadable::Invalid(_)));
    }

    #[test]
    fn a_body_of_another_shape_is_undecodable_and_never_a_default() {
        let text = sealed(1.5);
        let (front, _) = text.split_once(",\"h\":").unwrap();
        let body = r#"{"note":"n"}"#;
        let other = format!("{front},\"h\":\"{}\",\"body\":{body}}}", spelled(xxh3_64(body.as_bytes())));
        assert!(matches!(failure(&other, FLAGS), Unreadable::Undecodable(_)));
    }

    proptest! {
        #[test]
        fn what_is_sealed_is_what_is_opened(figure in 0.0..1e300f64, note in any::<String>(), seq in any::<u64>()) {
            let value = Reading { figure, note };
            let mut header = head();
            header.stamp.seq = seq;
            let body = Body::of(&value).unwrap();
            let bytes = seal::<Reading>(&header, KEY, &body).unwrap();
            let opened = open::<Reading>(&bytes, FLAGS, KEY).unwrap();
            assert_eq!(opened.held, header.with(value));
            assert_eq!(opened.body_bytes, body.len());
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in any::<Vec<u8>>()) {
            assert!(open::<Reading>(&bytes, FLAGS, KEY).is_err());
        }
    }
}
