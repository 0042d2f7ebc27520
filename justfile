# Common commands.

# List the commands.
default:
    @just --list

# Run the lifecycle of a record in one process.
demo *FILES:
    cargo run --release -- demo {{FILES}}

# Build the documentation of the library, with equations rendered by KaTeX (needs npm).
doc *OPTIONS:
    npm install --no-save --silent --prefix target/katex katex@0.19.1
    RUSTDOCFLAGS="--html-in-header $PWD/docs/katex-header.html" cargo doc --no-deps --lib {{OPTIONS}}
    mkdir -p target/doc/katex && cp -r target/katex/node_modules/katex/dist/. target/doc/katex

# Run all checks.
ci:
    bash .ci/run

# Run the consensus campaigns with TIMES times the default number of seeds, 80 for 10 000 runs of
# each profile, and search three views of the slot. Takes hours.
campaign TIMES="80":
    EPIONE_CAMPAIGN={{TIMES}} cargo test --release consensus -- --nocapture

# Compare the backends on TIMES times the default number of cases: 100 gives 10 000 per operation.
equivalence TIMES="100":
    EPIONE_CAMPAIGN={{TIMES}} cargo test --release --lib equivalence

# Test for a dependence of operations' times on secrets.
timing BACKEND="blst":
    cd benches/timing && EPIONE_BACKEND={{BACKEND}} cargo run --release

# Regenerate the test vectors.
vectors:
    EPIONE_WRITE_VECTORS=1 cargo test vectors

# Replay the test vectors, or those with the given name prefixes, in the second implementation.
replay *NAMES:
    cd vectors/check && npm ci --ignore-scripts && node check.js {{NAMES}}

# Run each benchmark once, without measurement.
bench-check:
    cargo bench -- --test

# Compare with other libraries, in all rows or in those that contain WORDS.
peers *WORDS:
    cargo run --release --manifest-path benches/peers/Cargo.toml -- {{WORDS}}

# Measure, and write docs/benchmarks.md and its figure (pip install matplotlib).
benchmarks *OPTIONS:
    python3 benches/page.py {{OPTIONS}}
