//! Configurations, headers with their certificates, and maps.

use super::chain::{Chain, member, parameters};
use super::formulas::{self, key_digest, value_digest};
use super::story::Story;
use super::trees::{State, map_path, subtree};
use crate::vectors::format::{Fields, File, draw};
use crate::vectors::protocol::{Step, hex_list};
use epione::algebra::codec::Canonical;
use epione::algebra::hash::digest;
use epione::algebra::tag;
use epione::consensus::{Config, Digest, Member, Parameters, Profile};
use epione::ledger::map::{self, Branch, Branches, MapError, Path, Subtree};
use epione::ledger::proof::{CertifiedHeader, StateKey};
use epione::ledger::{CommittedBlock, Header};
use std::collections::BTreeMap;

/// Numbers as an item of [`Fields::list`].
pub(super) fn number_list<T: ToString>(items: impl IntoIterator<Item = T>) -> Vec<String> {
    items.into_iter().map(|item| item.to_string()).collect()
}

pub(super) fn configurations(file: &mut File, story: &mut Story) {
    configuration(file, "six members", parameters(), &story.chain.seeds);
    let seeds: Vec<[u8; 32]> = (0..16).map(|_| draw(&mut story.chain.rng)).collect();
    let flat = Parameters { profile: Profile::Flat, ..Parameters::new("f") };
    configuration(file, "four members and the shortest name", flat, &seeds[..4]);
    let layered =
        Parameters { groups: 4, distance_weight: 1_000, ..Parameters::new(&"g".repeat(64)) };
    configuration(file, "sixteen members in groups and the longest name", layered, &seeds);
}

fn configuration(file: &mut File, comment: &str, parameters: Parameters, seeds: &[[u8; 32]]) {
    let numbered = |(i, seed): (usize, &[u8; 32])| match i {
        0..6 => member(i, seed),
        _ => Member { id: 300 + i as u16, ..member(i, seed) },
    };
    let mut members: Vec<Member> = seeds.iter().enumerate().map(numbered).collect();
    let mut sorted = members.clone();
    sorted.sort_by_key(|member| member.id);
    let order = sorted.iter().map(|one| members.iter().position(|other| one == other).unwrap());
    let seeds: Vec<[u8; 32]> = order.map(|position| seeds[position]).collect();
    members = sorted;
    let encoded = formulas::config(&parameters, &members);
    let hash = digest(tag::CONSENSUS_CONFIG, &[&encoded]);
    let config = Config::new(parameters.clone(), members.clone()).unwrap();
    assert_eq!((config.to_bytes(), config.digest()), (encoded.clone(), hash));
    assert_eq!(Config::from_bytes(&encoded), Ok(config.clone()));
    Step::new("configuration")
        .inputs(|fields| of_parameters(fields, &parameters))
        .inputs(|fields| {
            fields
                .list("ids", number_list(members.iter().map(|one| one.id)))
                .list("member_seeds", hex_list(&seeds))
                .list("latitudes", number_list(members.iter().map(|one| one.location.latitude)))
                .list("longitudes", number_list(members.iter().map(|one| one.location.longitude)))
                .list("ratings", number_list(members.iter().map(|one| one.rating)))
        })
        .trace(|fields| fields.list("keys", hex_list(members.iter().map(|m| *m.key.as_bytes()))))
        .outputs(|fields| {
            fields
                .hex("config", &encoded)
                .hex("digest", hash)
                .number("faults", config.faults() as u64)
                .number("quorum", config.quorum() as u64)
        })
        .add_to(file, comment);
}

fn of_parameters(fields: Fields, parameters: &Parameters) -> Fields {
    let (timing, capacity) = (parameters.timing, parameters.capacity);
    fields
        .text("chain", &parameters.chain)
        .number("epoch", parameters.epoch)
        .number("profile", parameters.profile as u64)
        .number("groups", parameters.groups.into())
        .number("distance_weight", parameters.distance_weight.into())
        .number("relay", timing.relay)
        .number("fallback", timing.fallback)
        .number("view_delay", timing.view)
        .number("doublings", timing.doublings.into())
        .number("request_bytes", capacity.request_bytes.into())
        .number("bytes", capacity.bytes.into())
        .number("requests", capacity.requests.into())
        .number("cost", capacity.cost.into())
}

/// The headers of the chain: the first has no parent, the last no entries.
pub(super) fn headers(file: &mut File, story: &Story) {
    let chain = &story.chain;
    for (height, comment) in [
        (1, "the first header, certified by a quorum"),
        (2, "a header that all members have certified"),
        (3, "a header whose parent all members have certified"),
        (chain.ledger.height(), "the header of an empty block"),
    ] {
        let CommittedBlock { block, certificate } = chain.at(height);
        let at = CertifiedHeader { header: block.header, certificate };
        header(file, chain, comment, &at);
    }
}

fn header(file: &mut File, chain: &Chain, comment: &str, at: &CertifiedHeader) {
    let CertifiedHeader { header, certificate } = at;
    assert_eq!(at.verify(&chain.config), Ok(header));
    let encoded = formulas::header(header);
    let hash = digest(tag::LEDGER_BLOCK, &[&encoded]);
    assert_eq!(header.hash(), hash);
    let statement = formulas::statement(certificate);
    let parts: [&[u8]; 2] = [&chain.config.digest(), &statement];
    for (signer, signature) in &certificate.signatures {
        let key = chain.config.member(*signer).unwrap().key;
        assert_eq!(key.verify(tag::SIGN_CONSENSUS, &parts, signature), Ok(()));
    }
    let seeds = certificate.signers().map(|signer| chain.seed_of(signer));
    Step::new("header")
        .inputs(|fields| of_header(fields.hex("config", chain.config.to_bytes()), header))
        .inputs(|fields| {
            fields
                .number("view", certificate.view)
                .list("signers", number_list(certificate.signers()))
                .list("signer_seeds", hex_list(seeds))
        })
        .trace(|fields| {
            fields.hex("header", &encoded).hex("hash", hash).hex("statement", &statement)
        })
        .outputs(|fields| fields.hex("certified_header", formulas::certified(at)))
        .add_to(file, comment);
}

fn of_header(fields: Fields, header: &Header) -> Fields {
    let parent = header.parent_certificate.as_ref().map(formulas::certificate);
    fields
        .number("height", header.height)
        .number("time", header.time)
        .number("epoch", header.epoch)
        .number("first_view", header.first_view)
        .number("leader", header.leader.into())
        .hex("previous", header.previous)
        .number("size", header.size.into())
        .hex("entries_root", header.entries_root)
        .hex("state_root", header.state_root)
        .hex("parent_certificate", parent.unwrap_or_default())
}

/// The branches of a map.
#[derive(Default)]
struct Stored(BTreeMap<Path, Branch>);

impl Branches for Stored {
    fn branch(&self, path: &Path) -> Result<Branch, MapError> {
        self.0.get(path).copied().ok_or(MapError::MissingBranch(*path))
    }
}

/// Maps of few entries, without a chain.
pub(super) fn maps(file: &mut File, story: &mut Story) {
    let rng = &mut story.chain.rng;
    let keys: Vec<StateKey> = (0..9).map(|_| StateKey::Record(draw(rng))).collect();
    map(file, "the empty map", &[], keys[0]);
    map(file, "a map with one entry, which ends every path", &keys[..1], keys[1]);
    map(file, "a map with two entries", &keys[..2], keys[2]);
    let shared = |key: &StateKey| key_digest(key)[0] == key_digest(&keys[0])[0];
    let near = (0..).map(|_| StateKey::Record(draw(rng))).find(shared).unwrap();
    map(file, "two keys that share eight bits", &[keys[0], near], keys[1]);
    map(file, "a map with eight entries", &keys[..8], keys[8]);
}

fn map(file: &mut File, comment: &str, keys: &[StateKey], absent: StateKey) {
    let value = |(i, key): (usize, &StateKey)| (*key, vec![i as u8; i]);
    let state = State(keys.iter().enumerate().map(value).collect());
    let (entries, absent_digest) = (state.entries(), key_digest(&absent));
    let root = subtree(&entries, 0);
    // The library inserts one entry after the other.
    let (mut stored, mut tree) = (Stored::default(), Subtree::Empty);
    for (key, value) in &entries {
        let (next, changed) = map::update(&stored, tree, &[(*key, Some(*value))].into()).unwrap();
        tree = next;
        for (path, branch) in changed {
            match branch {
                Some(branch) => _ = stored.0.insert(path, branch),
                None => _ = stored.0.remove(&path),
            }
        }
    }
    assert_eq!(tree.digest(), root);
    let path = |key: &Digest| {
        let path = map_path(&entries, key);
        let value = entries.iter().find(|(of, _)| of == key).map(|(_, value)| value);
        assert_eq!(map::Proof::of(&stored, tree, key).as_ref(), Ok(&path));
        assert!(path.verify(&root, key, value));
        formulas::path(&path)
    };
    Step::new("map")
        .inputs(|fields| of_state(fields, &state).hex("absent", formulas::key(&absent)))
        .trace(|fields| digests(fields, &state).hex("absent_digest", absent_digest))
        .outputs(|fields| {
            let paths = state.0.keys().map(|key| hex::encode(path(&key_digest(key))));
            fields
                .hex("root", root)
                .list("paths", paths)
                .hex("path_of_absent", path(&absent_digest))
        })
        .add_to(file, comment);
}

/// All entries of a state.
pub(super) fn of_state(fields: Fields, state: &State) -> Fields {
    fields
        .list("keys", hex_list(state.0.keys().map(formulas::key)))
        .list("values", hex_list(state.0.values()))
}

/// The digests of all entries.
pub(super) fn digests(fields: Fields, state: &State) -> Fields {
    fields
        .list("key_digests", hex_list(state.0.keys().map(key_digest)))
        .list("value_digests", hex_list(state.0.values().map(|value| value_digest(value))))
}
