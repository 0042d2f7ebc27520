//! Saved and loaded files: permissions, crashes, changed content, passphrases.
#![cfg(unix)]
#![forbid(unsafe_code)]

use super::*;
use crate::protocol::{Doctor, RegistrationCentre};
use std::os::unix::fs::PermissionsExt;

struct Fixture {
    folder: tempfile::TempDir,
    centre: RegistrationCentre,
}

impl Fixture {
    fn new() -> Self {
        let centre = RegistrationCentre::new(&mut rand::thread_rng());
        Self { folder: tempfile::tempdir().unwrap(), centre }
    }
    fn path(&self) -> PathBuf {
        self.folder.path().join("centre.secret")
    }
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn load(path: &Path) -> Result<RegistrationCentre, SecretFileError> {
    SecretFile::new(path).load()
}

#[test]
fn a_saved_value_is_loaded_and_only_its_owner_reads_the_file() {
    let fixture = Fixture::new();
    let path = fixture.path();
    SecretFile::new(&path).save(&fixture.centre).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(load(&path).unwrap().verifying_key(), fixture.centre.verifying_key());
    for mode in [0o640, 0o604, 0o660, 0o777] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let error = load(&path).unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Permissions(found) if found == mode));
        assert!(error.to_string().ends_with("run chmod 600"), "{error}");
    }
}

#[test]
fn a_save_replaces_the_file_and_what_a_crash_left() {
    let fixture = Fixture::new();
    let path = fixture.path();
    let other = RegistrationCentre::new(&mut rand::thread_rng());
    SecretFile::new(&path).save(&other).unwrap();
    // A crash left a new file that others may read.
    let left = fixture.folder.path().join("centre.secret.new");
    fs::write(&left, b"half of a key").unwrap();
    fs::set_permissions(&left, fs::Permissions::from_mode(0o644)).unwrap();
    SecretFile::new(&path).save(&fixture.centre).unwrap();
    assert_eq!(fixture.names(), ["centre.secret"]);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(load(&path).unwrap().verifying_key(), fixture.centre.verifying_key());
}

#[test]
fn a_failed_save_keeps_the_old_file_and_leaves_no_other() {
    let fixture = Fixture::new();
    let path = fixture.path();
    // The rename fails, because a folder has the name of the file.
    fs::create_dir(&path).unwrap();
    let error = SecretFile::new(&path).save(&fixture.centre).unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Io(_)), "{error}");
    assert_eq!(fixture.names(), ["centre.secret"]);
}

#[test]
fn an_error_names_the_file_and_the_reason() {
    let fixture = Fixture::new();
    let path = fixture.path();
    let absent = load(&path).unwrap_err().to_string();
    assert!(absent.contains("centre.secret") && absent.contains("No such file"), "{absent}");
    SecretFile::new(&path).save(&fixture.centre).unwrap();
    let wrong_kind = SecretFile::new(&path).load::<Doctor>().unwrap_err();
    assert!(matches!(wrong_kind.kind, ErrorKind::Decode(DecodeError::Kind { .. })), "{wrong_kind}");
    let intact = fs::read(&path).unwrap();
    for bytes in [&intact[..0], &intact[..1], &intact[..33], &[&intact[..], &[0]].concat()] {
        fs::write(&path, bytes).unwrap();
        assert!(matches!(load(&path).unwrap_err().kind, ErrorKind::Decode(_)));
    }
    File::create(&path).unwrap().set_len(MAX_FILE + 1).unwrap();
    assert!(matches!(load(&path).unwrap_err().kind, ErrorKind::TooLong));
}

#[cfg(feature = "passphrase")]
#[test]
fn a_file_under_a_passphrase_opens_with_it_only() {
    let fixture = Fixture::new();
    let path = fixture.path();
    let passphrase = Passphrase::with_work_factor("correct horse", 4);
    let file = SecretFile::with_passphrase(&path, &passphrase);
    file.save(&fixture.centre).unwrap();
    let encrypted = fs::read(&path).unwrap();
    assert!(encrypted.starts_with(b"age-encryption.org/v1\n-> scrypt "));
    let secret = fixture.centre.to_secret_bytes();
    assert!(!encrypted.windows(32).any(|part| part == &secret[2..34]));
    assert_eq!(
        file.load::<RegistrationCentre>().unwrap().verifying_key(),
        fixture.centre.verifying_key()
    );
    let wrong = Passphrase::with_work_factor("wrong horse", 4);
    let error = SecretFile::with_passphrase(&path, &wrong).load::<RegistrationCentre>();
    assert!(matches!(error.unwrap_err().kind, ErrorKind::Passphrase));
    assert!(matches!(load(&path).unwrap_err().kind, ErrorKind::PassphraseRequired));
    assert_eq!(format!("{passphrase:?}"), "Passphrase(..)");
    // Every changed byte is detected.
    for position in 0..encrypted.len() {
        let mut changed = encrypted.clone();
        changed[position] ^= 1;
        fs::write(&path, &changed).unwrap();
        assert!(file.load::<RegistrationCentre>().is_err(), "byte {position}");
    }
    // A file that is not encrypted is not what the caller protected.
    SecretFile::new(&path).save(&fixture.centre).unwrap();
    let error = file.load::<RegistrationCentre>().unwrap_err();
    assert!(matches!(error.kind, ErrorKind::NotEncrypted));
}

#[cfg(feature = "passphrase")]
#[test]
fn an_empty_passphrase_is_refused() {
    let error = Passphrase::new(String::new()).unwrap_err();
    assert_eq!(error, EmptyPassphrase);
    assert!(error.to_string().starts_with("the passphrase is empty"), "{error}");
    assert!(Passphrase::new(" ".to_owned()).is_ok());
}

#[cfg(feature = "passphrase")]
#[test]
fn a_file_that_asks_for_too_much_work_is_refused() {
    let fixture = Fixture::new();
    let path = fixture.path();
    let passphrase = Passphrase::with_work_factor("p", 4);
    let file = SecretFile::with_passphrase(&path, &passphrase);
    file.save(&fixture.centre).unwrap();
    let text = fs::read(&path).unwrap();
    // "-> scrypt SALT LOG_N": the work factor is a decimal number before the end of the line.
    let line = text.windows(10).position(|part| part == b"-> scrypt ").unwrap();
    let end = line + text[line..].iter().position(|byte| *byte == b'\n').unwrap();
    assert_eq!(text[end - 1], b'4');
    let greedy = [&text[..end - 1], b"40", &text[end..]].concat();
    fs::write(&path, greedy).unwrap();
    let error = file.load::<RegistrationCentre>().unwrap_err();
    assert!(matches!(error.kind, ErrorKind::WorkFactor));
}
