//! The choice of backend, made once per process.
#![forbid(unsafe_code)]

use super::kernel::Kernel;
use super::portable;
use std::fmt;
use std::sync::OnceLock;
use thiserror::Error;

/// The environment variable that names a backend.
const VARIABLE: &str = "EPIONE_BACKEND";

/// An implementation of the group operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// arkworks.
    Portable,
    /// The C and assembly library blst.
    Blst,
    /// Eight lanes of AVX-512 IFMA for batches, blst for the rest.
    Ifma,
}

impl Backend {
    /// All backends, the fastest last.
    const ALL: [Self; 3] = [Self::Portable, Self::Blst, Self::Ifma];

    fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Blst => "blst",
            Self::Ifma => "ifma",
        }
    }

    /// Returns the kernel; `None` if this build or this processor does not support the backend.
    fn kernel(self) -> Option<&'static Kernel> {
        match self {
            Self::Portable => Some(&portable::KERNEL),
            #[cfg(feature = "blst")]
            Self::Blst => Some(&super::blst::KERNEL),
            #[cfg(not(feature = "blst"))]
            Self::Blst => None,
            #[cfg(all(feature = "ifma", target_arch = "x86_64"))]
            Self::Ifma => super::ifma::available().then_some(&super::ifma::KERNEL),
            #[cfg(not(all(feature = "ifma", target_arch = "x86_64")))]
            Self::Ifma => None,
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The error for an `EPIONE_BACKEND` that names an unavailable backend.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "EPIONE_BACKEND is set to {value:?}, which is not a backend of this build on this machine; \
     available: {available}"
)]
pub struct BackendError {
    /// The value of the variable.
    value: String,
    /// The names of the available backends.
    available: String,
}

/// A backend and its kernel.
type Choice = (Backend, &'static Kernel);

/// Returns the available backends, the fastest last.
pub(super) fn available() -> impl DoubleEndedIterator<Item = Choice> {
    Backend::ALL.into_iter().filter_map(|backend| Some((backend, backend.kernel()?)))
}

/// Returns the choice for a value of the variable; unset and empty select the fastest.
fn choose(value: Option<&str>) -> Result<Choice, BackendError> {
    let found = match value {
        None | Some("") => available().next_back(),
        Some(name) => available().find(|(backend, _)| backend.name() == name),
    };
    found.ok_or_else(|| BackendError {
        value: value.unwrap_or_default().to_owned(),
        available: available().map(|(backend, _)| backend.name()).collect::<Vec<_>>().join(", "),
    })
}

fn chosen() -> &'static Result<Choice, BackendError> {
    static CHOSEN: OnceLock<Result<Choice, BackendError>> = OnceLock::new();
    CHOSEN.get_or_init(|| {
        let value = std::env::var_os(VARIABLE);
        choose(value.as_ref().map(|value| value.to_string_lossy()).as_deref())
    })
}

/// Returns the backend that this process uses.
///
/// The environment variable `EPIONE_BACKEND` (`portable`, `blst` or `ifma`) selects it when the
/// first operation runs. If it is unset or empty, the fastest backend of this build and machine is
/// used. Results do not depend on the backend.
///
/// # Errors
/// [`BackendError`] if the variable names an unknown or unavailable backend. Group operations then
/// panic with the same message; call this function first to report it.
pub fn backend() -> Result<Backend, BackendError> {
    chosen().as_ref().map(|(backend, _)| *backend).map_err(Clone::clone)
}

/// Returns the kernel of the chosen backend.
///
/// # Panics
/// If `EPIONE_BACKEND` names an unavailable backend, with the message of [`BackendError`].
pub(in crate::algebra) fn kernel() -> &'static Kernel {
    match chosen() {
        Ok((_, kernel)) => kernel,
        Err(error) => panic!("{error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_selects_a_backend() {
        assert_eq!(choose(Some("portable")).unwrap().0, Backend::Portable);
        let fastest = available().next_back().unwrap().0;
        assert_eq!(choose(None).unwrap().0, fastest);
        assert_eq!(choose(Some("")).unwrap().0, fastest);
    }

    #[test]
    fn unavailable_backends_are_rejected_by_name() {
        for value in ["Portable", "blst ", "gpu", "arkworks"] {
            let error = choose(Some(value)).map(drop).unwrap_err().to_string();
            assert!(error.contains(&format!("{value:?}")), "{error}");
            assert!(error.contains("available: portable"), "{error}");
        }
        #[cfg(not(feature = "blst"))]
        assert!(choose(Some("blst")).is_err());
    }
}
