//! The file by example: what is understood, and what each kind of mistake is answered.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::time::Duration;
use tollgate_config::{Config, ConfigError, KeySource, NoFiles, Problem, Role, Source};
use tollgate_model::{Rule, Scope};

/// The least that can be served.
const LEAST: &str = r#"
[[caller]]
client_id = "flows"
client_secret_env = "SECRET"

[[client]]
name = "pool"
client_id = "id"
client_secret_env = "SECRET"
token_url = "https://login.example.com/oauth/token"

[[integration]]
name = "Platform"
type = "purecloud-data-actions"
base_url = "https://api.example.com"
clients = ["pool"]
actions = { folder = "actions" }
"#;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(
        text,
        &Source {
            file: "test.toml",
            folder: Path::new("/srv"),
            env: &|name| (name != "ABSENT").then(|| "hunter2-hunter3-0123".to_owned()),
            files: &NoFiles,
        },
    )
}

fn problems(text: &str) -> Vec<Problem> {
    match parse(text) {
        Err(ConfigError::Invalid { problems, .. }) => problems,
        other => panic!("expected problems, found {other:?}"),
    }
}

/// The one problem of the least file with `from` replaced by `to`.
fn problem(from: &str, to: &str) -> (usize, String, String) {
    assert!(LEAST.contains(from), "{from}");
    let text = LEAST.replace(from, to);
    let found = problems(&text);
    assert_eq!(found.len(), 1, "{found:?}");
    let Problem {
        line,
        field,
        message,
        ..
    } = &found[0];
    (*line, field.clone(), message.clone())
}

#[test]
fn without_limits_the_vendors_hold() {
    let config = parse(LEAST).unwrap();
    let limits: Vec<_> = config
        .engine
        .limits
        .iter()
        .map(|it| (it.name.as_str(), it.rule.allowed()))
        .collect();
    // The two of the vendor's own executions don't bind what is sent from elsewhere.
    assert_eq!(limits, [("org.app.user.rate.per.minute", 3000)]);
    let client = &config.engine.clients[0];
    assert_eq!(client.max_tokens, 4);
    assert_eq!(client.token_limits[0].rule.allowed(), 300);
    assert_eq!(client.token_limits[0].scope, Scope::Token);
    assert_eq!(config.integrations[0].kind.id, "purecloud-data-actions");
    let folder = config.integrations[0].folder.as_deref();
    assert_eq!(folder, Some(Path::new("/srv/actions")));
    config.engine.check().unwrap();
}

#[test]
fn the_example_is_understood() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples/tollgate.toml");
    let text = std::fs::read_to_string(example).unwrap();
    let config = parse(&text).unwrap();
    assert_eq!(config.engine.flows.len(), 3);
    assert_eq!(
        config.engine.flows[config.default_flow.index()].name,
        "email"
    );
    assert_eq!(config.server.drain_timeout, Duration::from_secs(30));
    let own = config
        .engine
        .limits
        .iter()
        .find(|limit| limit.name == "web-services.rate")
        .unwrap();
    let second = Rule::Window {
        allowed: 20,
        period: Duration::from_secs(1),
        counted_within: None,
    };
    assert_eq!(own.rule, second);
    assert!(
        !config.describe().contains("hunter2"),
        "no secret is described"
    );
    assert!(
        !format!("{config:?}").contains("hunter2"),
        "no secret is shown"
    );
}

#[test]
fn mistakes_name_line_field_and_what_was_expected() {
    let cases = [
        (
            "type = \"purecloud-data-actions\"",
            "type = \"rest\"",
            14,
            "integration[1].type",
            "expected",
        ),
        (
            "token_url = \"https://login",
            "token_url = \"login",
            10,
            "client[1].token_url",
            "http or https URL",
        ),
        (
            "clients = [\"pool\"]",
            "clients = [\"pol\"]",
            16,
            "integration[1].clients",
            "there are: pool",
        ),
        (
            "client_id = \"id\"",
            "clientid = \"id\"\nclient_id = \"id\"",
            8,
            "client[1].clientid",
            "no such field",
        ),
        (
            "client_id = \"flows\"",
            "client_id = 3",
            3,
            "caller[1].client_id",
            "found 3",
        ),
    ];
    for (from, to, line, field, message) in cases {
        let (at, named, said) = problem(from, to);
        assert_eq!((at, named.as_str()), (line, field), "{said}");
        assert!(said.contains(message), "{said}");
    }
}

#[test]
fn a_limit_needs_a_sound_rule() {
    let with = |limit: &str| format!("{LEAST}\n[[limit]]\nname = \"x\"\n{limit}\n");
    for (limit, field) in [
        ("allowed = 0\nperiod = \"60s\"", "limit[1].allowed"),
        ("allowed = 10", "limit[1].period"),
        ("allowed = 10\nperiod = \"60\"", "limit[1].period"),
        ("allowed = 10\nperiod = \"25h\"", "limit[1].period"),
        ("concurrent = 5\nperiod = \"60s\"", "limit[1]"),
        ("", "limit[1].allowed"),
    ] {
        let found = problems(&with(limit));
        assert!(
            found.iter().any(|it| it.field == field),
            "{limit}: {found:?}"
        );
    }
    parse(&with(
        "allowed = 10\nperiod = \"1s\"\ncounted_within = \"50ms\"",
    ))
    .unwrap();
}

#[test]
fn a_caller_may_have_a_flow_and_bounds_of_its_own() {
    let with = |fields: &str| LEAST.replace("[[client]]", &format!("{fields}\n[[client]]"));
    let limit = "org.app.user.rate.per.minute";
    let config = parse(&with(&format!(
        "class = 2\nweight = 3\nguarantee = {{ limit = \"{limit}\", calls = 900 }}\nrequests_per_minute = 600\n\
         requests_at_once = 7"
    )))
    .unwrap();
    let flow = config
        .engine
        .flows
        .iter()
        .find(|flow| flow.name == "flows")
        .unwrap();
    assert_eq!((flow.priority, flow.weight), (2, 3));
    assert_eq!(flow.guarantee.unwrap().slots, 900);
    let caller = &config.callers[0];
    assert_eq!(caller.default_flow.as_deref(), Some("flows"));
    assert_eq!(
        (caller.bounds.per_minute, caller.bounds.at_once),
        (Some(600), Some(7))
    );
    // Whoever names no flow goes with the last class, which is the caller's here.
    let default = &config.engine.flows[config.default_flow.index()];
    assert_eq!((default.name.as_str(), default.priority), ("default", 2));
    let plain = parse(LEAST).unwrap();
    assert_eq!(
        (plain.engine.flows.len(), plain.callers[0].bounds.per_minute),
        (1, None)
    );

    let flow = |name: &str, calls: u32| {
        format!(
            "\n[[flow]]\nname = \"{name}\"\nguaranteed = {{ limit = \"{limit}\", calls = {calls} }}\n"
        )
    };
    let own = format!("guarantee = {{ limit = \"{limit}\", calls = 1000 }}");
    for (text, field, said) in [
        (
            with("class = 0\ndefault_flow = \"x\"") + &flow("x", 1),
            "caller[1].default_flow",
            "remove one",
        ),
        (
            with("weight = 2") + &flow("flows", 1),
            "caller[1].client_id",
            "default_flow = \"flows\"",
        ),
        (with("weight = 0"), "caller[1].weight", "1"),
        (with("class = 256"), "caller[1].class", "255"),
        (
            with(&own) + &flow("x", 2001),
            "caller[1].guarantee.limit",
            "3001",
        ),
        (with("priority = 0"), "caller[1].priority", "no such field"),
        (
            with("requests_per_minute = 0"),
            "caller[1].requests_per_minute",
            "1",
        ),
    ] {
        let found = problems(&text);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].field, field, "{found:?}");
        assert!(found[0].message.contains(said), "{found:?}");
    }
}

#[test]
fn more_may_not_be_guaranteed_than_there_is() {
    let flow = |name: &str, calls: u32| {
        format!(
            "\n[[flow]]\nname = \"{name}\"\nguaranteed = {{ limit = \"org.app.user.rate.per.minute\", calls = {calls} }}\n"
        )
    };
    parse(&format!("{LEAST}{}{}", flow("a", 1500), flow("b", 1500))).unwrap();
    let found = problems(&format!("{LEAST}{}{}", flow("a", 1500), flow("b", 1501)));
    assert!(found[0].message.contains("3001"), "{found:?}");
}

#[test]
fn secrets_are_not_written_into_the_file() {
    let (_, field, said) = problem(
        "client_secret_env = \"SECRET\"\ntoken_url",
        "client_secret = \"hunter2\"\ntoken_url",
    );
    assert_eq!(field, "client[1].client_secret");
    assert!(
        said.contains("client_secret_env") && !said.contains("hunter2"),
        "{said}"
    );
    let (_, _, said) = problem(
        "client_secret_env = \"SECRET\"\ntoken_url",
        "client_secret_env = \"ABSENT\"\ntoken_url",
    );
    assert!(said.contains("ABSENT is not set"), "{said}");
}

#[test]
fn all_problems_come_at_once_in_the_files_order() {
    let text = LEAST
        .replace("\"https://api.example.com\"", "7")
        .replace("client_id = \"id\"", "");
    let found = problems(&text);
    let fields: Vec<_> = found.iter().map(|it| it.field.as_str()).collect();
    assert_eq!(fields, ["client[1].client_id", "integration[1].base_url"]);
    let shown = parse(&text).unwrap_err().to_string();
    assert!(shown.starts_with("test.toml:6:"), "{shown}");
    assert_eq!(problems("x = ")[0].line, 1);
}

#[test]
fn with_a_store_the_file_needs_no_callers_and_no_integrations() {
    let config = parse("[store]\nurl = \"sqlite:t.db\"\nkey_file = \"t.keys\"").unwrap();
    let store = config.store.unwrap();
    assert_eq!(store.url.expose(), "sqlite:/srv/t.db");
    assert_eq!(store.keys, KeySource::File("/srv/t.keys".into()));
    assert_eq!(
        config.shared_limits.with_token.len(),
        1,
        "the organisation's rate"
    );
    assert_eq!(config.shared_limits.all.len(), 0);
    let found = problems("[store]\nurl = \"sqlite:t.db\"");
    assert_eq!(found[0].field, "store.key_file");
    let found = problems("[store]\nurl = \"sqlite:t.db\"\nkey_file = \"a\"\nkey_env = \"B\"");
    assert_eq!(found[0].field, "store.key_env");
    let url = parse("[store]\nurl_env = \"URL\"\nkey_env = \"B\"").unwrap();
    assert_eq!(url.store.unwrap().url.expose(), "hunter2-hunter3-0123");
}

#[test]
fn callers_execute_unless_the_file_says_more() {
    let config = parse(LEAST).unwrap();
    assert_eq!(config.callers[0].roles, [Role::Execute].into());
    assert_eq!(config.callers[0].integrations, None);
    let roles = "client_id = \"flows\"\nroles = [\"author\", \"administer\"]\nintegrations = [\"Platform\"]";
    let config = parse(&LEAST.replace("client_id = \"flows\"", roles)).unwrap();
    assert_eq!(
        config.callers[0].roles,
        [Role::Author, Role::Administer].into()
    );
    assert_eq!(
        config.callers[0].integrations,
        Some(["Platform".to_owned()].into())
    );
    let (_, field, message) = problem(
        "client_id = \"flows\"",
        "client_id = \"flows\"\nroles = [\"root\"]",
    );
    assert_eq!(field, "caller[1].roles");
    assert!(message.contains("administer"), "{message}");
    let (_, field, _) = problem(
        "client_id = \"flows\"",
        "client_id = \"flows\"\nintegrations = [\"Nowhere\"]",
    );
    assert_eq!(field, "caller[1].integrations");
}

#[test]
fn tokens_actions_and_flows_may_have_limits_of_their_own() {
    let more = r#"
[[integration.action]]
name = "Search"
cost = 5

[[integration.action.limit]]
name = "searches"
allowed = 20
period = "1s"

[[flow]]
name = "voice"

[[flow.limit]]
name = "voice.calls"
concurrent = 7
"#;
    let text = LEAST.replace(
        "[[integration]]",
        "[[client.token_limit]]\nname = \"burst\"\nallowed = 10\nperiod = \"1s\"\n\n[[integration]]",
    );
    let config = parse(&format!("{text}{more}")).unwrap();
    let engine = &config.engine;
    engine.check().unwrap();
    assert_eq!(engine.clients[0].token_limits.len(), 2);
    let route = config.integrations[0].routes.by_action["Search"];
    let (own, whole) = (&engine.routes[route.index()], &engine.routes[0]);
    assert_eq!((own.cost, own.pool), (5, whole.pool));
    let names = |limits: &[tollgate_model::LimitId]| -> Vec<String> {
        let name = |limit: &tollgate_model::LimitId| engine.limits[limit.index()].name.clone();
        limits.iter().map(name).collect()
    };
    let mut expected = names(&whole.limits);
    expected.push("searches".into());
    assert_eq!(names(&own.limits), expected);
    assert_eq!(names(&engine.flows[0].limits), ["voice.calls"]);
    let scope = |name: &str| {
        engine
            .limits
            .iter()
            .find(|it| it.name == name)
            .unwrap()
            .scope
    };
    assert_eq!(
        (scope("searches"), scope("voice.calls")),
        (Scope::Action, Scope::Flow)
    );
}

#[test]
fn what_the_tables_can_not_hold_is_a_problem_too() {
    let dear = "\n[[integration.action]]\nname = \"Search\"\ncost = 5000\n";
    let found = problems(&format!("{LEAST}{dear}"));
    assert!(found[0].message.contains("costs 5000"), "{found:?}");
}

#[test]
fn bounds_that_make_no_sense_are_told_by_field() {
    for (section, bad) in [
        (
            "server",
            [
                ("idle_timeout", "\"0s\""),
                ("write_timeout", "\"2h\""),
                ("http2_ping_interval", "20"),
                ("http2_max_streams", "0"),
                ("max_untaken_bytes", "0"),
                ("body_bytes_per_second", "0"),
                ("wrong_logins_per_minute", "0"),
                ("trusted_proxies", "\"10.0.0.0/8\""),
                ("calculation_threads", "0"),
                ("calculation_threads", "1025"),
                ("calculations_waiting_each", "0"),
                ("calculations_waiting", "-1"),
                ("calculation_time", "\"0s\""),
            ]
            .as_slice(),
        ),
        (
            "upstream",
            &[
                ("max_response_header_bytes", "0"),
                ("max_interim_answers", "-1"),
                ("connection_max_age", "\"0s\""),
                ("streams_per_connection", "0"),
                ("ping_interval", "\"0s\""),
                ("ping_timeout", "5"),
            ],
        ),
        (
            "store",
            &[
                ("timeout", "\"1ms\""),
                ("connect_timeout", "\"61s\""),
                ("keep_changes_days", "-1"),
                ("keep_executions_days", "\"30d\""),
                ("keep_usage_days", "1.5"),
            ],
        ),
    ] {
        for (key, value) in bad {
            let found = problems(&format!("[{section}]\n{key} = {value}"));
            let field = format!("{section}.{key}");
            assert!(
                found.iter().any(|it| it.field == field && it.line == 2),
                "{field} = {value}: {found:?}"
            );
        }
    }
}

#[test]
fn what_the_store_may_take_and_keep_has_bounds() {
    let with =
        |line: &str| format!("[store]\nurl = \"sqlite:t.db\"\nkey_file = \"t.keys\"\n{line}\n");
    for (field, bad, says) in [
        ("timeout", "\"100ms\"", "200ms"),
        ("timeout", "\"61s\"", "60s"),
        ("timeout", "5", "found 5"),
        ("timeout", "\"soon\"", "soon"),
        ("connect_timeout", "\"0s\"", "200ms"),
        ("connect_timeout", "\"1h\"", "60s"),
        ("keep_changes_days", "-1", "36500"),
        ("keep_changes_days", "36501", "36500"),
        ("keep_executions_days", "\"30\"", "whole number"),
        ("keep_executions_days", "1.5", "whole number"),
        ("keep_usage_days", "99999999999999999999", ""),
        ("keep_logins_days", "30", "keep_executions_days"),
    ] {
        let found = problems(&with(&format!("{field} = {bad}")));
        assert_eq!(found.len(), 1, "{field} = {bad}: {found:?}");
        assert_eq!(found[0].line, 4, "{found:?}");
        assert!(
            found[0].message.contains(says),
            "{field} = {bad}: {found:?}"
        );
    }
    let set = "timeout = \"200ms\"\nconnect_timeout = \"60s\"\nkeep_changes_days = 0\nkeep_usage_days = 1";
    let store = parse(&with(set)).unwrap().store.unwrap();
    assert_eq!(store.timeout, Duration::from_millis(200));
    assert_eq!(store.connect_timeout, Duration::from_secs(60));
    let day = Duration::from_secs(24 * 3600);
    let keep = (store.keep.changes, store.keep.executions, store.keep.usage);
    assert_eq!(keep, (None, Some(day * 30), Some(day)));
}

#[test]
fn proxies_are_networks() {
    let parse = |line: &str| {
        let text = format!("[server]\n{line}\n[store]\nurl = \"sqlite:a\"\nkey_env = \"K\"\n");
        let source = Source {
            file: "t.toml",
            folder: Path::new("."),
            env: &|_| None,
            files: &NoFiles,
        };
        Config::parse(&text, &source).map_err(|error| error.to_string())
    };
    assert!(parse("").unwrap().server.trusted_proxies.is_empty());
    let config =
        parse("trusted_proxies = [\"10.0.0.0/8\", \"::1\"]\nwrong_logins_per_minute = 5").unwrap();
    assert_eq!(
        (
            config.server.trusted_proxies.len(),
            config.server.wrong_logins_per_minute
        ),
        (2, 5)
    );
    let said = parse("trusted_proxies = [\"proxy.example\"]").unwrap_err();
    assert!(said.contains("server.trusted_proxies"), "{said}");
}

#[test]
fn without_secrets_everything_else_is_checked() {
    let text = format!(
        "{LEAST}client_certificate = \"absent.pem\"\n[integration.credentials]\nkey = {{ file = \"absent\" }}\n\
         [store]\nurl_env = \"ABSENT\"\nkey_file = \"absent.keys\"\n"
    );
    let source = |found: Option<&'static str>| Source {
        file: "test.toml",
        folder: Path::new("/srv"),
        env: if found.is_some() {
            &|_| Some("hunter2".to_owned())
        } else {
            &|_| None
        },
        files: &NoFiles,
    };
    let config = Config::parse_without_secrets(&text, &source(None)).unwrap();
    assert!(config.without_secrets && config.store.is_some());
    assert_eq!(config.callers.len() + config.clients.len(), 2);
    assert!(config.integrations[0].access.identity_pem.is_none());
    assert!(Config::parse(&text, &source(None)).is_err());
    // A secret that is there must be a good one.
    let weak = Config::parse_without_secrets(&text, &source(Some("hunter2"))).unwrap_err();
    assert!(weak.to_string().contains("too weak"), "{weak}");
    let wrong = text.replace("client_id = \"id\"", "client_ids = \"id\"");
    let told = Config::parse_without_secrets(&wrong, &source(None))
        .unwrap_err()
        .to_string();
    assert!(
        told.starts_with("test.toml:8:1: client[1].client_ids: no such field"),
        "{told}"
    );
    assert_eq!(told.lines().count(), 1, "{told}");
}

#[test]
fn fields_that_were_renamed_are_read_by_their_old_names_with_a_warning() {
    let old = format!("[server]\nflow_folder = \"w\"\nmax_flow_runs = 7\n{LEAST}");
    let config = parse(&old).unwrap();
    assert_eq!(
        config.server.workflow_folder.as_deref(),
        Some(Path::new("/srv/w"))
    );
    assert_eq!(config.server.max_workflow_runs, 7);
    assert_eq!(
        config.warnings,
        [
            "server.flow_folder is called workflow_folder now",
            "server.max_flow_runs is called max_workflow_runs now"
        ]
    );
    let both = format!("[server]\nflow_folder = \"w\"\nworkflow_folder = \"w\"\n{LEAST}");
    let found = problems(&both);
    assert_eq!(
        (found.len(), found[0].field.as_str()),
        (1, "server.flow_folder")
    );
    let new = old
        .replace("flow_folder", "workflow_folder")
        .replace("max_flow_runs", "max_workflow_runs");
    assert_eq!(parse(&new).unwrap().warnings, Vec::<String>::new());
}

#[test]
fn a_gateway_passes_to_a_platform_integration_by_one_entrance() {
    let gateway =
        |fields: &str| format!("{LEAST}[[gateway]]\nintegration = \"Platform\"\n{fields}");
    let config = parse(&gateway("listen = \"127.0.0.1:8081\"\ntimeout = \"5s\"")).unwrap();
    let [gateway_read] = &config.gateways[..] else {
        panic!("{:?}", config.gateways);
    };
    assert_eq!(gateway_read.deadline, Duration::from_secs(5));
    assert_eq!(gateway_read.address().unwrap().port(), 8081);
    let described = config.describe();
    let line = "gateway at 127.0.0.1:8081 to Platform, for nobody: no caller has pass_through";
    assert!(described.contains(line), "{described}");

    for (fields, field, message) in [
        ("", "gateway[1].listen", "missing"),
        (
            "listen = \"x\"",
            "gateway[1].listen",
            "expected an address and a port",
        ),
        (
            "listen = \"127.0.0.1:8080\"",
            "gateway[1].listen",
            "the service itself",
        ),
        ("path = \"/api/x\"", "gateway[1].path", "the service's own"),
        (
            "path = \"/x/\"",
            "gateway[1].path",
            "expected a path such as",
        ),
        (
            "path = \"/x/../y\"",
            "gateway[1].path",
            "expected a path such as",
        ),
        (
            "host = \"a.example:80\"",
            "gateway[1].host",
            "without a port",
        ),
        (
            "host = \"a\"\npath = \"/x\"",
            "gateway[1].path",
            "one of listen, host and path",
        ),
        (
            "path = \"/x\"\nmax_body_bytes = -1",
            "gateway[1].max_body_bytes",
            "expected",
        ),
    ] {
        let found = problems(&gateway(fields));
        assert_eq!(found.len(), 1, "{fields}: {found:?}");
        assert_eq!(found[0].field, field, "{fields}");
        assert!(found[0].message.contains(message), "{:?}", found[0]);
    }
    let without = gateway("path = \"/x\"").replace("actions = { folder = \"actions\" }\n", "");
    assert_eq!(parse(&without).unwrap().integrations[0].folder, None);
    let text = format!("{LEAST}[[gateway]]\nintegration = \"Platfrom\"\npath = \"/x\"\n");
    let found = problems(&text);
    assert!(
        found[0].message.contains("did you mean \"Platform\"?"),
        "{found:?}"
    );
    let twice = format!(
        "{}\n[[gateway]]\nintegration = \"Platform\"\npath = \"/x\"\n",
        gateway("path = \"/x\"")
    );
    assert!(problems(&twice)[0].message.contains("another gateway"));
}

#[test]
fn requests_are_named_by_method_and_path() {
    let listed = "[[caller]]\nclient_id = \"flows\"\npass_through = [\"GET /api/v2/users/{id}\", \"* /a/**\"]";
    let text = LEAST.replace("[[caller]]\nclient_id = \"flows\"", listed);
    let config = parse(&text).unwrap();
    let listed = config.callers[0].pass_through.iter();
    let listed: Vec<_> = listed.map(ToString::to_string).collect();
    assert_eq!(listed, ["GET /api/v2/users/{id}", "* /a/**"]);
    let found = problems(&text.replace("* /a/**", "get /a"));
    assert_eq!(found[0].field, "caller[1].pass_through");
    assert!(found[0].message.contains("is no method"), "{found:?}");

    let limited = |request: &str| {
        let limit =
            "[[integration.endpoint.limit]]\nname = \"ivrs\"\nallowed = 100\nperiod = \"60s\"\n";
        format!("[[integration.endpoint]]\nrequest = \"{request}\"\n{limit}")
    };
    let one = limited("PUT /api/v2/architect/ivrs/{id}");
    let config = parse(&format!("{LEAST}{one}")).unwrap();
    let routes = &config.integrations[0].routes;
    let path = |path| tollgate_upstream::RequestPath::new(path).unwrap();
    let ivr = routes.of(None, "PUT", path("/api/v2/architect/ivrs/7"));
    assert_ne!(ivr, routes.route);
    assert_eq!(
        routes.of(None, "GET", path("/api/v2/architect/ivrs/7")),
        routes.route
    );
    let limits = |route: tollgate_model::RouteId| config.engine.routes[route.index()].limits.len();
    assert_eq!(limits(ivr), limits(routes.route) + 1);
    assert!(
        config
            .describe()
            .contains("limit of PUT /api/v2/architect/ivrs/{id}: ivrs 100 in 60s")
    );

    let both = format!("{LEAST}{one}{}", limited("* /api/v2/architect/**"));
    let found = problems(&both);
    assert_eq!(found[0].field, "integration[1].endpoint[2].request");
    assert!(found[0].message.contains("may be of"), "{found:?}");
    let found = problems(&format!(
        "{LEAST}[[integration.endpoint]]\nrequest = \"GET /a\"\n"
    ));
    assert_eq!(found[0].field, "integration[1].endpoint[1].limit");
}
