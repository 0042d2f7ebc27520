//! Searchable encryption. No public library has it; whoever built it on another would pay at least
//! one pairing an entry, with the trapdoor's side prepared once. That bound is what stands beside.

use crate::algebra::blst::PreparedPairing;
use ark_bls12_381::{Bls12_381, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ec::pairing::Pairing;
use epione::algebra::codec::Canonical;
use epione::peks;
use epione_peers::timing::Suite;

const KEYWORD: &[u8] = b"code=I63.9";
const CONTEXT: &[u8] = b"record 7";
const LOCATION: [u8; 36] = [7; 36];

/// All rows.
pub(crate) fn rows(suite: &mut Suite) {
    let (secret, public) = peks::keygen(&mut rand::thread_rng());
    let encrypt =
        move |keyword| peks::encrypt(&public, keyword, CONTEXT, &LOCATION, &mut rand::thread_rng());
    let (entry, other) = (encrypt(KEYWORD), encrypt(b"code=E11.9"));
    let trapdoor = peks::trapdoor(&secret, KEYWORD);
    let right = peks::locate(&entry, &trapdoor, CONTEXT).is_ok_and(|l| l[..] == LOCATION)
        && !peks::test(&other, &trapdoor, CONTEXT);

    suite.time(("PEKS", "encrypt", "epione plain"), right, move || encrypt(KEYWORD));
    let test = move || peks::test(&other, &trapdoor, CONTEXT);
    suite.time(("PEKS", "test one entry", "epione plain"), right, test);
    bounds(suite);
    suite.size(("PEKS", "entry with 36 bytes", "epione plain"), entry.to_bytes().len());
}

/// One pairing with a prepared second argument.
fn bounds(suite: &mut Suite) {
    let (p, q) = (G1Affine::generator(), G2Affine::generator());
    let prepared = <Bls12_381 as Pairing>::G2Prepared::from(q);
    let work = move || Bls12_381::pairing(p, prepared.clone());
    let right = work() == Bls12_381::pairing(p, q);
    suite.time(("PEKS", "test one entry", "arkworks pairing"), right, work);

    let prepared = PreparedPairing::new();
    let right = prepared.is_right();
    suite.time(("PEKS", "test one entry", "blst pairing"), right, move || prepared.pair());
}
