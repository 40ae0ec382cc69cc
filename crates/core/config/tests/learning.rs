//! What of a limit is left free, and what is learned: what the file may say, and what each mistake is answered.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use support::{parse, problem};
use tollgate_engine::{Follow, Leave, Policy};

const LEAST: &str = r#"
[[caller]]
client_id = "flows"
client_secret_env = "SECRET"

[[limit]]
name = "all"
allowed = 60
period = "6s"

[[integration]]
name = "Rest"
type = "custom-rest-actions"
actions = { folder = "actions" }

[[integration.limit]]
name = "rest"
allowed = 300
period = "60s"
"#;

#[test]
fn a_part_or_a_number_of_a_limit_is_left_free() {
    let text = LEAST
        .replace("\"6s\"", "\"6s\"\nleave = \"12.5 %\"")
        .replace("\"60s\"", "\"60s\"\nleave = 40");
    let config = parse(&text).unwrap();
    let leave = |place: usize| config.engine.limits[place].leave;
    assert_eq!(leave(0), Some(Leave::Percent(12.5)));
    assert_eq!(leave(1), Some(Leave::Calls(40)));
    let told = config.describe();
    for part in ["all 60 in 6s (organisation), 8 left free", "40 left free"] {
        assert!(told.contains(part), "{told}");
    }
    let least = parse(LEAST).unwrap().engine;
    assert!(least.limits.iter().all(|limit| limit.leave.is_none()));
    let none = parse(&LEAST.replace("\"6s\"", "\"6s\"\nleave = \"0%\"")).unwrap();
    assert_eq!(none.engine.limits[0].leave, Some(Leave::Percent(0.0)));
}

#[test]
fn what_can_not_be_left_free_names_its_place() {
    for (leave, message) in [
        ("60", "a whole number from 0 to 59, found 60"),
        ("-1", "a whole number from 0 to 59, found -1"),
        ("0.5", "a whole number from 0 to 59"),
        (
            "\"100 %\"",
            "less than \"100 %\", or a number of calls, found \"100 %\"",
        ),
        ("\"-3 %\"", "a part of the limit"),
        ("\"NaN %\"", "a part of the limit"),
        ("\"10\"", "a part of the limit"),
        ("true", "a whole number"),
    ] {
        let text = LEAST.replace("\"6s\"", &format!("\"6s\"\nleave = {leave}"));
        let (line, field, said) = problem(&text);
        assert_eq!((line, field.as_str()), (10, "limit[1].leave"), "{leave}");
        assert!(said.contains(message), "{leave}: {said}");
    }
    // A flow's limit is ours alone.
    let text = format!(
        "{LEAST}\n[[flow]]\nname = \"voice\"\n[[flow.limit]]\nname = \"few\"\nconcurrent = 5\nleave = 1\n"
    );
    let (_, field, _) = problem(&text);
    assert_eq!(field, "flow[1].limit[1].leave");
}

#[test]
fn learning_is_on_unless_the_file_says_otherwise() {
    let policy = |more: &str| parse(&format!("{LEAST}\n{more}")).unwrap().engine.policy;
    let default = Policy::default();
    assert_eq!(policy("").learned_limits, default.learned_limits);
    assert_eq!(policy("[learning]").learned_limits, default.learned_limits);
    assert_eq!(policy("[learning]\non = false").learned_limits, 0);
    let few = policy("[learning]\nmax_limits = 3\nmax_endpoints = 9");
    assert_eq!((few.learned_limits, few.endpoint_routes), (3, 9));
    assert_eq!(policy("").follow, Follow::Headers);
    let ceiling = policy("[learning]\nfollow = \"configuration\"");
    assert_eq!(ceiling.follow, Follow::Configuration);
    for (line, field) in [
        ("follow = \"both\"", "learning.follow"),
        ("max_limits = 0", "learning.max_limits"),
        ("max_limits = 1001", "learning.max_limits"),
        ("max_endpoints = \"many\"", "learning.max_endpoints"),
        ("on = 1", "learning.on"),
        ("learn = true", "learning.learn"),
    ] {
        let (at, named, _) = problem(&format!("[learning]\n{line}\n{LEAST}"));
        assert_eq!((at, named.as_str()), (2, field));
    }
}

#[test]
fn no_limit_is_called_as_one_that_was_learned() {
    let text = LEAST.replace("name = \"all\"", "name = \"learned: 10 in 1 s for all\"");
    let (line, field, said) = problem(&text);
    assert_eq!((line, field.as_str()), (7, "limit[1].name"));
    assert!(said.contains("learned"), "{said}");
}

#[test]
fn a_limit_says_what_headers_may_change_of_it() {
    let client = r#"
[[client]]
name = "pool"
client_id = "id"
client_secret_env = "SECRET"
token_url = "https://login.example.com/oauth/token"
token_rate = { allowed = 30, period = "60s", follow = "headers" }

[[client.token_limit]]
name = "burst"
allowed = 5
period = "1s"
follow = "configuration"
"#;
    let all = LEAST.replace("\"6s\"", "\"6s\"\nfollow = \"configuration\"");
    let config = parse(&format!("{all}{client}")).unwrap().engine;
    let follow: Vec<_> = config.limits.iter().map(|limit| limit.follow).collect();
    assert_eq!(follow[0], Some(Follow::Configuration));
    assert!(follow[1..].iter().all(Option::is_none));
    let of_token = |place: usize| config.clients[0].token_limits[place].follow;
    assert_eq!(of_token(0), Some(Follow::Headers));
    assert_eq!(of_token(1), Some(Follow::Configuration));

    let at_once = LEAST.replace(
        "allowed = 60\nperiod = \"6s\"",
        "concurrent = 5\nfollow = \"headers\"",
    );
    let (line, field, said) = problem(&at_once);
    assert_eq!((line, field.as_str()), (9, "limit[1].follow"));
    assert!(said.contains("remove follow"), "{said}");
    let (_, _, said) = problem(&LEAST.replace("\"6s\"", "\"6s\"\nfollow = \"both\""));
    assert!(said.contains("\"headers\" or \"configuration\""), "{said}");
}
