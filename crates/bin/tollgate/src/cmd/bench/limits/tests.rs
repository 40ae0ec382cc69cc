//! The table's own rules, and its goals on a part of it.

use super::*;
use std::collections::BTreeSet;

mod simulated;

const SECOND: Duration = Duration::from_secs(1);

fn args(cases: &[&str], windows: u32) -> Args {
    Args {
        cases: cases.iter().map(|name| (*name).to_owned()).collect(),
        random: None,
        scale: Scale::Compressed,
        windows,
        seed: 1,
        json: false,
        tsv: false,
        sockets: false,
        check: false,
    }
}

#[test]
fn every_case_can_be_measured_and_has_its_figures_from_before() {
    for scale in [Scale::Real, Scale::Compressed] {
        let mut names = BTreeSet::new();
        for case in table::all_cases(scale.period()) {
            assert!(
                names.insert(case.name.clone()),
                "{} is there twice",
                case.name
            );
            let (least, _) = case.least_and_most(0);
            assert!(least > 0.0 && least.is_finite(), "{}", case.name);
            assert!(
                case.parties.iter().all(|party| party.rate > 0.0),
                "{}",
                case.name
            );
            let voice = case.with_voice();
            let first = voice.parties.last().expect("voice is the last");
            assert!(first.class == 0 && first.rate > 0.0, "{}", case.name);
            assert!(!case.about.is_empty(), "{}", case.name);
            assert!(
                report::is_known(&case.name, scale.as_str()),
                "{}",
                case.name
            );
        }
    }
    assert!(sockets::PART.iter().all(|name| {
        let mut cases = table::all_cases(SECOND * 6).into_iter();
        cases.any(|case| case.name == *name)
    }));
}

#[test]
fn drawn_cases_are_all_of_a_kind_that_can_be_measured() {
    let cases = drawn::cases(500, 7);
    assert_eq!(cases.len(), 500);
    for case in cases {
        let (least, _) = case.least_and_most(0);
        assert!(
            least > 0.0 && least.is_finite(),
            "{}: {}",
            case.name,
            case.about
        );
    }
}

/// Deterministic, so that no machine's speed matters.
#[test]
fn a_part_of_the_table_reaches_its_goals() {
    let part = [
        "true-open",
        "told-less",
        "bucket-mute",
        "path-mute",
        "stray-open-60",
    ];
    let args = args(&part, 4);
    for name in part {
        let mut cases = table::all_cases(args.scale.period()).into_iter();
        let case = cases.find(|case| case.name == name).expect("it is shipped");
        let row = measure(&case, &args).expect("virtual time always goes on");
        report::show(&row, Format::Words);
        // What is shipped is checked by `--check`; this much holds with windows as few as here.
        for what in ["used", "voice", "other", "failed"] {
            assert!(
                !row.missed.iter().any(|goal| goal.starts_with(what)),
                "{name}: {:?}",
                row.missed
            );
        }
    }
}

/// Each was once taken for another limit that explained the same few refusals: of a shorter period, a bucket for a
/// sliding window, or a window for a bucket of one.
#[test]
fn limits_that_few_refusals_tell_are_not_mistaken() {
    for (name, seed) in [
        ("untold-lower", 1),
        ("hidden-token", 1),
        ("untold-open-sliding", 2),
        ("leaky-open", 3),
    ] {
        let args = Args {
            seed,
            ..args(&[name], 10)
        };
        let mut cases = table::all_cases(args.scale.period()).into_iter();
        let case = cases.find(|case| case.name == name).expect("it is shipped");
        let row = measure(&case, &args).expect("virtual time always goes on");
        assert!(row.missed.is_empty(), "{name}: {:?}", row.missed);
    }
}

#[test]
fn true_numbers_are_never_refused() {
    let args = args(&["true"], 4);
    for case in table::all_cases(args.scale.period()) {
        if case.name.starts_with("true") {
            let row = measure(&case, &args).expect("virtual time always goes on");
            assert!(
                !row.missed.iter().any(|goal| goal.starts_with("refused")),
                "{}",
                case.name
            );
        }
    }
}
