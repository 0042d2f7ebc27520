//! The layers of the crate: a file imports only from lower layers and keeps the conventions.

use std::fs;
use std::path::{Path, PathBuf};

/// The modules of each layer, lowest first. `true` if modules of the layer may import each other.
const LAYERS: [(&[&str], bool); 7] = [
    (&["error", "algebra"], true),
    (&["policy", "dem", "sign"], true),
    (&["abe", "peks", "pre", "pseudonym", "store", "consensus"], false),
    (&["record", "ledger"], true),
    (&["protocol"], true),
    (&["sim"], true),
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

/// The module that may name the pairing library.
const NAMES_ARKWORKS: &str = "algebra";

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

/// Returns the text without comments and strings.
fn code(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        if rest.starts_with("//") {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
        } else if rest.starts_with("/*") {
            rest = rest.find("*/").map_or("", |end| &rest[end + 2..]);
        } else if let Some(hashes) = raw_string(rest) {
            let close = format!("\"{}", "#".repeat(hashes));
            let body = &rest[hashes + 2..];
            rest = body.find(&close).map_or("", |end| &body[end + close.len()..]);
        } else if rest.starts_with('"') {
            let mut escaped = false;
            let end = rest[1..].find(|c| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            });
            rest = end.map_or("", |end| &rest[end + 2..]);
        } else if rest.starts_with("'\"'") || rest.starts_with("b'\"'") {
            rest = &rest[rest.find("\"'").unwrap() + 2..];
        } else {
            let c = rest.chars().next().unwrap();
            code.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    code
}

/// Returns the number of hashes if a raw string starts here.
fn raw_string(text: &str) -> Option<usize> {
    let after = text.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].starts_with('"').then_some(hashes)
}

/// Returns every path that the code names, with braces and `as` resolved:
/// `use crate::{a, b::{c, d}}` gives `crate::a`, `crate::b::c`, `crate::b::d`.
fn paths(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for start in ["crate", "super", "epione"] {
        let mut from = 0;
        while let Some(at) = code[from..].find(start) {
            let at = from + at;
            from = at + start.len();
            let before = code[..at].chars().next_back().unwrap_or(' ');
            let inside = before.is_alphanumeric() || before == '_' || code[..at].ends_with("::");
            if !inside && code[from..].trim_start().starts_with("::") {
                let tail = code[from..].trim_start().strip_prefix("::").unwrap();
                expand(vec![start.to_owned()], tail, &mut found);
            }
        }
    }
    found
}

/// Adds the paths that follow `prefix` and `::`, and returns the remaining text.
fn expand<'a>(prefix: Vec<String>, text: &'a str, found: &mut Vec<Vec<String>>) -> &'a str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
            if let Some(after) = rest.strip_prefix('}') {
                return after;
            }
            let before = rest;
            rest = expand(prefix.clone(), rest, found);
            // Skip `as name`.
            rest = rest.trim_start_matches(|c| c != ',' && c != '}' && c != '{');
            if rest.is_empty() || rest == before {
                return rest;
            }
        }
    }
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let mut path = prefix;
    path.push(text[..end].to_owned());
    let rest = &text[end..];
    match rest.trim_start().strip_prefix("::") {
        Some(tail) if end > 0 => expand(path, tail, found),
        _ => {
            found.push(path);
            rest
        }
    }
}

/// Returns the top-level modules that a file names, with paths resolved relative to the file.
fn imports(source: &Source) -> Vec<String> {
    let stem = source.path.strip_suffix(".rs").unwrap();
    let own: Vec<&str> = stem.split('/').filter(|part| *part != "lib").collect();
    let names = paths(&code(&source.text)).into_iter().filter_map(|path| {
        let supers = path.iter().take_while(|part| *part == "super").count();
        if path[0] == "crate" || path[0] == "epione" {
            return path.get(1).cloned();
        }
        // As many `super` as modules lead to the root. Inner modules (tests) are one level deeper:
        // paths beyond the root start there.
        let home = own.len().checked_sub(supers)?;
        if home == 0 { path.get(supers).cloned() } else { Some(own[0].to_owned()) }
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    names.dedup();
    names
}

/// Returns the violations in a file.
fn violations(source: &Source) -> Vec<String> {
    let mut violations = Vec::new();
    let path = &source.path;
    let mut say = |what: String| violations.push(format!("src/{path}: {what}"));
    let lines = source.text.lines().count();
    if lines > MAX_LINES {
        say(format!("{lines} lines exceed the limit of {MAX_LINES}"));
    }
    if path.ends_with("/mod.rs") || path == "mod.rs" {
        say("is named mod.rs".to_owned());
    }
    let code = code(&source.text);
    let forbids = code.contains("#![forbid(unsafe_code)]");
    let may_be_unsafe = UNSAFE.iter().any(|module| {
        path.strip_prefix(module).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
    });
    let below_root = path.starts_with(BINARY) && path != BINARY_ROOT;
    let need_not = below_root || may_be_unsafe || WITHOUT_FORBID.contains(&path.as_str());
    if !forbids && !need_not {
        say("does not forbid unsafe code".to_owned());
    }
    if !may_be_unsafe && (code.contains("unsafe ") || code.contains("allow(unsafe_code)")) {
        say("has unsafe code".to_owned());
    }
    let blocks = code.matches("unsafe {").count();
    if source.text.matches("// SAFETY: ").count() < blocks {
        say(format!("{blocks} unsafe blocks, not all with a SAFETY comment"));
    }
    if code.contains("ark_") && module_of(path) != Some(NAMES_ARKWORKS) {
        say("names arkworks".to_owned());
    }
    let Some(module) = module_of(path) else { return violations };
    let Some(layer) = layer_of(module) else {
        say(format!("the module {module} has no layer"));
        return violations;
    };
    for import in imports(source) {
        // Other names are items of the root or modules of the binary.
        let Some(other) = layer_of(&import) else { continue };
        let among_equals = other == layer && (import == module || LAYERS[layer].1);
        if other >= layer && !among_equals {
            say(format!("layer {layer} imports {import} of layer {other}"));
        }
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
    let code = code(&root.text);
    let modules = code.lines().filter_map(|line| line.trim().strip_prefix("pub mod "));
    let modules: Vec<&str> = modules.map(|line| line.trim_end_matches(';')).collect();
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
    fn violations_of_the_conventions_are_found() {
        assert_eq!(check("pre.rs", "use ark_ec::CurveGroup;").len(), 1);
        assert_eq!(check("algebra/group.rs", "use ark_ec::CurveGroup;").len(), 0);
        assert_eq!(check("pre/mod.rs", "").len(), 1);
        assert_eq!(check("pre.rs", &"\n".repeat(MAX_LINES)).len(), 1);
        assert_eq!(check("novelty.rs", "").len(), 1);
        let bare =
            Source { path: "pre.rs".to_owned(), text: "// #![forbid(unsafe_code)]".to_owned() };
        assert_eq!(violations(&bare).len(), 1);
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
