//! Limits, what of them is guaranteed, and what passes them.

use crate::support::{LEAST, parse, problem, problems};
use std::path::Path;
use tollgate_engine::Mode;
use tollgate_model::Scope;

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
fn a_limit_that_is_renamed_stays_the_same_to_other_nodes() {
    let limit = |name: &str, more: &str| {
        format!("\n[[limit]]\nname = \"{name}\"\nallowed = 10\nperiod = \"1s\"\n{more}\n")
    };
    let before = parse(&format!("{LEAST}{}", limit("old", ""))).unwrap();
    let after = limit("new", "scope = \"host\"\nshared_as = \"organisation:old\"");
    let after = parse(&format!("{LEAST}{after}")).unwrap();
    let [before, after] = [before, after].map(|it| it.engine.limits[0].clone());
    assert_eq!(
        (before.key(), before.shown()),
        ("organisation:old".into(), before.key())
    );
    assert_eq!(
        (after.key(), after.shown()),
        (before.key(), "host:new".into())
    );

    for wrong in ["old", "organisation:", "token:old", ":old"] {
        let text = limit("new", &format!("shared_as = {wrong:?}"));
        let found = problem(&format!("{LEAST}{text}"));
        assert_eq!(found.1, "limit[1].shared_as", "{found:?}");
        assert!(found.2.contains("organisation:org.rate"), "{found:?}");
    }
    let old = limit("old", "");
    let new = limit("new", "shared_as = \"organisation:old\"");
    for (text, field) in [
        (format!("{old}{new}"), "limit[2].shared_as"),
        (format!("{new}{old}"), "limit[2]"),
    ] {
        let found = problem(&format!("{LEAST}{text}"));
        assert_eq!(found.1, field, "{found:?}");
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
fn limits_and_flows_may_be_in_shadow() {
    let limit =
        |more: &str| format!("[[limit]]\nname = \"x\"\nallowed = 9\nperiod = \"1s\"\n{more}\n");
    let own = "[[integration.limit]]\nname = \"own\"\nconcurrent = 2\nmode = \"shadow\"\n";
    let flow = "[[flow]]\nname = \"voice\"\nmode = \"shadow\"\n[[flow.limit]]\nname = \"its\"\nconcurrent = 1\n";
    let text = format!(
        "{LEAST}{own}{}{flow}mode = \"enforce\"\n",
        limit("mode = \"shadow\"")
    );
    let config = parse(&text).unwrap();
    let described = config.describe();
    for line in [
        "limit: x 9 in 1s (organisation), in shadow\n",
        "flow voice: priority 0, weight 1, 10000 may wait, in shadow\n",
    ] {
        assert!(described.contains(line), "{described}");
    }
    let config = config.engine;
    let of = |name: &str| {
        config
            .limits
            .iter()
            .find(|it| it.name == name)
            .unwrap()
            .mode
    };
    assert_eq!(
        (of("x"), of("own"), of("its")),
        (Mode::Shadow, Mode::Shadow, Mode::Enforce)
    );
    let voice = config.flows.iter().find(|it| it.name == "voice").unwrap();
    assert_eq!(voice.mode, Mode::Shadow);
    assert!(!config.is_enforced() && config.enforced().is_enforced());
    assert!(parse(LEAST).unwrap().engine.is_enforced());

    let (line, field, message) = problem(&format!("{LEAST}\n{}", limit("mode = \"off\"")));
    let expected = "expected \"enforce\" or \"shadow\", found \"off\"";
    assert_eq!(
        (line, field.as_str(), message.as_str()),
        (23, "limit[1].mode", expected)
    );
}

#[test]
fn what_holds_a_token_is_never_in_shadow() {
    let rate = "token_rate = { allowed = 5, period = \"1s\", mode = \"shadow\" }\n[[integration]]";
    let (_, field, message) = problem(&LEAST.replace("[[integration]]", rate));
    assert_eq!(field, "client[1].token_rate.mode");
    assert!(message.contains("put flows in shadow"), "{message}");

    let limit = "[[client.token_limit]]\nname = \"day\"\nallowed = 5\nperiod = \"24h\"\nmode = \"shadow\"\n[[integration]]";
    let (_, field, _) = problem(&LEAST.replace("[[integration]]", limit));
    assert_eq!(field, "client[1].token_limit[1].mode");
}

#[test]
fn nothing_is_guaranteed_of_a_limit_in_shadow() {
    let limit = "[[limit]]\nname = \"x\"\nallowed = 9\nperiod = \"1s\"\nmode = \"shadow\"\n";
    let flow = "[[flow]]\nname = \"voice\"\nguaranteed = { limit = \"x\", calls = 3 }\n";
    let (_, field, message) = problem(&format!("{LEAST}{limit}{flow}"));
    assert_eq!(field, "flow[1].guaranteed.limit");
    assert!(message.contains("\"x\" is in shadow"), "{message}");
}
