//! Leaders and primaries that withhold, omit or delay.
#![forbid(unsafe_code)]

use super::{Action, Attack, is_proposal};
use crate::consensus::{Application, Body, Certificate, Effect, Message, Phase, ReplicaId};
use rand::Rng;

impl<A: Application> Attack<'_, A> {
    /// Drops this replica's proposals.
    pub(super) fn propose_nothing(&mut self, to: Vec<ReplicaId>, message: Message) -> Vec<Effect> {
        match self.is_own(&message) && is_proposal(&message.body) {
            true => Vec::new(),
            false => vec![Effect::Send { to, message }],
        }
    }

    /// Omits the members with the lowest ids from certificates, down to `Q`
    /// signers at even times and `Q - 1` at odd ones, and the other members from group votes.
    pub(super) fn omit_signers(&mut self, to: Vec<ReplicaId>, message: Message) -> Vec<Effect> {
        let me = self.replica.id();
        let quorum = self.replica.config().quorum() - (self.now % 2) as usize;
        let shorten = |certificate: &Certificate| {
            let mut shorter = certificate.clone();
            let excess = shorter.signatures.len().saturating_sub(quorum);
            if certificate.phase != Phase::Batch {
                shorter.signatures.drain(..excess);
            }
            shorter
        };
        let own_only = |partial: &Certificate| {
            let mut shorter = partial.clone();
            shorter.signatures.retain(|(signer, _)| *signer == me);
            shorter
        };
        let body = match &message.body {
            Body::Certificate(c) => Body::Certificate(shorten(c)),
            Body::PartialCertificate(c) => Body::PartialCertificate(own_only(c)),
            Body::LateVotes(c) => Body::LateVotes(own_only(c)),
            _ => return vec![Effect::Send { to, message }],
        };
        vec![self.send(to, body)]
    }

    /// Proposes to too few members, sends no certified batch and no answers.
    pub(super) fn withhold_values(
        &mut self,
        mut to: Vec<ReplicaId>,
        message: Message,
    ) -> Vec<Effect> {
        match &message.body {
            body if is_proposal(body) => {
                // With this replica, the recipients are one short of a quorum.
                to.truncate(self.replica.config().quorum().saturating_sub(2));
                vec![Effect::Send { to, message }]
            }
            Body::CertifiedBatch { .. } | Body::Value { .. } | Body::Decisions(_) => Vec::new(),
            _ => vec![Effect::Send { to, message }],
        }
    }

    /// Proposes to members that never lead, sends no COMMIT and no answers.
    pub(super) fn hide_values(&mut self, mut to: Vec<ReplicaId>, message: Message) -> Vec<Effect> {
        match &message.body {
            body if is_proposal(body) => {
                let schedule = self.replica.config().schedule();
                to.retain(|id| !schedule.contains(id));
                vec![Effect::Send { to, message }]
            }
            Body::Vote { vote, .. } if vote.phase == Phase::Commit => Vec::new(),
            Body::Value { .. } | Body::Decisions(_) => Vec::new(),
            _ => vec![Effect::Send { to, message }],
        }
    }

    /// Delays certificates and group votes.
    pub(super) fn delay_certificates(&mut self, effects: Vec<Effect>) -> Vec<Action> {
        let timing = self.replica.config().timing();
        let mut action = |effect: Effect| {
            let late = matches!(
                &effect,
                Effect::Send { message, .. } if matches!(
                    message.body,
                    Body::Certificate(_) | Body::PartialCertificate(_) | Body::LateVotes(_)
                )
            );
            let range = timing.fallback..=2 * timing.view;
            let delay = if late { self.rng.gen_range(range) } else { 0 };
            Action { delay, effect }
        };
        effects.into_iter().map(&mut action).collect()
    }
}
