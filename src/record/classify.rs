//! Classification of FHIR resources by sensitivity.
//!
//! The sensitivity labels of HL7 v3 in `meta.security` (`Confidentiality` and the information
//! sensitivity policies of `ActCode`) take precedence over the resource types of FHIR R4.
#![forbid(unsafe_code)]

use super::{Class, Keyword};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeSet;
use std::fmt;

/// Visitor methods that accept any scalar as the default value.
macro_rules! lenient {
    ($what:literal, $value:ident) => {
        lenient!(except_str $what, $value);
        fn visit_str<E>(self, _: &str) -> Result<$value, E> {
            Ok($value::default())
        }
    };
    (except_str $what:literal, $value:ident) => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str($what)
        }
        fn visit_bool<E>(self, _: bool) -> Result<$value, E> {
            Ok($value::default())
        }
        fn visit_i64<E>(self, _: i64) -> Result<$value, E> {
            Ok($value::default())
        }
        fn visit_u64<E>(self, _: u64) -> Result<$value, E> {
            Ok($value::default())
        }
        fn visit_f64<E>(self, _: f64) -> Result<$value, E> {
            Ok($value::default())
        }
        fn visit_unit<E>(self) -> Result<$value, E> {
            Ok($value::default())
        }
    };
}
pub(super) use lenient;

/// The fields of a resource that determine its class and keywords.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub(super) resource_type: Option<String>,
    labels: Vec<Coding>,
    codes: Vec<Coding>,
}

/// A `Coding` of FHIR.
#[derive(Debug, Default)]
struct Coding {
    system: String,
    code: String,
}

impl Head {
    /// Reads a field of the resource, or skips a field that is irrelevant here.
    pub(super) fn read_field<'de, A: MapAccess<'de>>(
        &mut self,
        key: &str,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match key {
            "resourceType" => self.resource_type = map.next_value::<Text>()?.0,
            "meta" => self.labels.extend(map.next_value::<Concepts>()?.0),
            // A resource that contains a restricted resource is restricted.
            "entry" | "contained" | "parameter" => {
                self.labels.extend(map.next_value::<InnerLabels>()?.0);
            }
            key if CODE_FIELDS.contains(&key) => self.codes.extend(map.next_value::<Concepts>()?.0),
            _ => {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    /// Replaces an earlier resource under the same key, whose labels remain in force.
    pub(super) fn replacing(mut self, mut earlier: Self) -> Self {
        self.labels.append(&mut earlier.labels);
        self
    }

    /// Returns `true` if a sensitivity label restricts the resource.
    pub(super) fn is_restricted(&self) -> bool {
        self.labels.iter().any(|label| is_restricting(&label.code))
    }

    /// Returns the class by label, else by type. An unknown type is clinical, so that a new type
    /// of resource does not fall under a weaker policy.
    pub(super) fn class(&self) -> Class {
        if self.is_restricted() {
            return Class::Restricted;
        }
        match self.resource_type.as_deref() {
            Some("Patient" | "Person" | "RelatedPerson") => Class::Identity,
            Some(
                "Claim"
                | "ClaimResponse"
                | "ExplanationOfBenefit"
                | "Coverage"
                | "Account"
                | "Invoice"
                | "ChargeItem"
                | "PaymentNotice"
                | "PaymentReconciliation"
                | "CoverageEligibilityRequest"
                | "CoverageEligibilityResponse",
            ) => Class::Financial,
            Some(
                "Organization"
                | "Practitioner"
                | "PractitionerRole"
                | "Location"
                | "Encounter"
                | "HealthcareService"
                | "Endpoint"
                | "Schedule"
                | "Slot"
                | "Appointment"
                | "AppointmentResponse"
                | "Provenance"
                | "AuditEvent"
                | "Device"
                | "Consent",
            ) => Class::Administrative,
            Some(_) | None => Class::Clinical,
        }
    }

    /// Adds the type and the codes of the resource.
    pub(super) fn keywords(&self, keywords: &mut BTreeSet<Keyword>) {
        if let Some(name) = &self.resource_type {
            keywords.insert(Keyword { field: "type", value: name.clone() });
        }
        for coding in self.codes.iter().filter(|coding| !coding.code.is_empty()) {
            let value = format!("{}|{}", coding.system, coding.code);
            keywords.insert(Keyword { field: "code", value });
        }
    }
}

/// Returns `true` for the HL7 v3 labels restricted and very restricted, and for sensitivity
/// policies with special legal protection.
fn is_restricting(label: &str) -> bool {
    const LABELS: [&str; 17] = [
        "R", "V", "PSY", "PSYTHPN", "MH", "BH", "SUD", "ETH", "ETHUD", "OPIOIDUD", "HIV", "STD",
        "SEX", "SDV", "GDIS", "SICKLE", "SCA",
    ];
    LABELS.contains(&label)
}

/// Fields whose codings identify the subject matter of a resource.
const CODE_FIELDS: [&str; 5] =
    ["code", "vaccineCode", "medicationCodeableConcept", "procedureCode", "reasonCode"];

/// Accepts any JSON value; a value that is not an object is the default. Malformed fields are
/// ignored, because this module does not validate FHIR.
impl<'de> Deserialize<'de> for Head {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct HeadVisitor;
        impl<'de> Visitor<'de> for HeadVisitor {
            type Value = Head;
            lenient!("a resource", Head);
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Head, A::Error> {
                let mut head = Head::default();
                while let Some(key) = map.next_key::<String>()? {
                    head.read_field(&key, &mut map)?;
                }
                Ok(head)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Head, A::Error> {
                skip(seq).map(|()| Head::default())
            }
        }
        deserializer.deserialize_any(HeadVisitor)
    }
}

/// A string, or `None` for any other value.
#[derive(Default)]
struct Text(Option<String>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text;
            lenient!(except_str "a string", Text);
            fn visit_str<E>(self, text: &str) -> Result<Text, E> {
                Ok(Text(Some(text.to_owned())))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Text, A::Error> {
                skip_map(map).map(|()| Text::default())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Text, A::Error> {
                skip(seq).map(|()| Text::default())
            }
        }
        deserializer.deserialize_any(TextVisitor)
    }
}

/// The codings of a `CodeableConcept`, of a list of them, or of `security` in `meta`.
#[derive(Default)]
struct Concepts(Vec<Coding>);

impl<'de> Deserialize<'de> for Concepts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ConceptsVisitor;
        impl<'de> Visitor<'de> for ConceptsVisitor {
            type Value = Concepts;
            lenient!("a concept", Concepts);
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Concepts, A::Error> {
                let (mut concepts, mut own) = (Concepts::default(), Coding::default());
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "coding" | "security" => concepts.0.extend(map.next_value::<Concepts>()?.0),
                        "system" => own.system = map.next_value::<Text>()?.0.unwrap_or_default(),
                        "code" => own.code = map.next_value::<Text>()?.0.unwrap_or_default(),
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                concepts.0.push(own);
                Ok(concepts)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Concepts, A::Error> {
                let mut concepts = Concepts::default();
                while let Some(inner) = seq.next_element::<Concepts>()? {
                    concepts.0.extend(inner.0);
                }
                Ok(concepts)
            }
        }
        deserializer.deserialize_any(ConceptsVisitor)
    }
}

/// The labels of all resources in a value, at any depth.
#[derive(Default)]
struct InnerLabels(Vec<Coding>);

impl<'de> Deserialize<'de> for InnerLabels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LabelsVisitor;
        impl<'de> Visitor<'de> for LabelsVisitor {
            type Value = InnerLabels;
            lenient!("a value with nested resources", InnerLabels);
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<InnerLabels, A::Error> {
                let mut labels = InnerLabels::default();
                while let Some(key) = map.next_key::<String>()? {
                    labels.0.append(&mut match key.as_str() {
                        "meta" => map.next_value::<Concepts>()?.0,
                        _ => map.next_value::<InnerLabels>()?.0,
                    });
                }
                Ok(labels)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<InnerLabels, A::Error> {
                let mut labels = InnerLabels::default();
                while let Some(mut inner) = seq.next_element::<InnerLabels>()? {
                    labels.0.append(&mut inner.0);
                }
                Ok(labels)
            }
        }
        deserializer.deserialize_any(LabelsVisitor)
    }
}

pub(super) fn skip<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<(), A::Error> {
    while seq.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

pub(super) fn skip_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<(), A::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}
