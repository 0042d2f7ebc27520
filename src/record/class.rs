//! Classes of sensitivity: what a policy is set for.
#![forbid(unsafe_code)]

use std::fmt;

/// How sensitive a section is, and so under which policy and condition it is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Who the patient is.
    Identity = 1,
    /// Findings, diagnoses, treatments.
    Clinical = 2,
    /// What is labelled restricted, or belongs to a class that law protects further (mental
    /// health, substance use, HIV, genetics, sexual and reproductive health).
    Restricted = 3,
    /// Claims and payments.
    Financial = 4,
    /// Encounters, organisations, the frame between entries.
    Administrative = 5,
    /// A file without structure known here: an image, a report, a waveform.
    Document = 6,
}

impl Class {
    /// All classes, in the order in which sections are written.
    pub const ALL: [Self; 6] = [
        Self::Identity,
        Self::Clinical,
        Self::Restricted,
        Self::Financial,
        Self::Administrative,
        Self::Document,
    ];

    /// The class of a code.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|class| *class as u8 == code)
    }

    /// The name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Clinical => "clinical",
            Self::Restricted => "restricted",
            Self::Financial => "financial",
            Self::Administrative => "administrative",
            Self::Document => "document",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
