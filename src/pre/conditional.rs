//! Conditional, verifiable proxy re-encryption; the scheme of the protocol.
//!
//! # Paper
//!
//! After Weng, Yang, Tang, Deng, Bao, *Efficient Conditional Proxy Re-Encryption with
//! Chosen-Ciphertext Security*, ISC 2009. The construction is new.
//!
//! # Algorithms
//!
//! User `i` has the public key `pk_i = (X_i, Y_i) = (g1^{x_i}, g2^{x_i})`. A
//! condition `w` selects the ciphertexts that a re-encryption key covers: the sections of one class
//! in one epoch, for every reader. `Q = H_G2(pk_i, w)`, `ctx = (tag, pk_i, w, ad)` and
//! `tag_ctx = (tag, w, ad)`.
//!
//! ```math
//! Seal      mu;  r = H(mu, ctx);  C1 = g1^r;  K = e(X_i, Q)^r;  W = mu xor KDF(K, C1, ctx)
//!           body = DEM under KDF(mu, ctx);  C4 = H_G2(C1, W, H(body), tag_ctx)^r
//! Verify    e(C1, H_G2(..)) = e(g1, C4)                       public, before any use of C1
//! Open      K = e(C1, Q^{x_i});  mu;  require C1 = g1^{H(mu, ctx)}
//! ReKey     s;  rk1 = (Q Y_j^s)^{x_i}  (to the proxy);  rk2 = Y_i^s  (to proxy and delegatee)
//!           check e(g1, rk1) = e(X_i, Q) e(X_j, rk2)
//! ReEncrypt t = H(rk1, fresh, ctx, the ciphertext, pk_j, rk2)
//!           D1 = C1^t;  T = g1^t;  D2 = rk1^{1/t};  proof that log T = log_{C1} D1
//!           check the proof and e(T, D2) = e(X_i, Q) e(X_j, rk2)
//! Open'     K = e(D1, D2) / e(C1, rk2^{x_j});  mu;  require C1 = g1^{H(mu, ctx)}
//! ```
//!
//! The DEM context of the body is `framed(C1, W, ctx)`. A public key enters hashes as its whole
//! encoding. The statement of the proof is `framed(ctx, the ciphertext, pk_j, rk2, D2)`; its `ctx`
//! has the delegator and the condition of the delegation.
//!
//! Skipping a check does not compile: [`reencrypt`] takes a [`VerifiedReKey`] and a
//! [`VerifiedCiphertext`], [`open_reencrypted`] takes a [`VerifiedReEncryption`].
//!
//! # Security
//!
//! *This construction has no security proof.* `tests/schemes/soundness/` mounts the
//! attacks that were considered:
//!
//! - *A proxy as an oracle for `C1^t`.* Without the well-formedness check of the public tag `C4`, a
//!   doctor who was denied a record decrypts it by submitting `C1^c` as a ciphertext of their own.
//! - *Re-encryption keys for other conditions.* A key of one condition transforms no ciphertext of
//!   another.
//! - *Keys of another delegator.* The re-encryption of a ciphertext with another delegator's key
//!   gives `e(X_B, Q_B)^r`, which unmasks nothing.
//! - *Collusion.* Proxy and delegatee learn the condition key `Q^{x_i}`: one condition of the
//!   delegator, never `x_i` or another condition. A delegatee who learns `rk1` learns the same;
//!   `D2` hides `rk1` under co-CDH.
//!
//! The public tag shows that `C4` was computed with the exponent of `C1`, for this `W`, body, `w`
//! and `ad` (co-CDH, random oracle). It does not show for whom the ciphertext is: anyone can
//! present it as another delegator's, and only decryption detects that.
//!
//! *Linkability.* No product of pairings of ciphertexts, conditions, associated data, public keys
//! and hashes of them reveals the delegator; a proof of anonymity is missing. A re-encryption
//! reveals its ciphertext, by `e(D1, H_G2(..)) = e(T, C4)`, and two re-encryptions under one
//! delegation reveal that they are, by equal `e(T, D2)`. With `rk2` in addition,
//! `e(T, D2) = e(X_i, Q) e(X_j, rk2)` and the proof reveal delegator and delegatee. Therefore `rk2`
//! is given to proxy and delegatee only, and `rk2`, `D1`, `T`, `D2` and the proof must not reach a
//! ledger, a store or an open network.
//!
//! A delegatee keeps the plaintexts that they decrypted. The proxy's checks, not cryptography,
//! enforce the time window of a grant.
//!
//! # Deviations
//!
//! A single proxy holds `rk1`; threshold re-encryption is not implemented.
//!
//! # Cost
//!
//! | | G1 exp. | G2 exp. | hashes to G2 | pairings | bytes |
//! |---|---|---|---|---|---|
//! | seal | 2 | 1 | 2 | 1 | 176 + body |
//! | verify | | | 1 | product of 2 | |
//! | open | 1 | 1 | 1 | 1 | |
//! | rekeygen | | 3 | 1 | | 192 |
//! | verify key | | | 1 | product of 3 | |
//! | reencrypt | 4 | 1 | | | 256 |
//! | verify re-encryption | 4 | | 1 | product of 3 | |
//! | open re-encrypted | 1 | 1 | | product of 2 | |
//!
//! [`Ciphertext::batch_verify`], [`ReKey::batch_verify`] and [`ReEncryption::batch_verify`] verify
//! lists with small exponents (Bellare, Garay, Rabin 1998). They need one final exponentiation per
//! batch and one Miller loop per distinct point of G1. An invalid item passes with probability at
//! most `2^-128` per attempt.
//!
//! A re-encryption key covers one condition; [`pre`](super) has the complete protocol:
//!
//! # Example
//!
//! ```
//! use epione::pre::{self, conditional};
//! let rng = &mut rand::thread_rng();
//! let (patient, patient_public) = pre::keygen(rng);
//! let (_, doctor_public) = pre::keygen(rng);
//! let (clinical, restricted) = (b"clinical, epoch 202612", b"restricted, epoch 202612");
//!
//! let rekey = conditional::rekeygen(&patient, &doctor_public, clinical, rng);
//! let rekey = rekey.verify(&patient_public, &doctor_public, clinical).unwrap();
//! let ciphertext = conditional::seal(&patient_public, restricted, b"record 7", b"key", rng);
//! let ciphertext = ciphertext.verify(restricted, b"record 7").unwrap();
//! let reencryption = conditional::reencrypt(&rekey, &ciphertext, rng);
//! assert_eq!(reencryption, Err(conditional::ReKeyMismatch));
//! ```
#![forbid(unsafe_code)]

mod ciphertext;
mod hashes;
mod rekey;
mod transform;

pub use ciphertext::{
    Ciphertext, InvalidCiphertext, UnverifiedCiphertext, VerifiedCiphertext, open, seal,
};
pub use rekey::{
    Delegation, InvalidReKey, PublicReKey, ReKey, VerifiedReKey, batch_rekeygen, rekeygen,
};
pub use transform::{
    InvalidReEncryption, ReEncryption, ReKeyMismatch, VerifiedReEncryption, open_reencrypted,
    reencrypt,
};

#[cfg(feature = "hazmat")]
pub use {ciphertext::seal_with_randomness, rekey::rekeygen_with_randomness};
