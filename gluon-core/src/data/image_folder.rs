//! Image folders: pictures in a folder for each class.

use std::path::{Path, PathBuf};

use image::imageops::FilterType;
use image::{DynamicImage, ImageReader};

use super::Dataset;
use crate::error::{Error, Result};
use crate::tensor::Tensor;

/// The PNG and JPEG files in the sub-folders of a folder, each of which is a class.
///
/// A sample is the picture, `float32` from 0 to 1 of `[channels, height, width]`, and its class.
/// Classes are numbered in the order of their names, samples stand in the order of theirs. Files
/// with other extensions and hidden ones are passed over; pictures are read when they are asked
/// for.
///
/// ```no_run
/// # use gluon_core as gluon;
/// use gluon::data::{DataLoader, ImageFolder};
///
/// let images = ImageFolder::open("flowers")?.resized(64, 64);
/// println!("{:?}", images.classes());
/// let loader = DataLoader::new(images, 32)?.shuffled(1).prefetched(2)?;
/// # Ok::<(), gluon::Error>(())
/// ```
///
/// # Source
/// MXNet 1.9.1, `ImageFolderDataset`, whose pictures are `uint8` of `[height, width, channels]`.
#[derive(Clone, Debug)]
pub struct ImageFolder {
    classes: Vec<String>,
    files: Vec<(PathBuf, i64)>,
    gray: bool,
    size: Option<(u32, u32)>,
}

impl ImageFolder {
    /// Finds the pictures below `folder`, in colour and as large as they are.
    ///
    /// # Errors
    /// [`Error::Io`] if a folder cannot be read.
    pub fn open(folder: impl AsRef<Path>) -> Result<ImageFolder> {
        let mut found =
            ImageFolder { classes: Vec::new(), files: Vec::new(), gray: false, size: None };
        for class in entries(folder.as_ref())?.into_iter().filter(|path| path.is_dir()) {
            let label = found.classes.len() as i64;
            let name = class.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let files = entries(&class)?.into_iter().filter(|path| is_picture(path));
            found.files.extend(files.map(|path| (path, label)));
            found.classes.push(name);
        }
        Ok(found)
    }

    /// The same in shades of gray: one channel instead of three.
    pub fn gray(self) -> ImageFolder {
        ImageFolder { gray: true, ..self }
    }

    /// The same, each picture scaled to one size, at least one pixel high and wide; otherwise
    /// [`get`](Dataset::get) is an error.
    pub fn resized(self, height: u32, width: u32) -> ImageFolder {
        ImageFolder { size: Some((height, width)), ..self }
    }

    /// The names of the classes, by their numbers.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The file of a sample, if there is one.
    pub fn file(&self, index: usize) -> Option<&Path> {
        self.files.get(index).map(|(path, _)| path.as_path())
    }
}

/// What is in a folder and not hidden, by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let error = Error::io("read", folder);
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(error)? {
        let path = entry.map_err(error)?.path();
        if !path.file_name().unwrap_or_default().to_string_lossy().starts_with('.') {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn is_picture(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
    ["png", "jpg", "jpeg"].iter().any(|known| extension == *known)
}

impl Dataset for ImageFolder {
    type Sample = (Tensor, i64);

    fn len(&self) -> usize {
        self.files.len()
    }

    fn get(&self, index: usize) -> Result<(Tensor, i64)> {
        let Some((path, label)) = self.files.get(index) else {
            let (op, bound) = ("ImageFolder::get", self.files.len());
            return Err(Error::IndexOutOfRange { op, index: index as f64, bound, position: 0 });
        };
        if let Some((height @ 0, width) | (height, width @ 0)) = self.size {
            return Err(Error::BadArgument {
                op: "ImageFolder::resized",
                argument: "height, width",
                expected: "at least 1",
                found: format!("{height}, {width}"),
            });
        }
        let error = Error::io("read", path);
        let reader = ImageReader::open(path).and_then(ImageReader::with_guessed_format);
        let picture = reader.map_err(error)?.decode();
        let picture = picture.map_err(|cause| error(std::io::Error::other(cause)))?;
        let picture = match self.size {
            Some((height, width)) => picture.resize_exact(width, height, FilterType::Triangle),
            None => picture,
        };
        Ok((tensor(&picture, self.gray)?, *label))
    }
}

/// `[channels, height, width]`, from 0 to 1.
fn tensor(picture: &DynamicImage, gray: bool) -> Result<Tensor> {
    let (height, width) = (picture.height() as usize, picture.width() as usize);
    let (channels, bytes) = match gray {
        true => (1, picture.to_luma8().into_raw()),
        false => (3, picture.to_rgb8().into_raw()),
    };
    let numbers: Vec<f32> = (0..channels)
        .flat_map(|channel| bytes.iter().skip(channel).step_by(channels))
        .map(|&byte| f32::from(byte) / 255.0)
        .collect();
    Tensor::from_vec(numbers, [channels, height, width])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dtype::DType;

    #[test]
    fn folders_are_classes_and_files_samples_in_order() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        for folder in ["b", "a", ".hidden"] {
            std::fs::create_dir(at(folder)).unwrap();
        }
        let pixels = vec![255, 0, 51, 0, 102, 0];
        let red = image::RgbImage::from_raw(2, 1, pixels).unwrap();
        red.save(at("b/2.png")).unwrap();
        red.save(at("b/1.PNG")).unwrap();
        image::GrayImage::from_pixel(3, 2, image::Luma([51])).save(at("a/x.jpg")).unwrap();
        std::fs::write(at("b/notes.txt"), "no picture").unwrap();

        let images = ImageFolder::open(directory.path()).unwrap();
        assert_eq!(images.classes(), ["a", "b"]);
        assert_eq!((images.len(), images.file(1)), (3, Some(&*at("b/1.PNG"))));
        let (picture, label) = images.get(2).unwrap();
        let expected = Tensor::from([[[1.0f32, 0.0]], [[0.0, 0.4]], [[0.2, 0.0]]]);
        assert_eq!((picture, label), (expected, 1));
        let (gray, label) = images.clone().gray().get(0).unwrap();
        assert_eq!((gray, label), (Tensor::full([1, 2, 3], 0.2, DType::F32), 0));
        let (batch, labels) = images.clone().resized(4, 5).batch(&[0, 1]).unwrap();
        assert_eq!(batch.shape().dims(), [2, 3, 4, 5]);
        assert_eq!(labels, Tensor::from([0i64, 1]));

        let error = images.clone().resized(0, 4).get(0).unwrap_err().to_string();
        assert_eq!(
            error,
            "`ImageFolder::resized` expected `height, width` to be at least 1, found 0, 4"
        );

        assert!(images.get(3).is_err() && ImageFolder::open(at("c")).is_err());
        std::fs::write(at("a/x.jpg"), "broken").unwrap();
        assert!(images.get(0).unwrap_err().to_string().ends_with("a/x.jpg`"));
    }
}
