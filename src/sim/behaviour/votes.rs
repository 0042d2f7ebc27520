//! Forged and conflicting votes.
#![forbid(unsafe_code)]

use super::Attack;
use crate::consensus::{Application, Body, Certificate, Effect, Message, Phase, ReplicaId, Vote};
use crate::sign::Signature;

impl<A: Application> Attack<'_, A> {
    /// Adds votes in the names of other members to group votes, and sends group votes without being
    /// a collector: its own signature stands for all members, of its group and of all groups.
    pub(super) fn forge_group_votes(
        &mut self,
        to: Vec<ReplicaId>,
        message: Message,
    ) -> Vec<Effect> {
        let (height, vote, signatures) = match &message.body {
            Body::Vote { height, vote } => {
                (*height, *vote, vec![(self.replica.id(), message.signature)])
            }
            Body::PartialCertificate(c) | Body::LateVotes(c) => {
                let vote = Vote { phase: c.phase, view: c.view, digest: c.digest };
                (c.height, vote, c.signatures.clone())
            }
            _ => return vec![Effect::Send { to, message }],
        };
        let config = self.replica.config();
        let leader = config.leader(height, vote.view);
        let group = config.group_of(self.replica.id());
        let group: Vec<ReplicaId> = group.map_or(Vec::new(), |group| group.ranking.clone());
        let mut effects = vec![Effect::Send { to, message }];
        for members in [group, self.others()] {
            let forged = self.forged(height, vote, &signatures, &members);
            if leader != self.replica.id() {
                effects.push(self.send(vec![leader], Body::PartialCertificate(forged.clone())));
            }
            effects.push(self.send(self.others(), Body::Certificate(forged)));
        }
        effects
    }

    /// The known votes, and this replica's signature in the name of each of these members.
    fn forged(
        &self,
        height: u64,
        vote: Vote,
        known: &[(ReplicaId, Signature)],
        members: &[ReplicaId],
    ) -> Certificate {
        let own = self.replica.sign_as(Body::Vote { height, vote }).signature;
        let missing = members.iter().filter(|id| known.iter().all(|(signer, _)| signer != *id));
        let mut signatures = known.to_vec();
        signatures.extend(missing.map(|id| (*id, own)));
        signatures.sort_unstable_by_key(|(signer, _)| *signer);
        let Vote { phase, view, digest } = vote;
        Certificate { phase, group: 0, height, view, digest, signatures }
    }

    /// Votes for the value towards the first half of the members, and for another digest towards
    /// the others, in both phases at once.
    pub(super) fn vote_for_several(&mut self, to: Vec<ReplicaId>, message: Message) -> Vec<Effect> {
        let Body::Vote { height, vote } = message.body else {
            return vec![Effect::Send { to, message }];
        };
        let mut first = self.others();
        let second = first.split_off(first.len() / 2);
        let mut other = vote;
        other.digest[0] ^= 1;
        let mut effects = vec![Effect::Send { to, message }];
        for phase in [Phase::Prepare, Phase::Commit] {
            for (vote, half) in [(vote, &first), (other, &second)] {
                let vote = Vote { phase, ..vote };
                effects.push(self.send(half.clone(), Body::Vote { height, vote }));
            }
        }
        effects
    }
}
