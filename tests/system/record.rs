//! Records: sections restore the file byte for byte, and a resource is in the section of its class.

mod codes;
mod division;
mod labels;
mod limits;
mod virtual_bundle;

use epione::record::{Assembly, AssemblyError, Class, Record, RecordReader, ScanError};
use proptest::prelude::*;
use std::io::{self, Cursor, Read, Write};
use std::path::Path;
use virtual_bundle::{ComparingSink, VirtualBundle};

/// Returns the plaintexts of all sections, in reverse order: the order of sections has no effect.
fn sections(file: &[u8], record: &Record) -> Vec<Vec<u8>> {
    let section = |class| {
        let mut section = Vec::new();
        record.section(class, &mut Cursor::new(file)).read_to_end(&mut section).unwrap();
        section
    };
    record.classes().into_iter().rev().map(section).collect()
}

/// Returns the record merged from the plaintexts of its sections.
fn merge(sections: &[Vec<u8>], length: u64) -> io::Result<Vec<u8>> {
    let sections = sections.iter().map(Vec::as_slice).collect();
    let mut record = Vec::new();
    RecordReader::new(sections, length)?.read_to_end(&mut record)?;
    Ok(record)
}

/// Asserts that two scans have the same outcome.
fn assert_same_outline(a: &Record, b: &Record) {
    let outline = |record: &Record| format!("{record:?}");
    assert_eq!(outline(a), outline(b));
}

/// Splits a file, reassembles it by [`Assembly`] and by [`RecordReader`], and scans the merged
/// stream; returns its outline and the restored bytes.
fn round_trip(file: &[u8], name: &str) -> (Record, Vec<u8>) {
    let record = Record::scan(&mut Cursor::new(file), name).unwrap();
    let mut output = Cursor::new(Vec::new());
    let mut assembly = Assembly::new(&mut output, record.length());
    let sections = sections(file, &record);
    for section in &sections {
        io::copy(&mut section.as_slice(), &mut assembly.section()).unwrap();
    }
    let coverage = assembly.finish().unwrap();
    assert!(coverage.is_complete(), "{name}: {coverage:?}");
    assert!(merge(&sections, record.length()).unwrap() == file, "{name}");
    let readers = sections.iter().map(Vec::as_slice).collect();
    let mut merged = RecordReader::new(readers, record.length()).unwrap();
    assert_same_outline(&Record::scan(&mut merged, name).unwrap(), &record);
    (record, output.into_inner())
}

fn classes_of(file: &str) -> Vec<Class> {
    let (record, output) = round_trip(file.as_bytes(), "x.json");
    assert_eq!(output, file.as_bytes());
    record.classes()
}

/// The content of a section without its table.
fn content(file: &[u8], record: &Record, class: Class) -> Vec<u8> {
    let mut section = Vec::new();
    record.section(class, &mut Cursor::new(file)).read_to_end(&mut section).unwrap();
    let rows = u32::from_be_bytes(section[2..6].try_into().unwrap()) as usize;
    section.split_off(6 + 16 * rows)
}

fn whitespace() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", " ", "\n", "\t\r\n  ", "      "]).prop_map(str::to_owned)
}

/// The text of any JSON value, with irregular spacing.
fn json() -> impl Strategy<Value = String> {
    json_with(false)
}

/// The text of any JSON value, with or without duplicate keys.
fn json_with(unique: bool) -> impl Strategy<Value = String> {
    let text = prop::sample::select(vec![
        "null",
        "true",
        "false",
        "0",
        "-1.5e-7",
        "1e400",
        "18446744073709551616",
        "\"\"",
        "\"\\\"}\"",
        "\"{[\\\\\"",
        "\"Zo\u{eb} \u{1f9ec}\"",
        "\"\\ud83e\\uddec\"",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\\n\"",
        "\"entry\"",
        "[]",
        "{}",
        "{\"coding\": [{\"system\": \"s\", \"code\": \"c\"}]}",
        "{\"security\": 7}",
    ]);
    text.prop_map(str::to_owned).prop_recursive(5, 40, 5, move |inner| {
        prop_oneof![
            (prop::collection::vec((whitespace(), inner.clone(), whitespace()), 0..5)).prop_map(
                |items| {
                    let items: Vec<String> =
                        items.into_iter().map(|(a, item, b)| format!("{a}{item}{b}")).collect();
                    format!("[{}]", items.join(","))
                }
            ),
            prop::collection::vec((key(), whitespace(), inner), 0..5).prop_map(
                move |mut fields| {
                    if unique {
                        fields.sort_by_key(|(key, ..)| *key);
                        fields.dedup_by_key(|(key, ..)| *key);
                    }
                    let fields: Vec<String> = fields
                        .into_iter()
                        .map(|(k, w, v)| format!("{w}\"{k}\"{w}:{v}{w}"))
                        .collect();
                    format!("{{{}}}", fields.join(","))
                }
            ),
        ]
    })
}

/// The text of any JSON value without resources, labels and duplicate keys, which restrict a
/// resource.
fn plain_json() -> impl Strategy<Value = String> {
    let is_plain = |text: &String| !text.contains("resourceType") && !text.contains("security");
    json_with(true).prop_filter("no resource, no label", is_plain)
}

fn key() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "resourceType",
        "entry",
        "resource",
        "meta",
        "security",
        "code",
        "coding",
        "system",
        "x",
        "",
        "Zo\u{eb}",
        "\\u0065ntry",
        "a\\nb",
    ])
}

/// A resource and its class.
fn resource() -> impl Strategy<Value = (Class, String)> {
    let kinds = prop::sample::select(vec![
        (Class::Identity, "Patient"),
        (Class::Identity, "RelatedPerson"),
        (Class::Clinical, "Observation"),
        (Class::Clinical, "UnknownType"),
        (Class::Financial, "Claim"),
        (Class::Financial, "ExplanationOfBenefit"),
        (Class::Administrative, "Organization"),
        (Class::Administrative, "Encounter"),
    ]);
    let labels = prop::sample::select(vec!["", "N", "R", "V", "PSY", "HIV", "SUD"]);
    (kinds, labels, whitespace(), plain_json(), any::<bool>()).prop_map(
        |((class, kind), label, w, value, last)| {
            let restricted = !["", "N"].contains(&label);
            let class = if restricted { Class::Restricted } else { class };
            let system = match label {
                "N" | "R" | "V" => "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
                _ => "http://terminology.hl7.org/CodeSystem/v3-ActCode",
            };
            let coding = format!("{{\"code\":{w}\"{label}\",\"system\":\"{system}\"}}");
            let coding = if label.is_empty() { String::new() } else { coding };
            let meta = format!("\"meta\":{w}{{\"security\":[{coding}]}}");
            let kind = format!("{w}\"resourceType\"{w}:{w}\"{kind}\"");
            let other = format!("\"value\":{value}");
            // The label precedes or follows the type.
            let fields = if last { [kind, other, meta] } else { [meta, other, kind] };
            (class, format!("{{{}{w}}}", fields.join(&format!("{w},{w}"))))
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn bundles_of_any_spacing_and_content_round_trip(
        resources in prop::collection::vec((resource(), whitespace(), plain_json()), 0..8),
        mark in any::<bool>(),
        (before, after) in (plain_json(), plain_json()),
        type_last in any::<bool>(),
    ) {
        let entries: Vec<String> = resources
            .iter()
            .map(|((_, text), w, other)| {
                format!("{w}{{{w}\"fullUrl\":{other},{w}\"resource\"{w}:{text}{w}}}{w}")
            })
            .collect();
        let bundle = "\"resourceType\":\"Bundle\"".to_owned();
        let list = format!("\"entry\" : [{}]", entries.join(","));
        let parts = if type_last { [list, bundle] } else { [bundle, list] };
        let mark = if mark { "\u{feff}" } else { "" };
        let file = format!("{mark}{{\"x\":{before},{},\n\"y\":{after}}}\r\n", parts.join(" ,"));
        let (record, output) = round_trip(file.as_bytes(), "bundle.json");
        prop_assert_eq!(output, file.as_bytes());

        let mut expected: Vec<Class> = resources.iter().map(|((class, _), ..)| *class).collect();
        expected.push(Class::Administrative);
        expected.sort();
        expected.dedup();
        prop_assert_eq!(record.classes(), expected);
        // Each resource is unchanged in the section of its class.
        for ((class, text), ..) in &resources {
            let section = content(file.as_bytes(), &record, *class);
            prop_assert!(section.windows(text.len()).any(|window| window == text.as_bytes()));
        }
    }

    #[test]
    fn any_json_round_trips(value in json(), w in whitespace()) {
        let file = format!("{w}{value}{w}");
        prop_assert_eq!(round_trip(file.as_bytes(), "x.json").1, file.as_bytes());
        prop_assert_eq!(round_trip(file.as_bytes(), "x").1, file.as_bytes());
    }

    #[test]
    fn any_bytes_without_a_json_name_round_trip(
        bytes in prop::collection::vec(any::<u8>(), 1..2000),
        braced in any::<bool>(),
    ) {
        let file = if braced { [b"{".as_slice(), &bytes].concat() } else { bytes };
        let (record, output) = round_trip(&file, "image.dcm");
        prop_assert_eq!(&output, &file);
        // Random bytes are not FHIR.
        prop_assert_eq!(record.classes(), [Class::Document]);
        // With a `.json` name they are rejected unless they are JSON.
        match Record::scan(&mut Cursor::new(&file), "x.json") {
            Ok(_) => prop_assert!(serde_json::from_slice::<serde_json::Value>(&file).is_ok()),
            Err(error) => {
                let is_syntax = matches!(error, ScanError::Json(_) | ScanError::Encoding);
                prop_assert!(is_syntax, "{}", error);
            }
        }
    }

    /// An altered table causes neither a panic nor a write beyond the record.
    #[test]
    fn hostile_sections_are_rejected_or_stay_within_the_record(
        at in any::<prop::sample::Index>(),
        with in any::<u8>(),
        cut in any::<prop::sample::Index>(),
        keep_length in any::<bool>(),
    ) {
        let file = include_bytes!("../../vectors/records/stroke.json");
        let record = Record::scan(&mut Cursor::new(file), "x.json").unwrap();
        let mut section = Vec::new();
        record.section(Class::Clinical, &mut Cursor::new(file)).read_to_end(&mut section).unwrap();
        let head = section.len().min(400);
        let at = at.index(head);
        section[at] = with;
        if !keep_length {
            section.truncate(cut.index(section.len()));
        }
        if let Ok(merged) = merge(std::slice::from_ref(&section), record.length()) {
            prop_assert_eq!(merged.len() as u64, record.length());
        }
        let mut output = Cursor::new(Vec::new());
        let mut assembly = Assembly::new(&mut output, record.length());
        let written = assembly.section().write_all(&section);
        if let Ok(coverage) = assembly.finish() {
            prop_assert!(written.is_err() || coverage.written <= coverage.length);
        }
        prop_assert!(output.into_inner().len() as u64 <= record.length());
    }
}

/// A section that is missing, repeated, truncated, longer or divided otherwise.
#[test]
fn sections_that_do_not_assemble_to_the_file_are_not_merged() {
    let file = include_bytes!("../../vectors/records/stroke.json");
    let record = Record::scan(&mut &file[..], "x.json").unwrap();
    let honest = sections(file, &record);
    let cause = |sections: &[Vec<u8>]| {
        let error = merge(sections, record.length()).unwrap_err();
        *error.into_inner().unwrap().downcast::<AssemblyError>().unwrap()
    };
    assert!(honest.len() > 3);
    for i in 0..honest.len() {
        let with = |change: &dyn Fn(&mut Vec<Vec<u8>>)| {
            let mut sections = honest.clone();
            change(&mut sections);
            cause(&sections)
        };
        assert_eq!(with(&|all| drop(all.remove(i))), AssemblyError::Gap);
        assert_eq!(with(&|all| all.push(all[i].clone())), AssemblyError::Overlap);
        assert_eq!(with(&|all| drop(all[i].split_off(honest[i].len() - 1))), AssemblyError::Length);
        assert_eq!(with(&|all| all[i].push(b' ')), AssemblyError::Length);
        // The length of the last piece, and the offset of the first one.
        let rows = |section: &[u8]| u32::from_be_bytes(section[2..6].try_into().unwrap()) as usize;
        let last = |section: &[u8]| 6 + 16 * rows(section) - 1;
        let length = last(&honest[i]);
        let shorter = with(&|all| all[i][length] ^= 1);
        assert!(matches!(
            shorter,
            AssemblyError::Gap | AssemblyError::Overlap | AssemblyError::Table(_)
        ));
        if rows(&honest[i]) > 1 {
            let swapped = with(&|all| {
                let (first, second) = all[i][6..38].split_at_mut(16);
                first.swap_with_slice(second);
            });
            assert!(matches!(swapped, AssemblyError::Table(_)), "{swapped}");
        }
    }
    for length in [0, record.length() - 1, record.length() + 1, u64::MAX] {
        assert!(merge(&honest, length).is_err(), "{length}");
    }
}

/// One pass suffices: the type of a file is found without a second look at its bytes.
#[test]
fn files_that_are_not_seekable_are_scanned() {
    /// Returns one byte per read.
    struct Trickle<'a>(&'a [u8]);
    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let most = buffer.len().min(1);
            self.0.read(&mut buffer[..most])
        }
    }
    let files: [&[u8]; 10] = [
        include_bytes!("../../vectors/records/stroke.json"),
        b"\xef\xbb\xbf{\"resourceType\": \"Patient\"}\n",
        b"\xef\xbb\xbf",
        b"{\"a\": }, then text",
        b"{\"a\": }, then text \xff",
        b"{\"a\": 1} \xff",
        b"{} \xc3",
        b"%PDF-1.7",
        b"{",
        "\u{1f9ec}".as_bytes(),
    ];
    for file in files {
        for name in ["x.json", "x.ndjson", "x"] {
            let whole = Record::scan(&mut &*file, name);
            match (whole, Record::scan(&mut Trickle(file), name)) {
                (Ok(a), Ok(b)) => {
                    assert_eq!(a.length(), file.len() as u64);
                    assert_same_outline(&a, &b);
                }
                (Err(a), Err(b)) => assert_eq!(a.to_string(), b.to_string()),
                (a, b) => panic!("{name}: {a:?} and {b:?}"),
            }
        }
    }
}

/// Parsers differ in which duplicate key they take, so the labels of all resources under it apply.
#[test]
fn a_restricted_resource_under_a_duplicate_key_restricts_the_entry() {
    let file = r#"{"resourceType": "Bundle", "entry": [{
        "resource": {"resourceType": "Observation", "meta": {"security": [{"code": "HIV"}]}},
        "resource": {"resourceType": "Organization"}}]}"#;
    assert_eq!(classes_of(file), [Class::Restricted, Class::Administrative]);
}

#[test]
fn bundles_with_duplicate_keys_round_trip() {
    for file in [
        r#"{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient"}}],
            "entry": [{"resource": {"resourceType": "Claim"}}], "entry": 7, "entry": []}"#,
        r#"{"resourceType": "Bundle", "resourceType": "Patient", "entry": [{"resource": {}}]}"#,
        r#"{"resourceType": "Patient", "entry": [{"resource": {}}], "resourceType": "Bundle"}"#,
        r#"{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient"},
            "resource": {"resourceType": "Claim"}}]}"#,
    ] {
        classes_of(file);
    }
    let both = classes_of(
        r#"{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient"}}],
            "entry": [{"resource": {"resourceType": "Claim"}}]}"#,
    );
    assert_eq!(both, [Class::Identity, Class::Financial, Class::Administrative]);
}

#[test]
fn escaped_keys_and_types_are_recognised() {
    let file = "{\"resource\\u0054ype\": \"B\\u0075ndle\", \"\\u0065ntry\": \
                [{\"resourc\\u0065\": {\"resourceType\": \"Pati\\u0065nt\"}}]}";
    assert_eq!(classes_of(file), [Class::Identity, Class::Administrative]);
}

#[test]
fn bundles_with_malformed_entries_round_trip() {
    for entries in [
        "[]",
        "[[]]",
        "[null, 1, \"x\", true, -1.5]",
        "[{}, [{}], {}]",
        "[[[{\"resource\": {}}]]]",
        "{}",
        "null",
        "\"[]\"",
        "[{\"resource\": null}, {\"resource\": []}, {\"resource\": \"Patient\"}]",
    ] {
        let file = format!("{{\"resourceType\": \"Bundle\", \"entry\": {entries}}}");
        assert!(classes_of(&file).contains(&Class::Administrative), "{entries}");
    }
}

#[test]
fn deep_nesting_is_scanned_or_rejected_with_a_clear_error() {
    for depth in [10, 100, 120, 200, 100_000] {
        let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let file = format!("{{\"resourceType\": \"Observation\", \"x\": {nested}}}");
        // Without the `.json` name, a file that the parser rejects is one section.
        assert_eq!(round_trip(file.as_bytes(), "deep").1, file.as_bytes());
        match Record::scan(&mut Cursor::new(&file), "deep.json") {
            Ok(record) => assert_eq!(record.classes(), [Class::Clinical]),
            Err(error) => {
                assert!(depth > 100, "{depth}: {error}");
                assert!(error.to_string().contains("more than 128 levels"), "{error}");
            }
        }
    }
}

#[test]
fn empty_malformed_and_unreadable_files_have_distinct_errors() {
    let scan = |bytes: &[u8], name: &str| Record::scan(&mut Cursor::new(bytes), name);
    assert!(matches!(scan(b"", "x.json"), Err(ScanError::Empty)));
    assert!(matches!(scan(b"", "x"), Err(ScanError::Empty)));
    for broken in
        ["{", "{\"a\": }", "{} x", "{\"a\": 1,}", "nul", " ", "\u{feff}", "{\"a\": \"\u{1}\"}"]
    {
        assert!(matches!(scan(broken.as_bytes(), "x.Json"), Err(ScanError::Json(_))), "{broken}");
        assert_eq!(scan(broken.as_bytes(), "x.jsonl").unwrap().classes(), [Class::Document]);
    }
    let scan_error = scan(b"{\"resourceType\": \"\xff\"}", "x.json").unwrap_err();
    assert!(matches!(scan_error, ScanError::Encoding));
    // A file whose reads start to fail.
    struct Fails(u64);
    impl Read for Fails {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0 += 1;
            if self.0 > 2 {
                return Err(io::Error::other("the disk is gone"));
            }
            buffer.fill(b' ');
            buffer[0] = b'{';
            Ok(buffer.len())
        }
    }
    let error = Record::scan(&mut Fails(0), "x.json").unwrap_err();
    assert!(matches!(error, ScanError::Io(_)) && error.to_string().contains("the disk is gone"));
}

/// JSON is UTF-8, also in fields that the parser skips.
#[test]
fn a_json_file_in_latin_1_is_rejected() {
    let file = b"{\"resourceType\": \"Patient\", \"name\": \"Zo\xeb\"}";
    let outcome = Record::scan(&mut Cursor::new(file), "x.json");
    assert!(matches!(outcome, Err(ScanError::Encoding)));
}

#[test]
fn a_file_truncated_after_the_scan_is_detected() {
    let file = include_bytes!("../../vectors/records/stroke.json");
    let record = Record::scan(&mut Cursor::new(file), "x.json").unwrap();
    let shorter = &file[..file.len() - 2];
    let mut source = Cursor::new(shorter);
    let mut section = record.section(Class::Administrative, &mut source);
    let error = section.read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
}

#[test]
fn a_large_bundle_has_its_observations_and_keywords_in_the_right_sections() {
    let mut file = String::from("{\"resourceType\": \"Bundle\",\n \"entry\": [");
    let mut restricted = 0;
    for i in 0..700 {
        let label =
            if i % 7 == 0 { "\"meta\": {\"security\": [{\"code\": \"PSY\"}]}, " } else { "" };
        restricted += usize::from(i % 7 == 0);
        let note = "observed \u{e9}\u{1f9ec} ".repeat(380);
        file.push_str(&format!(
            "{}{{\"resource\": {{\"resourceType\": \"Observation\", {label}\"code\": {{\"coding\": \
             [{{\"system\": \"loinc\", \"code\": \"{}\"}}]}}, \"note\": \"{note}\"}}}}",
            if i == 0 { "" } else { ",\n" },
            i % 50
        ));
    }
    file.push_str("]}");
    assert!(file.len() > 4_000_000);
    let (record, output) = round_trip(file.as_bytes(), "large.json");
    assert!(output == file.as_bytes());
    assert_eq!(record.classes(), [Class::Clinical, Class::Restricted, Class::Administrative]);
    let keywords: Vec<_> = record.keywords().filter(|keyword| keyword.field == "code").collect();
    assert_eq!(keywords.len(), 50);
    let section = content(file.as_bytes(), &record, Class::Restricted);
    let count = String::from_utf8(section).unwrap().matches("\"PSY\"").count();
    assert_eq!(count, restricted);
}

#[test]
fn a_bundle_of_100_megabytes_is_processed_as_a_stream() {
    let bundle = || VirtualBundle { entries: 25_000, position: 0, largest_read: 0 };
    let mut file = bundle();
    assert!(file.length() > 100_000_000);
    let record = Record::scan(&mut file, "bundle.json").unwrap();
    assert_eq!(record.length(), file.length());
    assert_eq!(record.classes(), [Class::Identity, Class::Clinical, Class::Administrative]);

    let mut sink = ComparingSink { expected: bundle(), written: 0 };
    let mut assembly = Assembly::new(&mut sink, record.length());
    for class in record.classes() {
        io::copy(&mut record.section(class, &mut file), &mut assembly.section()).unwrap();
    }
    assert!(assembly.finish().unwrap().is_complete());
    assert_eq!(sink.written, file.length());

    let mut files: Vec<VirtualBundle> = record.classes().iter().map(|_| bundle()).collect();
    let section = |(class, file)| record.section(class, file);
    let readers = record.classes().into_iter().zip(&mut files).map(section).collect();
    let mut merged = RecordReader::new(readers, record.length()).unwrap();
    assert_same_outline(&Record::scan(&mut merged, "bundle.json").unwrap(), &record);
    assert!(file.largest_read <= 1 << 20, "no read covers the whole file");
}

#[test]
fn sample_files_round_trip() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let mut seen = 0;
    for kind in ["fhir", "dicom"] {
        let Ok(files) = std::fs::read_dir(folder.join(kind)) else {
            println!("skipped: there are no samples in ../shared/data/{kind}");
            continue;
        };
        for path in files.map(|file| file.unwrap().path()) {
            let (bytes, name) = (std::fs::read(&path).unwrap(), path.display().to_string());
            let (record, output) = round_trip(&bytes, &name);
            assert!(output == bytes, "{name}");
            assert_eq!(kind == "dicom", record.classes() == [Class::Document], "{name}");
            if kind == "dicom" {
                let types: Vec<&str> = record.keywords().map(|k| k.value.as_str()).collect();
                assert_eq!(types, ["application/dicom"], "{name}");
            }
            seen += 1;
        }
    }
    println!("{seen} samples");
    let shipped = include_bytes!("../../vectors/records/stroke.json");
    assert!(round_trip(shipped, "stroke.json").1 == shipped);
}
