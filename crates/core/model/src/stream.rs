//! Numbers that look like chance and follow from a seed (splitmix64).
//!
//! All that is drawn in tollgate's core, its simulator and its tests is drawn from here, so a seed tells all that
//! happens. A component draws from a child stream of its own: then a change of one component (another policy, one more
//! flow) leaves what the others draw as it was, and policies are compared over the same arrivals.

/// A stream of numbers.
#[derive(Clone, Debug)]
pub struct Stream(u64);

impl Stream {
    /// The stream of this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The stream of `seed` for the component `name`, number `index` of its kind.
    #[must_use]
    pub fn child(seed: u64, name: &str, index: u64) -> Self {
        // FNV-1a over the name, then the index, then two rounds of mixing.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mut stream = Self(mix(seed) ^ mix(hash.wrapping_add(index.wrapping_mul(GOLDEN))));
        stream.next();
        stream
    }

    /// The next 64 bits.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mix(self.0)
    }

    /// Evenly in 0..1; never 1.
    pub fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Evenly in (0, 1]; never zero, so that its logarithm is finite.
    pub fn unit(&mut self) -> f64 {
        ((self.next() >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }

    /// Evenly below `bound`; zero if that is zero.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// Whether something happens that does in so many cases of a hundred. Nothing is drawn where it never does.
    pub fn percent(&mut self, chance: u8) -> bool {
        chance > 0 && self.next() % 100 < u64::from(chance)
    }

    /// Exponential with mean 1.
    pub fn exponential(&mut self) -> f64 {
        -self.unit().ln()
    }

    /// Normal with mean 0 and deviation 1 (Box–Muller; its twin is not kept, so that each draw costs
    /// the stream the same).
    pub fn normal(&mut self) -> f64 {
        let radius = (2.0 * self.exponential()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }
}

/// What the state grows by with each number: 2^64 divided by the golden ratio.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

const fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_splitmix64() {
        let mut stream = Stream::new(1_234_567);
        // Published with the generator.
        for published in [
            6_457_827_717_110_365_317_u64,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ] {
            assert_eq!(stream.next(), published);
        }
    }

    #[test]
    fn children_differ_and_repeat() {
        let draw = |name, index| Stream::child(7, name, index).next();
        assert_eq!(draw("a", 0), draw("a", 0));
        assert_ne!(draw("a", 0), draw("a", 1));
        assert_ne!(draw("a", 0), draw("b", 0));
    }

    #[test]
    fn moments_are_what_they_should_be() {
        let mut stream = Stream::child(1, "moments", 0);
        let n = 200_000;
        let mean = |draw: &mut dyn FnMut() -> f64| (0..n).map(|_| draw()).sum::<f64>() / n as f64;
        assert!((mean(&mut || stream.exponential()) - 1.0).abs() < 0.01);
        assert!(mean(&mut || stream.normal()).abs() < 0.01);
        let squares = mean(&mut || stream.normal().powi(2));
        assert!((squares - 1.0).abs() < 0.02, "{squares}");
        assert!((mean(&mut || stream.below(10) as f64) - 4.5).abs() < 0.05);
    }
}
