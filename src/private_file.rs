//! Files that their owner alone may read, and their atomic replacement.
//!
//! A file is created with mode 0600; the mode of an existing file is not checked here. Replacements
//! in a folder exclude each other, also between processes, by a lock of the folder.
#![forbid(unsafe_code)]

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// A folder whose files no other process replaces. Only Unix opens folders.
pub(crate) struct LockedFolder(Option<File>);

impl LockedFolder {
    /// Waits for the lock of the folder of a file.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        if !cfg!(unix) {
            return Ok(Self(None));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = File::open(folder.unwrap_or(Path::new(".")))?;
        folder.lock()?;
        Ok(Self(Some(folder)))
    }

    /// Opens a file for reading and writing, or creates it durably.
    pub(crate) fn open(&self, path: &Path) -> io::Result<File> {
        let file = private(OpenOptions::new().read(true).write(true).create(true)).open(path)?;
        self.sync().map(|()| file)
    }

    /// Opens a file for reading and writing. A new one appears with its content: after a crash, the
    /// path names the complete file or none.
    pub(crate) fn open_or_create(
        &self,
        path: &Path,
        write: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> io::Result<File> {
        match OpenOptions::new().read(true).write(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.replace(path, write),
            opened => opened,
        }
    }

    /// As [`replace`], in this folder.
    fn replace(
        &self,
        path: &Path,
        write: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> io::Result<File> {
        let new = beside(path)?;
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file =
            private(OpenOptions::new().read(true).write(true).create_new(true)).open(&new)?;
        let written = write(&mut file).and_then(|()| file.sync_all());
        if let Err(error) = written.and_then(|()| fs::rename(&new, path)) {
            // The next replacement removes the file, so this removal may fail.
            let _ = fs::remove_file(&new);
            return Err(error);
        }
        self.sync().map(|()| file)
    }

    /// Makes new names durable.
    fn sync(&self) -> io::Result<()> {
        self.0.as_ref().map_or(Ok(()), File::sync_all)
    }
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Writes a new file beside the old one, renames it, and returns it. After a crash, the path names
/// the complete old content or the complete new one; the rest of an interrupted replacement is
/// removed by the next. If this function fails, the file has its old content, or the new one if
/// only the folder could not be synchronised.
pub(crate) fn replace(
    path: &Path,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<File> {
    LockedFolder::of(path)?.replace(path, write)
}

fn beside(path: &Path) -> io::Result<PathBuf> {
    let mut name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
    name.push(".new");
    Ok(path.with_file_name(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    /// A second replacement waits for the first. It would remove the first's new file, and the
    /// first would rename the second's unfinished one.
    #[test]
    fn replacements_in_a_folder_exclude_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let (started, is_started) = mpsc::channel();
        let replaced = thread::scope(|scope| {
            let first = scope.spawn(|| {
                replace(&path, |file| {
                    started.send(()).unwrap();
                    thread::sleep(Duration::from_millis(50));
                    file.write_all(b"the first content")
                })
            });
            is_started.recv().unwrap();
            let second = replace(&path, |file| {
                assert_eq!(fs::read(&path).unwrap(), b"the first content");
                file.write_all(b"the second content")
            });
            (first.join().unwrap(), second)
        });
        assert!(replaced.0.is_ok() && replaced.1.is_ok());
        assert_eq!(fs::read(&path).unwrap(), b"the second content");
    }
}
