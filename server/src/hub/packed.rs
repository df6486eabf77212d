//! What goes over the wire, packed so that all clients share it.
//!
//! A gzip stream is a head, blocks of deflate and the sum of what they hold. A block that was made by itself, and ends on a whole
//! byte, refers to nothing before it: so it may follow any other block, in the stream of any client. Each event is packed once,
//! however many read it. (RFC 1951, RFC 1952; the blocks end as zlib's `Z_FULL_FLUSH` ends them.)

use axum::body::Bytes;
use crc32fast::Hasher;
use flate2::{Compress, Compression, FlushCompress};

/// The beginning of a gzip stream: deflate, without a name, a time or flags, of no particular system.
const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
/// A last block, which holds nothing.
const LAST: [u8; 5] = [1, 0, 0, 0xff, 0xff];

/// The most that a block may hold which is not packed, in bytes.
const STORED_BYTES: usize = 65_535;
/// Less is hardly worth packing, in bytes.
const LEAST_BYTES: usize = 200;

/// A piece of any stream.
#[derive(Debug, Clone)]
pub(crate) struct Packed {
    blocks: Bytes,
    /// The sum of the plain bytes.
    sum: Hasher,
    /// How many plain bytes there are; the format counts them modulo 2 to the power of 32.
    bytes: u32,
}

impl Packed {
    /// Packs some bytes.
    pub(crate) fn of(plain: &[u8]) -> Self {
        let mut sum = Hasher::new();
        sum.update(plain);
        #[expect(clippy::cast_possible_truncation, reason = "modulo 2 to the power of 32")]
        let bytes = plain.len() as u32;
        Self { blocks: pack(plain), sum, bytes }
    }
}

/// One client's stream.
#[derive(Debug)]
pub(crate) struct Stream {
    begun: bool,
    sum: Hasher,
    bytes: u32,
}

impl Stream {
    /// A stream of which nothing was sent.
    pub(crate) fn new() -> Self {
        Self { begun: false, sum: Hasher::new(), bytes: 0 }
    }

    /// The next piece as it is sent.
    pub(crate) fn next(&mut self, piece: &Packed) -> Bytes {
        self.sum.combine(&piece.sum);
        self.bytes = self.bytes.wrapping_add(piece.bytes);
        if std::mem::replace(&mut self.begun, true) {
            return piece.blocks.clone();
        }
        [&HEAD[..], &piece.blocks].concat().into()
    }

    /// The last piece as it is sent.
    pub(crate) fn end(&mut self, piece: &Packed) -> Bytes {
        let last = self.next(piece);
        let sum = self.sum.clone().finalize().to_le_bytes();
        [&last[..], &LAST, &sum, &self.bytes.to_le_bytes()].concat().into()
    }
}

/// A block, or several, that unpack to `plain`.
fn pack(plain: &[u8]) -> Bytes {
    if plain.len() < LEAST_BYTES {
        return store(plain).into();
    }
    let mut packer = Compress::new(Compression::fast(), false);
    // Text shrinks; what did not would be packed on with more room.
    let mut packed = Vec::with_capacity(plain.len() / 2 + LEAST_BYTES);
    loop {
        let taken = usize::try_from(packer.total_in()).unwrap_or(usize::MAX);
        let rest = plain.get(taken..).unwrap_or_default();
        match packer.compress_vec(rest, &mut packed, FlushCompress::Full) {
            // With room left, all of it came out.
            Ok(_) if packed.len() < packed.capacity() => return packed.into(),
            Ok(_) => packed.reserve(packed.len()),
            Err(error) => {
                tracing::error!(%error, "an event of the live stream cannot be packed; it is sent as it is");
                return store(plain).into();
            }
        }
    }
}

/// The same bytes in blocks that are not packed.
fn store(plain: &[u8]) -> Vec<u8> {
    let mut blocks = Vec::with_capacity(plain.len() + LAST.len());
    for part in plain.chunks(STORED_BYTES) {
        let length = u16::try_from(part.len()).unwrap_or(u16::MAX);
        blocks.push(0);
        blocks.extend(length.to_le_bytes());
        blocks.extend((!length).to_le_bytes());
        blocks.extend(part);
    }
    blocks
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;
    use proptest::prelude::*;

    use super::*;

    /// What a client reads of a stream that came to its end.
    fn unpacked(stream: &[u8]) -> Vec<u8> {
        let mut read = Vec::new();
        GzDecoder::new(stream).read_to_end(&mut read).unwrap();
        read
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn pieces_that_were_packed_once_make_up_the_stream_of_any_client(
            events in prop::collection::vec(prop::collection::vec(prop_oneof![Just(b'0'), any::<u8>()], 0..3_000), 1..12),
            orders in prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 1..20), 3),
        ) {
            let pieces: Vec<Packed> = events.iter().map(|event| Packed::of(event)).collect();
            for order in orders {
                let places: Vec<usize> = order.iter().map(|place| place.index(events.len())).collect();
                let (last, rest) = places.split_last().unwrap();
                let mut stream = Stream::new();
                let mut sent: Vec<Bytes> = rest.iter().map(|place| stream.next(&pieces[*place])).collect();
                sent.push(stream.end(&pieces[*last]));
                let chosen: Vec<&[u8]> = places.iter().map(|place| &events[*place][..]).collect();
                prop_assert_eq!(unpacked(&sent.concat()), chosen.concat());
            }
        }
    }

    #[test]
    fn what_is_larger_than_a_block_takes_several() {
        let plain: Vec<u8> = (0..200_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        for blocks in [store(&plain).into(), pack(&plain)] {
            let piece = Packed { blocks, ..Packed::of(&plain) };
            assert_eq!(unpacked(&Stream::new().end(&piece)), plain);
        }
    }
}
