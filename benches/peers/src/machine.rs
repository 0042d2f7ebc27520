//! What a run ran on: processor, system, compiler and versions.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs;
use std::process::Command;

/// Processor flags that decide which code runs, in the order of the page.
const FLAGS: [&str; 8] =
    ["bmi2", "adx", "avx2", "sha_ni", "vaes", "avx512f", "avx512ifma", "avx512vbmi"];

/// Crates whose versions are told.
const PEERS: [&str; 9] = [
    "epione",
    "blst",
    "blstrs",
    "bls12_381",
    "ark-bls12-381",
    "rabe",
    "rabe-bn",
    "umbral-pre",
    "recrypt",
];

/// A machine, its system and the compiler.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// The processor's name, with what tells apart processors of one name.
    pub processor: String,
    /// How many the system shows.
    pub cores: usize,
    /// Those of the flags above that it has.
    pub flags: Vec<String>,
    /// Distribution and kernel.
    pub system: String,
    /// `rustc --version`, and the flags given to it.
    pub compiler: String,
}

impl Machine {
    /// This one.
    pub fn here() -> Self {
        let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
        let rustflags = std::env::var("RUSTFLAGS").unwrap_or_default();
        Self {
            processor: processor_name(&processor),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            flags: processor_flags(&processor),
            system: format!("{}, {}", system_name(&release), output("uname", &["-sr"])),
            compiler: format!("{} {rustflags}", output("rustc", &["--version"])).trim().into(),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { processor, cores, flags, system, compiler } = self;
        write!(f, "{processor}, {cores} cores, {}; {system}; {compiler}", flags.join(" "))
    }
}

/// A crate and its version.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The crate.
    pub name: String,
    /// As locked.
    pub version: String,
}

impl Version {
    /// Of epione and its peers, out of the lock file that this was built with.
    pub fn of_peers() -> Vec<Self> {
        let version = |name: &&str| {
            let version = locked_version(include_str!("../Cargo.lock"), name)?;
            Some(Self { name: name.to_string(), version })
        };
        PEERS.iter().filter_map(version).collect()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

fn locked_version(lock: &str, name: &str) -> Option<String> {
    let (_, after) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
    Some(after.split('"').next()?.to_owned())
}

/// Virtual machines hide the product; family and model number still tell the generation.
fn processor_name(cpuinfo: &str) -> String {
    let name = field(cpuinfo, "model name").unwrap_or("unknown processor");
    match (field(cpuinfo, "cpu family"), field(cpuinfo, "model")) {
        (Some(family), Some(model)) => format!("{name} (family {family}, model {model})"),
        _ => name.to_owned(),
    }
}

fn processor_flags(cpuinfo: &str) -> Vec<String> {
    let all: Vec<&str> = field(cpuinfo, "flags").unwrap_or_default().split(' ').collect();
    FLAGS.iter().filter(|flag| all.contains(flag)).map(ToString::to_string).collect()
}

fn field<'a>(cpuinfo: &'a str, name: &str) -> Option<&'a str> {
    let value = |line: &'a str| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim())
    };
    cpuinfo.lines().find_map(value)
}

fn system_name(os_release: &str) -> &str {
    let line = os_release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    line.map_or(std::env::consts::OS, |name| name.trim_matches('"'))
}

/// What a program prints, or nothing if there is no such program.
fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CPUINFO: &str = "processor\t: 0\ncpu family\t: 26\nmodel\t\t: 2\n\
        model name\t: Some Processor\nflags\t\t: fpu adx avx512ifma bmi2\n\nprocessor\t: 1\n";

    #[test]
    fn processors_are_named_with_family_and_model() {
        assert_eq!(processor_name(CPUINFO), "Some Processor (family 26, model 2)");
        assert_eq!(processor_name(""), "unknown processor");
    }

    #[test]
    fn flags_are_whole_words_in_our_order() {
        assert_eq!(processor_flags(CPUINFO), ["bmi2", "adx", "avx512ifma"]);
    }

    #[test]
    fn systems_are_named_without_quotes() {
        assert_eq!(system_name("ID=debian\nPRETTY_NAME=\"Debian 12\"\n"), "Debian 12");
    }

    #[test]
    fn versions_come_out_of_the_lock() {
        let lock = "[[package]]\nname = \"blstrs\"\nversion = \"0.7.1\"\n\n\
                    [[package]]\nname = \"blst\"\nversion = \"0.3.17\"\n";
        assert_eq!(locked_version(lock, "blst").as_deref(), Some("0.3.17"));
        assert_eq!(locked_version(lock, "bls"), None);
        assert_eq!(Version::of_peers().len(), PEERS.len());
    }
}
