//! `.safetensors`: a JSON header of names, types, shapes and places, then the elements.
//!
//! The crate `safetensors` makes and checks the header. A tensor that stands under several names is
//! stored under the first; the metadata maps the others to it, as `safetensors.torch.save_model`
//! does. A model that lacks such a name still fits the file: metadata may be somebody else's.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use safetensors::tensor::{Metadata, TensorInfo};
use safetensors::{Dtype, SafeTensorError};

use super::array::Array;
use super::atomic;
use super::contents::{Arrays, Group};
use super::index::{Index, Stored};
use super::plain::Plain;
use super::source::Source;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::shape::Shape;

/// The format's name in errors.
const FORMAT: &str = "safetensors";

/// Bytes before the header: its length.
const HEAD: usize = 8;

/// What other readers know the format of the tensors by; layouts of weights are PyTorch's.
const FRAMEWORK: (&str, &str) = ("format", "pt");

/// Writes the file at `path`, elements straight from where they are.
pub(super) fn write(path: &Path, arrays: &Arrays) -> Result<()> {
    let mut metadata = HashMap::from([(FRAMEWORK.0.to_owned(), FRAMEWORK.1.to_owned())]);
    let mut tensors: Vec<(&str, Dtype, &Array)> = Vec::new();
    for Group { name, aliases, array } in arrays.by_storage() {
        let Some(name) = name else {
            return Err(unstorable("arrays with names", format!("{} without", arrays.len())));
        };
        for alias in aliases {
            if metadata.insert(alias.to_owned(), name.to_owned()).is_some() {
                return Err(unstorable("names other than `format`", format!("`{alias}`")));
            }
        }
        tensors.push((name, dtype_of(array.dtype()), array));
    }
    if let Some((name, ..)) = tensors.iter().find(|(name, ..)| *name == "__metadata__") {
        return Err(unstorable("names other than `__metadata__`", format!("`{name}`")));
    }
    // The order of the reference implementation: the widest elements first, then by name.
    tensors.sort_by(|(a, x, _), (b, y, _)| y.cmp(x).then(a.cmp(b)));

    let mut end = 0;
    let infos = tensors.iter().map(|(name, dtype, array)| {
        let start = end;
        end += array.bytes().len();
        let shape = array.shape().to_vec();
        let info = TensorInfo { dtype: *dtype, shape, data_offsets: (start, end) };
        ((*name).to_owned(), info)
    });
    let header = Metadata::new(Some(metadata.into_iter().collect()), infos.collect())
        .and_then(|header| Ok(serde_json::to_vec(&header)?))
        .map_err(|error: SafeTensorError| unstorable("arrays that fit it", error.to_string()))?;

    atomic::write(path, |out| {
        let len = header.len().next_multiple_of(HEAD);
        out.write_all(&(len as u64).to_le_bytes())?;
        out.write_all(&header)?;
        out.write_all(&[b' '; HEAD][..len - header.len()])?;
        tensors.iter().try_for_each(|(.., array)| out.write_all(array.bytes()))
    })
}

fn unstorable(expected: &'static str, found: String) -> Error {
    Error::Unstorable { format: FORMAT, expected, found }
}

/// What a file holds.
pub(super) fn index(source: &Arc<Source>) -> Result<Index> {
    let error = |offset: usize, expected: &str, found: String| {
        source.invalid(FORMAT, offset, expected, found)
    };
    let size = match source.head(HEAD)?.first_chunk() {
        Some(size) => u64::from_le_bytes(*size),
        None => {
            return Err(error(0, "the length of the header", format!("{} bytes", source.len())));
        }
    };
    let size = usize::try_from(size).ok().filter(|size| *size <= source.len() - HEAD);
    let Some(size) = size else {
        let found = format!("{} bytes", source.len() - HEAD);
        return Err(error(0, "a header of the length it says", found));
    };
    let bytes = source.bytes(HEAD..HEAD + size)?;
    let header: Metadata = serde_json::from_slice(&bytes)
        .map_err(|cause| error(HEAD, "a header that describes the elements", cause.to_string()))?;
    let data = HEAD + size;
    if header.data_len() != source.len() - data {
        let found = format!("{} of {}", source.len() - data, header.data_len());
        return Err(error(data, "all bytes of the elements and no others", found));
    }

    let mut entries = Vec::new();
    for name in header.offset_keys() {
        let Some(TensorInfo { dtype, shape, data_offsets: (start, end) }) = header.info(&name)
        else {
            continue;
        };
        let label = || format!("`{}` of type {dtype} and shape {shape:?}", name.escape_debug());
        let known = DTYPES.iter().find(|(_, known)| known == dtype).map(|(known, _)| *known);
        let dtype = known
            .ok_or_else(|| error(HEAD, "element types of whole numbers and floats", label()))?;
        let shape = Shape::try_new(shape)
            .filter(|shape| dtype.byte_len(shape) == Some(end - start))
            .ok_or_else(|| error(HEAD, "arrays of at most 8 axes that fit into memory", label()))?;
        let plain = Plain::new(source, data + start..data + end);
        entries.push((name, Stored::plain(dtype, shape, plain)));
    }
    let metadata = header.metadata().iter().flatten();
    add_aliases(&mut entries, metadata.filter(|(key, _)| *key != FRAMEWORK.0));
    Ok(Index { entries, named: true, notes: Vec::new() })
}

/// Adds the names that the metadata maps to a tensor, after its own.
fn add_aliases<'m>(
    entries: &mut Vec<(String, Stored)>,
    metadata: impl Iterator<Item = (&'m String, &'m String)>,
) {
    let mut aliases: Vec<(&String, &String)> = metadata.collect();
    aliases.sort();
    let places: HashMap<String, usize> =
        entries.iter().enumerate().map(|(place, (name, _))| (name.clone(), place)).collect();
    for (alias, name) in aliases {
        if let Some(&place) = places.get(name)
            && !places.contains_key(alias)
        {
            // Others may mean something else by the same words.
            let mut stored = entries[place].1.clone();
            stored.may_lack = true;
            entries.push((alias.clone(), stored));
        }
    }
}

fn dtype_of(dtype: DType) -> Dtype {
    let pair = DTYPES.iter().find(|(known, _)| *known == dtype);
    pair.map(|(_, dtype)| *dtype).expect("every element type has a name there")
}

const DTYPES: [(DType, Dtype); 13] = [
    (DType::F32, Dtype::F32),
    (DType::F64, Dtype::F64),
    (DType::F16, Dtype::F16),
    (DType::BF16, Dtype::BF16),
    (DType::I8, Dtype::I8),
    (DType::I16, Dtype::I16),
    (DType::I32, Dtype::I32),
    (DType::I64, Dtype::I64),
    (DType::U8, Dtype::U8),
    (DType::U16, Dtype::U16),
    (DType::U32, Dtype::U32),
    (DType::U64, Dtype::U64),
    (DType::Bool, Dtype::BOOL),
];
