//! Sealed records: policies, sections, search entries, and the transaction that publishes them.

use super::formulas::{self, Pseudonym, Record, inner, listed, sized};
use super::run::{CHAIN, Keys, Published, Run, attribute_key, bytes_at};
use super::{Step, hex_list};
use crate::vectors::format::{File, encoding};
use epione::abe;
use epione::algebra::Secret;
use epione::algebra::codec::{Canonical, Reader, Writer};
use epione::algebra::hash::digest;
use epione::algebra::tag::{self, Kind};
use epione::dem::{self, ContentKey};
use epione::ledger::RecordAction;
use epione::peks::{self, SearchableCiphertext};
use epione::pre::conditional;
use epione::record::Class;

/// The policies of the run, in canonical form and restricted to the attribute epoch.
const DEFAULT: &str = "doctor and neurology and epoch:0";
const OF_IDENTITY: &str = "doctor and epoch:0";

fn origin(record: &RecordAction) -> Record {
    Record { author: record.author, record_id: record.record_id }
}

/// The patient's pseudonym for the author of the record.
fn pseudonym(run: &Run, record: &RecordAction) -> Pseudonym {
    let series = bytes_at(&run.patient.to_bytes(), 130);
    Pseudonym::new(&series, &record.author, record.epoch)
}

pub(super) fn policies(file: &mut File, run: &Run, published: &Published) {
    let parameters = run.authority.parameters().to_bytes();
    let by_class =
        listed(&[[&[Class::Identity as u8][..], &sized(OF_IDENTITY.as_bytes())].concat()]);
    let fields = [inner(&parameters), sized(DEFAULT.as_bytes()), by_class].concat();
    let policies = encoding(Kind::EpochPolicies, &fields);
    assert_eq!(published.policies.to_bytes(), policies);
    Step::new("policies")
        .inputs(|fields| {
            fields
                .hex("abe_parameters", parameters)
                .text("default", DEFAULT)
                .list("classes", ["identity".to_owned()])
                .list("policies", [OF_IDENTITY.to_owned()])
        })
        .outputs(|fields| fields.hex("policies", policies))
        .add_to(file, "parameters and policies of an attribute epoch");
}

pub(super) fn sections(file: &mut File, run: &Run, published: &Published) {
    let record = published.record();
    let (origin, pseudonym) = (origin(record), pseudonym(run, record));
    let [patient, author] = [Keys::of(&run.patient), Keys::of(&run.author)].map(|keys| keys.pre);
    let (parameters, user_key) = attribute_key(run);
    for (index, stored) in (0..).zip(&published.sections) {
        let digests = &record.sections[usize::from(index)];
        let condition = formulas::condition(&record.owner, record.epoch, &digests.tag);
        let (ad, section_ad) = (origin.wrapped_key_ad(index), origin.section_ad(index));
        let wrapped = |bytes: &[u8]| conditional::Ciphertext::from_bytes(bytes).unwrap();
        let own = formulas::pre_key(&patient);
        let key = conditional::open(&own, &condition, &ad, &wrapped(&stored.for_patient))
            .unwrap()
            .to_vec();
        let of_author = formulas::pre_key(&author);
        let for_author = wrapped(&stored.for_author);
        assert_eq!(*conditional::open(&of_author, b"author", &ad, &for_author).unwrap(), key);
        let for_policy = abe::Ciphertext::from_bytes(&stored.for_policy).unwrap();
        let by_policy = abe::open(&parameters, &user_key, &ad, &for_policy).unwrap();
        assert_eq!(*by_policy, key);

        // Content key, hash of the envelope, class, length.
        let mut fields = Reader::new(&key);
        let content_key: [u8; 32] = fields.fixed().unwrap();
        let (envelope, code): ([u8; 32], u8) = (fields.fixed().unwrap(), fields.u8().unwrap());
        let length = fields.u64().unwrap();
        fields.end().unwrap();
        assert_eq!(envelope, formulas::hash(&published.envelope));
        let class = Class::ALL.into_iter().find(|class| *class as u8 == code).unwrap();
        let policy = if class == Class::Identity { OF_IDENTITY } else { DEFAULT };
        let secret = &pseudonym.secret;
        let tag = formulas::condition_tag(secret, class.name(), policy);
        assert_eq!(digests.tag, tag);
        let dem_key = ContentKey::from_secret(Secret::new(content_key));
        let plaintext = dem::open(&dem_key, &section_ad, &stored.ciphertext).unwrap();
        let name = formulas::name(&stored.ciphertext);
        assert_eq!(digests.ciphertext, formulas::object_digest(&name));
        let hashes = [&stored.for_patient, &stored.for_policy, &stored.for_author]
            .map(|b| formulas::hash(b));
        let found =
            [digests.wrapped_for_patient, digests.wrapped_for_policy, digests.wrapped_for_author];
        assert_eq!(found, hashes);

        Step::new("section")
            .inputs(|fields| {
                fields
                    .number("index", index.into())
                    .text("class", class.name())
                    .text("policy", policy)
                    .hex("pseudonym_secret", secret)
                    .hex("owner", record.owner.as_bytes())
                    .number("epoch", record.epoch.into())
                    .hex("record_id", record.record_id)
                    .hex("author", record.author.as_bytes())
                    .hex("envelope", &published.envelope)
                    .number("length", length)
                    .hex("patient_pre", patient)
                    .hex("author_pre", author)
                    .hex("abe_parameters", parameters.to_bytes())
                    .hex("abe_user_key", user_key.to_bytes())
                    .hex("wrapped_for_patient", &stored.for_patient)
                    .hex("wrapped_for_policy", &stored.for_policy)
                    .hex("wrapped_for_author", &stored.for_author)
                    .hex("ciphertext", &stored.ciphertext)
            })
            .trace(|fields| {
                fields
                    .hex("tag", tag)
                    .hex("condition", condition)
                    .hex("section_ad", section_ad)
                    .hex("wrapped_key_ad", ad)
                    .hex("content_key", content_key)
                    .hex("section_key", key)
            })
            .outputs(|fields| {
                fields
                    .hex("plaintext", &**plaintext)
                    .hex("ciphertext_digest", digests.ciphertext)
                    .hex("wrapped_for_patient_hash", hashes[0])
                    .hex("wrapped_for_policy_hash", hashes[1])
                    .hex("wrapped_for_author_hash", hashes[2])
            })
            .add_to(file, &format!("the section of class {class}, with its wrapped keys"));
    }
}

/// The fields of a record action.
fn action(record: &RecordAction) -> Vec<u8> {
    let mut w = Writer::default();
    w.u8(2);
    for party in [&record.owner, &record.author, &record.institution] {
        w.fixed(party.as_bytes());
    }
    w.fixed(&record.record_id);
    w.u32(record.epoch);
    w.fixed(&record.envelope);
    w.list(&record.sections, |w, section| {
        w.fixed(&section.tag);
        w.fixed(&section.ciphertext);
        w.fixed(&section.wrapped_for_patient);
        w.fixed(&section.wrapped_for_policy);
        w.fixed(&section.wrapped_for_author);
    });
    w.list(&record.index, |w, entry| w.bytes(entry));
    w.finish()
}

pub(super) fn record(file: &mut File, run: &Run, published: &Published) {
    let record = published.record();
    let draft = &published.transaction.draft;
    let ciphertexts: Vec<[u8; 32]> =
        published.sections.iter().map(|section| formulas::hash(&section.ciphertext)).collect();
    let lengths: Vec<u64> = published.sections.iter().map(|s| s.ciphertext.len() as u64).collect();
    let listing = |(hash, length): (&[u8; 32], &u64)| [&hash[..], &length.to_be_bytes()].concat();
    let stored: Vec<Vec<u8>> = ciphertexts.iter().zip(&lengths).map(listing).collect();
    let envelope =
        encoding(Kind::SealedRecord, &[&record.record_id[..], &listed(&stored)].concat());
    assert_eq!(published.envelope, envelope);
    let name = formulas::name(&envelope);
    assert_eq!(record.envelope, formulas::object_digest(&name));
    let owner_secret = bytes_at(&run.patient.to_bytes(), 162);
    let owner_seed = formulas::owner_seed(&owner_secret, &record.author, record.epoch);
    let seeds = [Keys::of(&run.author).signing, Keys::of(&run.institution).signing, owner_seed];
    let recomputed = formulas::Draft {
        chain: CHAIN,
        nonce: draft.nonce,
        valid_until: draft.valid_until,
        action: action(record),
    };
    let transaction = recomputed.signed_by(&seeds);
    assert_eq!(published.transaction.to_bytes(), transaction);
    assert_eq!(published.transaction.id(), recomputed.id());
    let sections = &record.sections;
    Step::new("record")
        .inputs(|fields| {
            fields
                .text("chain", CHAIN)
                .hex("nonce", draft.nonce)
                .number("valid_until", draft.valid_until)
                .hex("author_seed", seeds[0])
                .hex("institution_seed", seeds[1])
                .hex("owner_seed", seeds[2])
                .hex("record_id", record.record_id)
                .number("epoch", record.epoch.into())
                .list("tags", hex_list(sections.iter().map(|s| s.tag)))
                .list("ciphertext_hashes", hex_list(ciphertexts))
                .list("ciphertext_lengths", lengths.iter().map(ToString::to_string))
                .list(
                    "wrapped_for_patient",
                    hex_list(sections.iter().map(|s| s.wrapped_for_patient)),
                )
                .list("wrapped_for_policy", hex_list(sections.iter().map(|s| s.wrapped_for_policy)))
                .list("wrapped_for_author", hex_list(sections.iter().map(|s| s.wrapped_for_author)))
                .list("index", hex_list(&record.index))
        })
        .trace(|fields| {
            fields
                .hex("envelope", envelope)
                .hex("envelope_name", name)
                .hex("envelope_digest", record.envelope)
                .list("ciphertext_digests", hex_list(sections.iter().map(|s| s.ciphertext)))
                .hex("statement", recomputed.statement())
        })
        .outputs(|fields| fields.hex("transaction", transaction).hex("id", recomputed.id()))
        .add_to(file, "the envelope of the record, and the transaction that publishes it");
}

pub(super) fn entries(file: &mut File, run: &Run, published: &Published) {
    let record = published.record();
    let (context, pseudonym) = (origin(record).entry_context(), pseudonym(run, record));
    let peks = bytes_at(&run.patient.to_bytes(), 98);
    let secret = &pseudonym.secret;
    let index = published.terms.iter().zip(&record.index);
    for (term, entry) in index {
        let keyword = formulas::keyword(secret, &term.field, &term.value);
        let trapdoor = peks::trapdoor(&formulas::peks_key(&peks), &keyword);
        let decoded = SearchableCiphertext::from_bytes(entry).unwrap();
        let location = peks::locate(&decoded, &trapdoor, &context).unwrap();
        assert_eq!(*location, formulas::name(&published.envelope));
        let (salt, trapdoor) = ([7; 32], trapdoor.to_bytes());
        Step::new("entry")
            .inputs(|fields| {
                fields
                    .text("field", &term.field)
                    .text("value", &term.value)
                    .hex("pseudonym_secret", secret)
                    .hex("peks", peks)
                    .hex("record_id", record.record_id)
                    .hex("author", record.author.as_bytes())
                    .hex("entry", entry)
                    .hex("salt", salt)
            })
            .trace(|fields| fields.hex("keyword", keyword).hex("context", &context))
            .outputs(|fields| {
                fields
                    .hex("trapdoor", &trapdoor)
                    .hex("trapdoor_digest", digest(tag::LEDGER_TRAPDOOR, &[&salt, &trapdoor]))
                    .hex("location", &*location)
            })
            .add_to(file, &format!("the search entry of `{}`", term.field));
    }
}
