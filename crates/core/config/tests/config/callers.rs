//! Callers: what they may do, and what each has of its own.

use crate::problem;
use crate::support::{LEAST, parse, problems};
use tollgate_config::Role;

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
