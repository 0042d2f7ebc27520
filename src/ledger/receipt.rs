//! Receipts of proxies for released re-encryptions, and evidence of unreported releases.
//!
//! ```text
//! receipt = access || Sign(proxy, SIGN_RECEIPT, chain, access)
//! ```
//!
//! The access is signed as its fields, without an action code.
#![forbid(unsafe_code)]

use super::action::AccessAction;
use crate::algebra::codec::{Codec, sequence};
use crate::algebra::tag::SIGN_RECEIPT;
use crate::sign::{InvalidSignature, Signature, SigningKey, VerifyingKey};

/// A proxy's signed receipt for the release of re-encryptions. Contains no key and no
/// re-encryption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The proxy and the digests of the released re-encryptions.
    pub released: AccessAction,
    /// The proxy's signature over the chain's name and the release.
    pub signature: Signature,
}

impl Receipt {
    /// Signs a release on a chain.
    pub fn issue(chain: &str, released: AccessAction, key: &SigningKey) -> Self {
        let signature = key.sign(SIGN_RECEIPT, &[chain.as_bytes(), &released.encode()]);
        Self { released, signature }
    }

    /// Verifies the proxy's signature.
    ///
    /// # Errors
    /// [`InvalidSignature`] if the receipt is for another chain, or was changed.
    pub fn verify(&self, chain: &str) -> Result<(), InvalidSignature> {
        let parts = [chain.as_bytes(), &self.released.encode()[..]];
        self.released.proxy.verify(SIGN_RECEIPT, &parts, &self.signature)
    }
}

/// Evidence that a proxy released re-encryptions that it did not report, or reported others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceAction {
    /// The registered party that submits the evidence.
    pub reporter: VerifyingKey,
    /// The proxy's receipt.
    pub receipt: Receipt,
}

sequence!(Codec for Receipt { released, signature });
sequence!(Codec for EvidenceAction { reporter, receipt });
