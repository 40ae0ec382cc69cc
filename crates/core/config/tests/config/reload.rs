//! What of a configuration that is read anew only a start takes over.

use crate::support::{LEAST, parse, source};
use tollgate_config::{Changed, Config};

const FIXED: &str = "\n[store]\nurl = \"sqlite:store.db\"\nkey_file = \"keys\"\n";

#[test]
fn another_key_ring_asks_for_a_restart_and_another_secret_of_a_caller_does_not() {
    let caller = "\n[[caller]]\nclient_id = \"b\"\nclient_secret_env = \"SECRET\"\n";
    let config = parse(&format!("{LEAST}{caller}{FIXED}")).unwrap();
    let changed = Changed {
        changed: ["/srv/keys".to_owned()].into(),
        ..Changed::default()
    };
    let obstacles = config.fixed_files(&changed);
    assert_eq!(obstacles.len(), 1, "{obstacles:?}");
    assert_eq!(obstacles[0].field, "store.key_file");
    assert!(config.fixed_files(&Changed::default()).is_empty());
}

#[test]
fn another_password_of_the_proxy_or_header_of_traces_asks_for_a_restart() {
    let text = format!(
        "{LEAST}\n[upstream]\nproxy = \"http://proxy.example:3128\"\nproxy_user = \"me\"\n\
         proxy_password_env = \"PROXY\"\n[trace.headers]\nx-api-key = {{ env = \"TRACE\" }}\n"
    );
    let with = |changed: &'static str| {
        let env = move |name: &str| {
            let end = if name == changed { "-other" } else { "" };
            Some(format!("hunter2-hunter3-0123{end}"))
        };
        Config::parse(&text, &source(&env)).unwrap()
    };
    let before = with("");
    for (variable, field) in [("PROXY", "upstream.proxy"), ("TRACE", "trace.headers")] {
        let (changes, obstacles) = before.changes_to(&with(variable));
        assert!(changes.is_empty(), "{changes}");
        let fields: Vec<_> = obstacles.iter().map(|it| it.field.as_str()).collect();
        assert_eq!(fields, [field]);
    }
    assert!(before.changes_to(&with("")).1.is_empty());
}
