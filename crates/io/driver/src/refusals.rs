//! Which answers say that a limit has turned the call away, beside a 429.
//!
//! Many APIs answer with another status: 403, 503, even 400. Such an answer is told from one that means
//! what its status says (no permission, an outage, a wrong request) by what it says of a limit:
//!
//! - a 403 or a 503 with `Retry-After`, or with headers by which nothing remains of a window;
//! - a body that has the words of an API that is known to use this status for its limits. The table of
//!   those is data (`refusals.tsv`), each row with its evidence; `docs/quota.md` has it too.
//!   *Documented* means that the vendor's own page was read, *observed* that other people's pages or programs
//!   say so, *expected* that it is our guess.
//!
//! Where only the body can tell, the head of the answer is reported when the body is there, for the
//! statuses of the table and no others; what of the body is searched is bounded ([`SEARCHED`]). Words in
//! quotes are looked for with their quotes, letters of either case are the same.

use std::fmt::Write;
use std::sync::LazyLock;
use tollgate_engine::Facts;

/// The table: a line of names, then a line for each sign; columns are separated by tabs.
const TABLE: &str = include_str!("refusals.tsv");
/// Bytes of a body that are searched: errors name their kind at the begin.
const SEARCHED: usize = 8 * 1024;

static SIGNS: LazyLock<Vec<Sign>> =
    LazyLock::new(|| TABLE.lines().skip(1).filter_map(Sign::read).collect());

/// A way in which an API says that a limit has turned a call away.
#[derive(Debug)]
struct Sign {
    api: &'static str,
    status: u16,
    /// As it stands in the body.
    says: &'static str,
    evidence: &'static str,
    source: &'static str,
}

impl Sign {
    fn read(line: &'static str) -> Option<Self> {
        let mut columns = line.split('\t');
        Some(Self {
            api: columns.next()?,
            status: columns.next()?.parse().ok()?,
            says: columns.next()?,
            evidence: columns.next()?,
            source: columns.next()?,
        })
    }
}

/// What an answer's head says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refused {
    Yes,
    No,
    /// The body tells.
    Perhaps,
}

/// Whether a limit has turned the call away, as far as the head tells. A 429 is no question.
pub(crate) fn by_head(status: u16, facts: Facts) -> Refused {
    let is_full = facts.window.is_some_and(|window| window.is_full());
    match status {
        403 | 503 if facts.retry_after.is_some() || is_full => Refused::Yes,
        _ if SIGNS.iter().any(|sign| sign.status == status) => Refused::Perhaps,
        _ => Refused::No,
    }
}

/// Whether the body of an answer of this status says so.
pub(crate) fn by_body(status: u16, body: &[u8]) -> bool {
    let searched = &body[..body.len().min(SEARCHED)];
    let mut signs = SIGNS.iter().filter(|sign| sign.status == status);
    signs.any(|sign| {
        let words = sign.says.as_bytes();
        let mut windows = searched.windows(words.len());
        windows.any(|window| window.eq_ignore_ascii_case(words))
    })
}

/// The table as the documentation has it.
#[must_use]
pub fn documented() -> String {
    let mut table = String::from("| API | status | says | evidence |\n|---|---|---|---|\n");
    for sign in SIGNS.iter() {
        let Sign {
            api,
            status,
            says,
            evidence,
            source,
        } = sign;
        // A String takes all that is written.
        let _ = writeln!(
            table,
            "| {api} | {status} | `{says}` | {evidence}: {source} |"
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tollgate_engine::{Family, WindowFact};

    #[test]
    fn every_line_of_the_table_is_a_sign() {
        assert_eq!(SIGNS.len(), TABLE.lines().count() - 1);
        for sign in SIGNS.iter() {
            assert!(
                sign.says.len() >= 8,
                "{sign:?}: too short to be told from other words"
            );
            assert!(
                ["documented", "observed", "expected"].contains(&sign.evidence),
                "{sign:?}"
            );
            assert!(![200, 401, 404, 429].contains(&sign.status), "{sign:?}");
        }
    }

    #[test]
    fn a_head_that_speaks_of_a_limit_is_a_refusal() {
        let window = |count| Facts {
            window: Some(WindowFact {
                count,
                allowed: 60,
                reset: Duration::from_secs(9),
                family: Family::Vendors,
            }),
            ..Facts::default()
        };
        let none = Facts::default();
        let asks = Facts {
            retry_after: Some(Duration::ZERO),
            ..none
        };
        for (status, facts, refused) in [
            (403, asks, Refused::Yes),
            (503, asks, Refused::Yes),
            (403, window(60), Refused::Yes),
            (503, window(61), Refused::Yes),
            (403, window(59), Refused::Perhaps),
            (403, none, Refused::Perhaps),
            (400, window(60), Refused::Perhaps),
            (200, window(60), Refused::No),
            (404, window(60), Refused::No),
            (502, asks, Refused::No),
        ] {
            assert_eq!(by_head(status, facts), refused, "{status} {facts:?}");
        }
    }

    #[test]
    fn a_body_that_speaks_of_a_limit_is_a_refusal() {
        for (status, body) in [
            (
                403,
                r#"{"message":"API rate limit exceeded for user ID 1.","documentation_url":""}"#,
            ),
            (
                403,
                r#"{"message":"You have exceeded a secondary rate limit."}"#,
            ),
            (
                403,
                r#"[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#,
            ),
            (
                403,
                r#"{"error":{"errors":[{"domain":"usageLimits","reason":"userRateLimitExceeded"}]}}"#,
            ),
            (
                400,
                r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#,
            ),
            (
                400,
                r#"{"__type":"com.amazon.coral.availability#ThrottlingException"}"#,
            ),
            (
                400,
                "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>",
            ),
            (
                503,
                "<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>",
            ),
            (503, "<Error><Code>ServerBusy</Code></Error>"),
        ] {
            assert!(by_body(status, body.as_bytes()), "{status} {body}");
        }
        for (status, body) in [
            (
                403,
                r#"{"message":"Resource not accessible by integration"}"#,
            ),
            (403, r#"[{"errorCode":"INSUFFICIENT_ACCESS"}]"#),
            (
                403,
                r#"{"error":{"errors":[{"reason":"insufficientPermissions"}]}}"#,
            ),
            (
                400,
                r#"{"__type":"ValidationException","message":"limit must be positive"}"#,
            ),
            (503, "<h1>Service unavailable</h1>"),
            (400, "SlowDown"),
            (403, ""),
        ] {
            assert!(!by_body(status, body.as_bytes()), "{status} {body}");
        }
        // Words far behind are nobody's error.
        let long = ["x".repeat(SEARCHED), "API rate limit exceeded".into()].concat();
        assert!(!by_body(403, long.as_bytes()));
    }

    /// The documentation of limits.
    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/quota.md");
    const BEGIN: &str = "<!-- This table is made of crates/io/driver/src/refusals.tsv. -->\n";
    const END: &str = "<!-- Here the table ends. -->\n";

    /// Writes the table where `TOLLGATE_WRITE` is set.
    #[test]
    fn the_documentation_has_the_table() {
        let text = std::fs::read_to_string(FILE).unwrap();
        let (before, rest) = text.split_once(BEGIN).unwrap();
        let (found, behind) = rest.split_once(END).unwrap();
        let wanted = documented();
        if std::env::var_os("TOLLGATE_WRITE").is_some() {
            std::fs::write(FILE, [before, BEGIN, &wanted, END, behind].concat()).unwrap();
        } else {
            assert!(
                found == wanted,
                "docs/quota.md has another table: TOLLGATE_WRITE=1 cargo test -p tollgate-driver --lib"
            );
        }
    }
}
