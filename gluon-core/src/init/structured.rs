//! Initializers that give different places of a parameter different values.

use super::{Initializer, Target};
use crate::error::Result;

/// The weight of a transposed convolution that enlarges images by bilinear interpolation.
///
/// # Shapes
/// `[_, _, height, width]`, where the width decides the factor.
///
/// # Source
/// Long, Shelhamer & Darrell, *Fully convolutional networks for semantic segmentation*, CVPR 2015;
/// the formula is MXNet's `Bilinear`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bilinear;

impl Initializer for Bilinear {
    fn fill(&self, target: &mut Target<'_>) -> Result<()> {
        let [_, _, height, width] = *target.shape.dims() else {
            return Err(target.refuse(self, "four axes"));
        };
        let factor = width.div_ceil(2) as f64;
        let center = (2.0 * factor - 1.0 - factor % 2.0) / (2.0 * factor);
        let weight = |place: usize| 1.0 - (place as f64 / factor - center).abs();
        for (index, value) in target.values.iter_mut().enumerate() {
            *value = weight(index % width) * weight(index / width % height);
        }
        Ok(())
    }
}

/// The bias of an LSTM: `forget_bias` for the forget gate, which is the second quarter, else 0.
///
/// # Source
/// Jozefowicz, Zaremba & Sutskever, *An empirical exploration of recurrent network architectures*,
/// ICML 2015.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LstmBias(
    /// The bias of the forget gate; 1 by default.
    pub f64,
);

impl Default for LstmBias {
    fn default() -> LstmBias {
        LstmBias(1.0)
    }
}

impl Initializer for LstmBias {
    fn fill(&self, target: &mut Target<'_>) -> Result<()> {
        let hidden = target.values.len() / 4;
        if target.shape.rank() != 1 || 4 * hidden != target.values.len() {
            return Err(target.refuse(self, "one axis with four gates"));
        }
        target.values.fill(0.0);
        target.values[hidden..2 * hidden].fill(self.0);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::tests::draw;

    #[test]
    fn a_bilinear_weight_of_width_2_copies_and_one_of_width_4_blends() {
        // Factor 1 and center 0; factor 2 and center 3/4.
        assert_eq!(draw(&Bilinear, [1, 2, 2, 2]).unwrap(), [1., 0., 0., 0., 1., 0., 0., 0.]);
        let row = [0.25, 0.75, 0.75, 0.25];
        let expected: Vec<f64> = row.iter().flat_map(|y| row.map(|x| x * y)).collect();
        assert_eq!(draw(&Bilinear, [1, 1, 4, 4]).unwrap(), expected);
        assert!(draw(&Bilinear, [4, 4]).is_err());
    }

    #[test]
    fn the_second_quarter_is_the_forget_gate() {
        assert_eq!(draw(&LstmBias(2.0), [8]).unwrap(), [0., 0., 2., 2., 0., 0., 0., 0.]);
        assert!(draw(&LstmBias(2.0), [6]).is_err() && draw(&LstmBias(2.0), [2, 4]).is_err());
    }
}
