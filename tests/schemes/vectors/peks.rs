//! Test vectors of searchable encryption, computed from its equations.

use crate::vectors::format::{Fields, File, compare_or_write, encoding};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::{hash_to_g2, kdf};
use epione::algebra::tag::{self, Kind};
use epione::algebra::{G1, Scalar, pairing};
use epione::dem::{self, ContentKey};
use epione::peks::{self, SearchableCiphertext, SecretKey, bdop};

/// Comment, keyword, context, location, and the keyword of the trapdoor.
type Example = (&'static str, &'static [u8], &'static [u8], &'static [u8], &'static [u8]);

const CASES: [Example; 4] = [
    (
        "the trapdoor's keyword matches",
        b"code=http://snomed.info/sct|230690007",
        b"record 7",
        b"cid of record 7",
        b"code=http://snomed.info/sct|230690007",
    ),
    (
        "the trapdoor is for another keyword",
        b"code=I63.9",
        b"record 7",
        b"cid of record 7",
        b"code=E11.9",
    ),
    ("empty keyword, context and location", b"", b"", b"", b""),
    ("a keyword that is not UTF-8", b"\x00\xff\x80", b"\xff", b"\x00", b"\x00\xff\x80"),
];

#[test]
fn peks_vectors() {
    let tags = [tag::PEKS_KEYWORD, tag::PEKS_CHECK, tag::PEKS_LOCATION, tag::DEM_KEYS];
    let mut file = File::new(
        "EPIONE-V1-PEKS-PLAIN",
        "Boneh et al. 2004 with the trapdoor in G2 and an encrypted location.",
        &tags,
    );
    let rng = &mut file.rng();
    for (comment, keyword, context, location, sought) in CASES {
        let (s, r) = (Scalar::random(rng), Scalar::random(rng));
        // P = g1^s;  A = g1^r;  K = e(P^r, H(w));  T = H(w')^s
        let p = G1::generator() * s;
        let (a, hash) = (G1::generator() * r, hash_to_g2(tag::PEKS_KEYWORD, keyword));
        let k = pairing(&(p * r), &hash);
        let t = hash_to_g2(tag::PEKS_KEYWORD, sought) * s;
        let derive = |purpose, k: &epione::algebra::Gt| {
            kdf::<32>(purpose, &k.to_bytes(), &[&a.to_bytes(), context])
        };
        let b = *derive(tag::PEKS_CHECK, &k).expose();
        let location_key = derive(tag::PEKS_LOCATION, &k);
        let sealed = dem::seal(&ContentKey::from_secret(location_key.clone()), context, location);
        let length = (sealed.len() as u32).to_be_bytes();
        let fields = [&a.to_bytes()[..], &b, &length, &sealed].concat();
        let entry = encoding(Kind::PeksCiphertext, &fields);
        let tested = pairing(&a, &t);

        let secret_bytes = encoding(Kind::PeksSecretKey, &s.to_be_bytes());
        let secret = SecretKey::from_bytes(&secret_bytes).unwrap();
        let public = secret.public_key();
        let library = bdop::encrypt_with_randomness(&public, keyword, context, location, &r);
        assert_eq!(library.to_bytes(), entry);
        assert_eq!(SearchableCiphertext::from_bytes(&entry).as_ref(), Ok(&library));
        let trapdoor = peks::trapdoor(&secret, sought);
        assert_eq!(trapdoor.to_bytes()[2..], t.to_bytes());
        let matches = tested == k;
        assert_eq!(peks::test(&library, &trapdoor, context), matches);
        let located = peks::locate(&library, &trapdoor, context);
        assert_eq!(located.ok().map(|found| found.to_vec()), matches.then(|| location.to_vec()));

        let inputs = Fields::default()
            .scalar("s", &s)
            .hex("keyword", keyword)
            .hex("context", context)
            .hex("location", location)
            .scalar("r", &r)
            .hex("sought", sought);
        let trace = Fields::default()
            .hex("p", p.to_bytes())
            .hex("a", a.to_bytes())
            .hex("keyword_hash", hash.to_bytes())
            .hex("k", k.to_bytes())
            .hex("b", b)
            .hex("location_key", location_key.expose())
            .hex("sealed_location", sealed)
            .hex("t", t.to_bytes())
            .hex("tested", tested.to_bytes());
        let outputs = Fields::default()
            .hex("secret_key", secret_bytes)
            .hex("public_key", public.to_bytes())
            .hex("entry", entry)
            .hex("trapdoor", trapdoor.to_bytes())
            .flag("matches", matches);
        file.case(comment, inputs, trace, outputs);
    }
    compare_or_write("peks.json", &file);
}
