//! Group operations, ids `operation/backend`.
//!
//! `epione` is this crate's function under whichever backend is active (`EPIONE_BACKEND`),
//! `arkworks` and `raw-blst` are direct calls of those libraries on the same values. Points are as
//! decoding gives them, affine, so that nobody pays for normalising; `-projective` measures that.
//! The backends of one operation are measured one right after the other, because machines change
//! their pace.

use criterion::{Criterion, criterion_group, criterion_main};
use epione::algebra::hash::{
    batch_hash_to_g1, batch_hash_to_g2, hash_to_g1, hash_to_g1_cached, hash_to_g2, hash_to_scalar,
};
use epione::algebra::{
    G1, G1Table, G2, G2Table, Gt, GtTable, PreparedG2, Scalar, batch_pairing, multi_pairing,
    pairing, tag,
};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use std::hint::black_box;
use std::time::Duration;

#[path = "algebra/arkworks.rs"]
mod arkworks;
#[cfg(feature = "blst")]
#[path = "algebra/raw_blst.rs"]
mod raw_blst;

/// One message, one attribute.
const MESSAGE: &[u8] = b"department:neurology";

/// Points of a batch.
const MANY: usize = 104;

/// What every backend is given, in encodings that all of them read.
struct Inputs {
    p: Vec<[u8; 48]>,
    q: Vec<[u8; 96]>,
    z: [u8; 576],
    scalars: Vec<Scalar>,
}

impl Inputs {
    fn new() -> Self {
        let rng = &mut ChaCha20Rng::seed_from_u64(1);
        let scalars: Vec<Scalar> = (0..MANY).map(|_| Scalar::random(rng)).collect();
        let p = G1::batch_generator_mul(&scalars);
        let q = G2::batch_generator_mul(&scalars);
        let z = pairing(&p[0], &q[1]).to_bytes();
        Self { p: G1::batch_to_bytes(&p), q: G2::batch_to_bytes(&q), z, scalars }
    }
}

/// What is to be measured, by id.
type Cases = Vec<(String, Box<dyn FnMut()>)>;

fn measure<R>(cases: &mut Cases, id: &str, mut work: impl FnMut() -> R + 'static) {
    let work = move || {
        black_box(work());
    };
    cases.push((id.to_owned(), Box::new(work)));
}

fn decoded<P>(points: Vec<Result<P, epione::error::DecodeError>>) -> Vec<P> {
    points.into_iter().map(|point| point.expect("an honest encoding")).collect()
}

fn ours(group: &mut Cases, inputs: &'static Inputs) {
    let p: &'static [G1] = decoded(G1::batch_from_bytes(&inputs.p)).leak();
    let q: &'static [G2] = decoded(G2::batch_from_bytes(&inputs.q)).leak();
    let z = Gt::from_bytes(&inputs.z).expect("an honest encoding");
    single(group, inputs, p[0], q[1], z);
    fixed_bases(group, inputs.scalars[0]);
    lists(group, inputs, p, q);
}

fn single(g: &mut Cases, inputs: &'static Inputs, p: G1, q: G2, z: Gt) {
    let x = inputs.scalars[2];
    let (p_projective, q_projective) = (p * x, q * x);
    measure(g, "pairing/epione", move || pairing(black_box(&p), black_box(&q)));
    measure(g, "pairing-projective/epione", move || {
        pairing(black_box(&p_projective), black_box(&q_projective))
    });
    let prepared = PreparedG2::new(&q);
    measure(g, "pairing-prepared/epione", move || prepared.pairing(black_box(&p)));
    measure(g, "pairing-prepare/epione", move || PreparedG2::new(black_box(&q)));
    measure(g, "g1-add/epione", move || black_box(p_projective) + black_box(p));
    measure(g, "g2-add/epione", move || black_box(q_projective) + black_box(q));
    measure(g, "g1-mul/epione", move || black_box(p) * black_box(x));
    measure(g, "g2-mul/epione", move || black_box(q) * black_box(x));
    measure(g, "gt-mul/epione", move || black_box(z) * black_box(z));
    measure(g, "gt-pow/epione", move || black_box(z).pow(black_box(&x)));
    measure(g, "scalar-inverse/epione", move || black_box(x).inverse());
    measure(g, "hash-to-g1/epione", move || hash_to_g1(tag::FABEO_ATTRIBUTE, black_box(MESSAGE)));
    measure(g, "hash-to-g1-cached/epione", move || {
        hash_to_g1_cached(tag::FABEO_ATTRIBUTE, black_box(MESSAGE))
    });
    measure(g, "hash-to-g2/epione", move || hash_to_g2(tag::PEKS_KEYWORD, black_box(MESSAGE)));
    measure(g, "hash-to-scalar/epione", move || {
        hash_to_scalar(tag::PRE_EXPONENT, black_box(MESSAGE))
    });
    measure(g, "g1-compress/epione", move || black_box(p).to_bytes());
    measure(g, "g2-compress/epione", move || black_box(q).to_bytes());
    measure(g, "g1-compress-projective/epione", move || black_box(p_projective).to_bytes());
    measure(g, "g2-compress-projective/epione", move || black_box(q_projective).to_bytes());
    measure(g, "g1-decompress/epione", move || G1::from_bytes(black_box(&inputs.p[0])));
    measure(g, "g2-decompress/epione", move || G2::from_bytes(black_box(&inputs.q[1])));
    measure(g, "gt-decode/epione", move || Gt::from_bytes(black_box(&inputs.z)));
}

fn fixed_bases(g: &mut Cases, x: Scalar) {
    measure(g, "g1-generator-mul/epione", move || G1::generator_mul(black_box(&x)));
    measure(g, "g2-generator-mul/epione", move || G2::generator_mul(black_box(&x)));
    measure(g, "gt-generator-pow/epione", move || Gt::generator_pow(black_box(&x)));
    measure(g, "g1-table/epione", move || G1Table::new(&G1::generator()));
    measure(g, "g2-table/epione", move || G2Table::new(&G2::generator()));
    measure(g, "gt-table/epione", move || GtTable::new(&Gt::generator()));
}

fn lists(g: &mut Cases, inputs: &'static Inputs, p: &'static [G1], q: &'static [G2]) {
    let pairs: Vec<(G1, G2)> = p.iter().copied().zip(q.iter().copied()).collect();
    let pairs: &'static [(G1, G2)] = pairs.leak();
    for n in [2, 4, 16, MANY] {
        measure(g, &format!("pairing-product-{n}/epione"), move || multi_pairing(&pairs[..n]));
    }
    measure(g, "pairing-each-104/epione", move || batch_pairing(pairs));
    let prepared = PreparedG2::new(&q[0]);
    measure(g, "pairing-prepared-each-104/epione", move || prepared.batch_pairing(p));
    let x: &'static [Scalar] = &inputs.scalars;
    measure(g, "g1-mul-each-104/epione", move || G1::batch_mul(p, x));
    measure(g, "g2-mul-each-104/epione", move || G2::batch_mul(q, x));
    for n in [2, 8, 64] {
        measure(g, &format!("g1-msm-{n}/epione"), move || G1::msm(&p[..n], &x[..n]));
        measure(g, &format!("g2-msm-{n}/epione"), move || G2::msm(&q[..n], &x[..n]));
    }
    measure(g, "g1-generator-mul-each-104/epione", move || G1::batch_generator_mul(x));
    let projective = G1::batch_mul(p, x);
    measure(g, "g1-compress-each-104/epione", move || G1::batch_to_bytes(&projective));
    measure(g, "g1-decompress-each-104/epione", move || G1::batch_from_bytes(&inputs.p));
    measure(g, "g2-decompress-each-104/epione", move || G2::batch_from_bytes(&inputs.q));
    let messages: [&[u8]; MANY] = [MESSAGE; MANY];
    measure(g, "hash-to-g1-each-104/epione", move || {
        batch_hash_to_g1(tag::FABEO_ATTRIBUTE, &messages)
    });
    measure(g, "hash-to-g2-each-104/epione", move || {
        batch_hash_to_g2(tag::PEKS_KEYWORD, &messages)
    });
}

fn algebra(c: &mut Criterion) {
    let inputs: &'static Inputs = Box::leak(Box::new(Inputs::new()));
    let mut cases = Cases::new();
    ours(&mut cases, inputs);
    arkworks::operations(&mut cases, inputs);
    #[cfg(feature = "blst")]
    raw_blst::operations(&mut cases, inputs);
    cases.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut group = c.benchmark_group("algebra");
    for (id, mut work) in cases {
        group.bench_function(id, |b| b.iter(&mut work));
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = algebra
}
criterion_main!(benches);
