//! MNIST and data sets in its form: images of ten classes in four IDX files.

use std::io;
use std::path::{Path, PathBuf};

use super::{ArrayDataset, Idx};
use crate::error::{Error, Result};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// MNIST, Fashion-MNIST, or another data set of images in ten classes under the same file names.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::data::Mnist;
///
/// # #[cfg(feature = "gzip")] {
/// let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/mnist");
/// let mnist = Mnist::open(folder)?;
/// assert_eq!(mnist.train.images.shape(), [4000, 28, 28]);
/// assert_eq!(mnist.test.labels.shape(), [1000]);
/// # }
/// # Ok::<(), gluon::Error>(())
/// ```
///
/// # Source
/// LeCun, Cortes & Burges, *The MNIST database of handwritten digits*, 1998; Xiao, Rasul &
/// Vollgraf, *Fashion-MNIST*, arXiv:1708.07747, 2017.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mnist {
    /// What to train on.
    pub train: Split,
    /// What to test on.
    pub test: Split,
}

/// Images and their labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Grey values as `u8`, 0 (background) to 255. Shape: `[examples, height, width]`.
    pub images: Idx,
    /// Classes as `u8`, below [`Mnist::CLASSES`]. Shape: `[examples]`.
    pub labels: Idx,
}

impl Mnist {
    /// The number of classes.
    pub const CLASSES: usize = 10;

    /// Reads the four files of a folder: `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`,
    /// `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`, each as it is or with `.gz`, and
    /// with `-idx` or `.idx`.
    ///
    /// # Errors
    /// [`Error::Io`] if a file is missing (its source lists the names looked for), cannot be read,
    /// or is compressed and the feature `gzip` is off; [`Error::Format`] if one is not an IDX file,
    /// or they do not belong together: other types or shapes than above, not as many labels as
    /// images, a label too high, or test images of another size.
    pub fn open(folder: impl AsRef<Path>) -> Result<Mnist> {
        let folder = folder.as_ref();
        let (train, _) = Split::open(folder, "train")?;
        let (test, test_images) = Split::open(folder, "t10k")?;
        let (size, test_size) = (train.images.shape(), test.images.shape());
        if size[1..] != test_size[1..] {
            let expected = format!("images of {} × {} pixels as in training", size[1], size[2]);
            let found = format!("{} × {}", test_size[1], test_size[2]);
            return Err(format_error(&test_images, expected, found, 8));
        }
        Ok(Mnist { train, test })
    }
}

impl Split {
    /// Reads two files and checks that they go together; also returns the path of the images.
    fn open(folder: &Path, prefix: &str) -> Result<(Split, PathBuf)> {
        let images_path = find(folder, prefix, "images", 3)?;
        let labels_path = find(folder, prefix, "labels", 1)?;
        let images = open_bytes(&images_path, 3)?;
        let labels = open_bytes(&labels_path, 1)?;

        let (count, labels_count) = (images.shape()[0], labels.shape()[0]);
        if count != labels_count {
            let expected = format!("{count} labels for the images of `{}`", images_path.display());
            return Err(format_error(&labels_path, expected, labels_count.to_string(), 4));
        }
        let classes = labels.as_u8().unwrap_or_default();
        if let Some(i) = classes.iter().position(|&class| usize::from(class) >= Mnist::CLASSES) {
            let expected = format!("a label below {}", Mnist::CLASSES);
            return Err(format_error(&labels_path, expected, classes[i].to_string(), 8 + i as u64));
        }
        Ok((Split { images, labels }, images_path))
    }

    /// The images as rows of `float32` numbers from 0 (background) to 1, with their classes as
    /// `int64`.
    ///
    /// # Shapes
    /// features: `[examples, height · width]`, labels: `[examples]`
    ///
    /// # Errors
    /// [`Error::BadDType`], [`Error::BadShape`] or [`Error::ShapeMismatch`] if images and labels
    /// are not as this type says; those that [`Mnist::open`] reads are.
    pub fn to_rows(&self) -> Result<ArrayDataset> {
        let [examples, height, width] = self.image_sizes()?;
        self.dataset([examples, height * width].into())
    }

    /// The images as planes of `float32` numbers from 0 (background) to 1, with their classes as
    /// `int64`.
    ///
    /// # Shapes
    /// features: `[examples, 1, height, width]`, labels: `[examples]`
    ///
    /// # Errors
    /// As for [`to_rows`](Split::to_rows).
    pub fn to_planes(&self) -> Result<ArrayDataset> {
        let [examples, height, width] = self.image_sizes()?;
        self.dataset([examples, 1, height, width].into())
    }

    fn image_sizes(&self) -> Result<[usize; 3]> {
        let found = self.images.shape();
        let (op, expected) = ("Split", "images of shape [examples, height, width]");
        found.dims().try_into().map_err(|_| Error::BadShape { op, expected, found })
    }

    fn dataset(&self, shape: Shape) -> Result<ArrayDataset> {
        let Some(pixels) = self.images.as_u8() else {
            let (op, expected, found) = ("Split", "pixels of uint8", self.images.dtype());
            return Err(Error::BadDType { op, expected, found });
        };
        let pixels = pixels.iter().map(|&pixel| f32::from(pixel) / 255.0).collect();
        let labels = Tensor::from_vec(self.labels.to_vec::<i64>(), self.labels.shape())?;
        ArrayDataset::new(Tensor::from_vec::<f32>(pixels, shape)?, labels)
    }
}

/// The first that exists of the names a file may have.
fn find(folder: &Path, prefix: &str, what: &str, rank: usize) -> Result<PathBuf> {
    let names = [("-", ""), ("-", ".gz"), (".", ""), (".", ".gz")]
        .map(|(dash, gz)| format!("{prefix}-{what}{dash}idx{rank}-ubyte{gz}"));
    if let Some(found) = names.iter().map(|name| folder.join(name)).find(|path| path.is_file()) {
        return Ok(found);
    }
    let listed = names.join("`, `");
    let reason = format!(
        "none of `{listed}` is a file in the folder `{}`; put it there under one of these names",
        folder.display()
    );
    let source = io::Error::new(io::ErrorKind::NotFound, reason);
    Err(Error::io("find", &folder.join(&names[0]))(source))
}

/// The array of a file, which must be of `u8` and have `rank` axes.
fn open_bytes(path: &Path, rank: usize) -> Result<Idx> {
    let array = Idx::open(path)?;
    if array.as_u8().is_none() {
        return Err(format_error(path, "uint8 elements", array.dtype().name(), 2));
    }
    if array.shape().rank() != rank {
        let expected = if rank == 1 { "1 axis" } else { "3 axes" };
        return Err(format_error(path, expected, format!("shape {}", array.shape()), 3));
    }
    Ok(array)
}

fn format_error(
    path: &Path,
    expected: impl Into<String>,
    found: impl Into<String>,
    offset: u64,
) -> Error {
    let (expected, found) = (expected.into(), found.into());
    Error::Format { path: path.to_owned(), format: "MNIST", expected, found, offset }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// A folder of two tiny splits, in which `name` holds `array` instead.
    fn folder_with(name: &str, array: Idx) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let images = Idx::new([2, 2, 3], &[9u8; 12]).unwrap();
        let labels = Idx::new([2], &[0u8, 9]).unwrap();
        for prefix in ["train", "t10k"] {
            images.save(folder.path().join(format!("{prefix}-images-idx3-ubyte"))).unwrap();
            labels.save(folder.path().join(format!("{prefix}-labels-idx1-ubyte"))).unwrap();
        }
        array.save(folder.path().join(name)).unwrap();
        folder
    }

    #[track_caller]
    fn assert_refused(name: &str, array: Idx, expected: &str) {
        let folder = folder_with(name, array);
        let message = Mnist::open(folder.path()).unwrap_err().to_string();
        let start = format!("`{}` is not a valid MNIST file: ", folder.path().join(name).display());
        assert!(message.starts_with(&start) && message.contains(expected), "{message}");
    }

    #[test]
    fn files_that_do_not_belong_together_are_refused() {
        let labels = "train-labels-idx1-ubyte";
        let count = Idx::new([3], &[0u8; 3]).unwrap();
        assert_refused(labels, count, "expected 2 labels for the images of ");
        let class = Idx::new([2], &[9u8, 10]).unwrap();
        assert_refused(labels, class, "expected a label below 10, found 10 at byte 9");
        let rank = Idx::new([2, 1], &[0u8; 2]).unwrap();
        assert_refused(labels, rank, "expected 1 axis, found shape (2, 1) at byte 3");

        let images = "t10k-images-idx3-ubyte";
        let dtype = Idx::new([2, 2, 3], &[0f32; 12]).unwrap();
        assert_refused(images, dtype, "expected uint8 elements, found float32 at byte 2");
        let size = Idx::new([2, 3, 2], &[0u8; 12]).unwrap();
        assert_refused(images, size, "2 × 3 pixels as in training, found 3 × 2 at byte 8");
    }

    #[test]
    fn images_become_numbers_from_0_to_1() {
        let images = Idx::new([2, 1, 2], &[0u8, 255, 51, 102]).unwrap();
        let labels = Idx::new([2], &[9u8, 3]).unwrap();
        let split = Split { images, labels: labels.clone() };
        let rows = split.to_rows().unwrap();
        assert_eq!(*rows.features(), Tensor::from([[0.0f32, 1.0], [0.2, 0.4]]));
        assert_eq!(*rows.labels(), Tensor::from([9i64, 3]));
        let planes = split.to_planes().unwrap();
        assert_eq!(*planes.features(), rows.features().reshape([2, 1, 1, 2]).unwrap());

        let text = |split: Split| split.to_rows().unwrap_err().to_string();
        let long = Idx::new([3], &[0u8; 3]).unwrap();
        let error = text(Split { labels: long, ..split });
        assert_eq!(error, "`ArrayDataset::new` cannot combine shapes (2, 2) and (3,)");
        let flat = Split { images: labels.clone(), labels: labels.clone() };
        assert!(text(flat).starts_with("`Split` expected images of shape"));
        let floats = Idx::new([2, 1, 1], &[0.5f32, 1.0]).unwrap();
        assert!(text(Split { images: floats, labels }).contains("pixels of uint8"));
    }

    #[test]
    fn dotted_names_are_found() {
        let labels = Idx::new([2], &[3u8, 4]).unwrap();
        let folder = folder_with("t10k-labels.idx1-ubyte", labels.clone());
        std::fs::remove_file(folder.path().join("t10k-labels-idx1-ubyte")).unwrap();
        assert_eq!(Mnist::open(folder.path()).unwrap().test.labels, labels);
    }

    #[test]
    fn missing_files_list_the_names_looked_for() {
        let error = Mnist::open("no-such-folder").unwrap_err();
        let path = Path::new("no-such-folder").join("train-images-idx3-ubyte");
        assert_eq!(error.to_string(), format!("cannot find `{}`", path.display()));
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!(
            source,
            "none of `train-images-idx3-ubyte`, `train-images-idx3-ubyte.gz`, \
             `train-images.idx3-ubyte`, `train-images.idx3-ubyte.gz` is a file in the folder \
             `no-such-folder`; put it there under one of these names"
        );
    }

    #[test]
    #[cfg(feature = "gzip")]
    fn the_digits_that_come_with_the_project_are_balanced() {
        let mnist = Mnist::open(concat!(env!("CARGO_MANIFEST_DIR"), "/../data/mnist")).unwrap();
        for (split, per_class) in [(&mnist.train, 400), (&mnist.test, 100)] {
            let labels = split.labels.as_u8().unwrap();
            let count = |class| labels.iter().filter(|&&label| label == class).count();
            assert!((0..10).all(|class| count(class) == per_class));
            assert_eq!(split.images.shape(), [10 * per_class, 28, 28]);
        }
    }
}
