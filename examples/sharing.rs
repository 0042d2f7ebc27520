//! The sharing protocol: sealing, publication, grant, re-encryption by a proxy, decryption.
//!
//! `cargo run --example sharing`

use epione::algebra::codec::Canonical;
use epione::consensus::Parameters;
use epione::ledger::{Basis, Ledger, State, Transaction, Validity};
use epione::protocol::*;
use epione::record::{Class, Record};
use epione::sign::SigningKey;
use epione::sim::Network;
use epione::store::DirectoryStore;
use std::error::Error;
use std::io::{Cursor, Write};

const VALIDITY: Validity<'static> = Validity { chain: "example", until: 500_000 };
const END: u64 = 1_000_000;

/// Commits a transaction by consensus and returns the resulting state. Fails if the contract
/// refuses the transaction.
fn commit(
    network: &mut Network<Ledger>,
    transaction: &Transaction,
) -> Result<State, Box<dyn Error>> {
    network.commit(0, transaction.to_bytes())?;
    let ledger = network.application(0);
    let entry = ledger.entry(&transaction.id())?;
    let entry = entry.ok_or("the transaction is not on the ledger")?;
    entry.rejected_by.map_or_else(|| Ok(ledger.state().clone()), |rule| Err(rule.into()))
}

fn main() -> Result<(), Box<dyn Error>> {
    let rng = &mut rand::thread_rng();
    let centre = RegistrationCentre::new(rng);
    let authority = AttributeAuthority::new(centre.verifying_key(), rng);
    let ledger = || Ledger::new("example", centre.verifying_key());
    let network = &mut Network::generate(Parameters::new("example"), 4, 1, ledger);

    // The centre certifies keys that their owners generated. Patients do not appear on the ledger.
    let mut ada = Patient::register("Ada Byron", END, &centre, rng)?;
    let ruiz = Doctor::register("Dr. Ruiz", END, &centre, rng)?;
    let bose = Doctor::register("Dr. Bose", END, &centre, rng)?;
    let hospital = Institution::register("Harbour Hospital", END, &centre, rng)?;
    let mut proxy = Proxy::register("Proxy", END, &centre, rng)?;
    commit(network, &ruiz.announce(VALIDITY, rng))?;
    commit(network, &bose.announce(VALIDITY, rng))?;
    commit(network, &hospital.announce(VALIDITY, rng))?;
    let state = commit(network, &proxy.announce(VALIDITY, rng))?;

    // Dr. Ruiz seals a record for Ada and stores it.
    let view = LedgerView { state: &state, now: network.now() };
    let introduction = ada.introduce(view, ruiz.certificate(), rng)?;
    let introduction = ruiz.receive_introduction(view, &introduction)?;
    let file = &mut Cursor::new(br#"{"resourceType": "Condition", "code": {"text": "stroke"}}"#);
    let record = Record::scan(file, "stroke.json")?;
    let policies = authority.epoch_policies(&Policies::uniform("doctor and neurology".parse()?))?;
    let mut sealed = ruiz.seal(&record, file, &introduction, &policies, rng)?;
    let folder = tempfile::tempdir()?;
    let store = DirectoryStore::open(folder.path())?;
    let keeper = StoreKeeper::new(store, SigningKey::generate(rng).verifying_key());
    let at = (VALIDITY.chain, &keeper.verifying_key());
    for Object { name, length, mut bytes } in sealed.objects()? {
        let offer = ruiz.offer(at, sealed.record_id(), (&name, length), view.now);
        keeper.upload(view, &offer, &mut bytes)?;
    }

    // The hospital countersigns, Ada reads the record and consents, and it is published.
    let terms = ruiz.terms(&record)?;
    let index = ruiz.batch_index(&terms, &sealed, &introduction, rng)?;
    let draft =
        ruiz.draft_record(VALIDITY, &sealed, index, &introduction, hospital.verifying_key(), rng);
    let countersignature = hospital.countersign(&draft, view)?;
    let request = ruiz.request_consent(view, &draft, &mut sealed, &introduction, &terms, rng)?;
    let consent = ada.consent(view, &request, &sealed, &policies)?;
    let publication = ruiz.publish(draft, &countersignature, &consent)?;
    let state = commit(network, &publication)?;

    // Ada grants Dr. Bose access and delivers the re-encryption keys to the proxy.
    let view = LedgerView { state: &state, now: network.now() };
    let terms = Terms {
        records: vec![publication.id()],
        later_records: false,
        classes: Class::ALL.to_vec(),
        search: vec![SearchTerm::everything()],
        proxy: proxy.verifying_key(),
        from: 0,
        until: END,
    };
    let grant = ada.grant(VALIDITY, view, &bose.verifying_key(), &terms, rng)?;
    let state = commit(network, &grant.transaction)?;
    let view = LedgerView { state: &state, now: network.now() };
    proxy.accept(view, &grant.delivery)?;
    let ticket = bose.receive_ticket(&state, &grant.ticket)?;

    // Dr. Bose requests access. The proxy checks the ledger and re-encrypts; Dr. Bose decrypts.
    let request =
        bose.request(VALIDITY, (publication.id(), &[0]), Basis::Grant(*ticket.grant()), rng);
    let state = commit(network, &request)?;
    let view = LedgerView { state: &state, now: network.now() };
    let fetch = |fetch: &Fetch, response: &mut dyn Write| {
        keeper.serve(view, fetch, response, &mut rand::thread_rng())
    };
    let objects = KeeperLink { keeper: keeper.verifying_key(), fetch };
    let prepared = proxy.reencrypt(view, &request.id(), &objects, rng)?;
    // A proxy in operation has a journal in a file.
    let access = proxy.report(VALIDITY, view, prepared, &mut vec![], rng)?;
    let state = commit(network, &access)?;
    let view = LedgerView { state: &state, ..view };
    let release = proxy.release(view, &request.id(), rng)?;
    let release = bose.receive_release(&state, &release)?;
    let mut output = Cursor::new(Vec::new());
    let (keys, into) = ((&ticket, &release), epione::protocol::Output::new(&mut output, 1 << 20));
    bose.open_granted(view, &request.id(), keys, &objects, into, rng)?;
    println!("Dr. Bose reads {}", String::from_utf8(output.into_inner())?);
    Ok(())
}
