//! FABEO against keys that do not satisfy the policy, alone and pooled.

use crate::common::{AbeHeader, AbeKey, attributes, forge, policy, rng};
use crate::soundness::formal::content_key;
use epione::abe::encapsulate_cpa_with_randomness;
use epione::abe::fabeo::{self, Fabeo as Library};
use epione::abe::{self, Ciphertext, Coins, CpaHeader, Header, MasterSecretKey, PublicParameters};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::{framed, hash_to_g1, hash_to_scalar};
use epione::algebra::{G1, G2, Gt, Scalar, multi_pairing, tag};
use epione::policy::{AccessPolicy, Attribute};
use rand_chacha::ChaCha20Rng;

/// FABEO written a second time, with the faults that others have shipped.
#[derive(Clone, Copy)]
struct Fabeo {
    /// One `s'` for all rows instead of one an occurrence.
    one_mask: bool,
    /// `H(u) = g1^{h(u)}` instead of a hash to the curve.
    known_logarithm: bool,
}

const OURS: Fabeo = Fabeo { one_mask: false, known_logarithm: false };
const ONE_MASK: Fabeo = Fabeo { one_mask: true, ..OURS };
const KNOWN_LOGARITHM: Fabeo = Fabeo { known_logarithm: true, ..OURS };

/// `h(u)`, of which the planted hash makes `g1^{h(u)}`.
fn logarithm(name: &str) -> Scalar {
    hash_to_scalar(tag::FABEO_ATTRIBUTE, name.as_bytes())
}

/// Of a plain name, which all attributes here are.
fn name(attribute: &Attribute) -> &str {
    match attribute {
        Attribute::Name(name) => name.as_str(),
        other => panic!("{other} is no plain name"),
    }
}

fn base() -> G1 {
    hash_to_g1(tag::FABEO_BASE, b"")
}

impl Fabeo {
    fn hash(&self, name: &str) -> G1 {
        if self.known_logarithm {
            G1::generator() * logarithm(name)
        } else {
            hash_to_g1(tag::FABEO_ATTRIBUTE, name.as_bytes())
        }
    }

    /// `sk1 = g1^alpha B^r;  sk2[u] = H(u)^r;  sk3 = g2^r`.
    fn keygen(&self, alpha: Scalar, names: &[&str], r: Scalar) -> AbeKey {
        AbeKey {
            sk1: G1::generator() * alpha + base() * r,
            sk2: names.iter().map(|u| (u.to_string(), self.hash(u) * r)).collect(),
            sk3: G2::generator() * r,
        }
    }

    /// `ct1 = g2^s;  ct2[j] = g2^{s'[j]};  ct3[i] = B^{lambda_i} H(pi(i))^{s'[rho(i)]}`.
    fn encapsulate(&self, policy: &AccessPolicy, coins: &Coins) -> AbeHeader {
        let program = policy.span_program();
        let mask = |j: usize| coins.masks[if self.one_mask { 0 } else { j }];
        let lambdas = program.share(&coins.vector);
        let rows = program.rows().iter().zip(lambdas);
        AbeHeader {
            policy: policy.clone(),
            ct1: G2::generator() * coins.vector[0],
            ct2: (0..coins.masks.len()).map(|j| G2::generator() * mask(j)).collect(),
            ct3: rows
                .map(|(row, lambda)| {
                    base() * lambda + self.hash(name(&row.attribute)) * mask(row.occurrence)
                })
                .collect(),
        }
    }
}

/// The coins of one encapsulation.
fn coins(policy: &AccessPolicy, rng: &mut ChaCha20Rng) -> Coins {
    Coins::random::<Library>(&policy.span_program(), rng)
}

fn minus_one() -> Scalar {
    -Scalar::ONE
}

/// `Z_s` as Decaps would compute it from any components and any coefficients:
/// `e(sk1, ct1) prod_j e(prod_{rho(i) = j} sk2_i^{gamma_i}, ct2[j]) e(prod ct3[i]^{-gamma_i}, sk3)`.
fn algebra(header: &AbeHeader, sk1: G1, sk3: G2, rows: &[(usize, Scalar, G1)]) -> Gt {
    let program = header.policy.span_program();
    let mut pairs = vec![(sk1, header.ct1)];
    for (i, gamma, component) in rows {
        let j = program.rows()[*i].occurrence;
        pairs.push((*component * *gamma, header.ct2[j]));
        pairs.push((-(header.ct3[*i] * *gamma), sk3));
    }
    multi_pairing(&pairs)
}

fn authority() -> (PublicParameters, MasterSecretKey, Scalar) {
    let alpha = Scalar::from(0xa11ce);
    let (parameters, master) = fabeo::setup_with_randomness(&alpha);
    (parameters, master, alpha)
}

#[test]
fn the_restated_scheme_is_the_library_when_no_fault_is_planted() {
    let (parameters, master, alpha) = authority();
    let policy = policy("a and (a or b) and 2 of (a, c, d and b)");
    let (coins, r) = (coins(&policy, &mut rng(1)), Scalar::from(77));
    let Ok((header, key)) = encapsulate_cpa_with_randomness(&parameters, &policy, &coins);
    assert_eq!(OURS.encapsulate(&policy, &coins).assemble(), header);
    assert_eq!(
        content_key(&Gt::generator().pow(&(alpha * coins.vector[0])), &header),
        *key.expose()
    );

    let user = fabeo::keygen_with_randomness(&master, &attributes(&["a", "c"]), &r);
    assert_eq!(OURS.keygen(alpha, &["a", "c"], r).assemble().to_bytes(), user.to_bytes());
}

#[test]
fn a_key_that_lacks_an_attribute_gets_nowhere_by_force() {
    // lambda_a = v, lambda_b = s - v: from row a alone only e(B, g2)^{r v} can be had.
    let (parameters, master, _) = authority();
    let (header, key) = abe::encapsulate_cpa(&parameters, &policy("a and b"), &mut rng(2));
    let view = AbeHeader::of(&header);
    let opens = |user: &AbeKey, stand_in: G1, gammas: [Scalar; 2]| {
        let a = user.component("a").unwrap();
        let z = algebra(&view, user.sk1, user.sk3, &[(0, gammas[0], a), (1, gammas[1], stand_in)]);
        content_key(&z, &header) == *key.expose()
    };

    let whole = AbeKey::of(&abe::keygen(&master, &attributes(&["a", "b"]), &mut rng(3)));
    assert!(opens(&whole, whole.component("b").unwrap(), [Scalar::ONE; 2]), "the attack can work");

    let user = AbeKey::of(&abe::keygen(&master, &attributes(&["a"]), &mut rng(4)));
    let a = user.component("a").unwrap();
    let hash_b = hash_to_g1(tag::FABEO_ATTRIBUTE, b"b");
    let stand_ins = [G1::identity(), a, -a, user.sk1, base(), hash_b, header_point(&view, 1)];
    let numbers = [Scalar::ZERO, Scalar::ONE, minus_one(), Scalar::from(2)];
    for stand_in in stand_ins {
        for gammas in numbers.iter().flat_map(|x| numbers.iter().map(|y| [*x, *y])) {
            assert!(!opens(&user, stand_in, gammas));
        }
    }
    assert_eq!(
        abe::decapsulate_cpa(&user.assemble(), &header).err(),
        Some(abe::OpenError::PolicyNotSatisfied)
    );
}

fn header_point(header: &AbeHeader, row: usize) -> G1 {
    header.ct3[row]
}

#[test]
fn a_component_relabelled_as_another_attribute_does_not_open() {
    // sk2["a"] sent as sk2["b"] passes every check of form; Q_j then holds H(a)^r, not H(b)^r.
    let (parameters, master, _) = authority();
    let (header, key) = abe::encapsulate_cpa(&parameters, &policy("a and b"), &mut rng(5));
    let mut user = AbeKey::of(&abe::keygen(&master, &attributes(&["a"]), &mut rng(6)));
    let a = user.component("a").unwrap();
    user.sk2.push(("b".into(), a));
    assert_ne!(abe::decapsulate_cpa(&user.assemble(), &header).unwrap(), key);
}

/// Every way to put a key for `a and b` together from parts of Alice's and Bob's.
fn mixes(alice: &AbeKey, bob: &AbeKey) -> Vec<AbeKey> {
    let a = alice.component("a").unwrap();
    let b = bob.component("b").unwrap();
    let sk1 = [alice.sk1, bob.sk1, alice.sk1 + bob.sk1, alice.sk1 - bob.sk1];
    let sk3 = [alice.sk3, bob.sk3, alice.sk3 + bob.sk3, alice.sk3 - bob.sk3];
    let sk2 = [(a, b), (a + b, b), (a, a + b), (a + b, a + b)];
    let mut keys = Vec::new();
    for sk1 in sk1 {
        for sk3 in sk3.iter().filter(|point| !point.is_identity()) {
            for (a, b) in sk2 {
                keys.push(AbeKey { sk1, sk2: vec![("a".into(), a), ("b".into(), b)], sk3: *sk3 });
            }
        }
    }
    keys.retain(|key| !key.sk1.is_identity());
    keys
}

#[test]
fn two_users_cannot_pool_their_keys() {
    // Alice's components carry r_A, Bob's r_B: the product leaves e(B, g2)^{(r_A - r_B) v} over.
    let (parameters, master, _) = authority();
    let (header, key) = abe::encapsulate_cpa(&parameters, &policy("a and b"), &mut rng(7));
    let pooled = |r_alice, r_bob| {
        let alice = fabeo::keygen_with_randomness(&master, &attributes(&["a"]), &r_alice);
        let bob = fabeo::keygen_with_randomness(&master, &attributes(&["b"]), &r_bob);
        let mixes = mixes(&AbeKey::of(&alice), &AbeKey::of(&bob));
        mixes.iter().any(|mix| abe::decapsulate_cpa(&mix.assemble(), &header).unwrap() == key)
    };
    let [r, r_alice, r_bob] = [11, 12, 13].map(Scalar::from);
    assert!(pooled(r, r), "planted: one r for two users");
    assert!(!pooled(r_alice, r_bob));

    // The same with each row unmasked by its own key, which no single mixed key can express:
    // e(sk1, ct1) prod_i e(sk2_i, ct2) / e(ct3[i], sk3_i).
    let view = AbeHeader::of(&header);
    let by_row = |r_alice, r_bob| {
        let alice =
            AbeKey::of(&fabeo::keygen_with_randomness(&master, &attributes(&["a"]), &r_alice));
        let bob = AbeKey::of(&fabeo::keygen_with_randomness(&master, &attributes(&["b"]), &r_bob));
        [alice.sk1, bob.sk1].into_iter().any(|sk1| {
            let z = multi_pairing(&[
                (sk1, view.ct1),
                (alice.component("a").unwrap(), view.ct2[0]),
                (-view.ct3[0], alice.sk3),
                (bob.component("b").unwrap(), view.ct2[0]),
                (-view.ct3[1], bob.sk3),
            ]);
            content_key(&z, &header) == *key.expose()
        })
    };
    assert!(by_row(r, r), "planted: one r for two users");
    assert!(!by_row(r_alice, r_bob));
}

#[test]
fn an_attribute_used_twice_does_not_open_for_the_other_branch() {
    // `a and (a or b)` shares v, s - v, s - v. With one s' the two rows of a have one mask, so
    // ct3[0] / ct3[1] = B^{2v - s}, and a key for b alone gets
    //   e(B, g2)^{r s} = (e(ct3[2], sk3) / e(sk2[b], ct2[0]))^2  e(ct3[0] / ct3[1], sk3),
    //   Z_s = e(sk1, ct1) / e(B, g2)^{r s}.
    let (_, _, alpha) = authority();
    let policy = policy("a and (a or b)");
    let attack = |scheme: Fabeo| {
        let coins = coins(&policy, &mut rng(8));
        let header = scheme.encapsulate(&policy, &coins);
        let user = scheme.keygen(alpha, &["b"], Scalar::from(99));
        let two = Scalar::from(2);
        let z = multi_pairing(&[
            (user.sk1, header.ct1),
            (-(header.ct3[2] * two), user.sk3),
            (user.component("b").unwrap() * two, header.ct2[0]),
            (header.ct3[1] - header.ct3[0], user.sk3),
        ]);
        z == Gt::generator().pow(&(alpha * coins.vector[0]))
    };
    assert!(attack(ONE_MASK), "planted: one s' for all rows");
    assert!(!attack(OURS));

    // And once more on what the library itself sends.
    let (parameters, master, _) = authority();
    let (header, key) = abe::encapsulate_cpa(&parameters, &policy, &mut rng(16));
    let user = AbeKey::of(&abe::keygen(&master, &attributes(&["b"]), &mut rng(17)));
    let (view, b, two) = (AbeHeader::of(&header), user.component("b").unwrap(), Scalar::from(2));
    assert_ne!(view.ct2[0], view.ct2[1], "one mask an occurrence");
    for (i, j) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let z = multi_pairing(&[
            (user.sk1, view.ct1),
            (-(view.ct3[2] * two), user.sk3),
            (b * two, view.ct2[i]),
            (view.ct3[1 - j] - view.ct3[j], user.sk3),
        ]);
        assert_ne!(content_key(&z, &header), *key.expose());
    }
}

#[test]
fn keys_cannot_be_forged_from_the_logarithms_of_hashes() {
    // If H(u) = g1^{h(u)}, then sk2[a]^{h(b)/h(a)} = H(b)^r: one component makes all others.
    let (_, _, alpha) = authority();
    let policy = policy("a and b");
    let attack = |scheme: Fabeo| {
        let coins = coins(&policy, &mut rng(9));
        let header = scheme.encapsulate(&policy, &coins);
        let user = scheme.keygen(alpha, &["a"], Scalar::from(55));
        let a = user.component("a").unwrap();
        let forged = a * (logarithm("b") * logarithm("a").inverse().unwrap());
        let rows = [(0, Scalar::ONE, a), (1, Scalar::ONE, forged)];
        let z = algebra(&header, user.sk1, user.sk3, &rows);
        z == Gt::generator().pow(&(alpha * coins.vector[0]))
    };
    assert!(attack(KNOWN_LOGARITHM), "planted: H(u) = g1^h(u)");
    assert!(!attack(OURS));
}

#[test]
fn a_policy_cannot_be_swapped_under_a_header() {
    // `a and b` and `b and a` share in opposite order; the header's bytes enter the key as well.
    let (parameters, master, _) = authority();
    let (header, key) = abe::encapsulate_cpa(&parameters, &policy("a and b"), &mut rng(10));
    let mut weaker = AbeHeader::of(&header);
    weaker.policy = policy("a or b");
    let user = abe::keygen(&master, &attributes(&["a"]), &mut rng(11));
    assert_ne!(abe::decapsulate_cpa(&user, &weaker.assemble()).unwrap(), key);
    // Same rows, another spelling of the gate: the algebra agrees, the key does not.
    let mut respelt = AbeHeader::of(&header);
    respelt.policy = policy("2 of (a, b)");
    let user = abe::keygen(&master, &attributes(&["a", "b"]), &mut rng(12));
    assert_eq!(abe::decapsulate_cpa(&user, &header).unwrap(), key);
    assert_ne!(abe::decapsulate_cpa(&user, &respelt.assemble()).unwrap(), key);
}

#[test]
fn a_dishonest_header_gives_two_users_two_keys_and_never_two_plaintexts() {
    // Documented: nothing proves a CPA header honest. With another ct3[1], `a or b` opens for a
    // and gives b Z_s / e(X, sk3_b). The commitment of the body then refuses him.
    let (parameters, master, _) = authority();
    let policy = policy("a or b");
    let coins = coins(&policy, &mut rng(13));
    let Ok((honest, _)) = encapsulate_cpa_with_randomness(&parameters, &policy, &coins);
    let mut dishonest = AbeHeader::of(&honest);
    dishonest.ct3[1] += G1::generator();
    let header = dishonest.assemble();
    let alice = abe::keygen(&master, &attributes(&["a"]), &mut rng(14));
    let bob = abe::keygen(&master, &attributes(&["b"]), &mut rng(15));
    let key = abe::decapsulate_cpa(&alice, &header).unwrap();
    assert_ne!(key, abe::decapsulate_cpa(&bob, &header).unwrap());
    let bytes = header.to_bytes();
    let body = epione::dem::seal(&key, &framed(&[b"ad", &bytes]), b"for Alice");
    let sealed: Ciphertext<CpaHeader> = forge(|w| {
        w.fixed(&bytes[2..]);
        w.bytes(&body);
    });
    assert_eq!(&*abe::open_cpa(&alice, b"ad", &sealed).unwrap(), b"for Alice");
    assert!(abe::open_cpa(&bob, b"ad", &sealed).is_err());
}

/// The same dishonest writer against the transform: whoever may open refuses, whatever his key is.
#[test]
fn a_dishonest_header_is_refused_by_all() {
    let (parameters, master, _) = authority();
    let (header, _) = abe::encapsulate(&parameters, &policy("a or b"), b"ad", &mut rng(18));
    let keys: Vec<_> = [&["a"][..], &["b"], &["a", "b"]]
        .into_iter()
        .map(|names| abe::keygen(&master, &attributes(names), &mut rng(19)))
        .collect();
    let verdicts = |header: &Header| -> Vec<bool> {
        keys.iter().map(|key| abe::decapsulate(&parameters, key, b"ad", header).is_ok()).collect()
    };
    assert_eq!(verdicts(&header), [true; 3]);

    // Suite 1, policy 4 + 6, ct1 96, ct2 96, ct3 48 twice, masked 32. Each row alone, and both.
    let bytes = header.to_bytes();
    let (rows, masked) = (2 + 1 + 10 + 192, bytes.len() - 32);
    let moved = |row: usize, by: G1| {
        let mut changed = bytes.clone();
        let place = rows + 48 * row..rows + 48 * (row + 1);
        let point = G1::from_bytes(changed[place.clone()].try_into().unwrap()).unwrap();
        changed[place].copy_from_slice(&(point + by).to_bytes());
        changed
    };
    let g = G1::generator();
    let both = {
        // Errors that cancel in a sum without weights.
        let (one, two) = (moved(0, g), moved(1, -g));
        [&one[..rows + 48], &two[rows + 48..]].concat()
    };
    for changed in [moved(0, g), moved(1, g), both] {
        let changed = Header::from_bytes(&changed).unwrap();
        assert_eq!(verdicts(&changed), [false; 3]);
    }
    let mut changed = bytes.clone();
    changed[masked] ^= 1;
    assert_eq!(verdicts(&Header::from_bytes(&changed).unwrap()), [false; 3]);
}

/// The transform against one who mauls a header and asks another to open it: nothing of what CPA lets
/// him learn is left.
#[test]
fn a_header_cannot_be_rerandomised() {
    let (parameters, master, alpha) = authority();
    let policy = policy("a");
    let user = abe::keygen(&master, &attributes(&["a"]), &mut rng(20));
    // CPA: with s := s + 1 everywhere, the key's element is Z^alpha times as much.
    let coins = coins(&policy, &mut rng(21));
    let Ok((header, _)) = encapsulate_cpa_with_randomness(&parameters, &policy, &coins);
    let mut shifted = AbeHeader::of(&header);
    shifted.ct1 += G2::generator();
    shifted.ct3[0] += base();
    let z = Gt::generator().pow(&(alpha * (coins.vector[0] + Scalar::ONE)));
    let shifted = shifted.assemble();
    let key = abe::decapsulate_cpa(&user, &shifted).unwrap();
    assert_eq!(content_key(&z, &shifted), *key.expose(), "planted: against chosen plaintexts only");

    let (header, _) = abe::encapsulate(&parameters, &policy, b"", &mut rng(22));
    assert!(abe::decapsulate(&parameters, &user, b"", &header).is_ok());
    let mut bytes = header.to_bytes();
    let ct1 = 2 + 1 + 5..2 + 1 + 5 + 96;
    let point = G2::from_bytes(bytes[ct1.clone()].try_into().unwrap()).unwrap();
    bytes[ct1].copy_from_slice(&(point + G2::generator()).to_bytes());
    let ct3 = 2 + 1 + 5 + 192..2 + 1 + 5 + 240;
    let point = G1::from_bytes(bytes[ct3.clone()].try_into().unwrap()).unwrap();
    bytes[ct3].copy_from_slice(&(point + base()).to_bytes());
    let shifted = Header::from_bytes(&bytes).unwrap();
    assert_eq!(
        abe::decapsulate(&parameters, &user, b"", &shifted).err(),
        Some(abe::OpenError::Decryption(epione::error::DecryptionFailed))
    );
}
