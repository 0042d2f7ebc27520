//! Batch encoding and decoding of points.
//!
//! The points of a batch share one inversion when encoded, and fill the lanes of the backend when
//! decoded. Results equal those of reading the points one by one: the error is that of the first
//! fault in byte order.
#![forbid(unsafe_code)]

use super::{Reader, Writer};
use crate::algebra::{G1, G2};
use crate::error::DecodeError;
use zeroize::{Zeroize, Zeroizing};

impl Writer {
    /// Writes points of G1, 48 bytes per point, without a count.
    pub fn batch_g1(&mut self, points: &[G1]) {
        let encodings = Zeroizing::new(G1::batch_to_bytes(points));
        encodings.iter().for_each(|point| self.fixed(point));
    }
    /// Writes points of G2, 96 bytes per point, without a count.
    pub fn batch_g2(&mut self, points: &[G2]) {
        let encodings = Zeroizing::new(G2::batch_to_bytes(points));
        encodings.iter().for_each(|point| self.fixed(point));
    }
}

impl Reader<'_> {
    /// Reads `count` points of G1 other than the identity. Memory is bounded by the bytes present.
    ///
    /// # Errors
    /// As [`Reader::g1`] for the first invalid point.
    pub fn batch_g1(&mut self, count: usize) -> Result<Vec<G1>, DecodeError> {
        self.points(count, G1::batch_from_bytes)
    }
    /// Reads `count` points of G2 other than the identity. Memory is bounded by the bytes present.
    ///
    /// # Errors
    /// As [`Reader::g2`] for the first invalid point.
    pub fn batch_g2(&mut self, count: usize) -> Result<Vec<G2>, DecodeError> {
        self.points(count, G2::batch_from_bytes)
    }
    /// Takes the bytes of all points first. An invalid point precedes a truncation in byte order,
    /// so the complete points are decoded before [`DecodeError::Truncated`] is returned.
    fn points<P: Copy + Zeroize, const N: usize>(
        &mut self,
        count: usize,
        batch_decode: impl Fn(&[[u8; N]]) -> Vec<Result<P, DecodeError>>,
    ) -> Result<Vec<P>, DecodeError> {
        let complete = count.min(self.bytes.len() / N);
        let mut encodings = Zeroizing::new(Vec::with_capacity(complete));
        for _ in 0..complete {
            encodings.push(self.fixed()?);
        }
        let mut decoded = batch_decode(&encodings);
        let mut points = Zeroizing::new(Vec::with_capacity(complete));
        let mut fault = None;
        for result in &mut decoded {
            match result {
                Ok(point) => {
                    points.push(*point);
                    point.zeroize();
                }
                Err(error) => fault = fault.or(Some(*error)),
            }
        }
        match fault {
            Some(error) => Err(error),
            None if complete < count => Err(DecodeError::Truncated),
            None => Ok(std::mem::take(&mut points)),
        }
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

    fn one_by_one(bytes: &[u8], count: usize) -> Result<Vec<G1>, DecodeError> {
        let mut r = Reader::new(bytes);
        let points = (0..count).map(|_| r.g1()).collect::<Result<_, _>>()?;
        r.end().map(|()| points)
    }

    fn batched(bytes: &[u8], count: usize) -> Result<Vec<G1>, DecodeError> {
        let mut r = Reader::new(bytes);
        let points = r.batch_g1(count)?;
        r.end().map(|()| points)
    }

    #[test]
    fn batch_encoding_agrees_with_single_encoding() {
        for count in SIZES {
            let points = points(count);
            let g2: Vec<G2> =
                (1..=count as u64).map(|i| G2::generator() * Scalar::from(i)).collect();
            let (mut batch, mut single) = (Writer::default(), Writer::default());
            batch.batch_g1(&points);
            batch.batch_g2(&g2);
            points.iter().for_each(|point| single.g1(point));
            g2.iter().for_each(|point| single.g2(point));
            let (batch, single) = (batch.finish(), single.finish());
            assert_eq!(batch, single);
            let mut r = Reader::new(&batch);
            assert_eq!((r.batch_g1(count), r.batch_g2(count)), (Ok(points), Ok(g2)));
            assert_eq!(r.end(), Ok(()));
        }
    }

    /// Changes every byte, in pairs too, and truncates to every length.
    #[test]
    fn the_first_fault_in_byte_order_is_reported() {
        let bytes = encoding(&points(3));
        assert_eq!(batched(&bytes, 3), Ok(points(3)));
        let agree = |bytes: &[u8], change: &dyn std::fmt::Debug| {
            for count in [2, 3, 4] {
                assert_eq!(batched(bytes, count), one_by_one(bytes, count), "{change:?}");
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
                agree(&changed, &(position, "truncated"));
            }
        }
        for length in 0..bytes.len() {
            agree(&bytes[..length], &length);
        }
    }

    #[test]
    fn a_count_beyond_the_input_is_rejected_before_allocation() {
        assert_eq!(Reader::new(&[0; 47]).batch_g1(usize::MAX), Err(DecodeError::Truncated));
        assert_eq!(Reader::new(&[]).batch_g2(usize::MAX), Err(DecodeError::Truncated));
    }
}
