//! `/test` of an action and of a draft: each step with what an author debugs, and no secret.

use crate::world::{ACTIONS, World, action, loopback};
use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::routing::any;
use http::{HeaderMap, StatusCode};
use reqwest::Method;
use serde_json::{Value, json};

const KEY: &str = "p/q r\"s+KEYSECRET-and-more";
const TOKEN: &str = "tok-1-SECRETTOKEN/with+odd=letters";

/// Says back what it was sent, at `/echo`, and nothing of it at `/quiet`; gives tokens at `/login`; says no at
/// `/no`.
async fn upstream() -> String {
    let echo = |request: Request| async move {
        let uri = request.uri().to_string();
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        let key = parts
            .headers
            .get("x-key")
            .map(|it| it.to_str().unwrap().to_owned());
        let said = json!({
            "uri": uri, "key": key, "body": String::from_utf8_lossy(&body), "count": 3, "none": null,
            "long": "x".repeat(100_000),
        });
        let headers = [
            ("set-cookie", "session=abc"),
            ("x-seen", "yes"),
            ("content-type", "application/json"),
        ];
        (headers, said.to_string())
    };
    let login = |_: HeaderMap, _: Bytes| async {
        json!({"access_token": TOKEN, "expires_in": 3600, "pin": 9876}).to_string()
    };
    let no = || async {
        let headers = [("www-authenticate", "Bearer realm=\"shop\"")];
        (
            StatusCode::FORBIDDEN,
            headers,
            json!({"message": "not you"}).to_string(),
        )
    };
    let router = Router::new()
        .route("/echo", any(echo))
        .route(
            "/quiet",
            any(async || json!({"count": 3, "none": null}).to_string()),
        )
        .route("/login", any(login))
        .route("/no", any(no));
    crate::harness::upstream(router).await
}

struct Author {
    world: World,
    root: String,
    base: String,
    integration: String,
}

impl Author {
    async fn start() -> Self {
        let (base, world) = (upstream().await, World::start().await);
        let root = world.root().await;
        let fields = json!({"key": KEY, "pin": "77"});
        let integration = world
            .web_service(&root, "userDefined", fields, loopback())
            .await;
        Self {
            world,
            root,
            base,
            integration,
        }
    }

    fn action(&self, url: &str, headers: Value, body: &str) -> Value {
        let mut new = action(
            "a",
            &self.integration,
            &format!("{}{url}", self.base),
            headers,
        );
        new["config"]["request"]["requestType"] = json!("POST");
        new["config"]["request"]["requestTemplate"] = json!(body);
        new["config"]["response"] = json!({
            "translationMap": {"count": "$.count", "nobody": "$.nobody", "none": "$.none", "unused": "$.never"},
            "translationMapDefaults": {"nobody": "\"default\""},
            "successTemplate": "{\"count\": ${count}, \"who\": {\"name\": ${nobody}}, \"none\": ${none}}",
        });
        new["contract"]["input"]["inputSchema"] = json!({"type": "object"});
        new["contract"]["output"]["successSchema"] = json!({
            "type": "object", "properties": {
                "count": {"type": "integer"}, "none": {},
                "who": {"type": "object", "properties": {"name": {"type": "string"}}},
            },
        });
        new
    }

    /// Tests it as a draft and, once it is published, as an action: both tell the same.
    async fn test(&self, new: Value, inputs: Value) -> Told {
        let (world, root) = (&self.world, self.root.as_str());
        let draft = world
            .done(root, Method::POST, &format!("{ACTIONS}/drafts"), new)
            .await;
        let path = format!("{ACTIONS}/{}", draft["id"].as_str().unwrap());
        let of_draft = format!("{path}/draft/test?flatten=true");
        let of_draft = world
            .done(root, Method::POST, &of_draft, inputs.clone())
            .await;
        let seen = json!({"version": draft["version"]});
        world
            .done(root, Method::POST, &format!("{path}/draft/publish"), seen)
            .await;
        let told = format!("{path}/test?flatten=true");
        let told = world.done(root, Method::POST, &told, inputs).await;
        let names = |told: &Value| {
            let steps = told["operations"].as_array().unwrap().clone();
            steps
                .into_iter()
                .map(|it| (it["name"].clone(), it["success"].clone()))
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&told), names(&of_draft));
        world.done(root, Method::DELETE, &path, Value::Null).await;
        let text = told.to_string() + &of_draft.to_string();
        assert!(!text.to_lowercase().contains("keysecret"), "{text}");
        assert!(!text.contains("SECRETTOKEN"), "{text}");
        Told(told)
    }
}

struct Told(Value);

impl Told {
    fn step(&self, name: &str) -> &Value {
        let steps = self.0["operations"].as_array().unwrap();
        let found = steps.iter().find(|it| it["name"] == name);
        found.unwrap_or_else(|| panic!("no {name}: {}", self.0))
    }

    fn result(&self, name: &str) -> &Value {
        &self.step(name)["result"]
    }

    /// The name of the last step, which failed.
    fn failed(&self) -> &str {
        let last = self.0["operations"].as_array().unwrap().last().unwrap();
        assert_eq!(
            (&self.0["success"], &last["success"]),
            (&json!(false), &json!(false)),
            "{}",
            self.0
        );
        assert_eq!(self.0["error"], last["error"]);
        last["name"].as_str().unwrap()
    }
}

const URL: &str = "Resolve execution URL via template";
const HEADERS: &str = "Resolve execution headers via templates";
const BODY: &str = "Resolve execution body via template";
const SENT: &str = "Make request";
const PATHS: &str = "Apply translation map";
const TEMPLATE: &str = "Apply success template";
const READ: &str = "Read result as JSON";
const CONTRACT: &str = "Validate output against schema";

#[tokio::test]
async fn each_step_shows_what_was_made() {
    let author = Author::start().await;
    let headers = json!({
        "X-Key": "${credentials.key}", "X-Trace": "t-${input.id}", "Content-Type": "application/json",
    });
    let body = "{\"id\": \"${input.id}\", \"key\": \"$esc.jsonString(${credentials.key})\"}";
    let new = author.action(
        "/echo?id=${input.id}&k=$esc.url(${credentials.key})",
        headers,
        body,
    );
    let told = author.test(new, json!({"id": "7"})).await;
    let steps = told.0["operations"].as_array().unwrap();
    let names: Vec<_> = steps
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "Validate input against schema",
            URL,
            HEADERS,
            BODY,
            SENT,
            PATHS,
            TEMPLATE,
            READ,
            CONTRACT,
            "Flatten output",
        ]
    );
    let numbers: Vec<_> = steps
        .iter()
        .map(|it| it["step"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, (1..=10).collect::<Vec<_>>());
    let base = &author.base;
    assert_eq!(
        told.result("Validate input against schema"),
        &json!({"id": "7"})
    );
    assert_eq!(
        told.result(URL),
        &json!({"url": format!("{base}/echo?id=7&k=[redacted]")})
    );
    let headers =
        json!({"X-Key": "[redacted]", "X-Trace": "t-7", "Content-Type": "application/json"});
    assert_eq!(told.result(HEADERS), &json!({"headers": headers}));
    assert_eq!(
        told.result(BODY),
        &json!({"body": "{\"id\": \"7\", \"key\": \"[redacted]\"}"})
    );
    let sent = told.result(SENT);
    assert_eq!(sent["request"]["method"], "POST");
    assert_eq!(sent["request"]["headers"], headers);
    assert_eq!(sent["status"], 200);
    assert_eq!(
        (&sent["headers"]["x-seen"], &sent["headers"]["set-cookie"]),
        (&json!("yes"), &json!("[redacted]"))
    );
    let answered = sent["body"].as_str().unwrap();
    assert!(
        answered.contains("[redacted]") && answered.contains("\"count\":3"),
        "{answered}"
    );
    assert!(answered.contains("… [cut: "), "{}", answered.len());
    assert!(answered.chars().count() < 17_000);
    assert_eq!(
        told.result(PATHS),
        &json!({
            "count": {"path": "$.count", "value": 3},
            "nobody": {"path": "$.nobody", "default": "\"default\""},
            "none": {"path": "$.none", "value": null},
            "unused": {"path": "$.never", "nothing": told.result(PATHS)["unused"]["nothing"]},
        })
    );
    let printed = "{\"count\": 3, \"who\": {\"name\": \"default\"}, \"none\": null}";
    assert_eq!(told.result(TEMPLATE), printed);
    let output = json!({"count": 3, "who": {"name": "default"}, "none": null});
    assert_eq!(
        (told.result(READ), told.result(CONTRACT)),
        (&output, &output)
    );
    assert_eq!(
        told.0["finalResult"],
        json!({"count": 3, "who.name": "default", "none": null})
    );
    assert_eq!(told.result("Flatten output"), &told.0["finalResult"]);
}

#[tokio::test]
async fn the_step_that_fails_shows_how_far_it_came() {
    let author = Author::start().await;
    let fine = || author.action("/echo", json!({"X-A": "a"}), "{}");
    let change = |pointer: &str, value: Value| {
        let mut new = fine();
        *new.pointer_mut(pointer).unwrap() = value;
        new
    };
    let template = "/config/response/successTemplate";
    let cases = [
        (
            author.action("/echo?a=${input.no}", json!({}), "{}"),
            URL,
            json!({"url": format!("{}/echo?a=${{input.no}}", author.base)}),
        ),
        (
            author.action("/echo", json!({"X-A": "fine", "X-B": "a\nb"}), "{}"),
            HEADERS,
            json!({"headers": {"X-A": "fine", "X-B": "a\nb"}}),
        ),
        (
            author.action("/echo", json!({}), "$input.id.substring(99)"),
            BODY,
            json!({"body": null}),
        ),
        (
            change(template, json!("{\"a\": ${nothing}}")),
            TEMPLATE,
            Value::Null,
        ),
        (change(template, json!("{\"a\": oops}")), READ, Value::Null),
        (
            change(template, json!("{\"count\": \"text\"}")),
            CONTRACT,
            Value::Null,
        ),
    ];
    for (new, name, result) in cases {
        let told = author.test(new, json!({"id": "7"})).await;
        assert_eq!(told.failed(), name);
        assert_eq!(told.result(name), &result, "{name}");
        let error = &told.step(name)["error"];
        assert_eq!(error["details"][0]["errorCode"], "ACTION.PROCESSING");
        if name == CONTRACT {
            assert_eq!(
                told.result(READ),
                &json!({"count": "text"}),
                "before the contract"
            );
        }
        if name == READ {
            assert_eq!(told.result(TEMPLATE), "{\"a\": oops}");
        }
    }
    let told = author
        .test(author.action("/no", json!({}), "{}"), json!({}))
        .await;
    assert_eq!(told.failed(), SENT);
    let sent = told.result(SENT);
    assert_eq!(
        (&sent["status"], &sent["body"]),
        (&json!(403), &json!("{\"message\":\"not you\"}"))
    );
    assert_eq!(sent["headers"]["www-authenticate"], "Bearer realm=\"shop\"");
    assert_eq!(told.0["error"]["code"], "not.authorized");
}

fn without_port(shown: &str) -> String {
    let parts = shown.split("127.0.0.1:");
    parts
        .map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit()))
        .collect()
}

#[tokio::test]
async fn what_is_made_of_a_secret_is_not_shown_however_it_is_made() {
    let author = Author::start().await;
    for (url, body) in [
        (
            "/quiet?k=$esc.url($credentials.key.substring(8))",
            "$credentials.key.toLowerCase()",
        ),
        (
            "/quiet?k=$esc.url($credentials.key.replace('S', 'x').replace('x', 'S'))",
            "$encoding.base64($credentials.key.substring(10))",
        ),
        (
            "/quiet?k=$credentials.key.length()&p=$credentials.pin",
            "#foreach($i in [8..11])$credentials.key.substring($i).substring(0, 1)-#end",
        ),
        (
            "/quiet?k=#if($credentials.key.contains('KEY'))yes#end",
            "#set($k = $credentials.key)$k.indexOf('K')",
        ),
        ("/quiet", "$credentials.key.substring(25)"),
    ] {
        let told = author
            .test(author.action(url, json!({}), body), json!({}))
            .await;
        let (url, body) = (told.result(URL), told.result(BODY));
        // Any digits may be a port's.
        let shown = without_port(&(url.to_string() + &body.to_string()));
        for part in ["cret", "CRET", "77", "KEYS", "-and-", "yes", "k=25"] {
            assert!(!shown.contains(part), "{part}: {shown}");
        }
        let noted =
            url["note"].is_string() || body["note"].is_string() || shown.contains("[withheld");
        assert!(noted, "what is shown isn't what went out: {shown}");
    }
}

#[tokio::test]
async fn of_a_secure_action_nothing_is_shown_but_its_output() {
    let author = Author::start().await;
    let mut new = author.action(
        "/echo?id=${input.id}",
        json!({"X-Trace": "t-${input.id}"}),
        "{\"b\": \"${input.id}\"}",
    );
    new["secure"] = json!(true);
    let told = author.test(new, json!({"id": "private-input"})).await;
    assert_eq!(told.0["success"], true, "{}", told.0);
    let text = told.0.to_string();
    assert!(
        !text.contains("private-input")
            && !text.contains("set-cookie")
            && !text.contains("printed"),
        "{text}"
    );
    assert_eq!(told.result(SENT)["status"], 200);
    assert!(told.result(SENT)["bodyBytes"].as_u64().unwrap() > 100_000);
    assert_eq!(told.0["finalResult"]["count"], 3);
}

#[tokio::test]
async fn what_a_login_gave_is_not_shown() {
    let author = Author::start().await;
    let fields = json!({"loginUrl": format!("{}/login", author.base), "clientId": "me", "clientSecret": KEY});
    let (world, root) = (&author.world, author.root.as_str());
    let id = world
        .web_service(root, "userDefinedOAuth", fields, loopback())
        .await;
    let author = Author {
        integration: id,
        ..author
    };
    let headers = json!({"Authorization": "Bearer ${authResponse.access_token}"});
    let told = author
        .test(
            author.action("/quiet?p=${authResponse.pin}", headers, "{}"),
            json!({}),
        )
        .await;
    assert_eq!(told.0["success"], true, "{}", told.0);
    assert_eq!(told.step("Run the custom authentication")["step"], 2);
    assert_eq!(
        told.result(URL)["url"],
        format!("{}/quiet?p=[redacted]", author.base)
    );
    assert_eq!(
        told.result(HEADERS)["headers"]["Authorization"],
        "Bearer [redacted]"
    );
    assert!(!told.0.to_string().contains("9876"), "{}", told.0);
}
