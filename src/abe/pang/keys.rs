//! Public keys collected by encryptors, and components collected by users.
#![forbid(unsafe_code)]

use super::elements::EpochKey;
use super::{Component, Pang, VerifiedAttributeKey, hash};
use crate::abe::gid::MAX_GID;
use crate::abe::{PublicParameters, UserSecretKey};
use crate::algebra::{G2, multi_pairing};
use crate::policy::{Attribute, InvalidAttributes, Name};

/// An attribute has two different public keys in one epoch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there are two different public keys of {0} for epoch {1}")]
pub struct ConflictingKey(Name, u32);

/// The key was not issued by the central authority of the parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key is not valid for the central authority's parameters")]
pub struct InvalidKey;

/// The reason why a user was not enrolled or a component not added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The identifier is empty or too long.
    #[error("an identifier has 1 to {MAX_GID} bytes")]
    InvalidIdentifier,
    /// The component is for another user, or its attribute or epoch is not that of the public key.
    #[error("the component belongs to another user, attribute or epoch")]
    ComponentMismatch,
    /// The component does not satisfy its equation.
    #[error("the component is not valid for the public key of the attribute")]
    InvalidComponent,
    /// The key would have too many attributes.
    #[error(transparent)]
    Attributes(#[from] InvalidAttributes),
}

impl PublicParameters<Pang> {
    /// Returns the parameters with the public key of an attribute. Of two keys of an attribute, the
    /// parameters contain the one of the later epoch.
    ///
    /// # Errors
    /// [`ConflictingKey`] if the parameters have a different key of the same epoch.
    pub fn with_attribute_key(&self, key: &VerifiedAttributeKey) -> Result<Self, ConflictingKey> {
        let (attribute, epoch) = (key.key().attribute(), key.key().epoch());
        let given = EpochKey { epoch, g2_v: *key.key().g2_v() };
        let mut parameters = self.0.clone();
        match parameters.attribute_keys.get(attribute) {
            Some(held) if held.epoch == epoch && *held != given => {
                return Err(ConflictingKey(attribute.clone(), epoch));
            }
            Some(held) if held.epoch >= epoch => {}
            _ => drop(parameters.attribute_keys.insert(attribute.clone(), given)),
        }
        Ok(Self(parameters))
    }

    /// Returns the epoch of an attribute's public key, or `None` if the parameters lack it.
    pub fn epoch(&self, attribute: &Name) -> Option<u32> {
        self.0.attribute_keys.get(attribute).map(|held| held.epoch)
    }
}

impl UserSecretKey<Pang> {
    /// The identifier of the user.
    pub fn gid(&self) -> &str {
        &self.elements.expose().gid
    }

    /// Returns the epochs for which the key has a component of the attribute, ascending.
    pub fn epochs(&self, attribute: &Name) -> Vec<u32> {
        let attribute = Attribute::Name(attribute.clone());
        let Ok(position) = self.attributes.expanded().binary_search(&attribute) else {
            return Vec::new();
        };
        self.elements.expose().components[position].iter().map(|(epoch, _)| *epoch).collect()
    }

    /// Verifies that the central authority issued the key: `e(D, g2) = Z^beta e(g1^a, D')`.
    /// Components are verified by [`Self::with_component`].
    ///
    /// # Errors
    /// [`InvalidKey`] if the equation fails.
    pub fn verify(&self, parameters: &PublicParameters<Pang>) -> Result<(), InvalidKey> {
        let (key, parameters) = (self.elements.expose(), &parameters.0);
        let pairs = [(key.d, G2::generator()), (-parameters.g1_a, key.d_prime)];
        if multi_pairing(&pairs) == parameters.z_beta { Ok(()) } else { Err(InvalidKey) }
    }

    /// Returns the key with a component, after verifying `e(D_x, g2^{v_x}) = e(H(x), D')`.
    ///
    /// # Errors
    /// [`KeyError::ComponentMismatch`] if the component is for another user, or its attribute or
    /// epoch is not that of the public key; [`KeyError::InvalidComponent`] if the equation fails;
    /// [`KeyError::Attributes`] if the key cannot hold another attribute.
    pub fn with_component(
        &self,
        component: &Component,
        public_key: &VerifiedAttributeKey,
    ) -> Result<Self, KeyError> {
        let (x, d_x, public_key) = (component.attribute(), component.point(), public_key.key());
        let same = (x, component.epoch()) == (public_key.attribute(), public_key.epoch());
        if !same || component.gid() != self.gid() {
            return Err(KeyError::ComponentMismatch);
        }
        let mut elements = self.elements.clone();
        let key = elements.expose_mut();
        if !multi_pairing(&[(*d_x, *public_key.g2_v()), (-hash(x), key.d_prime)]).is_identity() {
            return Err(KeyError::InvalidComponent);
        }
        let mut attributes = self.attributes.clone();
        attributes.insert(x.clone())?;
        let expanded = attributes.expanded();
        let inserted = Attribute::Name(x.clone());
        let position = expanded.binary_search(&inserted).expect("the attribute was inserted");
        if expanded.len() > key.components.len() {
            key.components.insert(position, Vec::new());
        }
        key.insert(position, component.epoch(), d_x);
        Ok(Self { attributes, elements })
    }
}
