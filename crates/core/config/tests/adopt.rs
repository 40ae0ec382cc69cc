//! What was learned becomes part of a configuration file, and nothing else of the file changes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;
use tollgate_config::{Adopted, Config, Number, adopt};
use tollgate_model::{Rule, Scope};

const FILE: &str = r#"# Our organisation.
[[caller]]
client_id = "flows"
client_secret_env = "SECRET"

[[client]]
name = "pool"            # the only one
client_id = "id"
client_secret_env = "SECRET"
token_url = "https://login.example.com/oauth/token"
token_rate = { allowed = 30, period = "60s", name = "token.rate" } # as we were told

[[client]]
name = "other"
client_id = "id2"
client_secret_env = "SECRET"
token_url = "https://login.example.com/oauth/token"
token_rate = { allowed = 30, period = "60s", name = "token.rate" }

# Comes last.
[[integration]]
name = "Platform"
type = "purecloud-data-actions"
base_url = "https://api.example.com"
clients = ["pool", "other"]
actions = { folder = "actions" }

[[integration.limit]]
name = "platform"
allowed = 1_000 # a minute
period = "1m"

[[integration.action]]
name = "Look up"

[[integration.action.limit]]
name = "few"
allowed = 10
period = "60s"
"#;

fn number(name: &str, scope: Scope, of: &str, (allowed, seconds): (u32, u64)) -> Number {
    Number {
        name: name.to_owned(),
        scope,
        of: of.to_owned(),
        allowed,
        period: (seconds > 0).then(|| Duration::from_secs(seconds)),
        configured: None,
    }
}

fn adopted(text: &str, number: &Number) -> (String, Adopted) {
    let mut document = text.parse().unwrap();
    let adopted = adopt(&mut document, number);
    (document.to_string(), adopted)
}

fn read(text: &str) -> Config {
    support::parse(text).unwrap()
}

/// Lines of the one that the other doesn't have.
fn only<'a>(of: &'a str, beside: &str) -> Vec<&'a str> {
    of.lines()
        .filter(|line| !beside.lines().any(|it| it == *line))
        .collect()
}

#[test]
fn a_corrected_number_takes_the_place_of_the_configured_one() {
    let told = Number {
        configured: Some(30),
        ..number("token.rate", Scope::Token, "pool", (15, 60))
    };
    let (text, done) = adopted(FILE, &told);
    assert_eq!(done, Adopted::Here);
    assert_eq!(
        only(&text, FILE),
        [
            "token_rate = { allowed = 15, period = \"60s\", name = \"token.rate\" } # as we were told"
        ]
    );
    let config = read(&text);
    let of = |client: usize| config.engine.clients[client].token_limits[0].rule.allowed();
    assert_eq!((of(0), of(1)), (15, 30));

    let told = Number {
        configured: Some(1000),
        ..number("platform", Scope::Integration, "platform", (700, 60))
    };
    let (text, _) = adopted(FILE, &told);
    assert_eq!(only(&text, FILE), ["allowed = 700 # a minute"]);
    assert_eq!(
        only(FILE, &text),
        ["allowed = 1_000 # a minute"],
        "the period stays as it is spelt"
    );
    let told = Number {
        configured: Some(10),
        ..number("few", Scope::Action, "few", (8, 30))
    };
    let (text, _) = adopted(FILE, &told);
    assert_eq!(only(&text, FILE), ["allowed = 8", "period = \"30s\""]);
}

#[test]
fn a_presets_limit_is_written_out_where_it_is_corrected() {
    let ceiling = ("org.app.user.rate.per.minute", 3000, 2000);
    let volume = ("requests.volume.max", 2500, 2100);
    let ours = "[[limit]]\nname = \"ours\"\nallowed = 9\nperiod = \"1s\"\n";
    let both = "presets = [\"genesys-cloud\", \"genesys-data-actions\"]";
    for (file, (name, configured, now)) in [
        (FILE.to_owned(), ceiling),
        (format!("{both}\n{FILE}"), ceiling),
        (format!("{both}\n{FILE}"), volume),
        (format!("{both}\n{FILE}\n{ours}"), volume),
    ] {
        let before = read(&file).engine.limits;
        let told = Number {
            configured: Some(configured),
            ..number(name, Scope::Organisation, name, (now, 60))
        };
        let (text, done) = adopted(&file, &told);
        assert_eq!(done, Adopted::Here);
        assert!(only(&file, &text).is_empty());
        let after = read(&text).engine.limits;
        assert_eq!(after.len(), before.len());
        for was in before.iter() {
            let is = after.iter().find(|it| it.name == was.name).unwrap();
            let allowed = if was.name == name {
                now
            } else {
                was.rule.allowed()
            };
            assert_eq!(is.rule.allowed(), allowed, "{}", was.name);
        }
    }
    // Of what no preset in force has, nothing is written.
    let told = Number {
        configured: Some(2500),
        ..number(
            "requests.volume.max",
            Scope::Organisation,
            "requests.volume.max",
            (2100, 60),
        )
    };
    let (text, done) = adopted(FILE, &told);
    assert_eq!((text.as_str(), done), (FILE, Adopted::NotHere));
}

#[test]
fn a_learned_limit_is_one_more_of_whom_it_belongs_to() {
    let window = |allowed, seconds| Rule::Window {
        allowed,
        period: Duration::from_secs(seconds),
        counted_within: None,
    };
    let learned = number(
        "learned: x",
        Scope::Token,
        "each token of Platform",
        (10, 1),
    );
    let (text, done) = adopted(FILE, &learned);
    assert_eq!(done, Adopted::Here);
    assert!(only(FILE, &text).is_empty());
    for client in &read(&text).engine.clients {
        assert_eq!(client.token_limits.len(), 2, "{text}");
        assert_eq!(client.token_limits[1].rule, window(10, 1));
    }
    let learned = number("learned: x", Scope::Token, "each token of pool", (10, 1));
    let clients = read(
        &adopted(FILE, &learned)
            .0
            .replace("\"pool\", \"other\"", "\"pool\""),
    )
    .engine
    .clients;
    assert_eq!(
        (clients[0].token_limits.len(), clients[1].token_limits.len()),
        (2, 1)
    );

    let learned = number("learned: x", Scope::Organisation, "Platform", (20, 0));
    let (text, _) = adopted(FILE, &learned);
    let (again, _) = adopted(&text, &learned);
    let config = read(&again);
    let names: Vec<_> = config
        .engine
        .limits
        .iter()
        .map(|it| it.name.as_str())
        .collect();
    assert!(names.contains(&"adopted.20.at.once"), "{names:?}");
    assert!(names.contains(&"adopted.20.at.once.2"), "{names:?}");
    let learned = number("learned: x", Scope::Integration, "Platform/Look up", (5, 1));
    let (text, done) = adopted(FILE, &learned);
    assert_eq!(done, Adopted::Here, "{text}");

    let learned = number("learned: x", Scope::Client, "other", (100, 60));
    let (text, _) = adopted(FILE, &learned);
    let config = read(&text);
    assert_eq!(config.engine.clients[1].limits.len(), 1);
    assert_eq!(
        only(&text, FILE),
        [
            "[[client.limit]]",
            "name = \"adopted.100.in.60s\"",
            "allowed = 100"
        ]
    );
}

#[test]
fn what_the_file_does_not_have_leaves_it_as_it_is() {
    for scope in [Scope::Token, Scope::Client, Scope::Organisation] {
        let told = number("learned: x", scope, "somebody", (10, 1));
        assert_eq!(adopted(FILE, &told), (FILE.to_owned(), Adopted::NotHere));
        let told = Number {
            configured: Some(5),
            ..told
        };
        assert_eq!(adopted(FILE, &told), (FILE.to_owned(), Adopted::NotHere));
    }
    let of = "GET https://api.example.com/users/{id}";
    let (text, done) = adopted(FILE, &number("learned: x", Scope::Action, of, (10, 1)));
    assert_eq!(text, FILE);
    let Adopted::ByHand(what) = done else {
        panic!("{done:?}");
    };
    for part in [
        of,
        "[[integration.action.limit]]",
        "allowed = 10",
        "period = \"1s\"",
    ] {
        assert!(what.contains(part), "{what}");
    }
}
