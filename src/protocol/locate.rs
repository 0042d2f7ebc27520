//! Many entries tried at once, and no more of them than it takes.
#![forbid(unsafe_code)]

use super::binding::{Origin, object_digest};
use crate::consensus::Digest;
use crate::ledger::RecordAction;
use crate::peks::{self, PreparedTrapdoor, SearchableCiphertext, Trapdoor};
use crate::store::Cid;
use zeroize::Zeroizing;

/// Entries that are handed over as one list: enough for all lanes and cores, few enough that a bar
/// moves. A power of two.
pub(super) const PIECE: usize = 256;

/// [`batch_locate`] of one record.
pub(super) fn locate(record: &RecordAction, trapdoors: &[Trapdoor]) -> Option<Cid> {
    batch_locate(&[record], trapdoors, &mut || ()).pop().expect("a result for every record")
}

/// Each record's location out of the first of its entries that a trapdoor opens; `each` is called
/// for every entry up to that one. An entry whose location is not the record's is no match, whoever
/// wrote it.
///
/// The first entry of every record is tried, then the next two, the next four, as long as nothing is
/// found: so there are long lists to compute with, and at most twice as many entries are tried as if
/// they were tried one by one. Cost: nine tenths of a pairing an entry and trapdoor.
pub(super) fn batch_locate(
    records: &[&RecordAction],
    trapdoors: &[Trapdoor],
    each: &mut dyn FnMut(),
) -> Vec<Option<Cid>> {
    let trapdoors: Vec<PreparedTrapdoor> = trapdoors.iter().map(Trapdoor::prepare).collect();
    let mut scans: Vec<Scan<'_>> = records.iter().map(|record| Scan::new(record)).collect();
    let mut step = 1;
    loop {
        let mut open: Vec<&mut Scan<'_>> = scans.iter_mut().filter(|scan| scan.is_open()).collect();
        if open.is_empty() {
            return scans.into_iter().map(|scan| scan.found).collect();
        }
        for piece in open.chunks_mut(PIECE / step) {
            advance(piece, step, &trapdoors, each);
        }
        step = PIECE.min(2 * step);
    }
}

/// How far the search in one record has come.
struct Scan<'a> {
    context: Vec<u8>,
    envelope: Digest,
    /// The entries not tried yet.
    ahead: &'a [Vec<u8>],
    found: Option<Cid>,
}

impl<'a> Scan<'a> {
    fn new(record: &'a RecordAction) -> Self {
        let context = Origin::of(record).entry_context();
        Self { context, envelope: record.envelope, ahead: &record.index, found: None }
    }

    fn is_open(&self) -> bool {
        self.found.is_none() && !self.ahead.is_empty()
    }

    /// Steps over the next entries up to the match, given what was opened of them.
    fn pass(&mut self, opened: &[Opened], each: &mut dyn FnMut()) {
        for location in opened {
            each();
            let name = location.as_ref().and_then(|location| Cid::try_from(&location[..]).ok());
            self.found = name.filter(|name| object_digest(name) == self.envelope);
            if self.found.is_some() {
                return;
            }
        }
        self.ahead = &self.ahead[opened.len()..];
    }
}

/// The location in an entry, if a trapdoor opens it.
type Opened = Option<Zeroizing<Vec<u8>>>;

/// Tries the next entries of each record, `step` of them where there are as many.
fn advance(
    scans: &mut [&mut Scan<'_>],
    step: usize,
    trapdoors: &[PreparedTrapdoor],
    each: &mut dyn FnMut(),
) {
    let next = |scan: &Scan<'_>| step.min(scan.ahead.len());
    let entries = scans.iter().flat_map(|scan| {
        scan.ahead[..next(scan)].iter().map(|entry| (entry.as_slice(), scan.context.as_slice()))
    });
    let opened = batch_open(&entries.collect::<Vec<_>>(), trapdoors);
    let mut opened = opened.as_slice();
    for scan in scans {
        let (of_scan, behind) = opened.split_at(next(scan));
        scan.pass(of_scan, each);
        opened = behind;
    }
}

/// What the first trapdoor that opens an entry finds in it; nothing in what does not decode.
fn batch_open(entries: &[(&[u8], &[u8])], trapdoors: &[PreparedTrapdoor]) -> Vec<Opened> {
    let encodings: Vec<&[u8]> = entries.iter().map(|(entry, _)| *entry).collect();
    let decoded = SearchableCiphertext::batch_from_bytes(&encodings);
    let mut opened: Vec<Opened> = vec![None; entries.len()];
    for trapdoor in trapdoors {
        let shut = |i: &usize| opened[*i].is_none();
        let (places, tried): (Vec<usize>, Vec<_>) = (0..entries.len())
            .filter(shut)
            .filter_map(|i| Some((i, (decoded[i].as_ref().ok()?, entries[i].1))))
            .unzip();
        for (place, location) in places.into_iter().zip(peks::batch_locate(&tried, trapdoor)) {
            opened[place] = location.ok();
        }
    }
    opened
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algebra::codec::Canonical;
    use crate::sign::SigningKey;
    use crate::store;
    use rand::SeedableRng;
    use rand_chacha::ChaCha20Rng;

    /// As a search without lists goes: entry by entry, trapdoor by trapdoor.
    fn one_by_one(
        record: &RecordAction,
        trapdoors: &[Trapdoor],
        each: &mut dyn FnMut(),
    ) -> Option<Cid> {
        let context = Origin::of(record).entry_context();
        record.index.iter().find_map(|bytes| {
            each();
            let entry = SearchableCiphertext::from_bytes(bytes).ok()?;
            let open = |trapdoor| peks::locate(&entry, trapdoor, &context).ok();
            let location = trapdoors.iter().find_map(open)?;
            let name = Cid::try_from(&location[..]).ok()?;
            (object_digest(&name) == record.envelope).then_some(name)
        })
    }

    /// A record whose entries are for these keywords; `!` spoils an entry, `?` leads it elsewhere, `-`
    /// to what is no name.
    fn record(
        number: u8,
        keywords: &[&str],
        receiver: &peks::PublicKey,
        rng: &mut ChaCha20Rng,
    ) -> RecordAction {
        let key = SigningKey::generate(rng).verifying_key();
        let name = store::cid_of(&mut &[number][..]).unwrap();
        let elsewhere = store::cid_of(&mut &[number, number][..]).unwrap();
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
    fn lists_find_what_one_by_one_finds() {
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
        let (a, b) = (peks::trapdoor(&secret, b"a"), peks::trapdoor(&secret, b"b"));
        for trapdoors in [&[a, b][..], &[b, a], &[a], &[]] {
            for count in 0..=records.len() {
                let records: Vec<&RecordAction> = records[..count].iter().collect();
                let (mut watched, mut expected) = (0, 0);
                let found = batch_locate(&records, trapdoors, &mut || watched += 1);
                let single = |r: &&RecordAction| one_by_one(r, trapdoors, &mut || expected += 1);
                assert_eq!(found, records.iter().map(single).collect::<Vec<_>>());
                assert_eq!(watched, expected, "calls for {count} records");
            }
        }
        let found = batch_locate(&records.iter().collect::<Vec<_>>(), &[a, b], &mut || ());
        let places: Vec<usize> = (0..9).filter(|i| found[*i].is_some()).collect();
        assert_eq!(places, [1, 2, 4, 5, 7, 8]);
        assert_eq!(locate(&records[1], &[a]), found[1]);
    }
}
