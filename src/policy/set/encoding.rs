//! The encoding of attribute sets: three lists, each strictly ascending.
//!
//! ```text
//! numbers   label, domain u8, number u32      by label and domain
//! listed    label, version u32, value         by label
//! names     name
//! ```
#![forbid(unsafe_code)]

use super::{AttributeSet, InvalidAttributes};
use crate::algebra::codec::{Codec, Reader, Writer};
use crate::error::DecodeError;
use crate::policy::{Domain, Listed, MAX_COMPONENTS, Name, Number, UserAttribute, Value};
use std::collections::BTreeMap;

impl AttributeSet {
    /// Writes the set, with the value of each number and not its prefixes.
    pub fn write(&self, w: &mut Writer) {
        let numbers: Vec<&Number> = self.numbers.values().flat_map(BTreeMap::values).collect();
        w.list(&numbers, |w, number| {
            number.label().write(w);
            w.u8(number.value().domain().code());
            w.u32(number.value().number());
        });
        let listed: Vec<&Listed> = self.listed.values().collect();
        w.list(&listed, |w, listed| {
            listed.label().write(w);
            w.u32(listed.version());
            listed.value().write(w);
        });
        let names: Vec<&Name> = self.names.iter().collect();
        w.list(&names, |w, name| name.write(w));
    }

    /// Reads a set and checks all rules of attribute sets.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are malformed, the attributes are not strictly ascending, or a
    /// rule is violated.
    pub fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut set = Self::default();
        let numbers = r.list(MAX_COMPONENTS, number)?;
        let by_label = |number: &Number| (number.label().clone(), number.value().domain());
        set.fill(numbers, by_label)?;
        set.fill(r.list(MAX_COMPONENTS, listed)?, |listed| listed.label().clone())?;
        set.fill(r.list(MAX_COMPONENTS, Name::read)?, Name::clone)?;
        Ok(set)
    }

    /// Adds attributes, which must be in strictly ascending order of their keys.
    fn fill<T: Into<UserAttribute>, K: Ord>(
        &mut self,
        attributes: Vec<T>,
        key: impl Fn(&T) -> K,
    ) -> Result<(), DecodeError> {
        let mut last = None;
        for attribute in attributes {
            let next = Some(key(&attribute));
            if next <= last {
                return Err(DecodeError::Invalid("the attributes are not strictly ascending"));
            }
            last = next;
            self.insert(attribute).map_err(|error| match error {
                InvalidAttributes::TooMany => {
                    DecodeError::Invalid("the key has too many attributes")
                }
                _ => DecodeError::Invalid("a label has two values"),
            })?;
        }
        Ok(())
    }
}

fn number(r: &mut Reader<'_>) -> Result<Number, DecodeError> {
    let label = Name::read(r)?;
    let domain = Domain::from_code(r.u8()?).ok_or(DecodeError::Invalid("unknown domain"))?;
    let value = Value::new(domain, r.u32()?);
    let value = value.ok_or(DecodeError::Invalid("the number is too large for its width"))?;
    Ok(Number::new(label, value))
}

fn listed(r: &mut Reader<'_>) -> Result<Listed, DecodeError> {
    let (label, version, value) = (Name::read(r)?, r.u32()?, Name::read(r)?);
    let listed = Listed::new(label, version, value);
    listed.map_err(|_| DecodeError::Invalid("the label of a vocabulary contains no colon"))
}
