//! Integrations below a base URL of their own, as the vendor's for Salesforce, Dynamics and Zendesk: their
//! relative URLs, and each way that they log in.

use crate::world::{ACTIONS, SECRET, World};
use axum::Router;
use axum::extract::{Request, State};
use axum::response::IntoResponse as _;
use http::StatusCode;
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tollgate_config::{Config, Source};
use tollgate_service::Service;

/// What an upstream was asked: path and query, `Authorization`, and body.
type Asked = (String, Option<String>, String);

/// An upstream whose `/token` gives `token-of-login-N`, and which takes the token of one login.
#[derive(Default)]
struct Upstream {
    asked: Mutex<Vec<Asked>>,
    /// The `Authorization` that is taken; any if there is none.
    takes: Mutex<Option<String>>,
}

impl Upstream {
    async fn start() -> (String, Arc<Self>) {
        let this = Arc::new(Self::default());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&this));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = hyper_util::service::TowerToHyperService::new(router);
        let bounds = tollgate_listen::Bounds::default();
        drop(listener);
        let listening = tollgate_listen::Listener::start(address, bounds, service);
        // Lives as long as the test's process.
        Box::leak(Box::new(listening.await.unwrap()));
        (format!("http://{address}"), this)
    }

    fn take(&self, authorization: &str) {
        *self.takes.lock().unwrap() = Some(authorization.to_owned());
    }

    /// What was asked so far below that path.
    fn asked(&self, path: &str) -> Vec<Asked> {
        let asked = self.asked.lock().unwrap();
        let below = asked.iter().filter(|(url, ..)| url.starts_with(path));
        below.cloned().collect()
    }
}

async fn answer(
    State(this): State<Arc<Upstream>>,
    request: Request,
) -> impl axum::response::IntoResponse {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 100_000).await.unwrap();
    let authorization = head.headers.get("authorization");
    let authorization = authorization.map(|value| value.to_str().unwrap().to_owned());
    let asked = (
        head.uri.to_string(),
        authorization.clone(),
        String::from_utf8(body.to_vec()).unwrap(),
    );
    this.asked.lock().unwrap().push(asked);
    if head.uri.path() == "/refuses" {
        let refusal = r#"{"error":"invalid_client","told":"upstream%2Bsecret+7"}"#;
        return (StatusCode::UNAUTHORIZED, refusal).into_response();
    }
    if head.uri.path() == "/drops" {
        tokio::time::sleep(Duration::from_millis(100)).await;
        panic!("the connection is dropped");
    }
    if head.uri.path().ends_with("/token") {
        // So that calls which come together all find the login under way.
        tokio::time::sleep(Duration::from_millis(100)).await;
        let number = this.asked("/token").len();
        let token = json!({"access_token": format!("token-of-login-{number}"), "expires_in": 3600});
        return (StatusCode::OK, token.to_string()).into_response();
    }
    let taken = this.takes.lock().unwrap().clone();
    if taken.is_some() && taken != authorization {
        let echoed = format!("no: {authorization:?}");
        return (StatusCode::UNAUTHORIZED, echoed).into_response();
    }
    (StatusCode::OK, r#"{"records":[{"Name":"Kim"}]}"#).into_response()
}

/// An export of an action, as the vendor's integrations of that type have it: without any login.
fn export(name: &str, kind: &str, url: &str) -> Value {
    json!({
        "name": name, "integrationType": kind, "actionType": "custom",
        "config": {
            "request": {
                "requestUrlTemplate": url, "requestType": "GET", "headers": {},
                "requestTemplate": "${input.rawRequest}",
            },
            "response": {
                "translationMap": {"name": "$.records[0].Name"}, "translationMapDefaults": {},
                "successTemplate": "{\"name\": ${name}}",
            },
        },
        "contract": {
            "input": {"inputSchema": {"type": "object", "properties": {}}},
            "output": {"successSchema": {"type": "object", "properties": {}}},
        },
        "secure": false,
    })
}

/// The same, as an action that logs in.
fn custom_auth(kind: &str, url: &str) -> Value {
    let mut login = export("Log In", kind, url);
    login["actionType"] = json!("customAuth");
    login["config"]["request"]["requestType"] = json!("POST");
    login["config"]["request"]["requestTemplate"] = json!("key=${credentials.key}");
    login["config"]["response"] = json!({"translationMap": {}, "successTemplate": "${rawResult}"});
    login
}

/// A service without a store, over a file's integration and a folder of actions.
async fn serve(integration: &str, files: &[Value]) -> Result<World, String> {
    let folder = tempfile::tempdir().unwrap();
    for (number, file) in files.iter().enumerate() {
        let path = folder.path().join(format!("{number}.json"));
        std::fs::write(path, file.to_string()).unwrap();
    }
    let text = format!(
        r#"
[server]
listen = "127.0.0.1:0"
[[caller]]
client_id = "root"
client_secret_env = "SECRET"
roles = ["execute", "author", "administer"]
[[integration]]
name = "CRM"
actions = {{ folder = "." }}
{integration}
"#
    );
    let source = Source {
        file: "test.toml",
        folder: folder.path(),
        env: &|name| {
            let upstream = name == "UPSTREAM_SECRET";
            Some(
                if upstream {
                    "upstream+secret 7"
                } else {
                    SECRET
                }
                .to_owned(),
            )
        },
        files: &tollgate_files::Disk,
    };
    let config = Config::parse(&text, &source).map_err(|error| error.to_string())?;
    let service = Service::start(config, 1)
        .await
        .map_err(|error| error.to_string())?;
    Ok(World {
        service,
        http: reqwest::Client::new(),
        folder,
    })
}

/// The path that executes the action of that name.
async fn execute_path(world: &World, root: &str, name: &str) -> String {
    let path = format!("{ACTIONS}?name={name}");
    let listed = world.done(root, Method::GET, &path, Value::Null).await;
    assert_eq!(listed["total"], 1, "{listed}");
    format!(
        "{ACTIONS}/{}/execute",
        listed["entities"][0]["id"].as_str().unwrap()
    )
}

const QUERY: &str = "/services/data/v54.0/query/?q=$esc.url(\"SELECT Name FROM Contact\")";

#[tokio::test]
async fn a_client_logs_in_once_for_all_and_again_when_its_token_is_refused() {
    let (base, upstream) = Upstream::start().await;
    upstream.take("Bearer token-of-login-1");
    let text = format!(
        r#"
type = "salesforce-datadip"
base_url = "{base}/crm/"
allowed_networks = ["127.0.0.1"]
[integration.login]
token_url = "{base}/token"
client_id = "app"
client_secret_env = "UPSTREAM_SECRET"
scope = "api refresh"
"#
    );
    let mut reads = export(
        "Reads",
        "salesforce-datadip",
        "/services/${credentials.clientSecret}",
    );
    reads["config"]["request"]["requestUrlTemplate"] = json!("/reads?$!{credentials.clientSecret}");
    let files = [export("Query", "salesforce-datadip", QUERY), reads];
    let world = serve(&text, &files).await.unwrap();
    let root = world.root().await;
    let path = execute_path(&world, &root, "Query").await;
    // Ten come before anybody has logged in.
    let all = (0..10).map(|_| world.done(&root, Method::POST, &path, json!({})));
    for output in futures_util::future::join_all(all).await {
        assert_eq!(output, json!({"name": "Kim"}));
    }
    let logins = upstream.asked("/token");
    let basic = "Basic YXBwOnVwc3RyZWFtK3NlY3JldCA3";
    let form = "grant_type=client_credentials&scope=api+refresh";
    let expected = ("/token".to_owned(), Some(basic.to_owned()), form.to_owned());
    assert_eq!(
        logins,
        [expected],
        "one login, with the client in its header"
    );
    let calls = upstream.asked("/crm");
    let url = "/crm/services/data/v54.0/query/?q=SELECT+Name+FROM+Contact";
    assert_eq!(calls.len(), 10);
    assert!(calls.iter().all(|(called, ..)| called == url), "{calls:?}");

    // A refused token is renewed once, and the call made again.
    upstream.take("Bearer token-of-login-2");
    world.done(&root, Method::POST, &path, json!({})).await;
    assert_eq!(upstream.asked("/token").len(), 2);
    assert_eq!(upstream.asked("/crm").len(), 12);
    upstream.take("Bearer nobody-has-this");
    let (status, body) = world.call(&root, Method::POST, &path, json!({})).await;
    assert_eq!(status, 400, "{body}");
    assert_eq!(upstream.asked("/token").len(), 3);
    assert_eq!(upstream.asked("/crm").len(), 14, "once, and no more");
    // What the upstream repeats of the token is struck.
    let shown = body.to_string();
    assert!(
        shown.contains("[redacted]") && !shown.contains("token-of-login"),
        "{shown}"
    );

    // No template reads what the login has.
    *upstream.takes.lock().unwrap() = None;
    let path = execute_path(&world, &root, "Reads").await;
    world.done(&root, Method::POST, &path, json!({})).await;
    assert_eq!(upstream.asked("/crm/reads")[0].0, "/crm/reads?");
}

#[tokio::test]
async fn a_client_may_be_told_in_the_form_and_a_login_that_fails_says_so() {
    let (base, upstream) = Upstream::start().await;
    let text = |path: &str| {
        format!(
            r#"
type = "microsoft-dynamics-data-actions"
base_url = "{base}"
allowed_networks = ["127.0.0.1"]
[integration.login]
token_url = "{base}/{path}"
client_id = "app&co"
client_secret_env = "UPSTREAM_SECRET"
client_in = "body"
"#
        )
    };
    let files = [export(
        "Leads",
        "microsoft-dynamics-data-actions",
        "/api/data/v8.1/leads?${esc.dollar}top=1",
    )];
    let world = serve(&text("token"), &files).await.unwrap();
    let root = world.root().await;
    let path = execute_path(&world, &root, "Leads").await;
    world.done(&root, Method::POST, &path, json!({})).await;
    let (_, authorization, form) = upstream.asked("/token").remove(0);
    assert_eq!(authorization, None);
    let expected =
        "grant_type=client_credentials&client_id=app%26co&client_secret=upstream%2Bsecret+7";
    assert_eq!(form, expected);
    let (url, authorization, _) = upstream.asked("/api").remove(0);
    assert_eq!(url, "/api/data/v8.1/leads?$top=1");
    assert_eq!(authorization.as_deref(), Some("Bearer token-of-login-1"));

    // An endpoint that refuses or grants nothing: told as the login's trouble, and nothing of the call goes
    // out.
    let before = upstream.asked("/api").len();
    for (endpoint, part) in [("elsewhere", "access_token"), ("refuses", "invalid_client")] {
        let world = serve(&text(endpoint), &files).await.unwrap();
        let root = world.root().await;
        let path = execute_path(&world, &root, "Leads").await;
        let (status, body) = world.call(&root, Method::POST, &path, json!({})).await;
        let message = body["message"].as_str().unwrap();
        assert_eq!(status, 400, "{body}");
        assert!(message.starts_with("The login failed: "), "{body}");
        let told = body.to_string();
        assert!(told.contains(part) && !told.contains("secret"), "{body}");
    }
    assert_eq!(upstream.asked("/api").len(), before);

    // One that never answers is asked once for all calls that wait, not by each of them after the other.
    let world = serve(&text("drops"), &files).await.unwrap();
    let root = world.root().await;
    let path = execute_path(&world, &root, "Leads").await;
    let all = (0..10).map(|_| world.call(&root, Method::POST, &path, json!({})));
    for (status, body) in futures_util::future::join_all(all).await {
        assert_eq!(status, 502, "{body}");
    }
    assert_eq!(upstream.asked("/drops").len(), 1);
    assert_eq!(upstream.asked("/api").len(), before);
}

#[tokio::test]
async fn an_action_of_the_folder_logs_in() {
    let (base, upstream) = Upstream::start().await;
    upstream.take("Bearer token-of-login-1");
    let kind = "salesforce-datadip";
    let mut own = export("Own", kind, "/own");
    own["config"]["request"]["headers"] =
        json!({"authorization": "Session ${authResponse.access_token}"});
    let whole = export("Whole", kind, &format!("{base}/whole"));
    let other = export("Other", kind, &base.replace("127.0.0.1", "localhost"));
    let user = export("User", kind, &base.replace("http://", "http://x@"));
    let port = export("Port", kind, "http://127.0.0.1:1/x");
    let files = [
        export("Query", kind, QUERY),
        own,
        whole,
        other,
        user,
        port,
        custom_auth(kind, "/token"),
    ];
    let text = format!(
        r#"
type = "salesforce-datadip"
base_url = "{base}"
allowed_networks = ["127.0.0.1"]
[integration.credentials]
key = {{ env = "UPSTREAM_SECRET" }}
"#
    );
    let world = serve(&text, &files).await.unwrap();
    let root = world.root().await;
    let path = execute_path(&world, &root, "Query").await;
    world.done(&root, Method::POST, &path, json!({})).await;
    upstream.take("Bearer token-of-login-2");
    world.done(&root, Method::POST, &path, json!({})).await;
    let logins = upstream.asked("/token");
    assert_eq!(logins.len(), 2);
    assert_eq!(logins[0].2, "key=upstream+secret 7");
    assert_eq!(
        logins[1].1, None,
        "a login doesn't send what the last one gave"
    );

    // A header of an action's own is left alone, and a whole URL on that host is one of its.
    *upstream.takes.lock().unwrap() = None;
    let own = execute_path(&world, &root, "Own").await;
    world.done(&root, Method::POST, &own, json!({})).await;
    let session = Some("Session token-of-login-2".to_owned());
    assert_eq!(upstream.asked("/own")[0].1, session);
    let whole = execute_path(&world, &root, "Whole").await;
    world.done(&root, Method::POST, &whole, json!({})).await;
    assert_eq!(
        upstream.asked("/whole")[0].1.as_deref(),
        Some("Bearer token-of-login-2")
    );
    // No token goes to another host.
    let before = upstream.asked("/").len();
    for name in ["Other", "User", "Port"] {
        let path = execute_path(&world, &root, name).await;
        let (status, body) = world.call(&root, Method::POST, &path, json!({})).await;
        let message = body["message"].as_str().unwrap();
        assert_eq!(status, 400, "{name}: {body}");
        let told = message.contains("requestUrlTemplate") && message.contains(&base);
        assert!(
            told || message.contains("The call is not made"),
            "{name}: {body}"
        );
    }
    assert_eq!(upstream.asked("/").len(), before);
}

#[tokio::test]
async fn a_user_goes_with_each_call() {
    let (base, upstream) = Upstream::start().await;
    // Basic of kim@example.com/token:upstream+secret 7
    let basic = "Basic a2ltQGV4YW1wbGUuY29tL3Rva2VuOnVwc3RyZWFtK3NlY3JldCA3";
    upstream.take(basic);
    let text = format!(
        r#"
type = "zendesk-data-actions"
base_url = "{base}"
allowed_networks = ["127.0.0.1"]
[integration.login]
user_name = "kim@example.com/token"
password_env = "UPSTREAM_SECRET"
"#
    );
    let files = [export(
        "Ticket",
        "zendesk-data-actions",
        "/api/v2/tickets.json",
    )];
    let world = serve(&text, &files).await.unwrap();
    let root = world.root().await;
    let path = execute_path(&world, &root, "Ticket").await;
    let output = world.done(&root, Method::POST, &path, json!({})).await;
    assert_eq!(output, json!({"name": "Kim"}));
    upstream.take("Basic of-somebody-else");
    let (status, body) = world.call(&root, Method::POST, &path, json!({})).await;
    assert_eq!(status, 400, "{body}");
    assert_eq!(
        upstream.asked("/").len(),
        2,
        "there is no login to be made again"
    );
    let shown = body.to_string();
    assert!(
        shown.contains("[redacted]") && !shown.contains("a2ltQ"),
        "{shown}"
    );
}

#[tokio::test]
async fn what_cannot_be_served_keeps_the_service_from_starting() {
    let (base, _) = Upstream::start().await;
    let kind = "salesforce-datadip";
    let query = export("Query", kind, QUERY);
    let local = format!("type = \"{kind}\"\nbase_url = \"{base}\"\n");
    let open = format!("{local}allowed_networks = [\"127.0.0.1\"]\n");
    let login = format!(
        "[integration.login]\ntoken_url = \"{base}/token\"\nclient_id = \"a\"\nclient_secret_env = \"S\"\n"
    );
    let far = login.replace(&base, "http://169.254.169.254");
    let mut lambda = query.clone();
    lambda["integrationType"] = json!("aws-lambda-data-actions");
    let mut unheard_of = query.clone();
    unheard_of["integrationType"] = json!("snow-actions");
    for (text, files, parts) in [
        (
            local.clone(),
            vec![query.clone()],
            ["[1].base_url: ", "add 127.0.0.1 to allowed_networks"],
        ),
        (
            format!("{open}allowed_hosts = [\"crm.example.com\"]\n"),
            vec![query.clone()],
            ["[1].base_url: ", "add 127.0.0.1 to allowed_hosts"],
        ),
        (
            format!("{open}{far}"),
            vec![query.clone()],
            ["login.token_url: ", "add 169.254.169.254 to"],
        ),
        (
            format!("{open}{login}"),
            vec![query.clone(), custom_auth(kind, "/token")],
            ["1.json is its login already", "remove one of the two"],
        ),
        (
            open.clone(),
            vec![query.clone(), lambda],
            ["1.json: integrationType", "function URL"],
        ),
        (
            open.clone(),
            vec![query.clone(), unheard_of],
            [
                "1.json: integrationType",
                "no integration type that is known here",
            ],
        ),
    ] {
        let why = serve(&text, &files)
            .await
            .err()
            .unwrap_or_else(|| panic!("{text}"));
        for part in parts {
            assert!(why.contains(part), "{part}: {why}");
        }
    }
}

#[tokio::test]
async fn an_action_whose_calls_all_fail_is_told_of_and_served() {
    let folder = tempfile::tempdir().unwrap();
    let file = export(
        "Door",
        "custom-rest-actions",
        "/api/v1/door?${input.rawRequest}",
    );
    std::fs::write(folder.path().join("door.json"), file.to_string()).unwrap();
    let text = r#"
[[caller]]
client_id = "root"
client_secret_env = "SECRET"
[[integration]]
name = "Web"
type = "custom-rest-actions"
actions = { folder = "." }
"#;
    let source = Source {
        file: "test.toml",
        folder: folder.path(),
        env: &|_| Some(SECRET.to_owned()),
        files: &tollgate_files::Disk,
    };
    let config = Config::parse(text, &source).unwrap();
    let definitions = tollgate_service::Definitions::load(&config).unwrap();
    let [warning] = &definitions.warnings()[..] else {
        panic!("{:?}", definitions.warnings());
    };
    for part in [
        "Web",
        "Door",
        "requestUrlTemplate",
        "must be whole",
        "salesforce-datadip",
    ] {
        assert!(warning.contains(part), "{part}: {warning}");
    }
}

#[tokio::test]
async fn the_api_makes_them_as_it_makes_others() {
    let (base, upstream) = Upstream::start().await;
    let world = World::start().await;
    let root = world.root().await;
    let integrations = "/api/v2/integrations";
    let types = world
        .done(
            &root,
            Method::GET,
            "/api/v2/integrations/types",
            Value::Null,
        )
        .await;
    let ids: Vec<_> = types["entities"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["nonInstallable"] == false)
        .map(|it| it["id"].clone())
        .collect();
    let served = [
        "custom-rest-actions",
        "microsoft-dynamics-data-actions",
        "purecloud-data-actions",
        "salesforce-datadip",
        "zendesk-data-actions",
    ];
    assert_eq!(ids, served);
    let schema = "/api/v2/integrations/types/salesforce-datadip/configschemas/properties";
    let schema = world.done(&root, Method::GET, schema, Value::Null).await;
    assert_eq!(schema["required"], json!(["baseUrl"]));
    let desk = "/api/v2/integrations/types/zendesk-data-actions";
    let desk = world.done(&root, Method::GET, desk, Value::Null).await;
    let places = desk["credentials"].as_object().unwrap().keys();
    let expected = [
        "basicAuth",
        "userDefined",
        "userDefinedOAuth",
        "zendeskApiToken",
    ];
    assert_eq!(places.collect::<Vec<_>>(), expected);
    for (id, part) in [
        ("aws-lambda-data-actions", "function URL"),
        ("function-data-actions", "HTTPS address"),
        ("google-data-actions", "custom-rest-actions"),
        ("webhook", "is no integration type that is known here"),
    ] {
        let new = json!({"name": id, "integrationType": {"id": id}});
        let made = world.done(&root, Method::POST, integrations, new).await;
        let state = &made["reportedState"];
        assert_eq!(state["code"], "INACTIVE", "{made}");
        let why = state["detail"]["message"].as_str().unwrap();
        assert!(
            why.contains("can't be served") && why.contains(part),
            "{why}"
        );
    }

    let new = json!({"name": "CRM", "integrationType": {"id": "salesforce-datadip"}, "intendedState": "ENABLED"});
    let made = world.done(&root, Method::POST, integrations, new).await;
    let id = made["id"].as_str().unwrap();
    let why = made["reportedState"]["detail"]["message"].as_str().unwrap();
    assert!(why.contains("baseUrl is missing"), "{made}");
    let credential = async |kind: &str, fields: Value| {
        let new = json!({"name": "c", "type": {"name": kind}, "credentialFields": fields});
        let path = "/api/v2/integrations/credentials";
        world.done(&root, Method::POST, path, new).await["id"].clone()
    };
    let path = format!("{integrations}/{id}");
    let mut version = 0;
    let mut configure = async |properties: Value, credential: &Value| {
        version += 1;
        // The place is called as the vendor calls it; what the credential is says its type.
        let config = json!({
            "version": version, "properties": properties, "credentials": {"salesforceUser": {"id": credential}},
        });
        let config_path = format!("{path}/config/current");
        world.done(&root, Method::PUT, &config_path, config).await;
        world.done(&root, Method::GET, &path, Value::Null).await["reportedState"].clone()
    };
    let fields = json!({"loginUrl": format!("{base}/token"), "clientId": "app", "clientSecret": "upstream-secret"});
    let oauth = credential("userDefinedOAuth", fields).await;
    let closed = configure(json!({"baseUrl": base}), &oauth).await;
    let why = closed["detail"]["message"].as_str().unwrap();
    assert!(
        why.contains("127.0.0.1"),
        "a private address is not opened by being written: {closed}"
    );
    let open = json!({"baseUrl": base, "allowedNetworks": ["127.0.0.1"]});
    let state = configure(open.clone(), &oauth).await;
    assert_eq!(state["code"], "ACTIVE", "{state}");

    let mut new = export("Query", "salesforce-datadip", QUERY);
    new["integrationId"] = json!(id);
    let made = world.done(&root, Method::POST, ACTIONS, new.clone()).await;
    let execute = format!("{ACTIONS}/{}/execute", made["id"].as_str().unwrap());
    upstream.take("Bearer token-of-login-1");
    for _ in 0..2 {
        let output = world.done(&root, Method::POST, &execute, json!({})).await;
        assert_eq!(output, json!({"name": "Kim"}));
    }
    upstream.take("Bearer token-of-login-2");
    world.done(&root, Method::POST, &execute, json!({})).await;
    assert_eq!(upstream.asked("/token").len(), 2);

    // Another credential, and the next call goes out with it.
    let user = json!({"userName": "kim", "password": "upstream-secret"});
    let user = credential("basicAuth", user).await;
    let state = configure(open, &user).await;
    assert_eq!(state["code"], "ACTIVE", "{state}");
    upstream.take("Basic a2ltOnVwc3RyZWFtLXNlY3JldA==");
    world.done(&root, Method::POST, &execute, json!({})).await;
    assert_eq!(upstream.asked("/token").len(), 2);

    new["name"] = json!("Lambda");
    new["integrationType"] = json!("aws-lambda-data-actions");
    let (status, body) = world.call(&root, Method::POST, ACTIONS, new).await;
    let message = body["message"].as_str().unwrap();
    assert_eq!(status, 400, "{body}");
    assert!(
        message.contains("expected salesforce-datadip") && message.contains("function URL"),
        "{body}"
    );
}

#[tokio::test]
async fn nothing_is_called_with_the_vendors_credential_of_one_type() {
    let world = World::start().await;
    let root = world.root().await;
    let (credentials, integrations) = ("/api/v2/integrations/credentials", "/api/v2/integrations");
    for (kind, of, part) in [
        (
            "salesforce",
            "salesforce-datadip",
            "salesforce-datadip logs in with userDefinedOAuth (the fields loginUrl",
        ),
        (
            "msDynamics",
            "microsoft-dynamics-data-actions",
            "or with basicAuth",
        ),
        (
            "unheardOf",
            "custom-rest-actions",
            "nothing is called with its credential of the type \"unheardOf\"",
        ),
        // Of a type that can't be served, this is what is told.
        (
            "amazonWebServicesARN",
            "aws-lambda-data-actions",
            "function URL",
        ),
        (
            "unheardOf",
            "sap-data-actions",
            "is no integration type that is known here",
        ),
    ] {
        let new = json!({"type": {"name": kind}, "credentialFields": {"a": "b"}});
        let credential = world.done(&root, Method::POST, credentials, new).await;
        assert_eq!(credential["type"]["name"], kind);
        let new = json!({"integrationType": {"id": of}, "intendedState": "ENABLED"});
        let made = world.done(&root, Method::POST, integrations, new).await;
        let path = format!("{integrations}/{}", made["id"].as_str().unwrap());
        let config = json!({
            "version": 1, "properties": {"baseUrl": "https://example.com"},
            "credentials": {kind: {"id": credential["id"]}},
        });
        world
            .done(
                &root,
                Method::PUT,
                &format!("{path}/config/current"),
                config,
            )
            .await;
        let shown = world.done(&root, Method::GET, &path, json!(null)).await;
        assert_eq!(shown["reportedState"]["code"], "ERROR", "{shown}");
        let why = shown["reportedState"]["detail"]["message"]
            .as_str()
            .unwrap();
        assert!(why.contains(part), "{why}");
        // One that is disabled says why it couldn't be called at all, and that alone.
        let change = json!({"intendedState": "DISABLED"});
        let shown = world.done(&root, Method::PATCH, &path, change).await;
        assert_eq!(shown["reportedState"]["code"], "INACTIVE", "{shown}");
        let is_served = !["aws-lambda-data-actions", "sap-data-actions"].contains(&of);
        assert_eq!(
            shown["reportedState"].get("detail").is_none(),
            is_served,
            "{shown}"
        );
        assert_eq!(shown["integrationType"]["nonInstallable"], !is_served);
        world.done(&root, Method::DELETE, &path, json!(null)).await;
    }
    // What is only a slip isn't taken for another type.
    for (path, new, meant) in [
        (
            credentials,
            json!({"type": {"name": "BasicAuth"}}),
            "did you mean \"basicAuth\"?",
        ),
        (
            integrations,
            json!({"integrationType": {"id": "custom-rest-action"}}),
            "did you mean \"custom-rest-actions\"?",
        ),
    ] {
        let (status, body) = world.call(&root, Method::POST, path, new).await;
        let message = body["message"].as_str().unwrap();
        assert!(status == 400 && message.contains(meant), "{body}");
    }
}

#[tokio::test]
async fn zendesks_credential_brings_its_address_and_its_login() {
    let (base, upstream) = Upstream::start().await;
    let world = World::start().await;
    let root = world.root().await;
    let fields =
        json!({"userEmail": "kim@example.com", "baseUrl": base, "apiToken": "upstream-secret"});
    let path = "/api/v2/integrations/credentials";
    for missing in ["userEmail", "baseUrl", "apiToken"] {
        let mut fields = fields.clone();
        fields[missing] = json!("");
        let new = json!({"type": {"name": "zendeskApiToken"}, "credentialFields": fields});
        let (status, body) = world.call(&root, Method::POST, path, new).await;
        assert_eq!(status, 400, "{body}");
    }
    let new = json!({"type": {"name": "zendeskApiToken"}, "credentialFields": fields});
    let credential = world.done(&root, Method::POST, path, new).await;
    let new = json!({
        "name": "Desk", "integrationType": {"id": "zendesk-data-actions"}, "intendedState": "ENABLED",
    });
    let made = world
        .done(&root, Method::POST, "/api/v2/integrations", new)
        .await;
    let id = made["id"].as_str().unwrap();
    let config = json!({
        "version": 1, "properties": {"allowedNetworks": ["127.0.0.1"]},
        "credentials": {"zendeskApiToken": {"id": credential["id"]}},
    });
    let config_path = format!("/api/v2/integrations/{id}/config/current");
    world.done(&root, Method::PUT, &config_path, config).await;
    let mut new = export("Ticket", "zendesk-data-actions", "/api/v2/tickets.json");
    new["integrationId"] = json!(id);
    let made = world.done(&root, Method::POST, ACTIONS, new).await;
    let execute = format!("{ACTIONS}/{}/execute", made["id"].as_str().unwrap());
    // Basic of kim@example.com/token:upstream-secret
    upstream.take("Basic a2ltQGV4YW1wbGUuY29tL3Rva2VuOnVwc3RyZWFtLXNlY3JldA==");
    let output = world.done(&root, Method::POST, &execute, json!({})).await;
    assert_eq!(output, json!({"name": "Kim"}));
    upstream.take("Basic of-somebody-else");
    let (_, body) = world.call(&root, Method::POST, &execute, json!({})).await;
    let shown = body.to_string();
    assert!(
        shown.contains("[redacted]") && !shown.contains("a2ltQ"),
        "{shown}"
    );
}
