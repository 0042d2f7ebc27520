//! Freed memory holds no secrets: an allocator searches every block that is freed.
//!
//! The backend `portable` and the feature `parallel` are exempt: the batch functions of arkworks
//! and the lists that rayon concatenates leave copies of points (`docs/security.md`).
#![allow(unsafe_code, clippy::unwrap_used)]

mod allocator;

use allocator::{live_words, search};
use epione::abe::fabeo::epochs::{EpochAuthority, refresh};
use epione::abe::fabeo::{self, Fabeo};
use epione::abe::fujisaki_okamoto::{
    KemMessage, encapsulate_with_randomness, seal_with_randomness,
};
use epione::abe::waters::{self, Waters};
use epione::abe::{self, Coins, MasterSecretKey, PublicParameters, UserSecretKey};
use epione::algebra::codec::{Canonical, Codec, Reader};
use epione::algebra::{Backend, Scalar, Secret, backend};
use epione::hpke;
use epione::ledger::{Role, Subject};
use epione::policy::{AccessPolicy, AttributeSet};
use epione::protocol::SealedMessage;
use epione::record::{Class, Record};
use epione::sign::SigningKey;
use epione::{dem, pre};
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;
use std::io::Read;
use zeroize::Zeroizing;

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// Runs `work`, and panics if it frees a block with one of the words. The first run, which fills
/// tables and caches, is not searched.
fn assert_erased<T>(name: &str, words: &[u64], mut work: impl FnMut() -> T) {
    assert!(words.len() >= 4, "{name}: there are secrets to search for");
    drop(work());
    let (result, found) = search(words, &mut work);
    drop(result);
    assert!(found.is_empty(), "{name}: {} freed blocks\n{}", found.len(), found.join("\n"));
}

fn is_exempt() -> bool {
    cfg!(feature = "parallel") || backend() == Ok(Backend::Portable)
}

/// Returns the words of bytes, which may be found at any offset.
fn words_of(bytes: &[u8]) -> Vec<u64> {
    let (words, _) = bytes.as_chunks::<8>();
    words.iter().map(|word| u64::from_ne_bytes(*word)).filter(allocator::is_distinctive).collect()
}

/// Sets of names at the number of SIMD lanes, below and above, each with a policy that needs all.
const SIZES: [usize; 5] = [1, 3, 8, 9, 17];

fn shape(n: usize) -> (AttributeSet, AccessPolicy) {
    let names: Vec<String> = (0..n).map(|i| format!("a{i}")).collect();
    let set = AttributeSet::from_names(names.iter().map(String::as_str)).unwrap();
    // Rows of a threshold have coefficients other than 1.
    let text = format!("{} and 2 of (a0, a0, z)", names.join(" and "));
    (set, text.parse().unwrap())
}

/// The words of a key as issued and as decoded, and those of its encoding.
fn words_of_key(encoding: &[u8], issue: impl Fn() -> UserSecretKey) -> Vec<u64> {
    let mut words = live_words(issue);
    words.extend(live_words(|| <UserSecretKey>::from_bytes(encoding).unwrap()));
    words.extend(words_of(encoding));
    words
}

struct Setting {
    parameters: PublicParameters,
    master: MasterSecretKey,
    attributes: AttributeSet,
    policy: AccessPolicy,
    r: Scalar,
    key: UserSecretKey,
    decoded: UserSecretKey,
    words: Vec<u64>,
}

fn setting(n: usize) -> Setting {
    let (attributes, policy) = shape(n);
    let (parameters, master) = fabeo::setup(&mut rng(1));
    let r = Scalar::random(&mut rng(2));
    let issue = || fabeo::keygen_with_randomness(&master, &attributes, &r);
    let key = issue();
    let encoding = key.to_secret_bytes();
    let words = words_of_key(&encoding, issue);
    let decoded = UserSecretKey::from_bytes(&encoding).unwrap();
    Setting { parameters, master, attributes, policy, r, key, decoded, words }
}

#[test]
fn keys_are_issued_verified_and_encoded_without_copies() {
    if is_exempt() {
        return;
    }
    for n in SIZES {
        let Setting { parameters, master, attributes, r, key, decoded, words, .. } = &setting(n);
        let encoding = key.to_secret_bytes();
        let exponent = words_of(&r.to_be_bytes());
        let all = [&words[..], &exponent].concat();
        assert_erased("keygen", &all, || fabeo::keygen_with_randomness(master, attributes, r));
        for key in [key, decoded] {
            assert_erased("verify_key", words, || fabeo::verify_key(parameters, key));
            assert_erased("encode", words, || key.to_secret_bytes());
            assert_erased("delegate", words, || fabeo::delegate(key, attributes, &mut rng(3)));
            assert_erased("transform_keys", words, || fabeo::transform_keys(key, &mut rng(4)));
        }
        assert_erased("decode", words, || <UserSecretKey>::from_bytes(&encoding));
        assert_erased("truncated", words, || {
            <UserSecretKey>::from_bytes(&encoding[..encoding.len() - 1]).err()
        });
        let master_bytes = master.to_secret_bytes();
        let words = words_of(&master_bytes);
        assert_erased("master key", &words, || {
            <MasterSecretKey>::from_bytes(&master.to_secret_bytes())
                .map(|key| key.to_secret_bytes())
        });
    }
}

#[test]
fn keys_of_epochs_are_refreshed_and_stored_without_copies() {
    if is_exempt() {
        return;
    }
    let (_, master) = fabeo::setup(&mut rng(11));
    let mut authority = EpochAuthority::new(master, &mut rng(12));
    let key = authority.issue("Ada", &"a, b, c".parse().unwrap()).unwrap();
    for i in 0..9 {
        authority.issue(&format!("user{i}"), &"a".parse().unwrap()).unwrap();
    }
    authority.rekey();
    let state = authority.to_secret_bytes();
    // Version, kind, suite, master key, k.
    let words = words_of(&state[3..83]);
    assert_erased("state", &words, || {
        EpochAuthority::from_bytes(&state).map(|authority| authority.to_secret_bytes())
    });
    assert_erased("tokens", &words, || authority.tokens().len());
    let words = words_of_key(&key.to_secret_bytes(), || key.clone());
    let token = authority.token("Ada", 1).unwrap();
    assert_erased("refresh", &words, || refresh(&key, &token));
}

#[test]
fn headers_are_made_and_opened_without_copies() {
    if is_exempt() {
        return;
    }
    for n in SIZES {
        let Setting { parameters, policy, key, decoded, words, .. } = &setting(n);
        let mut bytes = [0; 32];
        rng(5).fill_bytes(&mut bytes);
        let message = KemMessage::from_secret(Secret::new(bytes));
        let encapsulate = || encapsulate_with_randomness(parameters, policy, b"ad", &message);
        let (header, content) = encapsulate();
        let made = [words_of(&bytes), words_of(content.expose())].concat();
        assert_erased("encapsulate", &made, || encapsulate().1);
        let mut plaintext = [0; 64];
        rng(7).fill_bytes(&mut plaintext);
        let sealed = [&made[..], &words_of(&plaintext)].concat();
        assert_erased("seal", &sealed, || {
            seal_with_randomness(parameters, policy, b"ad", &plaintext, &message)
        });
        assert_erased("message", &words_of(&bytes), || {
            let encoding = Zeroizing::new(message.encode());
            KemMessage::read(&mut Reader::new(&encoding))
        });
        let words = [&words[..], &made].concat();
        for key in [key, decoded] {
            assert_erased("decapsulate", &words, || {
                abe::decapsulate(parameters, key, b"ad", &header).unwrap()
            });
            assert_erased("another ad", &words, || {
                abe::decapsulate(parameters, key, b"", &header).err()
            });
        }

        let program = policy.span_program();
        let coins = Coins::random::<Fabeo>(&program, &mut rng(6));
        let mut words = live_words(|| Coins::random::<Fabeo>(&program, &mut rng(6)));
        for coin in coins.vector.iter().chain(&coins.masks) {
            let bytes = coin.to_be_bytes();
            words.extend(words_of(&bytes));
            words.extend(words_of(&bytes.iter().rev().copied().collect::<Vec<_>>()));
        }
        assert_erased("coins", &words, || {
            abe::encapsulate_cpa_with_randomness(parameters, policy, &coins).map(|(_, key)| key)
        });
    }
}

#[test]
fn keys_of_waters_decapsulate_without_copies() {
    if is_exempt() {
        return;
    }
    for n in SIZES {
        let (attributes, policy) = shape(n);
        let (parameters, master) = waters::setup(&mut rng(21));
        let issue = || waters::keygen(&master, &attributes, &mut rng(22));
        let encoding = issue().to_secret_bytes();
        let decode = || UserSecretKey::<Waters>::from_bytes(&encoding).unwrap();
        let words = [live_words(issue), live_words(decode), words_of(&encoding)].concat();
        let (header, _) = abe::encapsulate(&parameters, &policy, b"ad", &mut rng(23));
        for key in [issue(), decode()] {
            assert_erased("waters", &words, || {
                abe::decapsulate(&parameters, &key, b"ad", &header).unwrap()
            });
        }
    }
}

/// Plaintexts of less than a segment, of one and of several.
#[test]
fn plaintexts_are_sealed_and_opened_without_copies() {
    let key = dem::ContentKey::generate(&mut rng(31));
    for length in [32, 5000, 1 << 16, 200_000] {
        let mut plaintext = vec![0; length];
        rng(32).fill_bytes(&mut plaintext);
        let words = [words_of(&plaintext), words_of(key.expose())].concat();
        let sealed = dem::seal(&key, b"context", &plaintext);
        assert_erased("seal", &words, || dem::seal(&key, b"context", &plaintext));
        assert_erased("open", &words, || dem::open(&key, b"context", &sealed).unwrap());
        // A reader that returns small pieces, as a network does.
        assert_erased("seal_stream", &words, || {
            let mut pieces = plaintext
                .chunks(1000)
                .fold(Box::new(std::io::empty()) as Box<dyn Read>, |before, piece| {
                    Box::new(before.chain(piece))
                });
            dem::seal_stream(&key, b"context", &mut *pieces, &mut std::io::sink()).unwrap();
        });
        assert_erased("open_stream", &words, || {
            dem::open_stream(&key, b"context", &mut &sealed[..], &mut std::io::sink()).unwrap();
        });
        let mut piece = Zeroizing::new([0; 1000]);
        assert_erased("open_reader", &words, || {
            let mut reader = dem::open_reader(&key, b"context", &sealed[..]).unwrap();
            while reader.read(&mut *piece).unwrap() > 0 {}
        });
        // Abandoned within a segment.
        assert_erased("abandoned reader", &words, || {
            dem::open_reader(&key, b"context", &sealed[..]).unwrap().read(&mut *piece).unwrap()
        });
    }
}

#[test]
fn re_encryptable_ciphertexts_are_sealed_and_opened_without_copies() {
    if is_exempt() {
        return;
    }
    let (secret, public) = pre::keygen(&mut rng(41));
    let mut plaintext = [0; 64];
    rng(42).fill_bytes(&mut plaintext);
    let exponent = secret.to_secret_bytes();
    let words = [words_of(&plaintext), words_of(&exponent[2..34])].concat();
    let words = [words, live_words(|| pre::SecretKey::from_bytes(&exponent).unwrap())].concat();
    let seal = || pre::afgh::seal(&public, b"ad", &plaintext, &mut rng(43));
    assert_erased("afgh::seal", &words, seal);
    let sealed = seal();
    assert_erased("afgh::open", &words, || pre::afgh::open(&secret, b"ad", &sealed).unwrap());
}

/// The payload is a secret key.
#[test]
fn messages_are_sealed_and_opened_without_copies() {
    let seed: [u8; 32] = std::array::from_fn(|i| 7 * i as u8 + 3);
    let key = hpke::SecretKey::from_seed(Secret::new(seed));
    let sender = SigningKey::generate(&mut rng(61));
    let receiver = Subject {
        key: SigningKey::generate(&mut rng(62)).verifying_key(),
        name: "Proxy".to_owned(),
        role: Role::Proxy,
        hpke_key: key.public_key(),
        pre_key: vec![],
        serial: [0; 32],
        valid_until: 1,
    };
    let (payload, _) = pre::keygen(&mut rng(63));
    let words = [words_of(&payload.to_secret_bytes()[2..]), words_of(&seed)].concat();
    let seal = || SealedMessage::seal("chain", &sender, &receiver, &payload, &mut rng(64)).unwrap();
    assert_erased("SealedMessage::seal", &words, seal);
    let sealed = seal();
    assert_erased("SealedMessage::open", &words, || {
        let opened = sealed.open::<pre::SecretKey>("chain", (&receiver.key, &key)).unwrap();
        opened.require_sender(&sender.verifying_key()).unwrap()
    });
    assert_erased("SecretKey", &words, || {
        hpke::SecretKey::from_seed(Secret::new(seed)).clone().public_key()
    });
    let (enc, content_key) = hpke::encapsulate_key(&key.public_key(), b"info", &mut rng(65));
    assert_erased("decapsulate_key", &words_of(content_key.expose()), || {
        hpke::decapsulate_key(&key, b"info", &enc).unwrap()
    });
}

/// A text of `length` random characters of two and three bytes.
fn text(seed: u64, length: usize) -> String {
    let mut rng = rng(seed);
    let mut character = || char::from_u32(0x400 + rng.next_u32() % 0xd000);
    (0..length).map(|_| character().unwrap()).collect()
}

/// Strings in every place that the scan interprets, except for keywords, labels and keys.
#[test]
fn records_are_scanned_without_copies() {
    let texts: Vec<String> = (70..80).map(|seed| text(seed, 40)).collect();
    let [family, reference, second, stated, display, url, system, code, note, other] = &texts[..]
    else {
        panic!("ten texts");
    };
    // Longer than the part of a string that is kept, and than the buffer of the parser.
    let (long, longer) = (text(80, 1000), text(81, 40_000));
    let units = other.encode_utf16();
    let escaped: String = units.map(|unit| format!("\\u{unit:04x}")).collect();
    let record = format!(
        r#"{{"resourceType": "Observation", "name": [{{"family": "{family}"}}],
        "subject": {{"reference": "{reference}", "reference": "{second}", "type": "{stated}",
            "display": "{display}"}},
        "extension": [{{"valueCoding": {{"system": "{system}", "code": "{code}"}}, "url": "{url}"}}],
        "category": [{{"coding": [{{"system": "{code}", "code": "{system}"}}]}}],
        "note": [{{"text": "{note}"}}, {{"text": "{escaped}"}}, {{"text": "{long}"}}],
        "text": {{"div": "{longer}"}}}}"#
    );
    let mut words: Vec<u64> = texts.iter().flat_map(|text| words_of(text.as_bytes())).collect();
    words.extend(words_of(long.as_bytes()));
    words.extend(words_of(longer.as_bytes()));
    let scan = |mut file: &[u8], name| Record::scan(&mut file, name);
    let record = record.as_bytes();
    let sections = scan(record, "x.json").unwrap().classes();
    assert!(sections.contains(&Class::Identity) && sections.contains(&Class::Narrative));
    assert_erased("scan", &words, || scan(record, "x.json").unwrap());
    // Files that end within a string, and that are not JSON.
    assert_erased("truncated", &words, || scan(&record[..300], "x.json").unwrap_err());
    assert_erased("text", &words, || scan(longer.as_bytes(), "x.txt").unwrap());
}

/// The search finds a copy in a freed block, at any offset.
#[test]
fn a_copy_in_freed_memory_is_found() {
    let mut secret = [0; 64];
    rng(51).fill_bytes(&mut secret);
    let words = words_of(&secret);
    for offset in 0..8 {
        let (_, found) = search(&words, || drop([&vec![0; offset][..], &secret].concat()));
        assert_eq!(found.len(), 1);
    }
    let (_, found) = search(&words, || drop(zeroize::Zeroizing::new(secret.to_vec())));
    assert_eq!(found.len(), 0);
}
