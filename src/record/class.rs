//! Sensitivity classes.
#![forbid(unsafe_code)]

use crate::algebra::codec::choice;
use std::fmt;

/// The category of a section, by sensitivity. It selects the section's policy and re-encryption
/// condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// The identity of the patient.
    Identity = 1,
    /// Findings, diagnoses, treatments.
    Clinical = 2,
    /// Data that is labelled restricted or has special legal protection: mental health, substance
    /// use, HIV, genetics, sexual and reproductive health.
    Restricted = 3,
    /// Claims and payments.
    Financial = 4,
    /// Encounters, organisations, and the frame between entries.
    Administrative = 5,
    /// A file that is not FHIR: an image, a report, a waveform.
    Document = 6,
    /// Narratives and attachments of FHIR resources: text that may both identify the patient and
    /// state findings. Its policy should require what those of `Identity` and `Clinical` require.
    Narrative = 7,
}

choice!(Class, "unknown class code of a section" [
    Identity, Clinical, Restricted, Financial, Administrative, Document, Narrative,
]);

impl Class {
    /// All classes, in the order in which sections are written.
    pub const ALL: [Self; 7] = [
        Self::Identity,
        Self::Clinical,
        Self::Restricted,
        Self::Financial,
        Self::Administrative,
        Self::Document,
        Self::Narrative,
    ];

    /// Returns the name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Clinical => "clinical",
            Self::Restricted => "restricted",
            Self::Financial => "financial",
            Self::Administrative => "administrative",
            Self::Document => "document",
            Self::Narrative => "narrative",
        }
    }

    /// Returns the weakest class whose policy protects content of both classes. No class is between
    /// `Identity` and `Restricted`, and administrative content is less sensitive than any other.
    pub(super) fn join(self, other: Self) -> Self {
        match (self, other) {
            (a, b) if a == b => a,
            (Self::Administrative, class) | (class, Self::Administrative) => class,
            (Self::Financial, Self::Clinical) | (Self::Clinical, Self::Financial) => Self::Clinical,
            _ => Self::Restricted,
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
