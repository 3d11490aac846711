//! Orders of numbers along an axis.

use super::parallel;

/// A whole number for each number, in their order: equal numbers, -0 and 0 too, have equal ones, and NaN
/// the largest.
pub(crate) fn key_of_float(x: f64) -> u64 {
    if x.is_nan() {
        return u64::MAX;
    }
    // A sum of -0 and 0 is 0. Below it, the bits of a number grow as it falls.
    let bits = (x + 0.0).to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

/// [`key_of_float`] for integers with a sign.
pub(crate) fn key_of_integer(x: i64) -> u64 {
    (x as u64) ^ (1 << 63)
}

/// The positions along the middle axis of the least `count` keys, in order; of equal ones, the first
/// comes first.
///
/// # Shapes
/// `keys: [outer, len, inner]`, `order: [outer, count, inner]`
pub(crate) fn order(
    keys: &[u64],
    [outer, len, inner]: [usize; 3],
    count: usize,
    order: &mut [i64],
) {
    assert!(keys.len() == outer * len * inner && order.len() == outer * count * inner);
    assert!(count <= len);
    if order.is_empty() {
        return;
    }
    // To choose takes a few comparisons an element, to sort the chosen as many as their number has bits.
    let cost = 16 * (len / count) + 16 * count.ilog2() as usize;
    parallel::for_each_part(order, count * inner, cost, |start, order| {
        let mut row = Vec::with_capacity(len);
        let blocks = keys.chunks_exact(len * inner).skip(start / (count * inner));
        for (keys, order) in blocks.zip(order.chunks_exact_mut(count * inner)) {
            for i in 0..inner {
                // A key and its position as one number: no two are equal.
                let column = keys[i..].iter().step_by(inner).zip(0..);
                row.clear();
                row.extend(column.map(|(&key, position)| u128::from(key) << 64 | position));
                if count < len {
                    row.select_nth_unstable(count);
                }
                row[..count].sort_unstable();
                for (order, &key) in order[i..].iter_mut().step_by(inner).zip(&row) {
                    *order = key as i64;
                }
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_in_the_order_of_numbers() {
        let tiny = f64::from_bits(1);
        let floats =
            [f64::NEG_INFINITY, -2.0, -1.5, -tiny, 0.0, tiny, 1.5, 2.0, f64::INFINITY, f64::NAN];
        assert!(floats.map(key_of_float).is_sorted_by(|a, b| a < b));
        assert_eq!(key_of_float(-0.0), key_of_float(0.0));
        assert_eq!(key_of_float(-f64::NAN), key_of_float(f64::NAN));
        let integers = [i64::MIN, -2, -1, 0, 1, i64::MAX];
        assert!(integers.map(key_of_integer).is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn orders_are_those_of_a_stable_sort_of_each_column() {
        for (sizes, count) in [
            ([2, 7, 3], 7),
            ([2, 7, 3], 2),
            ([1, 300, 1], 299),
            ([70, 1000, 1], 10),
            ([35, 1000, 3], 10),
        ] {
            let [outer, len, inner] = sizes;
            let mut generator = crate::random::Generator::new(1);
            let mut key = || generator.below(len / 2) as u64;
            let keys: Vec<u64> = (0..outer * len * inner).map(|_| key()).collect();
            let mut found = vec![-1; outer * count * inner];
            order(&keys, sizes, count, &mut found);
            for (block, i) in (0..outer).flat_map(|block| (0..inner).map(move |i| (block, i))) {
                let mut expected: Vec<usize> = (0..len).collect();
                expected.sort_by_key(|&at| keys[(block * len + at) * inner + i]);
                for (at, &expected) in expected[..count].iter().enumerate() {
                    assert_eq!(found[(block * count + at) * inner + i], expected as i64);
                }
            }
        }
    }
}
