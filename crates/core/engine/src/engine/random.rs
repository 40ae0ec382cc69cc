//! The engine's own stream of numbers (splitmix64), so that a seed tells all that it does.

use super::Engine;

impl Engine {
    /// A number in 0..1.
    pub(super) fn fraction(&mut self) -> f64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;
    use tollgate_model::Instant;

    #[test]
    fn the_stream_is_splitmix64() {
        let mut engine = Engine::new(Config::default(), 1_234_567, Instant::ZERO);
        // Published with the generator.
        for published in [
            6_457_827_717_110_365_317_u64,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ] {
            let all = 2_f64.powi(53);
            assert_eq!(engine.fraction(), (published >> 11) as f64 / all);
        }
    }
}
