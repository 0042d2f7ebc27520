//! Identities of attributes, and the prefixes of comparisons and numbers, restated.

use crate::policy::generate::halved;
use epione::policy::{AttributeSet, Comparison, Listed, Name, Number, UserAttribute, Value};

/// The code and width in bits of a value's domain.
fn domain(value: Value) -> (u8, u32) {
    match value {
        Value::U8(_) => (8, 8),
        Value::U16(_) => (16, 16),
        Value::U32(_) => (32, 32),
        Value::Date(_) => (0x90, 16),
    }
}

/// The identities of the prefixes that a comparison is the `or` of.
pub(crate) fn compared(comparison: &Comparison) -> Vec<Vec<u8>> {
    let (code, width) = domain(comparison.low());
    let ends = (comparison.low().number(), comparison.high().number());
    let blocks = halved(ends, 0, width, width).into_iter();
    blocks.map(|(length, first)| prefix(comparison.label(), code, length, first)).collect()
}

pub(crate) fn plain(name: &Name) -> Vec<u8> {
    name.as_str().into()
}

/// `01 label 00 domain length first`
fn prefix(label: &Name, code: u8, length: u32, first: u32) -> Vec<u8> {
    let (length, first) = (length as u8, first.to_be_bytes());
    [&[1][..], label.as_str().as_bytes(), &[0, code, length], &first].concat()
}

/// `02 label 00 version value`
pub(crate) fn listed(value: &Listed) -> Vec<u8> {
    let (label, version) = (value.label().as_str(), value.version().to_be_bytes());
    [&[2][..], label.as_bytes(), &[0], &version, value.value().as_str().as_bytes()].concat()
}

/// The identities of a key's components: a number has one per prefix length.
pub(crate) fn expanded(set: &AttributeSet) -> Vec<Vec<u8>> {
    let of_number = |number: &Number| -> Vec<Vec<u8>> {
        let (code, width) = domain(number.value());
        let value = u64::from(number.value().number());
        let first = |length| (value >> (width - length) << (width - length)) as u32;
        (0..=width).map(|length| prefix(number.label(), code, length, first(length))).collect()
    };
    let mut identities: Vec<_> = set
        .iter()
        .flat_map(|attribute| match attribute {
            UserAttribute::Number(number) => of_number(&number),
            UserAttribute::Listed(value) => vec![listed(&value)],
            UserAttribute::Name(name) => vec![plain(&name)],
        })
        .collect();
    identities.sort();
    identities
}
