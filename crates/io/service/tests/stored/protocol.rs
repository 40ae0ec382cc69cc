//! What HTTP itself says: tags and conditions, types and packing of bodies, names of answers, paths and methods.

use crate::world::{ACTIONS, World, action};
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};

const INTEGRATIONS: &str = "/api/v2/integrations";

struct Protocol {
    world: World,
    root: String,
}

impl Protocol {
    async fn start() -> Self {
        let world = World::start().await;
        let root = world.root().await;
        Self { world, root }
    }

    fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("http://{}{path}", self.world.service.address());
        self.world.http.request(method, url).bearer_auth(&self.root)
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        with(self.ask(Method::GET, path), headers)
            .send()
            .await
            .unwrap()
    }

    async fn integration(&self, name: &str) -> Value {
        let new = json!({"name": name, "integrationType": {"id": "custom-rest-actions"}});
        self.world
            .done(&self.root, Method::POST, INTEGRATIONS, new)
            .await
    }
}

fn with(request: RequestBuilder, headers: &[(&str, &str)]) -> RequestBuilder {
    headers
        .iter()
        .fold(request, |it, (name, value)| it.header(*name, *value))
}

fn text(headers: &HeaderMap, name: &str) -> String {
    let value = headers.get(name).map(|value| value.to_str().unwrap());
    value.unwrap_or_default().to_owned()
}

async fn read(answer: Response) -> (u16, HeaderMap, Value) {
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let body = answer.bytes().await.unwrap();
    (
        status,
        headers,
        serde_json::from_slice(&body).unwrap_or_default(),
    )
}

#[tokio::test]
async fn who_has_an_answer_already_is_told_so() {
    let it = Protocol::start().await;
    let made = it.integration("One").await;
    let one = format!("{INTEGRATIONS}/{}", made["id"].as_str().unwrap());
    for path in [one.as_str(), INTEGRATIONS] {
        let (status, headers, _) = read(it.get(path, &[]).await).await;
        let tag = text(&headers, "etag");
        assert_eq!((status, tag.is_empty()), (200, false), "{path}");
        assert_eq!(text(&headers, "vary"), "accept-encoding");
        let weak = format!("W/{tag}");
        for has in [tag.as_str(), weak.as_str(), "*", &format!("\"x\", {tag}")] {
            let answer = it.get(path, &[("if-none-match", has)]).await;
            assert_eq!(answer.status(), 304, "{path} {has}");
            assert!(!text(answer.headers(), "inin-correlation-id").is_empty());
            assert_eq!(answer.bytes().await.unwrap().len(), 0);
        }
        let head = it.ask(Method::HEAD, path).header("if-none-match", &tag);
        assert_eq!(head.send().await.unwrap().status(), 304);
        let change = json!({"notes": format!("for {path}")});
        it.world.done(&it.root, Method::PATCH, &one, change).await;
        let (status, headers, _) = read(it.get(path, &[("if-none-match", &tag)]).await).await;
        assert_eq!(status, 200);
        assert_ne!(text(&headers, "etag"), tag);
    }
}

#[tokio::test]
async fn a_change_is_made_of_what_was_read_or_not_at_all() {
    let it = Protocol::start().await;
    let made = it.integration("One").await;
    let id = made["id"].as_str().unwrap();
    let one = format!("{INTEGRATIONS}/{id}");
    let new = action("A", id, "http://127.0.0.1/", json!({}));
    let action = it.world.done(&it.root, Method::POST, ACTIONS, new).await;
    let action = format!("{ACTIONS}/{}", action["id"].as_str().unwrap());
    let current = format!("{one}/config/current");
    let (clients, tables) = ("/api/v2/oauth/clients", "/api/v2/flows/datatables");
    let credentials = "/api/v2/integrations/credentials";
    let fields =
        json!({"name": "C", "type": {"name": "userDefined"}, "credentialFields": {"a": "b"}});
    let credential = it
        .world
        .done(&it.root, Method::POST, credentials, fields.clone())
        .await;
    let client = json!({
        "name": "C", "authorizedGrantType": "CLIENT-CREDENTIALS", "roleIds": ["execute"],
    });
    let made = it
        .world
        .done(&it.root, Method::POST, clients, client.clone())
        .await;
    let schema = json!({"type": "object", "properties": {"key": {"type": "string"}}});
    let table = json!({"name": "T", "schema": schema});
    let table_made = it
        .world
        .done(&it.root, Method::POST, tables, table.clone())
        .await;
    let below = |path: &str, made: &Value| format!("{path}/{}", made["id"].as_str().unwrap());
    // The version in a body is what is read now: the header alone is old.
    for (method, path, body) in [
        (
            Method::PATCH,
            action.clone(),
            json!({"name": "B", "version": 1}),
        ),
        (Method::PUT, current, json!({"name": "N", "version": 1})),
        (Method::PATCH, one.clone(), json!({"notes": "new"})),
        (Method::PUT, below(credentials, &credential), fields),
        (Method::PUT, below(clients, &made), client),
        (Method::PUT, below(tables, &table_made), table),
    ] {
        let (_, headers, _) = read(it.get(&path, &[]).await).await;
        let tag = text(&headers, "etag");
        let send = async |tag: &str, body: &Value| {
            let request = it.ask(method.clone(), &path).header("if-match", tag);
            read(request.json(body).send().await.unwrap()).await
        };
        let old = tag.replacen(|c: char| c.is_ascii_digit(), "9", 1);
        for wrong in [old.as_str(), "\"none\""] {
            let (status, _, error) = send(wrong, &body).await;
            assert_eq!(status, 412, "{path} {wrong}: {error}");
            assert_eq!(
                (&error["status"], &error["code"]),
                (&json!(412), &json!("version.conflict"))
            );
        }
        let (status, _, error) = send(&format!("{tag}, \"x\""), &body).await;
        assert_eq!(status, 400, "{error}");
        let same = it.get(&path, &[("if-none-match", &tag)]).await;
        assert_eq!(same.status(), 304, "{path}: nothing was changed");
        let (status, _, answer) = send(&tag, &body).await;
        assert_eq!(status, 200, "{path}: {answer}");
        let body = match body.get("version") {
            Some(_) => json!({"name": "B", "version": 2}),
            None => body,
        };
        let (status, ..) = send(&tag, &body).await;
        assert_eq!(status, 412, "{path}: it has been changed");
    }
    for path in [
        action,
        below(clients, &made),
        below(tables, &table_made),
        below(credentials, &credential),
        one,
    ] {
        let (_, headers, _) = read(it.get(&path, &[]).await).await;
        let delete = async |tag: &str| {
            let request = it.ask(Method::DELETE, &path).header("if-match", tag);
            request.send().await.unwrap().status()
        };
        assert_eq!(delete("\"1-x\"").await, 412, "{path}");
        assert_eq!(it.get(&path, &[]).await.status(), 200, "{path}");
        assert!(delete(&text(&headers, "etag")).await.is_success(), "{path}");
    }
    let renew = it.ask(Method::POST, "/api/v2/oauth/clients/x/secret");
    let (status, _, error) = read(renew.header("if-match", "*").send().await.unwrap()).await;
    assert_eq!(status, 400, "{error}");
    assert!(
        error["message"].as_str().unwrap().starts_with("If-Match: "),
        "{error}"
    );
}

#[tokio::test]
async fn bodies_are_what_their_operation_takes() {
    let it = Protocol::start().await;
    let new = |name: &str| {
        json!({"name": name, "integrationType": {"id": "custom-rest-actions"}}).to_string()
    };
    let post = async |headers: &[(&str, &str)], body: Vec<u8>| {
        let request = with(it.ask(Method::POST, INTEGRATIONS), headers);
        read(request.body(body).send().await.unwrap()).await
    };
    for (number, good) in [
        "application/json",
        "application/json; charset=UTF-8",
        "application/vnd.x+json",
        "Text/JSON",
        "",
    ]
    .into_iter()
    .enumerate()
    {
        let (status, _, answer) =
            post(&[("content-type", good)], new(&format!("G{number}")).into()).await;
        assert_eq!(status, 200, "{good}: {answer}");
    }
    assert_eq!(post(&[], new("none").into()).await.0, 200);
    for bad in [
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin1",
    ] {
        let (status, _, error) = post(&[("content-type", bad)], new("bad").into()).await;
        assert_eq!(
            (status, &error["code"]),
            (415, &json!("unsupported.media.type")),
            "{bad}"
        );
        assert!(error["contextId"].is_string());
    }
    assert_eq!(
        post(&[], format!("\u{feff}{}", new("marked")).into())
            .await
            .0,
        200
    );
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(new("packed").as_bytes()).unwrap();
    let packed = [
        ("content-type", "application/json"),
        ("content-encoding", "gzip"),
    ];
    assert_eq!(post(&packed, gzip.finish().unwrap()).await.0, 200);
    assert_eq!(post(&packed, b"no".to_vec()).await.0, 400);
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    bomb.write_all(&vec![b' '; 10_000_000]).unwrap();
    assert_eq!(post(&packed, bomb.finish().unwrap()).await.0, 413);
    let (status, headers, error) = post(&[("content-encoding", "br")], new("br").into()).await;
    assert_eq!(
        (status, text(&headers, "accept-encoding").as_str()),
        (415, "gzip, identity"),
        "{error}"
    );
    let login = format!("http://{}/oauth/token", it.world.service.address());
    let login = it
        .world
        .http
        .post(login)
        .header("content-type", "application/json");
    assert_eq!(login.body("{}").send().await.unwrap().status(), 415);
}

#[tokio::test]
async fn long_answers_are_packed_where_no_secret_can_be_guessed() {
    let it = Protocol::start().await;
    let takes = [("accept-encoding", "br;q=1, gzip;q=0.5")];
    let small = it.get(INTEGRATIONS, &takes).await;
    assert!(!small.headers().contains_key("content-encoding"));
    for number in 0..12 {
        it.integration(&format!("Number {number}")).await;
    }
    let plain = it.get(INTEGRATIONS, &[]).await;
    let plain_tag = text(plain.headers(), "etag");
    let whole = plain.bytes().await.unwrap();
    let packed = it.get(INTEGRATIONS, &takes).await;
    assert_eq!(text(packed.headers(), "content-encoding"), "gzip");
    let tag = text(packed.headers(), "etag");
    assert_eq!(tag, plain_tag.trim_end_matches('"').to_owned() + "-gzip\"");
    let bytes = packed.bytes().await.unwrap();
    assert!(
        bytes.len() * 2 < whole.len(),
        "{} of {}",
        bytes.len(),
        whole.len()
    );
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&*bytes)
        .read_to_end(&mut unpacked)
        .unwrap();
    assert_eq!(unpacked, whole);
    let again = it
        .get(INTEGRATIONS, &[takes[0], ("if-none-match", &tag)])
        .await;
    assert_eq!(
        (again.status().as_u16(), text(again.headers(), "etag")),
        (304, tag)
    );
    for refused in ["gzip;q=0", "identity", "br"] {
        let answer = it.get(INTEGRATIONS, &[("accept-encoding", refused)]).await;
        assert!(
            !answer.headers().contains_key("content-encoding"),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn paths_and_methods() {
    let it = Protocol::start().await;
    it.integration("One").await;
    let (_, with_slash, list) = read(it.get(&format!("{INTEGRATIONS}/?name=one"), &[]).await).await;
    assert_eq!(list["total"], 1);
    let length = text(&with_slash, "content-length");
    let head = it
        .ask(Method::HEAD, &format!("{INTEGRATIONS}?name=one"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (
            head.status().as_u16(),
            text(head.headers(), "content-length")
        ),
        (200, length)
    );
    let made = it.ask(Method::POST, "/api/v2/integrations/");
    let new = json!({"name": "Two", "integrationType": {"id": "custom-rest-actions"}});
    assert_eq!(made.json(&new).send().await.unwrap().status(), 200);
    let options = it.ask(Method::OPTIONS, INTEGRATIONS).send().await.unwrap();
    assert_eq!(
        (options.status().as_u16(), text(options.headers(), "allow")),
        (204, "GET,HEAD,POST".to_owned())
    );
    let wrong = it.ask(Method::PUT, INTEGRATIONS).send().await.unwrap();
    assert_eq!(
        (wrong.status().as_u16(), text(wrong.headers(), "allow")),
        (405, "GET,HEAD,POST".to_owned())
    );
    for word in ["True", "TRUE", "true"] {
        let answer = it.get(&format!("{ACTIONS}?secure={word}"), &[]).await;
        assert_eq!(answer.status(), 200, "{word}");
    }
    assert_eq!(
        it.get(&format!("{ACTIONS}?secure=1"), &[]).await.status(),
        400
    );
}

#[tokio::test]
async fn each_answer_has_a_name_of_its_own() {
    let it = Protocol::start().await;
    let mut names = Vec::new();
    for (path, status) in [
        (INTEGRATIONS, 200),
        ("/health", 200),
        ("/none", 404),
        ("/", 200),
        (ACTIONS, 200),
    ] {
        let (found, headers, body) =
            read(it.get(path, &[("inin-correlation-id", "mine")]).await).await;
        assert_eq!(found, status);
        let name = text(&headers, "inin-correlation-id");
        assert_eq!(name.len(), 36, "{path}");
        if let Some(context) = body["contextId"].as_str() {
            assert_eq!(context, name);
        }
        names.push(name);
    }
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 5);
}
