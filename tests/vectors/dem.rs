//! Data encapsulation, restated segment by segment.

use crate::vectors::format::{Fields, File, draw, settle};
use chacha20poly1305::aead::Aead;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use epione::algebra::Secret;
use epione::algebra::codec::VERSION;
use epione::algebra::hash::kdf;
use epione::algebra::tag::{self, Kind};
use epione::dem::{self, ContentKey};
use sha2::{Digest, Sha256};

/// Up to this many bytes a case carries its plaintext and ciphertext in full.
const FULL: usize = 1024;

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
        let plaintext: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
        // okm = HKDF(content key, context): cipher key 32, nonce prefix 19, commitment 32.
        let okm = *kdf::<83>(tag::DEM_KEYS, &key, &[context.as_bytes()]).expose();
        let cipher = XChaCha20Poly1305::new(okm[..32].into());
        let mut sealed = vec![VERSION, Kind::DemCiphertext as u8];
        sealed.extend(&okm[51..]);
        let segments: Vec<&[u8]> =
            if length == 0 { vec![&[]] } else { plaintext.chunks(1 << 16).collect() };
        for (i, segment) in segments.iter().enumerate() {
            // nonce = prefix || 32-bit counter || 1 for the last segment
            let last = u8::from(i + 1 == segments.len());
            let nonce = [&okm[32..51], &(i as u32).to_be_bytes(), &[last]].concat();
            sealed.extend(cipher.encrypt(nonce[..].into(), *segment).unwrap());
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
        file.case("a plaintext", inputs, trace, outputs);
    }
    settle("dem.json", &file);
}
