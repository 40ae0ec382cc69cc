//! Several nodes share limits: no 429, nearly all that one node uses, and few words with the store.

mod common;

use common::{once, scenario};
use std::path::Path;
use tollgate_sim::stats::RunStats;
use tollgate_sim::{Policy, Scenario, Source, Study, report};

/// What all nodes together are asked for: calls that take 80 to 300 ms, on more tokens than they need.
fn asked(alignment: &str, nodes: &str, arrivals: &str) -> Scenario {
    scenario(&format!(
        r#"
        warm_up = "2m"
        duration = "8m"
        policies = ["tollgate"]
        replications = 1
        {nodes}
        [limits]
        executions = 0
        concurrency = 0
        windows_open = "{alignment}"
        [[client]]
        name = "a"
        tokens = 45
        [[action]]
        name = "lookup"
        timeout = "10s"
        latency = {{ from = "80ms", to = "300ms" }}
        [[flow]]
        name = "voice"
        calls = ["lookup"]
        arrivals = {arrivals}
        "#
    ))
}

/// Of what one node uses, the part that several use, and their round trips per call. They are answered no 429.
#[track_caller]
fn beside(one: &RunStats, several: &RunStats, case: &str) -> (f64, f64) {
    assert_eq!(several.limited(), 0, "{case}: {:?}", several.limited);
    let used = several.admitted_measured as f64 / one.admitted_measured as f64;
    let trips = several.round_trips as f64 / several.sent as f64;
    (used, trips)
}

/// Three nodes with these shares use at least this part of what one uses, at whatever instants windows open.
#[track_caller]
fn use_what_one_uses(shares: &str, arrivals: &str, least: f64) {
    let one = once(&asked("first-call", "", arrivals), Policy::Tollgate);
    for alignment in ["first-call", "wall-clock", "phase-per-key"] {
        let nodes = format!("nodes = 3\n{shares}");
        let three = once(&asked(alignment, &nodes, arrivals), Policy::Tollgate);
        assert_eq!(
            one.flows[0].offered, three.flows[0].offered,
            "the same traffic"
        );
        let (used, trips) = beside(&one, &three, alignment);
        println!("{alignment}: {used:.4} of what one node uses, {trips:.4} round trips per call");
        assert!(used >= least, "{alignment}: {used}");
        assert!(trips < 0.1, "{alignment}: {trips}");
    }
}

const ROTATING: &str = "node_shares = [70, 20, 10]\nnode_shares_rotate = \"3m\"";
const BURSTS: &str = "{ per_minute = 1500, \
    bursts = [{ at = \"30s\", interactions = 1500, within = \"5s\", every = \"70s\", times = 8 }] }";

#[test]
fn an_even_load_is_carried_as_by_one_node() {
    use_what_one_uses("", "{ per_minute = 3600 }", 0.98);
}

#[test]
fn a_load_whose_shares_rotate_is_carried_as_by_one_node() {
    use_what_one_uses(ROTATING, "{ per_minute = 3600 }", 0.98);
}

#[test]
fn bursts_are_carried_as_by_one_node() {
    use_what_one_uses("", BURSTS, 0.98);
}

/// Half of all calls come within seconds, most of them on one node, which takes slots of those that the others just had.
#[test]
fn bursts_on_one_node_are_carried_nearly_as_by_one_node() {
    use_what_one_uses(ROTATING, BURSTS, 0.97);
}

/// Of calls of two classes, which are more than the limit lets through, some can't wait for long and are refused all the time.
/// Each could be kept for a moment while the others are asked, who have nothing to spare.
#[test]
fn calls_that_are_refused_anyway_cost_few_words_with_the_store() {
    let asked = |nodes: &str| {
        scenario(&format!(
            r#"
            warm_up = "2m"
            duration = "8m"
            policies = ["tollgate"]
            replications = 1
            {nodes}
            [limits]
            executions = 0
            concurrency = 0
            [[client]]
            name = "a"
            tokens = 45
            [[action]]
            name = "lookup"
            timeout = "10s"
            latency = {{ from = "5ms", to = "40ms" }}
            [[flow]]
            name = "first"
            priority = 0
            deadline = "84s"
            calls = ["lookup"]
            arrivals = {{ per_minute = 960 }}
            [[flow]]
            name = "rest"
            priority = 1
            deadline = "15s"
            calls = ["lookup"]
            arrivals = {{ per_minute = 3840 }}
            "#
        ))
    };
    let one = once(&asked(""), Policy::Tollgate);
    let three = once(&asked("nodes = 3"), Policy::Tollgate);
    let (used, trips) = beside(&one, &three, "two classes");
    println!("{used:.4} of what one node uses, {trips:.4} round trips per call");
    assert!(used >= 0.99, "{used}");
    assert!(trips < 0.04, "{trips}");
}

/// One node gets seven of ten calls, of tokens of which there are hardly more than the load needs. Evenly divided the tokens
/// would carry 79 % of it: four of the twelve are too few for one node, and too many for the others.
#[test]
fn tokens_go_where_the_calls_are() {
    let asked = |nodes: &str| {
        scenario(&format!(
            r#"
            warm_up = "2m"
            duration = "12m"
            policies = ["tollgate"]
            replications = 1
            {nodes}
            [limits]
            executions = 0
            concurrency = 0
            organisation = 0
            [[client]]
            name = "a"
            tokens = 12
            [[action]]
            name = "lookup"
            timeout = "10s"
            latency = {{ from = "80ms", to = "300ms" }}
            [[flow]]
            name = "voice"
            deadline = "10s"
            calls = ["lookup"]
            arrivals = {{ per_minute = 2850 }}
            "#
        ))
    };
    let one = once(&asked(""), Policy::Tollgate);
    for (shares, least) in [("node_shares = [70, 20, 10]", 0.97), (ROTATING, 0.95)] {
        let three = once(&asked(&format!("nodes = 3\n{shares}")), Policy::Tollgate);
        let (used, trips) = beside(&one, &three, shares);
        println!("{shares}: {used:.4} of what one node uses, {trips:.4} round trips per call");
        assert!(used >= least, "{shares}: {used}");
        assert!(trips < 0.1, "{shares}: {trips}");
    }
}

/// A flow that is guaranteed a fifth of the limit asks for half as much again, beside another flow that asks for more than all
/// of it. `callbacks` and `voice` say more of the two.
fn guaranteed(nodes: &str, callbacks: &str, voice: &str) -> Scenario {
    scenario(&format!(
        r#"
        warm_up = "2m"
        duration = "6m"
        policies = ["tollgate"]
        {nodes}
        [limits]
        executions = 0
        concurrency = 0
        [[client]]
        name = "a"
        tokens = 45
        [[action]]
        name = "lookup"
        timeout = "10s"
        latency = {{ from = "80ms", to = "300ms" }}
        [[flow]]
        name = "callbacks"
        guaranteed = 600
        calls = ["lookup"]
        arrivals = {{ per_minute = 900 }}
        {callbacks}
        [[flow]]
        name = "voice"
        calls = ["lookup"]
        arrivals = {{ per_minute = 3600 }}
        {voice}
        "#
    ))
}

#[test]
fn a_guarantee_holds_on_whichever_nodes_its_flow_asks() {
    let answered = |run: &RunStats| run.flows[0].answered as f64;
    // Below the other flow, and beside it with a twelfth of its weight.
    for rank in [["priority = 1", ""], ["weight = 1", "weight = 12"]] {
        let one = once(&guaranteed("", rank[0], rank[1]), Policy::Tollgate);
        println!(
            "{rank:?}: one node answers {} of the flow's calls",
            answered(&one)
        );
        for (rotate, callbacks, voice) in [
            ("1m", [1, 0, 0], [1, 1, 1]),
            ("2m", [1, 0, 0], [7, 2, 1]),
            ("1m", [1, 0, 0], [0, 1, 0]),
            ("2m", [2, 1, 0], [0, 1, 3]),
        ] {
            let nodes =
                format!("nodes = 3\nnode_shares = [1, 1, 1]\nnode_shares_rotate = \"{rotate}\"");
            let [of_callbacks, of_voice] =
                [callbacks, voice].map(|shares| format!("node_shares = {shares:?}"));
            let scenario = guaranteed(
                &nodes,
                &format!("{}\n{of_callbacks}", rank[0]),
                &format!("{}\n{of_voice}", rank[1]),
            );
            let three = once(&scenario, Policy::Tollgate);
            let part = answered(&three) / answered(&one);
            let case = format!("{callbacks:?} beside {voice:?} every {rotate}");
            let (used, trips) = beside(&one, &three, &case);
            let case = format!(
                "{case}: {part:.4} of that, {used:.4} of what one uses, {trips:.4} round trips per call"
            );
            println!("{case}");
            assert!(part > 0.93, "{case}");
            assert!(used > 0.98, "{case}");
            assert!(trips < 0.12, "{case}");
        }
    }
}

#[test]
fn the_documents_example_is_what_is_printed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let read = |path: &str| std::fs::read_to_string(root.join(path)).expect("text");
    let document = read("docs/planning.md");
    let (_, section) = document.split_once("## Several nodes").expect("a section");
    let (_, shown) = section.split_once("```text\n").expect("a block");
    let (shown, _) = shown.split_once("```").expect("its end");
    let example = scenario(&read("examples/scenarios/three-nodes.toml"));
    let printed = report::table(&Study::new(example, None).run_all());
    assert_eq!(printed, shown, "{printed}");
}

/// A bit of everything that runs into limits on two clients, in classes, with a cache.
fn mixed(nodes: &str) -> Scenario {
    scenario(&format!(
        r#"
        warm_up = "10s"
        duration = "2m"
        policies = ["tollgate"]
        {nodes}
        [limits]
        token = 200
        client = 350
        organisation = 600
        executions = 700
        concurrency = 10
        period = "20s"
        token_life = "90s"
        way_in = "0ms..15ms"
        windows_open = "phase-per-key"
        [[client]]
        name = "a"
        tokens = 5
        [[client]]
        name = "b"
        tokens = 1
        [[action]]
        name = "lookup"
        latency = {{ median = "200ms", p95 = "900ms" }}
        timeout = "2s"
        [[action]]
        name = "route"
        latency = {{ exponential = "150ms" }}
        cache = "30s"
        keys = 200
        [[action]]
        name = "crm"
        token = false
        idempotent = false
        latency = {{ from = "100ms", to = "400ms" }}
        timeout = "350ms"
        [[flow]]
        name = "voice"
        guaranteed = 100
        deadline = "3s"
        calls = ["lookup", "1s", "route", "crm"]
        arrivals = {{ per_minute = 700 }}
        [[flow]]
        name = "email"
        priority = 1
        deadline = "40s"
        max_queued = 300
        calls = ["lookup"]
        arrivals = {{ per_minute = 300, bursts = [{{ at = "30s", interactions = 800 }}] }}
        [[outage]]
        at = "80s"
        lasts = "20s"
        unavailable_percent = 50
        dropped_percent = 20
        slow_percent = 10
        "#
    ))
}

#[test]
fn of_all_limits_together_none_is_exceeded_and_every_call_ends() {
    let one = once(&mixed(""), Policy::Tollgate);
    for nodes in [
        "nodes = 2",
        "nodes = 3\nnode_shares = [8, 1, 1]",
        "nodes = 16",
    ] {
        let scenario = mixed(nodes);
        let run = once(&scenario, Policy::Tollgate);
        assert_eq!(run.limited(), 0, "{nodes}: {:?}", run.limited);
        assert!(
            run.most_at_once <= 10,
            "{nodes}: {} at once",
            run.most_at_once
        );
        for stats in &run.flows {
            let ended = stats.answered + stats.cached + stats.failed.values().sum::<u64>();
            assert_eq!(stats.calls, ended, "{nodes}: {stats:?}");
        }
        let cached = |run: &RunStats| run.total().cached;
        assert!(
            cached(&run) < cached(&one),
            "each node has a cache of its own"
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let scenario = mixed("nodes = 2");
    let run = once(&scenario, Policy::Tollgate);
    assert_eq!(run, once(&scenario, Policy::Tollgate));
}

/// Two nodes need ten at once each in turn, of ten that there are.
#[test]
fn two_nodes_never_have_more_at_once_than_allowed() {
    let at_once = |nodes: &str| {
        let scenario = scenario(&format!(
            r#"
            warm_up = "1m"
            duration = "5m"
            {nodes}
            [limits]
            token = 0
            organisation = 0
            executions = 0
            concurrency = 10
            [[client]]
            name = "a"
            tokens = 2
            [[action]]
            name = "lookup"
            latency = {{ from = "500ms", to = "1500ms" }}
            [[flow]]
            name = "voice"
            deadline = "20s"
            calls = ["lookup"]
            arrivals = {{ per_minute = 700 }}
            "#
        ));
        let run = once(&scenario, Policy::Tollgate);
        assert_eq!((run.limited(), run.most_at_once), (0, 10), "{nodes}");
        run.admitted_measured as f64
    };
    let two = at_once("nodes = 2\nnode_shares = [9, 1]\nnode_shares_rotate = \"30s\"");
    let used = two / at_once("");
    println!("{used:.4} of what one node uses");
    assert!(used > 0.92, "{used}");
}

#[test]
fn reports_tell_of_nodes() {
    let told = |nodes: &str| {
        let mut scenario = asked("first-call", nodes, "{ per_minute = 3600 }");
        scenario.replications = 2;
        scenario.policies = vec![Policy::OneToken, Policy::Tollgate];
        scenario.duration = std::time::Duration::from_secs(60);
        let results = Study::new(scenario, None).run_all();
        (
            report::table(&results),
            report::json(&results),
            report::html(&results),
        )
    };
    let (table, json, html) = told("nodes = 3\nstore_round_trip = \"8ms\"");
    let (_, line) = table.rsplit_once("\n\n").unwrap();
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(line.starts_with("tollgate as 3 nodes: "), "{table}");
    assert!(line.ends_with(" store round trips per call"), "{table}");
    assert!(html.contains(&line), "{html}");
    let policies = &json["points"][0]["policies"];
    assert!(policies[0]["cluster"].is_null(), "{json}");
    let cluster = &policies[1]["cluster"];
    assert_eq!(cluster["nodes"], 3);
    let mean = |field: &str| cluster[field]["mean"].as_f64().unwrap();
    assert!((0.9..1.05).contains(&mean("used_share")), "{cluster}");
    let trips = mean("store_round_trips_per_call");
    assert!(trips > 0.0 && trips < 0.1, "{cluster}");
    let (table, json, _) = told("");
    assert!(!table.contains("nodes"), "{table}");
    assert!(
        json["points"][0]["policies"][1]["cluster"].is_null(),
        "{json}"
    );
}

#[test]
fn what_nodes_cannot_be_is_complained_of_at_its_place() {
    let problems = |nodes: &str, upstream: &str| {
        let text = format!(
            "{nodes}\n[[client]]\nname = \"a\"\n[[action]]\nname = \"x\"\n[[flow]]\nname = \"f\"\n\
             calls = [\"x\"]\narrivals = {{ per_minute = 1 }}\n{upstream}\n"
        );
        let source = Source {
            file: "broken.toml",
            read: &|_| Err(std::io::Error::other("not here")),
        };
        Scenario::parse(&text, &source).map_or_else(|error| error.to_string(), |_| String::new())
    };
    let same = "[upstream.token_endpoint]\nsame = true";
    for (nodes, upstream, told) in [
        (
            "nodes = 0",
            "",
            "1:9: nodes: expected a whole number from 1 to 16",
        ),
        ("nodes = 17", "", "1:9: nodes: expected"),
        (
            "nodes = 3\nnode_shares = [7, 3]",
            "",
            "2:15: node_shares: expected a number for each node",
        ),
        (
            "node_shares = [7, 3]",
            "",
            "1:15: node_shares: expected a number for each node",
        ),
        (
            "nodes = 2\nnode_shares = [0, 0]",
            "",
            "2:15: node_shares: expected",
        ),
        (
            "nodes = 2\nnode_shares = [1, -1]",
            "",
            "2:19: node_shares: expected a number from 0",
        ),
        (
            "nodes = 2\nnode_shares_rotate = \"3m\"",
            "",
            "2:22: node_shares_rotate: expected node_shares",
        ),
        (
            "nodes = 2\nstore_round_trip = \"2s\"",
            "",
            "2:20: store_round_trip: expected a time span",
        ),
        (
            "nodes = 2",
            same,
            "11:8: upstream.token_endpoint.same: can't be combined with nodes = 2",
        ),
    ] {
        let found = problems(nodes, upstream);
        assert!(
            found.contains(&format!("broken.toml:{told}")),
            "{told} in {found}"
        );
    }
    assert_eq!(problems("", same), "");
    assert_eq!(problems("nodes = 2\nnode_shares = [0, 1]", ""), "");
}
