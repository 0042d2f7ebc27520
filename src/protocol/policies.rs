//! Access policies by class.
#![forbid(unsafe_code)]

use crate::abe::fabeo::epochs::{self, EpochError};
use crate::algebra::codec::sequence;
use crate::policy::AccessPolicy;
use crate::record::Class;
use std::collections::BTreeMap;

/// The access policy of each class of sections.
///
/// Nothing compares the policies: the caller gives [`Class::Narrative`] a policy that requires what
/// those of [`Class::Identity`] and [`Class::Clinical`] require, also when it replaces either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policies {
    default: AccessPolicy,
    by_class: BTreeMap<Class, AccessPolicy>,
}

sequence!(Codec for Policies { default, by_class: map(Class::ALL.len()) });

impl Policies {
    /// Uses one policy for every class.
    pub fn uniform(policy: AccessPolicy) -> Self {
        Self { default: policy, by_class: BTreeMap::new() }
    }

    /// Replaces the policy of one class.
    pub fn with(mut self, class: Class, policy: AccessPolicy) -> Self {
        self.by_class.insert(class, policy);
        self
    }

    /// Restricts every policy to an attribute epoch.
    pub(super) fn restrict(&self, epoch: u32) -> Result<Self, EpochError> {
        let by_class = self.by_class.iter();
        let by_class =
            by_class.map(|(class, policy)| Ok((*class, epochs::restrict(policy, epoch)?)));
        let default = epochs::restrict(&self.default, epoch)?;
        Ok(Self { default, by_class: by_class.collect::<Result<_, EpochError>>()? })
    }

    /// Returns the policy of a class.
    pub fn of(&self, class: Class) -> &AccessPolicy {
        self.by_class.get(&class).unwrap_or(&self.default)
    }
}
