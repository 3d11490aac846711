//! Tables: columns of a CSV file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::tensor::Tensor;

/// The rows of a CSV file whose first line names the columns.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::data::{ArrayDataset, Table};
///
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("flowers.csv");
/// # std::fs::write(&path, "length,width,species\n5.1,3.5,setosa\n6.2,2.9,virginica\n")?;
/// let table = Table::open(&path)?;
/// let features = table.numbers(&["length", "width"])?;
/// let (labels, species) = table.classes("species")?;
/// assert_eq!(species, ["setosa", "virginica"]);
/// let data = ArrayDataset::new(features, labels)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    path: PathBuf,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read, [`Error::Table`] if its rows are not of one
    /// length or not UTF-8, or if two columns have the same name.
    pub fn open(path: impl AsRef<Path>) -> Result<Table> {
        let path = path.as_ref().to_path_buf();
        let file = std::fs::File::open(&path);
        let mut reader = csv::Reader::from_reader(file.map_err(Error::io("read", &path))?);
        let invalid = |error: csv::Error| Error::Table {
            path: path.clone(),
            expected: "rows of UTF-8 text, all with as many fields as the first".to_owned(),
            found: error.to_string(),
        };
        let header = reader.headers().map_err(invalid)?.iter();
        let header: Vec<String> = header.map(|name| name.trim().to_owned()).collect();
        let mut names = BTreeSet::new();
        if let Some(name) = header.iter().find(|name| !names.insert(*name)) {
            let (expected, found) = ("columns of different names", format!("`{name}` twice"));
            return Err(Error::Table { path, expected: expected.to_owned(), found });
        }
        let row = |row: csv::Result<csv::StringRecord>| {
            row.map(|row| row.iter().map(str::to_owned).collect()).map_err(invalid)
        };
        let rows = reader.records().map(row).collect::<Result<_>>()?;
        Ok(Table { path, header, rows })
    }

    /// The names of the columns, in order, without spaces around them.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// The number of rows, not counting the header.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The text of a column.
    ///
    /// # Errors
    /// [`Error::Table`] if there is no such column.
    pub fn column(&self, name: &str) -> Result<Vec<&str>> {
        let Some(index) = self.header.iter().position(|column| column == name) else {
            let expected = format!("one of the columns {:?}", self.header);
            return Err(self.error(expected, format!("no column `{name}`")));
        };
        Ok(self.rows.iter().map(|row| row[index].trim()).collect())
    }

    /// The numbers of some columns: `float32` `[rows, columns]`.
    ///
    /// # Errors
    /// [`Error::Table`] if there is no such column, or if a field is not a number.
    pub fn numbers(&self, columns: &[&str]) -> Result<Tensor> {
        let mut numbers = vec![0f32; self.rows.len() * columns.len()];
        for (place, name) in columns.iter().enumerate() {
            for (row, field) in self.column(name)?.into_iter().enumerate() {
                numbers[row * columns.len() + place] = field.parse().map_err(|_| {
                    let found = format!("`{field}` in row {} of column `{name}`", row + 1);
                    self.error("a number".to_owned(), found)
                })?;
            }
        }
        Tensor::from_vec(numbers, [self.rows.len(), columns.len()])
    }

    /// The classes of a column, numbered in the order of their names: `int64` `[rows]`, and the
    /// names.
    ///
    /// # Errors
    /// [`Error::Table`] if there is no such column.
    pub fn classes(&self, column: &str) -> Result<(Tensor, Vec<String>)> {
        let fields = self.column(column)?;
        let names: BTreeSet<&str> = fields.iter().copied().collect();
        let names: Vec<&str> = names.into_iter().collect();
        let class = |field: &&str| names.partition_point(|name| name < field) as i64;
        let classes = Tensor::from_vec(fields.iter().map(class).collect(), fields.len())?;
        Ok((classes, names.into_iter().map(str::to_owned).collect()))
    }

    fn error(&self, expected: String, found: String) -> Error {
        Error::Table { path: self.path.clone(), expected, found }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Result<Table> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("t.csv");
        std::fs::write(&path, text).unwrap();
        Table::open(path)
    }

    fn message(error: Error) -> String {
        let text = error.to_string();
        text[text.find("t.csv").unwrap()..].to_owned()
    }

    #[test]
    fn columns_are_found_by_name() {
        let text = "kind,\"a, b\", c\nred, 1.5 ,x\ngreen,-2e3,\"y\"\"y\"\nred,0,\n";
        let table = table(text).unwrap();
        assert_eq!(table.header(), ["kind", "a, b", "c"]);
        assert_eq!(table.column("c").unwrap(), ["x", "y\"y", ""]);
        assert_eq!(table.numbers(&["a, b"]).unwrap(), Tensor::from([[1.5f32], [-2e3], [0.0]]));
        let (classes, names) = table.classes("kind").unwrap();
        assert_eq!(classes, Tensor::from([1i64, 0, 1]));
        assert_eq!(names, ["green", "red"]);
        assert_eq!(table.numbers(&[]).unwrap().shape().dims(), [3, 0]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let rows = table("a,b\n1,2\n3,x\n").unwrap();
        let error = message(rows.numbers(&["a", "b"]).unwrap_err());
        assert_eq!(error, "t.csv` expected a number, found `x` in row 2 of column `b`");
        let error = message(rows.classes("d").unwrap_err());
        assert_eq!(error, r#"t.csv` expected one of the columns ["a", "b"], found no column `d`"#);
        assert!(
            message(table("a,b\n1\n").unwrap_err())
                .contains("found record with 1 fields, but the previous")
        );
        let error = message(table("a,b, a\n1,2,3\n").unwrap_err());
        assert_eq!(error, "t.csv` expected columns of different names, found `a` twice");
        assert!(matches!(Table::open("/nowhere/t.csv"), Err(Error::Io { .. })));
        assert!(table("a\n").unwrap().is_empty());
    }
}
