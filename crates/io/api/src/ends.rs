//! How calls end: one table, from which the answers and their documentation are made.
//!
//! **Two words for each cause.** `code` is the platform's word for the status, since programs that were written
//! against the platform compare it; `messageParams.tollgateCode` is our own, which tells more causes apart.
//! Where the platform is known to have no word, `code` is our own as well.
//!
//! **What is known of the platform** stands in each row: *documented* where the vendor's pages or its API
//! description say so, *observed* where an answer of its service was published, *ours* where we chose. Sources:
//! the help pages "Data action returns a 400 error" and "Data action fails during testing" (their `errorCode`
//! `BAD_REQUEST` is today's `bad.request`), the error codes of the API description, and published answers.
//!
//! **Where we differ.** A 500 of ours is a fault of the program, a 503 of a call that was not carried out, which
//! load balancers rely on (`docs/operations.md`), and a 401 is about the caller's own token, which SDKs then
//! drop. So an upstream's 5xx and 401 keep neither status: see [`Cause::of_upstream`].

use http::StatusCode;
use tollgate_execution::Cause;

/// What is known of what the platform answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Evidence {
    /// The vendor says so.
    Documented,
    /// An answer of its service was published.
    Observed,
    /// Nobody says; we chose.
    Ours,
}

/// The `errorCode` of an answer's detail: in which part of an action the cause lies.
const PROCESSING: &str = "ACTION.PROCESSING";
const ENDPOINT: &str = "ACTION.REMOTE_ENDPOINT";
const AUTHENTICATION: &str = "ACTION.AUTHENTICATION";

/// The code of a 429 without `Retry-After`, and of one with it.
const TOO_MANY: &str = "too.many.requests";
pub(crate) const RETRY_AFTER: &str = "too.many.requests.retry.after";

/// One row of the table.
struct Row {
    cause: Cause,
    /// 0: the upstream's own.
    status: u16,
    /// Empty: the platform's word for the upstream's status.
    code: &'static str,
    /// Empty: the answer has no details.
    detail: &'static str,
    /// Empty: the end isn't of calls alone, so it isn't documented among theirs, and there is no word of our own beside
    /// `code`.
    happened: &'static str,
    todo: &'static str,
    known: Evidence,
    source: &'static str,
}

#[rustfmt::skip]
const TABLE: [Row; 30] = [
    Row { cause: Cause::Input, status: 400, code: "bad.request", detail: PROCESSING,
        happened: "the inputs break the contract; `errors` lists each breach", todo: "correct the inputs",
        known: Evidence::Ours, source: "as for a mapping" },
    Row { cause: Cause::Request, status: 400, code: "bad.request", detail: PROCESSING,
        happened: "no request can be made of the inputs", todo: "correct the inputs or the template",
        known: Evidence::Ours, source: "as for a mapping" },
    Row { cause: Cause::Mapping, status: 400, code: "bad.request", detail: PROCESSING,
        happened: "the answer can't be mapped, or the output breaks the contract (`errors` lists each breach)",
        todo: "correct the action's mapping",
        known: Evidence::Observed, source: "answers to a success template with an unset variable" },
    Row { cause: Cause::Workflow, status: 400, code: "bad.request", detail: PROCESSING,
        happened: "the workflow that a composite runs failed: a step did and nothing handled it, or the run reached a \
                   bound; the message has the place",
        todo: "look at the workflow", known: Evidence::Ours, source: "as for a mapping" },
    Row { cause: Cause::Body, status: 400, code: "bad.request", detail: ENDPOINT,
        happened: "the answer's body can't be read: no JSON, longer than `max_response_bytes`, not what its \
                   `Content-Encoding` or charset says, or in one that isn't known",
        todo: "look at the upstream",
        known: Evidence::Documented, source: "\"Data action returns a 400 error\"" },
    Row { cause: Cause::UpstreamRefused, status: 0, code: "", detail: ENDPOINT,
        happened: "the upstream answered 4xx, which is passed on; `messageParams` has `upstreamStatus` and, unless \
                   the action is secure, the start of `upstreamBody`",
        todo: "as the upstream says",
        known: Evidence::Ours, source: "400 is documented" },
    Row { cause: Cause::UpstreamUnauthorized, status: 400, code: "invalid.credentials",
        detail: AUTHENTICATION,
        happened: "the upstream answered 401 or 407; `messageParams` as above",
        todo: "look at the integration's credentials",
        known: Evidence::Ours, source: "as for a login" },
    Row { cause: Cause::UpstreamFailed, status: 502, code: "upstream.error", detail: ENDPOINT,
        happened: "the upstream answered 5xx or a redirect; `messageParams` as above", todo: "as the upstream says",
        known: Evidence::Ours, source: "500 is observed, of a function that failed" },
    Row { cause: Cause::Login, status: 400, code: "invalid.credentials", detail: AUTHENTICATION,
        happened: "the integration's custom authentication was refused, or gave nothing that can be used",
        todo: "look at the integration's credentials",
        known: Evidence::Documented, source: "\"Data action fails during testing\"" },
    Row { cause: Cause::Unreachable, status: 502, code: "upstream.unreachable",
        detail: ENDPOINT,
        happened: "no connection", todo: "look at the upstream", known: Evidence::Ours, source: "" },
    Row { cause: Cause::NoAnswer, status: 502, code: "upstream.no.answer", detail: ENDPOINT,
        happened: "sent, but no whole answer (it may have been carried out)", todo: "look at the upstream",
        known: Evidence::Ours, source: "" },
    Row { cause: Cause::Address, status: 400, code: "address.not.allowed",
        detail: PROCESSING,
        happened: "the call would go where the integration doesn't allow", todo: "see its `allowedHosts` and the like",
        known: Evidence::Ours, source: "" },
    Row { cause: Cause::NotActive, status: 409, code: "integration.not.active",
        detail: "",
        happened: "the integration is disabled or incomplete", todo: "the message says what is missing",
        known: Evidence::Ours, source: "" },
    Row { cause: Cause::NotUsable, status: 409, code: "action.not.usable", detail: "",
        happened: "the stored action can't be compiled", todo: "the message says why",
        known: Evidence::Ours, source: "" },
    Row { cause: Cause::Deadline, status: 429, code: TOO_MANY, detail: "",
        happened: "said at once: `messageParams` has the `limit` that binds and `earliestStartMillis`",
        todo: "a later deadline, a higher priority, or more quota",
        known: Evidence::Documented, source: "the body of a 429" },
    Row { cause: Cause::Closed, status: 429, code: TOO_MANY, detail: "",
        happened: "said at once: the upstream has answered 429, and the pause that it asked for ends behind the \
                   deadline, in `earliestStartMillis`",
        todo: "a later call; an administrator may end the pause (`DELETE /api/v2/tollgate/closings`)",
        known: Evidence::Documented, source: "the body of a 429" },
    Row { cause: Cause::QueueFull, status: 429, code: TOO_MANY, detail: "",
        happened: "no place in the queue", todo: "a higher priority, or more quota",
        known: Evidence::Documented, source: "the body of a 429" },
    Row { cause: Cause::Shed, status: 429, code: TOO_MANY, detail: "",
        happened: "a more important execution took its place in the queue", todo: "the same",
        known: Evidence::Documented, source: "the body of a 429" },
    Row { cause: Cause::Expired, status: 429, code: TOO_MANY, detail: "",
        happened: "it waited until its deadline", todo: "the same",
        known: Evidence::Documented, source: "the body of a 429" },
    Row { cause: Cause::Crowded, status: 429, code: TOO_MANY, detail: "",
        happened: "as many of the integration's calculations wait as may", todo: "a simpler action, or less input",
        known: Evidence::Documented, source: "the body of a 429" },
    Row { cause: Cause::RunsFull, status: 429, code: TOO_MANY, detail: "",
        happened: "as many workflows run as may: `max_workflow_runs`", todo: "call again later",
        known: Evidence::Documented, source: "the body of a 429" },
    Row { cause: Cause::NoToken, status: 503, code: "service.unavailable", detail: AUTHENTICATION,
        happened: "no access token can be had; the message has the client, the endpoint's host and its answer, \
                   `Retry-After` the next try. Said at once, once the last fetch for every client of the integration \
                   has failed and no token is left; tollgate goes on asking by itself, after pauses that double up to \
                   a minute",
        todo: "look at the client's credentials and at the endpoint",
        known: Evidence::Ours, source: "the code is documented" },
    Row { cause: Cause::LeaseEnded, status: 503, code: "service.unavailable", detail: "",
        happened: "this node's part of a limit that several nodes share has ended, or ends before the call could start, \
                   because the node can't reach the coordination store; the message has the part. Said at once",
        todo: "another node, or a later call; look at the coordination store",
        known: Evidence::Ours, source: "the code is documented" },
    Row { cause: Cause::Draining, status: 503, code: "service.unavailable", detail: "",
        happened: "the service is about to end", todo: "another node",
        known: Evidence::Ours, source: "the code is documented" },
    Row { cause: Cause::Overcrowded, status: 503, code: "service.unavailable", detail: "",
        happened: "too many calculations wait in all, or its turn didn't come in time", todo: "call again later",
        known: Evidence::Ours, source: "the code is documented" },
    Row { cause: Cause::Late, status: 504, code: "request.timeout", detail: ENDPOINT,
        happened: "no answer within the action's timeout", todo: "a longer `timeoutSeconds`",
        known: Evidence::Ours, source: "status and code are documented" },
    Row { cause: Cause::LongCalculation, status: 504, code: "request.timeout",
        detail: PROCESSING,
        happened: "templates, paths or contracts took longer than `calculation_time`", todo: "a simpler action",
        known: Evidence::Ours, source: "status and code are documented" },
    Row { cause: Cause::Unreadable, status: 400, code: "bad.request", detail: "",
        happened: "", todo: "", known: Evidence::Ours, source: "as for any request" },
    Row { cause: Cause::Unknown, status: 404, code: "not.found", detail: "",
        happened: "", todo: "", known: Evidence::Ours, source: "as for any request" },
    Row { cause: Cause::Fault, status: 500, code: "internal.server.error", detail: "",
        happened: "", todo: "", known: Evidence::Ours, source: "as for any request" },
];

impl Row {
    /// Our own word, where there is one.
    fn own(&self) -> Option<&'static str> {
        (!self.happened.is_empty()).then(|| self.cause.code())
    }
}

/// How an upstream's status is passed on: the platform's word for it.
const WORDS: [(u16, &str); 9] = [
    (403, "not.authorized"),
    (404, "not.found"),
    (405, "method.not.allowed"),
    (408, "client.timeout"),
    (409, "general.conflict"),
    (413, "request.entity.too.large"),
    (415, "unsupported.media.type"),
    (422, "unprocessable.entity"),
    (429, TOO_MANY),
];

/// How an end is answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct End {
    /// The answer's status.
    pub(crate) status: StatusCode,
    /// The answer's code.
    pub(crate) code: &'static str,
    /// Our own word, where there is one.
    pub(crate) own: Option<&'static str>,
    /// The `errorCode` of the answer's detail.
    pub(crate) detail: Option<&'static str>,
}

/// How a call is answered that ended so. `upstream` is the upstream's status, if it answered.
pub(crate) fn end(cause: Cause, upstream: Option<u16>) -> End {
    let row = row(cause);
    let present = |word: &'static str| Some(word).filter(|word| !word.is_empty());
    let (status, code) = match row.status {
        0 => passed_on(upstream.unwrap_or(400)),
        status => (StatusCode::from_u16(status).unwrap_or_default(), row.code),
    };
    End {
        status,
        code,
        own: row.own(),
        detail: present(row.detail),
    }
}

/// What has happened to calls of this reason, and what can be done about it; none where the table says nothing of it.
/// `upstream` is the upstream's status: causes that share a word are told apart by it, as far as it goes.
pub(crate) fn advice(reason: &str, upstream: Option<u16>) -> Option<(&'static str, &'static str)> {
    let of_upstream = upstream.map(Cause::of_upstream);
    let of_status = of_upstream.filter(|cause| cause.code() == reason).map(row);
    let first = || TABLE.iter().find(|row| row.cause.code() == reason);
    let row = of_status.or_else(first)?;
    (!row.happened.is_empty()).then_some((row.happened, plain(row, reason)))
}

/// What is to be done; "the same" refers to the row before.
fn plain(row: &Row, reason: &str) -> &'static str {
    match row.todo {
        "the same" => {
            let before = TABLE.iter().take_while(|it| it.cause.code() != reason);
            let before = before.filter(|it| it.todo != "the same");
            before.last().map_or(row.todo, |it| it.todo)
        }
        todo => todo,
    }
}

/// An upstream's status as we answer it, with the platform's word for it.
fn passed_on(status: u16) -> (StatusCode, &'static str) {
    let word = WORDS.iter().find(|(known, _)| *known == status);
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    (status, word.map_or("bad.request", |(_, word)| word))
}

fn row(cause: Cause) -> &'static Row {
    // The rows stand in the order of the causes.
    let row = &TABLE[cause as usize];
    debug_assert_eq!(row.cause, cause);
    row
}

/// The table as `docs/api.md` has it, in Markdown.
pub fn documented_ends() -> String {
    let mut text = String::from(
        "| status | `code` | `details[0].errorCode` | `tollgateCode` | what happened | what to do | the platform's? |\n\
         |---|---|---|---|---|---|---|\n\
         | 200 | | | | the mapped output | | *documented* |\n",
    );
    let word = |word: &str| {
        if word.is_empty() {
            String::new()
        } else {
            format!(" `{word}`")
        }
    };
    for (row, own) in TABLE.iter().filter_map(|row| Some((row, row.own()?))) {
        let Row {
            happened,
            todo,
            source,
            ..
        } = row;
        let (status, code) = match row.status {
            0 => ("4xx".to_owned(), " by the status".to_owned()),
            429 => ("429".to_owned(), format!(" `{RETRY_AFTER}`")),
            status => (status.to_string(), word(row.code)),
        };
        let known = match row.known {
            Evidence::Documented => "*documented*",
            Evidence::Observed => "*observed*",
            Evidence::Ours => "*ours*",
        };
        let source = if source.is_empty() {
            String::new()
        } else {
            format!(": {source}")
        };
        let detail = word(row.detail);
        text.push_str(&format!(
            "| {status} |{code} |{detail} | `{own}` | {happened} | {todo} | {known}{source} |\n"
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_has_its_row() {
        for (number, row) in TABLE.iter().enumerate() {
            assert_eq!(row.cause as usize, number, "{:?}", row.cause);
            let told = end(row.cause, None).status.as_u16();
            assert!((400..600).contains(&told), "{:?}", row.cause);
            assert!(
                row.code.is_empty()
                    || row.own() == Some(row.code)
                    || row.known != Evidence::Ours
                    || !row.source.is_empty()
            );
        }
    }

    #[test]
    fn each_reason_has_an_advice() {
        let (_, todo) = advice("expired", None).unwrap();
        assert_eq!(todo, "a higher priority, or more quota");
        let (happened, _) = advice("upstream.error", Some(401)).unwrap();
        assert!(happened.contains("401"), "{happened}");
        let (happened, _) = advice("upstream.error", Some(503)).unwrap();
        assert!(happened.contains("5xx"), "{happened}");
        assert_eq!(advice("not.found", None), None);
    }

    #[test]
    fn no_status_of_an_upstream_is_taken_for_one_of_ours() {
        for status in (300..600).chain([0, 100, 999]) {
            let cause = Cause::of_upstream(status);
            let end = end(cause, Some(status));
            let told = end.status;
            assert!(!end.code.is_empty());
            assert_eq!(end.own, Some("upstream.error"));
            assert!(
                ![401, 407, 503, 504].contains(&told.as_u16()),
                "{status}: {told}"
            );
            assert!(
                told.is_client_error() || told.is_server_error(),
                "{status}: {told}"
            );
        }
    }
}
