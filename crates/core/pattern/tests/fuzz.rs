//! Damaged patterns neither panic, nor hang, nor overflow the stack: every one ends in a result or an error,
//! within its meter.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that reads the clock"
)]

#[path = "../../../../fuzz/mutate.rs"]
mod mutate;
#[path = "oracle/pieces.rs"]
mod pieces;

use mutate::Mutator;
use tollgate_meter::{Budget, Meter};
use tollgate_pattern::{Flags, Pattern};

const WORDS: &[&str] = &[
    "(", ")", "(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?<n>", "\\k<n>", "\\1", "*", "+", "?",
    "*+", "*?", "{2,}", "{0,3}", "|", "[", "]", "[^", "&&", "a-z", "\\w", "\\b", "\\R", "\\X",
    "\\G", "^", "$", ".", "(?i)", "(?m)", "(?x)", "\\p{L}", "\\Q", "\\E", "((((", "a", "b",
    "99999",
];
const SMALL: Budget = Budget {
    steps: 5_000,
    bytes: 1 << 18,
    piece: 100_000,
};

#[test]
fn damaged_patterns_end() {
    let seeds = pieces::PATTERNS.iter().map(|text| (*text).to_owned());
    let mut mutator = Mutator::new(1, seeds.collect(), WORDS);
    let (mut at, mut found) = (0, 0_u64);
    let done = mutate::rounds(20_000, || {
        let text = mutator.next();
        at += 1;
        let meter = Meter::new(SMALL);
        let Ok(pattern) = Pattern::compile(&text, Flags::default(), &meter) else {
            return;
        };
        let searched = pieces::TEXTS[at % pieces::TEXTS.len()];
        let matched = pattern.matches(searched, &meter);
        let replaced = pattern.replace(searched, "<$0>", true, &meter);
        let parts = pattern.split(searched, -1, &meter);
        if let (Ok(_), Ok(replaced), Ok(parts)) = (matched, replaced, parts) {
            found += 1;
            let kept = |text: &str| text.chars().filter(|c| !"<>".contains(*c)).count();
            assert_eq!(kept(&replaced), kept(searched), "{text} in {searched:?}");
            assert!(parts.iter().map(|part| part.len()).sum::<usize>() <= searched.len());
        }
        assert!(meter.steps_used() <= SMALL.steps && meter.bytes_held() == 0);
    });
    println!("{done} damaged patterns, {found} of them matched or not");
    assert!(found > done / 10, "too few are still patterns");
}
