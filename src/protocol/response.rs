//! The response to a fetch: the object, encrypted to the key of the fetch.
//!
//! ```text
//! context    = H(PROTOCOL_RESPONSE, statement of the fetch, signer)
//! (enc, key) = HPKE.Export(response key, info = context)
//! response   = enc || DEM.Seal(key, context, object)
//! ```
//!
//! The response authenticates no keeper, since anyone can encrypt to the key. The reader checks the
//! object against its name.
#![forbid(unsafe_code)]

use super::{Fetch, PendingFetch};
use crate::algebra::{Rng, hash::digest, tag::PROTOCOL_RESPONSE};
use crate::consensus::Digest;
use crate::dem::{Opener, Sealer, StreamError};
use crate::error::DecryptionFailed;
use crate::hpke::{self, ENCAPSULATION_BYTES};
use crate::sign::VerifyingKey;
use std::io::{self, Write};

impl Fetch {
    /// Returns the context of the response.
    pub(super) fn response_context(&self, at: (&str, &VerifyingKey)) -> Digest {
        digest(PROTOCOL_RESPONSE, &[&self.statement(at), self.signer.as_bytes()])
    }

    /// Starts the response of a keeper on a chain. The object is written to the returned writer.
    /// The fetch is not checked: [`StoreKeeper::serve`](super::StoreKeeper::serve) checks first.
    ///
    /// # Errors
    /// The error of `output`.
    pub fn respond<W: Write>(
        &self,
        at: (&str, &VerifyingKey),
        mut output: W,
        rng: &mut (impl Rng + ?Sized),
    ) -> io::Result<Sealer<W>> {
        let context = self.response_context(at);
        let (enc, key) = hpke::encapsulate_key(&self.response_key, &context, rng);
        output.write_all(&enc)?;
        Sealer::new(&key, &context, output)
    }
}

impl PendingFetch {
    /// Returns a writer that decrypts the response, in bounded memory, to `output`.
    pub fn open_response<W: Write>(&self, output: W) -> ResponseOpener<'_, W> {
        let enc = Vec::with_capacity(ENCAPSULATION_BYTES);
        ResponseOpener { pending: self, enc, output: Some(output), opener: None }
    }
}

/// A writer that decrypts the response to a fetch. The object is unchecked until its name is
/// compared.
pub struct ResponseOpener<'a, W> {
    pending: &'a PendingFetch,
    /// The encapsulation, as far as it has been received.
    enc: Vec<u8>,
    output: Option<W>,
    opener: Option<Opener<W>>,
}

impl<W: Write> ResponseOpener<'_, W> {
    /// Decrypts the end of the response. Only `Ok` confirms that it is complete.
    ///
    /// # Errors
    /// [`StreamError::Decryption`] if the response is invalid or incomplete; [`StreamError::Io`] if
    /// writing fails.
    pub fn finish(self) -> Result<(), StreamError> {
        self.opener.ok_or(DecryptionFailed)?.finish()
    }
}

impl<W: Write> Write for ResponseOpener<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(opener) = &mut self.opener {
            return opener.write(bytes);
        }
        let taken = bytes.len().min(ENCAPSULATION_BYTES - self.enc.len());
        self.enc.extend_from_slice(&bytes[..taken]);
        if let Ok(enc) = self.enc[..].try_into() {
            let PendingFetch { secret, context, .. } = self.pending;
            let key = hpke::decapsulate_key(secret, context, enc);
            let key = key.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            self.opener = self.output.take().map(|output| Opener::new(&key, context, output));
        }
        Ok(taken)
    }

    /// Flushes the part of the object that is decrypted.
    fn flush(&mut self) -> io::Result<()> {
        self.opener.as_mut().map_or(Ok(()), Opener::flush)
    }
}
