//! The groups of BLS12-381, with hashing, encoding and secrets for all schemes.
//!
//! BLS12-381 has a Type-3 pairing `e: G1 x G2 -> GT` of groups of prime order `r` (255 bits).
//! [`G1`] and [`G2`] are written additively, as in RFC 9380, and [`Gt`] multiplicatively. The
//! papers write all three multiplicatively, and so do the equations quoted in this crate.
//!
//! | type | element of | encoding, bytes |
//! |---|---|---|
//! | [`Scalar`] | integers modulo `r` | 32, big-endian |
//! | [`G1`] | `E(Fp)[r]` | 48, ZCash format |
//! | [`G2`] | `E'(Fp2)[r]` | 96, ZCash format |
//! | [`Gt`] | the subgroup of order `r` of `Fp12^*` | 576, twelve big-endian coefficients |
//!
//! # Architecture invariant
//!
//! This is the only module that uses a pairing library. Its private module `backend` selects the
//! implementation, which does not affect results. Scalar multiplication, pairings, powers in GT,
//! hashing to the curve and the encoding of points go through the backend. Addition in G1,
//! negation, inversion in GT and scalar arithmetic other than inversion are arkworks' in every
//! backend.
//!
//! # Backends
//!
//! arkworks is always present; the library blst (cargo feature `blst`, on by default) is about
//! twice as fast. [`backend`](fn@backend) returns the backend of the process, which
//! `EPIONE_BACKEND=portable|blst|ifma` selects. Batches are faster than single operations: see the
//! functions `batch_*`, [`G1::msm`], [`multi_pairing`] and [`PreparedG2`].
//!
//! # Secrets
//!
//! With blst, scalar multiplication, powers in GT and inversion of non-zero scalars run in constant
//! time; with arkworks alone, no operation does (measurements in `docs/security.md`). `msm`,
//! hashing, encoding and decoding run in variable time and are for public values. [`Secret`] erases
//! its value and redacts it in output.
//!
//! # Example
//!
//! ```
//! use epione::algebra::{pairing, G1, G2, Scalar};
//! let mut rng = rand::thread_rng();
//! let (a, b) = (Scalar::random(&mut rng), Scalar::random(&mut rng));
//! // e(g1^a, g2^b) = e(g1, g2)^{ab}
//! assert_eq!(
//!     pairing(&(G1::generator() * a), &(G2::generator() * b)),
//!     pairing(&G1::generator(), &G2::generator()).pow(&(a * b)),
//! );
//! ```

mod backend;
mod cache;
pub mod codec;
pub(crate) mod count;
pub mod hash;
mod pairing;
mod scalar;
mod secret;
mod source_group;
pub mod tag;
mod target_group;

pub use backend::{Backend, BackendError, backend};
pub use pairing::{PreparedG2, batch_pairing, multi_pairing, pairing};
pub use rand_core;
pub use scalar::Scalar;
pub use secret::Secret;
pub use source_group::{G1, G1Table, G2, G2Table};
pub use target_group::{Gt, GtTable};

use rand_core::{CryptoRng, RngCore};

/// A cryptographic random number generator. The caller passes it to every randomised function.
pub trait Rng: RngCore + CryptoRng {}
impl<T: RngCore + CryptoRng + ?Sized> Rng for T {}

/// Returns `N` random bytes.
pub fn random_bytes<const N: usize>(rng: &mut (impl Rng + ?Sized)) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill_bytes(&mut bytes);
    bytes
}
