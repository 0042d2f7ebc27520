//! The folder in which processes exchange files. A file appears complete or not at all.

use epione::algebra::codec::Canonical;
use epione::consensus::{Certificate, Config};
use epione::database::Redb;
use epione::ledger::{Block, CommittedBlock, Ledger, Transaction};
use epione::secret_file::SecretFile;
use epione::sign::VerifyingKey;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

pub(crate) const CHAIN: &str = "processes";

/// The longest time that a process waits for another.
const PATIENCE: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(5);

pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn create(path: &Path) -> Self {
        for part in [
            "secret",
            "certificate",
            "enrolment",
            "pool",
            "outcome",
            "block",
            "upload",
            "object",
            "fetch",
            "response",
            "message",
            "store",
        ] {
            fs::create_dir(path.join(part)).unwrap();
        }
        Self(path.to_owned())
    }

    pub(crate) fn open(path: String) -> Self {
        Self(path.into())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn put(&self, name: &str, bytes: &[u8]) {
        let new = self.0.join(format!("{name}.{}.new", std::process::id()));
        fs::write(&new, bytes).unwrap();
        fs::rename(new, self.0.join(name)).unwrap();
    }

    pub(crate) fn get(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Waits until another process has put a file.
    pub(crate) fn wait(&self, name: &str) -> Vec<u8> {
        let start = Instant::now();
        while !self.0.join(name).exists() {
            assert!(start.elapsed() < PATIENCE, "no process has put {name}");
            sleep(PAUSE);
        }
        self.get(name)
    }

    /// Returns the complete files of a part, sorted by name.
    pub(crate) fn list(&self, part: &str) -> Vec<String> {
        let entries = fs::read_dir(self.0.join(part)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| !name.ends_with(".new")).collect();
        names.sort();
        names
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.0.join(name)).unwrap();
    }

    pub(crate) fn send<T: Canonical>(&self, name: &str, value: &T) {
        self.put(name, &value.to_bytes());
    }

    pub(crate) fn receive<T: Canonical>(&self, name: &str) -> T {
        T::from_bytes(&self.wait(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn save<T: Canonical>(&self, party: &str, secrets: &T) {
        SecretFile::new(&self.0.join("secret").join(party)).save(secrets).unwrap();
    }

    pub(crate) fn load<T: Canonical>(&self, party: &str) -> T {
        SecretFile::new(&self.0.join("secret").join(party)).load().unwrap()
    }

    pub(crate) fn put_key(&self, name: &str, key: &VerifyingKey) {
        self.put(name, key.as_bytes());
    }

    pub(crate) fn key(&self, name: &str) -> VerifyingKey {
        VerifyingKey::from_bytes(&self.wait(name).try_into().unwrap()).unwrap()
    }

    /// Reads the chain and verifies it from its first block.
    pub(crate) fn ledger(&self) -> Ledger {
        let config: Config = self.receive("config");
        let block = |name: String| {
            Ok(CommittedBlock {
                block: self.receive::<Block>(&format!("block/{name}")),
                certificate: self.receive::<Certificate>(&format!("certificate/{name}")),
            })
        };
        let blocks = self.list("block").into_iter().map(block);
        let into = Arc::new(Redb::in_memory());
        Ledger::replay((CHAIN, self.key("centre")), blocks, &config, into).unwrap()
    }

    /// Submits a transaction to the replicas and returns the rule that it violates, if any.
    pub(crate) fn submit(&self, transaction: &Transaction) -> Option<String> {
        let id = hex::encode(transaction.id());
        self.send(&format!("pool/{id}"), transaction);
        let outcome = String::from_utf8(self.wait(&format!("outcome/{id}"))).unwrap();
        (!outcome.is_empty()).then_some(outcome)
    }

    /// Puts a transaction into the pool, without waiting.
    pub(crate) fn offer(&self, transaction: &Transaction) {
        self.send(&format!("pool/{}", hex::encode(transaction.id())), transaction);
    }

    /// Waits until the replicas have answered one of several transactions.
    pub(crate) fn wait_for_any(&self, transactions: &[Transaction]) {
        let start = Instant::now();
        while !transactions.iter().any(|one| self.outcome(one).is_some()) {
            assert!(start.elapsed() < PATIENCE, "the replicas do not answer");
            sleep(PAUSE);
        }
    }

    /// Returns the outcome of a transaction once the replicas have answered.
    pub(crate) fn outcome(&self, transaction: &Transaction) -> Option<String> {
        let path = self.join(&format!("outcome/{}", hex::encode(transaction.id())));
        fs::read_to_string(path).ok()
    }

    pub(crate) fn commit(&self, transaction: &Transaction) {
        assert_eq!(self.submit(transaction), None);
    }

    /// Every file of the folder that holds secrets is readable by its owner only.
    pub(crate) fn assert_secrets_are_private(&self) {
        use std::os::unix::fs::PermissionsExt;
        let names = self.list("secret");
        assert!(names.len() >= 10, "{names:?}");
        for name in names {
            let mode = fs::metadata(self.join("secret").join(&name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }
}
