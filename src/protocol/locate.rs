//! Batch matching of search entries, which stops in each record at the first match.
#![forbid(unsafe_code)]

use super::Progress;
use super::binding::{Origin, object_digest};
use crate::algebra::codec::Canonical;
use crate::consensus::Digest;
use crate::ledger::RecordAction;
use crate::peks::{self, PreparedTrapdoor, SearchableCiphertext, Trapdoor};
use crate::store::Cid;
use zeroize::Zeroizing;

/// The number of entries per batch: large enough to use all lanes and cores, small enough for
/// visible progress. A power of two.
pub(super) const BATCH: usize = 256;

/// Returns `true` if each entry of a record matches the trapdoor at its position and seals the
/// location of the record. Cost: one pairing per entry.
pub(super) fn entries_match(record: &RecordAction, trapdoors: &[Trapdoor]) -> bool {
    let (context, entries) = (Origin::of(record).entry_context(), &record.index);
    let matches = |(entry, trapdoor): (&Vec<u8>, &Trapdoor)| {
        let entry = SearchableCiphertext::from_bytes(entry).ok()?;
        let location = peks::locate(&entry, trapdoor, &context).ok()?;
        let name = Cid::try_from(&location[..]).ok()?;
        (object_digest(&name) == record.envelope).then_some(())
    };
    let mut pairs = entries.iter().zip(trapdoors);
    entries.len() == trapdoors.len() && pairs.all(|pair| matches(pair).is_some())
}

/// Returns each record's location from its first entry that matches a trapdoor, and reports every
/// entry up to that one to `progress`. An entry that seals the location of another record does not
/// match.
///
/// Rounds test 1, 2, 4, ... entries of every record without a match. Batches are therefore long,
/// and at most twice as many entries are tested as in a sequential search. Cost: about 0.9
/// pairings per entry and trapdoor.
pub(super) fn batch_locate(
    records: &[&RecordAction],
    trapdoors: &[Trapdoor],
    progress: &mut dyn Progress,
) -> Vec<Option<Cid>> {
    let trapdoors: Vec<PreparedTrapdoor> = trapdoors.iter().map(Trapdoor::prepare).collect();
    let mut scans: Vec<Scan<'_>> = records.iter().map(|record| Scan::new(record)).collect();
    let mut step = 1;
    loop {
        let mut open: Vec<&mut Scan<'_>> = scans.iter_mut().filter(|scan| scan.is_open()).collect();
        if open.is_empty() {
            return scans.into_iter().map(|scan| scan.found).collect();
        }
        for batch in open.chunks_mut(BATCH / step) {
            advance(batch, step, &trapdoors, progress);
        }
        step = BATCH.min(2 * step);
    }
}

/// The state of the search in one record.
struct Scan<'a> {
    context: Vec<u8>,
    envelope: Digest,
    /// The entries not tested yet.
    remaining: &'a [Vec<u8>],
    found: Option<Cid>,
}

impl<'a> Scan<'a> {
    fn new(record: &'a RecordAction) -> Self {
        let context = Origin::of(record).entry_context();
        Self { context, envelope: record.envelope, remaining: &record.index, found: None }
    }

    fn is_open(&self) -> bool {
        self.found.is_none() && !self.remaining.is_empty()
    }

    /// Consumes the results of the next entries, up to the first match.
    fn consume(&mut self, locations: &[Location], progress: &mut dyn Progress) {
        for location in locations {
            progress.advance();
            let name = location.as_ref().and_then(|location| Cid::try_from(&location[..]).ok());
            self.found = name.filter(|name| object_digest(name) == self.envelope);
            if self.found.is_some() {
                return;
            }
        }
        self.remaining = &self.remaining[locations.len()..];
    }
}

/// The location sealed in an entry, if a trapdoor matches.
type Location = Option<Zeroizing<Vec<u8>>>;

/// Tests the next `step` entries of each record, or as many as remain.
fn advance(
    scans: &mut [&mut Scan<'_>],
    step: usize,
    trapdoors: &[PreparedTrapdoor],
    progress: &mut dyn Progress,
) {
    let next = |scan: &Scan<'_>| step.min(scan.remaining.len());
    let entries = scans.iter().flat_map(|scan| {
        scan.remaining[..next(scan)].iter().map(|entry| (entry.as_slice(), scan.context.as_slice()))
    });
    let locations = batch_open(&entries.collect::<Vec<_>>(), trapdoors);
    let mut locations = locations.as_slice();
    for scan in scans {
        let (of_scan, rest) = locations.split_at(next(scan));
        scan.consume(of_scan, progress);
        locations = rest;
    }
}

/// Returns the location in each entry, given by the first trapdoor that matches. Malformed entries
/// match none.
fn batch_open(entries: &[(&[u8], &[u8])], trapdoors: &[PreparedTrapdoor]) -> Vec<Location> {
    let encodings: Vec<&[u8]> = entries.iter().map(|(entry, _)| *entry).collect();
    let decoded = SearchableCiphertext::batch_from_bytes(&encodings);
    let mut locations: Vec<Location> = vec![None; entries.len()];
    for trapdoor in trapdoors {
        let (positions, tested): (Vec<usize>, Vec<_>) = (0..entries.len())
            .filter(|i| locations[*i].is_none())
            .filter_map(|i| Some((i, (decoded[i].as_ref().ok()?, entries[i].1))))
            .unzip();
        for (i, location) in positions.into_iter().zip(peks::batch_locate(&tested, trapdoor)) {
            locations[i] = location.ok();
        }
    }
    locations
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::seal::name_of;
    use crate::sign::SigningKey;
    use rand::SeedableRng;
    use rand_chacha::ChaCha20Rng;

    /// The sequential search: entry by entry, trapdoor by trapdoor.
    fn one_by_one(
        record: &RecordAction,
        trapdoors: &[Trapdoor],
        progress: &mut dyn Progress,
    ) -> Option<Cid> {
        let context = Origin::of(record).entry_context();
        record.index.iter().find_map(|bytes| {
            progress.advance();
            let entry = SearchableCiphertext::from_bytes(bytes).ok()?;
            let open = |trapdoor| peks::locate(&entry, trapdoor, &context).ok();
            let location = trapdoors.iter().find_map(open)?;
            let name = Cid::try_from(&location[..]).ok()?;
            (object_digest(&name) == record.envelope).then_some(name)
        })
    }

    /// A record with one entry per keyword. The suffix `!` truncates the entry, `?` seals the
    /// location of another record, and `-` seals bytes that are not a name.
    fn record(
        number: u8,
        keywords: &[&str],
        receiver: &peks::PublicKey,
        rng: &mut ChaCha20Rng,
    ) -> RecordAction {
        let key = SigningKey::generate(rng).verifying_key();
        let name = name_of(&[number]);
        let elsewhere = name_of(&[number, number]);
        let mut record = RecordAction {
            owner: key,
            author: key,
            institution: key,
            record_id: [number; 32],
            epoch: 0,
            envelope: object_digest(&name),
            sections: Vec::new(),
            index: Vec::new(),
        };
        let context = Origin::of(&record).entry_context();
        for keyword in keywords {
            let word = keyword.trim_matches(['!', '?', '-']).as_bytes();
            let location = match keyword.chars().last() {
                Some('?') => elsewhere.to_bytes(),
                Some('-') => b"no name".to_vec(),
                _ => name.to_bytes(),
            };
            let mut entry = peks::encrypt(receiver, word, &context, &location, rng).to_bytes();
            if keyword.ends_with('!') {
                entry.truncate(70);
            }
            record.index.push(entry);
        }
        record
    }

    #[test]
    fn a_batch_finds_the_same_entries_as_a_sequential_search() {
        let rng = &mut ChaCha20Rng::seed_from_u64(1);
        let (secret, public) = peks::keygen(rng);
        let far = [&["x"; 16][..], &["a"]].concat();
        let lists: [&[&str]; 9] = [
            &[],
            &["a"],
            &["b", "a"],
            &["x"; 7],
            &["a!", "x", "a?", "x", "a-", "x", "b", "a"],
            &["b?", "a?", "a", "b", "a", "x", "x", "x", "b"],
            &["a?", "b-", "x", "x!"],
            &far,
            &["x", "x", "b"],
        ];
        let records: Vec<RecordAction> =
            (0..).zip(lists).map(|(i, words)| record(i, words, &public, rng)).collect();
        let [ab, ba] = [[b"a", b"b"], [b"b", b"a"]]
            .map(|words| peks::batch_trapdoor(&secret, &words.map(|word| &word[..])));
        for trapdoors in [&ab[..], &ba, &ab[..1], &[]] {
            for count in 0..=records.len() {
                let records: Vec<&RecordAction> = records[..count].iter().collect();
                let (mut reported, mut expected) = (0_usize, 0_usize);
                let found = batch_locate(&records, trapdoors, &mut reported);
                let single = |r: &&RecordAction| one_by_one(r, trapdoors, &mut expected);
                assert_eq!(found, records.iter().map(single).collect::<Vec<_>>());
                assert_eq!(reported, expected, "progress over {count} records");
            }
        }
        let found = batch_locate(&records.iter().collect::<Vec<_>>(), &ab, &mut ());
        let matching: Vec<usize> = (0..9).filter(|i| found[*i].is_some()).collect();
        assert_eq!(matching, [1, 2, 4, 5, 7, 8]);
    }

    #[test]
    fn every_entry_must_match_the_trapdoor_at_its_position() {
        let rng = &mut ChaCha20Rng::seed_from_u64(2);
        let (secret, public) = peks::keygen(rng);
        let trapdoors = peks::batch_trapdoor(&secret, &[b"a", b"b"]);
        let mut matches =
            |words: &[&str]| entries_match(&record(1, words, &public, rng), &trapdoors);
        assert!(matches(&["a", "b"]));
        for false_entries in [
            &["b", "a"][..],
            &["a"],
            &["a", "b", "b"],
            &["a", "x"],
            &["a", "b!"],
            &["a", "b?"],
            &["a", "b-"],
            &[],
        ] {
            assert!(!matches(false_entries), "{false_entries:?}");
        }
    }
}
