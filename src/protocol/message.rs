//! Messages from one party to another: signed, then encrypted to the receiver.
//!
//! ```text
//! s     = Sign(sender, SIGN_MESSAGE, chain, purpose, sender, receiver, hpke key, H(payload))
//! bytes = HPKE.Seal(hpke key, info = (PROTOCOL_MESSAGE, chain, purpose, receiver, hpke key),
//!                   sender || s || payload)
//! ```
//!
//! The purpose is the [`Kind`](crate::algebra::tag::Kind) of the payload. The sender is encrypted,
//! so the network does not learn who sends; it learns the length. The signature names the receiver:
//! a receiver who encrypts the signed payload to a third party is detected. It names the
//! receiver's signing key as well, because a certificate does not prove possession of the HPKE key.
//!
//! A message proves neither when it was sent nor that it is sent for the first time. Payloads that
//! may not be repeated contain a time or a reference to a transaction.
#![forbid(unsafe_code)]

use super::roles::{Doctor, Institution, Patient, Proxy, QueryManager};
use super::{ProtocolError, Refusal};
use crate::algebra::codec::{Canonical, Codec, Reader, Writer, public_encoding, sequence};
use crate::algebra::hash::{digest, framed};
use crate::algebra::tag::{PROTOCOL_MESSAGE, SIGN_MESSAGE};
use crate::algebra::{Rng, tag::Kind};
use crate::hpke;
use crate::ledger::Subject;
use crate::sign::{Signature, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

/// The maximum length of a sealed message in bytes.
const MAX_SEALED: usize = 16 << 20;
/// The length of the sender's key and the signature in bytes.
const ENVELOPE: usize = 32 + 64;

/// A message that only its receiver opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedMessage {
    sealed: Vec<u8>,
}
sequence!(Canonical for SealedMessage = SealedMessage { sealed: bytes(MAX_SEALED) });
public_encoding!(SealedMessage);

/// A payload with a valid signature of its sender. The sender's authority is not checked yet: the
/// payload is accessible only through a check of the sender.
#[derive(Debug)]
pub struct Signed<T> {
    sender: VerifyingKey,
    payload: T,
}

impl<T> Signed<T> {
    /// Returns the key of the sender.
    pub fn sender(&self) -> &VerifyingKey {
        &self.sender
    }

    /// Returns the payload of an expected sender.
    ///
    /// # Errors
    /// [`Refusal::OtherSender`].
    pub fn require_sender(self, expected: &VerifyingKey) -> Result<T, ProtocolError> {
        let is_expected = self.sender == *expected;
        if is_expected { Ok(self.payload) } else { Err(Refusal::OtherSender.into()) }
    }

    /// Returns the payload if `check` accepts the sender. For senders that are determined by the
    /// payload, such as a patient with a certificate in an introduction.
    ///
    /// # Errors
    /// The error of `check`.
    pub fn authorise<E>(
        self,
        check: impl FnOnce(&VerifyingKey, &T) -> Result<(), E>,
    ) -> Result<T, E> {
        check(&self.sender, &self.payload)?;
        Ok(self.payload)
    }
}

/// The chain, purpose and receiver of a message.
struct Context<'a> {
    chain: &'a str,
    purpose: Kind,
    receiver: &'a VerifyingKey,
    hpke_key: hpke::PublicKey,
}

impl Context<'_> {
    fn info(&self) -> Vec<u8> {
        framed(&[
            PROTOCOL_MESSAGE.as_bytes(),
            self.chain.as_bytes(),
            &[self.purpose as u8],
            self.receiver.as_bytes(),
            self.hpke_key.as_bytes(),
        ])
    }

    /// Returns the signed statement. It contains a digest of the payload, since signing copies.
    fn statement(&self, sender: &VerifyingKey, payload: &[u8]) -> Vec<u8> {
        framed(&[
            self.chain.as_bytes(),
            &[self.purpose as u8],
            sender.as_bytes(),
            self.receiver.as_bytes(),
            self.hpke_key.as_bytes(),
            &digest(PROTOCOL_MESSAGE, &[payload]),
        ])
    }
}

impl SealedMessage {
    /// Signs a payload and encrypts it to a receiver, whose certificate the caller has verified.
    ///
    /// # Errors
    /// [`Refusal::MessageTooLong`].
    pub fn seal<T: Canonical>(
        chain: &str,
        sender: &SigningKey,
        receiver: &Subject,
        payload: &T,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Self, ProtocolError> {
        let hpke_key = receiver.hpke_key;
        let context = Context { chain, purpose: T::KIND, receiver: &receiver.key, hpke_key };
        let payload = payload.to_secret_bytes();
        if payload.len() > MAX_SEALED - ENVELOPE - hpke::OVERHEAD {
            return Err(Refusal::MessageTooLong.into());
        }
        let key = sender.verifying_key();
        let signature = sender.sign(SIGN_MESSAGE, &[&context.statement(&key, &payload)]);
        let mut plaintext = Writer::default();
        Codec::write(&key, &mut plaintext);
        Codec::write(&signature, &mut plaintext);
        plaintext.fixed(&payload);
        let plaintext = Zeroizing::new(plaintext.finish());
        Ok(Self { sealed: hpke::seal(&hpke_key, &context.info(), b"", &plaintext, rng) })
    }

    /// Decrypts a message with the receiver's keys and verifies the sender's signature.
    ///
    /// # Errors
    /// [`ProtocolError::Message`].
    pub fn open<T: Canonical>(
        &self,
        chain: &str,
        (receiver, secret): (&VerifyingKey, &hpke::SecretKey),
    ) -> Result<Signed<T>, ProtocolError> {
        let hpke_key = secret.public_key();
        let context = Context { chain, purpose: T::KIND, receiver, hpke_key };
        let plaintext = hpke::open(secret, &context.info(), b"", &self.sealed)
            .map_err(|_| ProtocolError::Message)?;
        context.verified(&plaintext).ok_or(ProtocolError::Message)
    }
}

impl Context<'_> {
    fn verified<T: Canonical>(&self, plaintext: &[u8]) -> Option<Signed<T>> {
        let (envelope, payload) = plaintext.split_at_checked(ENVELOPE)?;
        let mut envelope = Reader::new(envelope);
        let sender = VerifyingKey::read(&mut envelope).ok()?;
        let signature = Signature::read(&mut envelope).ok()?;
        sender.verify(SIGN_MESSAGE, &[&self.statement(&sender, payload)], &signature).ok()?;
        Some(Signed { sender, payload: T::from_bytes(payload).ok()? })
    }
}

macro_rules! parties {
    ($($role:ident),+) => {$(
        impl $role {
            /// Signs a payload and encrypts it to a receiver, whose certificate the caller has
            /// verified.
            ///
            /// # Errors
            /// [`Refusal::MessageTooLong`].
            pub fn seal_message<T: Canonical>(
                &self,
                chain: &str,
                receiver: &Subject,
                payload: &T,
                rng: &mut (impl Rng + ?Sized),
            ) -> Result<SealedMessage, ProtocolError> {
                SealedMessage::seal(chain, &self.key, receiver, payload, rng)
            }

            /// Decrypts a message to this party and verifies the sender's signature.
            ///
            /// # Errors
            /// [`ProtocolError::Message`].
            pub fn open_message<T: Canonical>(
                &self,
                chain: &str,
                message: &SealedMessage,
            ) -> Result<Signed<T>, ProtocolError> {
                message.open(chain, (&self.verifying_key(), &self.hpke))
            }
        }
    )+};
}
parties!(Patient, Doctor, Institution, QueryManager, Proxy);

#[cfg(test)]
mod tests {
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
        refused(b.open::<Note>(CHAIN, &encrypt(&plaintext[..ENVELOPE], &b, &mut rng)));
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
}
