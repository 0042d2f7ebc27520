//! Restoration of agreement from the entries that this replica made durable.
#![forbid(unsafe_code)]

use super::{Agreement, Context};
use crate::consensus::Application;
use crate::consensus::gate::Candidate;
use crate::consensus::replica::chain::ValueOf;
use crate::consensus::slot::Event;
use crate::consensus::wire::{Body, Message, Phase, SignedViewChange};

impl<A: Application> Agreement<A> {
    /// Restores this replica's proposal in a view, which it must not replace.
    pub(in crate::consensus::replica) fn restore_proposal(&mut self, message: Message) {
        self.proposal = Some(message);
    }

    /// Restores a value that the application has verified.
    pub(in crate::consensus::replica) fn restore_value(
        &mut self,
        candidate: Candidate<ValueOf<A>>,
    ) {
        self.slot.restore_value(candidate.digest);
        self.values.log(&candidate.digest);
        self.insert_value(candidate);
    }

    /// Restores a view change that this replica sent.
    pub(in crate::consensus::replica) fn restore_view_change(&mut self, signed: SignedViewChange) {
        self.proposal = None;
        self.slot.restore_view_change(signed);
    }

    /// Casts the COMMIT for the lock, if the replica stopped before it did.
    pub(in crate::consensus::replica) fn answer_lock(&mut self, context: &mut Context<'_, A>) {
        let digest = self.slot.lock().map(|lock| lock.digest);
        if let Some(digest) = digest.filter(|digest| self.values.contains(digest)) {
            self.step(Event::Available(digest), context);
        }
    }

    /// Accepts this replica's proposal if no vote for it is durable.
    pub(in crate::consensus::replica) fn accept_own_proposal(
        &mut self,
        context: &mut Context<'_, A>,
    ) {
        let Some(message) = self.proposal.clone() else { return };
        let view = message.body.height_and_view().1;
        let value = match &message.body {
            Body::PrePrepare { value, .. } | Body::NewView { value, .. } => value,
            _ => return,
        };
        let voted = self.slot.vote_set().digest_of(context.out.id, view, Phase::Prepare).is_some();
        if let Ok(mut candidate) = context.gate.decode_value(value)
            && !voted
            && context.chain.verify(&mut candidate, None).is_ok()
        {
            self.accept(view, candidate, context);
        }
    }
}
