//! The baseline: how often one letter follows another.

use super::corpus::Corpus;

/// The perplexity of counted pairs on the part that is held back, every pair counted once more than
/// it occurs.
pub fn perplexity(corpus: &Corpus) -> f64 {
    let kinds = corpus.kinds();
    let (learned, held_back) = corpus.parts();
    let pair = |pair: &[i64]| pair[0] as usize * kinds + pair[1] as usize;
    let mut counts = vec![1.0f64; kinds * kinds];
    learned.windows(2).for_each(|letters| counts[pair(letters)] += 1.0);
    let surprise = |letters: &[i64]| {
        let first = letters[0] as usize * kinds;
        let total: f64 = counts[first..first + kinds].iter().sum();
        (total / counts[pair(letters)]).ln()
    };
    let surprises: Vec<f64> = held_back.windows(2).map(surprise).collect();
    (surprises.iter().sum::<f64>() / surprises.len() as f64).exp()
}
