//! The replicas and the store keeper: processes that answer files.

use crate::folder::{CHAIN, Folder};
use epione::algebra::codec::Canonical;
use epione::consensus::Parameters;
use epione::database::Redb;
use epione::ledger::{Ledger, Transaction};
use epione::protocol::{Fetch, JournalFile, LedgerView, ProtocolError, StoreKeeper, Upload};
use epione::sign::SigningKey;
use epione::sim::Network;
use epione::store::DirectoryStore;
use std::fs::File;
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

/// Four replicas order the transactions of the pool, and publish blocks with certificates.
pub(crate) fn run_replicas(folder: &Folder) {
    let centre = folder.key("centre");
    let mut ids = 0..;
    let ledger = || {
        let path = folder.join(&format!("replica-{}.redb", ids.next().unwrap()));
        Ledger::open(Arc::new(Redb::open(&path).unwrap()), CHAIN, centre).unwrap()
    };
    // Equal seeds give equal keys.
    let mut network = Network::generate(Parameters::new(CHAIN), 4, 1, ledger);
    network.advance(network.application(0).time());
    for id in 0..4 {
        // The members continue with what they have signed.
        network.crash(id);
        network.restart(id);
    }
    folder.send("config", network.config());
    loop {
        for name in folder.list("pool") {
            let transaction: Transaction = folder.receive(&format!("pool/{name}"));
            // The replicas refuse some transactions before they order them.
            let refused = network.commit(0, transaction.to_bytes()).err();
            let ledger = network.application(0);
            // The last blocks may not have been published before the process was killed.
            for committed in ledger.blocks().map(Result::unwrap) {
                let height = format!("{:06}", committed.block.header.height);
                if !folder.join("block").join(&height).exists() {
                    folder.send(&format!("certificate/{height}"), &committed.certificate);
                    folder.send(&format!("block/{height}"), &committed.block);
                }
            }
            let outcome = match (ledger.entry(&transaction.id()).unwrap(), refused) {
                (Some(entry), _) => {
                    entry.rejected_by.map_or(String::new(), |rule| rule.to_string())
                }
                (None, Some(error)) => error.to_string(),
                (None, None) => String::new(),
            };
            folder.put(&format!("outcome/{name}"), outcome.as_bytes());
            folder.remove(&format!("pool/{name}"));
        }
        sleep(Duration::from_millis(2));
    }
}

/// The keeper stores the offered objects and answers fetches. A killed keeper loses no upload that
/// it has confirmed.
pub(crate) fn run_keeper(folder: &Folder) {
    let store = DirectoryStore::open(&folder.join("store")).unwrap();
    if !folder.join("keeper").exists() {
        let key = SigningKey::generate(&mut rand::thread_rng());
        folder.put_key("keeper", &key.verifying_key());
    }
    let (journal, entries) = JournalFile::open(folder.join("keeper journal")).unwrap();
    let keeper =
        StoreKeeper::open(store, folder.key("keeper"), Box::new(journal), &entries).unwrap();
    loop {
        answer(folder, "upload", &|ledger, name, _| {
            let upload: Upload = folder.receive(&format!("upload/{name}"));
            let object = &mut File::open(folder.join("object").join(upload.name().to_string()))?;
            keeper.upload(view(ledger), &upload, object)
        });
        answer(folder, "fetch", &|ledger, name, response| {
            let fetch: Fetch = folder.receive(&format!("fetch/{name}"));
            keeper.serve(view(ledger), &fetch, response, &mut rand::thread_rng())
        });
        sleep(Duration::from_millis(2));
    }
}

pub(crate) fn view(ledger: &Ledger) -> LedgerView<'_> {
    LedgerView { state: ledger.state(), now: ledger.time() }
}

type Answer<'a> = dyn Fn(&Ledger, &str, &mut Vec<u8>) -> Result<(), ProtocolError> + 'a;

/// Answers all files of a part: by `+` and the response, or by `-` and the error.
fn answer(folder: &Folder, part: &str, handle: &Answer<'_>) {
    for name in folder.list(part) {
        let mut response = b"+".to_vec();
        if let Err(error) = handle(&folder.ledger(), &name, &mut response) {
            response = format!("-{error}").into_bytes();
        }
        folder.remove(&format!("{part}/{name}"));
        folder.put(&format!("response/{name}"), &response);
    }
}
