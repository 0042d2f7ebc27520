//! Messages that an honest party does not send.

use super::formulas;
use super::run::{CHAIN, Keys, Run, Shared};
use crate::vectors::format::encoding;
use epione::algebra::hash::{digest, framed};
use epione::algebra::tag::{self, Kind};
use epione::hpke;
use epione::sign::{SigningKey, VerifyingKey};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

/// The chain, purpose and receiver that a signature or an encryption names.
#[derive(Clone, Copy)]
pub(crate) struct Named<'a> {
    pub(crate) chain: &'a str,
    pub(crate) purpose: Kind,
    pub(crate) receiver: VerifyingKey,
    pub(crate) hpke_key: hpke::PublicKey,
}

impl Named<'_> {
    /// The kind and keys of a party on the chain of the run.
    pub(crate) fn new(purpose: Kind, receiver: &Keys) -> Self {
        Self {
            chain: CHAIN,
            purpose,
            receiver: receiver.verifying_key(),
            hpke_key: formulas::hpke_key(&receiver.hpke).public_key(),
        }
    }

    /// `sender || signature || payload`
    pub(crate) fn signed(&self, sender: &SigningKey, payload: &[u8]) -> Vec<u8> {
        let key = sender.verifying_key();
        let statement = framed(&[
            self.chain.as_bytes(),
            &[self.purpose as u8],
            key.as_bytes(),
            self.receiver.as_bytes(),
            self.hpke_key.as_bytes(),
            &digest(tag::PROTOCOL_MESSAGE, &[payload]),
        ]);
        let signature = formulas::sign(sender, tag::SIGN_MESSAGE, &statement);
        [&key.as_bytes()[..], &signature, payload].concat()
    }

    /// The encoding of the message with a plaintext.
    pub(crate) fn encrypted(&self, plaintext: &[u8]) -> Vec<u8> {
        let info = framed(&[
            tag::PROTOCOL_MESSAGE.as_bytes(),
            self.chain.as_bytes(),
            &[self.purpose as u8],
            self.receiver.as_bytes(),
            self.hpke_key.as_bytes(),
        ]);
        let rng = &mut ChaCha20Rng::seed_from_u64(1);
        let sealed = hpke::seal(&self.hpke_key, &info, b"", plaintext, rng);
        encoding(Kind::SealedMessage, &formulas::sized(&sealed))
    }
}

impl Shared {
    /// The payload of the delivery, as the proxy decrypts it.
    pub(crate) fn opened_delivery(&self, run: &Run) -> Vec<u8> {
        super::grants::open_delivery(run, self).payload
    }
}
