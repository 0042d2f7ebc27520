//! Revocation by key epochs.

use super::FAILED;
use crate::common::{AbeKey, encoding, fields, policy, rng};
use epione::abe::fabeo::epochs::{
    EpochAuthority, EpochError, Token, attribute, prune, refresh, restrict,
};
use epione::abe::fabeo::{self, verify_key};
use epione::abe::{self, Ciphertext, OpenError, PublicParameters, UserSecretKey};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::{framed, hash_to_scalar};
use epione::algebra::{G1, Scalar, tag};
use epione::policy::{AccessPolicy, AttributeSet, MAX_LEAVES, Name};
use rand_chacha::ChaCha20Rng;

const REFUSED: Option<OpenError> = Some(OpenError::PolicyNotSatisfied);

fn set(text: &str) -> AttributeSet {
    text.parse().unwrap()
}

fn seal(
    parameters: &PublicParameters,
    text: &str,
    epoch: u32,
    rng: &mut ChaCha20Rng,
) -> Ciphertext {
    abe::seal(parameters, &restrict(&policy(text), epoch).unwrap(), b"ad", b"text", rng)
}

#[test]
fn a_key_decrypts_a_new_epoch_only_after_a_refresh() {
    let rng = &mut rng(111);
    let (parameters, master) = fabeo::setup(rng);
    let mut authority = EpochAuthority::new(master, rng);
    let open = |key: &UserSecretKey, sealed: &Ciphertext| {
        abe::open(&parameters, key, b"ad", sealed).map(|text| assert_eq!(&text[..], b"text")).err()
    };
    let ada = authority.issue("Ada", &set("doctor, age = 42u8")).unwrap();
    let bose = authority.issue("Bose", &set("doctor")).unwrap();
    let first = seal(&parameters, "doctor and age >= 18u8", 0, rng);
    assert_eq!((open(&ada, &first), open(&bose, &first)), (None, REFUSED));

    // Ada's key is refreshed, Bose is revoked.
    assert!(authority.revoke("Bose") && !authority.revoke("Bose") && !authority.revoke("Cohn"));
    assert_eq!(authority.rekey(), 1);
    let second = seal(&parameters, "doctor", 1, rng);
    assert_eq!((open(&ada, &second), open(&bose, &second)), (REFUSED, REFUSED));
    let token = authority.token("Ada", 1).unwrap();
    assert_eq!((token.epoch(), token.generation(), token.to_bytes().len()), (1, 0, 2 + 8 + 48));
    assert_eq!(Token::from_bytes(&token.to_bytes()), Ok(token.clone()));
    let ada = refresh(&ada, &token).unwrap();
    assert_eq!((open(&ada, &first), open(&ada, &second)), (None, None));
    assert_eq!(verify_key(&parameters, &ada), Ok(()));
    assert_eq!(refresh(&ada, &token).unwrap().to_secret_bytes(), ada.to_secret_bytes());
    for (gid, epoch, reason) in [
        ("Bose", 1, EpochError::NoActiveKey),
        ("Cohn", 1, EpochError::NoActiveKey),
        ("Ada", 2, EpochError::UnavailableEpoch(2)),
    ] {
        assert_eq!(authority.token(gid, epoch), Err(reason));
    }

    // The user and the authority prune: the key loses the old epoch, which has no more tokens.
    let pruned = prune(&ada, 1);
    assert_eq!((open(&pruned, &first), open(&pruned, &second)), (REFUSED, None));
    assert_eq!(pruned.attributes(), &set("doctor, age = 42u8, epoch:1"));
    assert_eq!(verify_key(&parameters, &pruned), Ok(()));
    let old = authority.token("Ada", 0).unwrap();
    authority.prune(7);
    authority.prune(0);
    assert_eq!(
        authority.token("Ada", 0),
        Err(EpochError::UnavailableEpoch(0)),
        "an earlier bound does not undo pruning"
    );
    assert!(authority.token("Ada", 1).is_ok(), "the current epoch is never pruned");
    assert_eq!(refresh(&pruned, &old).unwrap().to_secret_bytes(), ada.to_secret_bytes());
    assert_eq!(prune(&ada, 0).to_secret_bytes(), ada.to_secret_bytes());
}

/// A key from `keygen` may hold names that only resemble epochs.
#[test]
fn names_that_resemble_epochs_are_not_pruned() {
    let (_, master) = fabeo::setup(&mut rng(116));
    let others = "\"epoch:00\", \"epoch:+0\", \"epoch:x\", \"epoch:\", epochal, doctor, epoch:9";
    let key = fabeo::keygen(&master, &set(&format!("{others}, epoch:0, epoch:8")), &mut rng(117));
    let pruned = AbeKey::of(&prune(&key, 9));
    assert_eq!(prune(&key, 9).attributes(), &set(others));
    for (name, component) in &pruned.sk2 {
        assert_eq!(AbeKey::of(&key).component(name), Some(*component), "{name}");
    }
}

/// Returns the key with an unverified component for an epoch.
fn spliced(key: &UserSecretKey, epoch: u32, token: &G1) -> UserSecretKey {
    let mut key = AbeKey::of(key);
    key.sk2.push((attribute(epoch).as_str().to_owned(), *token));
    key.assemble()
}

fn point(token: &Token) -> G1 {
    let bytes = token.to_bytes();
    let mut r = fields(&bytes);
    r.take(8).unwrap();
    r.g1().unwrap()
}

#[test]
fn a_token_does_not_fit_a_key_of_an_earlier_generation() {
    let rng = &mut rng(112);
    let (parameters, master) = fabeo::setup(rng);
    let again = abe::MasterSecretKey::from_bytes(&master.to_secret_bytes()).unwrap();
    let mut authority = EpochAuthority::new(master, rng);
    // The user changes from oncology to cardiology.
    let before = authority.issue("Ada", &set("oncology")).unwrap();
    let after = authority.issue("Ada", &set("cardiology")).unwrap();
    authority.rekey();
    let sealed = seal(&parameters, "oncology", 1, rng);
    let open = |key: &UserSecretKey| abe::open(&parameters, key, b"ad", &sealed).err();
    let token = authority.token("Ada", 1).unwrap();
    assert_eq!(token.generation(), 1);
    assert_eq!(refresh(&before, &token).map(drop), Err(EpochError::InvalidToken));
    assert_eq!(open(&spliced(&before, 1, &point(&token))), Some(FAILED));
    assert_eq!(open(&refresh(&after, &token).unwrap()), REFUSED);

    // Deliberate fault: both keys have the same r, a function of the identifier alone.
    let r = hash_to_scalar(tag::FABEO_EXPONENT, &framed(&[b"k", b"Ada"]));
    let before = fabeo::keygen_with_randomness(&again, &set("oncology"), &r);
    let after = AbeKey::of(&fabeo::keygen_with_randomness(&again, &set("cardiology, epoch:1"), &r));
    let token = after.component("epoch:1").unwrap();
    assert_eq!(open(&spliced(&before, 1, &token)), None);
}

#[test]
fn a_repeated_generation_with_other_attributes_has_independent_randomness() {
    let rng = &mut rng(115);
    let (parameters, master) = fabeo::setup(rng);
    let mut authority = EpochAuthority::new(master, rng);
    let state = authority.to_secret_bytes();
    let issue = |held: &str| {
        // Restores an old state, as after a loss of data.
        let mut authority = EpochAuthority::from_bytes(&state).unwrap();
        let key = authority.issue("Ada", &set(held)).unwrap();
        (key, authority.token("Ada", 0).unwrap())
    };
    let ((one, token_of_one), (two, token_of_two)) = (issue("oncology"), issue("cardiology"));
    assert_ne!(AbeKey::of(&one).sk3, AbeKey::of(&two).sk3);
    assert_ne!(token_of_one, token_of_two);
    let mut pooled = AbeKey::of(&one);
    let cardiology = AbeKey::of(&two).component("cardiology").unwrap();
    pooled.sk2.push(("cardiology".to_owned(), cardiology));
    let sealed = seal(&parameters, "oncology and cardiology", 0, rng);
    let opened = abe::open(&parameters, &pooled.assemble(), b"ad", &sealed);
    assert_eq!(opened.err(), Some(FAILED));
    // Reissuing the same attributes yields the same key.
    let (again, _) = issue("oncology");
    assert_eq!(again.to_secret_bytes(), one.to_secret_bytes());
    authority.issue("Ada", &set("oncology")).unwrap();
    assert_eq!(authority.token("Ada", 0).unwrap(), token_of_one);
}

#[test]
fn batch_tokens_equal_single_tokens_and_fit_their_own_key_only() {
    let rng = &mut rng(113);
    let (_, master) = fabeo::setup(rng);
    let mut authority = EpochAuthority::new(master, rng);
    let gids: Vec<String> = (0..9).map(|i| format!("user {i}")).collect();
    let keys: Vec<UserSecretKey> =
        gids.iter().map(|gid| authority.issue(gid, &set("a")).unwrap()).collect();
    authority.issue("user 4", &set("b")).unwrap();
    authority.revoke("user 7");
    authority.rekey();
    let tokens = authority.tokens();
    let expected: Vec<(&str, Token)> = gids
        .iter()
        .filter(|gid| *gid != "user 7")
        .map(|gid| (&**gid, authority.token(gid, 1).unwrap()))
        .collect();
    assert_eq!(tokens, expected);
    for (i, key) in keys.iter().enumerate() {
        let fitting = tokens.iter().filter(|(_, token)| refresh(key, token).is_ok());
        let fitting: Vec<&str> = fitting.map(|(gid, _)| *gid).collect();
        let own: &[&str] = if [4, 7].contains(&i) { &[] } else { &[&gids[i]] };
        assert_eq!(fitting, own);
    }
}

#[test]
fn the_state_round_trips_and_malformed_input_is_rejected() {
    let rng = &mut rng(114);
    let (parameters, master) = fabeo::setup(rng);
    let mut authority = EpochAuthority::new(master, rng);
    for gid in ["Ada", "Bose"] {
        authority.issue(gid, &set("a")).unwrap();
    }
    authority.revoke("Bose");
    authority.rekey();
    authority.rekey();
    authority.prune(1);
    let bytes = authority.to_secret_bytes();
    let again = EpochAuthority::from_bytes(&bytes).unwrap();
    assert_eq!(again.to_secret_bytes(), bytes);
    assert_eq!((again.epoch(), again.tokens()), (2, authority.tokens()));
    assert_eq!(again.token("Ada", 0), Err(EpochError::UnavailableEpoch(0)));
    assert_eq!(format!("{again:?}"), "EpochAuthority(epoch 2)");
    // Suite 1, master key 48, k 32, oldest 4, epoch 4; the last byte is Bose's revocation flag.
    let with = |position: usize, byte: u8| {
        let mut changed = bytes.to_vec();
        changed[position] = byte;
        EpochAuthority::from_bytes(&changed).is_ok()
    };
    assert!(with(bytes.len() - 1, 0) && !with(bytes.len() - 1, 2));
    assert!(with(86, 2) && !with(86, 3), "the oldest epoch is not after the current one");
    let ada = bytes.windows(3).position(|window| window == b"Ada").unwrap();
    assert!(with(ada, b'B') && !with(ada, b'C'), "the identifiers ascend");

    // Names with the prefix of epochs are reserved.
    let mut authority = again;
    for name in ["epoch:2", "epoch:9", "epoch:", "epoch:x"] {
        let named = Name::new(name).unwrap();
        let mut wanted = set("a");
        wanted.insert(named.clone()).unwrap();
        assert_eq!(authority.issue("Ada", &wanted).map(drop), Err(EpochError::ReservedName(named)));
    }
    for gid in [String::new(), "x".repeat(257)] {
        assert_eq!(authority.issue(&gid, &set("a")).map(drop), Err(EpochError::InvalidIdentifier));
    }
    // Any other point is rejected as a token.
    let key = authority.issue("Ada", &set("a")).unwrap();
    let token = authority.token("Ada", 2).unwrap();
    let forged = |epoch: u32, point: &G1| {
        Token::from_bytes(&encoding::<Token>(|w| {
            w.u32(1);
            w.u32(epoch);
            w.g1(point);
        }))
        .unwrap()
    };
    assert!(refresh(&key, &forged(2, &point(&token))).is_ok());
    for token in [forged(3, &point(&token)), forged(2, &(point(&token) * Scalar::from(2)))] {
        assert_eq!(refresh(&key, &token).map(drop), Err(EpochError::InvalidToken));
    }
    assert_eq!(verify_key(&parameters, &key), Ok(()));
}

#[test]
fn restriction_adds_the_epoch_within_the_limits_of_policies() {
    for (text, epoch, expected) in [
        ("a", 0, "a and epoch:0"),
        ("a and b", 7, "a and b and epoch:7"),
        ("a or b", 7, "(a or b) and epoch:7"),
        ("2 of (a, b, c)", u32::MAX, "2 of (a, b, c) and epoch:4294967295"),
    ] {
        let restricted = restrict(&policy(text), epoch).unwrap();
        assert_eq!(restricted, policy(expected), "{text}");
    }
    let full: AccessPolicy = vec!["a"; MAX_LEAVES].join(" and ").parse().unwrap();
    assert!(matches!(restrict(&full, 1), Err(EpochError::Policy(_))));
    // In a branch of an `or`, an epoch would satisfy the policy for every refreshed user.
    for text in ["oncology or epoch:4", "epoch:4", "a and epoch:x"] {
        assert!(matches!(restrict(&policy(text), 4), Err(EpochError::ReservedName(_))), "{text}");
    }
}
