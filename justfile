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

# A longer campaign of the consensus simulator.
campaign RUNS="2000":
    EPIONE_CAMPAIGN={{RUNS}} cargo test --test consensus

# Write the test vectors anew.
vectors:
    EPIONE_WRITE_VECTORS=1 cargo test --test vectors

# Every bench once, to see that it runs.
bench-check:
    cargo bench -- --test
