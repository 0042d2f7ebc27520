//! JSON elements with their paths. Every element is read, ignored by name, or refused.
#![forbid(unsafe_code)]

use super::{ConsentError, Refusal};
use serde_json::{Map, Value};

/// Maximum number of items of a list.
const MAX_ITEMS: usize = 256;
/// Maximum length of a string that the mapping reads, in bytes.
const MAX_TEXT: usize = 2048;

/// A value of a resource, with its path.
#[derive(Debug, Clone)]
pub(super) struct Element<'a> {
    value: &'a Value,
    path: String,
}

/// An object of a resource, with its path.
#[derive(Debug, Clone)]
pub(super) struct Object<'a> {
    members: &'a Map<String, Value>,
    path: String,
}

impl<'a> Element<'a> {
    pub(super) fn root(value: &'a Value, path: &str) -> Self {
        Self { value, path: path.to_owned() }
    }

    pub(super) fn refuse(&self, reason: Refusal) -> ConsentError {
        ConsentError::Refused { path: self.path.clone(), reason }
    }

    /// Returns the object if it has no members but those that are read or ignored.
    pub(super) fn object(
        &self,
        read: &[&str],
        ignored: &[&str],
    ) -> Result<Object<'a>, ConsentError> {
        let object = self.any_object()?;
        let known = |key: &str| read.contains(&key) || ignored.contains(&key);
        match object.members.keys().find(|key| !known(key)) {
            Some(key) => Err(object.refuse(key, Refusal::NotUnderstood)),
            None => Ok(object),
        }
    }

    /// Returns the object without a check of its members.
    pub(super) fn any_object(&self) -> Result<Object<'a>, ConsentError> {
        let members = self.value.as_object().filter(|members| !members.is_empty());
        let members = members.ok_or_else(|| self.refuse(Refusal::Malformed))?;
        Ok(Object { members, path: self.path.clone() })
    }

    /// Returns `true` if the value is a list with at least one item.
    pub(super) fn is_list(&self) -> bool {
        self.value.as_array().is_some_and(|items| !items.is_empty())
    }

    /// Returns a string that is not empty.
    pub(super) fn text(&self) -> Result<&'a str, ConsentError> {
        let text = self.value.as_str();
        let text = text.filter(|text| (1..=MAX_TEXT).contains(&text.len()));
        text.ok_or_else(|| self.refuse(Refusal::Malformed))
    }
}

impl<'a> Object<'a> {
    /// Returns the path of a member. Names that FHIR does not permit are not repeated.
    fn member_path(&self, key: &str) -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let is_name = (1..=64).contains(&key.len()) && key.bytes().all(plain);
        format!("{}.{}", self.path, if is_name { key } else { "(invalid name)" })
    }

    pub(super) fn refuse(&self, key: &str, reason: Refusal) -> ConsentError {
        ConsentError::Refused { path: self.member_path(key), reason }
    }

    /// Refuses the object itself.
    pub(super) fn refuse_self(&self, reason: Refusal) -> ConsentError {
        ConsentError::Refused { path: self.path.clone(), reason }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.members.contains_key(key)
    }

    pub(super) fn optional(&self, key: &str) -> Option<Element<'a>> {
        let value = self.members.get(key)?;
        Some(Element { value, path: self.member_path(key) })
    }

    pub(super) fn required(&self, key: &str) -> Result<Element<'a>, ConsentError> {
        self.optional(key).ok_or_else(|| self.refuse(key, Refusal::Missing))
    }

    /// Returns the items of a list; none if the member is absent. An empty list is malformed in
    /// FHIR; taken for an absent member it would remove a restriction.
    pub(super) fn list(&self, key: &str) -> Result<Vec<Element<'a>>, ConsentError> {
        let Some(list) = self.optional(key) else { return Ok(Vec::new()) };
        let items = list.value.as_array().filter(|items| !items.is_empty());
        let items = items.ok_or_else(|| list.refuse(Refusal::Malformed))?;
        if items.len() > MAX_ITEMS {
            return Err(list.refuse(Refusal::TooMany));
        }
        let item = |(i, value)| Element { value, path: format!("{}[{i}]", list.path) };
        Ok(items.iter().enumerate().map(item).collect())
    }
}
