//! Identifiers of users, and names of authorities.
#![forbid(unsafe_code)]

use crate::algebra::codec::Reader;
use crate::error::DecodeError;

/// The maximal length of an identifier in bytes.
pub(super) const MAX_GID: usize = 256;

/// Returns `true` if an identifier is neither empty nor too long.
pub(super) fn is_valid_gid(gid: &str) -> bool {
    (1..=MAX_GID).contains(&gid.len())
}

/// Reads an identifier.
///
/// # Errors
/// [`DecodeError::TooLong`], or [`DecodeError::Invalid`] if it is empty.
pub(super) fn read_gid(r: &mut Reader<'_>) -> Result<String, DecodeError> {
    let gid = r.text(MAX_GID)?;
    if gid.is_empty() { Err(DecodeError::Invalid("an identifier is empty")) } else { Ok(gid) }
}
