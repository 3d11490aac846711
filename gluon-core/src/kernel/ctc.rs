//! Connectionist temporal classification: the probability of a label over all its alignments.
//!
//! # Source
//! Graves et al. 2006, section 4.1, in logarithms.

use super::float::Float;

/// `-ln p(label)` of one sample, and the expected number of uses of each class at each step.
///
/// `log_p`: log-probabilities, `[steps, classes]`. `uses`: `[.., classes]`, which may hold further
/// steps; those become 0. A label without any alignment has the loss infinity and no uses.
pub(crate) fn ctc<T: Float>(
    log_p: &[T],
    classes: usize,
    label: &[usize],
    blank: usize,
    uses: &mut [T],
) -> f64 {
    assert!(label.iter().chain([&blank]).all(|&class| class < classes));
    assert!(log_p.len() <= uses.len() && log_p.len().is_multiple_of(classes));
    uses.fill(T::ZERO);
    // The label with blanks between: the class of each state of an alignment.
    let states: Vec<usize> =
        (0..=2 * label.len()).map(|s| if s % 2 == 0 { blank } else { label[s / 2] }).collect();
    let n = states.len();
    // A blank may be left out between different classes.
    let skips = |s: usize| s >= 2 && states[s] != blank && states[s] != states[s - 2];
    let emit = |step: usize, s: usize| log_p[step * classes + states[s]].to_f64();
    let steps = log_p.len() / classes;
    if steps == 0 {
        return if label.is_empty() { 0.0 } else { f64::INFINITY };
    }

    // Forward: the logarithm of the probability of all beginnings that end in a state.
    let mut alpha = vec![f64::NEG_INFINITY; steps * n];
    for (s, alpha) in alpha[..n.min(2)].iter_mut().enumerate() {
        *alpha = emit(0, s);
    }
    for step in 1..steps {
        let (before, now) = alpha.split_at_mut(step * n);
        let before = &before[(step - 1) * n..];
        for (s, now) in now[..n].iter_mut().enumerate() {
            let stay = log_add(before[s], if s >= 1 { before[s - 1] } else { f64::NEG_INFINITY });
            let all = if skips(s) { log_add(stay, before[s - 2]) } else { stay };
            *now = all + emit(step, s);
        }
    }
    let last = &alpha[(steps - 1) * n..];
    let total = log_add(last[n - 1], if n >= 2 { last[n - 2] } else { f64::NEG_INFINITY });
    if total == f64::NEG_INFINITY {
        return f64::INFINITY;
    }

    // Backward: that of all ends that begin after a state.
    let mut beta = vec![f64::NEG_INFINITY; n];
    beta[n.saturating_sub(2)..].fill(0.0);
    for step in (0..steps).rev() {
        for (s, (alpha, beta)) in alpha[step * n..][..n].iter().zip(&beta).enumerate() {
            uses[step * classes + states[s]] += T::from_f64((alpha + beta - total).exp());
        }
        if step == 0 {
            break;
        }
        let ahead: Vec<f64> = (0..n).map(|s| beta[s] + emit(step, s)).collect();
        for (s, beta) in beta.iter_mut().enumerate() {
            let next = ahead.get(s + 1).copied().unwrap_or(f64::NEG_INFINITY);
            *beta = log_add(ahead[s], next);
            if s + 2 < n && skips(s + 2) {
                *beta = log_add(*beta, ahead[s + 2]);
            }
        }
    }
    -total
}

/// `ln(eˣ + eʸ)`
fn log_add(x: f64, y: f64) -> f64 {
    let (low, high) = if x < y { (x, y) } else { (y, x) };
    if low == f64::NEG_INFINITY { high } else { high + (low - high).exp().ln_1p() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a path of classes spells: repeats merged, blanks removed.
    fn spelled(path: &[usize], blank: usize) -> Vec<usize> {
        let mut path = path.to_vec();
        path.dedup();
        path.retain(|&class| class != blank);
        path
    }

    /// By the definition: over all paths.
    fn direct(p: &[f64], classes: usize, label: &[usize], blank: usize) -> (f64, Vec<f64>) {
        let steps = p.len() / classes;
        let (mut total, mut uses) = (0.0, vec![0.0; p.len()]);
        for number in 0..classes.pow(steps as u32) {
            let path: Vec<usize> =
                (0..steps).map(|step| number / classes.pow(step as u32) % classes).collect();
            if spelled(&path, blank) == label {
                let cells = || path.iter().enumerate().map(|(step, c)| step * classes + c);
                let probability: f64 = cells().map(|cell| p[cell]).product();
                total += probability;
                cells().for_each(|cell| uses[cell] += probability);
            }
        }
        (-total.ln(), uses.into_iter().map(|u| u / total).collect())
    }

    #[test]
    fn the_loss_is_the_sum_over_all_paths() {
        let classes = 3;
        let p: Vec<f64> = (0..15)
            .map(|i| f64::from(1 + i * 7 % 5) + 0.3)
            .collect::<Vec<_>>()
            .chunks(classes)
            .flat_map(|row| row.iter().map(|x| x / row.iter().sum::<f64>()).collect::<Vec<_>>())
            .collect();
        let log_p: Vec<f64> = p.iter().map(|p| p.ln()).collect();
        for (label, blank) in [
            (vec![0, 1], 2),
            (vec![1, 1], 0),
            (vec![], 2),
            (vec![2], 1),
            (vec![0, 0, 1], 2),
            (vec![1, 2, 1, 2, 1], 0),
        ] {
            let (loss, uses) = direct(&p, classes, &label, blank);
            let mut found = vec![f64::NAN; p.len() + classes];
            let value = ctc(&log_p, classes, &label, blank, &mut found);
            assert!((value - loss).abs() < 1e-12, "{label:?}: {value} {loss}");
            for (found, uses) in found.iter().zip(&uses) {
                assert!((found - uses).abs() < 1e-12, "{label:?}");
            }
            assert_eq!(found[p.len()..], [0.0; 3]);
        }
        let mut uses = vec![0.0; 15];
        assert_eq!(ctc(&log_p, 3, &[0, 0, 1, 1], 2, &mut uses), f64::INFINITY);
        // No steps spell nothing.
        for (label, loss) in [(&[][..], 0.0), (&[0], f64::INFINITY)] {
            let mut uses = [f64::NAN; 3];
            assert_eq!((ctc(&[], 3, label, 2, &mut uses), uses), (loss, [0.0; 3]));
        }
    }

    /// A thousand steps of probability 1/4: the product is far below the smallest float.
    #[test]
    fn long_samples_do_not_underflow() {
        let log_p = vec![-(4f64.ln()); 4 * 1000];
        let mut uses = vec![0.0; log_p.len()];
        let loss = ctc(&log_p, 4, &[], 3, &mut uses);
        assert!((loss - 1000.0 * 4f64.ln()).abs() < 1e-9);
        let label = [0, 1, 2].repeat(100);
        let loss = ctc(&log_p, 4, &label, 3, &mut uses);
        assert!(loss.is_finite());
        let total: f64 = uses.iter().sum();
        assert!((total - 1000.0).abs() < 1e-8, "{total}");
    }
}
