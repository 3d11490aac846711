//! Numbers that every program of the comparison makes in the same way.

/// A number in [0, 1) for element `i` of tensor `t`.
fn unit(t: u32, i: u32) -> f32 {
    let mut h =
        i.wrapping_mul(2_654_435_761).wrapping_add(t.wrapping_mul(40503)).wrapping_add(12345);
    h ^= h >> 16;
    h = h.wrapping_mul(0x045d_9f3b);
    h ^= h >> 16;
    (h >> 8) as f32 / 16_777_216.0
}

/// The input: numbers from -0.5 to 0.5.
pub fn input(len: usize) -> Vec<f32> {
    (0..len as u32).map(|i| unit(999, i) - 0.5).collect()
}

/// The labels.
pub fn labels(len: usize, classes: usize) -> Vec<i64> {
    (0..len).map(|i| (i * 7 % classes) as i64).collect()
}

/// The weight of layer `t`.
pub fn weight(t: u32, len: usize, fan_in: usize) -> Vec<f32> {
    let bound = (6.0 / fan_in as f32).sqrt();
    (0..len as u32).map(|i| (unit(t, i) - 0.5) * 2.0 * bound).collect()
}
