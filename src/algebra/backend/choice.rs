//! Which backend computes, decided once a process.
#![forbid(unsafe_code)]

use super::{Kernel, portable};
use std::fmt;
use std::sync::OnceLock;
use thiserror::Error;

/// Names a backend, or nothing for the fastest.
const VARIABLE: &str = "EPIONE_BACKEND";

/// What computes the group operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// arkworks alone.
    Portable,
    /// The C and assembly library blst.
    Blst,
    /// Eight lanes of AVX-512 IFMA for batches, blst for the rest.
    Ifma,
}

impl Backend {
    /// All, the fastest last.
    const ALL: [Self; 3] = [Self::Portable, Self::Blst, Self::Ifma];

    fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Blst => "blst",
            Self::Ifma => "ifma",
        }
    }

    /// Its functions; `None` where this build or this machine does not have it.
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

/// `EPIONE_BACKEND` names what is not there.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "EPIONE_BACKEND is set to {value:?}, which is no backend of this build on this machine; \
     available: {available}"
)]
pub struct BackendError {
    /// What the variable says.
    value: String,
    /// The names it could say.
    available: String,
}

/// A backend and its functions.
type Choice = (Backend, &'static Kernel);

/// What is there, the fastest last.
pub(super) fn available() -> impl DoubleEndedIterator<Item = Choice> {
    Backend::ALL.into_iter().filter_map(|backend| Some((backend, backend.kernel()?)))
}

/// The decision for a value of the variable; unset and empty leave it to the machine.
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

/// The backend that this process computes with.
///
/// The environment variable `EPIONE_BACKEND` (`portable`, `blst` or `ifma`) decides it when the
/// first operation runs; unset or empty, the fastest of this build and machine is taken. Results
/// are the same under each.
///
/// # Errors
/// [`BackendError`] if the variable names a backend that does not exist or is not there. Group
/// operations then panic with the same sentence; a program that asks here first can say it better.
pub fn backend() -> Result<Backend, BackendError> {
    chosen().as_ref().map(|(backend, _)| *backend).map_err(Clone::clone)
}

/// The functions of the chosen backend.
///
/// # Panics
/// With the sentence of [`BackendError`], if `EPIONE_BACKEND` names what is not there.
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
    fn the_variable_decides() {
        assert_eq!(choose(Some("portable")).unwrap().0, Backend::Portable);
        let fastest = available().next_back().unwrap().0;
        assert_eq!(choose(None).unwrap().0, fastest);
        assert_eq!(choose(Some("")).unwrap().0, fastest);
    }

    #[test]
    fn what_is_not_there_is_named() {
        for value in ["Portable", "blst ", "gpu", "tragbar"] {
            let error = choose(Some(value)).map(drop).unwrap_err().to_string();
            assert!(error.contains(&format!("{value:?}")), "{error}");
            assert!(error.contains("available: portable"), "{error}");
        }
        #[cfg(not(feature = "blst"))]
        assert!(choose(Some("blst")).is_err());
    }
}
