//! Fetching an access token by OAuth 2.0 client credentials.

use crate::http::{Http, Loss};
use crate::{ClientCredentials, Request, Secret, facts};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Method;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::Deserialize;
use std::time::{Duration, SystemTime};
use tokio::time::Instant;
use tollgate_engine::FetchFailure;
use tollgate_secret::Redactor;

/// Longest answer read.
const MAX_BYTES: usize = 64 * 1024;
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
}

impl NoGrant {
    pub(crate) fn because(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            retry_after: None,
            failure: FetchFailure::Other,
        }
    }
}

/// Asks the client's endpoint for a token; takes no longer than `within`.
pub(crate) async fn fetch(
    http: &Http,
    client: &ClientCredentials,
    within: Duration,
) -> Result<Grant, NoGrant> {
    let fetched = tokio::time::timeout(within, ask(http, client, Instant::now() + within));
    fetched.await.unwrap_or_else(|_| {
        Err(NoGrant {
            failure: FetchFailure::Late,
            ..NoGrant::because(format!(
                "the token endpoint did not answer within {within:?}"
            ))
        })
    })
}

async fn ask(http: &Http, client: &ClientCredentials, give_up: Instant) -> Result<Grant, NoGrant> {
    let unreachable = |loss: Loss| NoGrant::because(loss.reason);
    let incoming = http.send(&request(client)?, give_up).await;
    let incoming = incoming.map_err(unreachable)?;
    let status = incoming.status();
    if !(200..300).contains(&status) {
        let retry_after = facts::retry_after(incoming.headers(), SystemTime::now());
        let mut reason = format!("the token endpoint answered {status}");
        let body = incoming.read(MAX_BYTES).await;
        let code = body.ok().and_then(|answer| error_code(&answer.body.ok()?));
        if let Some(code) = &code {
            reason.push_str(&format!(" {code}"));
        }
        let is_wrong = code.is_some_and(|code| are_wrong(status, &code));
        return Err(NoGrant {
            reason,
            retry_after,
            failure: if is_wrong {
                FetchFailure::Credentials
            } else {
                FetchFailure::Other
            },
        });
    }
    let answer = incoming.read(MAX_BYTES).await.map_err(unreachable)?;
    let body = answer.body.map_err(|error| {
        NoGrant::because(format!(
            "the token endpoint's answer can't be read: {error}"
        ))
    })?;
    parse(&body)
}

fn request(client: &ClientCredentials) -> Result<Request, NoGrant> {
    let pair = Secret::new(format!(
        "{}:{}",
        client.client_id,
        client.client_secret.expose()
    ));
    let basic = Secret::new(format!("Basic {}", STANDARD.encode(pair.expose())));
    let mut basic = HeaderValue::from_str(basic.expose())
        .map_err(|_| NoGrant::because("the credentials fit no header"))?;
    basic.set_sensitive(true);
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    Ok(Request {
        method: Method::POST,
        url: client.token_url.clone(),
        headers: HeaderMap::from_iter([(AUTHORIZATION, basic), (CONTENT_TYPE, form)]),
        body: Bytes::from_static(b"grant_type=client_credentials"),
    })
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
}

/// What OAuth calls the refusal, such as `invalid_client` (RFC 6749, 5.2). Nothing longer or else is
/// believed to be harmless.
fn error_code(body: &[u8]) -> Option<String> {
    let Refusal { error } = tollgate_json::read_bytes_as(body).ok()?;
    let word = error.len() <= 40 && error.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    word.then_some(error)
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
