//! A list of whole numbers, some of them missing.

use super::CodecError;

/// Reads what was written.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl Reader<'_> {
    /// An unsigned number, seven bits a byte, the lowest first.
    pub(super) fn number(&mut self) -> Result<u64, CodecError> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.0.split_first().ok_or(CodecError::Damaged("it ends in a number"))?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(CodecError::Damaged("a number without end"))
    }

    fn signed(&mut self) -> Result<i64, CodecError> {
        let zigzag = self.number()?;
        Ok((zigzag >> 1).cast_signed() ^ -((zigzag & 1).cast_signed()))
    }

    /// A list of `n` numbers into `into`, which is emptied first.
    pub(super) fn series(&mut self, n: usize, into: &mut Vec<Option<i64>>) -> Result<(), CodecError> {
        into.clear();
        let (&form, rest) = self.0.split_first().ok_or(CodecError::Damaged("it ends before a list"))?;
        self.0 = rest;
        match form {
            NONE => into.resize(n, None),
            ALL | SOME => {
                let bits = if form == SOME { n.div_ceil(8) } else { 0 };
                let (known, rest) = self.0.split_at_checked(bits).ok_or(CodecError::Damaged("it ends in a list"))?;
                self.0 = rest;
                let mut last = 0_i64;
                for place in 0..n {
                    let is_known = form == ALL || known[place / 8] >> (place % 8) & 1 == 1;
                    if is_known {
                        last = last.wrapping_add(self.signed()?);
                    }
                    into.push(is_known.then_some(last));
                }
            }
            _ => return Err(CodecError::Damaged("a list of unknown form")),
        }
        Ok(())
    }
}

const NONE: u8 = 0;
const ALL: u8 = 1;
const SOME: u8 = 2;

pub(super) fn write_number(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(u8::try_from(number & 0x7f).unwrap_or_default() | 0x80);
        number >>= 7;
    }
    out.push(u8::try_from(number).unwrap_or_default());
}

fn write_signed(number: i64, out: &mut Vec<u8>) {
    write_number(((number << 1) ^ (number >> 63)).cast_unsigned(), out);
}

/// Writes a list: whether all, none or some are known, which, and each known one as the difference from the one before.
pub(super) fn write_series(values: &[Option<i64>], out: &mut Vec<u8>) {
    let known = values.iter().flatten().count();
    if known == 0 {
        out.push(NONE);
        return;
    }
    if known == values.len() {
        out.push(ALL);
    } else {
        out.push(SOME);
        let bits = values.chunks(8).map(|eight| {
            eight.iter().enumerate().fold(0_u8, |bits, (place, value)| bits | u8::from(value.is_some()) << place)
        });
        out.extend(bits);
    }
    let mut last = 0;
    for value in values.iter().flatten() {
        write_signed(value.wrapping_sub(last), out);
        last = *value;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_list_comes_back(values in prop::collection::vec(prop::option::of(any::<i64>()), 0..200)) {
            let mut bytes = Vec::new();
            write_series(&values, &mut bytes);
            let (mut reader, mut back) = (Reader(&bytes), Vec::new());
            reader.series(values.len(), &mut back).unwrap();
            prop_assert_eq!(back, values);
            prop_assert!(reader.0.is_empty());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..100), n in 0..100_usize) {
            let mut back = Vec::new();
            if Reader(&bytes).series(n, &mut back).is_ok() {
                prop_assert_eq!(back.len(), n);
            }
        }
    }
}
