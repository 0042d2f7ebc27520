//! The backends, the choice between them, and the operations common to all.
//!
//! | backend | implementation | requires | provides |
//! |---|---|---|---|
//! | [`portable`] | arkworks 0.6 | nothing: no C compiler, no `unsafe` | everything; the reference for the others |
//! | [`blst`](self::blst) | the C and assembly library blst 0.3 | a C compiler (feature `blst`) | everything |
//! | `ifma` | AVX-512 IFMA, eight lanes | feature `ifma`, x86-64 with the instructions | batches; blst for single operations |
//!
//! A backend is a [`Kernel`](kernel::Kernel): a table of functions. `algebra` calls through the
//! table that `kernel()` returns, so its callers cannot distinguish backends. All backends operate
//! on the types of this crate, which wrap arkworks' structs, and return equal values: equal points
//! (Jacobian coordinates may differ, encodings do not), identical elements of GT, identical errors.
//! The tests in `equivalence` compare every operation of every backend with the portable one.
//!
//! **Choice.** Once per process, in [`choice`]: the environment variable `EPIONE_BACKEND`, else the
//! fastest available backend.
//!
//! **Batches.** A backend without a batch operation computes item by item. With the feature
//! `parallel` a batch is first divided among the cores ([`batch`]).
//!
//! **Unsafe code.** Only in `blst` (foreign functions) and `ifma` (target features). A `forbid` in
//! this file would include them, so the crate's `deny` applies here.

mod batch;
#[cfg(feature = "blst")]
mod blst;
mod choice;
mod decomposition;
#[cfg(test)]
mod equivalence;
mod fixed_base;
#[cfg(all(feature = "ifma", target_arch = "x86_64"))]
mod ifma;
mod kernel;
mod portable;
mod power;
mod windows;

pub(super) use batch::pairings;
pub(super) use choice::kernel;
pub use choice::{Backend, BackendError, backend};
pub(super) use fixed_base::PointTable;
pub(super) use kernel::Lines;
pub(super) use power::PowerTable;
