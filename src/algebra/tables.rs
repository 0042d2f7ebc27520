//! Tables for bases that serve many times: generators, public parameters, long-lived public keys.
//!
//! A table costs as much as ten to twenty multiplications to make and makes each a third as long.
//! It is read in constant time (every row of a window, whatever the digit is), because what is
//! multiplied with a generator is nearly always a secret. The generators' own tables are behind
//! [`G1::generator_mul`], [`G2::generator_mul`] and [`Gt::generator_pow`], made once a process when
//! first used.
//!
//! ```
//! use epione::algebra::{G1, G1Table, Gt, GtTable, Scalar};
//! let mut rng = rand::thread_rng();
//! let (base, x) = (G1::random(&mut rng), Scalar::random(&mut rng));
//! assert_eq!(G1Table::new(&base).mul(&x), base * x);
//! assert_eq!(GtTable::new(&Gt::generator()).pow(&x), Gt::generator().pow(&x));
//! ```
#![forbid(unsafe_code)]

use super::backend::{DigitTable, WindowTable, kernel};
use super::count::{Operation, count};
use super::{G1, G2, Gt, Scalar};
use std::fmt;
use std::sync::OnceLock;

macro_rules! source_group {
    ($table:ident, $group:ident, $backend:ident, $limbs:literal, $size:literal) => {
        /// Multiples of one base.
        #[doc = concat!("Holds ", $size, ". For public bases: it is not erased.")]
        pub struct $table(WindowTable<$limbs>);

        impl $table {
            /// Computes the multiples. Cost: 1376 additions and an inversion.
            pub fn new(base: &$group) -> Self {
                Self(kernel().$backend.table(base))
            }

            /// `base * scalar`. Cost: 43 additions. Constant time under the backend blst.
            pub fn mul(&self, scalar: &Scalar) -> $group {
                count(Operation::$group, 1);
                kernel().$backend.table_mul(&self.0, scalar)
            }

            /// `base * scalars[i]`, as [`Self::mul`].
            pub fn batch_mul(&self, scalars: &[Scalar]) -> Vec<$group> {
                count(Operation::$group, scalars.len());
                kernel().$backend.batch_table_mul(&self.0, scalars)
            }

            pub(super) fn of_generator() -> &'static Self {
                static TABLE: OnceLock<$table> = OnceLock::new();
                TABLE.get_or_init(|| Self::new(&$group::generator()))
            }
        }

        impl fmt::Debug for $table {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($table), "(..)"))
            }
        }
    };
}

source_group!(G1Table, G1, g1, 12, "132 096 bytes");
source_group!(G2Table, G2, g2, 24, "264 192 bytes");

/// Powers of one base. Holds 202 752 bytes. For public bases: it is not erased.
pub struct GtTable(DigitTable);

impl GtTable {
    /// Computes the powers. Cost: 352 multiplications.
    pub fn new(base: &Gt) -> Self {
        Self(kernel().gt.table(base))
    }

    /// `base^scalar`. Cost: 47 multiplications. Constant time under the backend blst.
    pub fn pow(&self, scalar: &Scalar) -> Gt {
        count(Operation::Gt, 1);
        (kernel().gt.table_pow)(&self.0, scalar)
    }

    pub(super) fn of_generator() -> &'static Self {
        static TABLE: OnceLock<GtTable> = OnceLock::new();
        TABLE.get_or_init(|| Self::new(&Gt::generator()))
    }
}

impl fmt::Debug for GtTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GtTable(..)")
    }
}
