//! Byzantine fault-tolerant consensus: PBFT, flat or in two layers.
//!
//! **Papers.** Castro and Liskov, *Practical Byzantine Fault Tolerance* (OSDI 1999). Chang et al.,
//! *Medical Data Storage Model Based on an Alliance Chain* (Electronics 2022), for grouping by
//! distance, election of primaries and the two layers. Neiheiser et al., *Kauri* (SOSP 2021), and
//! Yin et al., *HotStuff* (PODC 2019), for the dissemination tree and for certificates.
//!
//! A replica is a deterministic state machine: [`Replica::step`] takes a time and one [`Input`] and
//! returns a list of [`Effect`]s. The driver provides clock, network, disk and randomness.
//! Requests and values are opaque bytes; the [`Application`] interprets them.
//!
//! ```text
//! (peer, message) -> gate -> event -> slot -> outcomes -> topology -> effects
//! ```
//!
//! **Algorithms**
//!
//! | algorithm | item | source |
//! |---|---|---|
//! | grouping by distance | [`Config::groups`] | Chang, Algorithm 1, Eq. 1 to 3 |
//! | election of primaries and leaders | [`Group::ranking`], [`Config::leader`] | Chang, Eq. 4, 5 |
//! | quorums and certificates | [`quorum`], [`Certificate`] | Castro and Liskov, section 4.2; HotStuff |
//! | pre-prepare, prepare, commit | [`Replica::step`] | Castro and Liskov, section 4.2; Chang, layer 2 |
//! | batches inside a group | [`Body::Batch`] | Chang, layer 1 |
//! | view change | [`ViewChange`], [`NewViewProof`] | Castro and Liskov, section 4.4 |
//! | state transfer | [`Decision`], [`Body::FetchDecisions`] | in place of Castro and Liskov, section 4.3 |
//! | recovery of a restarted replica | [`Entry`], [`Replica::restore`] | |
//! | evidence against a member | [`Evidence`] | |
//!
//! **Guarantees.** `N` members, `F = floor((N - 1) / 3)`, `Q = ceil((N + F + 1) / 2)`.
//!
//! | profile | communication | safe while | messages per block |
//! |---|---|---|---|
//! | [`Profile::Flat`] | all to all | at most `F` of `N` are Byzantine | `2N^2 - N - 1` |
//! | [`Profile::MemberQuorum`] | a tree of groups aggregates votes; quorums count all members | at most `F` of `N` are Byzantine, primaries included | `5(N - 1)` |
//!
//! *Safety*: no two honest replicas apply different values at one height. Heights have no gaps. No
//! request is applied twice, provided that [`Application`] rejects applied requests. Every value
//! passed [`Application::verify`] at `Q - F` or more honest members. A replica that restarts from
//! its durable entries contradicts no statement that it has sent.
//!
//! *Liveness*, under partial synchrony: assume that after the global stabilisation time every
//! message arrives within the configured fallback delay and, if the application compares times with
//! clocks, that the clocks of honest members differ by less than the first view delay. Then every
//! request that a client has submitted to an honest replica is applied, or rejected by
//! [`Application::admit`]. If no other requests are pending, this takes at most the first pass
//! through the leaders whose view delay suffices for agreement; with a full pool, up to
//! [`Limits::patience`] blocks more. Both profiles are live with `F` faulty members. A replica that
//! lost every message of the last height learns of that height by comparison with others.
//!
//! *Cost*: a value stays within the [`Capacity`] of the configuration, which every voter enforces.
//! One member can make a replica hold at most [`Limits::held_for_member`] bytes and one decoded
//! value. It can fetch [`Limits::answers`] bytes at once, and as many per fallback delay.
//!
//! *Accountability*: [`Effect::Evidence`] proves equivocation to anyone with the configuration: a
//! member signed two different votes of one phase, or two different proposals, for one height and
//! view. Nothing else accuses a member; [`Effect::Discard`] names the peer that delivered a
//! message.
//!
//! **Security.** Rests on Ed25519 and SHA-256. Every signature covers a tag, the digest of the
//! configuration (chain, epoch, roster), layer, group, kind, height, view and digest, so no vote is
//! valid in another context. Three rules make the view change safe and the last one keeps it live;
//! each has tests that fail without it:
//! 1. A `ViewChange` reports the prepare certificate of the highest view.
//! 2. After its `ViewChange` a member casts no vote below the requested view.
//! 3. A `NewView` proposes the value of the highest reported certificate byte for byte, and every
//!    member recomputes it. The `NewView` contains that certificate.
//!    A member replaces its prepare certificate only by one of a higher view.
//! 4. Holding a prepare certificate does not prevent a member from accepting a valid `NewView`.
//!
//! The driver authenticates the peer that delivers a message. Limits are per peer, so a replayed
//! message of another member uses up the replaying peer's share. A height is believed if `F + 1`
//! members report it or a certificate proves it.
//!
//! **Deviations**
//! * In Chang's layer 2 each primary speaks for its group and the quorum counts primaries, so a few
//!   Byzantine primaries can fork the chain. Here groups only aggregate signatures, and the quorum
//!   counts all members.
//! * A batch certificate of layer 1 is a hint and defines no order: a whole group may be faulty
//!   while at most `F` members are.
//! * One height is in flight, and the leader changes with each height, so there are no watermarks
//!   or checkpoints. The commit certificate of a decision takes the place of PBFT's stable
//!   checkpoint, and any member can transfer value and certificate.
//! * The leader (PBFT's primary) sends PREPARE too, and its PREPARE counts towards the quorum.
//! * A `NewView` contains `Q` signed view changes of at most 123 bytes each and one certificate,
//!   not `Q` certificates.
//! * PBFT's clients multicast an overdue request. Here the replica that received it sends it to the
//!   leader and `2F` others, later each time, until it is delivered or inadmissible. Each recipient
//!   forwards it to the leader, later each time. After a view change, each member sends its oldest
//!   request to the next leader.
//! * The view delay doubles once per pass through the leaders, not once per view. Once
//!   [`Limits::patience`] blocks have passed over the oldest pending request, blocks no longer
//!   restart the view timer.
//! * A collector reports its group's votes at the group's share of the quorum, and later votes
//!   after a quarter of the fallback delay. After the fallback delay, votes, proposals and
//!   certificates bypass the tree. Ed25519 signatures are listed, not aggregated: a certificate has
//!   `66 Q` bytes, and overlapping group votes do no harm.
//! * A replica that lags behind fetches ranges of decisions from several peers at once. Votes for a
//!   decided height are ignored. A fetched decision is verified by its commit certificate. The
//!   signatures of requests in a fetched decision or value are not verified: at least `Q - F`
//!   honest members have done so.
//!
//! **Cost.** The table gives the messages without faults. Layer 1 adds at most `2(k - 1) + 1` per
//! batch in a group of `k`, and one to forward the request to its primary. In `Flat`, a new view
//! costs `N^2 - 1` messages, up to `N` more to forward it in the tree, the oldest request of each
//! member, and the clients' requests and batches that the next leader has not received. Each member
//! verifies `N` view changes, the votes in the certificates that they report, and the `NewView`. A
//! replica verifies each signature once, so the certificates cost at most `N` verifications if
//! their signers sign one vote. After the last of a series of blocks, each replica compares heights
//! with `F + 1` others. Each member verifies `O(N)` signatures per block in `Flat`. In
//! `MemberQuorum` a member verifies `2Q` in the two certificates, its primary `2k` more and the
//! leader `2N`. A replica verifies the signatures of a request once.
//!
//! # Example
//! ```
//! use epione::algebra::Secret;
//! use epione::consensus::{
//!     Application, Config, Decision, Digest, Effect, Format, Input, Location, Member,
//!     Parameters, Price, ProposalContext, Rejection, Replica, VerifyContext, request_id,
//! };
//! use epione::sign::SigningKey;
//! use std::{collections::VecDeque, sync::Arc};
//!
//! /// A value is the parent's digest followed by at most one request.
//! #[derive(Clone)]
//! struct Plain;
//! impl Format for Plain {
//!     type Request = Vec<u8>;
//!     /// The parent and the requests.
//!     type Value = (Vec<u8>, Vec<Vec<u8>>);
//!     fn decode_request(&self, request: &[u8]) -> Result<Vec<u8>, Rejection> {
//!         Ok(request.to_vec())
//!     }
//!     fn price(&self, _: &Vec<u8>) -> Price {
//!         Price::default()
//!     }
//!     fn verify_request(&self, _: &Config, _: &Vec<u8>) -> Result<(), Rejection> {
//!         Ok(())
//!     }
//!     fn decode(&self, value: &[u8]) -> Result<(Digest, Self::Value), Rejection> {
//!         let (parent, request) = value.split_at(value.len().min(32));
//!         let requests = Some(request.to_vec()).filter(|request| !request.is_empty());
//!         Ok((request_id(value), (parent.to_vec(), requests.into_iter().collect())))
//!     }
//!     fn requests<'a>(&self, (_, requests): &'a Self::Value) -> Vec<(&'a [u8], &'a Vec<u8>)> {
//!         requests.iter().map(|request| (request.as_slice(), request)).collect()
//!     }
//! }
//!
//! /// The applied requests in order, and the decisions.
//! #[derive(Default)]
//! struct Log(Vec<Vec<u8>>, Vec<Decision>);
//! impl Application for Log {
//!     type Format = Plain;
//!     fn format(&self) -> Plain {
//!         Plain
//!     }
//!     fn admit(&self, request: &Vec<u8>) -> Result<(), Rejection> {
//!         if self.0.contains(request) { Err(Rejection::new("it was applied")) } else { Ok(()) }
//!     }
//!     fn propose(
//!         &self,
//!         context: &ProposalContext<'_>,
//!         requests: &[(&[u8], Vec<u8>)],
//!     ) -> Vec<u8> {
//!         let request = requests.first().map_or(&[][..], |(bytes, _)| bytes);
//!         [&context.parent, request].concat()
//!     }
//!     fn verify(
//!         &self,
//!         context: &VerifyContext<'_>,
//!         (parent, requests): &mut (Vec<u8>, Vec<Vec<u8>>),
//!     ) -> Result<(), Rejection> {
//!         if *parent != context.parent {
//!             return Err(Rejection::new("the parent does not match"));
//!         }
//!         requests.iter().try_for_each(|request| self.admit(request))
//!     }
//!     fn tip(&self) -> Option<(u64, Digest)> {
//!         let last = &self.1.last()?.certificate;
//!         Some((last.height, last.digest))
//!     }
//!     fn decision(&self, height: u64) -> Option<Decision> {
//!         self.1.get(height.checked_sub(1)? as usize).cloned()
//!     }
//!     fn apply(&mut self, _: u64, value: (Vec<u8>, Vec<Vec<u8>>), decision: &Decision) {
//!         self.0.extend(value.1);
//!         self.1.push(decision.clone());
//!     }
//! }
//!
//! let key = |id: u8| SigningKey::from_seed(&Secret::new([id; 32]));
//! let members = (0..4_u16).map(|id| Member {
//!     id,
//!     key: key(id as u8).verifying_key(),
//!     location: Location::default(),
//!     rating: 1,
//! });
//! let config = Arc::new(Config::new(Parameters::new("example"), members.collect()).unwrap());
//! let mut replicas: Vec<_> = (0..4)
//!     .map(|id| Replica::new(config.clone(), id, key(id as u8), Log::default()).unwrap())
//!     .collect();
//!
//! // The driver delivers messages until none is left.
//! let mut inputs = VecDeque::from([(2, Input::Request(b"hello".to_vec()))]);
//! while let Some((id, input)) = inputs.pop_front() {
//!     for effect in replicas[id as usize].step(0, input) {
//!         match effect {
//!             Effect::Send { to, message } => {
//!                 inputs.extend(to.into_iter().map(|to| {
//!                     (to, Input::Message { peer: id, message: message.clone() })
//!                 }));
//!             }
//!             Effect::Deliver { certificate, .. } => certificate.verify(&config).unwrap(),
//!             _ => {}
//!         }
//!     }
//! }
//! assert!(replicas.iter().all(|replica| replica.application().0 == [b"hello"]));
//! ```
#![forbid(unsafe_code)]

mod application;
pub mod config;
mod effect;
mod gate;
mod mempool;
mod replica;
mod rules;
mod slot;
mod sync;
mod topology;
mod wire;

pub use application::{
    Application, FirstProposal, Format, PersistError, Price, ProposalContext, Rejection,
    VerifyContext, request_id,
};
pub use config::{
    Capacity, Config, ConfigError, Group, Holdings, Limits, Location, Member, Parameters, Profile,
    Timing, distance, faults, quorum,
};
pub use effect::{Effect, Input, MessageError, Timer};
#[cfg(feature = "sim")]
pub(crate) use gate::Cache;
pub use gate::{Gate, Received, Verified};
pub use replica::{Replica, RestoreError};
pub use wire::{
    Body, Certificate, CertificateError, Decision, Entry, Evidence, EvidenceError, Message,
    NewViewProof, Phase, Prepared, SignedStatement, SignedViewChange, Statement, ViewChange, Vote,
};
#[cfg(feature = "sim")]
pub(crate) use wire::{Ed25519, Scheme};

/// A member's number, unique in its roster.
pub type ReplicaId = u16;
/// A SHA-256 digest.
pub type Digest = [u8; 32];
/// The digest of a request's bytes, see [`request_id`].
pub type RequestId = Digest;
