//! A case as a scenario of `tollgate simulate`: both play the same world, and see the same.

use super::*;
use crate::cmd::simulate::facts_of;
use crate::console::outln;
use tollgate_platform::Window;
use tollgate_sim::arrivals::{Arrivals, Spacing};
use tollgate_sim::interaction::{Behaviour, Step};
use tollgate_sim::latency::Latency;
use tollgate_sim::{Action, ActionId, Client, Flow, Limits, Nodes, Policy, Scenario, Study};

const WINDOWS: u32 = 20;

/// The case as `[limits]`, `[upstream]` and flows would say it.
fn scenario(case: &Case) -> Scenario {
    let believed = &case.believed;
    let host = case.hosts.first().expect("one upstream");
    let allowed = |window: Option<Window>| window.map(|it| it.allowed);
    let needs_token = host.needs_token;
    let shared = allowed(believed.shared);
    let limits = Limits {
        token: allowed(believed.token),
        client: None,
        organisation: shared.filter(|_| needs_token),
        executions: shared.filter(|_| !needs_token),
        concurrency: believed.at_once,
        period: case.period,
        way_in: host.way_in,
        ..Limits::default()
    };
    let clients = believed.tokens.iter().enumerate();
    let clients = clients.map(|(number, tokens)| Client {
        name: format!("client-{number}"),
        tokens: *tokens,
    });
    let parties = || case.parties.iter().enumerate();
    let actions = parties().map(|(_, party)| Action {
        name: party.name.into(),
        latency: Latency::Fixed(host.latency.from),
        timeout: SECOND * 30,
        token: needs_token,
        route: None,
        idempotent: true,
        method: "GET",
        path: party.path.clone(),
        reads: Some(true),
        cache: None,
    });
    let flows = parties().map(|(at, party)| Flow {
        name: party.name.into(),
        priority: party.class,
        weight: 1,
        of_service: None,
        guaranteed: None,
        max_queued: 10_000,
        deadline: party.within,
        behaviour: Behaviour::Steps([Step::Call(ActionId(at as u32))].into()),
        arrivals: Arrivals::constant(party.rate * 60.0, Spacing::Poisson),
        node_shares: Vec::new(),
    });
    Scenario {
        name: case.name.clone(),
        about: String::new(),
        seed: 1,
        replications: 3,
        warm_up: case.settled() + case.period * 3,
        duration: case.period * WINDOWS,
        limits,
        service: None,
        upstream: Some(host.clone()),
        policy: Default::default(),
        reads: Some(facts_of),
        clients: clients.collect(),
        actions: actions.collect(),
        flows: flows.collect(),
        outages: Vec::new(),
        nodes: Nodes::default(),
        policies: vec![Policy::Tollgate],
        replay: None,
    }
}

/// The part of the upstream that is used, and that of the calls that are refused, over all alignments.
fn simulated(case: &Case) -> (f64, f64) {
    let runs = ALIGNMENTS.map(|alignment| {
        let mut scenario = scenario(case);
        scenario.replications = 1;
        if let Some(host) = &mut scenario.upstream {
            host.alignment = alignment;
        }
        let results = Study::new(scenario, None).run_all();
        let real = results.points[0].policies[0].real.expect("an upstream");
        (real.used.mean, real.refused.map_or(0.0, |it| it.mean))
    });
    let sum = |of: fn(&(f64, f64)) -> f64| runs.iter().map(of).sum::<f64>() / runs.len() as f64;
    (sum(|run| run.0), sum(|run| run.1))
}

/// Two worlds of other chance: what they use of the upstream, and what is refused, is alike within these
/// parts of it. When a limit is found that nobody tells is chance as well.
const ALIKE: (f64, f64) = (0.03, 0.05);

#[test]
fn the_simulator_sees_what_the_table_sees() {
    let told = ["true-open", "told-less", "told-more", "stray-open-60"];
    let learned = ["untold-less", "bucket-open", "hidden-open"];
    let all = table::all_cases(Scale::Compressed.period());
    let mut off = Vec::new();
    for case in &all {
        let name = case.name.as_str();
        let alike = match (told.contains(&name), learned.contains(&name)) {
            (true, _) => ALIKE.0,
            (_, true) => ALIKE.1,
            _ => continue,
        };
        let mut seen = Seen::default();
        for alignment in ALIGNMENTS {
            seen.add(virtual_time::run(case, WINDOWS, alignment, 1));
        }
        let (used, refused) = (seen.used(), seen.after.refused_part());
        let (used_too, refused_too) = simulated(case);
        let row = format!(
            "{name}: used {used:.4} in the table, {used_too:.4} simulated; refused {refused:.4} and {refused_too:.4}"
        );
        outln!("{row}");
        // The table doesn't count strays as refused.
        let is_stray = name.starts_with("stray");
        if (used - used_too).abs() > alike || !is_stray && (refused - refused_too).abs() > alike {
            off.push(row);
        }
    }
    assert!(off.is_empty(), "{off:#?}");
}
