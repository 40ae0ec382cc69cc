//! How executions end: one table, from which the answers and their documentation are made.
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

/// Why an execution had no output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cause {
    Input,
    Request,
    Mapping,
    Body,
    UpstreamRefused,
    UpstreamUnauthorized,
    UpstreamFailed,
    Login,
    Unreachable,
    NoAnswer,
    Address,
    NotActive,
    NotUsable,
    Deadline,
    Closed,
    QueueFull,
    Shed,
    Expired,
    Crowded,
    NoToken,
    Draining,
    Overcrowded,
    Late,
    LongCalculation,
}

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
    /// Our own word.
    own: &'static str,
    /// 0: the upstream's own.
    status: u16,
    /// Empty: the platform's word for the upstream's status.
    code: &'static str,
    /// Empty: the answer has no details.
    detail: &'static str,
    happened: &'static str,
    todo: &'static str,
    known: Evidence,
    source: &'static str,
}

#[rustfmt::skip]
const TABLE: [Row; 24] = [
    Row { cause: Cause::Input, own: "action.input.invalid", status: 400, code: "bad.request", detail: PROCESSING,
        happened: "the inputs break the contract; `errors` lists each breach", todo: "correct the inputs",
        known: Evidence::Ours, source: "as for a mapping" },
    Row { cause: Cause::Request, own: "action.request.invalid", status: 400, code: "bad.request", detail: PROCESSING,
        happened: "no request can be made of the inputs", todo: "correct the inputs or the template",
        known: Evidence::Ours, source: "as for a mapping" },
    Row { cause: Cause::Mapping, own: "action.response.invalid", status: 400, code: "bad.request", detail: PROCESSING,
        happened: "the answer can't be mapped, or the output breaks the contract (`errors` lists each breach)",
        todo: "correct the action's mapping",
        known: Evidence::Observed, source: "answers to a success template with an unset variable" },
    Row { cause: Cause::Body, own: "action.response.invalid", status: 400, code: "bad.request", detail: ENDPOINT,
        happened: "the answer's body can't be read: no JSON, longer than `max_response_bytes`, not what its \
                   `Content-Encoding` or charset says, or in one that isn't known",
        todo: "look at the upstream",
        known: Evidence::Documented, source: "\"Data action returns a 400 error\"" },
    Row { cause: Cause::UpstreamRefused, own: "upstream.error", status: 0, code: "", detail: ENDPOINT,
        happened: "the upstream answered 4xx, which is passed on; `messageParams` has `upstreamStatus` and, unless \
                   the action is secure, the start of `upstreamBody`",
        todo: "as the upstream says",
        known: Evidence::Ours, source: "400 is documented" },
    Row { cause: Cause::UpstreamUnauthorized, own: "upstream.error", status: 400, code: "invalid.credentials",
        detail: AUTHENTICATION,
        happened: "the upstream answered 401 or 407; `messageParams` as above",
        todo: "look at the integration's credentials",
        known: Evidence::Ours, source: "as for a login" },
    Row { cause: Cause::UpstreamFailed, own: "upstream.error", status: 502, code: "upstream.error", detail: ENDPOINT,
        happened: "the upstream answered 5xx or a redirect; `messageParams` as above", todo: "as the upstream says",
        known: Evidence::Ours, source: "500 is observed, of a function that failed" },
    Row { cause: Cause::Login, own: "login.failed", status: 400, code: "invalid.credentials", detail: AUTHENTICATION,
        happened: "the integration's custom authentication was refused, or gave nothing that can be used",
        todo: "look at the integration's credentials",
        known: Evidence::Documented, source: "\"Data action fails during testing\"" },
    Row { cause: Cause::Unreachable, own: "upstream.unreachable", status: 502, code: "upstream.unreachable",
        detail: ENDPOINT,
        happened: "no connection", todo: "look at the upstream", known: Evidence::Ours, source: "" },
    Row { cause: Cause::NoAnswer, own: "upstream.no.answer", status: 502, code: "upstream.no.answer", detail: ENDPOINT,
        happened: "sent, but no whole answer (it may have been carried out)", todo: "look at the upstream",
        known: Evidence::Ours, source: "" },
    Row { cause: Cause::Address, own: "address.not.allowed", status: 400, code: "address.not.allowed",
        detail: PROCESSING,
        happened: "the call would go where the integration doesn't allow", todo: "see its `allowedHosts` and the like",
        known: Evidence::Ours, source: "" },
    Row { cause: Cause::NotActive, own: "integration.not.active", status: 409, code: "integration.not.active",
        detail: "",
        happened: "the integration is disabled or incomplete", todo: "the message says what is missing",
        known: Evidence::Ours, source: "" },
    Row { cause: Cause::NotUsable, own: "action.not.usable", status: 409, code: "action.not.usable", detail: "",
        happened: "the stored action can't be compiled", todo: "the message says why",
        known: Evidence::Ours, source: "" },
    Row { cause: Cause::Deadline, own: "deadline.cannot.be.met", status: 429, code: TOO_MANY, detail: "",
        happened: "said at once: `messageParams` has the `limit` that binds and `earliestStartMillis`",
        todo: "a later deadline, a higher priority, or more quota",
        known: Evidence::Documented, source: "the body of a 429" },
    Row { cause: Cause::Closed, own: "upstream.closed", status: 429, code: TOO_MANY, detail: "",
        happened: "said at once: the upstream has answered 429, and the pause that it asked for ends behind the \
                   deadline, in `earliestStartMillis`",
        todo: "a later call; an administrator may end the pause (`DELETE /api/v2/tollgate/closings`)",
        known: Evidence::Documented, source: "the body of a 429" },
    Row { cause: Cause::QueueFull, own: "queue.full", status: 429, code: TOO_MANY, detail: "",
        happened: "no place in the queue", todo: "a higher priority, or more quota",
        known: Evidence::Documented, source: "the body of a 429" },
    Row { cause: Cause::Shed, own: "shed", status: 429, code: TOO_MANY, detail: "",
        happened: "a more important execution took its place in the queue", todo: "the same",
        known: Evidence::Documented, source: "the body of a 429" },
    Row { cause: Cause::Expired, own: "expired", status: 429, code: TOO_MANY, detail: "",
        happened: "it waited until its deadline", todo: "the same",
        known: Evidence::Documented, source: "the body of a 429" },
    Row { cause: Cause::Crowded, own: "calculations.waiting", status: 429, code: TOO_MANY, detail: "",
        happened: "as many of the integration's calculations wait as may", todo: "a simpler action, or less input",
        known: Evidence::Documented, source: "the body of a 429" },
    Row { cause: Cause::NoToken, own: "no.token", status: 503, code: "service.unavailable", detail: AUTHENTICATION,
        happened: "no access token can be had; the message has the client, the endpoint's host and its answer, \
                   `Retry-After` the next try. Said at once, once the last fetch for every client of the integration \
                   has failed and no token is left; tollgate goes on asking by itself, after pauses that double up to \
                   a minute",
        todo: "look at the client's credentials and at the endpoint",
        known: Evidence::Ours, source: "the code is documented" },
    Row { cause: Cause::Draining, own: "draining", status: 503, code: "service.unavailable", detail: "",
        happened: "the service is about to end", todo: "another node",
        known: Evidence::Ours, source: "the code is documented" },
    Row { cause: Cause::Overcrowded, own: "calculations.waiting", status: 503, code: "service.unavailable", detail: "",
        happened: "too many calculations wait in all, or its turn didn't come in time", todo: "call again later",
        known: Evidence::Ours, source: "the code is documented" },
    Row { cause: Cause::Late, own: "execution.timeout", status: 504, code: "request.timeout", detail: ENDPOINT,
        happened: "no answer within the action's timeout", todo: "a longer `timeoutSeconds`",
        known: Evidence::Ours, source: "status and code are documented" },
    Row { cause: Cause::LongCalculation, own: "calculation.timeout", status: 504, code: "request.timeout",
        detail: PROCESSING,
        happened: "templates, paths or contracts took longer than `calculation_time`", todo: "a simpler action",
        known: Evidence::Ours, source: "status and code are documented" },
];

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

impl Cause {
    /// Whether the upstream was asked, as far as that was possible.
    pub(crate) fn was_asked(self) -> bool {
        matches!(
            self,
            Self::UpstreamRefused
                | Self::UpstreamUnauthorized
                | Self::UpstreamFailed
                | Self::Body
                | Self::Unreachable
                | Self::NoAnswer
                | Self::Late
        )
    }

    /// What an upstream's status that is not 2xx means.
    pub(crate) fn of_upstream(status: u16) -> Self {
        match status {
            401 | 407 => Self::UpstreamUnauthorized,
            400..=499 => Self::UpstreamRefused,
            _ => Self::UpstreamFailed,
        }
    }

    /// Our own word.
    pub(crate) fn own(self) -> &'static str {
        self.row().own
    }

    /// The answer's status and code. `upstream` is the upstream's status, if it answered.
    pub(crate) fn status(self, upstream: Option<u16>) -> (StatusCode, &'static str) {
        let Row { status, code, .. } = *self.row();
        if status != 0 {
            return (StatusCode::from_u16(status).unwrap_or_default(), code);
        }
        let passed = upstream.unwrap_or(400);
        let word = WORDS.iter().find(|(status, _)| *status == passed);
        let status = StatusCode::from_u16(passed).unwrap_or(StatusCode::BAD_REQUEST);
        (status, word.map_or("bad.request", |(_, word)| word))
    }

    /// The `errorCode` of the answer's detail.
    pub(crate) fn detail(self) -> Option<&'static str> {
        Some(self.row().detail).filter(|detail| !detail.is_empty())
    }

    /// Whether a limit of ours held the call off.
    pub(crate) fn is_refusal(self) -> bool {
        self.row().status == 429
    }

    /// Whether the time that the call had is over: what a flow's step leaves by its timeout for.
    pub(crate) fn is_timeout(self) -> bool {
        matches!(self, Self::Late | Self::LongCalculation | Self::Expired)
    }

    /// Whether a login that ended so was answered, and the answer was of no use.
    pub(crate) fn fails_a_login(self) -> bool {
        use Cause::*;
        matches!(
            self,
            UpstreamRefused
                | UpstreamUnauthorized
                | UpstreamFailed
                | Mapping
                | Body
                | Request
                | Login
        )
    }

    fn row(self) -> &'static Row {
        // The rows stand in the order of the causes.
        let row = &TABLE[self as usize];
        debug_assert_eq!(row.cause, self);
        row
    }
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
    for row in &TABLE {
        let Row {
            own,
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
            let told = row.cause.status(None).0.as_u16();
            assert!((400..600).contains(&told), "{:?}", row.cause);
            assert!(
                row.code.is_empty()
                    || row.code == row.own
                    || row.known != Evidence::Ours
                    || !row.source.is_empty()
            );
        }
    }

    #[test]
    fn no_status_of_an_upstream_is_taken_for_one_of_ours() {
        for status in (300..600).chain([0, 100, 999]) {
            let cause = Cause::of_upstream(status);
            let (told, code) = cause.status(Some(status));
            assert!(!code.is_empty());
            assert_eq!(cause.own(), "upstream.error");
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
