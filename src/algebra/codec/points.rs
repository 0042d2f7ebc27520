//! Many points of one encoding, decoded and encoded together.
//!
//! One inversion serves all encodings, the backend's lanes all decodings. What is accepted, and what
//! hostile bytes are refused with, is as if the points were read one by one: the first fault in the
//! order of the bytes decides.
#![forbid(unsafe_code)]

use super::{Reader, Writer};
use crate::algebra::{G1, G2};
use crate::error::DecodeError;
use zeroize::Zeroizing;

impl Writer {
    /// 48 bytes each.
    pub fn batch_g1(&mut self, points: &[G1]) {
        // They may be a key's.
        let encodings = Zeroizing::new(G1::batch_to_bytes(points));
        encodings.iter().for_each(|point| self.fixed(point));
    }
    /// 96 bytes each.
    pub fn batch_g2(&mut self, points: &[G2]) {
        let encodings = Zeroizing::new(G2::batch_to_bytes(points));
        encodings.iter().for_each(|point| self.fixed(point));
    }
}

impl Reader<'_> {
    /// `count` points of G1, none the identity; takes no more memory than is really there.
    ///
    /// # Errors
    /// As [`Reader::g1`] of the first that is wrong.
    pub fn batch_g1(&mut self, count: usize) -> Result<Vec<G1>, DecodeError> {
        self.points(count, G1::batch_from_bytes)
    }
    /// `count` points of G2, none the identity; takes no more memory than is really there.
    ///
    /// # Errors
    /// As [`Reader::g2`] of the first that is wrong.
    pub fn batch_g2(&mut self, count: usize) -> Result<Vec<G2>, DecodeError> {
        self.points(count, G2::batch_from_bytes)
    }
    /// Takes the bytes of all first; where they end, the points that came before are judged.
    fn points<P, const N: usize>(
        &mut self,
        count: usize,
        batch_decode: impl Fn(&[[u8; N]]) -> Vec<Result<P, DecodeError>>,
    ) -> Result<Vec<P>, DecodeError> {
        let there = count.min(self.0.len() / N);
        let mut encodings = Zeroizing::new(Vec::with_capacity(there));
        for _ in 0..there {
            encodings.push(self.fixed()?);
        }
        let points = batch_decode(&encodings).into_iter().collect::<Result<_, _>>()?;
        if there < count { Err(DecodeError::Truncated) } else { Ok(points) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algebra::Scalar;

    const SIZES: [usize; 6] = [0, 1, 7, 8, 9, 17];

    fn points(count: usize) -> Vec<G1> {
        (1..=count as u64).map(|i| G1::generator() * Scalar::from(i)).collect()
    }

    fn encoding(points: &[G1]) -> Vec<u8> {
        let mut w = Writer::default();
        points.iter().for_each(|point| w.g1(point));
        w.finish()
    }

    /// One by one, as the reader does without this file.
    fn one_by_one(bytes: &[u8], count: usize) -> Result<Vec<G1>, DecodeError> {
        let mut r = Reader::new(bytes);
        let points = (0..count).map(|_| r.g1()).collect::<Result<_, _>>()?;
        r.end().map(|()| points)
    }

    fn together(bytes: &[u8], count: usize) -> Result<Vec<G1>, DecodeError> {
        let mut r = Reader::new(bytes);
        let points = r.batch_g1(count)?;
        r.end().map(|()| points)
    }

    #[test]
    fn points_are_read_and_written_as_one_by_one() {
        for count in SIZES {
            let points = points(count);
            let g2: Vec<G2> =
                (1..=count as u64).map(|i| G2::generator() * Scalar::from(i)).collect();
            let (mut each, mut single) = (Writer::default(), Writer::default());
            each.batch_g1(&points);
            each.batch_g2(&g2);
            points.iter().for_each(|point| single.g1(point));
            g2.iter().for_each(|point| single.g2(point));
            let (each, single) = (each.finish(), single.finish());
            assert_eq!(each, single);
            let mut r = Reader::new(&each);
            assert_eq!((r.batch_g1(count), r.batch_g2(count)), (Ok(points), Ok(g2)));
            assert_eq!(r.end(), Ok(()));
        }
    }

    /// Every byte changed, every length cut: the first fault decides, in either way of reading.
    #[test]
    fn the_first_fault_decides() {
        let bytes = encoding(&points(3));
        assert_eq!(together(&bytes, 3), Ok(points(3)));
        let agree = |bytes: &[u8], what: &dyn std::fmt::Debug| {
            for count in [2, 3, 4] {
                assert_eq!(together(bytes, count), one_by_one(bytes, count), "{what:?}");
            }
        };
        for position in 0..bytes.len() {
            for flip in [1, 0x40, 0x80] {
                let mut changed = bytes.clone();
                changed[position] ^= flip;
                agree(&changed, &position);
                for other in [4, 53, 102] {
                    let mut twice = changed.clone();
                    twice[other] ^= 1;
                    agree(&twice, &(position, other));
                }
                changed.truncate(120);
                agree(&changed, &(position, "cut"));
            }
        }
        for length in 0..bytes.len() {
            agree(&bytes[..length], &length);
        }
    }

    #[test]
    fn a_count_without_points_allocates_nothing() {
        assert_eq!(Reader::new(&[0; 47]).batch_g1(usize::MAX), Err(DecodeError::Truncated));
        assert_eq!(Reader::new(&[]).batch_g2(usize::MAX), Err(DecodeError::Truncated));
    }
}
