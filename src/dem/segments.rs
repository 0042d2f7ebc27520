//! Segments of a stream, and their decryption.
#![forbid(unsafe_code)]

use super::{ContentKey, HEADER, Keys, derive};
use crate::algebra::codec::VERSION;
use crate::algebra::tag::Kind;
use crate::error::DecryptionFailed;
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::stream::DecryptorBE32;
use std::io::{self, Read};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The decryption of one stream, segment by segment in place.
pub(super) struct SegmentDecryptor {
    /// `None` after the last segment and after a failure.
    decryptor: Option<DecryptorBE32<XChaCha20Poly1305>>,
    commitment: [u8; 32],
    is_first: bool,
}

impl SegmentDecryptor {
    pub(super) fn new(key: &ContentKey, context: &[u8]) -> Self {
        let Keys { cipher, nonce, commitment } = derive(key, context);
        let decryptor = Some(DecryptorBE32::from_aead(cipher, &nonce.into()));
        Self { decryptor, commitment, is_first: true }
    }

    /// Checks that the header commits to the key.
    pub(super) fn check_header(&mut self, header: &[u8; HEADER]) -> Result<(), DecryptionFailed> {
        let is_known = header[..2] == [VERSION, Kind::DemCiphertext as u8];
        if is_known & bool::from(header[2..].ct_eq(&self.commitment)) {
            return Ok(());
        }
        self.decryptor = None;
        Err(DecryptionFailed)
    }

    /// Fails after a failure and after the last segment.
    pub(super) fn check_running(&self) -> Result<(), DecryptionFailed> {
        if self.decryptor.is_some() { Ok(()) } else { Err(DecryptionFailed) }
    }

    /// Makes every later decryption fail, after a segment was lost.
    pub(super) fn stop(&mut self) {
        self.decryptor = None;
    }

    /// Decrypts a segment that is not the last.
    pub(super) fn decrypt_next(&mut self, segment: &mut Vec<u8>) -> Result<(), DecryptionFailed> {
        let mut decryptor = self.decryptor.take().ok_or(DecryptionFailed)?;
        decryptor.decrypt_next_in_place(b"", segment).map_err(|_| DecryptionFailed)?;
        self.decryptor = Some(decryptor);
        self.is_first = false;
        Ok(())
    }

    /// Decrypts the last segment.
    pub(super) fn decrypt_last(&mut self, segment: &mut Vec<u8>) -> Result<(), DecryptionFailed> {
        let decryptor = self.decryptor.take().ok_or(DecryptionFailed)?;
        decryptor.decrypt_last_in_place(b"", segment).map_err(|_| DecryptionFailed)?;
        // An empty segment after full ones would be a second encoding of the same plaintext.
        if segment.is_empty() && !self.is_first { Err(DecryptionFailed) } else { Ok(()) }
    }
}

/// Splits a reader into segments. Reads one segment ahead to recognise the last one.
pub(super) struct Segments<R> {
    reader: R,
    size: usize,
    /// The current segment, which its consumer may change.
    pub(super) current: Zeroizing<Vec<u8>>,
    ahead: Zeroizing<Vec<u8>>,
}

impl<R: Read> Segments<R> {
    /// Splits a reader into segments of `size` bytes.
    pub(super) fn new(reader: R, size: usize) -> Self {
        Self { reader, size, current: Zeroizing::default(), ahead: Zeroizing::default() }
    }

    /// Makes the next segment the current one, and returns `true` if it is the last.
    pub(super) fn advance(&mut self) -> io::Result<bool> {
        if self.current.is_empty() && self.ahead.is_empty() {
            self.fill()?;
        }
        std::mem::swap(&mut self.current, &mut self.ahead);
        self.fill()?;
        Ok(self.ahead.is_empty())
    }

    /// Reads the segment after the current one. The buffer grows by copies that are erased: a
    /// reallocation would leave plaintext in freed memory.
    fn fill(&mut self) -> io::Result<()> {
        let (mut length, capacity) = (0, self.ahead.capacity().min(self.size));
        self.ahead.resize(capacity, 0);
        while length < self.size {
            if length == self.ahead.len() {
                let mut grown = Zeroizing::new(vec![0; (4 * length).clamp(1 << 10, self.size)]);
                grown[..length].copy_from_slice(&self.ahead);
                self.ahead = grown;
            }
            match self.reader.read(&mut self.ahead[length..]) {
                Ok(0) => break,
                Ok(read) => length += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.ahead.truncate(length);
        Ok(())
    }
}
