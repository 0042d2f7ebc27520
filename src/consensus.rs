//! Agreement among hospitals that do not trust each other: PBFT, flat and in two layers.
//!
//! **Papers.** Castro and Liskov, *Practical Byzantine Fault Tolerance* (OSDI 1999); Chang et
//! al. 2022 for groups by distance, the election of primaries and the two layers.
//!
//! A replica is a pure state machine: [`Replica::step`] takes a time and one [`Input`] and gives
//! a list of [`Effect`]s. It has no clock, socket, disk or randomness; a driver has those. What a
//! value means is the [`Application`]'s affair.
//!
//! **Algorithms**
//!
//! | what | where | from |
//! |---|---|---|
//! | groups of neighbours | [`Config::groups`] | Chang, Algorithm 1, Eq. 1 to 3 |
//! | rankings and leaders | [`Group::ranking`], [`Config::leader`] | Chang, Eq. 4, 5 |
//! | quorums and certificates | [`quorum`], [`Certificate`] | Castro and Liskov |
//! | propose, PREPARE, COMMIT | [`Replica::step`] | Castro and Liskov; in the tree, Chang's second layer |
//! | batches inside a group | [`Body::Batch`] | Chang's first layer |
//! | view change | [`ViewChange`], [`Body::NewView`] | Castro and Liskov |
//!
//! **Guarantees.** `N` members, `F = floor((N - 1) / 3)`, `Q = ceil((N + F + 1) / 2)`.
//!
//! | profile | what it is | safe while | messages per block |
//! |---|---|---|---|
//! | [`Profile::Flat`] | all to all | at most `F` of `N` are Byzantine | `2N^2 - N - 1` |
//! | [`Profile::MemberQuorum`] | groups are a tree that gathers votes; the quorum counts all members | at most `F` of `N` are Byzantine, wherever they sit, all primaries included | `5(N - 1)` |
//!
//! Safe means: no two honest replicas apply different values at one height; heights come without
//! gaps; no request is applied twice; every value passed [`Application::verify`] at an honest
//! member. Live means: once messages arrive within the fallback delay, every request that an
//! honest replica holds is applied within one pass through the leaders whose timers are long
//! enough. Both profiles are live with `F` faulty members. A replica to which every message of
//! the last height was lost learns of that height with the next message it gets.
//!
//! **Security.** Rests on Ed25519 and SHA-256. Every signature covers a tag, the digest of the
//! configuration (chain, epoch, roster), layer, group, kind, height, view and digest, so that no
//! vote can be replayed as another. Four rules carry the view change, and each has tests that
//! fail without it: a `ViewChange` reports the highest prepare certificate and hands its value
//! over; after it no vote is cast below its view; a `NewView` must propose that value again byte
//! for byte, as every member recomputes; a lock gives way only to a certificate of a higher view,
//! and to no one's veto. What a member can make another store is bounded: votes by views, values
//! by certificates, the next height by messages and bytes, requests by number.
//!
//! *State is in memory.* A replica that stops and starts again from nothing may contradict what it
//! signed, and counts as faulty; so does one that is rolled back.
//!
//! **Deviations**
//! * Chang's second layer trusts each primary to speak for its group, and its quorum is one of
//!   primaries: a few Byzantine primaries fork it. Here the groups only gather signatures, and
//!   the quorum is of all members.
//! * A batch certificate of layer 1 is a hint, without an order of its own: a whole group may be
//!   faulty although at most `F` members are.
//! * One height is in flight at a time and the leader changes with each, so there are no
//!   watermarks or checkpoints; a decision's commit certificate is the stable checkpoint, and who
//!   missed it gets value and certificate from anyone.
//! * The primary sends PREPARE too, and a quorum of PREPAREs includes it.
//! * An overdue request goes from who holds it to everyone, in `N - 1` messages.
//! * The view delay doubles once per pass through the leaders, not per view.
//! * Where a tree is slow or withholds, votes, proposals and certificates go straight after the
//!   fallback delay. Ed25519 signatures are listed, not aggregated, so a certificate is `66 Q`
//!   bytes, and overlapping group votes do no harm.
//! * A laggard is answered when it says that it is one, by a `ViewChange` or by asking: late votes
//!   of the last height are normal and answered by nothing.
//!
//! **Cost.** Messages as above when nothing fails, and for layer 1 at most `2(k - 1) + 1` per
//! batch in a group of `k`, one to bring the request to its primary. A new view costs
//! `(N - 1)(N + 1)` messages in `Flat`, and up to `N` more to pass it on in the tree. Each member
//! verifies `O(N)` signatures per block in `Flat`; in `MemberQuorum` `2Q` in the two certificates,
//! its primary `2k` more and the leader `2N`. The identifiers of delivered requests stay in memory.
//!
//! # Example
//! ```
//! use epione::algebra::Secret;
//! use epione::consensus::{
//!     Application, Certificate, Config, Digest, Effect, Input, Location, Member, Parameters,
//!     ProposalContext, Refusal, Replica, RequestId, VerifyContext, request_id,
//! };
//! use epione::sign::SigningKey;
//! use std::{collections::VecDeque, sync::Arc};
//!
//! /// A value is the parent's digest and at most one request.
//! #[derive(Default)]
//! struct Last(Vec<u8>);
//! impl Application for Last {
//!     fn check_request(&self, _: &[u8]) -> Result<(), Refusal> { Ok(()) }
//!     fn propose(&self, context: &ProposalContext<'_>, requests: &[Vec<u8>]) -> Vec<u8> {
//!         [&context.parent[..], requests.first().map_or(&[][..], |request| request)].concat()
//!     }
//!     fn verify(&self, context: &VerifyContext<'_>, value: &[u8]) -> Result<(), Refusal> {
//!         let follows = value.get(..32) == Some(&context.parent[..]);
//!         if follows { Ok(()) } else { Err(Refusal::new("another parent")) }
//!     }
//!     fn digest(&self, value: &[u8]) -> Result<Digest, Refusal> { Ok(request_id(value)) }
//!     fn requests(&self, value: &[u8]) -> Vec<RequestId> {
//!         value.get(32..).filter(|r| !r.is_empty()).map(request_id).into_iter().collect()
//!     }
//!     fn apply(&mut self, _: u64, value: &[u8], _: &Certificate) { self.0 = value[32..].to_vec(); }
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
//!     .map(|id| Replica::new(config.clone(), id, key(id as u8), Last::default()).unwrap())
//!     .collect();
//!
//! // A driver: deliver messages until there are none.
//! let mut inputs = VecDeque::from([(2, Input::Request(b"hello".to_vec()))]);
//! while let Some((id, input)) = inputs.pop_front() {
//!     for effect in replicas[id as usize].step(0, input) {
//!         match effect {
//!             Effect::Send { to, message } => {
//!                 inputs.extend(to.iter().map(|to| (*to, Input::Message(message.clone()))));
//!             }
//!             Effect::Deliver { certificate, .. } => certificate.verify(&config).unwrap(),
//!             _ => {}
//!         }
//!     }
//! }
//! assert!(replicas.iter().all(|replica| replica.application().0 == b"hello"));
//! ```
#![forbid(unsafe_code)]

mod agreement;
mod application;
mod batch;
mod catch_up;
mod claim;
pub mod config;
mod distance;
mod effect;
mod election;
mod grouping;
pub mod message;
mod parameters;
mod pool;
mod quorum;
mod replica;
mod tally;
mod timers;
mod tree;
mod view_change;

pub use application::{
    Application, FirstProposal, ProposalContext, Refusal, VerifyContext, request_id,
};
pub use claim::{Decision, SignedViewChange, ViewChange};
pub use config::{Config, Group};
pub use distance::distance;
pub use effect::{Effect, Fault, Input, Timer};
pub use message::{Body, Message};
pub use parameters::{ConfigError, Location, Member, Parameters, Profile, Timing};
pub use quorum::{Certificate, CertificateError, Phase, Strict, Verifier, faults, quorum};
pub use replica::Replica;

/// A member's number, unique in its roster.
pub type ReplicaId = u16;
/// SHA-256.
pub type Digest = [u8; 32];
/// The digest of a request's bytes, see [`request_id`].
pub type RequestId = Digest;
