# The commands that people repeat.

# List them.
default:
    @just --list

# The whole way of a record.
demo *FILES:
    cargo run --release -- demo {{FILES}}

# Everything that must pass.
ci:
    bash .ci/run

# So many times the seeds of the consensus campaigns.
campaign TIMES="20":
    EPIONE_CAMPAIGN={{TIMES}} cargo test consensus

# So many times the comparisons of the backends: 100 are ten thousand cases an operation.
equivalence TIMES="100":
    EPIONE_CAMPAIGN={{TIMES}} cargo test --release --lib equivalence

# Whether secrets show in the time of operations.
timing BACKEND="blst":
    cd benches/timing && EPIONE_BACKEND={{BACKEND}} cargo run --release

# Write the test vectors anew.
vectors:
    EPIONE_WRITE_VECTORS=1 cargo test vectors

# Replay the test vectors with the second implementation: all of them, or those whose names start so.
replay *NAMES:
    cd vectors/check && npm ci --ignore-scripts && node check.js {{NAMES}}

# Every bench once, to see that it runs.
bench-check:
    cargo bench -- --test

# Time epione beside other libraries: all of it, or the rows with these words in them.
peers *WORDS:
    cargo run --release --manifest-path benches/peers/Cargo.toml -- {{WORDS}}

# Measure everything and write docs/benchmarks.md anew, but for its hand-written part.
benchmarks *OPTIONS:
    cargo run --release --manifest-path benches/peers/Cargo.toml --bin page -- {{OPTIONS}}
