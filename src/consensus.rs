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
//! **Algorithms**
//!
//! | algorithm | item | source |
//! |---|---|---|
//! | grouping by distance | [`Config::groups`] | Chang, Algorithm 1, Eq. 1 to 3 |
//! | election of primaries and leaders | [`Group::ranking`], [`Config::leader`] | Chang, Eq. 4, 5 |
//! | quorums and certificates | [`quorum`], [`Certificate`] | Castro and Liskov, section 4.2; HotStuff |
//! | pre-prepare, prepare, commit | [`Replica::step`] | Castro and Liskov, section 4.2; Chang, layer 2 |
//! | batches inside a group | [`Body::Batch`] | Chang, layer 1 |
//! | view change | [`ViewChange`], [`Body::NewView`] | Castro and Liskov, section 4.4 |
//! | state transfer | [`Decision`], [`Body::FetchDecisions`] | in place of Castro and Liskov, section 4.3 |
//!
//! **Guarantees.** `N` members, `F = floor((N - 1) / 3)`, `Q = ceil((N + F + 1) / 2)`.
//!
//! | profile | communication | safe while | messages per block |
//! |---|---|---|---|
//! | [`Profile::Flat`] | all to all | at most `F` of `N` are Byzantine | `2N^2 - N - 1` |
//! | [`Profile::MemberQuorum`] | a tree of groups aggregates votes; quorums count all members | at most `F` of `N` are Byzantine, primaries included | `5(N - 1)` |
//!
//! *Safety*: no two honest replicas apply different values at one height. Heights have no gaps. No
//! request is applied twice. Every value passed [`Application::verify`] at an honest member.
//!
//! *Liveness*, under partial synchrony: let messages arrive within the fallback delay after the
//! global stabilisation time. Then every request held by an honest replica is applied, at the
//! latest in the first pass through the leaders whose view delay suffices for agreement. Both
//! profiles are live with `F` faulty members. A replica that lost every message of the last height
//! learns of that height from the next message it receives.
//!
//! **Security.** Rests on Ed25519 and SHA-256. Every signature covers a tag, the digest of the
//! configuration (chain, epoch, roster), layer, group, kind, height, view and digest, so no vote is
//! valid in another context. Four rules make the view change safe; each has tests that fail without
//! it:
//! 1. A `ViewChange` reports the prepare certificate of the highest view and carries its value.
//! 2. After its `ViewChange` a member casts no vote below the requested view.
//! 3. A `NewView` proposes the value of the highest reported certificate byte for byte, and every
//!    member recomputes it.
//! 4. A prepare certificate is replaced only by one of a higher view. It does not prevent a replica
//!    from accepting a `NewView`.
//!
//! The storage that one member can occupy at another is bounded: votes by view, values by
//! certificate, messages of the next height by number and bytes, requests by number.
//!
//! *State is in memory.* A replica that restarts without its state, or from an older one, may
//! contradict its earlier votes and counts as faulty.
//!
//! **Deviations**
//! * In Chang's layer 2 each primary speaks for its group and the quorum counts primaries, so a few
//!   Byzantine primaries can fork the chain. Here groups only aggregate signatures, and the quorum
//!   counts all members.
//! * A batch certificate of layer 1 is a hint and defines no order: a whole group may be faulty
//!   while at most `F` members are.
//! * One height is in flight, and the leader changes with each height, so there are no watermarks
//!   or checkpoints. The commit certificate of a decision is the stable checkpoint, and any member
//!   can transfer value and certificate.
//! * The leader (PBFT's primary) sends PREPARE too, and its PREPARE counts towards the quorum.
//! * A replica relays an overdue request to all members, in `N - 1` messages.
//! * The view delay doubles once per pass through the leaders, not once per view.
//! * After the fallback delay, votes, proposals and certificates bypass the tree. Ed25519
//!   signatures are listed, not aggregated: a certificate has `66 Q` bytes, and overlapping group
//!   votes do no harm.
//! * A replica that lags behind receives the missing decisions in answer to its `ViewChange` or
//!   `FetchDecisions`. Votes for a decided height are ignored.
//!
//! **Cost.** The table gives the messages without faults. Layer 1 adds at most `2(k - 1) + 1` per
//! batch in a group of `k`, and one to forward the request to its primary. A new view costs
//! `(N - 1)(N + 1)` messages in `Flat`, and up to `N` more to forward it in the tree. Each member
//! verifies `O(N)` signatures per block in `Flat`. In `MemberQuorum` a member verifies `2Q` in the
//! two certificates, its primary `2k` more and the leader `2N`. The identifiers of delivered
//! requests stay in memory.
//!
//! # Example
//! ```
//! use epione::algebra::Secret;
//! use epione::consensus::{
//!     Application, Certificate, Config, Digest, Effect, Input, Location, Member, Parameters,
//!     ProposalContext, Rejection, Replica, RequestId, VerifyContext, request_id,
//! };
//! use epione::sign::SigningKey;
//! use std::{collections::VecDeque, sync::Arc};
//!
//! /// A value is the parent's digest followed by at most one request.
//! #[derive(Default)]
//! struct Last(Vec<u8>);
//! impl Application for Last {
//!     fn check_request(&self, _: &[u8]) -> Result<(), Rejection> { Ok(()) }
//!     fn propose(&self, context: &ProposalContext<'_>, requests: &[Vec<u8>]) -> Vec<u8> {
//!         [&context.parent[..], requests.first().map_or(&[][..], |request| request)].concat()
//!     }
//!     fn verify(&self, context: &VerifyContext<'_>, value: &[u8]) -> Result<(), Rejection> {
//!         let follows = value.get(..32) == Some(&context.parent[..]);
//!         if follows { Ok(()) } else { Err(Rejection::new("the parent does not match")) }
//!     }
//!     fn digest(&self, value: &[u8]) -> Result<Digest, Rejection> { Ok(request_id(value)) }
//!     fn requests(&self, value: &[u8]) -> Vec<RequestId> {
//!         value.get(32..).filter(|r| !r.is_empty()).map(request_id).into_iter().collect()
//!     }
//!     fn apply(&mut self, _: u64, value: &[u8], _: &Certificate) {
//!         self.0 = value[32..].to_vec();
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
//!     .map(|id| Replica::new(config.clone(), id, key(id as u8), Last::default()).unwrap())
//!     .collect();
//!
//! // The driver delivers messages until none is left.
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

mod application;
mod batch;
mod certificate;
pub mod config;
mod distance;
mod effect;
mod election;
mod grouping;
pub mod message;
mod normal_case;
mod parameters;
mod pool;
mod quorum;
mod replica;
mod state_transfer;
mod timers;
mod topology;
mod view_change;
mod view_change_proof;
mod vote_set;

pub use application::{
    Application, FirstProposal, ProposalContext, Rejection, VerifyContext, request_id,
};
pub use certificate::{Certificate, CertificateError, Decision, Phase};
#[cfg(feature = "sim")]
pub(crate) use certificate::{Ed25519Verifier, Verifier};
pub use config::{Config, Group};
pub use distance::distance;
pub use effect::{Effect, Input, MessageError, Timer};
pub use message::{Body, Message};
pub use parameters::{ConfigError, Location, Member, Parameters, Profile, Timing};
pub use quorum::{faults, quorum};
pub use replica::Replica;
pub use view_change_proof::{SignedViewChange, ViewChange};

/// A member's number, unique in its roster.
pub type ReplicaId = u16;
/// A SHA-256 digest.
pub type Digest = [u8; 32];
/// The digest of a request's bytes, see [`request_id`].
pub type RequestId = Digest;
