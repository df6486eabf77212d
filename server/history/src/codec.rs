//! Whole numbers as bytes: which are known, and the known ones as small differences.

pub(crate) mod day;
pub(crate) mod minute;
mod series;

/// Bytes that are not what was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// They end too early, or hold what cannot be.
    #[error("damaged: {0}")]
    Damaged(&'static str),
    /// They were written by a later version.
    #[error("written in format {found}, {} is the latest that is known", FORMAT)]
    Newer {
        /// The format.
        found: u8,
    },
}

/// The format of minutes and days, in the first byte of each.
pub const FORMAT: u8 = 1;

/// The bytes behind the format.
fn body(bytes: &[u8]) -> Result<&[u8], CodecError> {
    match bytes.split_first() {
        Some((&FORMAT, body)) => Ok(body),
        Some((&found, _)) if found > FORMAT => Err(CodecError::Newer { found }),
        Some(_) => Err(CodecError::Damaged("an unknown format")),
        None => Err(CodecError::Damaged("nothing")),
    }
}

fn unpacked(bytes: &[u8], most: usize) -> Result<Vec<u8>, CodecError> {
    zstd::bulk::decompress(bytes, most).map_err(|_| CodecError::Damaged("it cannot be unpacked"))
}

fn packed(bytes: &[u8], level: i32) -> Vec<u8> {
    match zstd::bulk::compress(bytes, level) {
        Ok(packed) => packed,
        Err(_) => unreachable!("packing into a buffer of the bound's size"),
    }
}
