//! One attempt over HTTP.

use crate::http::{Answer, Http, Loss};
use crate::pump::message::{Message, Report};
use crate::refusals::{self, Refused};
use crate::{Request, facts};
use http::header::{self, HeaderName, HeaderValue};
use std::time::SystemTime;
use tokio::time::Instant;
use tollgate_model::AttemptId;

/// Framing and connection handling belong to the HTTP client, not to whoever wrote the request.
const NOT_THE_CALLERS: [HeaderName; 9] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::HOST,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
];

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
    for name in NOT_THE_CALLERS {
        prepared.headers.remove(name);
    }
    if let Some(bearer) = bearer {
        prepared.headers.insert(header::AUTHORIZATION, bearer);
    }
    prepared
}
