//! What holds of every pattern and text: both matchers find the same, all ends within the meter, and no
//! text is too long.

#![allow(clippy::unwrap_used, reason = "a test")]

use tollgate_meter::{Budget, Meter};
use tollgate_pattern::{Error, Flags, Pattern, nonlinear};

fn pattern(text: &str) -> Pattern {
    let compiled = Pattern::compile(text, Flags::default(), &Meter::default());
    compiled.unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// All matches with their groups.
fn found(pattern: &Pattern, text: &str) -> Vec<Option<(usize, usize)>> {
    let meter = Meter::default();
    let mut found = Vec::new();
    let mut search = pattern.search(text, true, &meter).unwrap();
    while search.advance().unwrap().is_some() {
        found.extend((0..pattern.groups()).map(|group| search.group(group)));
    }
    found
}

#[test]
fn both_matchers_find_the_same() {
    let atoms = [
        "a", "b", "\\w", ".", "[^a]", "(a)", "(a|bc)", "(?:b|)", "(a*)", "^", "$", "\\b", "(?m)$",
    ];
    let repeats = ["", "", "*", "+?", "?", "{2,3}"];
    let texts = [
        "",
        "a",
        "ab",
        "abcab",
        "aab bca",
        "ba\nab\n",
        "é a\u{301}b",
        "b\r\n",
    ];
    let mut compared = 0;
    for first in atoms {
        for second in atoms {
            for (at, repeat) in repeats.iter().enumerate() {
                let other = repeats[(at * 5 + 2) % repeats.len()];
                for text in [
                    format!("{first}{repeat}{second}{other}"),
                    format!("(?:{first}{repeat}|{second}){other}"),
                ] {
                    let linear = pattern(&text);
                    if !linear.is_linear() {
                        continue;
                    }
                    // A look-ahead at nothing changes nothing but the matcher.
                    let other = pattern(&format!("(?=)(?:{text})"));
                    assert!(!other.is_linear());
                    for searched in texts {
                        assert_eq!(
                            found(&linear, searched),
                            found(&other, searched),
                            "{text} in {searched:?}"
                        );
                        let meter = Meter::default();
                        assert_eq!(
                            linear.matches(searched, &meter),
                            other.matches(searched, &meter),
                            "{text} and all of {searched:?}"
                        );
                        compared += 1;
                    }
                }
            }
        }
    }
    assert!(compared > 10_000, "{compared}");
}

#[test]
fn what_takes_exponential_time_is_stopped_by_its_steps_and_says_so() {
    let text = "a".repeat(60) + "!";
    for runaway in [
        "(a+)+\\1b",
        "(a|a)*\\1c",
        "(?>(a|aa)+?b)",
        "(?:(?:a|aa){2,})+?(?<=b)",
        "(a*)*\\1b",
        "(?:a|a|(?=b)a)+?b",
        "(.*)(.*)(.*)(.*)(.*)(.*)(.*)\\1x\\2\\3",
    ] {
        let runaway_pattern = pattern(runaway);
        let meter = Meter::default();
        let error = runaway_pattern.finds(&text, &meter);
        let Err(error @ Error::Runaway { .. }) = error else {
            panic!("{runaway}: {error:?}");
        };
        let said = error.to_string();
        assert!(
            said.contains(runaway) && said.contains("the 2000000 steps"),
            "{said}"
        );
        assert!(meter.steps_used() <= Budget::EXECUTION.steps);
    }
    // Loops that remember where they failed, as Java's do, end long before.
    for spared in ["(?=(a+)+b)", "(?=(?:a|aa)+b)", "(?:a|a)*+b|(?<=(a|b))c"] {
        let meter = Meter::default();
        assert!(!pattern(spared).finds(&text, &meter).unwrap(), "{spared}");
        assert!(meter.steps_used() < 100_000, "{spared}: {meter:?}");
    }
}

#[test]
fn a_stack_is_held_and_given_back() {
    let text = "ab".repeat(200_000);
    let small = Meter::new(Budget {
        bytes: 1 << 20,
        ..Budget::EXECUTION
    });
    // Every step of the repetition leaves a frame.
    let greedy = pattern("(?=)(?:ab)*");
    let error = greedy.matches(&text, &small).unwrap_err();
    assert_eq!(
        error,
        Error::Exhausted(tollgate_meter::Exhausted::Bytes(1 << 20))
    );
    assert!(small.bytes_held() <= 1 << 20);
    let meter = Meter::default();
    assert!(greedy.matches(&text, &meter).unwrap());
    assert_eq!(meter.bytes_held(), 0);
}

#[test]
fn long_texts_are_searched() {
    let mut text = String::new();
    for at in 0..4_000 {
        text += &format!("{{\"code\":\"a{at}\"}},{{\"x\":1}},");
    }
    text += "\"no\"";
    let meter = Meter::default();
    let codes = pattern("\\{\"code\":\"(\\w+)\"\\}(?=,|\\])");
    let replaced = codes.replace(&text, "$1", true, &meter).unwrap();
    assert!(replaced.starts_with("a0,{\"x\":1},a1,"));
    let meter = Meter::default();
    let rest = pattern("(?s)^.*?(?=\"no\")").replace(&text, "", true, &meter);
    assert_eq!(rest.unwrap(), "\"no\"");
    let meter = Meter::default();
    assert!(
        pattern("(?s)(?=.*no\"$)(?!.*yes).*")
            .matches(&text, &meter)
            .unwrap()
    );
    // A million of rounds, none of them on the thread's stack.
    let long = "ab".repeat(500_000);
    let meter = Meter::new(Budget {
        steps: u64::MAX,
        bytes: 1 << 30,
        piece: u64::MAX,
    });
    assert!(pattern("(?:a|b|(?=c)c)+").matches(&long, &meter).unwrap());
}

#[test]
fn deep_nesting_is_refused_in_words() {
    let deep = "(".repeat(1_000) + &")".repeat(1_000);
    let error = Pattern::compile(&deep, Flags::default(), &Meter::default()).unwrap_err();
    assert!(error.to_string().contains("nest too deeply"), "{error}");
    let long = "a".repeat(5_000);
    let error = Pattern::compile(&long, Flags::default(), &Meter::default()).unwrap_err();
    assert_eq!(error, Error::TooLong);
    let allowed = "(".repeat(100) + "(?=)" + &")".repeat(100);
    let error = Pattern::compile(&allowed, Flags::default(), &Meter::default());
    assert!(error.is_err());
    let allowed = "(".repeat(99) + "a(?=b)" + &")".repeat(99);
    assert!(pattern(&allowed).finds("ab", &Meter::default()).unwrap());
}

#[test]
fn a_fault_says_where() {
    let error = Pattern::compile("a(b", Flags::default(), &Meter::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the pattern is malformed: Unclosed group near index 3"
    );
}

#[test]
fn what_is_not_linear_has_a_reason() {
    for (text, reason) in [
        ("a(?=b)", Some("look-ahead")),
        ("(?<!a)b", Some("look-behind")),
        ("(a)\\1", Some("a back-reference")),
        ("a++", Some("a possessive repetition")),
        ("(?>a)", Some("an atomic group")),
        ("\\p{L}{1,1000}", Some("its size")),
        ("(a+)+$", None),
        ("\\s*[,;]\\s*", None),
    ] {
        assert_eq!(nonlinear(text, Flags::default()), Ok(reason), "{text}");
    }
    assert!(nonlinear("(", Flags::default()).is_err());
}

#[test]
fn a_small_meter_always_stops_it() {
    let text = "aaaaaaaaaaaaaaaaaaaab".repeat(50);
    for steps in [0, 1, 2, 10, 100, 1_000] {
        let meter = Meter::new(Budget {
            steps,
            ..Budget::TRIAL
        });
        let found = Pattern::compile("(a*)*(?=c)\\1", Flags::default(), &meter)
            .and_then(|pattern| pattern.finds(&text, &meter));
        assert!(found.is_err(), "{steps}");
        assert!(meter.steps_used() <= steps);
    }
}

#[test]
fn the_classes_of_a_pattern_are_bounded() {
    let words = "\\w".repeat(1000);
    let nested = format!("(?U)({}{words}{})*", "(".repeat(90), ")?".repeat(90));
    for text in [format!("(?U){words}"), nested] {
        let compiled = Pattern::compile(&text, Flags::default(), &Meter::default());
        assert_eq!(compiled.err(), Some(Error::TooLarge));
    }
    for text in ["(?U)\\w+ \\d+", &"[a-z]".repeat(800), &words] {
        pattern(text);
    }
}
