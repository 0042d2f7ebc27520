//! A bundle of any length that occupies no memory, and an output that verifies it.

use std::io::{self, Read, Seek, SeekFrom, Write};

/// A virtual bundle whose bytes are computed from their offsets.
pub(super) struct VirtualBundle {
    pub(super) entries: u64,
    pub(super) position: u64,
    pub(super) largest_read: usize,
}

const START: &[u8] = b"{\"resourceType\":\"Bundle\",\"entry\":[";
const END: &[u8] = b"{}]}";
const ENTRY: usize = 4096;

impl VirtualBundle {
    pub(super) fn length(&self) -> u64 {
        (START.len() + END.len()) as u64 + self.entries * ENTRY as u64
    }

    /// Every third entry is a `Patient`, the others are `Observation`s.
    fn entry(number: u64) -> Vec<u8> {
        let kind = if number.is_multiple_of(3) { "Patient" } else { "Observation" };
        let start =
            format!("{{\"resource\":{{\"resourceType\":\"{kind}\",\"id\":\"{number}\",\"x\":\"");
        let end = "\"}},";
        let filler = "y".repeat(ENTRY - start.len() - end.len());
        format!("{start}{filler}{end}").into_bytes()
    }
}

impl Read for VirtualBundle {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.largest_read = self.largest_read.max(buffer.len());
        let (start, length) = (START.len() as u64, self.length());
        let tail = length - END.len() as u64;
        let part = match self.position {
            at if at < start => START[at as usize..].to_vec(),
            at if at < tail => {
                let number = (at - start) / ENTRY as u64;
                Self::entry(number).split_off(((at - start) % ENTRY as u64) as usize)
            }
            at => END[(at.min(length) - tail) as usize..].to_vec(),
        };
        let taken = part.len().min(buffer.len());
        buffer[..taken].copy_from_slice(&part[..taken]);
        self.position += taken as u64;
        Ok(taken)
    }
}

impl Seek for VirtualBundle {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::End(by) => self.length().saturating_add_signed(by),
            SeekFrom::Current(by) => self.position.saturating_add_signed(by),
        };
        Ok(self.position)
    }
}

/// An output that compares the written bytes with the expected ones and discards them.
pub(super) struct ComparingSink {
    pub(super) expected: VirtualBundle,
    pub(super) written: u64,
}

impl Write for ComparingSink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut expected = vec![0; bytes.len()];
        self.expected.read_exact(&mut expected)?;
        assert!(expected == bytes, "at {}", self.expected.position);
        self.written += bytes.len() as u64;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for ComparingSink {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.expected.seek(to)
    }
}
