//! `[jobs]`, and where the ends of jobs may be told.

use crate::support::{LEAST, parse, problems};
use std::time::Duration;
use tollgate_config::{Config, ConfigError, Problem};

const STORE: &str = "[store]\nurl = \"sqlite:t.db\"\nkey_file = \"t.keys\"\n";

#[test]
fn there_are_jobs_where_there_is_a_store() {
    assert!(parse(LEAST).unwrap().jobs.is_none());
    let config = parse(&format!("{LEAST}{STORE}")).unwrap();
    let jobs = config.jobs.unwrap();
    assert_eq!(jobs.keep, Duration::from_secs(24 * 3600));
    let set =
        "[jobs]\nkeep = \"5m\"\ndeadline = \"2h\"\nat_once = 3\nwaiting_each = 4\nbytes = 5000";
    let config = parse(&format!("{LEAST}{STORE}{set}")).unwrap();
    let described = config.describe();
    assert!(
        described.contains("jobs: 3 at once, kept for 5m after their ends"),
        "{described}"
    );
    let jobs = config.jobs.unwrap();
    assert_eq!(
        (jobs.deadline, jobs.waiting_each, jobs.bytes),
        (Duration::from_secs(7200), 4, 5000)
    );
    let found = problems(&format!("{LEAST}[jobs]\nkeep = \"5m\""));
    assert_eq!((found.len(), found[0].field.as_str()), (1, "jobs"));
    assert!(found[0].message.contains("add [store]"), "{found:?}");
}

#[test]
fn bounds_of_jobs_are_told_by_field() {
    for (key, value) in [
        ("keep", "\"1s\""),
        ("deadline", "\"721h\""),
        ("at_once", "0"),
        ("at_once", "65"),
        ("waiting", "-1"),
        ("waiting_each", "0"),
        ("bytes_each", "\"1M\""),
        ("max_answer_bytes", "100000000"),
        ("keeps", "1"),
    ] {
        let found = problems(&format!("{STORE}[jobs]\n{key} = {value}"));
        let field = format!("jobs.{key}");
        assert_eq!(found[0].field, field, "{found:?}");
        assert_eq!(found[0].line, 5);
    }
}

#[test]
fn what_is_done_later_is_behind_all_others_unless_the_file_says() {
    let class = |text: &str| {
        let config = parse(text).unwrap();
        let flow = config.engine.flows.iter().find(|flow| flow.name == "later");
        flow.map(|flow| flow.priority)
    };
    assert_eq!(class(LEAST), None);
    assert_eq!(class(&format!("{LEAST}{STORE}")), Some(1));
    let flows = "[[flow]]\nname = \"sms\"\npriority = 7\n";
    assert_eq!(class(&format!("{LEAST}{STORE}{flows}")), Some(8));
    let own = LEAST.replace("[[client]]", "class = 9\n[[client]]");
    assert_eq!(class(&format!("{own}{STORE}{flows}")), Some(10));
    // It is everybody's, and so no caller's own.
    let taken = own.replace("client_id = \"flows\"", "client_id = \"later\"");
    assert_eq!(
        problems(&format!("{taken}{STORE}"))[0].field,
        "caller[1].client_id"
    );
    let named = "[[flow]]\nname = \"later\"\npriority = 0\n";
    assert_eq!(class(&format!("{LEAST}{STORE}{named}")), Some(0));
}

#[test]
fn nobody_is_called_back_without_a_store() {
    let fields = "[caller.callback]\nallowed_hosts = [\"h.example.com\"]\nsecret_env = \"KEY\"";
    let found = problems(&LEAST.replace("[[client]]", &format!("{fields}\n[[client]]")));
    assert_eq!(found[0].field, "caller[1].callback");
    assert!(found[0].message.contains("add [store]"), "{found:?}");
}

/// A file whose caller's ends may be told so, where every secret is this one.
fn with_callback(fields: &str, secret: &str) -> Result<Config, ConfigError> {
    let table = format!("\n[caller.callback]\n{fields}\n[[client]]");
    let text = format!("{}{STORE}", LEAST.replace("[[client]]", &table));
    let env = |name: &str| {
        Some(
            if name == "KEY" {
                secret
            } else {
                "hunter2-hunter3-0123"
            }
            .to_owned(),
        )
    };
    Config::parse(&text, &crate::support::source(&env))
}

#[test]
fn a_caller_may_have_its_ends_told() {
    let key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let fields = "allowed_hosts = [\"hooks.example.com\"]\nsecret_env = \"KEY\"";
    let config = with_callback(fields, key).unwrap();
    assert!(
        config
            .describe()
            .contains("ends of flows's may be told to: hooks.example.com")
    );
    let callback = config.callers[0].callback.as_ref().unwrap();
    assert_eq!(callback.access.hosts, ["hooks.example.com"]);
    assert_eq!(callback.secret.expose(), &key[6..]);
    assert!(!format!("{callback:?}").contains(&key[6..]));
    let problem = |fields: &str, secret: &str| -> Problem {
        match with_callback(fields, secret) {
            Err(ConfigError::Invalid { mut problems, .. }) if problems.len() == 1 => {
                problems.remove(0)
            }
            other => panic!("{fields}: {other:?}"),
        }
    };
    for (fields, secret, field, part) in [
        (
            "secret_env = \"KEY\"",
            key,
            "allowed_hosts",
            "hooks.example.com",
        ),
        (
            "allowed_hosts = []\nsecret_env = \"KEY\"",
            key,
            "allowed_hosts",
            "name a host",
        ),
        (
            "allowed_hosts = [\"h.example.com\"]",
            key,
            "secret_env",
            "missing",
        ),
        (
            "allowed_hosts = [\"h.example.com\"]\nsecret = \"x\"",
            key,
            "secret",
            "secret_file",
        ),
        (fields, &key[6..], "secret_env", "whsec_"),
        (fields, "whsec_c2hvcnQ=", "secret_env", "24 to 64 bytes"),
        (fields, "whsec_!", "secret_env", "no Base64"),
    ] {
        let found = problem(fields, secret);
        assert_eq!(
            found.field,
            format!("caller[1].callback.{field}"),
            "{found:?}"
        );
        assert!(found.message.contains(part), "{found:?}");
        assert!(!found.message.contains(&key[6..]));
    }
}
