//! Misfits: the ways in which a file can differ from the model it is loaded into.

use std::fmt;

use crate::dtype::DType;
use crate::shape::Shape;

/// One way in which a file does not fit a model.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Misfit {
    /// A parameter that the file has no array for.
    Missing {
        /// The parameter.
        name: String,
        /// Arrays of similar names that nothing else asks for.
        near: Vec<String>,
    },
    /// An array that the model has no parameter for.
    Extra {
        /// The array.
        key: String,
        /// What the rules of the load have made of its name, if that is another one.
        renamed: Option<String>,
        /// Parameters of similar names.
        near: Vec<String>,
    },
    /// An array of a shape that its parameter cannot take.
    Shape {
        /// The parameter.
        name: String,
        /// The array.
        key: String,
        /// The parameter's shape, 0 for an unknown size.
        expected: Shape,
        /// The array's shape.
        found: Shape,
    },
    /// An array of another type than its parameter.
    DType {
        /// The parameter.
        name: String,
        /// The array.
        key: String,
        /// The parameter's type.
        expected: DType,
        /// The array's type.
        found: DType,
    },
    /// Two different arrays for a parameter that the model shares between both names.
    Disagreement {
        /// The parameter.
        name: String,
        /// The first array.
        first: String,
        /// The second array.
        second: String,
    },
    /// Two arrays that a rule renames to the same name.
    SameName {
        /// The name.
        name: String,
        /// The first array.
        first: String,
        /// The second array.
        second: String,
    },
    /// Arrays without names.
    Unnamed {
        /// How many there are.
        count: usize,
    },
    /// A selection that neither a parameter nor an array fits.
    Unselected {
        /// What was to be selected.
        pattern: String,
    },
}

impl Misfit {
    /// The parameter or array that does not fit.
    pub fn name(&self) -> &str {
        match self {
            Misfit::Missing { name, .. }
            | Misfit::Shape { name, .. }
            | Misfit::DType { name, .. }
            | Misfit::Disagreement { name, .. }
            | Misfit::SameName { name, .. } => name,
            Misfit::Extra { key, .. } => key,
            Misfit::Unselected { pattern } => pattern,
            Misfit::Unnamed { .. } => "",
        }
    }

    /// What to do about it, the most likely first.
    fn remedies(&self) -> &'static [&'static str] {
        const RENAME: &str = "`rename` gives arrays the names of the model";
        const ALLOW: &str = "`allow_missing` keeps the parameters that are not in the file";
        const IGNORE: &str = "`ignore_extra` passes over arrays that are not in the model";
        match self {
            Misfit::Missing { near, .. } if near.is_empty() => &[ALLOW],
            Misfit::Missing { .. } => &[RENAME, ALLOW],
            Misfit::Extra { near, .. } if near.is_empty() => &[IGNORE],
            Misfit::Extra { .. } => &[RENAME, IGNORE],
            Misfit::Shape { .. } => {
                &["build the model with the sizes of the file, or `select` what is to be loaded"]
            }
            Misfit::DType { .. } => &["`cast_dtype` converts"],
            Misfit::Disagreement { .. } => {
                &["untie the parameters, or `rename` one of the arrays away"]
            }
            Misfit::SameName { .. } => &["narrow the rules of `rename`"],
            Misfit::Unnamed { .. } => &["read them with `persist::load` instead"],
            Misfit::Unselected { .. } => {
                &["`select` goes by the names of the model, from their start; `tree` shows them"]
            }
        }
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Misfit::Missing { name, near } => {
                write!(f, "parameter `{name}` is not in the file{}", Near(near))
            }
            Misfit::Extra { key, renamed: None, near } => {
                write!(f, "array `{key}` is not in the model{}", Near(near))
            }
            Misfit::Extra { key, renamed: Some(name), near } => {
                write!(f, "array `{key}`, renamed to `{name}`, is not in the model{}", Near(near))
            }
            Misfit::Shape { name, key, expected, found } => {
                write!(f, "parameter `{name}` expected shape {expected}, found {found}")?;
                Under { name, key }.fmt(f)
            }
            Misfit::DType { name, key, expected, found } => {
                write!(f, "parameter `{name}` expected {expected}, found {found}")?;
                Under { name, key }.fmt(f)
            }
            Misfit::Disagreement { name, first, second } => {
                write!(f, "arrays `{first}` and `{second}` differ, but both are `{name}` here")
            }
            Misfit::SameName { name, first, second } => {
                write!(f, "arrays `{first}` and `{second}` are both renamed to `{name}`")
            }
            Misfit::Unnamed { count } => {
                write!(f, "parameters expected arrays with names, found {count} without")
            }
            Misfit::Unselected { pattern } => {
                write!(f, "the selection `{pattern}` fits no parameter and no array")
            }
        }
    }
}

/// The name that the file uses, where it is another one.
struct Under<'a> {
    name: &'a str,
    key: &'a str,
}

impl fmt::Display for Under<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key == self.name { Ok(()) } else { write!(f, " in array `{}`", self.key) }
    }
}

/// Similar names: `; did you mean `a`, `b`?`
struct Near<'a>(&'a [String]);

impl fmt::Display for Near<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((first, rest)) = self.0.split_first() else { return Ok(()) };
        write!(f, "; did you mean `{first}`")?;
        rest.iter().try_for_each(|name| write!(f, ", `{name}`"))?;
        f.write_str("?")
    }
}

/// The most misfits that are written out before the others are only counted.
const SHOWN: usize = 20;

/// Misfits in one text: a line each, then what to do.
pub(super) struct All<'a>(pub(super) &'a [Misfit]);

impl fmt::Display for All<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for misfit in self.0.iter().take(SHOWN) {
            write!(f, "\n  {misfit}")?;
        }
        if self.0.len() > SHOWN {
            write!(f, "\n  and {} more", self.0.len() - SHOWN)?;
        }
        let mut remedies: Vec<&str> = Vec::new();
        for remedy in self.0.iter().flat_map(Misfit::remedies) {
            if !remedies.contains(remedy) {
                remedies.push(remedy);
            }
        }
        write!(f, "\nnothing has changed; {}", remedies.join("; "))
    }
}
