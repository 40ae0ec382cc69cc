//! Fetching an access token by OAuth 2.0 client credentials.

use crate::clock::LeaveBy;
use crate::http::{Http, Incoming, Loss};
use crate::{ClientCredentials, Request, Secret, facts};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Method;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::Deserialize;
use std::time::{Duration, SystemTime};
use tollgate_engine::FetchFailure;
use tollgate_secret::Redactor;
use url::form_urlencoded;

/// Longest answer read.
const MAX_BYTES: usize = 64 * 1024;
/// Characters of the endpoint's own words that are shown.
const DESCRIPTION: usize = 200;
/// The vendor's longest token life; nothing longer is believed.
const LONGEST_LIFE: Duration = Duration::from_secs(172_800);
/// The vendor's shortest token life; taken where the answer names none.
const SHORTEST_LIFE: Duration = Duration::from_secs(300);

/// A token, ready to be sent, and to be struck out of what comes back.
#[derive(Clone, Debug)]
pub(crate) struct Bearer {
    /// The `Authorization` header, marked sensitive.
    pub(crate) header: HeaderValue,
    pub(crate) redactor: Redactor,
}

/// What a token endpoint gave.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) bearer: Bearer,
    /// Its life, from the answer on.
    pub(crate) expires_in: Duration,
}

/// No token.
#[derive(Debug)]
pub(crate) struct NoGrant {
    /// Why, without anything secret.
    pub(crate) reason: String,
    /// What the endpoint asked for.
    pub(crate) retry_after: Option<Duration>,
    pub(crate) failure: FetchFailure,
    /// What the endpoint answered, if it did.
    pub(crate) answer: Option<TokenAnswer>,
}

/// What a token endpoint answered instead of a token. Nothing in it is secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenAnswer {
    /// The HTTP status.
    pub status: u16,
    /// OAuth's word for it, such as `invalid_client`; none where the answer isn't OAuth's.
    pub error: Option<String>,
    /// The endpoint's own words, without the client's secret, at most 200 characters.
    pub description: Option<String>,
}

impl NoGrant {
    pub(crate) fn because(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            retry_after: None,
            failure: FetchFailure::Other,
            answer: None,
        }
    }
}

/// What a request for a token says beside which client asks.
#[derive(Clone, Default, Debug)]
pub struct TokenForm {
    /// What is asked for.
    pub scope: Option<String>,
    /// Whether the client is told in the form instead of a header.
    pub in_body: bool,
}

/// Asks the client's endpoint for a token; takes no longer than `within`.
pub(crate) async fn fetch(
    http: &Http,
    client: &ClientCredentials,
    form: &TokenForm,
    within: Duration,
) -> Result<Grant, NoGrant> {
    let asked = ask(http, (client, form), LeaveBy::within(within));
    let fetched = tokio::time::timeout(within, asked);
    fetched.await.unwrap_or_else(|_| {
        Err(NoGrant {
            failure: FetchFailure::Late,
            ..NoGrant::because(format!(
                "the token endpoint did not answer within {within:?}"
            ))
        })
    })
}

async fn ask(
    http: &Http,
    (client, form): (&ClientCredentials, &TokenForm),
    by: LeaveBy,
) -> Result<Grant, NoGrant> {
    let unreachable = |loss: Loss| NoGrant::because(loss.reason);
    let incoming = http.send(&request(client, form)?, by).await;
    let incoming = incoming.map_err(unreachable)?;
    let status = incoming.status();
    if !(200..300).contains(&status) {
        return Err(refused(incoming, client).await);
    }
    let answer = incoming.read(MAX_BYTES).await.map_err(unreachable)?;
    let body = answer.body.map_err(|error| {
        NoGrant::because(format!(
            "the token endpoint's answer can't be read: {error}"
        ))
    })?;
    parse(&body)
}

/// Id and secret as HTTP's Basic scheme has them.
fn basic(client: &ClientCredentials) -> Secret {
    let pair = Secret::new(format!(
        "{}:{}",
        client.client_id,
        client.client_secret.expose()
    ));
    Secret::new(STANDARD.encode(pair.expose()))
}

fn request(client: &ClientCredentials, form: &TokenForm) -> Result<Request, NoGrant> {
    let basic = Secret::new(format!("Basic {}", basic(client).expose()));
    let mut basic = HeaderValue::from_str(basic.expose())
        .map_err(|_| NoGrant::because("the credentials fit no header"))?;
    basic.set_sensitive(true);
    let is_form = HeaderValue::from_static("application/x-www-form-urlencoded");
    let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, is_form)]);
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.append_pair("grant_type", "client_credentials");
    if form.in_body {
        body.append_pair("client_id", &client.client_id);
        body.append_pair("client_secret", client.client_secret.expose());
    } else {
        headers.insert(AUTHORIZATION, basic);
    }
    if let Some(scope) = &form.scope {
        body.append_pair("scope", scope);
    }
    let body = Bytes::from(body.finish());
    let url = client.token_url.clone();
    Ok(Request::new(Method::POST, url, headers, body))
}

/// What is known of an answer that is no grant.
async fn refused(incoming: Incoming, client: &ClientCredentials) -> NoGrant {
    let status = incoming.status();
    let retry_after = facts::retry_after(incoming.headers(), SystemTime::now());
    let media_type = incoming.headers().get(CONTENT_TYPE);
    let is_page = media_type.is_some_and(|it| it.as_bytes().starts_with(b"text/html"));
    let body = incoming.read(MAX_BYTES).await;
    let body = body.ok().and_then(|answer| answer.body.ok());
    let answer = read_refusal(status, &body.unwrap_or_default(), client);
    let mut reason = format!("the token endpoint answered {status}");
    if let Some(error) = &answer.error {
        reason.push_str(&format!(" {error}"));
        if let Some(description) = &answer.description {
            reason.push_str(&format!(" ({description})"));
        }
    } else if is_page {
        reason.push_str(" with a web page, as no token endpoint does");
    }
    let is_wrong = answer.error.as_deref();
    let is_wrong = is_wrong.is_some_and(|code| are_wrong(status, code));
    NoGrant {
        reason,
        retry_after,
        failure: if is_wrong {
            FetchFailure::Credentials
        } else {
            FetchFailure::Other
        },
        answer: Some(answer),
    }
}

/// As RFC 6749, 5.2 has it. The vendor says `description` too.
#[derive(Deserialize)]
struct Refusal {
    error: String,
    error_description: Option<String>,
    description: Option<String>,
}

/// What OAuth calls the refusal, such as `invalid_client`: nothing longer or else is believed to be harmless. What the
/// endpoint says beside is shown without the client's secret, and without what only a terminal would understand.
fn read_refusal(status: u16, body: &[u8], client: &ClientCredentials) -> TokenAnswer {
    let refusal = tollgate_json::read_bytes_as::<Refusal>(body).ok();
    let refusal = refusal.filter(|Refusal { error, .. }| {
        error.len() <= 40 && error.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
    });
    let (mut error, mut description) = (None, None);
    if let Some(refusal) = refusal {
        error = Some(refusal.error);
        description = refusal.error_description.or(refusal.description);
    }
    let redactor = Redactor::new([&client.client_secret, &basic(client)], []);
    let shown = description.map(|text| {
        let plain: String = text.chars().filter(|c| !c.is_control()).collect();
        redactor.shown(plain.trim(), DESCRIPTION)
    });
    let says_more = |text: &String| !text.is_empty() && Some(text) != error.as_ref();
    TokenAnswer {
        status,
        description: shown.filter(says_more),
        error,
    }
}

/// Whether the answer says that the client's credentials are wrong, or that they may have no token.
fn are_wrong(status: u16, code: &str) -> bool {
    const CODES: [&str; 4] = [
        "invalid_client",
        "unauthorized_client",
        "invalid_grant",
        "access_denied",
    ];
    matches!(status, 400 | 401 | 403) && CODES.contains(&code)
}

#[derive(Deserialize)]
struct Body {
    access_token: String,
    token_type: Option<String>,
    expires_in: Option<u64>,
}

fn parse(body: &[u8]) -> Result<Grant, NoGrant> {
    // The parser's message could quote the token.
    let body: Body = tollgate_json::read_bytes_as(body)
        .map_err(|_| NoGrant::because("the token endpoint's answer has no access_token"))?;
    let token = Secret::new(body.access_token);
    let bearer_type = body.token_type.as_deref().unwrap_or("bearer");
    if !bearer_type.eq_ignore_ascii_case("bearer") {
        return Err(NoGrant::because(
            "the token endpoint gave a token that is not of type bearer",
        ));
    }
    let life = body.expires_in.map_or(SHORTEST_LIFE, Duration::from_secs);
    if life.is_zero() {
        return Err(NoGrant::because("the token endpoint gave an expired token"));
    }
    let header = Secret::new(format!("Bearer {}", token.expose()));
    let redactor = Redactor::new([&token], []);
    let mut bearer = HeaderValue::from_str(header.expose()).map_err(|_| {
        NoGrant::because("the token endpoint gave a token that no header can carry")
    })?;
    bearer.set_sensitive(true);
    Ok(Grant {
        bearer: Bearer {
            header: bearer,
            redactor,
        },
        expires_in: life.min(LONGEST_LIFE),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_as_the_vendor_sends_it() {
        let grant =
            parse(br#"{"access_token":"t0","token_type":"bearer","expires_in":86399}"#).unwrap();
        assert_eq!(grant.bearer.header.to_str().unwrap(), "Bearer t0");
        assert_eq!(grant.expires_in, Duration::from_secs(86399));
        assert!(
            !format!("{grant:?}").contains("t0"),
            "a token is never shown"
        );
    }

    #[test]
    fn missing_and_absurd_lives_are_bounded() {
        let life = |text: &str| parse(text.as_bytes()).map(|grant| grant.expires_in.as_secs());
        assert_eq!(life(r#"{"access_token":"t"}"#).unwrap(), 300);
        assert_eq!(
            life(r#"{"access_token":"t","expires_in":99999999}"#).unwrap(),
            172_800
        );
        assert!(life(r#"{"access_token":"t","expires_in":0}"#).is_err());
    }

    #[test]
    fn a_refusal_is_shown_in_the_endpoints_words_and_without_secrets() {
        let client = ClientCredentials {
            token_url: "https://login.example.com/oauth/token".parse().unwrap(),
            client_id: "id".to_owned(),
            client_secret: Secret::new("correct-horse-battery".to_owned()),
        };
        let read = |body: &str| {
            let answer = read_refusal(401, body.as_bytes(), &client);
            (answer.error, answer.description)
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            read(r#"{"error":"invalid_client","description":"client not found\u001b[31m"}"#),
            (text("invalid_client"), text("client not found[31m"))
        );
        for echoed in ["correct-horse-battery", "aWQ6Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5"] {
            let body =
                format!(r#"{{"error":"invalid_client","error_description":"not {echoed}"}}"#);
            let (_, description) = read(&body);
            assert!(
                !description.clone().unwrap().contains(echoed),
                "{description:?}"
            );
        }
        for other in [
            "<html>",
            r#"{"error":{"code":1}}"#,
            r#"{"error":"Wrong Secret!"}"#,
            "",
        ] {
            assert_eq!(read(other), (None, None), "{other}");
        }
    }

    #[test]
    fn what_is_no_grant_is_refused_without_quoting_it() {
        for body in [
            r#"{"access_token":"hunter2","token_type":"mac"}"#,
            r#"{"access_token":"hunter2\n"}"#,
            r#"{"access_token":"hunter2","expires_in":"hunter2"}"#,
            r#"{"token":"hunter2"}"#,
            "hunter2",
        ] {
            let refused = parse(body.as_bytes()).unwrap_err();
            assert!(!refused.reason.contains("hunter2"), "{refused:?}");
        }
    }
}
