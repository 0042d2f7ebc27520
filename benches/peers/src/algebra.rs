//! The groups of BLS12-381: what every scheme stands on.
//!
//! All libraries get the same points, scalars and messages, and must give the same bytes.

mod arkworks;
pub(crate) mod blst;
mod blstrs;
mod epione;
mod zkcrypto;

use ::epione::algebra::{G1, G2, Scalar, tag};
use epione_peers::timing::Suite;
use std::rc::Rc;

/// Factors of the product.
const FACTORS: usize = 16;
/// What is hashed, and its domains.
const MESSAGE: &[u8] = b"department:neurology";
const DOMAIN_G1: &[u8] = tag::FABEO_ATTRIBUTE.as_bytes();
const DOMAIN_G2: &[u8] = tag::PEKS_KEYWORD.as_bytes();

/// A compressed element.
type G1Bytes = [u8; 48];
type G2Bytes = [u8; 96];

/// A library with the groups of BLS12-381.
///
/// `A1`, `A2` are what its pairing takes, `P1`, `P2` what its multiplication gives.
trait Curve: 'static {
    const NAME: &str;
    type Scalar: Clone;
    type A1: Clone;
    type A2: Clone;
    type P1;
    type P2;
    type Gt: Clone + PartialEq;

    fn scalar(big_endian: &[u8; 32]) -> Self::Scalar;
    /// None if it is no element of the group.
    fn decode_g1(bytes: &G1Bytes) -> Option<Self::A1>;
    fn decode_g2(bytes: &G2Bytes) -> Option<Self::A2>;
    fn encode_g1(point: &Self::P1) -> G1Bytes;
    fn encode_g2(point: &Self::P2) -> G2Bytes;

    fn pairing(p: &Self::A1, q: &Self::A2) -> Self::Gt;
    fn product(pairs: &[(Self::A1, Self::A2)]) -> Self::Gt;
    fn mul_g1(point: &Self::A1, scalar: &Self::Scalar) -> Self::P1;
    fn mul_g2(point: &Self::A2, scalar: &Self::Scalar) -> Self::P2;
    /// None if the library has no exponentiation in GT.
    fn pow(base: &Self::Gt, exponent: &Self::Scalar) -> Option<Self::Gt>;
    fn hash_to_g1(domain: &[u8], message: &[u8]) -> Self::P1;
    fn hash_to_g2(domain: &[u8], message: &[u8]) -> Self::P2;
}

/// All rows; a library more is a line more.
pub(crate) fn rows(suite: &mut Suite) {
    let inputs = Inputs::new();
    rows_of::<epione::Epione>(suite, &inputs);
    rows_of::<blst::Blst>(suite, &inputs);
    rows_of::<blstrs::Blstrs>(suite, &inputs);
    rows_of::<arkworks::Arkworks>(suite, &inputs);
    rows_of::<zkcrypto::Zkcrypto>(suite, &inputs);
}

/// Elements by their bytes, and what must come out.
struct Inputs {
    p: G1Bytes,
    q: G2Bytes,
    x: [u8; 32],
    pairs: Vec<(G1Bytes, G2Bytes)>,
    /// `p^x`, `q^x`.
    p_x: G1Bytes,
    q_x: G2Bytes,
    /// `e(product, g2) = prod e(p_i, q_i)`.
    product: G1Bytes,
    hash_g1: G1Bytes,
    hash_g2: G2Bytes,
}

impl Inputs {
    /// Random ones; arkworks says what the hashes are, and a test of epione says so too.
    fn new() -> Self {
        let rng = &mut rand::thread_rng();
        let (p, q, x) = (G1::random(rng), G2::random(rng), Scalar::random(rng));
        let logarithms: Vec<_> =
            (0..FACTORS).map(|_| (Scalar::random(rng), Scalar::random(rng))).collect();
        let pair = |&(a, b): &(Scalar, Scalar)| {
            ((G1::generator() * a).to_bytes(), (G2::generator() * b).to_bytes())
        };
        let product: Scalar = logarithms.iter().map(|&(a, b)| a * b).sum();
        type Ark = arkworks::Arkworks;
        Self {
            p: p.to_bytes(),
            q: q.to_bytes(),
            x: x.to_be_bytes(),
            pairs: logarithms.iter().map(pair).collect(),
            p_x: (p * x).to_bytes(),
            q_x: (q * x).to_bytes(),
            product: (G1::generator() * product).to_bytes(),
            hash_g1: Ark::encode_g1(&Ark::hash_to_g1(DOMAIN_G1, MESSAGE)),
            hash_g2: Ark::encode_g2(&Ark::hash_to_g2(DOMAIN_G2, MESSAGE)),
        }
    }
}

/// A library's elements of the inputs.
struct World<C: Curve> {
    p: C::A1,
    q: C::A2,
    x: C::Scalar,
    z: C::Gt,
    pairs: Vec<(C::A1, C::A2)>,
    bytes: (G1Bytes, G2Bytes),
}

impl<C: Curve> World<C> {
    fn new(inputs: &Inputs) -> Self {
        let (p, q) = (g1::<C>(&inputs.p), g2::<C>(&inputs.q));
        let z = C::pairing(&p, &q);
        let pairs = inputs.pairs.iter().map(|(a, b)| (g1::<C>(a), g2::<C>(b))).collect();
        Self { z, x: C::scalar(&inputs.x), pairs, bytes: (inputs.p, inputs.q), p, q }
    }
}

fn g1<C: Curve>(bytes: &G1Bytes) -> C::A1 {
    C::decode_g1(bytes).expect("an encoding by epione")
}

fn g2<C: Curve>(bytes: &G2Bytes) -> C::A2 {
    C::decode_g2(bytes).expect("an encoding by epione")
}

fn rows_of<C: Curve>(suite: &mut Suite, inputs: &Inputs) {
    let world = Rc::new(World::<C>::new(inputs));
    let w = &*world;
    let mut row = |operation: &str, right: bool, work: fn(&World<C>)| {
        let world = world.clone();
        suite.time(("BLS12-381", operation, C::NAME), right, move || work(&world));
    };

    // e(p^x, q) = e(p, q^x), and it is not always the same
    let right = C::pairing(&g1::<C>(&inputs.p_x), &w.q) == C::pairing(&w.p, &g2::<C>(&inputs.q_x))
        && C::pairing(&g1::<C>(&inputs.p_x), &w.q) != w.z;
    row("pairing", right, |w| done(C::pairing(&w.p, &w.q)));

    let g2_generator = g2::<C>(&G2::generator().to_bytes());
    let right = C::product(&w.pairs) == C::pairing(&g1::<C>(&inputs.product), &g2_generator);
    row("product of 16 pairings", right, |w| done(C::product(&w.pairs)));

    let right = C::encode_g1(&C::mul_g1(&w.p, &w.x)) == inputs.p_x;
    row("G1 multiplication", right, |w| done(C::mul_g1(&w.p, &w.x)));
    let right = C::encode_g2(&C::mul_g2(&w.q, &w.x)) == inputs.q_x;
    row("G2 multiplication", right, |w| done(C::mul_g2(&w.q, &w.x)));

    // e(p, q)^x = e(p^x, q)
    if let Some(power) = C::pow(&w.z, &w.x) {
        let right = power == C::pairing(&g1::<C>(&inputs.p_x), &w.q);
        row("GT exponentiation", right, |w| done(C::pow(&w.z, &w.x)));
    }

    let right = C::encode_g1(&C::hash_to_g1(DOMAIN_G1, MESSAGE)) == inputs.hash_g1;
    row("hash to G1", right, |_| done(C::hash_to_g1(DOMAIN_G1, MESSAGE)));
    let right = C::encode_g2(&C::hash_to_g2(DOMAIN_G2, MESSAGE)) == inputs.hash_g2;
    row("hash to G2", right, |_| done(C::hash_to_g2(DOMAIN_G2, MESSAGE)));

    // What is read was written above; a point outside the group is refused.
    let right = C::decode_g1(&arkworks::g1_outside()).is_none();
    row("G1 decompression, checked", right, |w| done(C::decode_g1(&w.bytes.0)));
    let right = C::decode_g2(&arkworks::g2_outside()).is_none();
    row("G2 decompression, checked", right, |w| done(C::decode_g2(&w.bytes.1)));
}

/// The result is used, as far as the compiler can tell.
fn done<T>(result: T) {
    std::hint::black_box(&result);
}
