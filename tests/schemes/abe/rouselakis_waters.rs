//! The decentralised scheme: independent authorities.

use super::FAILED;
use crate::common::{attribute, attributes, policy, rng};
use epione::abe::rouselakis_waters::{
    ConflictingKey, KeyError, RouselakisWaters, UnknownAuthority, keygen, setup,
};
use epione::abe::{self, Ciphertext, CpaHeader, OpenError, PublicParameters, UserSecretKey};
use epione::algebra::codec::Canonical;

#[test]
fn keys_of_one_user_from_several_authorities_combine() {
    let rng = &mut rng(81);
    let (hospital, hospital_key) = setup("hospital", rng);
    let (chamber, chamber_key) = setup("chamber", rng);
    let both = hospital.merge(&chamber).unwrap();
    let both = PublicParameters::from_bytes(&both.to_bytes()).unwrap();
    let ward = attributes(&["neurology@hospital", "night@hospital"]);
    let ward = keygen(&hospital_key, "Dr. Bose", &ward, rng).unwrap();
    let licence = keygen(&chamber_key, "Dr. Bose", &attributes(&["doctor@chamber"]), rng).unwrap();
    let whole = ward.merge(&licence).unwrap();
    let whole = UserSecretKey::<RouselakisWaters>::from_bytes(&whole.to_secret_bytes()).unwrap();
    assert_eq!(whole.gid(), "Dr. Bose");

    for (text, by_ward, by_whole) in [
        ("doctor@chamber and neurology@hospital", false, true),
        ("neurology@hospital or doctor@chamber", true, true),
        ("2 of (neurology@hospital, night@hospital, doctor@chamber)", true, true),
        ("3 of (neurology@hospital, night@hospital, doctor@chamber, x@hospital)", false, true),
        ("neurology@hospital and (neurology@hospital or x@hospital)", true, true),
        ("x@hospital", false, false),
    ] {
        let sealed = abe::try_seal_cpa(&both, &policy(text), b"ad", b"text", rng).unwrap();
        let bytes = sealed.to_bytes();
        assert_eq!(
            Ciphertext::<CpaHeader<RouselakisWaters>>::from_bytes(&bytes),
            Ok(sealed.clone())
        );
        for (key, opens) in [(&ward, by_ward), (&whole, by_whole)] {
            let opened = abe::open_cpa(key, b"ad", &sealed).map(|text| text.to_vec());
            let expected = opens.then(|| b"text".to_vec()).ok_or(OpenError::PolicyNotSatisfied);
            assert_eq!(opened, expected, "{text}");
        }
        if by_whole {
            assert_eq!(abe::open_cpa(&whole, b"other", &sealed).err(), Some(FAILED));
        }
    }
}

#[test]
fn keys_of_two_users_do_not_combine() {
    let rng = &mut rng(82);
    let (parameters, master) = setup("H", rng);
    let bose = keygen(&master, "Bose", &attributes(&["a@H"]), rng).unwrap();
    let cohn = keygen(&master, "Cohn", &attributes(&["b@H"]), rng).unwrap();
    assert_eq!(bose.merge(&cohn).err(), Some(KeyError::UserMismatch));
    assert_eq!(bose.merge(&bose).err(), Some(KeyError::DuplicateAttribute(attribute("a@H"))));

    // Cohn replaces the identifier in his key by Bose's; the encoding stays valid.
    let mut bytes = cohn.to_bytes();
    let place = bytes.windows(4).position(|four| four == b"Cohn").unwrap();
    bytes[place..place + 4].copy_from_slice(b"Bose");
    let forged = UserSecretKey::<RouselakisWaters>::from_bytes(&bytes).unwrap();
    let pooled = bose.merge(&forged).unwrap();
    let text = policy("a@H and b@H");
    let sealed = abe::try_seal_cpa(&parameters, &text, b"", b"text", rng).unwrap();
    assert_eq!(abe::open_cpa(&pooled, b"", &sealed).err(), Some(FAILED));
    let own = keygen(&master, "Bose", &attributes(&["b@H"]), rng).unwrap();
    assert!(abe::open_cpa(&bose.merge(&own).unwrap(), b"", &sealed).is_ok());
}

#[test]
fn an_authority_issues_only_its_own_attributes() {
    let rng = &mut rng(83);
    let (parameters, master) = setup("H", rng);
    for name in ["a@L", "a", "a@H@L", "H"] {
        let refused = keygen(&master, "Bose", &attributes(&[name]), rng).err();
        assert_eq!(refused, Some(KeyError::ForeignAttribute(name.parse().unwrap())));
        let text = policy(&format!("x@H and {name}"));
        let refused = abe::try_seal_cpa(&parameters, &text, b"", b"", rng).err();
        assert_eq!(refused, Some(UnknownAuthority(attribute(name))));
    }
    // Numbers and listed values are excluded: keys of one user accumulate over time.
    for held in ["age@H = 42u8", "a@H, role@H#1:nurse"] {
        let refused = keygen(&master, "Bose", &held.parse().unwrap(), rng).err();
        assert!(matches!(refused, Some(KeyError::ForeignAttribute(_))), "{held}");
    }
    for text in ["x@H and age@H >= 18u8", "role@H#1:nurse"] {
        assert!(abe::try_seal_cpa(&parameters, &policy(text), b"", b"", rng).is_err(), "{text}");
    }
    // Every identifier that keygen accepts can be decoded.
    for (gid, fits) in [("", false), (&*"x".repeat(256), true), (&*"x".repeat(257), false)] {
        let key = keygen(&master, gid, &attributes(&["a@H"]), rng);
        assert_eq!(key.as_ref().err(), (!fits).then_some(&KeyError::InvalidIdentifier));
        assert!(
            key.is_err()
                || UserSecretKey::<RouselakisWaters>::from_bytes(&key.unwrap().to_bytes()).is_ok()
        );
    }
    // Merged parameters do not replace the key of an authority.
    let (again, _) = setup("H", rng);
    assert_eq!(parameters.merge(&again), Err(ConflictingKey("H".to_owned())));
    assert_eq!(parameters.merge(&parameters), Ok(parameters.clone()));
    // Keys of another authority of the same name decrypt nothing for the first.
    let (_, impostor) = setup("H", rng);
    let sealed = abe::try_seal_cpa(&parameters, &policy("a@H"), b"", b"", rng).unwrap();
    let key = keygen(&impostor, "Bose", &attributes(&["a@H"]), rng).unwrap();
    assert_eq!(abe::open_cpa(&key, b"", &sealed).err(), Some(FAILED));
}
