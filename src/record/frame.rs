//! The classification of an object and of the resources in it.
//!
//! A *frame* collects what a JSON value contains. At the end of a resource, its frame determines
//! the class of the resource and which elements are separated from it.
#![forbid(unsafe_code)]

use super::elements::{self, Kind};
use super::finding::{Finding, Findings, Rule};
use super::labels::{self, Effect};
use super::{Class, Piece};
use std::mem::take;
use zeroize::Zeroizing;

/// A security label with its text, which is erased unless it becomes a finding.
type Label = (Effect, Zeroizing<String>);

/// A byte range for the section of a class.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    pub(super) piece: Piece,
    pub(super) class: Class,
    /// Depends on the resource around it, whose type may follow.
    is_tentative: bool,
}

/// The content of a JSON value, as far as it determines classes.
#[derive(Debug, Default)]
pub(super) struct Frame {
    resource_type: Option<Zeroizing<String>>,
    /// Labels, sensitive codes or contradictions.
    is_restricted: bool,
    /// The path of the first element with clinical content.
    clinical: Option<String>,
    announces_inline_labels: bool,
    has_inline_label: bool,
    /// The label in `valueCoding` of an extension, whose URL may follow.
    extension_label: Option<Label>,
    confidentiality: Option<Label>,
    /// The join of the classes of the resources directly in this value.
    nested: Option<Class>,
    /// Contains values outside resources.
    pub(super) is_loose: bool,
    /// Disjoint, in ascending order.
    pub(super) cuts: Vec<Cut>,
    /// Reasons for the class of the resource; the class in them has no meaning.
    reasons: Findings,
    /// Reasons for tentative cuts.
    separated: Findings,
    /// Reasons in finished resources.
    pub(super) finished: Findings,
}

impl Frame {
    /// The frame of a value outside resources.
    pub(super) fn loose() -> Self {
        Self { is_loose: true, ..Self::default() }
    }

    pub(super) fn has_type(&self) -> bool {
        self.resource_type.is_some()
    }

    /// Adds the content of a member or element that follows.
    pub(super) fn merge(&mut self, other: Self) {
        self.is_restricted |= other.is_restricted;
        self.clinical = self.clinical.take().or(other.clinical);
        self.announces_inline_labels |= other.announces_inline_labels;
        self.has_inline_label |= other.has_inline_label;
        self.is_loose |= other.is_loose;
        self.extension_label = stronger(self.extension_label.take(), other.extension_label);
        self.nested = match (self.nested, other.nested) {
            (Some(a), Some(b)) => Some(a.join(b)),
            (a, b) => a.or(b),
        };
        if self.cuts.is_empty() {
            self.cuts = other.cuts;
        } else {
            self.cuts.extend(other.cuts);
        }
        self.reasons.extend(other.reasons, |finding| finding);
        self.separated.extend(other.separated, |finding| finding);
        self.finished.extend(other.finished, |finding| finding);
    }

    fn reason(&mut self, rule: Rule, path: &str) {
        self.reasons.add(Finding { class: Class::Restricted, rule, path: path.to_owned() }, 1);
    }

    /// Restricts the resource.
    pub(super) fn restrict(&mut self, rule: Rule, path: &str) {
        self.is_restricted = true;
        self.reason(rule, path);
    }

    /// Makes the resource at least clinical.
    pub(super) fn clinical(&mut self, path: &str) {
        self.clinical.get_or_insert_with(|| path.to_owned());
    }

    /// Sets the type. Two different types are a contradiction.
    pub(super) fn set_type(&mut self, name: Zeroizing<String>, path: &str) {
        if self.resource_type.as_ref().is_some_and(|earlier| *earlier != name) {
            self.restrict(Rule::Ambiguous, path);
        }
        self.resource_type = Some(name);
    }

    /// Applies a security label of the resource.
    pub(super) fn label(&mut self, (effect, mut text): Label, path: &str) {
        match effect {
            Effect::None => self.reason(Rule::Label(take(&mut text)), path),
            Effect::Restricts => self.restrict(Rule::Label(take(&mut text)), path),
            Effect::Unknown => self.restrict(Rule::UnknownLabel(take(&mut text)), path),
            Effect::AnnouncesInline => self.announces_inline_labels = true,
        }
    }

    /// Notes a coding that is a label if its extension says so.
    pub(super) fn note_extension_label(&mut self, label: Label) {
        self.extension_label = stronger(self.extension_label.take(), Some(label));
    }

    /// Closes an object with this `url`.
    pub(super) fn close_extension(&mut self, url: &str, path: &str) {
        let label = self.extension_label.take();
        if url == labels::INLINE_LABEL {
            self.has_inline_label = true;
            self.label(label.unwrap_or((Effect::Unknown, Zeroizing::default())), path);
        }
    }

    /// Notes the confidentiality of a `Composition`, a code without a system.
    pub(super) fn note_confidentiality(&mut self, code: &str) {
        let effect = labels::effect(labels::CONFIDENTIALITY, code);
        let label = (effect, Zeroizing::new([labels::CONFIDENTIALITY, "|", code].concat()));
        self.confidentiality = stronger(self.confidentiality.take(), Some(label));
    }

    /// Separates a part of this value, in which earlier cuts lie entirely or not at all.
    pub(super) fn cut(&mut self, piece: Piece, class: Class, path: &str) {
        let is_inside = |cut: &Cut| piece.start <= cut.piece.start && cut.piece.end <= piece.end;
        let covered = self.cuts.iter().filter(|cut| is_inside(cut));
        if covered.clone().any(|cut| !cut.is_tentative) {
            // No element of these types contains resources.
            return self.restrict(Rule::Ambiguous, path);
        }
        self.cuts.retain(|cut| !is_inside(cut));
        let at = self.cuts.partition_point(|cut| cut.piece.start < piece.start);
        self.cuts.insert(at, Cut { piece, class, is_tentative: true });
        let rule = if class == Class::Narrative { Rule::Narrative } else { Rule::Identifying };
        self.separated.add(Finding { class, rule, path: path.to_owned() }, 1);
    }

    /// Separates all of this value.
    pub(super) fn cut_whole(&mut self, piece: Piece, class: Class, path: &str) {
        if self.cuts.iter().all(|cut| cut.is_tentative) {
            self.separated.clear();
        }
        self.cut(piece, class, path);
    }

    /// Ends a resource, whose class and cuts become definite.
    pub(super) fn finish_resource(mut self, piece: Piece) -> (Self, Zeroizing<String>) {
        let name = self.resource_type.take().unwrap_or_default();
        if let Some(label) = self.confidentiality.take().filter(|_| *name == "Composition") {
            self.label(label, "confidentiality");
        }
        if self.announces_inline_labels && !self.has_inline_label {
            self.restrict(Rule::MissingInlineLabel, "meta.security");
        }
        let kind = elements::kind(&name);
        let is_container = matches!(kind, Kind::Container(_));
        let is_nested = |cut: &Cut| !cut.is_tentative && cut.class == Class::Restricted;
        if !is_container && !self.is_restricted && self.cuts.iter().any(is_nested) {
            self.restrict(Rule::RestrictedContent, "");
        }
        let class = self.class(kind);
        if let (Some(path), Kind::Data(Class::Financial | Class::Administrative)) =
            (self.clinical.take(), kind)
        {
            self.reason(Rule::ClinicalContent, &path);
        }
        self.finished.add(Finding { class, rule: Rule::Type, path: name.to_string() }, 1);
        let keeps = |other: Class, is_tentative: bool| match kind {
            _ if class == Class::Restricted => false,
            Kind::Container(_) => true,
            Kind::Person => {
                !is_tentative && ![Class::Identity, Class::Administrative].contains(&other)
            }
            Kind::Organisation => {
                !is_tentative && [Class::Identity, Class::Narrative].contains(&other)
            }
            Kind::Data(_) => [Class::Identity, Class::Narrative].contains(&other),
        };
        (self.finish(piece, class, false, keeps, &name), name)
    }

    fn class(&self, kind: Kind) -> Class {
        let base = match kind {
            _ if self.is_restricted => return Class::Restricted,
            Kind::Container(class) => return class,
            Kind::Person => return Class::Identity,
            Kind::Organisation => Class::Administrative,
            Kind::Data(class) if self.clinical.is_some() => class.join(Class::Clinical),
            Kind::Data(class) => class,
        };
        let nested = self.cuts.iter().filter(|cut| !cut.is_tentative).map(|cut| cut.class);
        let nested = nested.filter(|class| ![Class::Identity, Class::Narrative].contains(class));
        nested.fold(base, Class::join)
    }

    /// Ends an entry of a bundle, which belongs to the class of its resource. An entry without a
    /// resource is clinical.
    pub(super) fn finish_entry(self, piece: Piece) -> Self {
        let is_tentative = self.nested.is_none() && !self.is_restricted;
        let class = self.nested.unwrap_or(Class::Clinical);
        let class = if self.is_restricted { Class::Restricted } else { class };
        let keeps = |other: Class, _| class != Class::Restricted && other != class;
        self.finish(piece, class, is_tentative, keeps, "Bundle")
    }

    /// Ends an object that could be a resource and is none, so its `entry` lists no entries.
    pub(super) fn drop_bare_entries(&mut self) {
        self.cuts.retain(|cut| !cut.is_tentative || cut.class != Class::Clinical);
    }

    /// Covers the piece by cuts: those that stay separate, and the rest.
    fn finish(
        mut self,
        piece: Piece,
        class: Class,
        is_tentative: bool,
        keeps: impl Fn(Class, bool) -> bool,
        name: &str,
    ) -> Self {
        let (mut cuts, mut position) = (Vec::new(), piece.start);
        let mut push = |start, end, class| {
            if start < end {
                cuts.push(Cut { piece: Piece { start, end }, class, is_tentative });
            }
        };
        for cut in self.cuts.iter().filter(|cut| keeps(cut.class, cut.is_tentative)) {
            push(position, cut.piece.start, class);
            push(cut.piece.start, cut.piece.end, cut.class);
            position = cut.piece.end;
        }
        push(position, piece.end, class);

        let place = |finding: Finding| {
            let class = if keeps(finding.class, false) { finding.class } else { class };
            Finding { class, ..finding }
        };
        let prefixed = |finding: Finding| {
            let dot = if finding.path.is_empty() { "" } else { "." };
            Finding { path: format!("{name}{dot}{}", finding.path), ..finding }
        };
        let mut finished = Findings::default();
        finished.extend(self.finished, place);
        finished.extend(self.reasons, |finding| Finding { class, ..prefixed(finding) });
        for (finding, count) in self.separated.iter() {
            if keeps(finding.class, true) {
                finished.add(prefixed(finding.clone()), count);
            }
        }
        self.separated.clear();
        let nested = (!is_tentative).then_some(class);
        let clinical = self.clinical.filter(|_| is_tentative);
        Self { cuts, finished, nested, clinical, ..Self::default() }
    }

    /// Ends the file: returns the class of the bytes between resources, and drops cuts that depend
    /// on a resource around them.
    pub(super) fn finish_file(&mut self) -> Class {
        if self.is_restricted {
            self.cuts.clear();
            let class = Class::Restricted;
            let mut finished = take(&mut self.reasons);
            finished.extend(take(&mut self.finished), |f| Finding { class, ..f });
            self.finished = finished;
            return class;
        }
        self.cuts.retain(|cut| !cut.is_tentative);
        if self.is_loose { Class::Document } else { Class::Administrative }
    }
}

/// Returns the label with the stronger effect.
fn stronger(a: Option<Label>, b: Option<Label>) -> Option<Label> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if b.0 > a.0 { b } else { a }),
        (a, b) => a.or(b),
    }
}
