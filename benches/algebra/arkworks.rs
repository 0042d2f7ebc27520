//! Direct calls of arkworks.

use super::{Cases, Inputs, MANY, MESSAGE, measure};
use ark_bls12_381::{
    Bls12_381, Fq, Fq12, Fr, G1Affine, G1Projective, G2Affine, G2Projective, g1, g2,
};
use ark_ec::hashing::HashToCurve;
use ark_ec::hashing::curve_maps::wb::WBMap;
use ark_ec::hashing::map_to_curve_hasher::MapToCurveBasedHasher;
use ark_ec::pairing::{Pairing, PairingOutput};
use ark_ec::{CurveGroup, PrimeGroup, VariableBaseMSM};
use ark_ff::field_hashers::DefaultFieldHasher;
use ark_ff::{Field, PrimeField};
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use epione::algebra::tag;
use sha2::Sha256;
use std::hint::black_box;

type Hasher<P, C> = MapToCurveBasedHasher<P, DefaultFieldHasher<Sha256, 128>, WBMap<C>>;

pub(super) fn operations(g: &mut Cases, inputs: &'static Inputs) {
    let p: Vec<G1Affine> = inputs.p.iter().map(|bytes| decompress(bytes)).collect();
    let q: Vec<G2Affine> = inputs.q.iter().map(|bytes| decompress(bytes)).collect();
    let x: Vec<Fr> =
        inputs.scalars.iter().map(|s| Fr::from_be_bytes_mod_order(&s.to_be_bytes())).collect();
    curves(g, inputs, (p[0], q[1], x[2]));
    target(g, inputs, x[2]);
    pairings(g, p.leak(), q.leak(), x.leak());
}

fn decompress<T: CanonicalDeserialize>(bytes: &[u8]) -> T {
    T::deserialize_compressed(bytes).expect("an honest encoding")
}

fn curves(g: &mut Cases, inputs: &'static Inputs, (p, q, x): (G1Affine, G2Affine, Fr)) {
    let (p_projective, q_projective) = (p * x, q * x);
    let (p_group, q_group) = (G1Projective::from(p), G2Projective::from(q));
    measure(g, "g1-add/arkworks", move || black_box(p_projective) + black_box(p_group));
    measure(g, "g2-add/arkworks", move || black_box(q_projective) + black_box(q_group));
    measure(g, "g1-mul/arkworks", move || black_box(p_group) * black_box(x));
    measure(g, "g2-mul/arkworks", move || black_box(q_group) * black_box(x));
    measure(g, "g1-generator-mul/arkworks", move || G1Projective::generator() * black_box(x));
    measure(g, "g2-generator-mul/arkworks", move || G2Projective::generator() * black_box(x));
    measure(g, "scalar-inverse/arkworks", move || black_box(x).inverse());
    let hasher = Hasher::<G1Projective, g1::Config>::new(tag::FABEO_ATTRIBUTE.as_bytes());
    let hasher = hasher.expect("a fixed map");
    measure(g, "hash-to-g1/arkworks", move || hasher.hash(black_box(MESSAGE)));
    let hasher = Hasher::<G2Projective, g2::Config>::new(tag::PEKS_KEYWORD.as_bytes());
    let hasher = hasher.expect("a fixed map");
    measure(g, "hash-to-g2/arkworks", move || hasher.hash(black_box(MESSAGE)));
    let compress = |p: &dyn Fn(&mut [u8])| {
        let mut bytes = [0; 96];
        p(&mut bytes);
        bytes
    };
    measure(g, "g1-compress/arkworks", move || {
        compress(&|out| p.serialize_compressed(out).expect("it fits"))
    });
    measure(g, "g2-compress/arkworks", move || {
        compress(&|out| q.serialize_compressed(out).expect("it fits"))
    });
    measure(g, "g1-compress-projective/arkworks", move || {
        compress(&|out| p_projective.into_affine().serialize_compressed(out).expect("it fits"))
    });
    measure(g, "g2-compress-projective/arkworks", move || {
        compress(&|out| q_projective.into_affine().serialize_compressed(out).expect("it fits"))
    });
    measure(g, "g1-decompress/arkworks", move || decompress::<G1Affine>(black_box(&inputs.p[0])));
    measure(g, "g2-decompress/arkworks", move || decompress::<G2Affine>(black_box(&inputs.q[1])));
}

fn target(g: &mut Cases, inputs: &'static Inputs, x: Fr) {
    let coefficients = inputs.z.chunks(48).map(Fq::from_be_bytes_mod_order);
    let z = Fq12::from_base_prime_field_elems(coefficients).expect("twelve coefficients");
    let output = PairingOutput::<Bls12_381>(z);
    measure(g, "gt-mul/arkworks", move || black_box(z) * black_box(z));
    measure(g, "gt-pow/arkworks", move || black_box(output) * black_box(x));
    measure(g, "gt-membership/arkworks", move || black_box(z).pow(Fr::MODULUS) == Fq12::ONE);
}

fn pairings(g: &mut Cases, p: &'static [G1Affine], q: &'static [G2Affine], x: &'static [Fr]) {
    measure(g, "pairing/arkworks", move || Bls12_381::pairing(black_box(p[0]), black_box(q[1])));
    let (projective_p, projective_q) = (p[0] * x[2], q[1] * x[2]);
    measure(g, "pairing-projective/arkworks", move || {
        Bls12_381::pairing(black_box(projective_p), black_box(projective_q))
    });
    let prepared = <Bls12_381 as Pairing>::G2Prepared::from(q[1]);
    measure(g, "pairing-prepared/arkworks", move || {
        Bls12_381::pairing(black_box(p[0]), prepared.clone())
    });
    measure(g, "pairing-prepare/arkworks", move || {
        <Bls12_381 as Pairing>::G2Prepared::from(black_box(q[1]))
    });
    for n in [2, 4, 16, MANY] {
        measure(g, &format!("pairing-product-{n}/arkworks"), move || {
            Bls12_381::multi_pairing(&p[..n], &q[..n])
        });
    }
    for n in [2, 8, 64] {
        measure(g, &format!("g1-msm-{n}/arkworks"), move || G1Projective::msm(&p[..n], &x[..n]));
        measure(g, &format!("g2-msm-{n}/arkworks"), move || G2Projective::msm(&q[..n], &x[..n]));
    }
}
