//! What must not open, verify or be taken into a key, and why. Everything here is well formed.

use super::{AD, PLAINTEXT, Transform, sealed};
use crate::common::{AbeKey, forge, policy, rng};
use crate::vectors::format::{Fields, Refusals, compare_or_write};
use crate::vectors::invalid::negated;
use epione::abe::encapsulate_cpa_with_randomness;
use epione::abe::fabeo::epochs::{EpochAuthority, Token, refresh};
use epione::abe::fabeo::{self, verify_consistency, verify_key};
use epione::abe::pang::{self, AttributeAuthority, AttributeKey, Component, KeyShare, Pang};
use epione::abe::rouselakis_waters::{self, RouselakisWaters};
use epione::abe::waters::{self, Waters};
use epione::abe::{
    self, Ciphertext, CpaHeader, Header, PublicParameters, Scheme, UserSecretKey,
    VerifyEncapsulation,
};
use epione::algebra::codec::{Canonical, Reader, Writer};
use epione::algebra::hash::kdf;
use epione::algebra::tag::{self, Kind};
use epione::algebra::{G1, Gt, Scalar};
use epione::policy::{Attribute, AttributeSet, Name};
use std::collections::BTreeMap;

/// A comment, the class of the fault, the bytes, and whether they are accepted.
type Case = (&'static str, &'static str, Vec<u8>, bool);

/// A group of cases, judged by the library.
fn group(
    file: &mut Refusals,
    name: &'static str,
    context: Fields,
    cases: Vec<Case>,
    accepts: impl Fn(&[u8]) -> bool,
) {
    file.group(name, context);
    for (comment, flag, bytes, valid) in cases {
        assert_eq!(accepts(&bytes), valid, "{name}: {comment}");
        file.test(comment, flag, &bytes, valid);
    }
}

fn set(text: &str) -> AttributeSet {
    text.parse().unwrap()
}

/// `bytes` with the parts of `length` at two places exchanged.
fn exchanged(bytes: &[u8], one: usize, two: usize, length: usize) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    changed[one..one + length].copy_from_slice(&bytes[two..two + length]);
    changed[two..two + length].copy_from_slice(&bytes[one..one + length]);
    changed
}

/// Whether a ciphertext opens to the plaintext of these files.
fn opens<S: VerifyEncapsulation>(
    parameters: &PublicParameters<S>,
    key: &UserSecretKey<S>,
    bytes: &[u8],
) -> bool {
    let ciphertext = Ciphertext::<Header<S>>::from_bytes(bytes).unwrap();
    abe::open(parameters, key, AD, &ciphertext).is_ok_and(|text| text[..] == *PLAINTEXT)
}

/// [`opens`] against chosen plaintexts.
fn opens_cpa<S: Scheme>(key: &UserSecretKey<S>, bytes: &[u8]) -> bool {
    let ciphertext = Ciphertext::<CpaHeader<S>>::from_bytes(bytes).unwrap();
    abe::open_cpa(key, AD, &ciphertext).is_ok_and(|text| text[..] == *PLAINTEXT)
}

/// Ciphertexts under `a or b`, for a key for `a`: suite 1, text 4 and 6, then the encapsulation, which starts
/// with an element of `first` bytes and has two rows of 48 at `rows`, then `masked` 32 and the body. Under
/// another text, the key does not need the element of G2 at `unused`.
fn ciphertexts<S: VerifyEncapsulation<Error = std::convert::Infallible>>(
    file: &mut Refusals,
    name: &'static str,
    (parameters, key, z_alpha): (&PublicParameters<S>, &UserSecretKey<S>, &Gt),
    (first, rows, encapsulation): (usize, usize, usize),
    (unused, text): (usize, &str),
) {
    let rng = &mut rng(2029);
    let mut seal =
        |text: &str, ad: &[u8]| abe::seal(parameters, &policy(text), ad, PLAINTEXT, rng).to_bytes();
    let (honest, second) = (seal("a or b", AD), seal("a or b", AD));
    let body = 13 + encapsulation + 32;
    let respelt = |text: &str| {
        let length = (text.len() as u32).to_be_bytes();
        [&honest[..3], &length, text.as_bytes(), &honest[13..]].concat()
    };
    let mut masked = honest.clone();
    masked[body - 1] ^= 1;
    let mut last = honest.clone();
    *last.last_mut().unwrap() ^= 1;
    let cases = vec![
        ("as it was made", "Valid", honest.clone(), true),
        ("a policy that the key does not satisfy", "Policy", seal("b and c", AD), false),
        ("another policy over the same elements", "PolicySwapped", respelt("1 of (a, b)"), false),
        ("the policy's attributes exchanged", "PolicySwapped", respelt("b or a"), false),
        ("a row of the branch that the key opens negated", "Row", negated(&honest, rows), false),
        ("a row of the other branch negated", "Row", negated(&honest, rows + 48), false),
        (
            "a header that its author made for the other branch not to open",
            "DishonestHeader",
            dishonest(parameters, key, z_alpha, ("a or b", rows + 48)),
            false,
        ),
        (
            "a header that its author made with a wrong element of G2 that the key does not need",
            "DishonestHeader",
            dishonest(parameters, key, z_alpha, (text, unused)),
            false,
        ),
        ("two rows exchanged", "Row", exchanged(&honest, rows, rows + 48, 48), false),
        (
            "the first element of another header",
            "Mixed",
            [&honest[..13], &second[13..13 + first], &honest[13 + first..]].concat(),
            false,
        ),
        (
            "the encapsulation of another header",
            "Mixed",
            [&second[..body - 32], &honest[body - 32..]].concat(),
            false,
        ),
        ("the masked message changed", "Masked", masked, false),
        (
            "the body of another ciphertext",
            "Mixed",
            [&honest[..body], &second[body..]].concat(),
            false,
        ),
        ("the body changed", "Body", last, false),
        ("other associated data", "Context", seal("a or b", b"record 8"), false),
    ];
    let context = Fields::default()
        .hex("parameters", parameters.to_bytes())
        .hex("user_key", key.to_bytes())
        .hex("ad", AD);
    group(file, name, context, cases, |bytes| opens(parameters, key, bytes));
}

/// A ciphertext whose author negated an element that a key for `a` does not need before he masked the message
/// and sealed the body: all that follows from the message fits. Only the check of the transform refuses it;
/// without, it opens for `a` and not for who needs the element.
fn dishonest<S: VerifyEncapsulation<Error = std::convert::Infallible>>(
    parameters: &PublicParameters<S>,
    key: &UserSecretKey<S>,
    z_alpha: &Gt,
    (text, place): (&str, usize),
) -> Vec<u8> {
    let policy = policy(text);
    let transform = Transform::new(parameters, &policy, [7; 32]);
    let coins = transform.coins::<S>(&policy);
    let shared = z_alpha.pow(&coins.vector[0]);
    let Ok((honest, _)) = encapsulate_cpa_with_randomness(parameters, &policy, &coins);
    let header = negated(&honest.to_bytes(), place);
    // Against chosen plaintexts it opens for `a`, as it stands.
    let opened = abe::decapsulate_cpa(key, &CpaHeader::from_bytes(&header).unwrap()).unwrap();
    assert_eq!(opened.expose(), kdf(tag::ABE_KEY, &shared.to_bytes(), &[&header]).expose());
    let masked = transform.masked(&shared, &header[2..]);
    let fields = [&header[2..], &masked].concat();
    sealed(Kind::AbeCiphertext, Kind::AbeHeader, &fields, &transform.key)
}

/// A key's attributes with the bytes of a component each, between fixed parts.
struct Parts {
    start: Vec<u8>,
    set: AttributeSet,
    fixed: Vec<u8>,
    components: BTreeMap<Attribute, Vec<u8>>,
}

impl Parts {
    fn of(key: &[u8], fixed: usize) -> Self {
        let mut r = Reader::new(&key[3..]);
        let set = AttributeSet::read(&mut r).unwrap();
        let fixed = r.take(fixed).unwrap().to_vec();
        let expanded = set.expanded().into_iter();
        let components = expanded.map(|u| (u, r.take(48).unwrap().to_vec())).collect();
        assert_eq!(r.end(), Ok(()));
        Self { start: key[..3].to_vec(), set, fixed, components }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut w = Writer::default();
        w.fixed(&self.start);
        self.set.write(&mut w);
        w.fixed(&self.fixed);
        self.components.values().for_each(|component| w.fixed(component));
        w.finish()
    }

    /// The components of another key that this one lacks.
    fn with(mut self, other: &Self) -> Self {
        other.set.iter().try_for_each(|u| self.set.insert(u)).unwrap();
        for (u, component) in &other.components {
            self.components.entry(u.clone()).or_insert_with(|| component.clone());
        }
        self
    }

    /// The component of `from` once more under the name of `to`.
    fn relabelled(mut self, from: &str, to: &str) -> Self {
        let component = self.components[&Attribute::new(from).unwrap()].clone();
        self.set.insert(Name::new(to).unwrap()).unwrap();
        self.components.insert(Attribute::new(to).unwrap(), component);
        self
    }
}

/// Keys against one ciphertext under `a and b`.
fn keys<S: VerifyEncapsulation<Error = std::convert::Infallible>>(
    file: &mut Refusals,
    name: &'static str,
    (parameters, other): (&PublicParameters<S>, Vec<u8>),
    [both, a, b]: [UserSecretKey<S>; 3],
    fixed: usize,
) {
    let rng = &mut rng(2030);
    let sealed = abe::seal(parameters, &policy("a and b"), AD, PLAINTEXT, rng).to_bytes();
    let [both, a, b] = [both, a, b].map(|key| key.to_bytes());
    let parts = |key: &[u8]| Parts::of(key, fixed);
    let mut fixed_of_b = parts(&a).with(&parts(&b));
    fixed_of_b.fixed = parts(&b).fixed;
    let places = 3 + (both.len() - 3 - fixed - 96);
    let cases = vec![
        ("a key for both", "Valid", both.clone(), true),
        ("a key for a", "Policy", a.clone(), false),
        (
            "keys of two users: a's with b's component",
            "Collusion",
            parts(&a).with(&parts(&b)).bytes(),
            false,
        ),
        (
            "keys of two users: b's with a's component",
            "Collusion",
            parts(&b).with(&parts(&a)).bytes(),
            false,
        ),
        (
            "keys of two users: both components, the rest of b's",
            "Collusion",
            fixed_of_b.bytes(),
            false,
        ),
        (
            "a's component under the name of b",
            "Relabelled",
            parts(&a).relabelled("a", "b").bytes(),
            false,
        ),
        ("the first element negated", "Element", negated(&both, places), false),
        ("a key of another authority", "Authority", other, false),
    ];
    let context = Fields::default()
        .hex("parameters", parameters.to_bytes())
        .hex("ad", AD)
        .hex("ciphertext", &sealed);
    group(file, name, context, cases, |bytes| {
        opens(parameters, &UserSecretKey::<S>::from_bytes(bytes).unwrap(), &sealed)
    });
}

#[test]
fn refused_by_fabeo() {
    let mut file = Refusals::new(
        "EPIONE-V1-INVALID-ABE-FABEO",
        "FABEO against chosen ciphertexts: ciphertexts, keys, locks and tokens that are well formed and \
         must be refused.",
    );
    let rng = &mut rng(2028);
    let alpha = Scalar::random(rng);
    let (parameters, master) = fabeo::setup_with_randomness(&alpha);
    let z_alpha = Gt::generator().pow(&alpha);
    let (_, other) = fabeo::setup(rng);
    let [both, a, b] = ["a, b", "a", "b"].map(|held| fabeo::keygen(&master, &set(held), rng));
    ciphertexts(
        &mut file,
        "abe: open a ciphertext",
        (&parameters, &a, &z_alpha),
        (96, 13 + 96 + 96, 2 * 96 + 2 * 48),
        // The second of ct2.
        (21 + 96 + 96, "a or (a and b)"),
    );
    let stranger = fabeo::keygen(&other, &set("a, b"), rng).to_bytes();
    let all = [both.clone(), a.clone(), b.clone()];
    keys(&mut file, "abe: open with a key", (&parameters, stranger.clone()), all, 48 + 96);

    let mut mixed = AbeKey::of(&a);
    mixed.sk3 = AbeKey::of(&b).sk3;
    let honest = both.to_bytes();
    let cases = vec![
        ("as it was issued", "Valid", honest.clone(), true),
        ("one component only", "Valid", a.to_bytes(), true),
        ("sk1 negated", "Sk1", negated(&honest, honest.len() - 96 - 96 - 48), false),
        ("sk3 negated", "Sk3", negated(&honest, honest.len() - 96 - 96), false),
        ("a component negated", "Sk2", negated(&honest, honest.len() - 48), false),
        (
            "the components exchanged",
            "Relabelled",
            exchanged(&honest, honest.len() - 96, honest.len() - 48, 48),
            false,
        ),
        ("sk3 of another key", "Collusion", mixed.assemble().to_bytes(), false),
        ("of another authority", "Authority", stranger, false),
    ];
    let context = Fields::default().hex("parameters", parameters.to_bytes());
    group(&mut file, "fabeo: verify a key", context, cases, |bytes| {
        verify_key(&parameters, &<UserSecretKey>::from_bytes(bytes).unwrap()).is_ok()
    });

    // Suite 1, text 4 and 21, ct1 96, ct2 twice 96, four rows of 48.
    let text = "(a and (a or b)) or c";
    let honest = abe::encapsulate_cpa(&parameters, &policy(text), rng).0.to_bytes();
    let elements = 3 + 4 + text.len();
    let rows = elements + 3 * 96;
    assert_eq!(honest.len(), rows + 4 * 48);
    let cases = vec![
        ("as it was made", "Valid", honest.clone(), true),
        ("ct1 negated", "Ct1", negated(&honest, elements), false),
        ("an element of ct2 negated", "Ct2", negated(&honest, elements + 96), false),
        (
            "the elements of ct2 exchanged",
            "Ct2",
            exchanged(&honest, elements + 96, elements + 192, 96),
            false,
        ),
        ("a row negated", "Row", negated(&honest, rows + 3 * 48), false),
        ("two rows exchanged", "Row", exchanged(&honest, rows, rows + 48, 48), false),
    ];
    group(&mut file, "fabeo: verify a header", Fields::default(), cases, |bytes| {
        verify_consistency(&<CpaHeader>::from_bytes(bytes).unwrap()).is_ok()
    });

    let mut authority = EpochAuthority::new(master, rng);
    let old = authority.issue("Ada", &set("oncology")).unwrap();
    let mut earlier = EpochAuthority::from_bytes(&authority.to_secret_bytes()).unwrap();
    earlier.rekey();
    let of_old = earlier.token("Ada", 1).unwrap().to_bytes();
    authority.issue("Ada", &set("cardiology")).unwrap();
    authority.issue("Bose", &set("oncology")).unwrap();
    authority.rekey();
    let token = |gid: &str| authority.token(gid, 1).unwrap().to_bytes();
    let mut other_epoch = of_old.clone();
    other_epoch[9] = 2;
    let cases = vec![
        ("of the key's generation", "Valid", of_old.clone(), true),
        ("of the user's next generation", "Generation", token("Ada"), false),
        ("of another user", "User", token("Bose"), false),
        ("under the name of another epoch", "Epoch", other_epoch, false),
        ("negated", "Element", negated(&of_old, 10), false),
    ];
    let context = Fields::default().hex("user_key", old.to_bytes());
    group(&mut file, "fabeo: take a token into a key", context, cases, |bytes| {
        refresh(&old, &Token::from_bytes(bytes).unwrap()).is_ok()
    });
    compare_or_write("invalid/abe-fabeo.json", &file);
}

#[test]
fn refused_by_waters() {
    let mut file = Refusals::new(
        "EPIONE-V1-INVALID-ABE-WATERS",
        "Waters' scheme against chosen ciphertexts: ciphertexts and keys that are well formed and must be \
         refused.",
    );
    let rng = &mut rng(2031);
    let alpha = Scalar::random(rng);
    let (parameters, master) = waters::setup_with_randomness(&Scalar::random(rng), &alpha);
    let z_alpha = Gt::generator().pow(&alpha);
    let (_, other) = waters::setup(rng);
    let [both, a, b] = ["a, b", "a", "b"].map(|held| waters::keygen(&master, &set(held), rng));
    let encapsulation = 48 + 2 * 48 + 2 * 96;
    ciphertexts::<Waters>(
        &mut file,
        "abe: open a ciphertext",
        (&parameters, &a, &z_alpha),
        (48, 13 + 48, encapsulation),
        // The second of D.
        (13 + 48 + 2 * 48 + 96, "a or b"),
    );
    let stranger = waters::keygen(&other, &set("a, b"), rng).to_bytes();
    keys(&mut file, "abe: open with a key", (&parameters, stranger), [both, a, b], 96 + 96);
    compare_or_write("invalid/abe-waters.json", &file);
}

#[test]
fn refused_by_rouselakis_waters() {
    let mut file = Refusals::new(
        "EPIONE-V1-INVALID-ABE-DECENTRALISED",
        "Rouselakis and Waters' scheme: keys that are well formed and must not open.",
    );
    let rng = &mut rng(2032);
    let (of_h, h) = rouselakis_waters::setup("H", rng);
    let (of_l, l) = rouselakis_waters::setup("L", rng);
    let (_, impostor) = rouselakis_waters::setup("L", rng);
    let parameters = of_h.merge(&of_l).unwrap();
    let mut keygen = |master, gid: &str, name: &str| {
        rouselakis_waters::keygen(master, gid, &set(name), rng).unwrap()
    };
    let (ada, ada_l) = (keygen(&h, "Ada", "a@H"), keygen(&l, "Ada", "b@L"));
    let bob_l = keygen(&l, "Bob", "b@L");
    let forged_l = keygen(&impostor, "Ada", "b@L");
    let mut renamed = bob_l.to_bytes();
    let place = renamed.windows(3).position(|three| three == b"Bob").unwrap();
    renamed[place..place + 3].copy_from_slice(b"Ada");
    let renamed = UserSecretKey::<RouselakisWaters>::from_bytes(&renamed).unwrap();
    let mut strange = ada.merge(&ada_l).unwrap().to_bytes();
    let place = strange.windows(3).position(|three| three == b"Ada").unwrap();
    strange[place..place + 3].copy_from_slice(b"Bob");
    let sealed = abe::try_seal_cpa(&parameters, &policy("a@H and b@L"), AD, PLAINTEXT, rng);
    let sealed = sealed.unwrap().to_bytes();
    let cases = vec![
        ("of one user by both authorities", "Valid", ada.merge(&ada_l).unwrap().to_bytes(), true),
        ("by one authority", "Policy", ada.to_bytes(), false),
        (
            "of two users, under one name",
            "Collusion",
            ada.merge(&renamed).unwrap().to_bytes(),
            false,
        ),
        ("under another name", "User", strange, false),
        (
            "one of an authority of the same name",
            "Authority",
            ada.merge(&forged_l).unwrap().to_bytes(),
            false,
        ),
    ];
    let context = Fields::default().hex("ad", AD).hex("ciphertext", &sealed);
    group(&mut file, "abe: open with a key", context, cases, |bytes| {
        opens_cpa(&UserSecretKey::<RouselakisWaters>::from_bytes(bytes).unwrap(), &sealed)
    });
    compare_or_write("invalid/abe-rouselakis-waters.json", &file);
}

#[test]
fn refused_by_pang() {
    let mut file = Refusals::new(
        "EPIONE-V1-INVALID-ABE-REVOCABLE",
        "The mended scheme of Pang et al.: keys, shares and components that are well formed and must be \
         refused.",
    );
    let rng = &mut rng(2033);
    let (parameters, master) = pang::setup(rng);
    let x = Name::new("x").unwrap();
    let [v, next] = [(); 2].map(|()| Scalar::random(rng));
    let [mut old, mut new] = [(0, v), (1, next)]
        .map(|(epoch, v)| AttributeAuthority::new_with_randomness(x.clone(), epoch, &v));
    let verified = |gid| pang::key_share(&master, gid, &x).unwrap().verify().unwrap();
    let of_ada = old.issue(verified("Ada")).unwrap();
    let ada = pang::enrol(&master, "Ada").unwrap();
    let ada = ada.with_component(&of_ada, &old.public_key()).unwrap();
    let renewed =
        ada.with_component(&new.issue(verified("Ada")).unwrap(), &new.public_key()).unwrap();
    let of_bob = new.issue(verified("Bob")).unwrap().to_bytes();
    let after = parameters.with_attribute_key(&new.public_key()).unwrap();
    let sealed = abe::try_seal_cpa(&after, &policy("x"), AD, PLAINTEXT, rng).unwrap().to_bytes();

    // A key for one attribute in one epoch ends with count 4, epoch 4, D_x 48.
    let honest = ada.to_bytes();
    let start = honest.len() - 52;
    let in_epoch = |point: &[u8]| [&honest[..start], &1_u32.to_be_bytes(), point].concat();
    let stale = &honest[start + 4..];
    let read_g1 = |bytes: &[u8]| Reader::new(bytes).g1().unwrap();
    let by = |point: G1, factor: Scalar| (point * factor).to_bytes().to_vec();
    let (d_x, inverse) = (read_g1(stale), next.inverse().unwrap());
    let cases = vec![
        ("renewed by the manager", "Valid", renewed.to_bytes(), true),
        ("of the epoch before", "Epoch", honest.clone(), false),
        ("the old component under the name of the new epoch", "Revoked", in_epoch(stale), false),
        (
            "another user's component of the new epoch",
            "Collusion",
            in_epoch(&of_bob[of_bob.len() - 48..]),
            false,
        ),
        ("the old component raised by half of the factor", "Revoked", in_epoch(&by(d_x, v)), false),
        // What nobody may ever be handed.
        ("the old component and the factor v / v'", "Valid", in_epoch(&by(d_x, v * inverse)), true),
    ];
    let context = Fields::default().hex("ad", AD).hex("ciphertext", &sealed);
    group(&mut file, "abe: open with a key", context, cases, |bytes| {
        opens_cpa(&UserSecretKey::<Pang>::from_bytes(bytes).unwrap(), &sealed)
    });

    let share =
        |attribute: &str| pang::key_share(&master, "Ada", &Name::new(attribute).unwrap()).unwrap();
    let honest = share("x").to_bytes();
    let mut of_y = share("y").to_bytes();
    let place = of_y.iter().position(|byte| *byte == b'y').unwrap();
    of_y[place] = b'x';
    let hash = epione::algebra::hash::hash_to_g1(tag::REVOCABLE_ATTRIBUTE, b"x");
    let with_point = |point: &[u8]| [&honest[..honest.len() - 48], point].concat();
    let cases = vec![
        ("as the centre sent it", "Valid", honest.clone(), true),
        ("of another attribute", "Attribute", of_y, false),
        (
            "a point that a user would like to have raised",
            "Oracle",
            with_point(&hash.to_bytes()),
            false,
        ),
        ("the user's own component", "Oracle", with_point(stale), false),
        ("negated", "Element", negated(&honest, honest.len() - 48), false),
    ];
    group(&mut file, "pang: verify a share", Fields::default(), cases, |bytes| {
        KeyShare::from_bytes(bytes).unwrap().verify().is_ok()
    });

    // Attribute 4 and 1, epoch 4, g2_v 96, P 48.
    let honest = new.public_key().key().to_bytes();
    let (epoch, point, proof) = (2 + 5, 2 + 9, 2 + 9 + 96);
    let with_key = |bytes: &[u8]| [&honest[..point], bytes, &honest[proof..]].concat();
    let mut later = honest.clone();
    later[epoch + 3] = 2;
    let mut of_y = honest.clone();
    of_y[epoch - 1] = b'y';
    let of_old = old.public_key().key().to_bytes();
    let of_her = (*share("x").d_prime() * v).to_bytes();
    let cases = vec![
        ("as the manager published it", "Valid", honest.clone(), true),
        ("under the number of another epoch", "Epoch", later, false),
        ("under the name of another attribute", "Attribute", of_y, false),
        ("the proof negated", "Proof", negated(&honest, proof), false),
        ("the key negated", "Key", negated(&honest, point), false),
        ("the key of another epoch", "Key", with_key(&of_old[point..proof]), false),
        // Her D' to a power that she knows: H(x) to its inverse would be her component.
        ("a key that is a power of a user's element", "RogueKey", with_key(&of_her), false),
    ];
    group(&mut file, "pang: verify an attribute key", Fields::default(), cases, |bytes| {
        AttributeKey::from_bytes(bytes).unwrap().verify().is_ok()
    });

    let honest = of_ada.to_bytes();
    let mut later = honest.clone();
    let epoch = later.len() - 52 + 3;
    later[epoch] = 1;
    let renamed = forge::<Component>(|w| {
        w.bytes(b"Ada");
        w.bytes(b"x");
        w.u32(0);
        w.fixed(&of_bob[of_bob.len() - 48..]);
    });
    let cases = vec![
        ("as the manager issued it", "Valid", honest.clone(), true),
        ("of another user", "User", of_bob.clone(), false),
        ("of another user, under her name", "User", renamed.to_bytes(), false),
        ("of another epoch", "Epoch", later, false),
        ("negated", "Element", negated(&honest, honest.len() - 48), false),
    ];
    let bare = pang::enrol(&master, "Ada").unwrap();
    let key = old.public_key();
    let context = Fields::default()
        .hex("user_key", bare.to_bytes())
        .hex("attribute_key", key.key().to_bytes());
    group(&mut file, "pang: take a component into a key", context, cases, |bytes| {
        bare.with_component(&Component::from_bytes(bytes).unwrap(), &key).is_ok()
    });
    compare_or_write("invalid/abe-pang.json", &file);
}
