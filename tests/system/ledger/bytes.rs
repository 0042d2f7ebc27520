//! Hostile bytes: decoding is canonical and never panics.

use super::*;

fn samples() -> (Vec<u8>, Vec<u8>) {
    let (mut chain, record, grant) = Chain::with_grant(60);
    let request = chain.request(record, Basis::Grant(grant));
    let block = chain.propose(chain.time + 1, &[request]);
    let owner = chain.parties.owner.clone();
    (chain.record(&owner, [2; 32]).to_bytes(), block.to_bytes())
}

/// Asserts that decoded values encode to the same bytes and that processing them does not panic.
fn process(chain: &Chain, bytes: &[u8]) {
    if let Ok(transaction) = Transaction::from_bytes(bytes) {
        assert_eq!(transaction.to_bytes(), bytes);
        let _ = transaction.check(&chain.config, &chain.parties.centre.verifying_key());
    }
    if let Ok(block) = Block::from_bytes(bytes) {
        assert_eq!(block.to_bytes(), bytes);
        let _ = chain.verify_as(&block, None);
    }
    let format = chain.ledger.format();
    if let Ok(request) = format.decode_request(bytes) {
        let _ = chain.ledger.admit(&request);
        let _ = (format.price(&request), format.verify_request(&chain.config, &request));
    }
    let _ = format.decode(bytes).map(|(_, block)| format.requests(&block).len());
}

#[test]
fn changed_bytes_and_prefixes_cause_no_panic() {
    let (chain, _, _) = Chain::with_grant(60);
    let (transaction, block) = samples();
    for honest in [transaction, block] {
        for i in 0..honest.len() {
            process(&chain, &honest[..i]);
            let mut changed = honest.clone();
            changed[i] ^= 1 << (i % 8);
            process(&chain, &changed);
            changed[i] = 0xff;
            process(&chain, &changed);
        }
        let longer = [&honest[..], &[0]].concat();
        assert!(Transaction::from_bytes(&longer).is_err() && Block::from_bytes(&longer).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn random_bytes_after_a_valid_prefix_cause_no_panic(
        tail in prop::collection::vec(any::<u8>(), 0..600),
        kind in prop::sample::select(vec![0x80u8, 0x81]),
        cut in 0usize..300,
    ) {
        let chain = Chain::empty(61);
        let start = samples_cached(kind);
        let mut bytes = start[..cut.min(start.len()).max(2)].to_vec();
        bytes.extend(tail);
        process(&chain, &bytes);
    }
}

fn samples_cached(kind: u8) -> &'static [u8] {
    static SAMPLES: std::sync::OnceLock<(Vec<u8>, Vec<u8>)> = std::sync::OnceLock::new();
    let (transaction, block) = SAMPLES.get_or_init(samples);
    if kind == 0x80 { transaction } else { block }
}
