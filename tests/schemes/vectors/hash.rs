//! All hash functions, under all tags that use them.

use crate::vectors::format::{Fields, File, all_tags, compare_or_write};
use epione::algebra::hash::{
    digest, expand_message_xmd, framed, hash_to_g1, hash_to_g2, hash_to_scalar, kdf,
};
use epione::algebra::tag;

const MESSAGES: [&[u8]; 3] = [b"", b"abc", b"NIHSS 4, left middle cerebral artery"];

#[test]
fn hash_vectors() {
    let mut file = File::new(
        "EPIONE-V1-HASH",
        "Framing, digest, HKDF and the hash functions of RFC 9380, under this crate's tags.",
        tag::ALL,
    );
    for (name, tag) in all_tags() {
        for message in MESSAGES {
            let text = std::str::from_utf8(tag.as_bytes()).unwrap();
            let (trace, outputs) = (Fields::default(), Fields::default());
            let (comment, function, trace, outputs) = if text.contains("BLS12381G1") {
                let point = hash_to_g1(tag, message).to_bytes();
                ("hash to G1", "hash_to_g1", trace, outputs.hex("point", point))
            } else if text.contains("BLS12381G2") {
                let point = hash_to_g2(tag, message).to_bytes();
                ("hash to G2", "hash_to_g2", trace, outputs.hex("point", point))
            } else if text.contains("expander") {
                let trace = trace.hex("uniform_bytes", expand_message_xmd(tag, message, 48));
                let outputs = outputs.scalar("scalar", &hash_to_scalar(tag, message));
                ("48 expanded bytes modulo r", "hash_to_scalar", trace, outputs)
            } else {
                continue;
            };
            let inputs = Fields::default().text("tag", &name).hex("message", message);
            file.case(comment, inputs.text("function", function), trace, outputs);
        }
    }
    for length in [0, 1, 32, 33, 48, 128] {
        let output = expand_message_xmd(tag::PRE_EXPONENT, b"abc", length);
        let inputs = Fields::default()
            .text("tag", "PRE_EXPONENT")
            .hex("message", "abc")
            .number("length", length as u64)
            .text("function", "expand_message_xmd");
        file.case(
            "expanded bytes of a given length",
            inputs,
            Fields::default(),
            Fields::default().hex("output", output),
        );
    }
    let lists: [&[&[u8]]; 5] = [&[], &[b""], &[b"ab"], &[b"a", b"b"], &[b"", b"ab", b""]];
    for parts in lists {
        let inputs = || Fields::default().list("parts", parts.iter().map(hex::encode));
        let bytes = framed(parts);
        file.case(
            "each part preceded by its 32-bit length",
            inputs().text("function", "framed"),
            Fields::default(),
            Fields::default().hex("output", &bytes),
        );
        let inputs = || inputs().text("tag", "PRE_BODY");
        file.case(
            "SHA-256 of the framed tag and parts",
            inputs().text("function", "digest"),
            Fields::default()
                .hex("hashed", [framed(&[tag::PRE_BODY.as_bytes()]), bytes.clone()].concat()),
            Fields::default().hex("output", digest(tag::PRE_BODY, parts)),
        );
        file.case(
            "HKDF-SHA-256: salt = tag, info = framed parts",
            inputs().hex("secret", "secret").text("function", "kdf").number("length", 83),
            Fields::default().hex("info", bytes),
            Fields::default().hex("output", kdf::<83>(tag::PRE_BODY, b"secret", parts).expose()),
        );
    }
    compare_or_write("hash.json", &file);
}
