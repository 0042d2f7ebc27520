//! The steps of the parties, each in a process of its own.

use crate::folder::{CHAIN, Folder};
use crate::services::{run_keeper, run_replicas, view};
use epione::abe;
use epione::consensus::Digest;
use epione::ledger::{Basis, Certificate, Draft, Ledger, Time, Validity};
use epione::policy::AttributeSet;
use epione::protocol::*;
use epione::record::{Class, Record};
use epione::sign::VerifyingKey;
use rand::rngs::ThreadRng;
use std::fs::File;
use std::io::{self, Read, Write};

/// The parties that register while the centre runs. The patient applies before, and completes the
/// registration after it.
pub(crate) const WAITING: [&str; 5] = ["doctor-a", "doctor-b", "institution", "manager", "proxy"];

/// The end of all certificates, transactions and grants, in virtual time.
const END: Time = 1_000_000_000;
/// The greatest length of an opened record.
const MAX_RECORD: u64 = 1 << 30;
const VALIDITY: Validity<'static> = Validity { chain: CHAIN, until: 100_000_000 };

fn rng() -> ThreadRng {
    rand::thread_rng()
}

/// Takes a step "party: step".
pub(crate) fn take(step: &str, folder: &Folder) {
    let (party, action) = step.split_once(": ").unwrap();
    match (party, action) {
        ("replicas", "run") => run_replicas(folder),
        ("keeper", "run") => run_keeper(folder),
        ("centre", "set up") => {
            let centre = RegistrationCentre::new(&mut rng());
            folder.save("centre", &centre);
            folder.put_key("centre", &centre.verifying_key());
        }
        ("centre", "certify") => certify(folder),
        ("patient", "apply") => {
            let application = Application::<Patient>::new("Ada Byron", END, &mut rng()).unwrap();
            folder.save("application of patient", &application);
            folder.send("enrolment/patient", application.enrolment());
        }
        ("patient", "complete") => {
            let application: Application<Patient> = folder.load("application of patient");
            let (certificate, centre) =
                (folder.receive("certificate-of-patient"), folder.key("centre"));
            folder.save(party, &application.complete(certificate, &centre, &mut rng()).unwrap());
            folder.remove("secret/application of patient");
        }
        (_, "register") => register(party, folder),
        ("authority", "set up") => set_up_authority(folder),
        ("doctor-b", "receive attributes") => receive_attributes(folder),
        ("patient", "introduce to doctor-a") => introduce("doctor-a", folder),
        ("patient", "introduce to doctor-b") => introduce("doctor-b", folder),
        ("doctor-a", "seal") => seal(folder),
        ("institution", "countersign") => {
            let (institution, ledger) = (folder.load::<Institution>(party), folder.ledger());
            let draft: Draft = folder.receive("message/draft");
            let signature = institution.countersign(&draft, view(&ledger)).unwrap();
            folder.send("message/countersignature", &signature);
        }
        ("patient", "consent") => consent(folder),
        ("doctor-a", "publish") => {
            let draft: Draft = folder.receive("message/draft");
            let of_institution = folder.receive("message/countersignature");
            let of_patient = folder.receive("message/consent");
            let author: Doctor = folder.load(party);
            folder.commit(&author.publish(draft, &of_institution, &of_patient).unwrap());
        }
        ("doctor-b", "ask") => ask(folder),
        ("manager", "forward") => {
            let (manager, ledger) = (folder.load::<QueryManager>(party), folder.ledger());
            let query: Query = folder.receive("message/query");
            folder.send("message/forwarded", &manager.forward(view(&ledger), &query).unwrap());
        }
        ("patient", "grant") => grant(folder),
        ("proxy", "accept") => {
            let (mut proxy, ledger) = (folder.load::<Proxy>(party), folder.ledger());
            let message = folder.receive("message/delivery");
            let grant = proxy.accept(view(&ledger), &message).unwrap();
            folder.save("delivery", &proxy.delivery(&grant).unwrap());
        }
        ("doctor-b", "request search") => {
            let (doctor, ledger) = (folder.load::<Doctor>(party), folder.ledger());
            let at = (CHAIN, &certificate("proxy", folder).0);
            let (ticket, now) = (ticket(&doctor, folder), ledger.time());
            let request = doctor.request_search(at, (ticket.grant(), None), now, &mut rng());
            folder.send("message/search", &request);
        }
        ("proxy", "search") => search(folder),
        ("doctor-b", "request") => request(folder),
        ("proxy", "report") => report(folder),
        ("proxy", "release") => release(folder),
        ("doctor-b", "open") => open(folder),
        ("doctor-b", "open by policy") => open_by_policy(folder),
        ("patient", "open") => open_as_patient(folder),
        ("patient", "revoke") => {
            let (patient, ledger) = (folder.load::<Patient>(party), folder.ledger());
            let grant = digest("grant", folder);
            let revoke = patient.revoke(VALIDITY, ledger.state(), &grant, &mut rng()).unwrap();
            folder.commit(&revoke);
        }
        ("doctor-b", "request in vain") => {
            let doctor: Doctor = folder.load(party);
            let basis = Basis::Grant(digest("grant", folder));
            let request =
                doctor.request(VALIDITY, (digest("record", folder), &[0]), basis, &mut rng());
            let rule = folder.submit(&request);
            assert_eq!(rule.as_deref(), Some("the patient has revoked the grant"));
        }
        ("auditor", "audit") => {
            let entries = trail(&folder.ledger(), &digest("record", folder)).unwrap();
            let actions: Vec<_> =
                entries.iter().map(|e| (e.action, e.rejected_by.is_some())).collect();
            let committed = ["record", "grant", "request", "access", "request", "revoke"];
            let mut expected = committed.map(|action| (action, false)).to_vec();
            expected.push(("request", true));
            assert_eq!(actions, expected);
        }
        _ => panic!("no such step: {step}"),
    }
}

/// A registration centre that another process runs.
struct RemoteCentre<'a> {
    folder: &'a Folder,
    party: &'a str,
}

impl Registrar for RemoteCentre<'_> {
    fn verifying_key(&self) -> VerifyingKey {
        self.folder.key("centre")
    }
    fn certify(&self, enrolment: &Enrolment) -> Result<Certificate, RegistrationError> {
        self.folder.send(&format!("enrolment/{}", self.party), enrolment);
        Ok(self.folder.receive(&format!("certificate-of-{}", self.party)))
    }
}

fn certify(folder: &Folder) {
    let centre: RegistrationCentre = folder.load("centre");
    for party in [&["patient"], &WAITING[..]].concat() {
        let enrolment: Enrolment = folder.receive(&format!("enrolment/{party}"));
        let certificate = centre.certify(&enrolment).unwrap();
        folder.send(&format!("certificate-of-{party}"), &certificate);
    }
}

fn register(party: &str, folder: &Folder) {
    let (centre, rng) = (&RemoteCentre { folder, party }, &mut rng());
    let announced = match party {
        "institution" => {
            let institution = Institution::register("Harbour Hospital", END, centre, rng).unwrap();
            folder.save(party, &institution);
            institution.announce(VALIDITY, rng)
        }
        "manager" => {
            let manager = QueryManager::register("Query manager", END, centre, rng).unwrap();
            folder.save(party, &manager);
            manager.announce(VALIDITY, rng)
        }
        "proxy" => {
            let proxy = Proxy::register("Proxy", END, centre, rng).unwrap();
            folder.save(party, &proxy);
            proxy.announce(VALIDITY, rng)
        }
        doctor => {
            let doctor = Doctor::register(doctor, END, centre, rng).unwrap();
            folder.save(party, &doctor);
            doctor.announce(VALIDITY, rng)
        }
    };
    folder.commit(&announced);
}

/// Returns the key and the certificate of a party.
fn certificate(party: &str, folder: &Folder) -> (VerifyingKey, Certificate) {
    let certificate: Certificate = folder.receive(&format!("certificate-of-{party}"));
    let key = certificate.verify(&folder.key("centre")).unwrap().key;
    (key, certificate)
}

fn set_up_authority(folder: &Folder) {
    let mut authority = AttributeAuthority::new(folder.key("centre"), &mut rng());
    let policies = Policies::uniform("doctor and neurology".parse().unwrap())
        .with(Class::Restricted, "doctor and psychiatry".parse().unwrap());
    folder.send("policies", &authority.epoch_policies(&policies).unwrap());
    folder.send("parameters", authority.parameters());
    let attributes: AttributeSet = "doctor, neurology".parse().unwrap();
    let (_, certificate) = certificate("doctor-b", folder);
    let key = authority.issue(&certificate, &attributes, 0).unwrap();
    // The authority hands the key over in person.
    folder.save("attributes of doctor-b", &key);
    folder.save("authority", &authority);
}

fn receive_attributes(folder: &Folder) {
    let mut doctor: Doctor = folder.load("doctor-b");
    let key: abe::UserSecretKey = folder.load("attributes of doctor-b");
    doctor.receive_attributes(folder.receive("parameters"), key);
    folder.save("doctor-b", &doctor);
}

fn introduce(doctor: &str, folder: &Folder) {
    let (patient, ledger) = (folder.load::<Patient>("patient"), folder.ledger());
    let (_, certificate) = certificate(doctor, folder);
    let message = patient.introduce(view(&ledger), &certificate, &mut rng()).unwrap();
    folder.send(&format!("message/introduction-to-{doctor}"), &message);
}

fn seal(folder: &Folder) {
    let (author, ledger) = (folder.load::<Doctor>("doctor-a"), folder.ledger());
    let (view, rng) = (view(&ledger), &mut rng());
    let introduction = folder.receive("message/introduction-to-doctor-a");
    let introduction = author.receive_introduction(view, &introduction).unwrap();
    let file = &mut File::open(folder.join("record.json")).unwrap();
    let record = Record::scan(file, "record.json").unwrap();
    let policies: EpochPolicies = folder.receive("policies");
    let mut sealed = author.seal(&record, file, &introduction, &policies, rng).unwrap();
    let at = (CHAIN, &folder.key("keeper"));
    for Object { name, length, mut bytes } in sealed.objects().unwrap() {
        let mut object = Vec::new();
        bytes.read_to_end(&mut object).unwrap();
        folder.put(&format!("object/{name}"), &object);
        let offer = author.offer(at, sealed.record_id(), (&name, length), view.now);
        folder.send(&format!("upload/{name}"), &offer);
        assert_eq!(folder.wait(&format!("response/{name}")), b"+");
    }
    let terms = author.terms(&record).unwrap();
    let index = author.batch_index(&terms, &sealed, &introduction, rng).unwrap();
    let (hospital, _) = certificate("institution", folder);
    let draft = author.draft_record(VALIDITY, &sealed, index, &introduction, hospital, rng);
    let request =
        author.request_consent(view, &draft, &mut sealed, &introduction, &terms, rng).unwrap();
    folder.send("message/draft", &draft);
    folder.send("message/consent-request", &request);
    folder.put("record id", &draft.id());
}

fn consent(folder: &Folder) {
    let (mut patient, ledger) = (folder.load::<Patient>("patient"), folder.ledger());
    let objects = folder.join("object");
    let open = move |ciphertext: &StoredCiphertext| -> io::Result<Box<dyn Read>> {
        Ok(Box::new(File::open(objects.join(ciphertext.name().to_string()))?))
    };
    let (request, policies) =
        (folder.receive("message/consent-request"), folder.receive("policies"));
    let consent = patient.consent(view(&ledger), &request, &open, &policies).unwrap();
    folder.send("message/consent", &consent);
    folder.save("patient", &patient);
}

/// Returns the identifier of a transaction that a process has published.
fn digest(name: &str, folder: &Folder) -> Digest {
    folder.wait(&format!("{name} id")).try_into().unwrap()
}

fn ask(folder: &Folder) {
    let (doctor, ledger) = (folder.load::<Doctor>("doctor-b"), folder.ledger());
    let introduction = folder.receive("message/introduction-to-doctor-b");
    let introduction = doctor.receive_introduction(view(&ledger), &introduction).unwrap();
    let contents = QueryContents {
        terms: vec![SearchTerm::new("code", "http://snomed.info/sct|230690007")],
        classes: Class::ALL.to_vec(),
        purpose: "second opinion".to_owned(),
    };
    let query = doctor.ask(CHAIN, &introduction, &contents, ledger.time(), &mut rng()).unwrap();
    folder.send("message/query", &query);
}

fn grant(folder: &Folder) {
    let (patient, ledger) = (folder.load::<Patient>("patient"), folder.ledger());
    let forwarded: ForwardedQuery = folder.receive("message/forwarded");
    let query = patient.receive(view(&ledger), &forwarded).unwrap();
    let terms = Terms {
        records: patient.find(ledger.state()).unwrap().into_iter().map(|hit| hit.record).collect(),
        later_records: false,
        classes: query.classes,
        search: query.terms,
        proxy: certificate("proxy", folder).0,
        from: 0,
        until: END,
    };
    let (reader, _) = certificate("doctor-b", folder);
    let issued = patient.grant(VALIDITY, view(&ledger), &reader, &terms, &mut rng()).unwrap();
    folder.commit(&issued.transaction);
    folder.put("grant id", &issued.transaction.id());
    folder.send("message/delivery", &issued.delivery);
    folder.send("message/ticket", &issued.ticket);
}

fn ticket(doctor: &Doctor, folder: &Folder) -> Ticket {
    doctor.receive_ticket(folder.ledger().state(), &folder.receive("message/ticket")).unwrap()
}

/// Loads the proxy with its deliveries and its journal.
fn load_proxy(folder: &Folder, ledger: &Ledger) -> (Proxy, JournalFile) {
    let mut proxy: Proxy = folder.load("proxy");
    proxy.restore(view(ledger), folder.load("delivery")).unwrap();
    let (journal, entries) = JournalFile::open(folder.join("secret/proxy journal")).unwrap();
    entries.iter().for_each(|entry| proxy.recover(entry).unwrap());
    (proxy, journal)
}

fn search(folder: &Folder) {
    let ledger = folder.ledger();
    let (proxy, _) = load_proxy(folder, &ledger);
    let request: SearchRequest = folder.receive("message/search");
    let answer = proxy.search(view(&ledger), &request).unwrap();
    let answer = proxy.answer_search(view(&ledger), &request, answer, &mut rng()).unwrap();
    folder.send("message/hits", &answer);
}

fn request(folder: &Folder) {
    let (doctor, ledger) = (folder.load::<Doctor>("doctor-b"), folder.ledger());
    let ticket = ticket(&doctor, folder);
    let (grant, state) = (ticket.grant(), ledger.state());
    let search: SearchRequest = folder.receive("message/search");
    let answer = doctor.receive_hits(state, &search, &folder.receive("message/hits")).unwrap();
    let (record, granted) = (answer.hits[0].record, state.grant(grant).unwrap().unwrap());
    let stored = state.record(&record).unwrap().unwrap();
    let sections = ticket.sections(&granted, &stored);
    let classes: Vec<Class> = sections.iter().map(|(_, class)| *class).collect();
    assert!(classes.contains(&Class::Restricted) && classes.contains(&Class::Identity));
    let sections: Vec<u8> = sections.into_iter().map(|(index, _)| index).collect();
    let basis = Basis::Grant(*grant);
    let request = doctor.request(VALIDITY, (record, &sections), basis, &mut rng());
    folder.commit(&request);
    folder.put("request id", &request.id());
}

/// The keeper's process as a source of objects.
fn keeper(folder: &Folder) -> impl ObjectSource + '_ {
    let fetch = |fetch: &Fetch, response: &mut dyn Write| -> Result<(), ProtocolError> {
        let name = hex::encode(rand::random::<[u8; 16]>());
        folder.send(&format!("fetch/{name}"), fetch);
        let answer = folder.wait(&format!("response/{name}"));
        let (outcome, bytes) = answer.split_first().unwrap();
        assert_eq!(*outcome, b'+', "{}", String::from_utf8_lossy(bytes));
        Ok(response.write_all(bytes)?)
    };
    KeeperLink { keeper: folder.key("keeper"), fetch }
}

fn report(folder: &Folder) {
    let ledger = folder.ledger();
    let (mut proxy, mut journal) = load_proxy(folder, &ledger);
    let (view, rng, request) = (view(&ledger), &mut rng(), digest("request", folder));
    let prepared = proxy.reencrypt(view, &request, &keeper(folder), rng).unwrap();
    folder.commit(&proxy.report(VALIDITY, view, prepared, &mut journal, rng).unwrap());
}

fn release(folder: &Folder) {
    let ledger = folder.ledger();
    let (proxy, _) = load_proxy(folder, &ledger);
    let request = digest("request", folder);
    folder.send("message/release", &proxy.release(view(&ledger), &request, &mut rng()).unwrap());
}

fn open(folder: &Folder) {
    let (doctor, ledger) = (folder.load::<Doctor>("doctor-b"), folder.ledger());
    let release = folder.receive("message/release");
    let release = doctor.receive_release(ledger.state(), &release).unwrap();
    let (ticket, request) = (ticket(&doctor, folder), digest("request", folder));
    let mut output = File::create(folder.join("opened")).unwrap();
    let output = Output::new(&mut output, MAX_RECORD);
    let (objects, keys) = (keeper(folder), (&ticket, &release));
    let opened = doctor.open_granted(view(&ledger), &request, keys, &objects, output, &mut rng());
    opened.unwrap().require_complete().unwrap();
}

fn open_by_policy(folder: &Folder) {
    let doctor: Doctor = folder.load("doctor-b");
    let record = digest("record", folder);
    let sections = folder.ledger().state().record(&record).unwrap().unwrap().sections.len() as u8;
    let sections: Vec<u8> = (0..sections).collect();
    let request = doctor.request(VALIDITY, (record, &sections), Basis::Policy, &mut rng());
    folder.commit(&request);
    let (ledger, objects) = (folder.ledger(), keeper(folder));
    let mut output = File::create(folder.join("opened by policy")).unwrap();
    let output = Output::new(&mut output, MAX_RECORD);
    let opened =
        doctor.open_by_policy(view(&ledger), &request.id(), &objects, output, &mut rng()).unwrap();
    assert!(!opened.classes.contains(&Class::Restricted));
    assert!(opened.classes.contains(&Class::Clinical) && opened.require_complete().is_err());
}

fn open_as_patient(folder: &Folder) {
    let (patient, ledger) = (folder.load::<Patient>("patient"), folder.ledger());
    let hits = patient.find(ledger.state()).unwrap();
    let mut output = File::create(folder.join("opened by patient")).unwrap();
    let output = Output::new(&mut output, MAX_RECORD);
    let objects = keeper(folder);
    let opened = patient.open(view(&ledger), &hits[0], &objects, output, &mut rng());
    opened.unwrap().require_complete().unwrap();
}
