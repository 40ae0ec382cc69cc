//! Upstreams that repeat what they were sent: no caller learns a secret by it.

use crate::world::{ACTIONS, World, action, loopback};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Request};
use axum::routing::any;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{HeaderMap, StatusCode};
use reqwest::Method;
use serde_json::{Value, json};

const TOKEN: &str = "tok-1-SECRETTOKEN/with+odd=letters\"&<>";
const PLAIN: &str = "pool-token-5f3a9c-SECRETTOKEN";

/// One spelling of a text.
fn spell(how: &str, text: &str) -> String {
    match how {
        "plain" => text.to_owned(),
        "json" => json!(text).to_string(),
        "twice" => json!(json!(text).to_string()).to_string(),
        "base64" => STANDARD.encode(text),
        "urlsafe" => URL_SAFE_NO_PAD.encode(text),
        "pair" => STANDARD.encode(format!("user:{text}")),
        "percent" => text.bytes().map(|it| format!("%{it:02x}")).collect(),
        "hex" => text.bytes().map(|it| format!("{it:02X}")).collect(),
        "html" => text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('"', "&#34;"),
        "upper" => text.to_uppercase(),
        "units" => text
            .encode_utf16()
            .map(|it| format!("\\u{it:04x}"))
            .collect(),
        other => panic!("no spelling {other}"),
    }
}

const SPELLINGS: [&str; 11] = [
    "plain", "json", "twice", "base64", "urlsafe", "pair", "percent", "hex", "html", "upper",
    "units",
];

/// Answers `/{status}/{spelling}/{shape}` with its `Authorization` and `X-Key`, spelled so; gives tokens.
async fn upstream() -> String {
    let echo = |Path((status, how, shape)): Path<(u16, String, String)>,
                headers: HeaderMap,
                _: Bytes| async move {
        let read = |name: &str| {
            let value = headers.get(name).map(|it| it.to_str().unwrap().to_owned());
            value.unwrap_or_default()
        };
        let bearer = read("authorization");
        let bearer = bearer.strip_prefix("Bearer ").unwrap_or(&bearer).to_owned();
        let (bearer, key) = (spell(&how, &bearer), spell(&how, &read("x-key")));
        let body = match shape.as_str() {
            "text" => format!("bad authorization {bearer}, bad key {key}"),
            "object" => json!({"seen": bearer, "key": {"was": [key]}}).to_string(),
            "name" => json!({bearer: 1, key: 2}).to_string(),
            "broken" => format!("{{\"a\": 1, {bearer}{key}"),
            "late" => format!("{}{bearer}", "x".repeat(990)),
            other => panic!("no shape {other}"),
        };
        (StatusCode::from_u16(status).unwrap(), body)
    };
    let token = |request: Request| async move {
        let which = if request.uri().path() == "/token" {
            TOKEN
        } else {
            PLAIN
        };
        json!({"access_token": which, "token_type": "bearer", "expires_in": 3600}).to_string()
    };
    let router = Router::new()
        .route("/token", any(token))
        .route("/pool", any(token))
        .route(
            "/broken-login",
            any(|| async { format!("{{\"access_token\": \"{TOKEN}\" oops") }),
        )
        .route("/{status}/{how}/{shape}", any(echo));
    crate::harness::upstream(router).await
}

/// Everything that could be made into the secret again, or is most of it.
fn holds(text: &str, secret: &str) -> bool {
    let plain = text.to_lowercase().replace('\\', "");
    let middle = &secret[4..18];
    let core = |text: &str| {
        [0, 1, 2].map(|before| {
            let padded = "x".repeat(before) + text;
            let encoded = STANDARD.encode(padded);
            encoded[4..encoded.len() - 6].to_owned()
        })
    };
    let hex = spell("hex", middle).to_lowercase();
    plain.contains(&middle.to_lowercase())
        || plain.contains(&hex)
        || plain.contains(&spell("percent", middle))
        || plain
            .replace('u', "")
            .contains(&spell("units", middle).replace("\\u", ""))
        || core(middle).iter().any(|it| {
            text.contains(it.as_str()) || text.contains(&it.replace('+', "-").replace('/', "_"))
        })
}

async fn all_ways(
    world: &World,
    root: &str,
    integration: &str,
    headers: &Value,
    base: &str,
    secrets: &[&str],
) {
    for how in SPELLINGS {
        for (status, shape) in [
            (400, "text"),
            (500, "object"),
            (401, "text"),
            (200, "object"),
            (200, "name"),
            (200, "broken"),
            (200, "text"),
            (400, "late"),
        ] {
            // A pool's token that is answered 401 is given up, and with it the upstream for a while.
            if status == 401 && base.is_empty() {
                continue;
            }
            let url = format!("{base}/{status}/{how}/{shape}");
            let mut new = action("a", integration, &url, headers.clone());
            new["config"]["response"] = match shape {
                "broken" => json!({"translationMap": {"x": "$.a"}, "successTemplate": "${x}"}),
                "text" => json!({"translationMap": {}, "successTemplate": "${rawResult}"}),
                _ => {
                    json!({"translationMap": {}, "successTemplate": "{\"all\": ${rawResult}, \"text\": \"$esc.jsonString(${rawResult})\"}"})
                }
            };
            new["contract"]["output"]["successSchema"] = match shape {
                "name" => {
                    json!({"type": "object", "properties": {"all": {"additionalProperties": {"type": "string"}}}})
                }
                _ => json!({}),
            };
            let made = world.done(root, Method::POST, ACTIONS, new).await;
            let path = format!("{ACTIONS}/{}", made["id"].as_str().unwrap());
            for what in ["execute", "test"] {
                let (_, answer) = world
                    .call(root, Method::POST, &format!("{path}/{what}"), json!({}))
                    .await;
                let text = answer.to_string();
                for secret in secrets {
                    assert!(
                        !holds(&text, secret),
                        "{what} {how} {status} {shape}: {text}"
                    );
                }
                assert!(
                    shape == "late" || text.contains("[redacted]"),
                    "{what} {how} {status} {shape}: {text}"
                );
            }
            world.done(root, Method::DELETE, &path, Value::Null).await;
        }
    }
}

#[tokio::test]
async fn credentials_and_what_a_login_gave_reach_nobody() {
    let base = upstream().await;
    let world = World::start().await;
    let root = world.root().await;
    let key = "p/q r\"s+KEYSECRET-and-more";
    let fields =
        json!({"loginUrl": format!("{base}/token"), "clientId": "me", "clientSecret": key});
    let id = world
        .web_service(&root, "userDefinedOAuth", fields, loopback())
        .await;
    let headers = json!({"Authorization": "Bearer ${authResponse.access_token}", "X-Key": "${credentials.clientSecret}"});
    all_ways(&world, &root, &id, &headers, &base, &[TOKEN, key]).await;

    // What is made of a secret is as secret where it goes out in a header that is for secrets.
    let headers = json!({"Authorization": "Bearer $credentials.clientSecret.substring(8)"});
    let new = action("b", &id, &format!("{base}/400/plain/text"), headers);
    let made = world.done(&root, Method::POST, ACTIONS, new).await;
    let path = format!("{ACTIONS}/{}/execute", made["id"].as_str().unwrap());
    let (_, answer) = world.call(&root, Method::POST, &path, json!({})).await;
    assert!(!answer.to_string().contains("KEYSECRET"), "{answer}");
}

#[tokio::test]
async fn a_token_of_the_pool_reaches_nobody() {
    let base = upstream().await;
    let world = World::start().await;
    let root = world.root().await;
    let id = world
        .platform(&root, "P", &base, &format!("{base}/pool"))
        .await;
    all_ways(&world, &root, &id, &json!({}), "", &[PLAIN]).await;
}

#[tokio::test]
async fn a_secure_action_shows_nothing_but_its_output() {
    let base = upstream().await;
    let world = World::start().await;
    let root = world.root().await;
    let id = world
        .web_service(
            &root,
            "userDefined",
            json!({"key": "K-123456-and-more"}),
            loopback(),
        )
        .await;
    for (path, success) in [
        ("200/plain/text", "{\"n\": ${rawResult.length()}}"),
        ("200/plain/text", "${rawResult}"),
        ("200/plain/broken", "${rawResult}"),
        ("400/plain/text", "${rawResult}"),
    ] {
        let mut new = action(
            "s",
            &id,
            &format!("{base}/{path}"),
            json!({"X-Key": "not secret at all"}),
        );
        new["secure"] = true.into();
        new["config"]["response"] = json!({"translationMap": {}, "successTemplate": success});
        new["contract"]["output"]["successSchema"] = json!({});
        let made = world.done(&root, Method::POST, ACTIONS, new).await;
        let path = format!("{ACTIONS}/{}", made["id"].as_str().unwrap());
        for what in ["execute", "test"] {
            let (_, answer) = world
                .call(&root, Method::POST, &format!("{path}/{what}"), json!({}))
                .await;
            assert!(!answer.to_string().contains("bad key"), "{what}: {answer}");
            assert!(
                !answer.to_string().contains("not secret"),
                "{what}: {answer}"
            );
        }
        world.done(&root, Method::DELETE, &path, Value::Null).await;
    }
}

#[tokio::test]
async fn a_login_that_fails_quotes_no_token() {
    let base = upstream().await;
    let world = World::start().await;
    let root = world.root().await;
    let fields = json!({"loginUrl": format!("{base}/broken-login"), "clientId": "me", "clientSecret": "CASECRET-999"});
    let id = world
        .web_service(&root, "userDefinedOAuth", fields, loopback())
        .await;
    let made = world
        .done(
            &root,
            Method::POST,
            ACTIONS,
            action("a", &id, &format!("{base}/200/plain/object"), json!({})),
        )
        .await;
    let path = format!("{ACTIONS}/{}", made["id"].as_str().unwrap());
    for what in ["execute", "test"] {
        let (_, answer) = world
            .call(&root, Method::POST, &format!("{path}/{what}"), json!({}))
            .await;
        let text = answer.to_string();
        assert!(text.contains("The custom authentication failed"), "{text}");
        assert!(!text.contains("SECRETTOK"), "{text}");
    }
}

#[tokio::test]
async fn an_output_without_a_secret_is_not_touched() {
    let base = upstream().await;
    let world = World::start().await;
    let root = world.root().await;
    let fields = json!({"userName": "somebody@example.com", "password": "pin4567"});
    let id = world
        .web_service(&root, "basicAuth", fields, loopback())
        .await;
    let mut new = action(
        "a",
        &id,
        &format!("{base}/200/plain/object"),
        json!({"X-Key": "somebody@example.com pin4567", "Authorization": "none"}),
    );
    new["config"]["response"] = json!({"translationMap": {}, "successTemplate": "${rawResult}"});
    new["contract"]["output"]["successSchema"] = json!({});
    let made = world.done(&root, Method::POST, ACTIONS, new).await;
    let path = format!("{ACTIONS}/{}/execute", made["id"].as_str().unwrap());
    let output = world.done(&root, Method::POST, &path, json!({})).await;
    assert_eq!(output["key"]["was"][0], "somebody@example.com pin4567");
}
