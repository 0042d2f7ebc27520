//! Messages in another context, changed, forwarded, and of other senders.
#![forbid(unsafe_code)]

use super::*;
use crate::error::DecodeError;
use crate::ledger::Role;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

const CHAIN: &str = "chain";

#[derive(Debug, Clone, PartialEq)]
struct Note {
    text: String,
}
sequence!(Canonical for Note = Query { text: text(64) });

/// A payload of another kind with the fields of a [`Note`].
#[derive(Debug)]
struct OtherNote {
    text: String,
}
sequence!(Canonical for OtherNote = Fetch { text: text(64) });

struct Party {
    key: SigningKey,
    hpke: hpke::SecretKey,
}

impl Party {
    fn new(rng: &mut ChaCha20Rng) -> Self {
        Self { key: SigningKey::generate(rng), hpke: hpke::SecretKey::generate(rng) }
    }
    fn subject(&self) -> Subject {
        Subject {
            key: self.key.verifying_key(),
            name: "Party".to_owned(),
            role: Role::Doctor,
            hpke_key: self.hpke.public_key(),
            pre_key: vec![],
            serial: [0; 32],
            valid_until: 1,
        }
    }
    fn open<T: Canonical>(
        &self,
        chain: &str,
        message: &SealedMessage,
    ) -> Result<Signed<T>, ProtocolError> {
        message.open(chain, (&self.key.verifying_key(), &self.hpke))
    }
    fn context(&self) -> (VerifyingKey, hpke::PublicKey) {
        (self.key.verifying_key(), self.hpke.public_key())
    }
}

fn parties() -> (ChaCha20Rng, [Party; 3]) {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let parties = [(); 3].map(|()| Party::new(&mut rng));
    (rng, parties)
}

fn note() -> Note {
    Note { text: "come at nine".to_owned() }
}

fn refused<T: std::fmt::Debug>(outcome: Result<Signed<T>, ProtocolError>) {
    assert!(matches!(outcome, Err(ProtocolError::Message)), "{outcome:?}");
}

/// Encrypts a plaintext in the context of a [`Note`] for a receiver.
fn encrypt(plaintext: &[u8], receiver: &Party, rng: &mut ChaCha20Rng) -> SealedMessage {
    let (key, hpke_key) = receiver.context();
    let context = Context { chain: CHAIN, purpose: Note::KIND, receiver: &key, hpke_key };
    let sealed = hpke::seal(&hpke_key, &context.info(), b"", plaintext, rng);
    SealedMessage { sealed }
}

/// Decrypts the plaintext of a [`Note`] as its receiver can.
fn decrypt(message: &SealedMessage, receiver: &Party) -> Vec<u8> {
    let (key, hpke_key) = receiver.context();
    let context = Context { chain: CHAIN, purpose: Note::KIND, receiver: &key, hpke_key };
    hpke::open(&receiver.hpke, &context.info(), b"", &message.sealed).unwrap().to_vec()
}

#[test]
fn a_message_opens_for_its_receiver_chain_and_purpose_only() {
    let (mut rng, [a, b, c]) = parties();
    let message = SealedMessage::seal(CHAIN, &a.key, &b.subject(), &note(), &mut rng).unwrap();
    let opened = b.open::<Note>(CHAIN, &message).unwrap();
    assert_eq!(opened.require_sender(&a.key.verifying_key()).unwrap(), note());
    refused(c.open::<Note>(CHAIN, &message));
    refused(b.open::<Note>("chain 2", &message));
    refused(b.open::<OtherNote>(CHAIN, &message));
    // The keys of one party under the signing key of another.
    refused(message.open::<Note>(CHAIN, (&c.key.verifying_key(), &b.hpke)));
}

#[test]
fn the_payload_is_accessible_only_through_a_check_of_the_sender() {
    let (mut rng, [a, b, c]) = parties();
    let message = SealedMessage::seal(CHAIN, &a.key, &b.subject(), &note(), &mut rng).unwrap();
    let open = || b.open::<Note>(CHAIN, &message).unwrap();
    assert_eq!(*open().sender(), a.key.verifying_key());
    let other = open().require_sender(&c.key.verifying_key());
    assert!(matches!(other, Err(ProtocolError::Refused(Refusal::OtherSender))));
    let unexpected = open().authorise(|sender, payload| {
        assert_eq!(*payload, note());
        if *sender == c.key.verifying_key() { Ok(()) } else { Err("another sender") }
    });
    assert_eq!(unexpected, Err("another sender"));
    assert_eq!(open().authorise(|_, _| Ok::<_, ()>(())), Ok(note()));
}

#[test]
fn a_changed_message_is_refused() {
    let (mut rng, [a, b, _]) = parties();
    let message = SealedMessage::seal(CHAIN, &a.key, &b.subject(), &note(), &mut rng).unwrap();
    for position in 0..message.sealed.len() {
        let mut changed = message.clone();
        changed.sealed[position] ^= 1;
        refused(b.open::<Note>(CHAIN, &changed));
    }
    // The receiver changes the plaintext and encrypts it again.
    let plaintext = decrypt(&message, &b);
    refused(b.open::<Note>(CHAIN, &encrypt(&plaintext[..SIGNED_PREFIX], &b, &mut rng)));
    refused(b.open::<Note>(CHAIN, &encrypt(&[], &b, &mut rng)));
    for position in 0..plaintext.len() {
        let mut changed = plaintext.clone();
        changed[position] ^= 1;
        refused(b.open::<Note>(CHAIN, &encrypt(&changed, &b, &mut rng)));
    }
    assert!(b.open::<Note>(CHAIN, &encrypt(&plaintext, &b, &mut rng)).is_ok());
}

/// Party B forwards the payload that A has signed for B.
#[test]
fn a_forwarded_payload_is_refused_and_a_signature_replaced_changes_the_sender() {
    let (mut rng, [a, b, c]) = parties();
    let message = SealedMessage::seal(CHAIN, &a.key, &b.subject(), &note(), &mut rng).unwrap();
    let plaintext = decrypt(&message, &b);
    refused(c.open::<Note>(CHAIN, &encrypt(&plaintext, &c, &mut rng)));
    let again = SealedMessage::seal(CHAIN, &b.key, &c.subject(), &note(), &mut rng).unwrap();
    let opened = c.open::<Note>(CHAIN, &again).unwrap();
    assert_eq!(*opened.sender(), b.key.verifying_key());
}

/// Party C has a certificate for C's signing key and B's HPKE key.
#[test]
fn a_message_for_a_party_with_the_hpke_key_of_another_does_not_open_for_the_other() {
    let (mut rng, [a, b, c]) = parties();
    let misbound = Subject { hpke_key: b.hpke.public_key(), ..c.subject() };
    let message = SealedMessage::seal(CHAIN, &a.key, &misbound, &note(), &mut rng).unwrap();
    refused(b.open::<Note>(CHAIN, &message));
}

#[test]
fn the_length_of_a_message_is_capped_and_the_sender_is_not_visible() {
    let (mut rng, [a, b, _]) = parties();
    let message = SealedMessage::seal(CHAIN, &a.key, &b.subject(), &note(), &mut rng).unwrap();
    let bytes = message.to_bytes();
    let sender = a.key.verifying_key();
    assert!(!bytes.windows(32).any(|part| part == sender.as_bytes()));
    assert_eq!(SealedMessage::from_bytes(&bytes), Ok(message));
    let long = SealedMessage { sealed: vec![0; MAX_SEALED + 1] };
    let (found, cap) = (MAX_SEALED + 1, MAX_SEALED);
    assert_eq!(
        SealedMessage::from_bytes(&long.to_bytes()),
        Err(DecodeError::TooLong { found, cap })
    );
    let text = "a".repeat(MAX_SEALED);
    let long = SealedMessage::seal(CHAIN, &a.key, &b.subject(), &Note { text }, &mut rng);
    assert!(matches!(long, Err(ProtocolError::Refused(Refusal::MessageTooLong))));
}

#[test]
fn the_signed_statement_names_the_sender() {
    let (_, [a, b, c]) = parties();
    let (key, hpke_key) = c.context();
    let context = Context { chain: CHAIN, purpose: Note::KIND, receiver: &key, hpke_key };
    let [by_a, by_b] = [a, b].map(|party| context.statement(&party.key.verifying_key(), b"note"));
    assert_ne!(by_a, by_b);
}

/// The payload is a note for B. Its signature, or its encryption, is of another context.
#[test]
fn signature_and_encryption_cover_chain_purpose_and_receiver_each() {
    let (mut rng, [a, b, c]) = parties();
    let ((key, hpke_key), (other_key, other_hpke_key)) = (b.context(), c.context());
    let own = Context { chain: CHAIN, purpose: Note::KIND, receiver: &key, hpke_key };
    let mut seal = |signed: Context<'_>, sealed: Context<'_>| {
        let (sender, payload) = (a.key.verifying_key(), note().to_bytes());
        let signature = a.key.sign(SIGN_MESSAGE, &[&signed.statement(&sender, &payload)]);
        let plaintext = [&sender.as_bytes()[..], &signature.to_bytes(), &payload].concat();
        SealedMessage { sealed: hpke::seal(&hpke_key, &sealed.info(), b"", &plaintext, &mut rng) }
    };
    assert!(b.open::<Note>(CHAIN, &seal(own, own)).is_ok());
    for other in [
        Context { chain: "chain 2", ..own },
        Context { purpose: OtherNote::KIND, ..own },
        Context { receiver: &other_key, ..own },
        Context { hpke_key: other_hpke_key, ..own },
    ] {
        refused(b.open::<Note>(CHAIN, &seal(other, own)));
        refused(b.open::<Note>(CHAIN, &seal(own, other)));
    }
}
