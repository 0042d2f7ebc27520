//! Proofs of transactions and of the state, verified with the configuration alone.

use super::*;
use epione::error::DecodeError;
use epione::ledger::proof::*;

/// A chain with entries of every kind.
pub(super) struct Subject {
    pub(super) chain: Chain,
    record: Digest,
    grant: Digest,
    request: Digest,
    served: Digest,
    proven: Digest,
    revoked: Digest,
}

impl Subject {
    pub(super) fn new() -> Self {
        let (mut chain, record, grant) = Chain::with_grant(92);
        let p = chain.parties.clone();
        let requests = [(); 3].map(|()| chain.request(record, Basis::Grant(grant)));
        let ids = requests.each_ref().map(Transaction::id);
        assert_eq!(chain.block(&requests), [None; 3]);
        let access = chain.access(&p.proxy, ids[1]);
        let other = chain.access(&p.proxy, ids[2]);
        let subject = chain.ledger.state().party(&p.other_proxy.verifying_key()).unwrap().unwrap();
        let subject = epione::ledger::Subject { serial: [6; 32], ..subject };
        let withdraw = chain.withdraw(&p.centre, &subject);
        assert_eq!(chain.block(&[access, other, withdraw]), [None; 3]);
        let proxy = p.proxy.verifying_key();
        let released = AccessAction { proxy, request: ids[2], reencryptions: vec![[7; 32]] };
        let receipt = Receipt::issue(CHAIN, released, &p.proxy);
        let evidence = EvidenceAction { reporter: p.reader.verifying_key(), receipt };
        let evidence = chain.sign(Action::Evidence(evidence), &[&p.reader]);
        let revoked = chain.grant(std::slice::from_ref(&p.owner), T0, FAR);
        let revoke = chain.revoke(&p.owner, revoked.id());
        assert_eq!(chain.block(&[evidence, revoked.clone(), revoke]), [None; 3]);
        let [request, served, proven] = ids;
        Self { chain, record, grant, request, served, proven, revoked: revoked.id() }
    }

    fn keys(&self) -> Vec<(StateKey, bool)> {
        let p = &self.chain.parties;
        let owner = p.owner.verifying_key();
        let withdrawn = |seed| Subject::serial(seed);
        vec![
            (StateKey::Genesis, true),
            (StateKey::Party(p.doctor.verifying_key()), true),
            (StateKey::Party(p.stranger.verifying_key()), false),
            (StateKey::Withdrawn(withdrawn(6)), true),
            (StateKey::Withdrawn(withdrawn(8)), false),
            (StateKey::Record(self.record), true),
            (StateKey::Record(self.grant), false),
            (StateKey::Grant(self.grant), true),
            (StateKey::Grant(self.record), false),
            (StateKey::Revocation { grant: self.revoked, owner }, true),
            (StateKey::Revocation { grant: self.grant, owner }, false),
            (StateKey::Request(self.request), true),
            (StateKey::Request(self.record), false),
            (StateKey::Access(self.served), true),
            (StateKey::Access(self.request), false),
            (StateKey::Evidence(self.proven), true),
            (StateKey::Evidence(self.served), false),
            (StateKey::Transaction(self.record), true),
            (StateKey::Transaction([9; 32]), false),
        ]
    }

    /// The digest of a serial number.
    fn serial(seed: u8) -> Digest {
        let key = SigningKey::from_seed(&Secret::new([seed; 32]));
        let Action::Register(certificate) = register(&key, &key, Role::Doctor, FAR) else {
            unreachable!()
        };
        let subject = certificate.verify(&key.verifying_key()).unwrap().clone();
        epione::ledger::Subject { serial: [seed; 32], ..subject }.withdrawal()
    }

    fn state(&self, keys: &[StateKey]) -> StateProof {
        self.chain.ledger.prove_state(keys).unwrap().unwrap()
    }

    fn verify(&self, proof: &StateProof) -> Result<Vec<ProvenEntry>, ProofError> {
        proof.verify(&self.chain.config).map(|(_, entries)| entries)
    }

    /// One proof of each kind.
    fn proofs(&self) -> Vec<Proof> {
        let ledger = &self.chain.ledger;
        let keys: Vec<StateKey> = self.keys().into_iter().map(|(key, _)| key).collect();
        vec![
            Proof::Transaction(ledger.prove_transaction(&self.served).unwrap().unwrap()),
            Proof::State(self.state(&keys)),
            Proof::Grant(ledger.prove_grant(&self.revoked).unwrap().unwrap()),
        ]
    }
}

#[test]
fn every_kind_of_entry_has_a_proof_of_presence_and_of_absence() {
    let subject = Subject::new();
    let (keys, present): (Vec<StateKey>, Vec<bool>) = subject.keys().into_iter().unzip();
    let together = subject.verify(&subject.state(&keys)).unwrap();
    for (i, (key, value)) in together.iter().enumerate() {
        assert_eq!((*key, value.is_some()), (keys[i], present[i]), "{key:?}");
        let alone = subject.verify(&subject.state(&[*key])).unwrap();
        assert_eq!(alone, [(*key, value.clone())]);
    }
    let value = |key| together.iter().find(|(of, _)| *of == key).unwrap().1.clone().unwrap();
    let request = subject.chain.ledger.state().request(&subject.request).unwrap().unwrap();
    let placed = [request.height.to_be_bytes(), request.time.to_be_bytes()].concat();
    assert_eq!(value(StateKey::Request(subject.request)), placed);
    assert_eq!(value(StateKey::Transaction(subject.record)), FAR.to_be_bytes());
    let certificate = Certificate::from_bytes(&value(keys[1]));
    assert_eq!(
        certificate.unwrap().verify(subject.chain.ledger.state().centre()).unwrap().name,
        "Dr. Ruiz"
    );
}

/// A transaction that has expired is no longer in the map.
#[test]
fn the_proof_of_a_transaction_in_the_state_ends_with_its_validity() {
    let mut subject = Subject::new();
    let key = StateKey::Transaction(subject.record);
    subject.chain.block_at(FAR - 1, &[]);
    assert!(subject.verify(&subject.state(&[key])).unwrap()[0].1.is_some());
    subject.chain.block_at(FAR, &[]);
    assert_eq!(subject.verify(&subject.state(&[key])), Ok(vec![(key, None)]));
    // Its block still contains it.
    let proof = subject.chain.ledger.prove_transaction(&subject.record).unwrap().unwrap();
    assert_eq!(proof.verify(&subject.chain.config).unwrap().transaction.id(), subject.record);
}

#[test]
fn every_transaction_of_every_block_has_a_proof_with_its_outcome() {
    let mut subject = Subject::new();
    let p = subject.chain.parties.clone();
    let late = subject.chain.request(subject.record, Basis::Grant(subject.revoked));
    assert_eq!(subject.chain.outcome(&late), Some(Rule::Revoked));
    let mut proven = 0;
    for CommittedBlock { block, .. } in subject.chain.blocks() {
        for entry in &block.entries {
            let id = Transaction::from_bytes(&entry.transaction).unwrap().id();
            let proof = subject.chain.ledger.prove_transaction(&id).unwrap().unwrap();
            let shown = proof.verify(&subject.chain.config).unwrap();
            assert_eq!(shown.transaction.to_bytes(), entry.transaction);
            let header = &block.header;
            let expected = (header.height, header.time, entry.rejected_by);
            assert_eq!((shown.height, shown.time, shown.rejected_by), expected);
            proven += 1;
        }
    }
    assert_eq!(proven, 17);
    let unknown = subject.chain.grant(&[p.owner], T0, FAR).id();
    assert_eq!(subject.chain.ledger.prove_transaction(&unknown), Ok(None));
    assert_eq!(subject.chain.ledger.prove_grant(&unknown), Ok(None));
    assert_eq!(Chain::empty(1).ledger.prove_state(&[StateKey::Genesis]), Ok(None));
}

#[test]
fn a_proof_survives_its_encoding_and_no_changed_bit() {
    let subject = Subject::new();
    for proof in subject.proofs() {
        assert!(proof.verify(&subject.chain.config).is_ok());
        let mut bytes = proof.to_bytes();
        assert_eq!(Proof::from_bytes(&bytes), Ok(proof.clone()));
        let text = serde_json::to_string(&proof).unwrap();
        assert_eq!(serde_json::from_str::<Proof>(&text).unwrap(), proof);
        for at in 0..bytes.len() {
            let mask = 1 << (at % 8);
            bytes[at] ^= mask;
            let decoded = Proof::from_bytes(&bytes).ok();
            let changed = decoded.and_then(|proof| proof.verify(&subject.chain.config).ok());
            // Another absent key may share the path of an absent one.
            if let Some(Proven::State { entries, .. }) = &changed {
                let keys: Vec<StateKey> = entries.iter().map(|(key, _)| *key).collect();
                assert_eq!(subject.verify(&subject.state(&keys)).as_ref(), Ok(entries));
            } else {
                assert_eq!(changed, None, "byte {at} of {}", bytes.len());
            }
            bytes[at] ^= mask;
        }
        bytes.push(0);
        assert_eq!(Proof::from_bytes(&bytes), Err(DecodeError::TrailingBytes(1)));
    }
}

#[test]
fn an_entry_proof_shows_neither_another_key_nor_another_value() {
    let subject = Subject::new();
    let keys: Vec<StateKey> = subject.keys().into_iter().map(|(key, _)| key).collect();
    let proof = subject.state(&keys);
    let refused = |index, changed: EntryProof| {
        let mut entries = proof.entries.clone();
        entries[index] = changed;
        let changed = StateProof { entries, ..proof.clone() };
        assert_eq!(subject.verify(&changed), Err(ProofError::Entry(index)));
    };
    for (index, entry) in proof.entries.iter().enumerate() {
        let other = match entry.value {
            Some(_) => None,
            None => Some(vec![]),
        };
        refused(index, EntryProof { value: other, ..entry.clone() });
        refused(index, EntryProof { value: Some(b"other".to_vec()), ..entry.clone() });
        // The absent keys share paths with others, but none with a present key.
        for (key, _) in subject.keys().iter().filter(|(_, is_present)| *is_present) {
            if *key != entry.key {
                refused(index, EntryProof { key: *key, ..entry.clone() });
            }
        }
    }
}

#[test]
fn a_proof_holds_under_its_configuration_and_header_only() {
    let subject = Subject::new();
    let chain = &subject.chain;
    let proof = chain.ledger.prove_transaction(&subject.served).unwrap().unwrap();
    let verify = |proof: &TransactionProof| proof.verify(&chain.config).map(drop);
    let with = |at: CertifiedHeader| verify(&TransactionProof { at, ..proof.clone() });
    assert_eq!(verify(&proof), Ok(()));

    let CertifiedHeader { header, certificate } = proof.at.clone();
    let (height, hash) = (header.height, header.hash());
    let other = chain.ledger.block(height - 1).unwrap().unwrap();
    // Another block, with its own certificate and with this one's.
    let of_other = CertifiedHeader { header: other.block.header, certificate: other.certificate };
    assert_eq!(with(of_other.clone()), Err(ProofError::Path));
    let mixed = CertifiedHeader { certificate: certificate.clone(), ..of_other };
    assert_eq!(with(mixed), Err(ProofError::Certificate));
    // Votes of another phase, height, or of too few members.
    let certified = |certificate| with(CertifiedHeader { certificate, header: header.clone() });
    let quorum = [0, 1, 2];
    let prepared = chain.certify(Phase::Prepare, height, hash, &quorum);
    assert_eq!(certified(prepared), Err(ProofError::Certificate));
    let elsewhere = chain.certify(Phase::Commit, height + 1, hash, &quorum);
    assert_eq!(certified(elsewhere), Err(ProofError::Certificate));
    let few = certified(chain.certify(Phase::Commit, height, hash, &[0, 1]));
    assert!(matches!(few, Err(ProofError::Signatures(_))));

    // Another roster, epoch and chain.
    let foreign = Chain::empty(99).config;
    assert!(matches!(proof.verify(&foreign), Err(ProofError::Signatures(_))));
    let config =
        |parameters| Config::new(parameters, chain.config.members().cloned().collect()).unwrap();
    let later = config(Parameters { epoch: 1, ..Parameters::new(CHAIN) });
    assert_eq!(proof.verify(&later), Err(ProofError::Configuration));
    let named = config(Parameters::new("other"));
    assert!(matches!(proof.verify(&named), Err(ProofError::Signatures(_))));

    // Another place in the block.
    assert_eq!(verify(&TransactionProof { index: 0, ..proof.clone() }), Err(ProofError::Path));
    assert_eq!(verify(&TransactionProof { count: 4, ..proof.clone() }), Err(ProofError::Path));
    let mut entry = proof.entry.clone();
    entry.rejected_by = Some(Rule::Revoked);
    assert_eq!(verify(&TransactionProof { entry, ..proof.clone() }), Err(ProofError::Path));
}

#[test]
fn the_proof_of_a_grant_names_the_owners_who_have_revoked_it() {
    let mut subject = Subject::new();
    let p = subject.chain.parties.clone();
    let record = subject.chain.record(&p.other_owner, [2; 32]);
    assert_eq!(subject.chain.outcome(&record), None);
    let owners = [p.owner.clone(), p.other_owner.clone()];
    let shared = subject.chain.grant(&owners, T0, FAR);
    assert_eq!(subject.chain.outcome(&shared), None);
    let show = |subject: &Subject, id: &Digest| {
        let proof = subject.chain.ledger.prove_grant(id).unwrap().unwrap();
        proof.verify(&subject.chain.config).unwrap()
    };
    let before = show(&subject, &shared.id());
    assert_eq!((before.id, before.revoked_by), (shared.id(), vec![]));
    assert_eq!(before.height, subject.chain.ledger.height());
    let revoke = subject.chain.revoke(&p.other_owner, shared.id());
    assert_eq!(subject.chain.outcome(&revoke), None);
    let after = show(&subject, &shared.id());
    assert_eq!(after.revoked_by, [p.other_owner.verifying_key()]);
    assert_eq!((after.granted_at, after.height), (before.granted_at, before.height + 1));
    assert_eq!(after.time, subject.chain.time);
    assert!(show(&subject, &subject.grant).revoked_by.is_empty());
}

/// More than `F` members have certified a block with a transaction of another chain.
#[test]
fn a_certified_transaction_of_another_chain_is_refused() {
    let mut subject = Subject::new();
    let p = subject.chain.parties.clone();
    let action = register(&p.centre, &p.stranger, Role::Doctor, FAR);
    let validity = Validity { chain: "other", until: FAR };
    let foreign = Draft::new(validity, action, &mut subject.chain.rng).signed_by(&[&p.stranger]);
    let block = subject.chain.force(subject.chain.time + 1_000, std::slice::from_ref(&foreign));
    let (height, hash) = (block.header.height, block.header.hash());
    let certificate = subject.chain.certify(Phase::Commit, height, hash, &[0, 1, 2]);
    let at = CertifiedHeader { header: block.header, certificate };
    let entry = block.entries[0].clone();
    let proof = TransactionProof { at, index: 0, count: 1, entry, path: vec![] };
    assert_eq!(proof.verify(&subject.chain.config), Err(ProofError::Configuration));
}

/// Each part of a composed proof is genuine.
#[test]
fn a_grant_is_not_proven_with_the_entries_of_another_or_of_an_earlier_block() {
    let mut subject = Subject::new();
    let p = subject.chain.parties.clone();
    let record = subject.chain.record(&p.other_owner, [2; 32]);
    assert_eq!(subject.chain.outcome(&record), None);
    let owners = [p.owner.clone(), p.other_owner.clone()];
    let [shared, rejected] = [T0, T0].map(|from| subject.chain.grant(&owners, from, FAR));
    let key = |id: Digest, owner: &SigningKey| StateKey::Revocation {
        grant: id,
        owner: owner.verifying_key(),
    };
    let mut sorted = owners.each_ref();
    sorted.sort_by_key(|owner| owner.verifying_key());
    let keys = |id| sorted.map(|owner| key(id, owner));
    // Absent, because the grant is not on the ledger yet.
    let early = subject.state(&keys(shared.id()));
    let revoke = subject.chain.revoke(&p.owner, rejected.id());
    let outcomes = subject.chain.block(&[shared.clone(), revoke, rejected.clone()]);
    assert_eq!(outcomes, [None, None, Some(Rule::Revoked)]);

    let ledger = &subject.chain.ledger;
    let transaction = |id: &Digest| ledger.prove_transaction(id).unwrap().unwrap();
    let verify = |grant: TransactionProof, state: StateProof| {
        GrantProof { grant, state }.verify(&subject.chain.config).map(drop)
    };
    let (grant, complete) = (transaction(&shared.id()), subject.state(&keys(shared.id())));
    assert_eq!(verify(grant.clone(), complete.clone()), Ok(()));
    let [first, second] = keys(shared.id());
    for other in [
        early,
        subject.state(&[first]),
        subject.state(&[second, first]),
        subject.state(&[first, second, second]),
        subject.state(&keys(subject.grant)),
        subject.state(&[StateKey::Grant(shared.id()), second]),
    ] {
        assert_eq!(verify(grant.clone(), other), Err(ProofError::Grant));
    }
    // A rejected grant, and a transaction that is no grant.
    let of_rejected = subject.state(&keys(rejected.id()));
    assert_eq!(verify(transaction(&rejected.id()), of_rejected), Err(ProofError::Grant));
    assert_eq!(verify(transaction(&record.id()), complete), Err(ProofError::Grant));
}

#[test]
fn a_light_client_accepts_no_state_below_its_highest_header() {
    let mut subject = Subject::new();
    let p = subject.chain.parties.clone();
    let mut client = LightClient::new(Arc::new(subject.chain.config.clone()));
    let of_grant = |subject: &Subject| {
        Proof::Grant(subject.chain.ledger.prove_grant(&subject.grant).unwrap().unwrap())
    };
    let old = of_grant(&subject);
    let known = subject.chain.ledger.height();
    assert_eq!((client.height(), client.time()), (0, 0));
    assert!(client.verify(&old).is_ok() && client.verify(&old).is_ok());
    assert_eq!((client.height(), client.time()), (known, subject.chain.time));

    let revoke = subject.chain.revoke(&p.owner, subject.grant);
    assert_eq!(subject.chain.outcome(&revoke), None);
    let Ok(Proven::Grant(now)) = client.verify(&of_grant(&subject)) else { panic!() };
    assert_eq!(now.revoked_by, [p.owner.verifying_key()]);
    // The old proof, on which the grant is not revoked, is still genuine.
    let stale = ProofError::Stale { found: known, known: known + 1 };
    assert_eq!(client.verify(&old), Err(stale));
    let transaction = subject.chain.ledger.prove_transaction(&subject.grant).unwrap().unwrap();
    assert!(client.verify(&Proof::Transaction(transaction)).is_ok());
    assert_eq!(client.height(), known + 1);
}

/// The block of the grant is at the height of the state, which is that of the known header.
#[test]
fn a_light_client_reports_a_fork_in_the_block_of_a_grant() {
    let mut subject = Subject::new();
    let grant = subject.chain.grant(&[subject.chain.parties.owner.clone()], T0, FAR);
    assert_eq!(subject.chain.outcome(&grant), None);
    let honest = subject.chain.ledger.prove_grant(&grant.id()).unwrap().unwrap();
    let mut header = honest.grant.at.header.clone();
    assert_eq!(header, honest.state.at.header);
    header.time += 1;
    let (height, hash) = (header.height, header.hash());
    let certificate = subject.chain.certify(Phase::Commit, height, hash, &[1, 2, 3]);
    let at = CertifiedHeader { header, certificate };
    let grant = TransactionProof { at, ..honest.grant.clone() };
    let forked = GrantProof { grant, ..honest.clone() };
    let config = Arc::new(subject.chain.config.clone());
    let mut informed = LightClient::new(config.clone());
    assert_eq!(informed.advance(&honest.state.at), Ok(()));
    for mut client in [LightClient::new(config), informed] {
        assert_eq!(client.verify(&Proof::Grant(forked.clone())), Err(ProofError::Fork(height)));
    }
}

/// Members of the roster that sign two blocks fork the chain.
#[test]
fn a_light_client_reports_two_certified_headers_at_one_height() {
    let subject = Subject::new();
    let mut client = LightClient::new(Arc::new(subject.chain.config.clone()));
    let at = subject.state(&[]).at;
    assert_eq!(client.advance(&at), Ok(()));
    let mut header = at.header.clone();
    header.time += 1;
    let (height, hash) = (header.height, header.hash());
    let certificate = subject.chain.certify(Phase::Commit, height, hash, &[1, 2, 3]);
    let fork = CertifiedHeader { header, certificate };
    assert_eq!(client.advance(&fork), Err(ProofError::Fork(height)));
    let few = subject.chain.certify(Phase::Commit, height, hash, &[2, 3]);
    let forged = CertifiedHeader { certificate: few, ..fork };
    assert!(matches!(client.advance(&forged), Err(ProofError::Signatures(_))));
    assert_eq!(client.advance(&at), Ok(()));
}
