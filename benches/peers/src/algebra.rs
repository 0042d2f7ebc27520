//! The groups of BLS12-381.
//!
//! All libraries receive the same points, scalars and messages and must produce the same bytes.

mod arkworks;
mod blst;
mod blstrs;
mod epione;
mod zkcrypto;

use crate::timing::Suite;
use ::epione::algebra::{G1, G2, Scalar, tag};
use std::rc::Rc;

/// Number of elements of a batch.
const BATCH: usize = 104;
const MESSAGE: &[u8] = b"department:neurology";
const DOMAIN_G1: &[u8] = tag::FABEO_ATTRIBUTE.as_bytes();
const DOMAIN_G2: &[u8] = tag::PEKS_KEYWORD.as_bytes();

/// Compressed points.
type G1Bytes = [u8; 48];
type G2Bytes = [u8; 96];

/// A library with the groups of BLS12-381.
///
/// `A1` and `A2` are the arguments of its pairing, `P1` and `P2` the results of its multiplication.
trait Curve: 'static {
    const NAME: &str;
    type Scalar: Clone;
    type A1: Clone;
    type A2: Clone;
    type P1;
    type P2;
    type Gt: PartialEq;
    /// A point of G2 with the line functions of its Miller loop.
    type Prepared;

    fn scalar(big_endian: &[u8; 32]) -> Self::Scalar;
    /// Returns `None` for a point outside the group.
    fn decode_g1(bytes: &G1Bytes) -> Option<Self::A1>;
    fn decode_g2(bytes: &G2Bytes) -> Option<Self::A2>;
    fn encode_g1(point: &Self::P1) -> G1Bytes;
    fn encode_g2(point: &Self::P2) -> G2Bytes;

    fn pairing(p: &Self::A1, q: &Self::A2) -> Self::Gt;
    fn prepare(q: &Self::A2) -> Self::Prepared;
    fn prepared_pairing(p: &Self::A1, q: &Self::Prepared) -> Self::Gt;
    fn product(pairs: &[(Self::A1, Self::A2)]) -> Self::Gt;
    fn mul_g1(point: &Self::A1, scalar: &Self::Scalar) -> Self::P1;
    fn mul_g2(point: &Self::A2, scalar: &Self::Scalar) -> Self::P2;
    fn hash_to_g1(domain: &[u8], message: &[u8]) -> Self::P1;
    fn hash_to_g2(domain: &[u8], message: &[u8]) -> Self::P2;

    // Operations that some libraries lack.
    fn pow(_: &Self::Gt, _: &Self::Scalar) -> Option<Self::Gt> {
        None
    }
    fn msm_g1(_: &[Self::A1], _: &[Self::Scalar]) -> Option<Self::P1> {
        None
    }
    fn msm_g2(_: &[Self::A2], _: &[Self::Scalar]) -> Option<Self::P2> {
        None
    }

    // Batches: loops, unless the library has batch functions.
    fn pairings(pairs: &[(Self::A1, Self::A2)]) -> Vec<Self::Gt> {
        pairs.iter().map(|(p, q)| Self::pairing(p, q)).collect()
    }
    fn prepared_pairings(points: &[Self::A1], q: &Self::Prepared) -> Vec<Self::Gt> {
        points.iter().map(|p| Self::prepared_pairing(p, q)).collect()
    }
    fn batch_mul_g1(points: &[Self::A1], scalars: &[Self::Scalar]) -> Vec<Self::P1> {
        points.iter().zip(scalars).map(|(p, x)| Self::mul_g1(p, x)).collect()
    }
    fn batch_mul_g2(points: &[Self::A2], scalars: &[Self::Scalar]) -> Vec<Self::P2> {
        points.iter().zip(scalars).map(|(q, x)| Self::mul_g2(q, x)).collect()
    }
    fn batch_hash_to_g1(domain: &[u8], messages: &[&[u8]]) -> Vec<Self::P1> {
        messages.iter().map(|message| Self::hash_to_g1(domain, message)).collect()
    }
    fn batch_hash_to_g2(domain: &[u8], messages: &[&[u8]]) -> Vec<Self::P2> {
        messages.iter().map(|message| Self::hash_to_g2(domain, message)).collect()
    }
    fn batch_decode_g1(points: &[G1Bytes]) -> Vec<Option<Self::A1>> {
        points.iter().map(Self::decode_g1).collect()
    }
    fn batch_decode_g2(points: &[G2Bytes]) -> Vec<Option<Self::A2>> {
        points.iter().map(Self::decode_g2).collect()
    }
}

/// Adds all rows. A new library needs one line here.
pub(crate) fn rows(suite: &mut Suite) {
    let inputs = Inputs::new();
    library::<epione::Epione>(suite, &inputs);
    library::<blst::Blst>(suite, &inputs);
    library::<blstrs::Blstrs>(suite, &inputs);
    library::<arkworks::Arkworks>(suite, &inputs);
    library::<zkcrypto::Zkcrypto>(suite, &inputs);
}

/// Encoded inputs and expected results.
struct Inputs {
    /// `p_i = g1^a_i`, `q_i = g2^b_i`.
    p: Vec<G1Bytes>,
    q: Vec<G2Bytes>,
    x: Vec<[u8; 32]>,
    /// `p_i^x_i`, `q_i^x_i`.
    p_x: Vec<G1Bytes>,
    q_x: Vec<G2Bytes>,
    /// `prod p_i^x_i`, `prod q_i^x_i`.
    msm: (G1Bytes, G2Bytes),
    /// `(n, g1^c)` with `c = sum a_i b_i` over the first n terms: `prod e(p_i, q_i) = e(g1^c, g2)`.
    products: [(usize, G1Bytes); 2],
    hashes: (G1Bytes, G2Bytes),
}

impl Inputs {
    /// Random inputs. The expected hashes are those of arkworks.
    fn new() -> Self {
        let rng = &mut rand::thread_rng();
        let [a, b, x] =
            [(); 3].map(|()| (0..BATCH).map(|_| Scalar::random(rng)).collect::<Vec<_>>());
        let products = |y: &[Scalar], z: &[Scalar]| y.iter().zip(z).map(|(y, z)| *y * *z).collect();
        let (a_x, b_x, a_b): (Vec<_>, Vec<_>, Vec<_>) =
            (products(&a, &x), products(&b, &x), products(&a, &b));
        let g1 = |exponent: &Scalar| (G1::generator() * *exponent).to_bytes();
        let g2 = |exponent: &Scalar| (G2::generator() * *exponent).to_bytes();
        let sum = |terms: &[Scalar]| terms.iter().copied().sum::<Scalar>();
        type Ark = arkworks::Arkworks;
        Self {
            p: a.iter().map(g1).collect(),
            q: b.iter().map(g2).collect(),
            x: x.iter().map(Scalar::to_be_bytes).collect(),
            p_x: a_x.iter().map(g1).collect(),
            q_x: b_x.iter().map(g2).collect(),
            msm: (g1(&sum(&a_x)), g2(&sum(&b_x))),
            products: [16, BATCH].map(|n| (n, g1(&sum(&a_b[..n])))),
            hashes: (
                Ark::encode_g1(&Ark::hash_to_g1(DOMAIN_G1, MESSAGE)),
                Ark::encode_g2(&Ark::hash_to_g2(DOMAIN_G2, MESSAGE)),
            ),
        }
    }
}

/// The inputs as a library represents them.
struct Elements<C: Curve> {
    p: Vec<C::A1>,
    q: Vec<C::A2>,
    pairs: Vec<(C::A1, C::A2)>,
    x: Vec<C::Scalar>,
    /// `e(p_0, q_0)`.
    z: C::Gt,
    prepared: C::Prepared,
    p_x: C::P1,
    q_x: C::P2,
    encoded: (Vec<G1Bytes>, Vec<G2Bytes>),
}

impl<C: Curve> Elements<C> {
    fn new(inputs: &Inputs) -> Self {
        let p: Vec<C::A1> = inputs.p.iter().map(g1::<C>).collect();
        let q: Vec<C::A2> = inputs.q.iter().map(g2::<C>).collect();
        let x: Vec<C::Scalar> = inputs.x.iter().map(C::scalar).collect();
        Self {
            pairs: p.iter().cloned().zip(q.iter().cloned()).collect(),
            z: C::pairing(&p[0], &q[0]),
            prepared: C::prepare(&q[0]),
            p_x: C::mul_g1(&p[0], &x[0]),
            q_x: C::mul_g2(&q[0], &x[0]),
            encoded: (inputs.p.clone(), inputs.q.clone()),
            p,
            q,
            x,
        }
    }
}

fn g1<C: Curve>(bytes: &G1Bytes) -> C::A1 {
    C::decode_g1(bytes).expect("a point encoded by epione")
}

fn g2<C: Curve>(bytes: &G2Bytes) -> C::A2 {
    C::decode_g2(bytes).expect("a point encoded by epione")
}

fn library<C: Curve>(suite: &mut Suite, inputs: &Inputs) {
    let elements = Rc::new(Elements::<C>::new(inputs));
    let e = elements.clone();
    let mut row = |operation: &str, correct: bool, work: fn(&Elements<C>)| {
        let elements = elements.clone();
        suite.time(("BLS12-381", operation, C::NAME), correct, move || work(&elements));
    };

    // e(p^x, q) = e(p, q^x), and both differ from e(p, q).
    let z_x = C::pairing(&g1::<C>(&inputs.p_x[0]), &e.q[0]);
    let correct = z_x == C::pairing(&e.p[0], &g2::<C>(&inputs.q_x[0])) && z_x != e.z;
    row("pairing", correct, |e| done(C::pairing(&e.p[0], &e.q[0])));
    let correct = C::prepared_pairing(&e.p[0], &e.prepared) == e.z;
    row("pairing, G2 prepared", correct, |e| done(C::prepared_pairing(&e.p[0], &e.prepared)));
    row("preparation of G2", correct, |e| done(C::prepare(&e.q[0])));
    let product = |n: usize, product: &G1Bytes| {
        C::product(&e.pairs[..n])
            == C::pairing(&g1::<C>(product), &g2::<C>(&G2::generator().to_bytes()))
    };
    let [(n, few), (m, many)] = &inputs.products;
    row("product of 16 pairings", product(*n, few), |e| done(C::product(&e.pairs[..16])));
    row("product of 104 pairings", product(*m, many), |e| done(C::product(&e.pairs)));

    row("G1 multiplication", C::encode_g1(&e.p_x) == inputs.p_x[0], |e| {
        done(C::mul_g1(&e.p[0], &e.x[0]));
    });
    row("G2 multiplication", C::encode_g2(&e.q_x) == inputs.q_x[0], |e| {
        done(C::mul_g2(&e.q[0], &e.x[0]));
    });
    if let Some(sum) = C::msm_g1(&e.p, &e.x) {
        let correct = C::encode_g1(&sum) == inputs.msm.0;
        row("G1 MSM of 104 terms", correct, |e| done(C::msm_g1(&e.p, &e.x)));
    }
    if let Some(sum) = C::msm_g2(&e.q, &e.x) {
        let correct = C::encode_g2(&sum) == inputs.msm.1;
        row("G2 MSM of 104 terms", correct, |e| done(C::msm_g2(&e.q, &e.x)));
    }
    // e(p, q)^x = e(p^x, q)
    if let Some(power) = C::pow(&e.z, &e.x[0]) {
        row("GT exponentiation", power == z_x, |e| done(C::pow(&e.z, &e.x[0])));
    }

    let correct = C::encode_g1(&C::hash_to_g1(DOMAIN_G1, MESSAGE)) == inputs.hashes.0;
    row("hash to G1", correct, |_| done(C::hash_to_g1(DOMAIN_G1, MESSAGE)));
    let correct = C::encode_g2(&C::hash_to_g2(DOMAIN_G2, MESSAGE)) == inputs.hashes.1;
    row("hash to G2", correct, |_| done(C::hash_to_g2(DOMAIN_G2, MESSAGE)));
    // The multiplication rows check the encodings.
    row("G1 compression", true, |e| done(C::encode_g1(&e.p_x)));
    row("G2 compression", true, |e| done(C::encode_g2(&e.q_x)));
    let correct = C::decode_g1(&arkworks::g1_outside()).is_none();
    row("G1 decompression, checked", correct, |e| done(C::decode_g1(&e.encoded.0[0])));
    let correct = C::decode_g2(&arkworks::g2_outside()).is_none();
    row("G2 decompression, checked", correct, |e| done(C::decode_g2(&e.encoded.1[0])));

    let singles: Vec<C::Gt> = e.pairs.iter().map(|(p, q)| C::pairing(p, q)).collect();
    row("104 pairings", C::pairings(&e.pairs) == singles, |e| done(C::pairings(&e.pairs)));
    let singles: Vec<C::Gt> = e.p.iter().map(|p| C::pairing(p, &e.q[0])).collect();
    let correct = C::prepared_pairings(&e.p, &e.prepared) == singles;
    row("104 pairings, G2 prepared", correct, |e| done(C::prepared_pairings(&e.p, &e.prepared)));
    let correct = C::batch_mul_g1(&e.p, &e.x).iter().map(C::encode_g1).eq(inputs.p_x.clone());
    row("104 G1 multiplications", correct, |e| done(C::batch_mul_g1(&e.p, &e.x)));
    let correct = C::batch_mul_g2(&e.q, &e.x).iter().map(C::encode_g2).eq(inputs.q_x.clone());
    row("104 G2 multiplications", correct, |e| done(C::batch_mul_g2(&e.q, &e.x)));
    const MESSAGES: [&[u8]; BATCH] = [MESSAGE; BATCH];
    let hashes = C::batch_hash_to_g1(DOMAIN_G1, &MESSAGES);
    let correct = hashes.iter().all(|hash| C::encode_g1(hash) == inputs.hashes.0);
    row("104 hashes to G1", correct, |_| done(C::batch_hash_to_g1(DOMAIN_G1, &MESSAGES)));
    let hashes = C::batch_hash_to_g2(DOMAIN_G2, &MESSAGES);
    let correct = hashes.iter().all(|hash| C::encode_g2(hash) == inputs.hashes.1);
    row("104 hashes to G2", correct, |_| done(C::batch_hash_to_g2(DOMAIN_G2, &MESSAGES)));
    let points = C::batch_decode_g1(&[inputs.p[0], arkworks::g1_outside()]);
    let correct = points[0].is_some() && points[1].is_none();
    row("104 G1 decompressions", correct, |e| done(C::batch_decode_g1(&e.encoded.0)));
    let points = C::batch_decode_g2(&[inputs.q[0], arkworks::g2_outside()]);
    let correct = points[0].is_some() && points[1].is_none();
    row("104 G2 decompressions", correct, |e| done(C::batch_decode_g2(&e.encoded.1)));
}

/// Keeps the compiler from removing the computation of `result`.
fn done<T>(result: T) {
    std::hint::black_box(&result);
}
