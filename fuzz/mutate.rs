// Damages texts: the stable counterpart of the coverage-guided targets beside it. Included by path in the
// tests of the two language crates.

/// Numbers that follow from a seed (splitmix64).
pub(crate) struct Mutator {
    state: u64,
    seeds: Vec<String>,
    /// Pieces that mean something.
    words: &'static [&'static str],
}

impl Mutator {
    pub(crate) fn new(seed: u64, seeds: Vec<String>, words: &'static [&'static str]) -> Self {
        assert!(!seeds.is_empty(), "there must be something to damage");
        Self {
            state: seed,
            seeds,
            words,
        }
    }

    fn below(&mut self, most: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % most.max(1) as u64) as usize
    }

    fn seed(&mut self) -> Vec<char> {
        let at = self.below(self.seeds.len());
        self.seeds[at].chars().collect()
    }

    /// A damaged text; what is damaged may be damaged further later.
    pub(crate) fn next(&mut self) -> String {
        let mut text = self.seed();
        for _ in 0..=self.below(6) {
            let at = self.below(text.len() + 1);
            let end = (at + self.below(12)).min(text.len());
            match self.below(6) {
                0 => drop(text.drain(at..end)),
                1 => {
                    let word = self.words[self.below(self.words.len())];
                    text.splice(at..at, word.chars());
                }
                2 => {
                    let copy: Vec<char> = text[at..end].to_vec();
                    let times = self.below(8);
                    for _ in 0..times {
                        text.splice(at..at, copy.iter().copied());
                    }
                }
                3 => {
                    let other = self.seed();
                    let from = self.below(other.len() + 1);
                    let to = (from + self.below(40)).min(other.len());
                    text.splice(at..at, other[from..to].iter().copied());
                }
                4 => {
                    let signs = [
                        '$', '#', '\\', '"', '\'', '(', ')', '[', ']', '{', '}', '.', ' ', '\n',
                        'é', '😀', '\0', '1',
                    ];
                    let sign = signs[self.below(signs.len())];
                    text.insert(at, sign);
                }
                _ if at < text.len() => {
                    let other = self.below(text.len());
                    text.swap(at, other);
                }
                _ => {}
            }
        }
        text.truncate(4000);
        let text: String = text.into_iter().collect();
        if self.below(20) == 0 && self.seeds.len() < 5000 {
            self.seeds.push(text.clone());
        }
        text
    }
}

/// How long to go on: `TOLLGATE_FUZZ_SECONDS`, else that many rounds, whatever they take.
pub(crate) fn rounds(most: u64, mut round: impl FnMut()) -> u64 {
    let seconds = std::env::var("TOLLGATE_FUZZ_SECONDS")
        .ok()
        .and_then(|it| it.parse().ok());
    let start = std::time::Instant::now();
    let mut done = 0;
    loop {
        let over = match seconds {
            Some(seconds) => start.elapsed().as_secs() >= seconds,
            None => done >= most,
        };
        if over {
            return done;
        }
        round();
        done += 1;
    }
}
