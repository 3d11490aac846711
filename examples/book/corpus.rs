//! A text as numbers.

use std::collections::BTreeSet;

use gluon::data::ArrayDataset;
use gluon::prelude::*;

/// A text whose kinds of letters are numbered; its last tenth is held back.
pub struct Corpus {
    kinds: Vec<char>,
    letters: Vec<i64>,
    /// Where the part begins that is held back.
    cut: usize,
}

impl Corpus {
    pub fn new(text: &str) -> Corpus {
        let kinds: BTreeSet<char> = text.chars().collect();
        let mut corpus = Corpus { kinds: kinds.into_iter().collect(), letters: Vec::new(), cut: 0 };
        corpus.letters = corpus.letters(text);
        corpus.cut = corpus.letters.len() * 9 / 10;
        corpus
    }

    pub fn len(&self) -> usize {
        self.letters.len()
    }

    /// How many different letters there are.
    pub fn kinds(&self) -> usize {
        self.kinds.len()
    }

    /// The two parts: what may be learned, and what is held back.
    pub fn parts(&self) -> (&[i64], &[i64]) {
        self.letters.split_at(self.cut)
    }

    /// The numbers of the letters of `text`; those that are in no book are left out.
    pub fn letters(&self, text: &str) -> Vec<i64> {
        let number = |letter| self.kinds.binary_search(&letter).ok().map(|number| number as i64);
        text.chars().filter_map(number).collect()
    }

    pub fn text(&self, letters: &[i64]) -> String {
        letters.iter().map(|&letter| self.kinds[letter as usize]).collect()
    }

    pub fn training(&self, window: usize) -> Result<ArrayDataset> {
        windows(self.parts().0, window)
    }

    pub fn held_back(&self, window: usize) -> Result<ArrayDataset> {
        windows(self.parts().1, window)
    }
}

/// Stretches of `window` letters, and the letter after each of them.
fn windows(letters: &[i64], window: usize) -> Result<ArrayDataset> {
    let count = letters.len().saturating_sub(1) / window;
    let rows = |start: usize| {
        Tensor::from_vec(letters[start..start + count * window].to_vec(), [count, window])
    };
    ArrayDataset::new(rows(0)?, rows(1)?)
}
