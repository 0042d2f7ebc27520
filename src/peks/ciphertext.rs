//! Searchable ciphertexts.
#![forbid(unsafe_code)]

use crate::algebra::G1;
use crate::algebra::codec::{Canonical, Reader, Writer, public_encoding};
use crate::algebra::tag::Kind;
use crate::error::DecodeError;

/// Maximum length of an encrypted location in bytes.
pub(super) const MAX_LOCATION: usize = 1 << 12;

/// A searchable ciphertext `(A, B, L)`, one entry of an index.
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
        let (b, location) = read_tail(r)?;
        Ok(Self { a, b, location })
    }
}
public_encoding!(SearchableCiphertext);

/// The fields `(B, L)` behind the point.
type Tail = ([u8; 32], Vec<u8>);

fn read_tail(r: &mut Reader<'_>) -> Result<Tail, DecodeError> {
    Ok((r.fixed()?, r.bytes(MAX_LOCATION)?.to_vec()))
}

impl SearchableCiphertext {
    /// Batch version of [`Canonical::from_bytes`]: decodes the points `A` together. A malformed
    /// encoding does not affect the others.
    pub fn batch_from_bytes(encodings: &[impl AsRef<[u8]>]) -> Vec<Result<Self, DecodeError>> {
        let parts: Vec<_> = encodings.iter().map(|bytes| split(bytes.as_ref())).collect();
        let points: Vec<[u8; 48]> = parts.iter().flatten().map(|(point, _)| *point).collect();
        let mut points = G1::batch_from_bytes(&points).into_iter();
        let decode = |part: Result<([u8; 48], _), DecodeError>| {
            let (_, tail) = part?;
            // As in `read`, an invalid point takes precedence over a malformed tail.
            let a = points.next().expect("one point per encoding that was split")?;
            let (b, location): Tail = tail?;
            Ok(Self { a, b, location })
        };
        parts.into_iter().map(decode).collect()
    }
}

/// Splits an encoding into the bytes of `A` and the decoded tail.
fn split(bytes: &[u8]) -> Result<([u8; 48], Result<Tail, DecodeError>), DecodeError> {
    let mut r = Reader::of(SearchableCiphertext::KIND, bytes)?;
    let point = r.fixed()?;
    let tail = read_tail(&mut r);
    Ok((point, tail.and_then(|tail| r.end().map(|()| tail))))
}
