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
    pub fn g1_each(&mut self, points: &[G1]) {
        // They may be a key's.
        let encodings = Zeroizing::new(G1::to_bytes_each(points));
        encodings.iter().for_each(|point| self.fixed(point));
    }
    /// 96 bytes each.
    pub fn g2_each(&mut self, points: &[G2]) {
        G2::to_bytes_each(points).iter().for_each(|point| self.fixed(point));
    }
    /// A count and the items, each its fields and then its point.
    ///
    /// # Panics
    /// If there is not a point for every item.
    pub fn list_with_g1<T>(
        &mut self,
        items: &[T],
        points: &[G1],
        mut write: impl FnMut(&mut Self, &T),
    ) {
        assert_eq!(items.len(), points.len(), "a point for every item");
        // They may be a key's.
        let encodings = Zeroizing::new(G1::to_bytes_each(points));
        self.count(items.len());
        for (item, point) in items.iter().zip(encodings.iter()) {
            write(self, item);
            self.fixed(point);
        }
    }
}

impl Reader<'_> {
    /// `count` points of G1, none the identity; takes no more memory than is really there.
    ///
    /// # Errors
    /// As [`Reader::g1`] of the first that is wrong.
    pub fn g1_each(&mut self, count: usize) -> Result<Vec<G1>, DecodeError> {
        Ok(self.with_points(count, |_| Ok(()), G1::from_bytes_each)?.1)
    }
    /// `count` points of G2, none the identity; takes no more memory than is really there.
    ///
    /// # Errors
    /// As [`Reader::g2`] of the first that is wrong.
    pub fn g2_each(&mut self, count: usize) -> Result<Vec<G2>, DecodeError> {
        Ok(self.with_points(count, |_| Ok(()), G2::from_bytes_each)?.1)
    }
    /// A list of at most `cap` items, each its fields and then a point of G1.
    ///
    /// # Errors
    /// [`DecodeError::TooLong`], or what the first item that is wrong gives.
    pub fn list_with_g1<T>(
        &mut self,
        cap: usize,
        read: impl FnMut(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<(Vec<T>, Vec<G1>), DecodeError> {
        let count = self.count(cap)?;
        self.with_points(count, read, G1::from_bytes_each)
    }

    /// Takes everything apart first; a fault there stands behind the points that came before it.
    fn with_points<T, P, const N: usize>(
        &mut self,
        count: usize,
        mut read: impl FnMut(&mut Self) -> Result<T, DecodeError>,
        decode_each: impl Fn(&[[u8; N]]) -> Vec<Result<P, DecodeError>>,
    ) -> Result<(Vec<T>, Vec<P>), DecodeError> {
        let there = count.min(self.0.len() / N);
        let mut items = Vec::with_capacity(there);
        let mut encodings = Zeroizing::new(Vec::with_capacity(there));
        let mut fault = None;
        while items.len() < count && fault.is_none() {
            match read(self).and_then(|item| Ok((item, self.fixed()?))) {
                Ok((item, encoding)) => {
                    items.push(item);
                    encodings.push(encoding);
                }
                Err(error) => fault = Some(error),
            }
        }
        let points = decode_each(&encodings).into_iter().collect::<Result<_, _>>()?;
        fault.map_or(Ok((items, points)), Err)
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
        w.list(points, |w, point| {
            w.u8(9);
            w.g1(point);
        });
        w.finish()
    }

    /// One by one, as the reader does without this file.
    fn one_by_one(bytes: &[u8]) -> Result<Vec<G1>, DecodeError> {
        let mut r = Reader::new(bytes);
        let points = r.list(20, |r| {
            nine(r)?;
            r.g1()
        })?;
        r.end().map(|()| points)
    }

    fn together(bytes: &[u8]) -> Result<Vec<G1>, DecodeError> {
        let mut r = Reader::new(bytes);
        let (_, points) = r.list_with_g1(20, nine)?;
        r.end().map(|()| points)
    }

    fn nine(r: &mut Reader<'_>) -> Result<(), DecodeError> {
        if r.u8()? == 9 { Ok(()) } else { Err(DecodeError::Invalid("not nine")) }
    }

    #[test]
    fn points_are_read_and_written_as_one_by_one() {
        for count in SIZES {
            let points = points(count);
            let bytes = encoding(&points);
            let mut w = Writer::default();
            w.list_with_g1(&vec![(); count], &points, |w, ()| w.u8(9));
            assert_eq!(w.finish(), bytes);
            assert_eq!(together(&bytes).as_ref(), Ok(&points));

            let g2: Vec<G2> =
                (1..=count as u64).map(|i| G2::generator() * Scalar::from(i)).collect();
            let (mut each, mut single) = (Writer::default(), Writer::default());
            each.g1_each(&points);
            each.g2_each(&g2);
            points.iter().for_each(|point| single.g1(point));
            g2.iter().for_each(|point| single.g2(point));
            let (each, single) = (each.finish(), single.finish());
            assert_eq!(each, single);
            let mut r = Reader::new(&each);
            assert_eq!((r.g1_each(count), r.g2_each(count)), (Ok(points), Ok(g2)));
            assert_eq!(r.end(), Ok(()));
        }
    }

    /// Every byte changed, every length cut: the first fault decides, in either way of reading.
    #[test]
    fn the_first_fault_decides() {
        let bytes = encoding(&points(3));
        for position in 0..bytes.len() {
            for flip in [1, 0x40, 0x80] {
                let mut changed = bytes.clone();
                changed[position] ^= flip;
                assert_eq!(together(&changed), one_by_one(&changed), "byte {position}");
                for other in [4, 53, 102] {
                    let mut twice = changed.clone();
                    twice[other] ^= 1;
                    assert_eq!(together(&twice), one_by_one(&twice), "{position} and {other}");
                }
                changed.truncate(130);
                assert_eq!(together(&changed), one_by_one(&changed), "byte {position}, cut");
            }
        }
        for length in 0..bytes.len() {
            assert_eq!(together(&bytes[..length]), one_by_one(&bytes[..length]), "{length} bytes");
        }
    }

    #[test]
    fn a_count_without_points_allocates_nothing() {
        assert_eq!(Reader::new(&[0; 47]).g1_each(usize::MAX), Err(DecodeError::Truncated));
        assert_eq!(Reader::new(&[]).g2_each(usize::MAX), Err(DecodeError::Truncated));
    }
}
