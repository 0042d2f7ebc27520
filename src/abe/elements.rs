//! The encoding of a scheme's elements.
#![forbid(unsafe_code)]

use crate::algebra::codec::{Reader, Writer};
use crate::algebra::{G1, Gt};
use crate::error::DecodeError;

/// Elements with a canonical encoding. `Shape` determines the lengths of the lists, which the
/// encoding therefore omits.
pub trait Elements<Shape = ()>: Sized {
    /// Writes the elements.
    fn write(&self, w: &mut Writer);
    /// Reads the elements.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not a canonical encoding.
    fn read(r: &mut Reader<'_>, shape: Shape) -> Result<Self, DecodeError>;
}

/// The shape of a user's key.
#[derive(Debug, Clone, Copy)]
pub struct KeyShape {
    /// The number of components: the size of the expanded attribute set.
    pub components: usize,
}

/// The shape of an encapsulation, given by its policy.
#[derive(Debug, Clone, Copy)]
pub struct PolicyShape {
    /// `n`, the number of rows of the span program.
    pub rows: usize,
    /// `tau`, the maximal number of rows with the same attribute.
    pub occurrences: usize,
}

/// Implements [`Elements`] for a struct of group elements. The fields are listed in encoding order,
/// each with its method of the codec and, for a list, the field of the shape with its length.
macro_rules! elements {
    ($type:ident: $shape:ty { $($field:ident: $codec:ident $([$length:ident])?),+ }) => {
        impl $crate::abe::elements::Elements<$shape> for $type {
            fn write(&self, w: &mut $crate::algebra::codec::Writer) {
                $(w.$codec(&self.$field);)+
            }
            #[allow(unused_variables)]
            fn read(
                r: &mut $crate::algebra::codec::Reader<'_>,
                shape: $shape,
            ) -> Result<Self, $crate::error::DecodeError> {
                Ok(Self { $($field: r.$codec($(shape.$length)?)?),+ })
            }
        }
    };
}
pub(super) use elements;

impl Elements for Gt {
    fn write(&self, w: &mut Writer) {
        w.gt(self);
    }
    fn read(r: &mut Reader<'_>, (): ()) -> Result<Self, DecodeError> {
        r.gt()
    }
}

impl Elements for G1 {
    fn write(&self, w: &mut Writer) {
        w.g1(self);
    }
    fn read(r: &mut Reader<'_>, (): ()) -> Result<Self, DecodeError> {
        r.g1()
    }
}
