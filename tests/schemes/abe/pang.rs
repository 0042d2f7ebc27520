//! The revocable scheme: central authority, attribute authorities, revocation.

use super::FAILED;
use crate::common::{encoding, fields, policy, rng};
use epione::abe::pang::{
    AttributeAuthority, AttributeKey, Component, InvalidKeyShare, KeyError, KeyShare, Pang,
    UnknownAttribute, VerifiedAttributeKey, enrol, key_share, setup,
};
use epione::abe::{
    self, Ciphertext, CpaHeader, MasterSecretKey, OpenError, PublicParameters, UserSecretKey,
};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::hash_to_g1;
use epione::algebra::{G1, G2, Scalar, pairing, tag};
use epione::policy::{Attribute, Name};
use rand_chacha::ChaCha20Rng;
use std::collections::BTreeMap;

type Key = UserSecretKey<Pang>;

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

/// A central authority, one authority per attribute, and enrolled users.
struct Clinic {
    parameters: PublicParameters<Pang>,
    master: MasterSecretKey<Pang>,
    authorities: BTreeMap<Name, AttributeAuthority>,
    users: BTreeMap<String, Key>,
}

impl Clinic {
    fn new(attributes: &[&str], rng: &mut ChaCha20Rng) -> Self {
        let (parameters, master) = setup(rng);
        let authorities: BTreeMap<Name, AttributeAuthority> =
            attributes.iter().map(|x| (name(x), AttributeAuthority::new(name(x), rng))).collect();
        let keys = authorities.values().map(AttributeAuthority::public_key);
        let parameters =
            keys.fold(parameters, |parameters, key| parameters.with_attribute_key(&key).unwrap());
        Self { parameters, master, authorities, users: BTreeMap::new() }
    }

    /// Issues an attribute. Every message is encoded and decoded.
    fn issue(&mut self, gid: &str, attribute: &str) {
        let authority = self.authorities.get_mut(&name(attribute)).unwrap();
        let sent = key_share(&self.master, gid, &name(attribute)).unwrap();
        let sent = KeyShare::from_bytes(&sent.to_secret_bytes()).unwrap().verify().unwrap();
        let component = authority.issue(sent).unwrap();
        let component = Component::from_bytes(&component.to_secret_bytes()).unwrap();
        let key = authority.public_key();
        let user =
            self.users.entry(gid.to_owned()).or_insert_with(|| enrol(&self.master, gid).unwrap());
        *user = user.with_component(&component, &key).unwrap();
    }

    /// Revokes an attribute, publishes the new public key and issues components to the holders.
    fn revoke(&mut self, gid: &str, attribute: &str, rng: &mut ChaCha20Rng) {
        let authority = self.authorities.get_mut(&name(attribute)).unwrap();
        assert_eq!(authority.revoke(&[gid, "unknown"], rng), 1);
        let key = AttributeKey::from_bytes(&authority.public_key().key().to_bytes()).unwrap();
        let key = key.verify().unwrap();
        self.parameters = self.parameters.with_attribute_key(&key).unwrap();
        for component in authority.components() {
            let user = self.users.get_mut(component.gid()).unwrap();
            *user = user.with_component(&component, &key).unwrap();
        }
    }

    fn seal(&self, text: &str, rng: &mut ChaCha20Rng) -> Ciphertext<CpaHeader<Pang>> {
        abe::try_seal_cpa(&self.parameters, &policy(text), b"ad", b"text", rng).unwrap()
    }

    fn open(&self, gid: &str, sealed: &Ciphertext<CpaHeader<Pang>>) -> Option<OpenError> {
        let key = Key::from_bytes(&self.users[gid].to_secret_bytes()).unwrap();
        abe::open_cpa(&key, b"ad", sealed).map(|text| assert_eq!(&text[..], b"text")).err()
    }
}

const REFUSED: Option<OpenError> = Some(OpenError::PolicyNotSatisfied);

#[test]
fn a_revoked_user_cannot_decrypt_later_ciphertexts() {
    let rng = &mut rng(91);
    let mut clinic = Clinic::new(&["doctor", "oncology", "night"], rng);
    for (gid, attributes) in [
        ("Ada", &["doctor", "oncology"][..]),
        ("Bose", &["doctor", "oncology", "night"]),
        ("Cohn", &["doctor"]),
    ] {
        attributes.iter().for_each(|x| clinic.issue(gid, x));
    }
    let text = "doctor and (oncology or 2 of (oncology, night, doctor))";
    let before = clinic.seal("doctor and oncology", rng);
    let twice = clinic.seal(text, rng);
    assert_eq!(["Ada", "Bose", "Cohn"].map(|gid| clinic.open(gid, &before)), [None, None, REFUSED]);

    clinic.revoke("Ada", "oncology", rng);
    assert_eq!(clinic.parameters.epoch(&name("oncology")), Some(1));
    assert_eq!(clinic.parameters.epoch(&name("doctor")), Some(0));
    let after = clinic.seal("doctor and oncology", rng);
    assert_eq!(
        ["Ada", "Bose", "Cohn"].map(|gid| clinic.open(gid, &after)),
        [REFUSED, None, REFUSED]
    );
    // Earlier ciphertexts remain decryptable, and so do those with another satisfied branch.
    assert_eq!(["Ada", "Bose"].map(|gid| clinic.open(gid, &before)), [None; 2]);
    assert_eq!(["Ada", "Bose"].map(|gid| clinic.open(gid, &twice)), [None; 2]);
    assert_eq!(clinic.open("Ada", &clinic.seal("oncology or doctor", &mut *rng)), None);
    // A new holder decrypts the current epoch, including earlier ciphertexts of the epoch.
    clinic.issue("Cohn", "oncology");
    assert_eq!(clinic.open("Cohn", &after), None);
    assert_eq!(clinic.open("Cohn", &before), REFUSED);
    assert_eq!(clinic.users["Bose"].epochs(&name("oncology")), [0, 1]);
    assert_eq!(clinic.users["Cohn"].epochs(&name("oncology")), [1]);
    assert_eq!(clinic.users["Cohn"].epochs(&name("night")), [0; 0]);
    // A reissued attribute decrypts the current epoch, not those since the revocation.
    clinic.revoke("Bose", "oncology", rng);
    let between = clinic.seal("oncology", rng);
    clinic.revoke("Cohn", "oncology", rng);
    clinic.issue("Bose", "oncology");
    let now = clinic.seal("oncology", rng);
    assert_eq!(
        [&after, &between, &now].map(|sealed| clinic.open("Bose", sealed)),
        [None, REFUSED, None]
    );
    // Revoking a user who is not a holder changes nothing.
    let authority = clinic.authorities.get_mut(&name("oncology")).unwrap();
    assert_eq!(authority.revoke(&["Cohn"], rng), 0);
    assert_eq!((authority.epoch(), authority.holders().collect::<Vec<_>>()), (3, vec!["Bose"]));
}

/// Reads `D_x` from the encoding of a component.
fn point_of(component: &Component) -> G1 {
    let bytes = component.to_secret_bytes();
    let mut r = fields(&bytes);
    r.text(99).unwrap();
    r.text(99).unwrap();
    r.u32().unwrap();
    r.g1().unwrap()
}

fn forged(gid: &str, attribute: &str, epoch: u32, point: &G1) -> Component {
    Component::from_bytes(&encoding::<Component>(|w| {
        w.bytes(gid.as_bytes());
        w.bytes(attribute.as_bytes());
        w.u32(epoch);
        w.g1(point);
    }))
    .unwrap()
}

/// Returns the key with an unverified component.
fn spliced(key: &Key, attribute: &str, epoch: u32, point: &G1) -> Key {
    let bytes = key.to_secret_bytes();
    let mut r = fields(&bytes);
    assert_eq!(r.u8(), Ok(4));
    let set = epione::policy::AttributeSet::read(&mut r).unwrap();
    assert_eq!((set.len(), set.contains(&Attribute::new(attribute).unwrap())), (1, true));
    let (gid, d, d_prime) = (r.text(99).unwrap(), r.g1().unwrap(), r.g2().unwrap());
    Key::from_bytes(&encoding::<Key>(|w| {
        w.u8(4);
        set.write(w);
        w.bytes(gid.as_bytes());
        w.g1(&d);
        w.g2(&d_prime);
        w.list(&[epoch], |w, epoch| w.u32(*epoch));
        w.g1(point);
    }))
    .unwrap()
}

#[test]
fn a_revoked_component_decrypts_a_later_epoch_only_with_the_update_factor() {
    let rng = &mut rng(92);
    let (parameters, master) = setup(rng);
    let [v, next] = [(); 2].map(|()| Scalar::random(rng));
    let [mut old, mut new] = [(0, v), (1, next)]
        .map(|(epoch, v)| AttributeAuthority::new_with_randomness(name("x"), epoch, &v));
    let sent = key_share(&master, "Ada", &name("x")).unwrap().verify().unwrap();
    let component = old.issue(sent).unwrap();
    let ada = enrol(&master, "Ada").unwrap().with_component(&component, &old.public_key()).unwrap();
    let sealed = |key: &VerifiedAttributeKey, rng: &mut ChaCha20Rng| {
        abe::try_seal_cpa(
            &parameters.with_attribute_key(key).unwrap(),
            &policy("x"),
            b"",
            b"text",
            rng,
        )
        .unwrap()
    };
    let (before, after) = (sealed(&old.public_key(), rng), sealed(&new.public_key(), rng));
    let d_x = point_of(&component);
    assert!(abe::open_cpa(&ada, b"", &before).is_ok());
    assert_eq!(abe::open_cpa(&ada, b"", &after).err(), REFUSED);
    // Without the check of epochs: the revoked component, and the component of another user.
    let stale = spliced(&ada, "x", 1, &d_x);
    assert_eq!(abe::open_cpa(&stale, b"", &after).err(), Some(FAILED));
    let bose = key_share(&master, "Bose", &name("x")).unwrap().verify().unwrap();
    let bose = point_of(&new.issue(bose).unwrap());
    assert_eq!(abe::open_cpa(&spliced(&ada, "x", 1, &bose), b"", &after).err(), Some(FAILED));
    // Deliberate fault: the factor v / v' converts the revoked component into a current one.
    let updated = d_x * (v * next.inverse().unwrap());
    assert!(abe::open_cpa(&spliced(&ada, "x", 1, &updated), b"", &after).is_ok());
    // With D_x as printed in the paper, without t, an authorised user cannot decrypt.
    let printed = hash_to_g1(tag::REVOCABLE_ATTRIBUTE, b"x") * v.inverse().unwrap();
    assert_eq!(abe::open_cpa(&spliced(&ada, "x", 0, &printed), b"", &before).err(), Some(FAILED));
}

#[test]
fn recipients_reject_invalid_shares_and_components() {
    let rng = &mut rng(93);
    let (_, master) = setup(rng);
    let (_, other) = setup(rng);
    let mut authority = AttributeAuthority::new(name("x"), rng);
    let sent = key_share(&master, "Ada", &name("x")).unwrap();
    // Points other than the share, which the authority would raise to 1 / v.
    let share_of = |gid: &str, attribute: &str, d_prime: &G2, point: &G1| {
        KeyShare::from_bytes(&encoding::<KeyShare>(|w| {
            w.bytes(gid.as_bytes());
            w.bytes(attribute.as_bytes());
            w.g2(d_prime);
            w.g1(point);
        }))
        .unwrap()
    };
    let h = hash_to_g1(tag::REVOCABLE_ATTRIBUTE, b"x");
    for point in [h, h * Scalar::from(2), G1::generator()] {
        let refused = share_of("Ada", "x", sent.d_prime(), &point).verify().map(drop);
        assert_eq!(refused, Err(InvalidKeyShare));
    }
    let of_y = key_share(&master, "Ada", &name("y")).unwrap().verify().unwrap();
    assert_eq!(authority.issue(of_y).map(drop), Err(InvalidKeyShare));
    assert_eq!(authority.holders().count(), 0);

    let again = sent.clone().verify().unwrap();
    let component = authority.issue(sent.verify().unwrap()).unwrap();
    let (ada, key) = (enrol(&master, "Ada").unwrap(), authority.public_key());
    assert!(ada.with_component(&component, &key).is_ok());
    // The same share yields the same component; a share of another exponent conflicts with the
    // holder's.
    assert_eq!(point_of(&authority.issue(again).unwrap()), point_of(&component));
    let t = Scalar::from(2);
    let other_exponent = share_of("Ada", "x", &(G2::generator() * t), &(h * t)).verify().unwrap();
    let before = authority.to_secret_bytes();
    assert_eq!(authority.issue(other_exponent).map(drop), Err(InvalidKeyShare));
    assert_eq!(authority.to_secret_bytes(), before);
    let point = point_of(&component);
    let later =
        AttributeAuthority::new_with_randomness(name("x"), 1, &Scalar::random(rng)).public_key();
    let of_y = AttributeAuthority::new(name("y"), rng).public_key();
    let cases = [
        (forged("Bose", "x", 0, &point), &key, KeyError::ComponentMismatch),
        (forged("Ada", "y", 0, &point), &key, KeyError::ComponentMismatch),
        (forged("Ada", "x", 1, &point), &key, KeyError::ComponentMismatch),
        (component.clone(), &later, KeyError::ComponentMismatch),
        (component.clone(), &of_y, KeyError::ComponentMismatch),
        (forged("Ada", "y", 0, &point), &of_y, KeyError::InvalidComponent),
        (forged("Ada", "x", 1, &point), &later, KeyError::InvalidComponent),
        (forged("Ada", "x", 0, &-point), &key, KeyError::InvalidComponent),
        (forged("Ada", "x", 0, &h), &key, KeyError::InvalidComponent),
    ];
    for (component, key, reason) in cases {
        assert_eq!(ada.with_component(&component, key).map(drop), Err(reason));
    }
    // A user of the same identifier at another central authority.
    let stranger = enrol(&other, "Ada").unwrap();
    assert_eq!(
        stranger.with_component(&component, &key).map(drop),
        Err(KeyError::InvalidComponent)
    );
    for gid in [String::new(), "x".repeat(257)] {
        assert_eq!(enrol(&master, &gid).map(drop), Err(KeyError::InvalidIdentifier));
        assert_eq!(
            key_share(&master, &gid, &name("x")).map(drop),
            Err(KeyError::InvalidIdentifier)
        );
    }
}

#[test]
fn encryptors_use_the_latest_epoch_and_reject_attributes_without_a_key() {
    let rng = &mut rng(94);
    let (parameters, _) = setup(rng);
    let keys: Vec<VerifiedAttributeKey> = (0..3)
        .map(|epoch| {
            AttributeAuthority::new_with_randomness(name("x"), epoch, &Scalar::random(rng))
                .public_key()
        })
        .collect();
    // A replayed old key does not restore the old epoch.
    let with = |keys: &[&VerifiedAttributeKey]| {
        keys.iter()
            .fold(parameters.clone(), |parameters, key| parameters.with_attribute_key(key).unwrap())
    };
    let latest = with(&[&keys[1], &keys[2], &keys[0]]);
    assert_eq!(latest, with(&[&keys[2]]));
    assert_eq!(latest.epoch(&name("x")), Some(2));
    assert_eq!(PublicParameters::from_bytes(&latest.to_bytes()), Ok(latest.clone()));
    assert_eq!(AttributeKey::from_bytes(&keys[0].key().to_bytes()).as_ref(), Ok(keys[0].key()));
    // Two different keys of one epoch are a conflict.
    let second =
        AttributeAuthority::new_with_randomness(name("x"), 2, &Scalar::random(rng)).public_key();
    assert!(latest.with_attribute_key(&second).is_err());
    let sealed = abe::try_seal_cpa(&latest, &policy("x and x"), b"", b"", rng).unwrap();
    assert_eq!(sealed.header().epochs(), [2, 2]);
    for text in ["x and y", "x and age >= 18u8", "x or role#1:nurse"] {
        let refused = abe::try_seal_cpa(&latest, &policy(text), b"", b"", rng).unwrap_err();
        let UnknownAttribute(attribute) = refused;
        assert_ne!(attribute, Attribute::new("x").unwrap(), "{text}");
    }
}

#[test]
fn the_state_of_an_attribute_authority_round_trips() {
    let rng = &mut rng(95);
    let (_, master) = setup(rng);
    let mut authority = AttributeAuthority::new(name("x"), rng);
    let [.., of_bose] = ["Cohn", "Ada", "Bose"].map(|gid| {
        authority.issue(key_share(&master, gid, &name("x")).unwrap().verify().unwrap()).unwrap()
    });
    let state = authority.to_secret_bytes();
    let mut again = AttributeAuthority::from_bytes(&state).unwrap();
    assert_eq!(again.to_secret_bytes(), state);
    for (of, by) in [("Bose", "Aaaa"), ("Bose", "Zzzz"), ("Bose", "Ada\0")] {
        let at = state.windows(4).position(|window| window == of.as_bytes()).unwrap();
        let mut renamed = state.to_vec();
        renamed[at..at + 4].copy_from_slice(by.as_bytes());
        let ordered = by > "Ada" && by < "Cohn";
        assert_eq!(AttributeAuthority::from_bytes(&renamed).is_ok(), ordered, "{by}");
    }
    assert_eq!(again.revoke(&["Bose"], rng), 1);
    let key = again.public_key();
    // The new exponent is independent of the old one.
    let bose = enrol(&master, "Bose").unwrap();
    assert!(bose.with_component(&of_bose, &authority.public_key()).is_ok());
    let renumbered = forged("Bose", "x", 1, &point_of(&of_bose));
    assert_eq!(bose.with_component(&renumbered, &key).map(drop), Err(KeyError::InvalidComponent));
    assert_eq!((key.key().epoch(), again.holders().collect::<Vec<_>>()), (1, vec!["Ada", "Cohn"]));
    for component in again.components() {
        let user = enrol(&master, component.gid()).unwrap();
        assert!(user.with_component(&component, &key).is_ok());
    }
    let shown = format!("{again:?}");
    assert_eq!(shown, "AttributeAuthority(x, epoch 1)");
}

/// For the rogue key, a user without the attribute computes a valid component.
#[test]
fn attribute_keys_without_proof_of_possession_are_rejected() {
    let rng = &mut rng(96);
    let (parameters, master) = setup(rng);
    let ada = enrol(&master, "Ada").unwrap();
    assert_eq!(ada.verify(&parameters), Ok(()));
    let (other, _) = setup(rng);
    assert!(ada.verify(&other).is_err());
    let d_prime = *key_share(&master, "Ada", &name("y")).unwrap().d_prime();
    let k = Scalar::random(rng);
    let sent = |epoch: u32, g2_v: &G2, proof: &G1| {
        AttributeKey::from_bytes(&encoding::<AttributeKey>(|w| {
            w.bytes(b"x");
            w.u32(epoch);
            w.g2(g2_v);
            w.g1(proof);
        }))
        .unwrap()
    };
    let old = AttributeAuthority::new_with_randomness(name("x"), 0, &k).public_key();
    let bytes = old.key().to_bytes();
    let proof_of_old = {
        let mut r = fields(&bytes);
        r.take(4 + 1 + 4 + 96).unwrap();
        r.g1().unwrap()
    };
    assert!(sent(0, old.key().g2_v(), &proof_of_old).verify().is_ok());
    // v = k t for Ada's t, and H(x)^{1/k} is her component.
    let rogue = d_prime * k;
    let component = hash_to_g1(tag::REVOCABLE_ATTRIBUTE, b"x") * k.inverse().unwrap();
    let forged = pairing(&component, &rogue);
    assert_eq!(
        forged,
        pairing(&hash_to_g1(tag::REVOCABLE_ATTRIBUTE, b"x"), &d_prime),
        "the rogue component satisfies its equation"
    );
    for proof in [proof_of_old, G1::generator(), G1::generator() * k, component] {
        assert!(sent(9, &rogue, &proof).verify().is_err());
    }
    // The old key with the number of a new epoch.
    assert!(sent(9, old.key().g2_v(), &proof_of_old).verify().is_err());
    // The key with the name of another attribute.
    let mut renamed = bytes.clone();
    renamed[6] = b'y';
    assert!(AttributeKey::from_bytes(&renamed).unwrap().verify().is_err());
}
