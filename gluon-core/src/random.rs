//! Random numbers: a small seeded generator whose streams are the same on every machine.

mod thread;

use crate::dtype::Element;
use crate::error::{Error, Result};

pub(crate) use thread::next_u64;
#[cfg(feature = "data")]
pub(crate) use thread::with_generator;
pub use thread::{seed, set_state, state};

/// A seeded generator of pseudo-random numbers: xoshiro256++.
///
/// Equal seeds give equal streams, whatever the platform and the number of threads; nothing here
/// reads a clock or an entropy source. A clone continues the same stream a second time. Not for
/// secrets: its output can be predicted.
///
/// The whole state is four words ([`state`](Generator::state)), so that a checkpoint can store it
/// and continue exactly.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::random::Generator;
///
/// let mut generator = Generator::new(42);
/// let weight = generator.range(-0.1, 0.1);
/// assert!((-0.1..0.1).contains(&weight));
///
/// let mut resumed = Generator::from_state(generator.state())?;
/// assert_eq!(resumed.normal(), generator.normal());
/// # Ok::<(), gluon::Error>(())
/// ```
///
/// # Source
/// Blackman & Vigna, *Scrambled linear pseudorandom number generators*, ACM TOMS 47(4), 2021
/// (period 2²⁵⁶ − 1); seeded, as they recommend, with SplitMix64: Steele, Lea & Flood, *Fast
/// splittable pseudorandom number generators*, OOPSLA 2014, with the constants of Vigna's
/// `splitmix64.c`, 2015.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generator {
    state: [u64; 4],
}

impl Generator {
    /// The generator of `seed`. Any seed will do; neighbouring ones give unrelated streams.
    pub fn new(seed: u64) -> Generator {
        Generator { state: std::array::from_fn(|index| word_at(seed, index as u64)) }
    }

    /// The generator of `name` under `seed`: a stream of its own for each pair.
    ///
    /// Whoever draws by name draws the same numbers no matter what else is drawn, and in which
    /// order: a layer added to a model leaves the initial values of the others alone.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// # use gluon::random::Generator;
    /// let mut weight = Generator::for_name(42, "hidden.weight");
    /// let mut bias = Generator::for_name(42, "hidden.bias");
    /// assert_ne!(weight.next_u64(), bias.next_u64());
    /// ```
    ///
    /// # Source
    /// The name is hashed with FNV-1a, 64 bits: Fowler, Noll & Vo, RFC 9923.
    pub fn for_name(seed: u64, name: &str) -> Generator {
        // The seed is scrambled first: plain seeds and hashes that differ in the same bits would
        // cancel each other.
        Generator::new(word_at(seed, 0) ^ fnv1a(name.as_bytes()))
    }

    /// The generator that continues from a stored [`state`](Generator::state).
    ///
    /// # Errors
    /// [`Error::BadArgument`] if all words are 0: that state never leaves 0, and no generator
    /// reaches it.
    pub fn from_state(state: [u64; 4]) -> Result<Generator> {
        if state == [0; 4] {
            return Err(Error::BadArgument {
                op: "Generator::from_state",
                argument: "state",
                expected: "four words that are not all 0",
                found: format!("{state:?}"),
            });
        }
        Ok(Generator { state })
    }

    /// The state, from which [`from_state`](Generator::from_state) continues.
    pub fn state(&self) -> [u64; 4] {
        self.state
    }

    /// The next 64 random bits.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        let s = &mut self.state;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// A uniform number in [0, 1): a multiple of 2⁻⁵³, each equally likely.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        const STEP: f64 = 1.0 / (1u64 << 53) as f64;
        (self.next_u64() >> 11) as f64 * STEP
    }

    /// A uniform number between `low` and `high`: `low + (high − low) · uniform()`.
    ///
    /// `high` itself comes up only where that formula rounds to it, which is rare unless the bounds
    /// are close neighbours. Their difference must be finite.
    #[inline]
    pub fn range(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// A uniform integer in 0..n, without bias.
    ///
    /// # Panics
    /// **If `n` is 0**: there is no such integer.
    ///
    /// # Source
    /// Lemire, *Fast random integer generation in an interval*, ACM TOMACS 29(1), 2019, with words
    /// of 64 bits on every platform.
    #[inline]
    #[track_caller]
    pub fn below(&mut self, n: usize) -> usize {
        assert!(n > 0, "`below` expected `n` to be positive, found 0");
        let n = n as u64;
        let mut product = u128::from(self.next_u64()) * u128::from(n);
        if (product as u64) < n {
            // 2⁶⁴ mod n words are too many to serve all results equally: those whose products are
            // lowest in their interval are drawn again.
            let excess = n.wrapping_neg() % n;
            while (product as u64) < excess {
                product = u128::from(self.next_u64()) * u128::from(n);
            }
        }
        (product >> 64) as usize // below n, which was a usize
    }

    /// A standard normal number: mean 0, variance 1.
    ///
    /// The result is a quotient of correctly rounded operations, so it is the same on every
    /// platform; only the choice in the thin ring between two ellipses (about 1 draw in 80) asks
    /// for a logarithm, whose last bit would have to tip an inequality to make a difference.
    /// Nothing is kept for the next call.
    ///
    /// # Source
    /// Leva, *A fast normal random number generator*, ACM TOMS 18(4), 1992, algorithm 712: the
    /// ratio of uniforms with quadratic bounding curves.
    pub fn normal(&mut self) -> f64 {
        loop {
            let u = 1.0 - self.uniform(); // (0, 1]
            let v = 1.7156 * (self.uniform() - 0.5);
            let x = u - 0.449871;
            let y = v.abs() + 0.386595;
            let q = x * x + y * (0.19600 * y - 0.25472 * x);
            let inside = q < 0.27597 || (q <= 0.27846 && v * v <= -4.0 * u * u * u.ln());
            if inside {
                return v / u;
            }
        }
    }

    /// Puts the items into a random order, every order equally likely.
    ///
    /// # Source
    /// Fisher & Yates, in Durstenfeld's form: CACM 7(7), 1964, algorithm 235.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// Draws as [`Generator::range`] does, but nothing that rounds to `high` as a `T`: the number before it
/// instead. Where `T` does not tell `low` from `high`, there is none.
pub(crate) fn range_of<T: Element>(low: f64, high: f64) -> impl Fn(&mut Generator) -> f64 {
    let is_below = |x: f64| T::from_f64(x).to_f64() < T::from_f64(high).to_f64();
    let mut bounds = if is_below(low) { [low, high] } else { [f64::INFINITY; 2] };
    loop {
        let middle = f64::midpoint(bounds[0], bounds[1]);
        if !(bounds[0] < middle && middle < bounds[1]) {
            break;
        }
        bounds[usize::from(!is_below(middle))] = middle;
    }
    move |generator| {
        let x = generator.range(low, high);
        if x > bounds[0] { bounds[0] } else { x }
    }
}

/// Word `index` of the stream of SplitMix64 from `seed`, a Weyl sequence through a mixing function:
/// for loops that draw in any order.
#[inline(always)]
pub(crate) fn word_at(seed: u64, index: u64) -> u64 {
    const WEYL: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut z = seed.wrapping_add(index.wrapping_add(1).wrapping_mul(WEYL));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// FNV-1a of 64 bits.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    // Reference values come from C: Vigna's xoshiro256plusplus.c and splitmix64.c, and the formulas
    // above transcribed, compiled with gcc without contraction. The first numbers of SplitMix64 for
    // seed 1234567 and of xoshiro256++ from state 1, 2, 3, 4 are also the published ones.

    #[test]
    fn splitmix_matches_the_reference() {
        let expected: [u64; 5] = [
            6457827717110365317,
            3203168211198807973,
            9817491932198370423,
            4593380528125082431,
            16408922859458223821,
        ];
        assert_eq!([0, 1, 2, 3, 4].map(|index| word_at(1234567, index)), expected);
    }

    #[test]
    fn xoshiro_matches_the_reference() {
        let mut generator = Generator::from_state([1, 2, 3, 4]).unwrap();
        let expected: [u64; 10] = [
            41943041,
            58720359,
            3588806011781223,
            3591011842654386,
            9228616714210784205,
            9973669472204895162,
            14011001112246962877,
            12406186145184390807,
            15849039046786891736,
            10450023813501588000,
        ];
        assert_eq!(expected.map(|_| generator.next_u64()), expected);
    }

    #[test]
    fn seeds_fill_the_state_as_in_the_reference() {
        let mut generator = Generator::new(42);
        let state =
            [0xbdd732262feb6e95, 0x28efe333b266f103, 0x47526757130f9f52, 0x581ce1ff0e4ae394];
        assert_eq!(generator.state(), state);
        assert_eq!(generator.next_u64(), 0xd0764d4f4476689f);
    }

    #[test]
    fn names_hash_as_published() {
        // RFC 9923, test vectors of 64 bits.
        assert_eq!(fnv1a(b""), 0xcbf29ce484222325);
        assert_eq!(fnv1a(b"a"), 0xaf63dc4c8601ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x85944171f73967e8);
        assert_eq!(Generator::for_name(7, "hidden.weight").next_u64(), 0x81c14233394215de);
        assert_eq!(Generator::for_name(7, "hidden.bias").next_u64(), 0x4a5461bf6a5b7d46);
    }

    #[test]
    fn distributions_match_the_reference() {
        let uniforms =
            [0.8143051451229099, 0.3188210400616611, 0.9838941681774888, 0.7011355981347556];
        let mut generator = Generator::new(42);
        assert_eq!(uniforms.map(|_| generator.uniform()), uniforms);

        let normals = [
            -1.673878492088272,
            0.7319371198245922,
            0.20619513686355298,
            0.9383647965143197,
            1.3633711370657107,
            0.1322175513750931,
        ];
        let mut generator = Generator::new(42);
        assert_eq!(normals.map(|_| generator.normal()), normals);

        let digits = [8, 3, 9, 7, 7, 5, 1, 6, 2, 9, 5, 8];
        let mut generator = Generator::new(42);
        assert_eq!(digits.map(|_| generator.below(10)), digits);

        let mut order: [usize; 10] = std::array::from_fn(|i| i);
        Generator::new(42).shuffle(&mut order);
        assert_eq!(order, [5, 3, 1, 0, 9, 6, 4, 7, 2, 8]);
    }

    /// Asserts that the mean of `n` draws of `f` lies within 5 standard errors of `mean`: a wrong
    /// distribution is caught, a right one fails for 1 seed in 1.7 million.
    #[track_caller]
    fn assert_mean(n: usize, mean: f64, variance: f64, mut f: impl FnMut() -> f64) {
        let found = (0..n).map(|_| f()).sum::<f64>() / n as f64;
        let bound = 5.0 * (variance / n as f64).sqrt();
        assert!((found - mean).abs() < bound, "expected {mean} ± {bound}, found {found}");
    }

    const DRAWS: usize = 200_000;

    #[test]
    fn uniform_numbers_have_the_moments_of_theory() {
        let mut generator = Generator::new(1);
        assert_mean(DRAWS, 1.0 / 2.0, 1.0 / 12.0, || generator.uniform());
        // E u² = 1/3, Var u² = 1/5 − 1/9
        assert_mean(DRAWS, 1.0 / 3.0, 4.0 / 45.0, || generator.uniform().powi(2));
        assert_mean(DRAWS, 1.0, 16.0 / 12.0, || generator.range(-1.0, 3.0));
        assert!((0..DRAWS).all(|_| (0.0..1.0).contains(&generator.uniform())));
    }

    #[test]
    fn normal_numbers_have_the_moments_and_tails_of_theory() {
        let mut generator = Generator::new(2);
        assert_mean(DRAWS, 0.0, 1.0, || generator.normal());
        assert_mean(DRAWS, 1.0, 2.0, || generator.normal().powi(2));
        assert_mean(DRAWS, 0.0, 15.0, || generator.normal().powi(3));
        assert_mean(DRAWS, 3.0, 96.0, || generator.normal().powi(4));
        for (z, p) in [(0.674490, 0.5), (1.959964, 0.05), (2.575829, 0.01), (3.290527, 0.001)] {
            let mut beyond = || f64::from(u8::from(generator.normal().abs() > z));
            assert_mean(DRAWS, p, p * (1.0 - p), &mut beyond);
        }
    }

    /// Pearson's statistic of counts that should be equal.
    fn chi_square(counts: &[usize]) -> f64 {
        let expected = counts.iter().sum::<usize>() as f64 / counts.len() as f64;
        counts.iter().map(|&count| (count as f64 - expected).powi(2) / expected).sum()
    }

    #[test]
    fn integers_below_a_bound_are_equally_likely() {
        let mut generator = Generator::new(3);
        let mut counts = [0; 7];
        (0..70_000).for_each(|_| counts[generator.below(7)] += 1);
        assert!(chi_square(&counts) < 37.3, "{counts:?}"); // 6 degrees of freedom, p = 1.5e-6

        // With n = 3 · 2⁶², a plain product would hit multiples of 3 half of the time.
        #[cfg(target_pointer_width = "64")]
        assert_mean(DRAWS, 1.0 / 3.0, 2.0 / 9.0, || {
            f64::from(u8::from(generator.below(3 << 62).is_multiple_of(3)))
        });
        assert_eq!(generator.below(1), 0);
    }

    #[test]
    fn every_order_is_equally_likely() {
        let mut generator = Generator::new(4);
        let mut counts = std::collections::BTreeMap::new();
        for _ in 0..60_000 {
            let mut items = [0, 1, 2];
            generator.shuffle(&mut items);
            *counts.entry(items).or_insert(0) += 1;
        }
        let counts: Vec<usize> = counts.into_values().collect();
        assert_eq!(counts.len(), 6);
        assert!(chi_square(&counts) < 34.9, "{counts:?}"); // 5 degrees of freedom, p = 1.6e-6
    }

    #[test]
    fn names_and_seeds_have_streams_of_their_own() {
        let mut first = std::collections::BTreeSet::new();
        for seed in 0..100 {
            first.insert(Generator::new(seed).next_u64());
            for name in ["", "0.weight", "1.weight", "0.bias", "weight"] {
                first.insert(Generator::for_name(seed, name).next_u64());
            }
        }
        assert_eq!(first.len(), 600);
    }

    #[test]
    fn stored_states_continue_the_stream() {
        let mut generator = Generator::new(5);
        generator.normal();
        let mut resumed = Generator::from_state(generator.state()).unwrap();
        assert!((0..100).all(|_| resumed.normal() == generator.normal()));
        assert!(Generator::from_state([0; 4]).is_err());
    }
}
