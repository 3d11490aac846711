//! Headers of `.npy` files: a line of Python that says type, order and shape.
//!
//! # Source
//! NumPy Enhancement Proposal 1, and `numpy/lib/format.py` of NumPy 2.

use std::io::Read;

use crate::dtype::DType;
use crate::persist::array::Array;
use crate::shape::Shape;

const MAGIC: [u8; 6] = *b"\x93NUMPY";

/// Elements begin at multiples of this.
const ALIGNMENT: usize = 64;

/// The longest header that is read.
const MOST: usize = 1 << 16;

/// What stands before the elements.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Header {
    pub(super) dtype: DType,
    /// Whether elements have their highest byte first.
    pub(super) swapped: bool,
    /// Whether the first index varies fastest.
    pub(super) fortran: bool,
    pub(super) shape: Shape,
    /// The bytes before the elements.
    pub(super) len: usize,
}

/// The bytes before the elements of `array`.
pub(super) fn header(array: &Array) -> Vec<u8> {
    let descr = CODES.iter().find(|(dtype, _)| *dtype == array.dtype()).map_or("", |(_, c)| *c);
    let order = if array.dtype().size() == 1 || array.dtype() == DType::BF16 { '|' } else { '<' };
    let shape = array.shape();
    let mut text =
        format!("{{'descr': '{order}{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    let len = (MAGIC.len() + 4 + text.len() + 1).next_multiple_of(ALIGNMENT);
    text.extend(std::iter::repeat_n(' ', len - MAGIC.len() - 4 - text.len() - 1));
    text.push('\n');
    let mut bytes = MAGIC.to_vec();
    bytes.extend([1, 0]);
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes
}

/// Reads the header of a file, or says what is wrong with it.
pub(super) fn read_header(file: &mut impl Read) -> Result<Header, String> {
    let mut head = [0; 8];
    file.read_exact(&mut head).map_err(|error| error.to_string())?;
    if head[..6] != MAGIC {
        return Err(format!("{:02x?}", &head[..6]));
    }
    let mut len = [0; 4];
    let size = if head[6] == 1 { 2 } else { 4 };
    file.read_exact(&mut len[..size]).map_err(|error| error.to_string())?;
    let len = u32::from_le_bytes(len) as usize;
    if len > MOST {
        return Err(format!("{len} bytes of text"));
    }
    let mut text = vec![0; len];
    file.read_exact(&mut text).map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&text);
    let mut header = Parser { rest: &text }.header().ok_or_else(|| format!("{text:?}"))?;
    header.len = 8 + size + len;
    Ok(header)
}

/// The part of a header that is not read yet.
struct Parser<'t> {
    rest: &'t str,
}

impl<'t> Parser<'t> {
    /// `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }` in any order.
    fn header(&mut self) -> Option<Header> {
        let (mut descr, mut fortran, mut shape) = (None, None, None);
        self.token("{")?;
        while self.token("}").is_none() {
            let key = self.string()?;
            self.token(":")?;
            match key {
                "descr" => descr = Some(descr_of(self.string()?)?),
                "fortran_order" => fortran = Some(self.boolean()?),
                "shape" => shape = Some(self.shape()?),
                _ => return None,
            }
            if self.token(",").is_none() {
                self.token("}")?;
                break;
            }
        }
        let (dtype, swapped) = descr?;
        self.rest.trim().is_empty().then_some(Header {
            dtype,
            swapped,
            fortran: fortran?,
            shape: shape?,
            len: 0,
        })
    }

    fn token(&mut self, token: &str) -> Option<()> {
        self.rest = self.rest.trim_start().strip_prefix(token)?;
        Some(())
    }

    fn string(&mut self) -> Option<&'t str> {
        let quote =
            if self.token("'").is_some() { '\'' } else { self.token("\"").map(|()| '"')? };
        let (text, rest) = self.rest.split_once(quote)?;
        self.rest = rest;
        Some(text)
    }

    fn boolean(&mut self) -> Option<bool> {
        self.token("True").map(|()| true).or_else(|| self.token("False").map(|()| false))
    }

    fn shape(&mut self) -> Option<Shape> {
        self.token("(")?;
        let mut sizes = Vec::new();
        while self.token(")").is_none() {
            let text = self.rest.trim_start();
            let end = text.find(|c: char| !c.is_ascii_digit())?;
            sizes.push(text[..end].parse().ok()?);
            self.rest = text[end..].strip_prefix('L').unwrap_or(&text[end..]);
            if self.token(",").is_none() {
                self.token(")")?;
                break;
            }
        }
        Shape::try_new(&sizes)
    }
}

/// The element type of `<f4`, and whether the highest byte comes first.
fn descr_of(text: &str) -> Option<(DType, bool)> {
    let (order, code) = text.split_at_checked(1)?;
    let (dtype, _) = CODES.iter().find(|(_, known)| *known == code)?;
    match order {
        "<" | "|" | "=" => Some((*dtype, false)),
        ">" => Some((*dtype, dtype.size() > 1)),
        _ => None,
    }
}

/// NumPy's codes. It has no bfloat16: `ml_dtypes` stores that as two bytes of no type.
const CODES: [(DType, &str); 13] = [
    (DType::F32, "f4"),
    (DType::F64, "f8"),
    (DType::F16, "f2"),
    (DType::BF16, "V2"),
    (DType::I8, "i1"),
    (DType::I16, "i2"),
    (DType::I32, "i4"),
    (DType::I64, "i8"),
    (DType::U8, "u1"),
    (DType::U16, "u2"),
    (DType::U32, "u4"),
    (DType::U64, "u8"),
    (DType::Bool, "b1"),
];

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn headers_of_numpy_are_read() {
        let parse = |text: &str| Parser { rest: text }.header();
        let header = parse("{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }   \n");
        let expected = Header {
            dtype: DType::I16,
            swapped: true,
            fortran: true,
            shape: Shape::from([2, 3]),
            len: 0,
        };
        assert_eq!(header, Some(expected));
        let scalar = parse("{\"shape\":(),\"fortran_order\":False,\"descr\":\"|u1\"}").unwrap();
        assert_eq!((scalar.dtype, scalar.shape), (DType::U8, Shape::SCALAR));
        assert_eq!(
            parse("{'descr': '<f4', 'fortran_order': False, 'shape': (3L,)}").unwrap().shape,
            [3]
        );
        for bad in [
            "",
            "{}",
            "{'descr': '<f4'}",
            "{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}",
            "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1 2)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x",
            "{'descr': 'é', 'fortran_order': False, 'shape': (1,)}",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn headers_come_back() {
        let array = Array::from_elements(Shape::from([2, 1]), &[1u16, 2]).unwrap();
        let bytes = header(&array);
        assert_eq!(bytes.len(), 128);
        let read = read_header(&mut &*bytes).unwrap();
        assert_eq!((read.dtype, read.shape, read.len), (DType::U16, *array.shape(), 128));
    }
}
