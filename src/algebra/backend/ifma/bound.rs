//! Interval arithmetic that checks lazy reduction, in debug builds.
//!
//! Additions never reduce and products are reduced late. A value is correct only as long as no limb
//! overflows and no factor is negative or too large. Both follow from the sequence of operations
//! and not from the inputs. Each value therefore carries an interval, each operation computes the
//! interval of its result, and each precondition is asserted on the interval: one run of a function
//! with debug assertions checks its bounds for *all* inputs. In release builds the type is empty
//! and its methods do nothing.
//!
//! | kind | unit of the value | unit of a limb |
//! |---|---|---|
//! | a field element | `p` | `2^52` |
//! | a product | `p^2` | `2^52` |
#![forbid(unsafe_code)]

/// Limbs are signed 64-bit integers: less than `2^11` units of `2^52`, with room for a carry.
#[cfg(debug_assertions)]
const MAX_LIMB: i64 = (1 << 11) - 2;

/// Factors are at most `2^9 p < 2^390`, so the product of two top limbs fits 52 bits.
#[cfg(debug_assertions)]
const MAX_FACTOR: i64 = 1 << 9;

/// `2^416 / p > 2^35`: a product below `2^34 p^2` contributes less than `p / 2` to its reduction.
#[cfg(debug_assertions)]
const MAX_WIDE: i64 = 1 << 34;

/// Eight digits represent values below `2^416`, and `2^416 / p > 2^34`.
#[cfg(debug_assertions)]
const MAX_PROPAGATED: i64 = 1 << 34;

/// `low <= value <= high`, and the same for every limb.
#[cfg(debug_assertions)]
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound {
    low: i64,
    high: i64,
    limb_low: i64,
    limb_high: i64,
}

#[cfg(debug_assertions)]
impl Bound {
    /// A value in `[0, high]`, in limbs of 52 bits.
    pub(super) const fn normal(high: i64) -> Self {
        Self { low: 0, high, limb_low: 0, limb_high: (high != 0) as i64 }
    }

    /// The value `multiple`, in limbs of 52 bits.
    pub(super) const fn exactly(multiple: i64) -> Self {
        Self { low: multiple, high: multiple, limb_low: 0, limb_high: 1 }
    }

    fn checked(self) -> Self {
        let fits = -MAX_LIMB <= self.limb_low && self.limb_high <= MAX_LIMB;
        assert!(fits, "a limb may overflow: {self:?}");
        self
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            low: self.low + other.low,
            high: self.high + other.high,
            limb_low: self.limb_low + other.limb_low,
            limb_high: self.limb_high + other.limb_high,
        }
        .checked()
    }

    pub(super) fn minus(self, other: Self) -> Self {
        Self {
            low: self.low - other.high,
            high: self.high - other.low,
            limb_low: self.limb_low - other.limb_high,
            limb_high: self.limb_high - other.limb_low,
        }
        .checked()
    }

    /// The smallest interval that contains both.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
            limb_low: self.limb_low.min(other.limb_low),
            limb_high: self.limb_high.max(other.limb_high),
        }
    }

    /// A value that is non-negative, which interval arithmetic cannot derive.
    pub(super) fn assume_nonnegative(self) -> Self {
        Self { low: self.low.max(0), ..self }
    }

    /// A factor of a product: a non-negative integer of eight digits.
    pub(super) fn factor(self) -> Self {
        assert!(self.low >= 0, "a factor may be negative: {self:?}");
        assert!(self.high <= MAX_FACTOR, "a factor may be too large: {self:?}");
        self
    }

    /// A factor without preparation: its carries must be propagated.
    pub(super) fn operand(self) -> Self {
        assert!(self.limb_low >= 0 && self.limb_high <= 1, "carries are not propagated: {self:?}");
        self.factor()
    }

    /// A product: a column has at most fifteen terms below `2^52`.
    pub(super) fn product(self, other: Self) -> Self {
        Self { low: 0, high: self.high * other.high, limb_low: 0, limb_high: 15 }
    }

    /// Montgomery reduction: less than `p / 2` from the product plus less than `1.25 p`. A column
    /// receives sixteen terms and a carry.
    pub(super) fn reduced(self) -> Self {
        assert!(
            -MAX_WIDE < self.low && self.high < MAX_WIDE,
            "a product may be too large: {self:?}"
        );
        Self {
            low: if self.low < 0 { -1 } else { 0 },
            high: 2,
            limb_low: self.limb_low - 1,
            limb_high: self.limb_high + 17,
        }
        .checked()
    }

    /// Weak reduction: requires a value in `[0, 2^12 p]`.
    pub(super) fn weakly_reduced(self) -> Self {
        assert!(self.low >= 0, "a value to reduce may be negative: {self:?}");
        assert!(self.high <= 1 << 12, "a value to reduce may be too large: {self:?}");
        Self::normal(2)
    }

    /// Carry propagation: the same value, in limbs of 52 bits.
    pub(super) fn carry_propagated(self) -> Self {
        assert!(self.low >= 0, "a value whose carries propagate may be negative: {self:?}");
        assert!(
            self.high <= MAX_PROPAGATED,
            "a value whose carries propagate may be too large: {self:?}"
        );
        Self { limb_low: 0, limb_high: 1, ..self }
    }
}

/// Empty in release builds.
#[cfg(not(debug_assertions))]
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound;

#[cfg(not(debug_assertions))]
#[allow(clippy::unused_self)]
impl Bound {
    pub(super) const fn normal(_high: i64) -> Self {
        Self
    }
    pub(super) const fn exactly(_multiple: i64) -> Self {
        Self
    }
    pub(super) fn plus(self, _other: Self) -> Self {
        self
    }
    pub(super) fn minus(self, _other: Self) -> Self {
        self
    }
    pub(super) fn or(self, _other: Self) -> Self {
        self
    }
    pub(super) fn assume_nonnegative(self) -> Self {
        self
    }
    pub(super) fn factor(self) -> Self {
        self
    }
    pub(super) fn operand(self) -> Self {
        self
    }
    pub(super) fn product(self, _other: Self) -> Self {
        self
    }
    pub(super) fn reduced(self) -> Self {
        self
    }
    pub(super) fn weakly_reduced(self) -> Self {
        self
    }
    pub(super) fn carry_propagated(self) -> Self {
        self
    }
}
