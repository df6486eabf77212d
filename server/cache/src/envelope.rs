//! What lies in the shared cache: one JSON object that holds a header and, as `body`, the value.
//!
//! The value is encoded once, as an [`Encoded`], so it cannot be encoded twice, and parsed once. A reader checks, in this order: the
//! format mark in the client flags, the header, name, version and key, the hashes of header and raw body, its shape,
//! its limits. Each failure has a name of its own. Nothing here deletes or repairs an item.

mod encoded;
mod pack;
mod unreadable;

use std::{io, sync::Arc};

use schema::{Held, Name, Origin, Schema, Stamp, UnixMs};
use serde::{Deserialize, Serialize, de::Error as _};
use xxhash_rust::xxh3::xxh3_64;

pub use self::encoded::Encoded;
pub(crate) use self::pack::Packed;
pub use self::unreadable::Unreadable;

/// The largest encoded body: what readers unpack at most, less room for the header.
pub const BODY_LIMIT: usize = pack::UNPACKED_LIMIT - HEADER_LIMIT;

/// The header as it is written and read; the short names are the wire's. The body follows it as the last field.
#[derive(Serialize, Deserialize)]
struct Header {
    n: String,
    v: u16,
    k: String,
    e: u64,
    q: u64,
    by: String,
    at: UnixMs,
    as_of: UnixMs,
    fresh: UnixMs,
    stale: UnixMs,
    o: Origin,
    h: String,
    /// Over all the other fields of the header: a digit that changed on the way must not become a stamp or an age.
    s: String,
}

/// The separator of header and body. It cannot occur inside a text of the header, where a quote is escaped.
const BODY: &[u8] = b",\"body\":";
/// Headers are shorter than this; what is longer is none.
const HEADER_LIMIT: usize = 4 * 1024;

impl Header {
    /// The hash of the header, that of the body included.
    fn seal(&self) -> u64 {
        let Self { n, v, k, e, q, by, at, as_of, fresh, stale, o, h, s: _ } = self;
        let UnixMs(at) = at;
        let (UnixMs(as_of), UnixMs(fresh), UnixMs(stale)) = (as_of, fresh, stale);
        xxh3_64(format!("{n}\n{v}\n{k}\n{e}\n{q}\n{by}\n{at}\n{as_of}\n{fresh}\n{stale}\n{o:?}\n{h}").as_bytes())
    }

    fn held(&self) -> Held<()> {
        Held {
            stamp: Stamp { epoch: self.e, seq: self.q },
            origin: self.o,
            by: Arc::from(self.by.as_str()),
            written_at: self.at,
            as_of: self.as_of,
            fresh_until: self.fresh,
            stale_until: self.stale,
            value: Arc::new(()),
        }
    }

    /// Reads the header of an envelope, and gives the bytes of its body unread: they are parsed once, as what they are.
    fn split(json: &[u8]) -> Result<(Self, &[u8]), Unreadable> {
        let Some(at) = json.windows(BODY.len()).take(HEADER_LIMIT).position(|bytes| bytes == BODY) else {
            let error = serde_json::from_slice::<Self>(json).err();
            return Err(error.unwrap_or_else(|| serde_json::Error::missing_field("body")).into());
        };
        let header: Self = serde_json::from_slice(&[&json[..at], b"}"].concat())?;
        match &json[at + BODY.len()..] {
            [body @ .., b'}'] => Ok((header, body)),
            _ => Err(serde_json::Error::custom("the envelope has no end").into()),
        }
    }
}

/// Puts a body under its header.
pub(crate) fn seal(name: Name, version: u16, header: &Held<()>, key: &str, body: &Encoded) -> io::Result<Packed> {
    pack::pack(json(name, version, header, key, body)?)
}

/// The same, as one line of JSON.
pub(crate) fn json(
    name: Name,
    version: u16,
    header: &Held<()>,
    key: &str,
    body: &Encoded,
) -> Result<Vec<u8>, serde_json::Error> {
    let mut wire = Header {
        n: name.as_str().to_owned(),
        v: version,
        k: key.to_owned(),
        e: header.stamp.epoch,
        q: header.stamp.seq,
        by: header.by.as_ref().to_owned(),
        at: header.written_at,
        as_of: header.as_of,
        fresh: header.fresh_until,
        stale: header.stale_until,
        o: header.origin,
        h: spelled(body.hash()),
        s: String::new(),
    };
    wire.s = spelled(wire.seal());
    let mut bytes = Vec::with_capacity(HEADER_LIMIT + body.len());
    serde_json::to_writer(&mut bytes, &wire)?;
    // The header's closing bracket is replaced by the body.
    bytes.pop();
    bytes.extend_from_slice(BODY);
    bytes.extend_from_slice(body.json().get().as_bytes());
    bytes.push(b'}');
    Ok(bytes)
}

/// A value read from the shared cache.
pub(crate) struct Opened<T> {
    /// The value with its header.
    pub(crate) held: Held<T>,
    /// The length of the raw body, in bytes.
    pub(crate) body_bytes: usize,
    /// The hash of the raw body.
    pub(crate) hash: u64,
    /// The raw body, where it is to be kept.
    pub(crate) body: Option<Encoded>,
}

/// Reads a complete item that should be stored under `key`, and its raw body as well where that is to be kept.
pub(crate) fn open<T: Schema>(bytes: &[u8], flags: u32, key: &str, keep: bool) -> Result<Opened<T>, Unreadable> {
    open_json(&pack::unpack(bytes, flags)?, key, keep)
}

/// The same for an envelope that is not packed.
pub(crate) fn open_json<T: Schema>(json: &[u8], key: &str, keep: bool) -> Result<Opened<T>, Unreadable> {
    let (wire, body) = Header::split(json)?;
    if wire.n != T::NAME.as_str() {
        return Err(Unreadable::WrongKey { found: wire.n });
    }
    if wire.v != T::VERSION {
        return Err(Unreadable::UnknownVersion { found: u32::from(wire.v) });
    }
    if wire.k != key {
        return Err(Unreadable::WrongKey { found: wire.k });
    }
    let hash = xxh3_64(body);
    if wire.h != spelled(hash) || wire.s != spelled(wire.seal()) {
        return Err(Unreadable::BadHash);
    }
    let value: T = serde_json::from_slice(body)?;
    value.check()?;
    let held = wire.held().with(value);
    let kept = if keep { Some(Encoded::read(body, hash)?) } else { None };
    Ok(Opened { held, body_bytes: body.len(), hash, body: kept })
}

/// The key that an envelope says it lies under.
pub(crate) fn key(json: &[u8]) -> Result<String, Unreadable> {
    Header::split(json).map(|(header, _)| header.k)
}

/// Reads the header of an item alone, without judging its body.
pub(crate) fn header(bytes: &[u8], flags: u32) -> Result<Held<()>, Unreadable> {
    let json = pack::unpack(bytes, flags)?;
    let (header, _) = Header::split(&json)?;
    if header.s != spelled(header.seal()) {
        return Err(Unreadable::BadHash);
    }
    Ok(header.held())
}

fn spelled(hash: u64) -> String {
    format!("xxh3:{hash:016x}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop, proptest};
    use schema::{Invalid, Policy};

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
    /// The mark of this cache and plain JSON.
    const FLAGS: u32 = 0x5643_0001;

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
        let body = Encoded::of(&Reading { figure, note: "n".into() }).unwrap();
        String::from_utf8(json(Reading::NAME, Reading::VERSION, &head(), KEY, &body).unwrap()).unwrap()
    }

    fn failure(text: &str, flags: u32) -> Unreadable {
        match open::<Reading>(text.as_bytes(), flags, KEY, false) {
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
        assert!(matches!(failure(&good, 0x5643_0003), Unreadable::UnknownVersion { found: 3 }));
        assert!(matches!(failure(&good.replace("\"v\":3", "\"v\":4"), FLAGS), Unreadable::UnknownVersion { found: 4 }));
        let elsewhere = good.replace("\"k\":\"test:reading@3\"", "\"k\":\"other:reading@3\"");
        assert!(matches!(failure(&elsewhere, FLAGS), Unreadable::WrongKey { found } if found == "other:reading@3"));
        assert!(matches!(failure(&good.replace("1.5", "2.5"), FLAGS), Unreadable::BadHash));
        assert!(matches!(failure(&good.replace("\"q\":9", "\"q\":8"), FLAGS), Unreadable::BadHash));
        assert!(matches!(failure(&good[..40], FLAGS), Unreadable::Undecodable(_)));
        assert!(matches!(failure(&sealed(-1.0), FLAGS), Unreadable::Invalid(_)));
    }

    #[test]
    fn a_body_of_another_shape_is_undecodable_and_never_a_default() {
        let text = sealed(1.5);
        let (front, _) = text.split_once(",\"h\":").unwrap();
        let body = r#"{"note":"n"}"#;
        let header = format!("{front},\"h\":\"{}\"", spelled(xxh3_64(body.as_bytes())));
        let unsealed = format!("{header},\"s\":\"\",\"body\":{body}}}");
        let seal = Header::split(unsealed.as_bytes()).unwrap().0.seal();
        let other = format!("{header},\"s\":\"{}\",\"body\":{body}}}", spelled(seal));
        assert!(matches!(failure(&other, FLAGS), Unreadable::Undecodable(_)));
    }

    proptest! {
        #[test]
        fn what_is_sealed_is_what_is_opened(figure in 0.0..1e300f64, note in any::<String>(), seq in any::<u64>()) {
            let value = Reading { figure, note };
            let mut header = head();
            header.stamp.seq = seq;
            let body = Encoded::of(&value).unwrap();
            let packed = seal(Reading::NAME, Reading::VERSION, &header, KEY, &body).unwrap();
            let opened = open::<Reading>(&packed.bytes, packed.flags, KEY, true).unwrap();
            assert_eq!(opened.held, header.with(value));
            assert_eq!(opened.body, Some(body));
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in any::<Vec<u8>>(), format in 0..4u32) {
            assert!(open::<Reading>(&bytes, FLAGS & 0xffff_0000 | format, KEY, true).is_err());
        }

        #[test]
        fn no_flipped_bit_passes_neither_in_the_value_nor_in_its_stamp_or_age(
            figure in 0.0..1e9f64,
            at in any::<prop::sample::Index>(),
            bit in 0..8u8,
        ) {
            let mut bytes = sealed(figure).into_bytes();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            assert!(open::<Reading>(&bytes, FLAGS, KEY, true).is_err());
        }
    }
}
