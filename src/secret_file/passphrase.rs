//! Encryption under a passphrase, by the crate `age`.
#![forbid(unsafe_code)]

use super::ErrorKind;
use age::secrecy::SecretString;
use age::{DecryptError, Decryptor, Encryptor, scrypt};
use std::fmt;
use std::io::{self, Read, Write};
use std::iter;
use zeroize::Zeroizing;

/// The work factor of new files: scrypt with `N = 2^18`, `r = 8`, `p = 1`.
const LOG_N: u8 = 18;
/// The maximum work factor of files that are loaded.
const MAX_LOG_N: u8 = 20;

/// An empty passphrase, which protects nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the passphrase is empty; use SecretFile::new for a file without encryption")]
pub struct EmptyPassphrase;

/// A passphrase of at least one byte. Erased on drop.
#[derive(Clone)]
pub struct Passphrase {
    text: SecretString,
    log_n: u8,
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

impl Passphrase {
    /// Takes a passphrase.
    ///
    /// # Errors
    /// [`EmptyPassphrase`].
    pub fn new(text: String) -> Result<Self, EmptyPassphrase> {
        if text.is_empty() {
            return Err(EmptyPassphrase);
        }
        Ok(Self { text: SecretString::from(text), log_n: LOG_N })
    }

    #[cfg(test)]
    pub(super) fn with_work_factor(text: &str, log_n: u8) -> Self {
        Self { text: SecretString::from(text.to_owned()), log_n }
    }

    pub(super) fn encrypt(&self, plaintext: &[u8]) -> Result<Vec<u8>, ErrorKind> {
        let mut recipient = scrypt::Recipient::new(self.text.clone());
        recipient.set_work_factor(self.log_n);
        let encryptor = Encryptor::with_recipients(iter::once(&recipient as _));
        let encryptor = encryptor.map_err(io::Error::other)?;
        let mut encrypted = Vec::new();
        let mut writer = encryptor.wrap_output(&mut encrypted)?;
        writer.write_all(plaintext)?;
        writer.finish()?;
        Ok(encrypted)
    }

    /// Decrypts a file of at most `cap` bytes.
    pub(super) fn decrypt(&self, bytes: &[u8], cap: u64) -> Result<Zeroizing<Vec<u8>>, ErrorKind> {
        let mut identity = scrypt::Identity::new(self.text.clone());
        identity.set_max_work_factor(MAX_LOG_N);
        let decryptor = Decryptor::new(bytes).map_err(|_| ErrorKind::Passphrase)?;
        let reader = decryptor.decrypt(iter::once(&identity as _));
        // The plaintext is shorter than the file, so the buffer is not reallocated.
        let mut plaintext = Zeroizing::new(Vec::with_capacity(bytes.len()));
        let mut reader = reader.map_err(|error| reason(&error))?.take(cap);
        reader.read_to_end(&mut plaintext).map_err(|_| ErrorKind::Passphrase)?;
        Ok(plaintext)
    }
}

fn reason(error: &DecryptError) -> ErrorKind {
    match error {
        DecryptError::ExcessiveWork { .. } => ErrorKind::WorkFactor,
        _ => ErrorKind::Passphrase,
    }
}
