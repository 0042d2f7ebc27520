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
use crate::policy::{Listed, MAX_COMPONENTS, Name, Number, UserAttribute};
use std::collections::BTreeMap;

impl AttributeSet {
    /// Writes the set, with the value of each number and not its prefixes.
    pub fn write(&self, w: &mut Writer) {
        write_list(w, self.numbers.values().flat_map(BTreeMap::values));
        write_list(w, self.listed.values());
        write_list(w, self.names.iter());
    }

    /// Reads a set and checks all rules of attribute sets.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are malformed, the attributes are not strictly ascending, or a
    /// rule is violated.
    pub fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut set = Self::default();
        set.fill(r, |number: &Number| (number.label().clone(), number.value().domain()))?;
        set.fill(r, |listed: &Listed| listed.label().clone())?;
        set.fill(r, Name::clone)?;
        Ok(set)
    }

    /// Reads a list of attributes in strictly ascending order of their keys.
    fn fill<T: Codec + Into<UserAttribute>, K: Ord>(
        &mut self,
        r: &mut Reader<'_>,
        key: impl Fn(&T) -> K,
    ) -> Result<(), DecodeError> {
        let mut last = None;
        for attribute in r.list(MAX_COMPONENTS, T::read)? {
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

fn write_list<'a, T: Codec + 'a>(w: &mut Writer, items: impl Iterator<Item = &'a T>) {
    w.list(&items.collect::<Vec<_>>(), |w, item| item.write(w));
}
