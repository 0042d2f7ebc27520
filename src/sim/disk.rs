//! A simulated disk under a replica's database.
//!
//! Data written since the last `fsync` may be lost when the power fails, in any combination: each
//! write is kept, lost, or torn at a boundary of sectors, whatever happens to the writes before it.
//! A failed `fsync` leaves the writes in this state, and a later one does not repair it, as on
//! Linux.
#![forbid(unsafe_code)]

use crate::database::{DatabaseError, Redb};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use redb::StorageBackend;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The number of bytes that a disk writes atomically.
const SECTOR: usize = 512;

/// A disk with the file of one database.
#[derive(Debug, Clone)]
pub struct Disk(Arc<Mutex<Platter>>);

#[derive(Debug)]
struct Platter {
    /// The bytes that survive a loss of power.
    durable: Vec<u8>,
    /// The bytes that the process reads.
    current: Vec<u8>,
    /// The operations since the last `fsync`, in order.
    unsynced: Vec<Operation>,
    /// The number of writes, truncations and calls of `fsync`.
    operations: u64,
    syncs: u64,
    faults: DiskFaults,
    /// The number of times that the disk was opened. Earlier handles are dead.
    incarnation: u64,
    rng: ChaCha8Rng,
}

#[derive(Debug, Clone)]
enum Operation {
    Write { offset: usize, data: Vec<u8> },
    SetLength(usize),
}

/// The faults of a disk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DiskFaults {
    /// The power fails in the operation with this number, counted from 0 since the creation.
    pub power_fails_at: Option<u64>,
    /// The call of `fsync` with this number, counted alike, and all later ones fail.
    pub sync_fails_at: Option<u64>,
    /// Of two successive calls of `fsync`, the disk ignores the first (0) or the second (1). The
    /// fault breaks the replica; the checks must find it.
    pub ignored_sync: Option<u64>,
}

impl Disk {
    /// Creates a disk with an empty database. The seed decides which unsynchronised writes survive.
    ///
    /// # Panics
    /// Never: the disk has no faults yet.
    pub fn new(seed: u64) -> Self {
        let disk = Self::empty(seed);
        // A file appears under its name once it is complete.
        disk.open().expect("the disk has no faults");
        disk.platter().operations = 0;
        disk.platter().syncs = 0;
        disk
    }

    fn empty(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(Platter {
            durable: Vec::new(),
            current: Vec::new(),
            unsynced: Vec::new(),
            operations: 0,
            syncs: 0,
            faults: DiskFaults::default(),
            incarnation: 0,
            rng: ChaCha8Rng::seed_from_u64(seed),
        })))
    }

    /// Opens the database on the disk. Handles that were opened before fail from now on.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub fn open(&self) -> Result<Redb, DatabaseError> {
        let mut platter = self.platter();
        platter.incarnation += 1;
        let handle = Handle { disk: self.clone(), incarnation: platter.incarnation };
        drop(platter);
        Redb::with_backend(handle)
    }

    /// Sets the faults from now on.
    pub fn set_faults(&self, faults: DiskFaults) {
        self.platter().faults = faults;
    }

    /// Ends the power: unsynchronised writes survive at random. Open handles fail.
    pub fn lose_power(&self) {
        let mut platter = self.platter();
        platter.incarnation += 1;
        platter.faults = DiskFaults::default();
        platter.lose_unsynced();
    }

    /// The number of operations since the creation.
    pub fn operations(&self) -> u64 {
        self.platter().operations
    }

    /// The number of bytes on the disk.
    pub fn length(&self) -> usize {
        self.platter().current.len()
    }

    /// Returns another disk with the same bytes, all of them durable.
    #[must_use]
    pub fn copy(&self) -> Self {
        let bytes = self.platter().current.clone();
        let copy = Self::empty(0);
        let mut platter = copy.platter();
        (platter.durable, platter.current) = (bytes.clone(), bytes);
        drop(platter);
        copy
    }

    /// Flips a bit.
    pub fn flip(&self, bit: usize) {
        let mut platter = self.platter();
        let (byte, mask) = (bit / 8, 1 << (bit % 8));
        let Platter { durable, current, .. } = &mut *platter;
        for bytes in [durable, current] {
            if let Some(byte) = bytes.get_mut(byte) {
                *byte ^= mask;
            }
        }
    }

    fn platter(&self) -> MutexGuard<'_, Platter> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Platter {
    /// Counts an operation. Fails if the power is lost in it.
    fn begin(&mut self) -> io::Result<()> {
        self.operations += 1;
        match self.faults.power_fails_at {
            Some(at) if self.operations > at => Err(io::Error::other("the power has failed")),
            _ => Ok(()),
        }
    }

    fn perform(&mut self, operation: Operation) {
        operation.apply(&mut self.current);
        self.unsynced.push(operation);
    }

    fn sync(&mut self) -> io::Result<()> {
        let number = self.syncs;
        self.syncs += 1;
        let ignored = self.faults.ignored_sync.is_some_and(|parity| number % 2 == parity);
        if self.faults.sync_fails_at.is_some_and(|at| number >= at) {
            // The pages are no longer dirty, and some of them are lost.
            self.lose_unsynced();
            return Err(io::Error::other("fsync has failed"));
        }
        if !ignored {
            let Self { unsynced, durable, .. } = self;
            unsynced.drain(..).for_each(|operation| operation.apply(durable));
        }
        Ok(())
    }

    fn lose_unsynced(&mut self) {
        for operation in std::mem::take(&mut self.unsynced) {
            match self.rng.gen_range(0..3) {
                0 => {}
                1 => operation.apply(&mut self.durable),
                _ => operation.torn(&mut self.rng).apply(&mut self.durable),
            }
        }
        self.current = self.durable.clone();
    }
}

impl Operation {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::SetLength(length) => bytes.resize(*length, 0),
            Self::Write { offset, data } => {
                let end = offset + data.len();
                if bytes.len() < end {
                    bytes.resize(end, 0);
                }
                bytes[*offset..end].copy_from_slice(data);
            }
        }
    }

    /// Returns the sectors of a write up to a random one, or from it on.
    fn torn(self, rng: &mut ChaCha8Rng) -> Self {
        let Self::Write { offset, data } = self else { return self };
        let first = offset.next_multiple_of(SECTOR) - offset;
        let boundaries: Vec<usize> = (first..data.len()).step_by(SECTOR).collect();
        let Some(last) = boundaries.len().checked_sub(1) else {
            return Self::Write { offset, data };
        };
        let at = boundaries[rng.gen_range(0..=last)];
        match rng.r#gen() {
            true => Self::Write { offset, data: data[..at].to_vec() },
            false => Self::Write { offset: offset + at, data: data[at..].to_vec() },
        }
    }
}

/// The disk as one process has opened it.
#[derive(Debug)]
struct Handle {
    disk: Disk,
    incarnation: u64,
}

impl Handle {
    fn live(&self) -> io::Result<MutexGuard<'_, Platter>> {
        let platter = self.disk.platter();
        match platter.incarnation == self.incarnation {
            true => Ok(platter),
            false => Err(io::Error::other("the process has ended")),
        }
    }
}

fn position(offset: u64) -> io::Result<usize> {
    usize::try_from(offset).map_err(io::Error::other)
}

impl StorageBackend for Handle {
    fn len(&self) -> io::Result<u64> {
        Ok(self.live()?.current.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let (platter, offset) = (self.live()?, position(offset)?);
        let end = offset.checked_add(out.len());
        let bytes = end.and_then(|end| platter.current.get(offset..end));
        out.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut platter = self.live()?;
        platter.begin()?;
        platter.perform(Operation::SetLength(position(length)?));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut platter = self.live()?;
        platter.begin()?;
        platter.sync()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut platter = self.live()?;
        platter.begin()?;
        platter.perform(Operation::Write { offset: position(offset)?, data: data.to_vec() });
        Ok(())
    }
}
