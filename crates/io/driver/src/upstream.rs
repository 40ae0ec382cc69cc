//! One attempt over HTTP.

use crate::http::{Answer, Http, Loss};
use crate::pump::message::{Message, Report};
use crate::refusals::{self, Refused};
use crate::{Request, facts};
use http::header::{self, HeaderValue};
use std::time::SystemTime;
use tokio::time::Instant;
use tollgate_model::AttemptId;
use tollgate_upstream::CONNECTION_HEADERS;

/// Makes the attempt and reports its head and its end.
pub(crate) async fn attempt(
    http: Http,
    most: usize,
    attempt: AttemptId,
    (request, give_up): (Request, Instant),
    mut report: Report,
) {
    let end = match exchange(&http, most, attempt, (request, give_up), &mut report).await {
        Ok(answer) => Message::Done(attempt, answer),
        Err(Loss { kind, reason }) => Message::Lost(attempt, kind, reason),
    };
    report.set(end);
}

async fn exchange(
    http: &Http,
    most: usize,
    attempt: AttemptId,
    (request, give_up): (Request, Instant),
    report: &mut Report,
) -> Result<Answer, Loss> {
    let incoming = http.send(&request, give_up).await?;
    let (status, now) = (incoming.status(), SystemTime::now());
    let (mut facts, ignored) = facts::from_headers(incoming.headers(), now);
    let head = |facts| Message::Head {
        attempt,
        status,
        facts,
        ignored,
    };
    let refused = refusals::by_head(status, facts);
    facts.refused = refused == Refused::Yes;
    if refused != Refused::Perhaps {
        report.send(head(facts));
        return incoming.read(most).await;
    }
    let answer = incoming.read(most).await;
    if let Ok(Answer { body: Ok(body), .. }) = &answer {
        facts.refused = refusals::by_body(status, body);
    }
    report.send(head(facts));
    answer
}

/// A request as it is sent: with the token, and without what isn't its author's to say.
pub(crate) fn prepare(request: &Request, bearer: Option<HeaderValue>) -> Request {
    let mut prepared = request.clone();
    for name in CONNECTION_HEADERS {
        prepared.headers.remove(name);
    }
    if let Some(bearer) = bearer {
        prepared.headers.insert(header::AUTHORIZATION, bearer);
    }
    prepared
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderName, Method};

    #[test]
    fn no_header_of_the_connection_goes_out() {
        let mut headers = HeaderMap::new();
        for name in CONNECTION_HEADERS {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static("x"));
        }
        headers.insert("accept", HeaderValue::from_static("text/plain"));
        let request = Request {
            method: Method::GET,
            url: "http://h/".parse().unwrap(),
            headers,
            body: Default::default(),
        };
        let sent = prepare(&request, None).headers;
        assert_eq!(sent.len(), 1);
        assert!(sent.contains_key("accept"));
    }
}
