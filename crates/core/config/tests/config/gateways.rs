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
