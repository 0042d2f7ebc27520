//! Malformed view changes and new views.
#![forbid(unsafe_code)]

use super::Attack;
use crate::consensus::{
    Application, Body, Certificate, Effect, NewViewProof, Phase, Prepared, SignedViewChange,
    ViewChange,
};
use rand::Rng;

/// The least time between two malformed messages, in milliseconds.
const PERIOD: u64 = 100;

impl<A: Application> Attack<'_, A> {
    /// Sends a view change or new view that violates one rule.
    pub(super) fn disturb_views(&mut self, mut effects: Vec<Effect>) -> Vec<Effect> {
        if !self.memory.is_due(self.now, PERIOD) {
            return effects;
        }
        let (height, view) = (self.replica.height(), self.replica.view() + 1);
        let seen = self.memory.seen.iter().find_map(|message| match &message.body {
            Body::Certificate(certificate) => Some(certificate.clone()),
            _ => None,
        });
        let own = self.replica.prepared_certificate().cloned();
        let report = Prepared { view: view - 1, digest: [7; 32] };
        let body = match self.rng.gen_range(0..6) {
            // A report without its certificate.
            0 => {
                let change = ViewChange { height, view, prepared: Some(report) };
                Body::ViewChange { change, certificate: None }
            }
            // A certificate without the quorum's signatures.
            1 => reporting(height, view, unsigned(height, report)),
            // A certificate of another phase, height or view.
            2 | 3 => match seen {
                Some(certificate) => reporting(height, view, certificate),
                None => return effects,
            },
            // A far view, which cannot be left by counting.
            4 => {
                let view = [u64::MAX, 1 << 40, view + 1000][self.rng.gen_range(0..3)];
                let prepared = own.as_ref().map(|c| Prepared { view: c.view, digest: c.digest });
                let change = ViewChange { height, view, prepared };
                Body::ViewChange { change, certificate: own }
            }
            // A new view without a quorum, in the next view that this replica leads.
            _ => {
                let config = self.replica.config();
                let next = view + config.schedule().len() as u64;
                let led = (view..next).find(|v| config.leader(height, *v) == self.replica.id());
                self.lonely_new_view(height, led.unwrap_or(view))
            }
        };
        effects.push(self.send(self.others(), body));
        effects
    }

    fn lonely_new_view(&self, height: u64, view: u64) -> Body {
        let change = ViewChange { height, view, prepared: None };
        let signature =
            self.replica.sign_as(Body::ViewChange { change, certificate: None }).signature;
        let from = self.replica.id();
        let changes = vec![SignedViewChange { from, signature, change }];
        let value = self.replica.build_value(&[], self.now);
        Body::NewView { height, view, proof: NewViewProof { changes, certificate: None }, value }
    }
}

fn reporting(height: u64, view: u64, certificate: Certificate) -> Body {
    let prepared = Some(Prepared { view: certificate.view, digest: certificate.digest });
    let change = ViewChange { height, view, prepared };
    Body::ViewChange { change, certificate: Some(certificate) }
}

fn unsigned(height: u64, Prepared { view, digest }: Prepared) -> Certificate {
    let signatures = Vec::new();
    Certificate { phase: Phase::Prepare, group: 0, height, view, digest, signatures }
}
