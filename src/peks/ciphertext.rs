//! Searchable ciphertexts.
#![forbid(unsafe_code)]

use crate::algebra::G1;
use crate::algebra::codec::{Canonical, Codec, Reader, public_encoding, sequence};
use crate::error::DecodeError;

/// Maximum length of an encrypted location in bytes.
pub(super) const MAX_LOCATION: usize = 1 << 12;

/// A searchable ciphertext `(A, B, L)`, one entry of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchableCiphertext {
    pub(super) a: G1,
    pub(super) tail: Tail,
}

/// The fields `(B, L)`, which follow the point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tail {
    pub(super) b: [u8; 32],
    pub(super) location: Vec<u8>,
}

sequence!(Codec for Tail { b, location: bytes(MAX_LOCATION) });
sequence!(Canonical for SearchableCiphertext = PeksCiphertext { a, tail });
public_encoding!(SearchableCiphertext);

impl SearchableCiphertext {
    /// Batch version of [`Canonical::from_bytes`]: decodes the points `A` together. A malformed
    /// encoding does not affect the others.
    pub fn batch_from_bytes(encodings: &[impl AsRef<[u8]>]) -> Vec<Result<Self, DecodeError>> {
        let parts: Vec<_> = encodings.iter().map(|bytes| split(bytes.as_ref())).collect();
        let points: Vec<[u8; 48]> = parts.iter().flatten().map(|(point, _)| *point).collect();
        let mut points = G1::batch_from_bytes(&points).into_iter();
        let decode = |part: Result<([u8; 48], _), DecodeError>| {
            let (_, tail) = part?;
            // As in single decoding, an invalid point takes precedence over a malformed tail.
            let a = points.next().expect("one point per encoding that was split")?;
            Ok(Self { a, tail: tail? })
        };
        parts.into_iter().map(decode).collect()
    }
}

/// Splits an encoding into the bytes of `A` and the decoded tail.
fn split(bytes: &[u8]) -> Result<([u8; 48], Result<Tail, DecodeError>), DecodeError> {
    let mut r = Reader::of(SearchableCiphertext::KIND, bytes)?;
    let point = r.fixed()?;
    let tail = Tail::read(&mut r).and_then(|tail| r.end().map(|()| tail));
    Ok((point, tail))
}
