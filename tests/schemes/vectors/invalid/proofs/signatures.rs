//! Certificates with signatures that do not verify.

use super::certificates::base;
use super::{Cases, QUORUM};
use crate::soundness::symmetric::{L, add, add_mod, mul_mod};
use crate::vectors::format::NegativeFile;
use crate::vectors::ledger::chain::IDS;
use crate::vectors::ledger::formulas;
use crate::vectors::ledger::story::Story;
use crate::vectors::protocol::formulas::public_key;
use epione::algebra::hash::framed;
use epione::algebra::tag;
use epione::consensus::{Certificate, CertificateError, Phase, ReplicaId};
use epione::ledger::proof::{CertifiedHeader, ProofError, TransactionProof};
use epione::sign::Signature;
use sha2::{Digest, Sha512};

pub(super) fn signatures(file: &mut NegativeFile, story: &Story) {
    let (chain, proof) = (&story.chain, base(story));
    let header = &proof.at.header;
    let vote = (Phase::Commit, header.height, header.first_view);
    let all = chain.certify(&chain.config, vote, header.hash(), &IDS);
    let honest = chain.certify(&chain.config, vote, header.hash(), &QUORUM);
    let with = |certificate| {
        let at = CertifiedHeader { certificate, ..proof.at.clone() };
        TransactionProof { at, ..proof.clone() }
    };
    let invalid = |id: ReplicaId| ProofError::Signatures(CertificateError::Signature(id));
    let signed = |position: usize, bytes: [u8; 64]| {
        let mut certificate = honest.clone();
        certificate.signatures[position].1 = Signature::from_bytes(bytes);
        with(certificate)
    };
    let mut cases = Cases::new(file, &chain.config);
    cases.valid("the signatures of a quorum", with(honest.clone()));
    let unknown = |id| ProofError::Signatures(CertificateError::Signer(id));
    let mut stranger = honest.clone();
    stranger.signatures[1].0 = 2;
    cases.refused("a signer outside the roster", "Signer", with(stranger), unknown(2));
    let mut more = all.clone();
    more.signatures[5].1 = Signature::from_bytes([0; 64]);
    cases.refused(
        "five valid signatures and one of zeros",
        "Signature",
        with(more),
        invalid(65_535),
    );
    let mut extended = all.clone();
    extended.signatures[4].0 = 301;
    cases.refused("five members and a stranger", "Signer", with(extended), unknown(301));
    let mut exchanged = honest.clone();
    exchanged.signatures[0].1 = honest.signatures[1].1;
    cases.refused("the signature of another member", "Signature", with(exchanged), invalid(1));
    let last = honest.signatures[3].1.to_bytes();
    for (comment, position) in [("a changed bit of R", 0), ("a changed bit of s", 32)] {
        let mut bytes = last;
        bytes[position] ^= 1;
        cases.refused(comment, "Signature", signed(3, bytes), invalid(65_535));
    }
    let mut unreduced = last;
    let s = add(last[32..].try_into().unwrap(), L).unwrap();
    unreduced[32..].copy_from_slice(&s);
    cases.refused("s plus the order of the subgroup", "Malleability", signed(3, unreduced), {
        invalid(65_535)
    });
    let (seed, message) = (chain.seed_of(65_535), message(chain.config.digest(), &honest));
    let small = order_one(seed, &message);
    cases.refused("R is the identity", "SmallOrder", signed(3, small), invalid(65_535));
    let mixed = with_component_of_order_two(seed, &message);
    cases.refused("R has a component of order 2", "MixedOrder", signed(3, mixed), invalid(65_535));
}

/// The signed bytes of a vote.
fn message(config: [u8; 32], certificate: &Certificate) -> Vec<u8> {
    let statement = formulas::statement(certificate);
    [framed(&[tag::SIGN_CONSENSUS.as_bytes()]), framed(&[&config, &statement])].concat()
}

/// The exponent of a seed, modulo `L`.
fn exponent(seed: &[u8; 32]) -> [u8; 32] {
    let mut exponent: [u8; 32] = Sha512::digest(seed)[..32].try_into().unwrap();
    exponent[0] &= 0xf8;
    exponent[31] = exponent[31] & 0x7f | 0x40;
    mul_mod(one(), &exponent)
}

fn one() -> [u8; 32] {
    let mut one = [0; 32];
    one[0] = 1;
    one
}

/// `(R, r + k a)` with `k = SHA-512(R || A || message)`.
fn respond(seed: &[u8; 32], message: &[u8], point: [u8; 32], nonce: [u8; 32]) -> [u8; 64] {
    let k = Sha512::digest([&point[..], public_key(seed).as_bytes(), message].concat());
    let s = add_mod(nonce, mul_mod(exponent(seed), &k));
    [point, s].concat().try_into().unwrap()
}

/// A signature with `R = 1` and `r = 0`, which satisfies both verification equations.
fn order_one(seed: &[u8; 32], message: &[u8]) -> [u8; 64] {
    respond(seed, message, one(), [0; 32])
}

/// A signature with `R = r B + T` for the point `T = (0, -1)` of order two: it satisfies the
/// verification equation only after multiplication by the cofactor.
fn with_component_of_order_two(seed: &[u8; 32], message: &[u8]) -> [u8; 64] {
    let nonce = [11; 32];
    let mut point = *public_key(&nonce).as_bytes();
    // (x, y) + (0, -1) = (-x, -y), and p - y = 2^255 - 1 - y - 18.
    point.iter_mut().for_each(|byte| *byte = !*byte);
    let mut borrow = 18;
    for byte in &mut point[..31] {
        let difference = i16::from(*byte) - borrow;
        (*byte, borrow) = (difference as u8, i16::from(difference < 0));
    }
    assert_eq!(borrow, 0, "y is far from p");
    respond(seed, message, point, exponent(&nonce))
}
