//! Hashes that cost little, for keys that nobody chooses to be in the way of each other.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map by what the program itself has made: addresses, the names in a model. Keys from a file
/// belong into a [`HashMap`] as it comes.
pub(crate) type Map<K, V> = HashMap<K, V, BuildHasherDefault<Words>>;

/// A sum of words, multiplied after each.
#[derive(Default)]
pub(crate) struct Words(u64);

/// Odd, without a pattern in its bits: the golden ratio.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

impl Hasher for Words {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.wrapping_add(word)).wrapping_mul(FACTOR);
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

    /// The higher bits depend on more of a key, and maps look at the lowest.
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_names_are_spread() {
        let hash = |write: &dyn Fn(&mut Words)| {
            let mut words = Words::default();
            write(&mut words);
            words.finish() % 4096
        };
        let addresses = (0..2048_usize).map(|i| hash(&|words| words.write_usize(i * 192)));
        let names = (0..2048).map(|i| hash(&|words| words.write(format!("{i}.weight").as_bytes())));
        for hashes in [addresses.collect::<Vec<_>>(), names.collect()] {
            let different = hashes.iter().collect::<std::collections::HashSet<_>>().len();
            // as many as of random ones, some 1,600
            assert!(different > 1400, "{different}");
        }
    }
}
