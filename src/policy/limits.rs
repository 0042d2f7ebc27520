//! Limits of texts, policies and attribute sets; section 8 of `docs/policy.md`.
#![forbid(unsafe_code)]

/// Maximum bytes of a text, and of the canonical text of a policy.
pub const MAX_TEXT_BYTES: usize = 1 << 20;

/// Maximum bytes of a [`Name`](super::Name).
pub const MAX_NAME_BYTES: usize = 256;

/// Maximum leaves of a policy, each comparison counted by its rows; maximum values of a vocabulary.
pub const MAX_LEAVES: usize = 4096;

/// Maximum levels of a policy, of which a leaf is one.
pub const MAX_DEPTH: usize = 32;

/// Maximum nesting of parentheses and thresholds in a text, redundant parentheses included.
pub(super) const MAX_PARENTHESES: usize = 4 * MAX_DEPTH - 1;

/// Maximum non-zero entries of a span program's matrix. Without it, one large threshold turns a few
/// kilobytes of text into hundreds of megabytes.
pub const MAX_MATRIX_ENTRIES: usize = 1 << 20;

/// Maximum attributes for which a key has components, each prefix of a number counted.
pub const MAX_COMPONENTS: usize = 1 << 16;
