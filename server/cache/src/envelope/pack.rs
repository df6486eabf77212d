//! The bytes of an envelope as they travel: plain, or compressed where they are many.

use std::{borrow::Cow, io};

use super::Unreadable;

/// The upper half of the client flags of every item of this cache.
const MARK: u32 = 0x5643_0000;
/// The lower half: which format the bytes have. 1 is plain JSON, which a person can read with `nc`.
const JSON: u32 = 1;
/// 2 is the same JSON, compressed with zstd.
const ZSTD: u32 = 2;

/// Envelopes above this size are compressed: the candles and breakdowns of 600 contracts would not fit a memcached of 64 MB otherwise.
const COMPRESSED_ABOVE: usize = 12 * 1024;
/// The fastest level that still shrinks JSON about fivefold: a large list is written each second.
const LEVEL: i32 = 1;
/// The largest envelope, unpacked: what claims to be larger is not unpacked.
pub(super) const UNPACKED_LIMIT: usize = 8 * 1024 * 1024;

/// An envelope as it travels.
#[derive(Debug)]
pub(crate) struct Packed {
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
    /// The client flags that say how to read them.
    pub(crate) flags: u32,
}

/// Packs an envelope.
pub(super) fn pack(json: Vec<u8>) -> io::Result<Packed> {
    if json.len() <= COMPRESSED_ABOVE {
        return Ok(Packed { bytes: json, flags: MARK | JSON });
    }
    Ok(Packed { bytes: zstd::bulk::compress(&json, LEVEL)?, flags: MARK | ZSTD })
}

/// The envelope that was packed.
pub(super) fn unpack(bytes: &[u8], flags: u32) -> Result<Cow<'_, [u8]>, Unreadable> {
    match flags ^ MARK {
        JSON => Ok(Cow::Borrowed(bytes)),
        ZSTD => zstd::bulk::decompress(bytes, UNPACKED_LIMIT).map(Cow::Owned).map_err(Unreadable::Corrupt),
        _ if flags & 0xffff_0000 == MARK => Err(Unreadable::UnknownVersion { found: flags & 0xffff }),
        _ => Err(Unreadable::ForeignItem { flags }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_envelope_travels_compressed_and_a_small_one_can_be_read_with_the_eye() {
        let small = pack(vec![b'x'; COMPRESSED_ABOVE]).unwrap();
        assert_eq!((small.flags, small.bytes.len()), (MARK | JSON, COMPRESSED_ABOVE));
        let json = vec![b'x'; COMPRESSED_ABOVE + 1];
        let large = pack(json.clone()).unwrap();
        assert_eq!(large.flags, MARK | ZSTD);
        assert!(large.bytes.len() < 1_000, "{} bytes", large.bytes.len());
        assert_eq!(unpack(&large.bytes, large.flags).unwrap(), json);
    }

    #[test]
    fn an_item_that_would_unpack_to_more_than_any_envelope_is_left_packed() {
        let bomb = zstd::bulk::compress(&vec![0; UNPACKED_LIMIT + 1], LEVEL).unwrap();
        assert!(bomb.len() < 10_000, "{} bytes", bomb.len());
        assert!(matches!(unpack(&bomb, MARK | ZSTD), Err(Unreadable::Corrupt(_))));
    }

    #[test]
    fn compressed_bytes_that_were_damaged_are_named_so() {
        let mut packed = pack(vec![b'x'; COMPRESSED_ABOVE + 1]).unwrap();
        packed.bytes.truncate(packed.bytes.len() - 1);
        assert!(matches!(unpack(&packed.bytes, packed.flags), Err(Unreadable::Corrupt(_))));
    }
}
