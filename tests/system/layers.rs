//! The layers of the crate: a file imports only from lower layers and keeps the conventions.

mod tokens;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use tokens::{Token, find, paths, tokens};

/// The modules of each layer, lowest first. `true` if modules of the layer may import each other.
const LAYERS: [(&[&str], bool); 7] = [
    (&["error", "private_file", "algebra"], true),
    (&["policy", "dem", "sign", "hpke", "database"], true),
    (&["abe", "peks", "pre", "pseudonym", "store", "consensus"], false),
    (&["record", "ledger"], true),
    (&["protocol"], true),
    (&["fhir", "secret_file", "sim"], true),
    (&["bin"], true),
];

/// Files that cannot forbid unsafe code, because `forbid` extends to submodules: the root, which
/// denies it instead, and the two modules above the backends. They contain no unsafe code.
const WITHOUT_FORBID: [&str; 3] = ["lib.rs", "algebra.rs", "algebra/backend.rs"];

/// The modules that may contain unsafe code: foreign functions and vector instructions.
const UNSAFE: [&str; 2] = ["algebra/backend/blst", "algebra/backend/ifma"];

/// The binary is a separate crate. Its root forbids unsafe code in all of its files.
const BINARY: &str = "bin/epione/";
const BINARY_ROOT: &str = "bin/epione/main.rs";

/// The module that may name the pairing libraries.
const NAMES_PAIRING_LIBRARIES: &str = "algebra";

const MAX_LINES: usize = 500;

/// The maximum width of a comment in characters.
const MAX_WIDTH: usize = 100;

/// The words with which no comment opens (CONTRIBUTING.md, Language).
const NOT_FIRST: [&str; 8] = ["What", "Whether", "Who", "Whom", "Whose", "Which", "Where", "How"];

struct Source {
    /// The path relative to the folder, with slashes.
    path: String,
    text: String,
}

fn sources(folder: &str) -> Vec<Source> {
    fn walk(folder: &Path, root: &Path, found: &mut Vec<Source>) {
        let mut entries: Vec<PathBuf> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.ends_with("target") {
                continue;
            } else if path.is_dir() {
                walk(&path, root, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let parts = path.strip_prefix(root).unwrap().components();
                let parts: Vec<_> = parts.map(|c| c.as_os_str().to_str().unwrap()).collect();
                let text = fs::read_to_string(&path).unwrap();
                found.push(Source { path: parts.join("/"), text });
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut found = Vec::new();
    walk(&root, &root, &mut found);
    found
}

/// Returns the top-level module of a file, or `None` for the root.
fn module_of(path: &str) -> Option<&str> {
    let first = path.split('/').next()?;
    let name = first.strip_suffix(".rs").unwrap_or(first);
    (name != "lib").then_some(name)
}

fn layer_of(module: &str) -> Option<usize> {
    LAYERS.iter().position(|(modules, _)| modules.contains(&module))
}

/// Returns the top-level modules that a file names, with paths resolved relative to the file. A
/// path to the root itself, or to all of its items, gives `None`.
fn imports<'a>(path: &'a str, tokens: &'a [Token]) -> BTreeSet<Option<&'a str>> {
    let stem = path.strip_suffix(".rs").unwrap();
    let own: Vec<&str> = stem.split('/').filter(|part| *part != "lib").collect();
    let top = |(at, names): (usize, Vec<&'a str>)| {
        let supers = names.iter().take_while(|name| **name == "super").count();
        // As many `super` as modules lead to the root.
        let home = match supers {
            0 => 0,
            _ => (own.len() + tokens[at].modules).checked_sub(supers)?,
        };
        if home > 0 {
            return Some(own[0]);
        }
        names.get(supers.max(1)).copied().filter(|name| !["self", "*", "$"].contains(name))
    };
    paths(tokens).into_iter().map(top).collect()
}

/// Forms that evade this test.
const REFUSED: [&str; 6] =
    ["extern crate", "include !", "[ path =", ", path = \"", "( path =", "macro_use"];

/// Returns the violations in a file.
fn violations(Source { path, text }: &Source) -> Vec<String> {
    let mut violations = Vec::new();
    let mut say = |what: String| violations.push(format!("src/{path}: {what}"));
    let lines = text.lines().count();
    if lines > MAX_LINES {
        say(format!("{lines} lines exceed the limit of {MAX_LINES}"));
    }
    if path.ends_with("/mod.rs") || path == "mod.rs" {
        say("is named mod.rs".to_owned());
    }
    let tokens = match tokens(text) {
        Ok(tokens) => tokens,
        Err(error) => {
            say(error.to_string());
            return violations;
        }
    };
    for form in REFUSED.iter().filter(|form| !find(&tokens, form).is_empty()) {
        say(format!("contains `{form}`"));
    }
    unsafe_code(path, text, &tokens).into_iter().for_each(&mut say);
    let Some(module) = module_of(path) else {
        if !find(&tokens, "use").is_empty() {
            say("imports, and items of the root have no layer".to_owned());
        }
        return violations;
    };
    let is_library = |token: &Token| token.text.starts_with("ark_") || token.text == "blst";
    if module != NAMES_PAIRING_LIBRARIES && tokens.iter().any(is_library) {
        say("names a pairing library".to_owned());
    }
    let Some(layer) = layer_of(module) else {
        say(format!("the module {module} has no layer"));
        return violations;
    };
    for import in imports(path, &tokens) {
        let other = import.and_then(layer_of);
        match (import, other) {
            // Names below `crate` in the binary are its own modules.
            _ if path.starts_with(BINARY) => {}
            (None, _) => say("names the root, whose modules are of all layers".to_owned()),
            (Some(import), None) => say(format!("imports {import}, which has no layer")),
            (Some(import), Some(other)) => {
                let among_equals = other == layer && (import == module || LAYERS[layer].1);
                if other >= layer && !among_equals {
                    say(format!("layer {layer} imports {import} of layer {other}"));
                }
            }
        }
    }
    violations
}

/// Returns the violations of the rules for unsafe code.
fn unsafe_code(path: &str, text: &str, tokens: &[Token]) -> Vec<String> {
    const FORBID: &str = "# ! [ forbid ( unsafe_code ) ]";
    let mut violations = Vec::new();
    let forbids: Vec<usize> = find(tokens, FORBID);
    let permitted = UNSAFE.iter().any(|module| {
        path.strip_prefix(module).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
    });
    let below_root = path.starts_with(BINARY) && path != BINARY_ROOT;
    let exempt = below_root || permitted || WITHOUT_FORBID.contains(&path);
    if !exempt && !forbids.iter().any(|at| tokens[*at].groups == 0) {
        violations.push("does not forbid unsafe code".to_owned());
    }
    let lints = find(tokens, "unsafe_code").len() - forbids.len();
    if !permitted && (lints > 0 || !find(tokens, "unsafe").is_empty()) {
        violations.push("has unsafe code".to_owned());
    }
    let blocks = find(tokens, "unsafe {").len();
    if text.matches("// SAFETY: ").count() < blocks {
        violations.push(format!("{blocks} unsafe blocks, not all with a SAFETY comment"));
    }
    violations
}

#[test]
fn files_import_only_from_lower_layers_and_keep_the_conventions() {
    let sources = sources("src");
    assert!(sources.len() > 50, "the sources are found");
    let found: Vec<String> = sources.iter().flat_map(violations).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// Returns the lines of comments that are too wide or open with a word in [`NOT_FIRST`].
fn unruly_comments(text: &str) -> Vec<&str> {
    let comment = |line: &'_ str| line.trim_start().starts_with("//");
    let first = |line: &'_ str| {
        let words = line.trim_start().trim_start_matches(['/', '!']).split_whitespace();
        words.map(|word| word.trim_end_matches(',')).next().is_some_and(|w| NOT_FIRST.contains(&w))
    };
    let previous = std::iter::once("").chain(text.lines());
    let lines = text.lines().zip(previous).filter(|(line, _)| comment(line));
    let is_row = |line: &'_ str| line.contains("//! |") || line.contains("/// |");
    let unruly = lines.filter(|(line, previous)| {
        let wide = line.chars().count() > MAX_WIDTH && !is_row(line);
        wide || !comment(previous) && first(line)
    });
    unruly.map(|(line, _)| line).collect()
}

#[test]
fn comments_are_statements_of_at_most_100_columns() {
    for folder in ["src", "tests", "benches", "examples"] {
        for Source { path, text } in sources(folder) {
            assert_eq!(unruly_comments(&text), Vec::<&str>::new(), "{folder}/{path}");
        }
    }
    let text = "/// What it is.\n/// Which is.\nfn f() {}\n    // How.\n//! Is it?\n";
    assert_eq!(unruly_comments(text), ["/// What it is."]);
}

#[test]
fn every_module_of_the_root_has_a_layer() {
    let sources = sources("src");
    let root = sources.iter().find(|source| source.path == "lib.rs").unwrap();
    let tokens = tokens(&root.text).unwrap();
    let modules = find(&tokens, "mod").into_iter().map(|at| &*tokens[at + 1].text);
    let modules: Vec<&str> = modules.collect();
    assert!(modules.len() >= 14);
    for module in modules {
        assert!(layer_of(module).is_some(), "{module} has no layer");
    }
}

#[test]
fn the_root_denies_unsafe_code_and_undocumented_items() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let manifest = fs::read_to_string(manifest).unwrap();
    for rule in ["unsafe_code = \"deny\"", "missing_docs = \"deny\""] {
        assert!(manifest.contains(rule), "{rule}");
    }
}

mod checker {
    use super::*;

    fn check(path: &str, body: &str) -> Vec<String> {
        let text = format!("//! Doc.\n#![forbid(unsafe_code)]\n{body}\n");
        violations(&Source { path: path.to_owned(), text })
    }

    #[test]
    fn upward_imports_are_found_in_every_syntax() {
        for (path, body) in [
            ("algebra/group.rs", "use crate::policy::AccessPolicy;"),
            ("dem.rs", "use crate::abe;"),
            ("ledger/chain.rs", "use crate::{algebra::Scalar, protocol::Doctor};"),
            ("ledger/chain.rs", "use crate::{algebra::{Scalar, hash}, sim};"),
            ("record.rs", "fn f() { crate::protocol::trail(); }"),
            ("protocol/seal.rs", "use crate::sim::Network as N;"),
            ("record/scan.rs", "use super::super::protocol::Doctor;"),
            ("record.rs", "use super::protocol::Doctor;"),
            (
                "store.rs",
                "/// Doc.\nuse crate::{\n    error::DecodeError,\n    record::{self, Class},\n};",
            ),
            ("sim.rs", "use crate::bin;"),
            ("store/chunk.rs", "pub use crate::ledger::*;"),
        ] {
            assert_eq!(check(path, body).len(), 1, "{path}: {body}");
        }
    }

    #[test]
    fn imports_between_siblings_are_found() {
        for body in ["use crate::peks;", "use crate::{pre::keygen};", "use super::store::Cid;"] {
            assert_eq!(check("abe.rs", body).len(), 1, "{body}");
        }
        assert_eq!(check("peks/plain.rs", "use super::super::pre;").len(), 1);
    }

    #[test]
    fn permitted_imports_pass() {
        for (path, body) in [
            ("abe/keys.rs", "use super::fabeo; use crate::{policy, algebra::G1, abe::Header};"),
            ("dem.rs", "use crate::{policy, sign, error};"),
            ("ledger.rs", "use crate::record::Class; use crate::pre;"),
            ("bin/epione/main.rs", "use epione::sim::Network;"),
            ("sign.rs", "mod tests { use super::*; use crate::algebra; }"),
            ("protocol/open.rs", "use super::{Doctor, reencrypt}; use crate::{store, dem};"),
            ("error.rs", "//! crate::protocol\n// crate::sim\nfn f() { \"crate::ledger\"; }"),
            (
                "error.rs",
                "fn f() { r#\"use crate::sim; \"quoted\" \"#; '\"'; \"\\\"crate::sim::\" }",
            ),
        ] {
            assert_eq!(check(path, body), Vec::<String>::new(), "{path}: {body}");
        }
    }

    #[test]
    fn forms_that_evade_the_resolution_of_paths_are_found() {
        for body in [
            "use crate as root;",
            "use crate::{self as root};",
            "use crate::*;",
            "use crate::{error::DecodeError, *};",
            "use super::{self as root};",
            "use super::*;",
            "mod tests { use super::super::*; }",
            "use epione as root;",
            "extern crate self as root;",
            "call!(crate, sim);",
            "macro_rules! m { ($m:ident) => { crate::$m::f() }; }",
            "use crate::Doctor;",
            "include!(\"../sim.rs\");",
            "#[path = \"sim.rs\"] mod renamed;",
            "#[cfg_attr(all(), path = \"sim.rs\")] mod renamed;",
            "fn f() { ('\"', crate::sim::f(), '\"') }",
            "fn f() { (b'\"', '\\'', crate::sim::f()) }",
            "fn f() { vec![crate :: sim :: f()]; }",
            "fn f() { crate /* \" */ ::sim::f() }",
            "use self::super::sim;",
            "use r#super::r#sim;",
            "use crate::r#sim;",
            "macro_rules! m { () => { $crate::sim::f() }; }",
            "#[cfg(test)] mod tests { use epione::sim; }",
            "#[cfg(test)] mod tests { use super::super::sim; }",
            "fn f(s: ark_bls12_381::Fr) {}",
            "fn f() { blst::blst_fr::default(); }",
            "fn f() { unsafe{ g() } }",
            "#[expect(unsafe_code)] mod inner {}",
            "#[allow(dead_code, unsafe_code)] mod inner {}",
        ] {
            assert!(!check("dem.rs", body).is_empty(), "{body}");
        }
        let root = |text: &str| violations(&Source { path: "lib.rs".into(), text: text.into() });
        assert_eq!(root("pub mod sim;"), Vec::<String>::new());
        assert_eq!(root("pub mod sim;\npub use sim::Network;").len(), 1);
    }

    #[test]
    fn violations_of_the_conventions_are_found() {
        assert_eq!(check("pre.rs", "use ark_ec::CurveGroup;").len(), 1);
        assert_eq!(check("algebra/group.rs", "use ark_ec::CurveGroup;").len(), 0);
        assert_eq!(check("pre/mod.rs", "").len(), 1);
        assert_eq!(check("pre.rs", &"\n".repeat(MAX_LINES)).len(), 1);
        assert_eq!(check("novelty.rs", "").len(), 1);
        let bare =
            Source { path: "pre.rs".to_owned(), text: "// #![forbid(unsafe_code)]".to_owned() };
        assert_eq!(violations(&bare).len(), 1);
        let text = "mod inner {\n#![forbid(unsafe_code)]\n}".to_owned();
        assert_eq!(violations(&Source { path: "pre.rs".to_owned(), text }).len(), 1);
        assert_eq!(check("pre.rs", "fn f() {").len(), 1);
        let root = Source { path: BINARY_ROOT.to_owned(), text: String::new() };
        assert_eq!(violations(&root).len(), 1);
    }

    #[test]
    fn unsafe_code_is_confined_to_the_backends() {
        let source = |path: &str, text: &str| {
            violations(&Source { path: path.to_owned(), text: text.to_owned() }).len()
        };
        let explained = "#![allow(unsafe_code)]\n// SAFETY: it is.\nfn f() { unsafe { g() } }";
        assert_eq!(source("algebra/backend/blst.rs", explained), 0);
        assert_eq!(source("algebra/backend/blst/curve.rs", explained), 0);
        assert_eq!(source("algebra/backend/ifma/lanes.rs", explained), 0);
        assert_eq!(source("algebra/backend/blst.rs", "fn f() { unsafe { g() } }"), 1);
        assert_eq!(source("algebra/backend.rs", explained), 1);
        assert_eq!(source("algebra/backend/blster.rs", explained), 2);
        assert_eq!(source("algebra/backend/portable.rs", ""), 1);
    }
}
