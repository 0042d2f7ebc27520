//! The statements that the Byzantine member can send or assemble from those of others.
#![forbid(unsafe_code)]

use super::SlotModel;
use super::member::{HEIGHT, Report, signature};
use super::network::Network;
use super::projection::{VALUES, Value};
use crate::consensus::Prepared;
use crate::consensus::ReplicaId;
use crate::consensus::rules::Rules;
use crate::consensus::slot::Event;
use crate::consensus::wire::{Certificate, NewViewProof, Phase, SignedViewChange, ViewChange};
use std::collections::BTreeSet;

impl<R: Rules + Sync> Network<R> {
    /// The views and values of the certificates of a phase: the Byzantine member signs every vote.
    pub(super) fn certified(&self, model: &SlotModel<R>, phase: Phase) -> Vec<(u64, Value)> {
        let mut found = Vec::new();
        for view in 0..model.views() {
            let votes = || self.keys.iter().filter_map(|key| key.vote(phase, view));
            let signers = |value: &Value| votes().filter(|vote| vote == value).count() + 1;
            let values: BTreeSet<Value> = votes().collect();
            let certified = values.into_iter().filter(|value| signers(value) >= model.quorum());
            found.extend(certified.map(|value| (view, value)));
        }
        found
    }

    /// The certificate with the signatures of all members that cast this vote.
    pub(super) fn certificate(
        &self,
        model: &SlotModel<R>,
        phase: Phase,
        (view, value): (u64, Value),
    ) -> Certificate {
        let voted = |id: &ReplicaId| self.keys[usize::from(*id)].vote(phase, view) == Some(value);
        let signers = model.honest().filter(voted).chain([model.byzantine()]);
        let signatures = signers.map(|id| (id, signature())).collect();
        Certificate { phase, group: 0, height: HEIGHT, view, digest: value.digest(), signatures }
    }

    /// The view changes of the Byzantine member for a view that pass the gate: without a report,
    /// and with each certificate of a lower view.
    pub(super) fn byzantine_changes(&self, model: &SlotModel<R>, view: u64) -> Vec<Report> {
        let certified = self.certified(model, Phase::Prepare).into_iter();
        let lower = certified.filter(|(of, _)| *of < view).map(|reported| {
            let certificate = self.certificate(model, Phase::Prepare, reported);
            byzantine_change(model, view, Some(certificate.prepared()), Some(certificate))
        });
        [byzantine_change(model, view, None, None)].into_iter().chain(lower).collect()
    }

    /// The view changes of the Byzantine member in its own proofs: also with reports of the view
    /// itself or higher ones, and with reports of certificates that do not exist.
    fn forged_changes(&self, model: &SlotModel<R>, view: u64) -> Vec<Report> {
        let certified = self.certified(model, Phase::Prepare);
        let forged = (0..model.views()).flat_map(|of| VALUES.map(|value| (of, value)));
        let reports: BTreeSet<(u64, Value)> = forged.chain(certified.iter().copied()).collect();
        let with_report = reports.into_iter().map(|(of, value)| {
            let prepared = Prepared { view: of, digest: value.digest() };
            let exists = certified.contains(&(of, value));
            let certificate = exists.then(|| self.certificate(model, Phase::Prepare, (of, value)));
            byzantine_change(model, view, Some(prepared), certificate)
        });
        [byzantine_change(model, view, None, None)].into_iter().chain(with_report).collect()
    }

    /// The sets of `count` view changes for a view, in ascending order of their senders: from
    /// honest members other than `except`, and at most one of the Byzantine member.
    pub(super) fn change_sets(
        &self,
        model: &SlotModel<R>,
        (view, count): (u64, usize),
        except: Option<ReplicaId>,
        byzantine: impl FnOnce() -> Vec<Report>,
    ) -> Vec<Vec<Report>> {
        let senders = model.honest().filter(|id| Some(*id) != except);
        let sent = |id| self.member(id).changes.get(&view).map(|report| &**report);
        let honest: Vec<&Report> = senders.filter_map(sent).collect();
        let mut sets = subsets(&honest, count);
        let with_byzantine = subsets(&honest, count - 1);
        if !with_byzantine.is_empty() {
            for report in byzantine() {
                let add =
                    |set: &Vec<Report>| [set.as_slice(), std::slice::from_ref(&report)].concat();
                sets.extend(with_byzantine.iter().map(add));
            }
        }
        sets
    }

    /// The proofs of the Byzantine leader of a view, one per size and required certificate.
    ///
    /// A set of view changes that exceeds a quorum requires the certificate of a quorum within it.
    /// Members must refuse a smaller set.
    pub(super) fn proofs(&self, model: &SlotModel<R>, view: u64) -> Vec<NewViewProof> {
        let (mut known, mut proofs) = (BTreeSet::new(), Vec::new());
        let sets_of =
            |size| self.change_sets(model, (view, size), None, || self.forged_changes(model, view));
        for set in [model.quorum() - 1, model.quorum()].into_iter().flat_map(sets_of) {
            let reports: Vec<_> = set.iter().map(Report::prepared).collect();
            let required = model.rules.required(&reports);
            if known.insert((set.len(), required)) {
                let of_required = |c: &&Certificate| Some(c.prepared()) == required;
                let mut certificates = set.iter().filter_map(|report| report.certificate.as_ref());
                let certificate = certificates.find(of_required).cloned();
                let changes = set.iter().map(|report| report.signed).collect();
                proofs.push(NewViewProof { changes, certificate });
            }
        }
        proofs
    }

    /// View changes after which a time-out of a waiting member takes effect: with its own one,
    /// those of a quorum for its view or higher ones.
    pub(super) fn requests_of_view(&self, model: &SlotModel<R>, id: ReplicaId) -> Vec<Event> {
        let slot = &self.member(id).slot;
        match slot.awaits_new_view() {
            true => self.requests(model, id, slot.view(), model.quorum() - 2),
            false => Vec::new(),
        }
    }

    /// View changes by which a member joins `view`: those of `F + 1` members for it or higher ones.
    pub(super) fn requests_above(
        &self,
        model: &SlotModel<R>,
        id: ReplicaId,
        view: u64,
    ) -> Vec<Event> {
        self.requests(model, id, view, model.voters().faults())
    }

    /// View changes of the Byzantine member for `view`, and of `count` honest members for the
    /// lowest views from `view` on. None, if there are fewer.
    fn requests(
        &self,
        model: &SlotModel<R>,
        except: ReplicaId,
        view: u64,
        count: usize,
    ) -> Vec<Event> {
        let senders = model.honest().filter(|id| *id != except);
        let lowest = |id| self.member(id).changes.range(view..).next().map(|(_, report)| &**report);
        let mut honest: Vec<&Report> = senders.filter_map(lowest).collect();
        honest.sort_by_key(|report| report.signed.change.view);
        let Some(honest) = honest.get(..count) else { return Vec::new() };
        let byzantine = self.byzantine_changes(model, view).into_iter().take(1);
        byzantine.chain(honest.iter().copied().cloned()).map(|report| report.received()).collect()
    }
}

fn byzantine_change<R: Rules + Sync>(
    model: &SlotModel<R>,
    view: u64,
    prepared: Option<Prepared>,
    certificate: Option<Certificate>,
) -> Report {
    let (from, signature) = (model.byzantine(), signature());
    let change = ViewChange { height: HEIGHT, view, prepared };
    Report { signed: SignedViewChange { from, signature, change }, certificate }
}

/// The subsets of a size.
fn subsets(reports: &[&Report], size: usize) -> Vec<Vec<Report>> {
    let of_size = |mask: &u32| mask.count_ones() as usize == size;
    let chosen = |mask: u32| {
        let chosen = reports.iter().enumerate().filter(move |(at, _)| mask >> at & 1 == 1);
        chosen.map(|(_, report)| Report::clone(report)).collect()
    };
    (0..1 << reports.len()).filter(of_size).map(chosen).collect()
}
