//! Entries of an index.
#![forbid(unsafe_code)]

use crate::algebra::G1;
use crate::algebra::codec::{Canonical, Reader, Writer, public_encoding};
use crate::algebra::tag::Kind;
use crate::error::DecodeError;

/// The most bytes of a sealed location.
pub(super) const MAX_LOCATION: usize = 1 << 12;

/// One entry of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchableCiphertext {
    pub(super) a: G1,
    pub(super) b: [u8; 32],
    pub(super) location: Vec<u8>,
}

impl Canonical for SearchableCiphertext {
    const KIND: Kind = Kind::PeksCiphertext;
    fn write(&self, w: &mut Writer) {
        w.g1(&self.a);
        w.fixed(&self.b);
        w.bytes(&self.location);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let a = r.g1()?;
        let (b, location) = read_rest(r)?;
        Ok(Self { a, b, location })
    }
}
public_encoding!(SearchableCiphertext);

/// What is behind the point.
type Rest = ([u8; 32], Vec<u8>);

fn read_rest(r: &mut Reader<'_>) -> Result<Rest, DecodeError> {
    Ok((r.fixed()?, r.bytes(MAX_LOCATION)?.to_vec()))
}

impl SearchableCiphertext {
    /// [`Canonical::from_bytes`] of each, the points decoded together; one refusal does not touch
    /// the others.
    pub fn batch_from_bytes(encodings: &[impl AsRef<[u8]>]) -> Vec<Result<Self, DecodeError>> {
        let parts: Vec<_> = encodings.iter().map(|bytes| take_apart(bytes.as_ref())).collect();
        let points: Vec<[u8; 48]> = parts.iter().flatten().map(|(point, _)| *point).collect();
        let mut points = G1::batch_from_bytes(&points).into_iter();
        let decode = |part: Result<([u8; 48], _), DecodeError>| {
            let (_, rest) = part?;
            // The point comes first in the bytes, and so does its fault.
            let a = points.next().expect("one for every part")?;
            let (b, location): Rest = rest?;
            Ok(Self { a, b, location })
        };
        parts.into_iter().map(decode).collect()
    }
}

/// The point's bytes and what is behind them, if the encoding gets that far.
fn take_apart(bytes: &[u8]) -> Result<([u8; 48], Result<Rest, DecodeError>), DecodeError> {
    let mut r = Reader::of(SearchableCiphertext::KIND, bytes)?;
    let point = r.fixed()?;
    let rest = read_rest(&mut r);
    Ok((point, rest.and_then(|rest| r.end().map(|()| rest))))
}
