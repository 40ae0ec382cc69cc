//! Broken files are answered with problems, never with a panic; what is understood can be planned.

use std::path::Path;
use tollgate_model::Stream;
use tollgate_sim::{Plan, Records, Scenario, Source, Sweep};

fn parse(text: &str) -> Result<Scenario, String> {
    let source = Source {
        file: "broken.toml",
        read: &|path| match path {
            "counts.csv" => Ok("minute,calls\n1,20\n2,x".to_owned()),
            _ => Err(std::io::Error::other("not here")),
        },
    };
    Scenario::parse(text, &source).map_err(|error| error.to_string())
}

/// One thing changed: a line dropped, doubled or swapped, a number or a character replaced.
fn mutated(text: &str, random: &mut Stream) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for _ in 0..=random.below(3) {
        if lines.is_empty() {
            break;
        }
        let at = random.below(lines.len() as u64) as usize;
        let other = random.below(lines.len() as u64) as usize;
        match random.below(5) {
            0 => drop(lines.remove(at)),
            1 => lines.insert(other, lines[at].clone()),
            2 => lines.swap(at, other),
            3 => {
                let values = [
                    "0",
                    "-1",
                    "99999999999999999999",
                    "1e308",
                    "nan",
                    "\"0s\"",
                    "[]",
                    "{}",
                ];
                let value = values[random.below(values.len() as u64) as usize];
                if let Some((key, _)) = lines[at].split_once('=') {
                    lines[at] = format!("{key}= {value}");
                }
            }
            _ => {
                let line: Vec<char> = lines[at].chars().collect();
                if !line.is_empty() {
                    let cut = random.below(line.len() as u64) as usize;
                    let odd = ['"', '\\', '\u{0}', 'é', '[', '9'][random.below(6) as usize];
                    lines[at] = line[..cut]
                        .iter()
                        .chain([&odd])
                        .chain(&line[cut + 1..])
                        .collect();
                }
            }
        }
    }
    lines.join("\n")
}

#[test]
fn no_scenario_makes_it_panic() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples/scenarios");
    let mut random = Stream::child(1, "hostile", 0);
    let (mut sound, mut broken) = (0, 0);
    for file in std::fs::read_dir(folder).expect("examples") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("text");
        for _ in 0..60 {
            match parse(&mutated(&text, &mut random)) {
                Ok(scenario) => {
                    let plan = Plan::by_formulas(&scenario);
                    assert!(!plan.name.is_empty());
                    // The simulator's part takes some time.
                    if sound % 40 == 0 {
                        assert_eq!(Plan::of(&scenario).name, plan.name);
                    }
                    sound += 1;
                }
                Err(problems) => {
                    assert!(problems.starts_with("broken.toml:"), "{problems}");
                    broken += 1;
                }
            }
        }
    }
    assert!(sound > 50 && broken > 50, "{sound} sound, {broken} broken");
}

#[test]
fn no_records_and_no_sweep_make_it_panic() {
    let text = "at,flow,action,latency_ms,outcome\n1,voice,a,12.5,answered\n\
                2026-02-30T25:61:00Z,\"v,o\",b,,refused\n9e300,voice,a,-1,lost\n";
    let mut random = Stream::child(2, "hostile", 0);
    for _ in 0..2_000 {
        if let Err(error) = Records::parse(&mutated(text, &mut random), "broken.csv") {
            assert!(error.to_string().starts_with("broken.csv:"), "{error}");
        }
        let sweep = mutated("calls=100..600/50", &mut random);
        if let Ok(sweep) = Sweep::parse(&sweep) {
            assert!(sweep.values.len() <= 1_000);
        }
    }
}

#[test]
fn what_the_upstream_really_is_is_complained_of_at_its_place() {
    let problems = parse(
        "[[client]]\nname = \"a\"\n[[action]]\nname = \"x\"\npath = \"x\"\n[[flow]]\nname = \"f\"\n\
         calls = [\"x\"]\narrivals = { per_minute = 1 }\n[[upstream.limit]]\nof = \"tokens\"\nallowed = 5\n\
         period = \"1s\"\n[[upstream.stranger]]\nshare = \"client:b\"\n[upstream.headers]\nfamilies = 1\n",
    )
    .unwrap_err();
    for place in [
        "broken.toml:5:",
        "broken.toml:11:",
        "broken.toml:15:",
        "broken.toml:17:",
    ] {
        assert!(problems.contains(place), "{place} in {problems}");
    }
}

#[test]
fn a_file_that_a_scenario_names_is_complained_of_at_its_place() {
    let problems = parse(
        "[[client]]\nname = \"a\"\n[[action]]\nname = \"x\"\nlatency = { measured = \"gone.csv\" }\n\
         [[flow]]\nname = \"f\"\ncalls = [\"x\"]\narrivals = { counts = \"counts.csv\" }\n",
    )
    .unwrap_err();
    assert!(
        problems.contains("broken.toml:5:24: action[1].latency.measured: gone.csv: not here"),
        "{problems}"
    );
    assert!(
        problems
            .contains("broken.toml:9:23: flow[1].arrivals.counts: counts.csv:3: expected a number"),
        "{problems}"
    );
}
