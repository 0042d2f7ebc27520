//! Files with secrets: one encoded value per file, for its owner only, optionally encrypted under a
//! passphrase.
//!
//! **Format.** The canonical encoding of the value, which begins with version and kind. Under a
//! passphrase, an age file (`age-encryption.org/v1`, scrypt recipient) of this encoding, which the
//! programs `age` and `rage` open. `age` draws its randomness from the operating system.
//!
//! **Guarantees.**
//!
//! - On Unix, a file is created with mode 0600, and a file that others may read is not loaded.
//!   Other systems have no such protection here.
//! - A save replaces the file atomically: after a crash, the file has its old or its new content.
//!   The new content is written to `NAME.new` beside it; the next save replaces what a crash left
//!   there.
//! - An error names the file and the reason, and no content.
//! - A passphrase is not empty.
//!
//! **When to save.** A party is saved after its registration, and again after the steps that change
//! it: `renew` of every role, [`Patient::consent`] and [`Patient::restore_classes`] (the classes of
//! sections), [`Doctor::receive_attributes`] and [`Doctor::renew_attributes`] (the attribute key),
//! every change of an [`AttributeAuthority`]. The keys of grants are files of their own
//! ([`Proxy`]).
//!
//! [`Patient::consent`]: crate::protocol::Patient::consent
//! [`Patient::restore_classes`]: crate::protocol::Patient::restore_classes
//! [`Doctor::receive_attributes`]: crate::protocol::Doctor::receive_attributes
//! [`Doctor::renew_attributes`]: crate::protocol::Doctor::renew_attributes
//! [`AttributeAuthority`]: crate::protocol::AttributeAuthority
//! [`Proxy`]: crate::protocol::Proxy
//!
//! **Cost.** Without a passphrase, two synchronisations of the disk per save. With one, scrypt
//! takes about a second and 256 MiB per save and load. A file that asks for more than four times as
//! much is refused.
//!
//! ```
//! use epione::protocol::RegistrationCentre;
//! use epione::secret_file::SecretFile;
//! let folder = tempfile::tempdir()?;
//! let centre = RegistrationCentre::new(&mut rand::thread_rng());
//! let path = folder.path().join("centre.secret");
//! SecretFile::new(&path).save(&centre)?;
//! let loaded: RegistrationCentre = SecretFile::new(&path).load()?;
//! assert_eq!(loaded.verifying_key(), centre.verifying_key());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

#[cfg(feature = "passphrase")]
mod passphrase;
#[cfg(test)]
mod tests;

#[cfg(feature = "passphrase")]
pub use passphrase::{EmptyPassphrase, Passphrase};

use crate::algebra::codec::Canonical;
use crate::error::DecodeError;
use crate::private_file;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The maximum length of a file in bytes.
const MAX_FILE: u64 = 64 << 20;
/// The start of a file under a passphrase.
const AGE: &[u8] = b"age-encryption.org/";

/// The reason why a secret file cannot be saved or loaded.
#[derive(Debug, thiserror::Error)]
pub enum ErrorKind {
    /// Reading or writing failed.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Group or others have access to the file.
    #[error("other users have access to it (mode {0:03o}); run chmod 600")]
    Permissions(u32),
    /// The file is too long.
    #[error("it is longer than 64 MiB")]
    TooLong,
    /// The content does not decode.
    #[error("{0}")]
    Decode(#[from] DecodeError),
    /// The file is encrypted.
    #[error("it is encrypted; a passphrase is required")]
    PassphraseRequired,
    /// The file is not encrypted.
    #[error("it is not encrypted, although a passphrase was given")]
    NotEncrypted,
    /// The scrypt work factor exceeds the limit.
    #[error("its scrypt parameter N is above 2^20; it was not written by this program")]
    WorkFactor,
    /// The passphrase does not decrypt the file.
    #[error("the passphrase is wrong, or the file was changed or is not encrypted by a passphrase")]
    Passphrase,
}

/// The error of [`SecretFile`].
#[derive(Debug, thiserror::Error)]
#[error("secret file {}: {kind}", path.display())]
pub struct SecretFileError {
    /// The file.
    pub path: PathBuf,
    /// The reason.
    #[source]
    pub kind: ErrorKind,
}

/// A file with one secret value.
#[derive(Debug, Clone, Copy)]
pub struct SecretFile<'a> {
    path: &'a Path,
    #[cfg(feature = "passphrase")]
    passphrase: Option<&'a Passphrase>,
}

impl<'a> SecretFile<'a> {
    /// Names a file without a passphrase.
    pub fn new(path: &'a Path) -> Self {
        Self {
            path,
            #[cfg(feature = "passphrase")]
            passphrase: None,
        }
    }

    /// Names a file under a passphrase.
    #[cfg(feature = "passphrase")]
    pub fn with_passphrase(path: &'a Path, passphrase: &'a Passphrase) -> Self {
        Self { path, passphrase: Some(passphrase) }
    }

    /// Replaces the content of the file by a value. One process saves to a path at a time.
    ///
    /// # Errors
    /// [`SecretFileError`] if the value is too long or the file cannot be written. The file then
    /// has its old content, or the new one if only the folder could not be synchronised.
    pub fn save<T: Canonical>(&self, value: &T) -> Result<(), SecretFileError> {
        let save = || {
            let bytes = self.encrypt(value.to_secret_bytes())?;
            if bytes.len() as u64 > MAX_FILE {
                return Err(ErrorKind::TooLong);
            }
            private_file::replace(self.path, |file| file.write_all(&bytes))?;
            Ok(())
        };
        save().map_err(|kind| self.error(kind))
    }

    /// Reads the value in the file.
    ///
    /// # Errors
    /// [`SecretFileError`] if the file cannot be read, others have access to it, the passphrase is
    /// wrong or missing, or the content is not the encoding of a value.
    pub fn load<T: Canonical>(&self) -> Result<T, SecretFileError> {
        let load = || Ok(T::from_bytes(&self.decrypt(read(self.path)?)?)?);
        load().map_err(|kind| self.error(kind))
    }

    fn error(&self, kind: ErrorKind) -> SecretFileError {
        SecretFileError { path: self.path.to_owned(), kind }
    }

    #[cfg(feature = "passphrase")]
    fn encrypt(&self, plaintext: Zeroizing<Vec<u8>>) -> Result<Zeroizing<Vec<u8>>, ErrorKind> {
        match self.passphrase {
            Some(passphrase) => Ok(Zeroizing::new(passphrase.encrypt(&plaintext)?)),
            None => Ok(plaintext),
        }
    }

    #[cfg(not(feature = "passphrase"))]
    fn encrypt(&self, plaintext: Zeroizing<Vec<u8>>) -> Result<Zeroizing<Vec<u8>>, ErrorKind> {
        Ok(plaintext)
    }

    #[cfg(feature = "passphrase")]
    fn decrypt(&self, bytes: Zeroizing<Vec<u8>>) -> Result<Zeroizing<Vec<u8>>, ErrorKind> {
        match (self.passphrase, bytes.starts_with(AGE)) {
            (Some(passphrase), true) => passphrase.decrypt(&bytes, MAX_FILE),
            (None, false) => Ok(bytes),
            (None, true) => Err(ErrorKind::PassphraseRequired),
            (Some(_), false) => Err(ErrorKind::NotEncrypted),
        }
    }

    #[cfg(not(feature = "passphrase"))]
    fn decrypt(&self, bytes: Zeroizing<Vec<u8>>) -> Result<Zeroizing<Vec<u8>>, ErrorKind> {
        if bytes.starts_with(AGE) { Err(ErrorKind::PassphraseRequired) } else { Ok(bytes) }
    }
}

/// Reads a file of limited length that only its owner may read.
fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, ErrorKind> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    check_permissions(&metadata)?;
    if metadata.len() > MAX_FILE {
        return Err(ErrorKind::TooLong);
    }
    // Room for one byte more shows that the file grew. The buffer is not reallocated.
    let mut bytes = Zeroizing::new(Vec::with_capacity(metadata.len() as usize + 1));
    file.take(metadata.len() + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > metadata.len() {
        return Err(io::Error::other("the file changed while it was read").into());
    }
    Ok(bytes)
}

#[cfg(unix)]
fn check_permissions(metadata: &fs::Metadata) -> Result<(), ErrorKind> {
    use std::os::unix::fs::PermissionsExt;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 { Ok(()) } else { Err(ErrorKind::Permissions(mode)) }
}

#[cfg(not(unix))]
fn check_permissions(_: &fs::Metadata) -> Result<(), ErrorKind> {
    Ok(())
}
