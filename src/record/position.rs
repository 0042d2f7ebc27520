//! The position of a JSON value, and members of an object that are interpreted together.
#![forbid(unsafe_code)]

use super::json::Text;
use super::{Piece, elements, labels};
use zeroize::Zeroizing;

/// The position of a value. Elements of a list have the position of the list.
#[derive(Clone, Copy, Default)]
pub(super) struct Position<'a> {
    pub(super) key: &'a str,
    /// Resources may be here, and elements here are elements of resources.
    pub(super) is_resource: bool,
    /// In the list `entry` of a resource.
    pub(super) is_entry: bool,
    /// In a list of security labels.
    pub(super) is_label: bool,
    /// Codings here are keywords.
    pub(super) is_keyword: bool,
}

impl Position<'_> {
    /// Returns the position of a member of an object here.
    pub(super) fn member<'k>(&self, key: &'k str) -> Position<'k> {
        Position {
            key,
            is_resource: ["resource", "contained", "outcome"].contains(&key),
            is_entry: self.is_resource && key == "entry",
            is_label: self.is_label
                || key == "securityLabel"
                || (self.key == "meta" && key == "security"),
            is_keyword: if self.is_resource {
                elements::is_keyword_element(key)
            } else {
                self.is_keyword && key == "coding"
            },
        }
    }
}

/// Members of an object that are interpreted together at its end.
#[derive(Default)]
pub(super) struct Fields {
    pub(super) system: Option<Text>,
    pub(super) code: Option<Text>,
    pub(super) has_two_codes: bool,
    pub(super) reference: Zeroizing<String>,
    pub(super) stated_type: Zeroizing<String>,
    pub(super) url: Zeroizing<String>,
    pub(super) has_content_type: bool,
    /// Values of `display`, in a reference the name of its target.
    pub(super) displays: Vec<Piece>,
    /// Values of `data`, in an attachment its content.
    pub(super) data: Vec<Piece>,
    pub(super) is_name: bool,
    pub(super) is_narrative: bool,
}

impl Fields {
    /// Notes a string member.
    pub(super) fn note(&mut self, key: &str, text: Text) {
        let coding = match key {
            "system" => &mut self.system,
            "code" => &mut self.code,
            // Parsers differ in which of two equal keys they take, so both apply.
            "reference" => {
                return append(&mut self.reference, &["/", &text.start]);
            }
            "type" => return self.stated_type = text.start,
            "url" if *self.url == labels::INLINE_LABEL => return,
            "url" => return self.url = text.start,
            "contentType" => return self.has_content_type = true,
            _ => return,
        };
        self.has_two_codes |= coding.as_ref().is_some_and(|earlier| *earlier != text);
        *coding = Some(text);
    }
}

/// Appends to a text. If the text grows beyond its capacity, the old buffer is erased.
fn append(text: &mut Zeroizing<String>, parts: &[&str]) {
    let length = text.len() + parts.iter().map(|part| part.len()).sum::<usize>();
    if length > text.capacity() {
        let mut grown = Zeroizing::new(String::with_capacity(length.max(2 * text.capacity())));
        grown.push_str(text);
        *text = grown;
    }
    parts.iter().for_each(|part| text.push_str(part));
}
