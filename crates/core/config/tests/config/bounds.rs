//! `[server]`, `[upstream]` and `[store]`: their bounds.

use crate::support::{LEAST, parse, problem, problems};
use std::time::Duration;
use tollgate_config::{KeySource, PageOrigin};

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
fn a_cluster_has_a_store_a_name_and_spans() {
    let with = |lines: &str| format!("{LEAST}\n[cluster]\n{lines}\n");
    let least = parse(&with("url = \"postgres://db/x\"")).unwrap();
    assert!(least.warnings.is_empty());
    let cluster = least.cluster.unwrap();
    assert_eq!((cluster.kind(), &cluster.node), ("postgres", &None));
    assert_eq!(cluster.lease, Duration::from_secs(60));
    assert_eq!(cluster.longest_pause, Duration::from_secs(30));
    assert!(parse(LEAST).unwrap().cluster.is_none());

    let whole = "url_env = \"URL\"\nnode = \"a-1.b_c\"\nlease = \"20s\"\nlongest_pause = \"10m\"";
    let config = parse(&with(whole)).unwrap();
    let shown = config.describe();
    assert!(shown.contains("as node a-1.b_c; leases of 20s"), "{shown}");
    assert!(!shown.contains("hunter2") && !format!("{config:?}").contains("hunter2"));
    let cluster = config.cluster.unwrap();
    assert_eq!(cluster.url.expose(), "hunter2-hunter3-0123");
    assert_eq!(cluster.longest_pause, Duration::from_secs(600));

    let url = "url = \"redis://:hunter2@db\"";
    for (lines, field, says) in [
        ("node = \"a\"", "cluster.url", "postgres://"),
        ("url_env = \"ABSENT\"", "cluster.url_env", "not set"),
        ("url_file = \"none\"", "cluster.url_file", ""),
        (
            &format!("{url}\nurl_env = \"URL\""),
            "cluster.url_env",
            "found both",
        ),
        (
            &format!("{url}\nurl_file = \"url\""),
            "cluster.url_file",
            "found both",
        ),
        (
            "url_file = \"u\"\nurl_env = \"URL\"",
            "cluster.url_file",
            "found both",
        ),
        (&format!("{url}\nnode = \"\""), "cluster.node", "letters"),
        (&format!("{url}\nnode = \"a b\""), "cluster.node", "letters"),
        (
            &format!("{url}\nnode = \"{}\"", "a".repeat(65)),
            "cluster.node",
            "64",
        ),
        (&format!("{url}\nlease = \"19s\""), "cluster.lease", "20s"),
        (&format!("{url}\nlease = \"11m\""), "cluster.lease", "10m"),
        (
            &format!("{url}\nlongest_pause = \"0s\""),
            "cluster.longest_pause",
            "1s",
        ),
        (&format!("{url}\nautonomy = \"0s\""), "cluster.autonomy", ""),
    ] {
        let (line, its, message) = problem(&with(lines));
        assert_eq!(its, field, "{lines}: {message}");
        assert!(
            line > 18 && message.contains(says),
            "{lines}: {line} {message}"
        );
        assert!(!message.contains("hunter2"));
    }
    let trial = parse(&with("url = \"memory://trial\"")).unwrap();
    assert!(
        trial.warnings[0].starts_with("cluster.url: "),
        "{:?}",
        trial.warnings
    );
}

#[test]
fn proxies_are_networks() {
    let parse = |line: &str| {
        let text = format!("[server]\n{line}\n[store]\nurl = \"sqlite:a\"\nkey_env = \"K\"\n");
        parse(&text).map_err(|error| error.to_string())
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
fn origins_of_pages_are_told_by_field() {
    let with = |cors: &str| format!("[server]\n[server.cors]\n{cors}\n{LEAST}");
    let good = parse(&with(
        "origins = [\"https://app.example\", \"http://localhost:3000\"]",
    ))
    .unwrap();
    let cors = good.server.cors.unwrap();
    assert_eq!(
        (cors.origins.len(), cors.max_age),
        (2, Duration::from_secs(7200))
    );
    assert_eq!(
        parse(&with("origins = [\"*\"]\nmax_age = \"10s\""))
            .unwrap()
            .server
            .cors
            .unwrap()
            .origins,
        [PageOrigin::Any]
    );
    assert!(parse(LEAST).unwrap().server.cors.is_none());
    for (cors, line, field, message) in [
        ("", 2, "server.cors.origins", "missing; add origins = "),
        ("origins = []", 3, "server.cors.origins", "names no origin"),
        (
            "origins = [\"https://a.example/\"]",
            3,
            "server.cors.origins",
            "expected \"*\", or an origin",
        ),
        (
            "origins = [\"*\", \"https://a.example\"]",
            3,
            "server.cors.origins",
            "has \"*\" beside others",
        ),
        (
            "origins = [\"*\"]\nmax_age = \"0s\"",
            4,
            "server.cors.max_age",
            "expected",
        ),
        (
            "origins = [\"*\"]\nheaders = []",
            4,
            "server.cors.headers",
            "",
        ),
    ] {
        let found = problem(&with(cors));
        assert_eq!(
            (found.0, found.1.as_str().trim_end_matches("[0]")),
            (line, field),
            "{cors}: {found:?}"
        );
        assert!(found.2.contains(message), "{cors}: {}", found.2);
    }
}
