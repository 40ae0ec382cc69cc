//! Gateways, and requests by method and path.

use crate::support::{LEAST, parse, problems};
use std::time::Duration;

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
            "one of listen, host, path and unknown_paths",
        ),
        (
            "unknown_paths = false",
            "gateway[1].unknown_paths",
            "expected true",
        ),
        (
            "unknown_paths = true\n[[gateway]]\nintegration = \"Platform\"\nunknown_paths = true",
            "gateway[2]",
            "another gateway has that",
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

#[test]
fn entries_by_which_nothing_passes_are_warned_of() {
    let caller = |fields: &str, list: &str| {
        let caller = format!("[[caller]]\nclient_id = \"flows\"\n{fields}pass_through = [{list}]");
        LEAST.replace("[[caller]]\nclient_id = \"flows\"", &caller)
    };
    let gateway = "[[gateway]]\nintegration = \"Platform\"\npath = \"/g\"\n";
    let warnings = |text: &str| parse(text).unwrap().warnings;
    let good = caller(
        "",
        "\"GET /api/v2/users\", \"* /**\", \"DELETE /api/v2/tokens/{id}\"",
    );
    assert_eq!(warnings(&format!("{good}{gateway}")), Vec::<String>::new());

    let told = warnings(&good);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("test.toml:"), "{told:?}");
    assert!(
        told[0].contains(": caller[1].pass_through: nothing passes, since there is no gateway"),
        "{told:?}"
    );
    let elsewhere = "[[integration]]\nname = \"Other\"\ntype = \"custom-rest-actions\"\n\
                     actions = { folder = \"actions\" }\n";
    for (fields, why) in [
        ("roles = [\"author\"]\n", "hasn't the role execute"),
        (
            "integrations = [\"Other\"]\n",
            "integrations; they lead to Platform",
        ),
    ] {
        let told = warnings(&format!(
            "{}{elsewhere}{gateway}",
            caller(fields, "\"* /**\"")
        ));
        assert!(told.len() == 1 && told[0].contains(why), "{told:?}");
    }

    let entries = "\n\"POST /oauth/token\",\n\"* /api/v2/tokens/me\",\n\"GET /api/v2/notifications/{id}\",\n\
                   \"GET /g/api/v2/users\",\n\"GET /g\",\n";
    let text = format!("{}{gateway}", caller("", entries));
    let told = warnings(&text);
    let line = text
        .lines()
        .position(|it| it.contains("/oauth/token"))
        .unwrap()
        + 1;
    let expected = [
        (0, "\"POST /oauth/token\": never passes, since logins"),
        (1, "never passes, since logins"),
        (2, "never passes, since notification channels"),
        (
            3,
            "leads to no path below /g, which the gateway or its integration's base_url has already; write the path without it, \"/api/v2/users\"",
        ),
    ];
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for (told, (index, why)) in told.iter().zip(expected) {
        let place = format!(
            "test.toml:{}:1: caller[1].pass_through[{}]: ",
            line + index,
            index + 1
        );
        assert!(told.starts_with(&place), "{place} {told}");
        assert!(told.contains(why), "{told}");
    }
}
