//! Indices that do not have one entry per keyword of the record.
#![forbid(unsafe_code)]

use super::*;

/// A sealed record with the index and the terms that a dishonest author chooses.
struct Indexed {
    world: World,
    sealed: SealedRecord,
    introduction: Introduction,
}

impl Indexed {
    fn new() -> Self {
        let mut world = World::new();
        let (sealed, introduction, _) = world.seal();
        Self { world, sealed, introduction }
    }

    fn entries(&mut self, terms: &[SearchTerm]) -> Vec<Vec<u8>> {
        let Self { world, sealed, introduction } = self;
        world.author.batch_index(terms, sealed, introduction, &mut world.rng).unwrap()
    }

    fn outcome(
        &mut self,
        index: Vec<Vec<u8>>,
        terms: &[SearchTerm],
    ) -> Result<Countersignature, ProtocolError> {
        let draft = self.world.draft((&self.sealed, &self.introduction, index));
        let payload = self.world.payload(&draft, &self.sealed);
        let payload = ConsentRequest { terms: terms.to_vec(), ..payload };
        self.world.answer(&payload, &self.sealed)
    }

    /// The refusal of an index that has exactly the entries of the terms.
    fn refusal(&mut self, terms: &[SearchTerm]) -> ProtocolError {
        let index = self.entries(terms);
        self.outcome(index, terms).unwrap_err()
    }
}

macro_rules! assert_refused {
    ($error:expr, $refusal:ident) => {
        let error = $error;
        assert!(matches!(error, ProtocolError::Refused(Refusal::$refusal)), "{error:?}");
    };
}

/// An omitted keyword blocks searches, and with them re-encryption; a false one matches falsely.
#[test]
fn consent_requires_the_keywords_of_the_record_as_terms() {
    let mut author = Indexed::new();
    let honest = author.world.terms();
    assert_eq!(honest.len(), 4, "three resource types, and the term that every record has");
    let index = author.entries(&honest);
    assert!(author.outcome(index, &honest).is_ok());
    for omitted in 0..4 {
        let mut terms = honest.clone();
        terms.remove(omitted);
        assert_refused!(author.refusal(&terms), OmittedTerm);
        // Another term is in its place.
        terms.push(SearchTerm::new("code", "http://snomed.info/sct|230690007"));
        assert_refused!(author.refusal(&terms), OmittedTerm);
    }
    for surplus in [SearchTerm::new("type", "Claim"), honest[1].clone(), honest[0].clone()] {
        assert_refused!(author.refusal(&[&honest[..], &[surplus]].concat()), FalseTerm);
    }
}

#[test]
fn consent_requires_one_matching_entry_per_term() {
    let mut author = Indexed::new();
    let terms = author.world.terms();
    let honest = author.entries(&terms);
    // The order of entries is the author's choice, if that of the terms is the same.
    let reverse = |list: &[Vec<u8>]| list.iter().rev().cloned().collect::<Vec<_>>();
    let reversed: Vec<_> = terms.iter().rev().cloned().collect();
    assert!(author.outcome(reverse(&honest), &reversed).is_ok());
    assert_refused!(author.outcome(reverse(&honest), &terms).unwrap_err(), FalseEntry);
    // An additional entry without a term, and a missing one.
    let hidden = author.entries(&[SearchTerm::new("type", "Claim")]);
    let additional = [&honest[..], &hidden[..]].concat();
    assert_refused!(author.outcome(additional, &terms).unwrap_err(), IndexLength);
    assert_refused!(author.outcome(honest[..3].to_vec(), &terms).unwrap_err(), IndexLength);
    // An entry for another keyword, a copy of another entry, and no entry in place of an entry.
    let garbage = vec![7; honest[3].len()];
    for entry in [hidden[0].clone(), honest[1].clone(), garbage, vec![]] {
        let index = [&honest[..3], &[entry]].concat();
        assert_refused!(author.outcome(index, &terms).unwrap_err(), FalseEntry);
    }
}

/// An entry leads the proxy to another object, or is bound to another record.
#[test]
fn consent_requires_entries_that_seal_the_location_of_the_record() {
    let mut author = Indexed::new();
    let terms = author.world.terms();
    let honest = author.entries(&terms);
    let pseudonym = author.introduction.pseudonym().unwrap();
    let (keyword, public) = (terms[3].keyword(&pseudonym), author.introduction.peks);
    let (record_id, key) = (author.sealed.record_id, author.world.author.verifying_key());
    let context = |record_id| Origin { record_id, author: key }.entry_context();
    let (context, other_record) = (context(record_id), context([1; 32]));
    let location = author.sealed.envelope.name.to_bytes();
    let elsewhere = name_of(b"another object").to_bytes();
    let mut outcome = |context: &[u8], location: &[u8]| {
        let rng = &mut author.world.rng.clone();
        let entry = peks::encrypt(&public, &keyword, context, location, rng).to_bytes();
        author.outcome([&honest[..3], &[entry]].concat(), &terms)
    };
    assert!(outcome(&context, &location).is_ok());
    for (context, location) in
        [(&context, &elsewhere), (&context, &b"no name".to_vec()), (&other_record, &location)]
    {
        assert_refused!(outcome(context, location).unwrap_err(), FalseEntry);
    }
}
