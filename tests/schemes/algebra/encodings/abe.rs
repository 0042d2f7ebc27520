//! Encodings of the types of attribute-based encryption.

use super::{Specimen, specimen};
use crate::common::{attributes, encoding, policy};
use epione::abe::fabeo::epochs::EpochAuthority;
use epione::abe::fabeo::{transform, transform_keys};
use epione::abe::pang::{self, AttributeAuthority, Pang};
use epione::abe::{self, MasterSecretKey, PublicParameters, UserSecretKey};
use epione::algebra::codec::{Canonical, Writer};
use epione::algebra::{G1, G2, Gt, Scalar};
use epione::error::DecodeError;
use epione::policy::{AttributeSet, Name};
use rand_chacha::ChaCha20Rng;

pub(super) fn specimens(rng: &mut ChaCha20Rng) -> Vec<Specimen> {
    let (parameters, master) = abe::setup(rng);
    let user = abe::keygen(&master, &attributes(&["a", "b:c", "Dr. Ruiz"]), rng);
    let text = policy("a and (b:c or 2 of (a, \"Dr. Ruiz\", x))");
    let abe_sealed = abe::seal(&parameters, &text, b"ad", b"text", rng);
    let abe_sealed_cpa = abe::seal_cpa(&parameters, &text, b"ad", b"text", rng);
    let (waters_parameters, waters_master) = abe::waters::setup(rng);
    let waters_user = abe::waters::keygen(&waters_master, &attributes(&["a", "b"]), rng);
    let (rw_parameters, rw_master) = abe::rouselakis_waters::setup("H", rng);
    let rw_set = attributes(&["a@H", "b@H"]);
    let rw_user = abe::rouselakis_waters::keygen(&rw_master, "gid", &rw_set, rng).unwrap();
    let rw_sealed =
        abe::try_seal_cpa(&rw_parameters, &policy("a@H or b@H"), b"ad", b"text", rng).unwrap();
    let waters_sealed = abe::seal(&waters_parameters, &text, b"ad", b"text", rng);
    let (transform_key, retrieval) = transform_keys(&user, rng);
    let transformed = transform(&transform_key, abe_sealed_cpa.header()).unwrap();

    let (pang_parameters, pang_master) = pang::setup(rng);
    let mut attribute_authority = AttributeAuthority::new(Name::new("a").unwrap(), rng);
    let share = pang::key_share(&pang_master, "Ada", attribute_authority.attribute()).unwrap();
    let component = attribute_authority.issue(share.clone().verify().unwrap()).unwrap();
    let public = attribute_authority.public_key();
    let pang_parameters = pang_parameters.with_attribute_key(&public).unwrap();
    let pang_user =
        pang::enrol(&pang_master, "Ada").unwrap().with_component(&component, &public).unwrap();
    let pang_sealed =
        abe::try_seal_cpa(&pang_parameters, &policy("a"), b"ad", b"text", rng).unwrap();

    let again = MasterSecretKey::from_bytes(&master.to_secret_bytes()).unwrap();
    let mut authority = EpochAuthority::new(again, rng);
    authority.issue("Ada", &attributes(&["a"])).unwrap();
    let token = authority.token("Ada", 0).unwrap();
    vec![
        specimen("abe public parameters", &parameters, &[]),
        specimen("abe master key", &master, &[]),
        specimen("abe user key", &user, &[3, 7, 11, 15]),
        specimen("abe header", abe_sealed.header(), &[3]),
        specimen("abe ciphertext", &abe_sealed, &[3]),
        specimen("abe cpa header", abe_sealed_cpa.header(), &[3]),
        specimen("abe cpa ciphertext", &abe_sealed_cpa, &[3]),
        specimen("rouselakis-waters public parameters", &rw_parameters, &[3, 7]),
        specimen("rouselakis-waters authority key", &rw_master, &[3]),
        specimen("rouselakis-waters user key", &rw_user, &[3, 7, 11, 15]),
        specimen("rouselakis-waters header", rw_sealed.header(), &[3]),
        specimen("waters public parameters", &waters_parameters, &[]),
        specimen("waters master key", &waters_master, &[]),
        specimen("waters user key", &waters_user, &[3, 7, 11, 15]),
        specimen("waters header", waters_sealed.header(), &[3]),
        specimen("waters ciphertext", &waters_sealed, &[3]),
        specimen("abe transform key", &transform_key, &[3, 7, 11, 15]),
        specimen("abe retrieval key", &retrieval, &[]),
        specimen("abe transformed", &transformed, &[]),
        specimen("pang public parameters", &pang_parameters, &[627, 631]),
        specimen("pang master key", &pang_master, &[]),
        specimen("pang user key", &pang_user, &[3, 7, 11, 15, 20, 171]),
        specimen("pang header", pang_sealed.header(), &[3]),
        specimen("pang ciphertext", &pang_sealed, &[3]),
        specimen("attribute key", public.key(), &[2]),
        specimen("share", &share, &[2, 9]),
        specimen("component", &component, &[2, 9]),
        specimen("attribute authority", &attribute_authority, &[2, 43, 47]),
        specimen("token", &token, &[]),
        specimen("epoch authority", &authority, &[91, 95]),
    ]
}

/// Invariants that random mutations of the samples rarely violate.
pub(super) fn invariants_are_checked() {
    let (g1, g2) = (G1::generator(), G2::generator());
    // A user's key for names with their epochs.
    let key = |held: &[(&str, &[u32])], points: usize| {
        let bytes = encoding::<UserSecretKey<Pang>>(|w| {
            w.u8(4);
            AttributeSet::from_names(held.iter().map(|(x, _)| *x)).unwrap().write(w);
            w.bytes(b"Ada");
            w.g1(&g1);
            w.g2(&g2);
            held.iter().for_each(|(_, epochs)| w.list(epochs, |w, epoch| w.u32(*epoch)));
            (0..points).for_each(|_| w.g1(&g1));
        });
        UserSecretKey::<Pang>::from_bytes(&bytes).map(drop)
    };
    let invalid = |outcome| matches!(outcome, Err(DecodeError::Invalid(_)));
    assert_eq!(key(&[("a", &[0]), ("b", &[1, 7])], 3), Ok(()));
    assert_eq!(key(&[("a", &[0]), ("b", &[1, 7])], 2), Err(DecodeError::Truncated));
    assert_eq!(key(&[("a", &[0])], 2), Err(DecodeError::TrailingBytes(48)));
    for epochs in [&[][..], &[1, 1], &[2, 1], &[0, 3, 2]] {
        assert!(invalid(key(&[("a", epochs)], epochs.len())), "{epochs:?}");
    }

    let parameters = |names: &[&str]| {
        let bytes = encoding::<PublicParameters<Pang>>(|w| {
            w.u8(4);
            w.g1(&g1);
            w.gt(&Gt::generator());
            w.list(names, |w, name| {
                w.bytes(name.as_bytes());
                w.u32(0);
                w.g2(&g2);
            });
        });
        PublicParameters::<Pang>::from_bytes(&bytes).map(drop)
    };
    assert_eq!(parameters(&["a", "b"]), Ok(()));
    for names in [&["b", "a"][..], &["a", "a"], &["tab\t"], &[""]] {
        assert!(invalid(parameters(names)), "{names:?}");
    }

    let attribute_authority = |v: Scalar, gids: &[&str]| {
        let bytes = encoding::<AttributeAuthority>(|w| {
            w.bytes(b"a");
            w.u32(0);
            w.scalar(&v);
            w.list(gids, |w, gid| w.bytes(gid.as_bytes()));
            gids.iter().for_each(|_| w.g1(&g1));
        });
        AttributeAuthority::from_bytes(&bytes).map(drop)
    };
    assert_eq!(attribute_authority(Scalar::ONE, &["Ada", "Bob"]), Ok(()));
    assert!(invalid(attribute_authority(Scalar::ONE, &["Bob", "Ada"])));
    assert!(invalid(attribute_authority(Scalar::ONE, &["Ada", "Ada"])));
    assert!(invalid(attribute_authority(Scalar::ONE, &[""])));
    assert!(attribute_authority(Scalar::ZERO, &[]).is_err());

    let authority = |oldest: u32, epoch: u32, users: &[(&str, u8)]| {
        let user = |w: &mut Writer, (gid, revoked): &(&str, u8)| {
            w.bytes(gid.as_bytes());
            w.u32(0);
            w.fixed(&[9; 32]);
            w.u8(*revoked);
        };
        let bytes = encoding::<EpochAuthority>(|w| {
            w.u8(1);
            w.g1(&g1);
            w.fixed(&[7; 32]);
            w.u32(oldest);
            w.u32(epoch);
            w.list(users, user);
        });
        EpochAuthority::from_bytes(&bytes).map(drop)
    };
    assert_eq!(authority(1, 1, &[("Ada", 0), ("Bob", 1)]), Ok(()));
    assert!(invalid(authority(2, 1, &[])));
    assert!(invalid(authority(0, 0, &[("Ada", 2)])));
    assert!(invalid(authority(0, 0, &[("Bob", 0), ("Ada", 0)])));
    assert!(invalid(authority(0, 0, &[("Ada", 0), ("Ada", 1)])));
    assert!(invalid(authority(0, 0, &[("", 0)])));
}
