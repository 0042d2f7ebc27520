//! CP-ABE through its public interface, for all schemes.

mod consistency;
mod epochs;
mod fabeo;
mod pang;
mod relations;
mod reseal;
mod rouselakis_waters;

use crate::common::{AbeHeader, AbeKey, attribute, attributes, fields, policy, rng};
use epione::abe::encapsulate_cpa_with_randomness;
use epione::abe::fabeo::Fabeo;
use epione::abe::waters::{self, Waters};
use epione::abe::{
    self, Ciphertext, Coins, CpaHeader, Header, MasterSecretKey, OpenError, PublicParameters,
    Scheme, UserSecretKey, VerifyEncapsulation,
};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::hash_to_g1;
use epione::algebra::{G1, G2, Scalar, tag};
use epione::error::DecryptionFailed;
use epione::policy::{AccessPolicy, AttributeSet, Node, Row};
use rand_chacha::ChaCha20Rng;
use std::convert::Infallible;

const FAILED: OpenError = OpenError::Decryption(DecryptionFailed);

const POLICIES: [&str; 10] = [
    "a",
    "a and b",
    "a or b",
    "a and (b or c)",
    "2 of (a, b, c)",
    "a and (a or b)",
    "(a and b) or (a and c)",
    "3 of (a, b, c)",
    "1 of (a, b)",
    "2 of (a and b, c, b)",
];

/// Public parameters with a key for every subset of `a, b, c`.
struct Authority<S: Scheme> {
    parameters: PublicParameters<S>,
    keys: Vec<UserSecretKey<S>>,
}

impl<S: Scheme> Authority<S> {
    fn new(
        (parameters, master): (PublicParameters<S>, MasterSecretKey<S>),
        keygen: impl Fn(&MasterSecretKey<S>, &AttributeSet, &mut ChaCha20Rng) -> UserSecretKey<S>,
        rng: &mut ChaCha20Rng,
    ) -> Self {
        let names = |mask: usize| {
            ["a", "b", "c"].into_iter().enumerate().filter(move |(i, _)| mask >> i & 1 == 1)
        };
        let set = |mask| AttributeSet::from_names(names(mask).map(|(_, name)| name)).unwrap();
        let keys = (0..8).map(|mask| keygen(&master, &set(mask), rng)).collect();
        Self { parameters, keys }
    }
}

fn fabeo(rng: &mut ChaCha20Rng) -> Authority<Fabeo> {
    Authority::new(abe::setup(rng), abe::keygen, rng)
}

fn waters(rng: &mut ChaCha20Rng) -> Authority<Waters> {
    Authority::new(waters::setup(rng), waters::keygen, rng)
}

/// Returns the expected outcome of decryption with these attributes.
fn expected(policy: &AccessPolicy, set: &AttributeSet) -> Result<Vec<u8>, OpenError> {
    policy.is_satisfied_by(set).then(|| b"text".to_vec()).ok_or(OpenError::PolicyNotSatisfied)
}

fn only_authorised_keys_decrypt_cpa<S: Scheme<Error = Infallible>>(
    Authority { parameters, keys }: &Authority<S>,
    rng: &mut ChaCha20Rng,
) {
    for text in POLICIES {
        let policy = policy(text);
        let sealed = abe::seal_cpa(parameters, &policy, b"ad", b"text", rng);
        for key in keys {
            let opened = abe::open_cpa(key, b"ad", &sealed).map(|plaintext| plaintext.to_vec());
            let set = key.attributes();
            assert_eq!(opened, expected(&policy, set), "{text} for {set:?}");
        }
    }
}

fn only_authorised_keys_decrypt<S: VerifyEncapsulation<Error = Infallible>>(
    authority: &Authority<S>,
    rng: &mut ChaCha20Rng,
) {
    only_authorised_keys_decrypt_cpa(authority, rng);
    let Authority { parameters, keys } = authority;
    for text in POLICIES {
        let policy = policy(text);
        let sealed = abe::seal(parameters, &policy, b"ad", b"text", rng);
        for key in keys {
            let opened = abe::open(parameters, key, b"ad", &sealed);
            let (opened, set) = (opened.map(|plaintext| plaintext.to_vec()), key.attributes());
            assert_eq!(opened, expected(&policy, set), "{text} for {set:?}");
        }
    }
}

#[test]
fn only_authorised_keys_of_fabeo_decrypt() {
    let rng = &mut rng(1);
    only_authorised_keys_decrypt(&fabeo(rng), rng);
}

#[test]
fn only_authorised_keys_of_waters_decrypt() {
    let rng = &mut rng(11);
    only_authorised_keys_decrypt(&waters(rng), rng);
}

#[test]
fn comparisons_are_satisfied_by_the_values_in_range() {
    let rng = &mut rng(9);
    let text = "(age in 18..65u8 or 2 of (day >= 2026-12-01, b, c)) and role#3:nurse";
    let (parameters, master) = abe::setup(rng);
    let sealed = abe::seal(&parameters, &policy(text), b"ad", b"text", rng);
    let (waters_parameters, waters_master) = waters::setup(rng);
    let waters_sealed = abe::seal(&waters_parameters, &policy(text), b"ad", b"text", rng);
    for (held, opens) in [
        ("age = 18u8, role#3:nurse", true),
        ("age = 65u8, role#3:nurse", true),
        ("age = 17u8, role#3:nurse", false),
        ("age = 66u8, role#3:nurse", false),
        ("age = 42, role#3:nurse", false),
        ("age = 42u8, role#4:nurse", false),
        ("day = 2027-03-31, role#3:nurse, c", true),
        ("day = 2026-11-30, role#3:nurse, c", false),
        ("day = 46355u16, role#3:nurse, c", false),
    ] {
        let set: AttributeSet = held.parse().unwrap();
        let key = <UserSecretKey>::from_bytes(&abe::keygen(&master, &set, rng).to_bytes());
        let key = key.unwrap();
        assert_eq!(key.attributes().to_string(), held);
        let opened = abe::open(&parameters, &key, b"ad", &sealed);
        assert_eq!(opened.is_ok(), opens, "{held}");
        let key = waters::keygen(&waters_master, &set, rng);
        let opened = abe::open(&waters_parameters, &key, b"ad", &waters_sealed);
        assert_eq!(opened.is_ok(), opens, "{held} with Waters");
    }
}

/// Flips a bit of every byte. In the policy, `a` becomes `c`, which the key holds as well.
fn a_change_of_any_byte_is_rejected<S: VerifyEncapsulation<Error = Infallible>>(
    Authority { parameters, keys }: &Authority<S>,
    rng: &mut ChaCha20Rng,
) {
    let sealed = abe::seal(parameters, &policy("a or b"), b"ad", b"text", rng).to_bytes();
    let sealed_cpa = abe::seal_cpa(parameters, &policy("a or b"), b"ad", b"text", rng).to_bytes();
    let key = &keys[7];
    let changed = |bytes: &[u8], position: usize| {
        let mut changed = bytes.to_vec();
        changed[position] ^= 2;
        changed
    };
    for position in 0..sealed.len() {
        let opened = Ciphertext::<Header<S>>::from_bytes(&changed(&sealed, position))
            .map(|changed| abe::open(parameters, key, b"ad", &changed));
        assert!(!matches!(opened, Ok(Ok(_))), "byte {position}");
    }
    for position in 0..sealed_cpa.len() {
        let opened = Ciphertext::<CpaHeader<S>>::from_bytes(&changed(&sealed_cpa, position))
            .map(|changed| abe::open_cpa(key, b"ad", &changed));
        assert!(!matches!(opened, Ok(Ok(_))), "byte {position}");
    }
}

#[test]
fn a_change_of_any_byte_is_rejected_by_fabeo() {
    let rng = &mut rng(2);
    a_change_of_any_byte_is_rejected(&fabeo(rng), rng);
}

#[test]
fn a_change_of_any_byte_is_rejected_by_waters() {
    let rng = &mut rng(12);
    a_change_of_any_byte_is_rejected(&waters(rng), rng);
}

#[test]
fn mismatched_associated_data_authorities_and_headers_are_rejected() {
    let rng = &mut rng(3);
    let (parameters, master) = abe::setup(rng);
    let (other_parameters, other_master) = abe::setup(rng);
    let set = attributes(&["a"]);
    let key = abe::keygen(&master, &set, rng);
    let sealed = abe::seal(&parameters, &policy("a"), b"record 7", b"text", rng);
    let open = |key, ad: &[u8], sealed| abe::open(&parameters, key, ad, sealed).err();
    assert_eq!(open(&key, b"record 7", &sealed), None);
    assert_eq!(open(&key, b"record 8", &sealed), Some(FAILED));
    assert_eq!(open(&key, b"", &sealed), Some(FAILED));
    let stranger = abe::keygen(&other_master, &set, rng);
    assert_eq!(open(&stranger, b"record 7", &sealed), Some(FAILED));
    let opened = abe::open(&other_parameters, &key, b"record 7", &sealed);
    assert_eq!(opened.err(), Some(FAILED));

    // The header of one ciphertext with the body of another.
    let second = abe::seal(&parameters, &policy("a"), b"record 7", b"text", rng);
    let (one, two) = (sealed.to_bytes(), second.to_bytes());
    let header = sealed.header().to_bytes().len();
    let mixed = [&one[..header], &two[header..]].concat();
    let mixed = Ciphertext::from_bytes(&mixed).unwrap();
    assert_eq!(open(&key, b"record 7", &mixed), Some(FAILED));
}

#[test]
fn headers_have_the_documented_length() {
    let rng = &mut rng(4);
    let (parameters, _) = abe::setup(rng);
    for (text, rows, tau) in
        [("a", 1, 1), ("a and b", 2, 1), ("a and (a or b)", 3, 2), ("2 of (a, a, a, b)", 4, 3)]
    {
        let (header, _) = abe::encapsulate_cpa(&parameters, &policy(text), rng);
        let expected = 3 + 4 + text.len() + 96 * (1 + tau) + 48 * rows;
        assert_eq!(header.to_bytes().len(), expected, "{text}");
        assert_eq!(header.policy().to_string(), text);
        let (header, _) = abe::encapsulate(&parameters, &policy(text), b"", rng);
        assert_eq!(header.to_bytes().len(), expected + 32, "{text}");
    }
}

#[test]
fn policies_and_plaintexts_beyond_64_kib_round_trip() {
    // A 16-bit length would overflow.
    let rng = &mut rng(5);
    let (parameters, master) = abe::setup(rng);
    let name = |i: usize| format!("{i:0>256}x")[1..].to_owned();
    let leaves = (0..300).map(|i| Node::Leaf(attribute(&name(i)))).collect();
    let policy = AccessPolicy::new(Node::Or(leaves)).unwrap();
    assert!(policy.to_string().len() > 1 << 16);
    let plaintext: Vec<u8> = (0..200_000).map(|i| i as u8).collect();
    let sealed = abe::seal(&parameters, &policy, b"ad", &plaintext, rng);
    let sealed = Ciphertext::from_bytes(&sealed.to_bytes()).unwrap();
    let key = abe::keygen(&master, &attributes(&[&name(299)]), rng);
    assert_eq!(*abe::open(&parameters, &key, b"ad", &sealed).unwrap(), plaintext);
    let stranger = abe::keygen(&master, &attributes(&[&name(300)]), rng);
    assert_eq!(
        abe::open(&parameters, &stranger, b"ad", &sealed).err(),
        Some(OpenError::PolicyNotSatisfied)
    );
}

#[test]
fn keys_and_headers_are_randomised() {
    let rng = &mut rng(6);
    let (parameters, master) = abe::setup(rng);
    let set = attributes(&["a"]);
    let keys = [abe::keygen(&master, &set, rng), abe::keygen(&master, &set, rng)];
    assert_ne!(keys[0].to_bytes(), keys[1].to_bytes());
    let (one, first) = abe::encapsulate(&parameters, &policy("a"), b"", rng);
    let (two, second) = abe::encapsulate(&parameters, &policy("a"), b"", rng);
    assert_ne!(one, two);
    assert_ne!(first, second);
    for key in &keys {
        assert_eq!(abe::decapsulate(&parameters, key, b"", &one).unwrap(), first);
        assert_eq!(abe::decapsulate(&parameters, key, b"", &two).unwrap(), second);
    }
}

#[test]
fn a_key_without_attributes_decrypts_nothing_and_debug_hides_secrets() {
    let rng = &mut rng(7);
    let (parameters, master) = abe::setup(rng);
    let key = abe::keygen(&master, &AttributeSet::default(), rng);
    let sealed = abe::seal_cpa(&parameters, &policy("1 of (a)"), b"", b"", rng);
    assert_eq!(abe::open_cpa(&key, b"", &sealed).err(), Some(OpenError::PolicyNotSatisfied));
    for shown in [format!("{key:?}"), format!("{master:?}")] {
        assert!(shown.contains("Secret(..)") && shown.len() < 60, "{shown}");
    }
}

/// Reads `g1^alpha`, which follows version, kind and suite.
fn master_point(bytes: &[u8]) -> G1 {
    let mut r = fields(bytes);
    r.u8().unwrap();
    r.g1().unwrap()
}

/// The sizes lie around the number of SIMD lanes.
#[test]
fn keys_and_headers_of_every_batch_size_satisfy_the_equations() {
    let rng = &mut rng(8);
    let (parameters, master) = abe::setup(rng);
    let hash = |name: &str| hash_to_g1(tag::FABEO_ATTRIBUTE, name.as_bytes());
    let base = hash_to_g1(tag::FABEO_BASE, b"");
    for n in [0, 1, 7, 8, 9, 17] {
        let names: Vec<String> = (0..n).map(|i| format!("a{i:0>2}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        // sk1 = g1^alpha B^r;  sk2[u] = H(u)^r;  sk3 = g2^r
        let (alpha, r) = (master_point(&master.to_bytes()), Scalar::random(rng));
        let user = abe::fabeo::keygen_with_randomness(&master, &attributes(&names), &r);
        let key = AbeKey::of(&user);
        assert!(key.sk1 == alpha + base * r && key.sk3 == G2::generator() * r);
        assert_eq!(key.sk2.len(), n);
        assert!(key.sk2.iter().all(|(name, point)| *point == hash(name) * r));
        assert_eq!(
            <UserSecretKey>::from_bytes(&user.to_bytes()).unwrap().to_bytes(),
            user.to_bytes()
        );
        if n == 0 {
            continue;
        }

        let all = names.join(", ");
        for text in [
            format!("{n} of ({all})"),
            format!("1 of ({all})"),
            format!("{} of ({all}, z)", n / 2 + 1),
            format!("{} of ({all}, {all})", n + 1),
        ] {
            let policy = policy(&text);
            let program = policy.span_program();
            let coins = Coins::random::<Fabeo>(&program, rng);
            let Ok((header, content)) =
                encapsulate_cpa_with_randomness(&parameters, &policy, &coins);
            assert_eq!(abe::decapsulate_cpa(&user, &header), Ok(content), "{text}");
            assert_eq!(CpaHeader::from_bytes(&header.to_bytes()).as_ref(), Ok(&header), "{text}");
            // ct2[j] = g2^{s'[j]};  ct3[i] = B^{lambda_i} H(pi(i))^{s'[rho(i)]}
            let header = AbeHeader::of(&header);
            let masks = coins.masks.iter().map(|mask| G2::generator() * *mask);
            assert_eq!(header.ct2, masks.collect::<Vec<_>>(), "{text}");
            let rows = program.rows().iter().zip(program.share(&coins.vector));
            let row = |(row, lambda): (&Row, Scalar)| {
                base * lambda
                    + hash_to_g1(tag::FABEO_ATTRIBUTE, &row.attribute.identity())
                        * coins.masks[row.occurrence]
            };
            assert_eq!(header.ct3, rows.map(row).collect::<Vec<_>>(), "{text}");
        }
    }
}
