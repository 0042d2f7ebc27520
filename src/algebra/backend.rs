//! What computes: the backends, the choice between them, and the table that each of them fills in.
//!
//! | backend | what it is | needs | serves |
//! |---|---|---|---|
//! | [`portable`] | arkworks 0.6 | nothing: no C compiler, no `unsafe` | everything; the oracle of the others |
//! | [`blst`](self::blst) | the C and assembly library blst 0.3 | a C compiler (feature `blst`) | everything |
//! | `ifma` | eight independent lanes of AVX-512 IFMA | feature `ifma`, x86-64, the processor | batches; single operations are blst's |
//!
//! A backend is a [`Kernel`]: one table of functions, the same names for each. `kernel()` gives the
//! table in use, and everything in `algebra` calls through it, so callers cannot tell which one it
//! is. All backends compute on this crate's own types, whose insides are arkworks' structs, and give
//! the same values: points as points (Jacobian coordinates may differ, encodings do not), elements of
//! GT exactly, errors exactly. `equivalence` tests that, table against table, operation by operation.
//!
//! **Choice.** Once a process, by [`chosen`]: the environment variable `EPIONE_BACKEND`, else the
//! fastest that is there.
//!
//! **Batches.** A table may leave a batch operation out; it is then the single operation, item by
//! item. With the feature `parallel` a batch is cut into one piece a core before the table sees it
//! ([`batch`]).
//!
//! **Unsafe code.** Only in `blst` (the foreign functions) and `ifma` (the intrinsics). This file
//! cannot forbid it, because that would forbid it to them, but has none: the crate denies it.

mod batch;
#[cfg(feature = "blst")]
mod blst;
mod choice;
mod digits;
#[cfg(test)]
mod equivalence;
mod fixed;
#[cfg(all(feature = "ifma", target_arch = "x86_64"))]
mod ifma;
mod kernel;
mod portable;
mod power;
mod windows;

pub(super) use batch::pairings;
pub(super) use choice::kernel;
pub use choice::{Backend, BackendError, backend};
pub(super) use fixed::{DigitTable, WindowTable};
pub(super) use kernel::{Kernel, Lines};
