//! Test vectors of data encapsulation, computed segment by segment.

use crate::vectors::format::{Fields, File, compare_or_write, draw};
use chacha20poly1305::aead::Aead;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use epione::algebra::Secret;
use epione::algebra::codec::VERSION;
use epione::algebra::hash::kdf;
use epione::algebra::tag::{self, Kind};
use epione::dem::{self, ContentKey};
use sha2::{Digest, Sha256};

/// Maximum length of a plaintext whose ciphertext is stored in full.
const FULL: usize = 1024;

/// Bytes `start` to `start + length` of the plaintext whose byte `i` is `i mod 251`.
pub(crate) fn plaintext(start: usize, length: usize) -> Vec<u8> {
    (start..start + length).map(|i| (i % 251) as u8).collect()
}

/// Encrypts a segment with `nonce = prefix || 32-bit number || 1 for the last segment, else 0`.
pub(crate) fn segment(okm: &[u8; 83], number: u32, last: u8, plaintext: &[u8]) -> Vec<u8> {
    let nonce = [&okm[32..51], &number.to_be_bytes(), &[last]].concat();
    XChaCha20Poly1305::new(okm[..32].into()).encrypt(nonce[..].into(), plaintext).unwrap()
}

#[test]
fn dem_vectors() {
    let mut file = File::new(
        "EPIONE-V1-DEM",
        "XChaCha20-Poly1305 in STREAM with a key commitment. Byte i of a plaintext is i mod 251.",
        &[tag::DEM_KEYS],
    );
    let rng = &mut file.rng();
    for length in [0, 1, 32, 1024, 65_535, 65_536, 65_537, 200_000] {
        let key = draw::<32>(rng);
        let context = format!("record 7, {length} bytes");
        let plaintext = plaintext(0, length);
        // okm = HKDF(content key, context): cipher key 32, nonce prefix 19, commitment 32.
        let okm = *kdf::<83>(tag::DEM_KEYS, &key, &[context.as_bytes()]).expose();
        let mut sealed = vec![VERSION, Kind::DemCiphertext as u8];
        sealed.extend(&okm[51..]);
        let segments: Vec<&[u8]> =
            if length == 0 { vec![&[]] } else { plaintext.chunks(1 << 16).collect() };
        for (i, plaintext) in segments.iter().enumerate() {
            let last = u8::from(i + 1 == segments.len());
            sealed.extend(segment(&okm, i as u32, last, plaintext));
        }
        let content = ContentKey::from_secret(Secret::new(key));
        assert_eq!(dem::seal(&content, context.as_bytes(), &plaintext), sealed);
        assert_eq!(sealed.len() as u64, dem::sealed_length(length as u64));
        assert_eq!(*dem::open(&content, context.as_bytes(), &sealed).unwrap(), plaintext);

        let inputs = Fields::default()
            .hex("key", key)
            .hex("context", &context)
            .number("plaintext_length", length as u64);
        let trace = Fields::default()
            .hex("cipher_key", &okm[..32])
            .hex("nonce_prefix", &okm[32..51])
            .hex("commitment", &okm[51..])
            .number("segments", segments.len() as u64);
        let outputs = Fields::default()
            .number("sealed_length", sealed.len() as u64)
            .hex("sealed_sha256", Sha256::digest(&sealed));
        let outputs = if length <= FULL { outputs.hex("sealed", sealed) } else { outputs };
        file.case(&format!("a plaintext of {length} bytes"), inputs, trace, outputs);
    }
    compare_or_write("dem.json", &file);
}
