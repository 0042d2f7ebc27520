//! Retransmission and repeated attempts after the fallback delay.
#![forbid(unsafe_code)]

use super::deferred::Deferred;
use super::{Agreement, Context, Signal};
use crate::consensus::Application;
use crate::consensus::gate::{Content, Verified};
use crate::consensus::wire::{Body, Phase, Vote};

impl<A: Application> Agreement<A> {
    /// Retransmits directly, bypassing the tree, verifies a rejected proposal again, and fetches a
    /// missing value again. A primary that withholds messages delays progress but does not prevent
    /// it.
    pub(in crate::consensus::replica) fn on_fallback(&mut self, context: &mut Context<'_, A>) {
        let (others, view) = (context.out.others(), self.slot.view());
        if self.slot.awaits_new_view() {
            self.retransmit_view_change(context);
            self.propose_new_view(view, context);
        } else if self.slot.accepted().is_some() {
            if let Some(message) = self.proposal.clone() {
                context.out.forward(others.clone(), message);
            }
            let lock = self.slot.lock().filter(|lock| lock.view == view).cloned();
            if let Some(lock) = lock.filter(|_| context.topology(view).is_leader()) {
                context.out.send(others, Body::Certificate(lock));
            }
            self.retransmit_vote(Phase::Prepare, context);
            self.retransmit_vote(Phase::Commit, context);
        }
        self.retry_deferred(context);
        if let Some(missing) = self.slot.missing(Phase::Prepare).cloned() {
            context.signals.push_back(Signal::MissingValue(missing));
        }
    }

    fn retry_deferred(&mut self, context: &mut Context<'_, A>) {
        let Some(deferred) = self.deferred.take_if(Deferred::tick) else { return };
        let Verified { received, content } = context.gate.check_content(deferred.received);
        let Ok(Content::Value(candidate)) = content else { return };
        self.on_proposal(&received, deferred.failures, *candidate, context).ok();
    }

    fn retransmit_view_change(&self, context: &mut Context<'_, A>) {
        if let Some(own) = self.slot.change_of(context.out.id).copied() {
            let reported = own.change.prepared.and_then(|p| self.slot.reported(p.view).cloned());
            let body = Body::ViewChange { change: own.change, certificate: reported };
            context.out.send(context.out.others(), body);
        }
    }

    fn retransmit_vote(&self, phase: Phase, context: &mut Context<'_, A>) {
        let (height, view) = (context.height(), self.slot.view());
        let own = self.slot.vote_set().digest_of(context.out.id, view, phase);
        let Some(digest) = own else { return };
        let (vote, topology) = (Vote { phase, view, digest }, context.topology(view));
        if topology.is_collector() {
            self.aggregation.resend(vote, &self.slot, height, context.out);
        } else {
            let tree = topology.is_tree();
            let to = if tree { vec![topology.leader()] } else { context.out.others() };
            context.out.send(to, Body::Vote { height, vote });
        }
    }
}
