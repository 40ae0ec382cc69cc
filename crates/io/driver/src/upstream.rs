//! One attempt over HTTP.

use crate::call::AnswerAs;
use crate::clock::LeaveBy;
use crate::http::{Answer, Http, Incoming, Loss};
use crate::pump::message::{Head, Message, Report};
use crate::refusals::{self, Refused};
use crate::token::Bearer;
use crate::{Request, correlation, facts, pipe};
use bytes::Bytes;
use http::header;
use std::time::{Duration, SystemTime};
use tokio::time::timeout;
use tollgate_model::AttemptId;
use tollgate_upstream::CONNECTION_HEADERS;

/// How long an answer that is passed on is held until its first part has come. What breaks off by then is as if there
/// were no answer: it is told as an error, or followed by another attempt. The first part mostly comes with the
/// head. A stream that has nothing to say yet costs its caller this much, for its head alone.
const FIRST_PART: Duration = Duration::from_millis(100);

/// Makes the attempt and reports its head and its end.
pub(crate) async fn attempt(
    http: Http,
    most: usize,
    attempt: AttemptId,
    (request, by): (Request, LeaveBy),
    mut report: Report,
) {
    let end = match exchange(&http, most, attempt, (request, by), &mut report).await {
        Ok(answer) => Message::Done(attempt, answer),
        Err(Loss { kind, reason }) => Message::Lost(attempt, kind, reason),
    };
    report.set(end);
}

async fn exchange(
    http: &Http,
    most: usize,
    attempt: AttemptId,
    (request, by): (Request, LeaveBy),
    report: &mut Report,
) -> Result<Answer, Loss> {
    let incoming = http.send(&request, by).await?;
    let (status, now) = (incoming.status(), SystemTime::now());
    let (mut facts, ignored) = facts::from_headers(incoming.headers(), now);
    let progress = request.progress.as_ref();
    let named =
        progress.and_then(|_| correlation::of_answer(incoming.headers(), &request.redactor));
    let head = |facts| {
        let correlation = named;
        Message::Head(
            attempt,
            Head {
                status,
                facts,
                ignored,
                correlation,
            },
        )
    };
    let refused = refusals::by_head(status, facts);
    facts.refused = refused == Refused::Yes;
    match (request.answer_as, status) {
        // A switch of protocols, passed on, would make a tunnel of the caller's connection.
        (AnswerAs::Sent, ..200) => {
            let reason = format!("the server answered {status}, which nobody has asked for");
            return Err(Loss::no_answer(reason));
        }
        (AnswerAs::Sent, ..400) => {
            report.send(head(facts));
            return pass_on(incoming, attempt, report).await;
        }
        _ => {}
    }
    if refused != Refused::Perhaps {
        report.send(head(facts));
        return read(incoming, most, request.answer_as).await;
    }
    let answer = read(incoming, most, request.answer_as).await;
    if let Ok(answer) = &answer
        && let Ok(body) = answer.readable(most).await
    {
        facts.refused = refusals::by_body(status, &body);
    }
    report.send(head(facts));
    answer
}

async fn read(incoming: Incoming, most: usize, answer_as: AnswerAs) -> Result<Answer, Loss> {
    match answer_as {
        AnswerAs::Unpacked => incoming.read(most).await,
        AnswerAs::Sent => incoming.read_as_sent(most).await,
    }
}

/// Hands the body on while it comes, no faster than it is taken, once its first part is there or has been waited for.
/// The answer that this gives has no body: it has been handed on.
async fn pass_on(
    mut incoming: Incoming,
    attempt: AttemptId,
    report: &mut Report,
) -> Result<Answer, Loss> {
    let first = timeout(FIRST_PART, incoming.next()).await;
    let mut first = first.ok().transpose()?;
    let (parts, coming) = pipe::pipe();
    report.send(Message::Opened {
        attempt,
        status: incoming.status(),
        headers: incoming.headers().clone(),
        coming,
    });
    loop {
        let next = match first.take() {
            Some(first) => Ok(first),
            None => incoming.next().await,
        };
        match next {
            Ok(None) => break,
            Ok(Some(part)) => {
                if !parts.send(part).await {
                    return Err(Loss::no_answer("nobody reads the answer".to_owned()));
                }
            }
            Err(loss) => {
                parts.end(Err(loss.reason.clone()));
                return Err(loss);
            }
        }
    }
    let head = incoming.finish().await;
    parts.end(Ok(()));
    Ok(Answer::new(head, Ok(Bytes::new())))
}

/// A request as it is sent: with the token, and without what isn't its author's to say.
pub(crate) fn prepare(request: &Request, bearer: Option<Bearer>) -> Request {
    let mut prepared = request.clone();
    for name in CONNECTION_HEADERS {
        prepared.headers.remove(name);
    }
    if let Some(bearer) = bearer {
        prepared.redactor = prepared.redactor.and(&bearer.redactor);
        (prepared.headers).insert(header::AUTHORIZATION, bearer.header);
    }
    prepared
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RequestBody;
    use http::{HeaderMap, HeaderName, HeaderValue, Method};

    #[test]
    fn no_header_of_the_connection_goes_out() {
        let mut headers = HeaderMap::new();
        for name in CONNECTION_HEADERS {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static("x"));
        }
        headers.insert("accept", HeaderValue::from_static("text/plain"));
        let url = "http://h/".parse().unwrap();
        let request = Request::new(Method::GET, url, headers, RequestBody::default());
        let sent = prepare(&request, None).headers;
        assert_eq!(sent.len(), 1);
        assert!(sent.contains_key("accept"));
    }
}
