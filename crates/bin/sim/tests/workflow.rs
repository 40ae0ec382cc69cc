//! A flow file in the place of a list of calls: its paths, its times, its calls, and its errors.

mod common;

use common::once;
use std::path::Path;
use tollgate_sim::{Plan, Policy, Scenario, ScenarioError, Source};

/// Reads `../workflows/…` from the examples, and `broken.yaml` as given.
fn parse(text: &str, broken: &str) -> Result<Scenario, ScenarioError> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples/scenarios");
    let read = |path: &str| match path {
        "broken.yaml" => Ok(broken.to_owned()),
        path => std::fs::read_to_string(folder.join(path)),
    };
    let file = "test.toml";
    Scenario::parse(text, &Source { file, read: &read })
}

/// The support line with an even call a second; `crm` and `more` are lines of TOML.
fn text(crm: &str, more: &str) -> String {
    format!(
        r#"
warm_up = "1m"
duration = "5m"
[limits]
[[client]]
name = "a"
tokens = 2
[[action]]
name = "Get Caller"
{crm}
[[action]]
name = "Put Row"
latency = {{ fixed = "90ms" }}
[[flow]]
name = "line"
file = "../workflows/support-line.yaml"
arrivals = {{ per_minute = 60, spacing = "even" }}
{more}
"#
    )
}

fn support_line(crm: &str, more: &str) -> Scenario {
    parse(&text(crm, more), "").unwrap_or_else(|error| panic!("{error}"))
}

fn calls(scenario: &Scenario) -> f64 {
    let calls = scenario.flows[0].behaviour.calls();
    calls.iter().map(|(_, calls)| calls).sum()
}

/// No error handling, and a text that is no date.
const HOPELESS: &str = r#"
inboundCall:
  name: Hopeless
  startUpRef: ./tasks/task[t]
  variables:
    - stringVariable:
        name: Flow.when
        initialValue:
          lit: yesterday
  tasks:
    - task:
        name: T
        refId: t
        actions:
          - decision:
              name: Fresh?
              condition:
                exp: ToDateTime(Flow.when) < GetCurrentDateTimeUtc()
          - disconnect: {}
"#;

#[test]
fn a_flow_whose_every_run_fails_is_an_error_with_its_place() {
    let text = text(PROMPT, "").replace("../workflows/support-line.yaml", "broken.yaml");
    let error = parse(&text, HOPELESS).expect_err("no run ends well");
    let wanted = "test.toml:16:8: flow[1].file: broken.yaml:15:13: decision \"Fresh?\": ToDateTime";
    assert!(error.to_string().starts_with(wanted), "{error}");
}

const PROMPT: &str = "latency = { fixed = \"400ms\" }";
const NAMED: &str = "[flow.answers.\"Get Caller\"]\noutputs = '{ \"name\": \"Jo\" }'";

#[test]
fn an_interaction_takes_as_long_as_the_flows_own_test_says() {
    let run = once(&support_line(PROMPT, NAMED), Policy::Tollgate);
    let line = &run.flows[0];
    assert_eq!((line.offered, line.served, line.calls), (300, 300, 600));
    // examples/workflows/tests/first-call.txt ends at 9.022 s: 400 ms, 90 ms, two seconds of thought, speech.
    let millis =
        [0.01, 0.5, 1.0].map(|share| line.interaction.quantile(share).expect("some") / 1_000);
    assert!(
        millis.iter().all(|it| it.abs_diff(9_022) < 100),
        "{millis:?} ms"
    );
}

#[test]
fn data_tables_save_calls_by_their_share_and_the_plan_counts_it() {
    let row = |by: &str| {
        format!(
            "[flow.answers.Callers]\nby = [{by}]\noutputs = '{{ \"updated\": \"2100-01-01T00:00:00Z\" }}'"
        )
    };
    assert_eq!(calls(&support_line(PROMPT, "")), 2.0);
    assert_eq!(calls(&support_line(PROMPT, &row("\"found\""))), 0.0);
    let scenario = support_line(PROMPT, &row("\"found 3\", \"notFound\""));
    assert!(
        (calls(&scenario) - 0.5).abs() < 0.04,
        "{}",
        calls(&scenario)
    );
    let planned = Plan::of(&scenario).calls_per_minute;
    assert_eq!(planned, calls(&scenario) * 60.0);
    let run = once(&scenario, Policy::Tollgate);
    let made = run.flows[0].calls as f64 / run.flows[0].offered as f64;
    assert!((made - 0.5).abs() < 0.15, "{made}: 300 interactions");
}

#[test]
fn a_step_hangs_up_when_its_time_is_over_whoever_places_the_calls() {
    let slow = "latency = { fixed = \"5s\" }";
    for policy in Policy::ALL {
        let run = once(&support_line(slow, ""), policy);
        let line = &run.flows[0];
        // No name, so nothing is kept: one call each.
        assert_eq!(line.calls, line.offered, "{}", policy.as_str());
        assert_eq!(line.failed["step.timed.out"], line.calls);
        assert_eq!(line.served, line.offered, "the flow goes on without");
        // One begins each second and is hung up on after three: no more than that at once.
        assert!(run.most_at_once <= 4, "{}", run.most_at_once);
    }
}

#[test]
fn an_action_may_time_out_at_the_very_instant_at_which_its_step_does() {
    let scenario = support_line("latency = { fixed = \"5s\" }\ntimeout = \"3s\"", "");
    for policy in Policy::ALL {
        let line = once(&scenario, policy).flows.remove(0);
        assert_eq!(line.served, line.offered, "{}", policy.as_str());
    }
}

#[test]
fn a_failed_call_takes_its_steps_failure_path() {
    let text = text(
        PROMPT,
        "[[outage]]\nat = \"0s\"\nlasts = \"1h\"\nunavailable_percent = 100",
    );
    let run = once(&parse(&text, "").expect("a scenario"), Policy::Today);
    let line = &run.flows[0];
    assert_eq!(line.failed["5xx"], line.calls);
    assert_eq!((line.calls, line.served), (300, 300));
}

#[test]
fn persons_may_be_silent_or_hang_up() {
    let ended = |person: &str| {
        let scenario = support_line(PROMPT, &format!("person = [{person}]"));
        let line = once(&scenario, Policy::Tollgate).flows.remove(0);
        (
            line.served,
            line.interaction.quantile(0.5).unwrap_or(0) / 1_000_000,
        )
    };
    assert_eq!(ended("\"hangs-up\""), (0, 0), "nobody is served");
    let (served, seconds) = ended("\"silent\"");
    // Five seconds of silence, twice, and the menu read out again.
    assert!(served == 300 && seconds > 14, "{served} in {seconds} s");
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let scenario = support_line(PROMPT, "person = [\"first\", \"2\", \"silent\"]");
    let run = || format!("{:?}", once(&scenario, Policy::Tollgate));
    assert_eq!(run(), run());
}

#[test]
fn errors_name_the_place_in_the_scenario_and_in_the_flow() {
    let error = |text: &str, broken: &str| match parse(text, broken) {
        Ok(_) => panic!("read without a complaint: {text}"),
        Err(error) => error.to_string(),
    };
    let good = text(PROMPT, "");
    let here = "test.toml:16:8: flow[1].file: ";
    let cases = [
        (
            good.replace("\"Put Row\"", "\"Write\""),
            "../workflows/support-line.yaml:115:23: calls the data action \"Put Row\"; add [[action]]",
        ),
        (
            good.replace("support-line", "nowhere"),
            "../workflows/nowhere.yaml: ",
        ),
        (
            good.replace("../workflows/support-line.yaml", "broken.yaml"),
            "broken.yaml:1:1: error: ",
        ),
        (
            format!("{good}calls = [\"Put Row\"]"),
            "expected either file or calls",
        ),
        (
            format!("{good}[flow.answers.Callers]\nby = [\"fond\"]"),
            "../workflows/support-line.yaml: Callers: no path `fond`; known: found, notFound, failure",
        ),
        (
            format!("{good}inputs = '{{ \"Flow.colour\": \"red\" }}'"),
            "../workflows/support-line.yaml: no built-in variable `Flow.colour`",
        ),
        (
            format!(
                "{good}[flow.answers.Callers]\nby = [\"found\"]\noutputs = '{{ \"updated\": \"x\" }}'\n[flow.answers.transferToAcd]\nby = [\"failure\"]"
            ),
            "",
        ),
    ];
    for (text, wanted) in &cases[..6] {
        let error = error(text, "nonsense: 1");
        assert!(error.starts_with(&format!("{here}{wanted}")), "{error}");
    }
    // The row's column is no date, but the flow's error handling ends well.
    assert!(parse(&cases[6].0, "").is_ok());
    let unknown = error(
        &format!("{good}[flow.answers.Calers]\nby = [\"found\"]"),
        "",
    );
    assert!(
        unknown.contains("flow[1].answers.Calers: expected a data action, data table"),
        "{unknown}"
    );
}
