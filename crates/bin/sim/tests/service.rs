//! A service's own file: the simulator holds all of its limits, as the service does.

mod common;

use common::once;
use std::path::Path;
use tollgate_config::{Config, NoFiles};
use tollgate_sim::{Plan, Policy, Records, Scenario, Service, ServiceAction, Source};

/// Limits of one integration, of one action and of one flow, a cost, and a window of another length.
const SERVICE: &str = r#"
[[caller]]
client_id = "flows"
client_secret_env = "SECRET"

[[client]]
name = "pool"
client_id = "00000000-0000-4000-8000-000000000001"
client_secret_env = "SECRET"
token_url = "https://login.example.com/oauth/token"
max_tokens = 4

[[integration]]
name = "Platform"
type = "purecloud-data-actions"
base_url = "https://api.example.com"
clients = ["pool"]
actions = { folder = "actions" }

[[integration.action]]
name = "Export"
cost = 5
[[integration.action.limit]]
name = "export.rate"
allowed = 50
period = "1m"

[[integration]]
name = "Shop"
type = "custom-rest-actions"
actions = { folder = "actions" }

[[integration.limit]]
name = "shop.rate"
allowed = 10
period = "10s"
leave = 2
[[integration.limit]]
name = "shop.at.once"
concurrent = 3

[[integration]]
name = "Archive"
type = "custom-rest-actions"
actions = { folder = "actions" }

[[flow]]
name = "voice"
[[flow]]
name = "bulk"
priority = 1
default = true
guaranteed = { limit = "shop.rate", calls = 4 }
[[flow.limit]]
name = "bulk.rate"
allowed = 20
period = "1m"
"#;

/// Each action is asked for more often than some limit lets it through.
const WORKLOAD: &str = r#"
warm_up = "1m"
duration = "10m"
replications = 1
[[action]]
name = "Look up"
[[action]]
name = "Export"
[[action]]
name = "Order"
[[action]]
name = "Store"
[[flow]]
name = "voice"
deadline = "20s"
calls = ["Export", "Order"]
arrivals = { per_minute = 60 }
[[flow]]
name = "bulk"
deadline = "20s"
calls = ["Store"]
arrivals = { per_minute = 90 }
"#;

fn config() -> Config {
    let source = tollgate_config::Source {
        file: "tollgate.toml",
        folder: Path::new(""),
        env: &|_| None,
        files: &NoFiles,
    };
    Config::parse_without_secrets(SERVICE, &source).unwrap_or_else(|error| panic!("{error}"))
}

/// The names of the actions with the places of their integrations.
const ACTIONS: [(&str, usize); 4] = [("Look up", 0), ("Export", 0), ("Order", 1), ("Store", 2)];

fn scenario(config: &Config, workload: &str, records: Option<&Records>) -> (Scenario, Vec<String>) {
    let actions = ACTIONS.map(|(name, integration)| ServiceAction {
        name: name.to_owned(),
        integration,
        file: format!("actions/{name}.json"),
        timeout: std::time::Duration::from_secs(10),
        method: "GET",
    });
    let service = Service {
        config,
        actions: &actions,
        records,
    };
    let source = Source {
        file: "workload.toml",
        read: &|path| Err(std::io::Error::other(format!("{path}: no files here"))),
    };
    Scenario::parse_for(workload, &source, &service).unwrap_or_else(|error| panic!("{error}"))
}

/// The simulated engine has the tables that the service hands to its own.
fn assert_same_tables(config: &Config, scenario: &Scenario) {
    let tables = scenario.tables();
    let engine = &config.engine;
    assert_eq!(tables.config.limits, engine.limits);
    let shown = |of: &tollgate_engine::Config| {
        let (routes, pools, clients) = (&of.routes, &of.pools, &of.clients);
        format!("{routes:#?}\n{pools:#?}\n{clients:#?}")
    };
    assert_eq!(shown(&tables.config), shown(engine));
    for flow in &tables.config.flows {
        let own = engine.flows.iter().find(|own| own.name == flow.name);
        assert_eq!(
            format!("{flow:?}"),
            format!("{:?}", own.expect("a flow of the service"))
        );
    }
    assert!(!scenario.actions.is_empty());
    for (action, route) in scenario.actions.iter().zip(tables.routes) {
        let (_, integration) = ACTIONS
            .into_iter()
            .find(|it| it.0 == action.name)
            .expect("an action of the service");
        assert_eq!(
            route,
            config.integrations[integration]
                .routes
                .of_action(&action.name)
        );
    }
}

#[test]
fn limits_and_routes_are_those_of_the_service() {
    let config = config();
    let (workload, in_part) = scenario(&config, WORKLOAD, None);
    assert_same_tables(&config, &workload);
    // The records of such a service name the same.
    let records = "at,flow,action,latency_ms,outcome\n\
                   1,voice,Export,180,answered\n2,bulk,Order,90,answered\n3,voice,Look up,,refused\n";
    let records = Records::parse(records, "tollgate.records").expect("sound records");
    let (replayed, _) = scenario(&config, "", Some(&records));
    assert_same_tables(&config, &replayed.replaying(&records));
    assert_eq!(
        in_part,
        ["the cost of Platform/Export (5): the simulated provider counts a call once"]
    );
}

#[test]
fn no_limit_is_exceeded_and_each_is_used() {
    let config = config();
    let (workload, _) = scenario(&config, WORKLOAD, None);
    let run = once(&workload, Policy::Tollgate);
    assert_eq!(run.limited(), 0);
    let [voice, bulk] = &run.flows[..] else {
        panic!("two flows");
    };
    // 50 slots a minute at 5 each; of those 10 calls each orders once.
    let exported = voice.offered - voice.failed.values().sum::<u64>();
    assert!((90..=101).contains(&exported), "{exported}");
    assert!((185..=202).contains(&bulk.answered), "{}", bulk.answered);
    // Who doesn't know of the limit of the integration is turned away by it.
    let orders = WORKLOAD.replace(r#"["Export", "Order"]"#, r#"["Order"]"#);
    let (orders, _) = scenario(&config, &orders, None);
    let run = once(&orders, Policy::Tollgate);
    assert_eq!(run.limited(), 0);
    // 8 of 10 in ten seconds and the time of an answer, for ten minutes.
    let ordered = run.flows[0].answered;
    assert!((440..=481).contains(&ordered), "{ordered}");
    assert!(once(&orders, Policy::RoundRobin).limited() > 0);
}

#[test]
fn a_plan_has_a_row_for_each_limit_that_calls_pass() {
    let config = config();
    let (workload, _) = scenario(&config, WORKLOAD, None);
    let plan = Plan::of(&workload);
    let row = |name: &str| plan.limits.iter().find(|limit| limit.name == name).unwrap();
    // 150 interactions a minute: 60 exports, 60 orders, 90 of the flow.
    let ceiling = |name: &str| row(name).ceiling.unwrap().round() as u32;
    assert_eq!(plan.binding().unwrap().name, "export.rate");
    assert_eq!(ceiling("export.rate"), 25);
    assert_eq!(ceiling("bulk.rate"), 33);
    assert_eq!(ceiling("shop.rate"), 120);
    assert_eq!(row("shop.at.once").allowed, 3);
    let simulated = plan.carries().unwrap();
    assert!((24.0..25.0).contains(&simulated), "{simulated}");
}
