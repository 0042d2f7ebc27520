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
/// The length of the sender's key and the signature, which precede the payload, in bytes.
const SIGNED_PREFIX: usize = 32 + 64;

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
#[derive(Clone, Copy)]
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
        if payload.len() > MAX_SEALED - SIGNED_PREFIX - hpke::OVERHEAD {
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
        let (prefix, payload) = plaintext.split_at_checked(SIGNED_PREFIX)?;
        let mut prefix = Reader::new(prefix);
        let sender = VerifyingKey::read(&mut prefix).ok()?;
        let signature = Signature::read(&mut prefix).ok()?;
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
mod tests;
