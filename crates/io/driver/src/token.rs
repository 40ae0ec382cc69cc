//! Fetching an access token by OAuth 2.0 client credentials.

use crate::{ClientCredentials, Secret, facts, upstream};
use http::header::{CONTENT_TYPE, HeaderValue};
use serde::Deserialize;
use std::time::{Duration, SystemTime};

/// Longest answer read.
const MAX_BYTES: usize = 64 * 1024;
/// The vendor's longest token life; nothing longer is believed.
const LONGEST_LIFE: Duration = Duration::from_secs(172_800);
/// The vendor's shortest token life; taken where the answer names none.
const SHORTEST_LIFE: Duration = Duration::from_secs(300);

/// A token, ready to be sent.
#[derive(Debug)]
pub(crate) struct Grant {
    /// The `Authorization` header, marked sensitive.
    pub(crate) bearer: HeaderValue,
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
}

impl NoGrant {
    pub(crate) fn because(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            retry_after: None,
        }
    }
}

/// Asks the client's endpoint for a token; takes no longer than `within`.
pub(crate) async fn fetch(
    http: &reqwest::Client,
    client: &ClientCredentials,
    within: Duration,
) -> Result<Grant, NoGrant> {
    let unreachable = |error| NoGrant::because(upstream::explain(error));
    let mut response = http
        .post(client.token_url.clone())
        .basic_auth(&client.client_id, Some(client.client_secret.expose()))
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body("grant_type=client_credentials")
        .timeout(within)
        .send()
        .await
        .map_err(unreachable)?;
    if !response.status().is_success() {
        return Err(NoGrant {
            reason: format!("the token endpoint answered {}", response.status().as_u16()),
            retry_after: facts::retry_after(response.headers(), SystemTime::now()),
        });
    }
    let body = upstream::read(&mut response, MAX_BYTES).await;
    parse(&body.map_err(|(_, reason)| NoGrant::because(reason))?)
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
    let mut bearer = HeaderValue::from_str(header.expose()).map_err(|_| {
        NoGrant::because("the token endpoint gave a token that no header can carry")
    })?;
    bearer.set_sensitive(true);
    Ok(Grant {
        bearer,
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
        assert_eq!(grant.bearer.to_str().unwrap(), "Bearer t0");
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
