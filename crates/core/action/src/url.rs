//! What a rendered URL must be.
//!
//! A platform action's URL is a path on the integration's own host; a web-service action's is whole; that of
//! an integration with a base URL of its own, or of a type that isn't known, may be either. All
//! must be sent as they are rendered, so a character that no URL can hold is refused, and so is what a
//! client would rewrite on its way (`..`) or leave out (`#…`): an input that holds one was not escaped.

use crate::types::{Callee, IntegrationType};

/// Longest path template, in bytes; a longer one is cut.
const LONGEST_PATH: usize = 1_024;

/// The path of a URL template: without the host, where that is written out or in the place of one, and without
/// the query.
pub(crate) fn path_template(template: &str) -> &str {
    let url = template.split('?').next().unwrap_or_default().trim();
    let path = match scheme_end(url) {
        Some(host) => url[host..].find('/').map_or("/", |at| &url[host + at..]),
        None => url,
    };
    &path[..path.floor_char_boundary(LONGEST_PATH)]
}

/// What is wrong with a rendered URL. The URL itself isn't quoted: it may hold credentials.
pub(crate) fn check(kind: &IntegrationType, url: &str) -> Result<(), String> {
    if url.is_empty() {
        return Err("the URL is empty".to_owned());
    }
    characters(url)?;
    let path_start = match (kind.calls(), scheme_end(url)) {
        (Some(Callee::PlatformPath), Some(_)) => {
            return Err(
                "a platform action's URL must be a path on the integration's own host: \
                 it must begin with `/`, as in /api/v2/…, not with http"
                    .to_owned(),
            );
        }
        (Some(Callee::WholeUrl), None) => {
            return Err(
                "a web-service action's URL must be whole: it must begin with https:// or http:// \
                 (a path below an address of the customer's is for a type with a base URL, such as \
                 salesforce-datadip)"
                    .to_owned(),
            );
        }
        (_, Some(host)) => {
            let authority = url[host..].split(['/', '?']).next().unwrap_or_default();
            let name = authority.rsplit('@').next().unwrap_or_default();
            if name.is_empty() || name.starts_with(':') {
                return Err("the URL names no host after `//`".to_owned());
            }
            host + authority.len()
        }
        (_, None) if !url.starts_with('/') || url.starts_with("//") => {
            return Err(
                "the URL must be a path on the integration's own host: it must begin with one `/`"
                    .to_owned(),
            );
        }
        (_, None) => 0,
    };
    let path = url[path_start..].split('?').next().unwrap_or_default();
    let dots = |part: &str| {
        matches!(
            part.replace("%2e", ".").replace("%2E", ".").as_str(),
            "." | ".."
        )
    };
    if path.split('/').any(dots) {
        return Err(format!(
            "the path has a part that is `.` or `..`, which would be rewritten on its way; {HINT}"
        ));
    }
    Ok(())
}

/// What is wrong with every URL that this template renders, as far as its literal beginning says: all of it
/// where nothing is rendered in it.
pub(crate) fn never(kind: &IntegrationType, template: &str) -> Option<String> {
    let literal = template.split(['$', '#', '\\']).next().unwrap_or_default();
    if literal.len() == template.len() {
        return check(kind, literal).err();
    }
    let of_scheme = |scheme: &str| {
        let both = literal.len().min(scheme.len());
        let (begin, scheme) = (literal.get(..both), scheme.get(..both));
        begin
            .zip(scheme)
            .is_some_and(|(a, b)| a.eq_ignore_ascii_case(b))
    };
    let whole = ["https://", "http://"].into_iter().any(of_scheme);
    let path = literal.is_empty() || literal.starts_with('/') && !literal.starts_with("//");
    let can = match kind.calls() {
        Some(Callee::PlatformPath) => path,
        Some(Callee::WholeUrl) => whole,
        Some(Callee::BelowBaseUrl | Callee::NotHttp) | None => path || whole,
    };
    if can {
        None
    } else {
        check(kind, literal).err()
    }
}

const HINT: &str = "escape what an input holds, as in $esc.uriEncode($input.name)";

/// Where the host begins, if the URL is whole.
fn scheme_end(url: &str) -> Option<usize> {
    ["https://", "http://"].into_iter().find_map(|scheme| {
        let start = url.get(..scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(scheme.len())
    })
}

fn characters(url: &str) -> Result<(), String> {
    let query = url.find('?').unwrap_or(url.len());
    for (number, (at, letter)) in url.char_indices().enumerate() {
        let number = number + 1;
        let allowed = match letter {
            '#' => {
                return Err(format!(
                    "character {number} is `#`: what follows it would not be sent; write %23, or {HINT}"
                ));
            }
            '%' => {
                let digits = url.as_bytes().get(at + 1..at + 3).unwrap_or_default();
                if digits.len() == 2 && digits.iter().all(u8::is_ascii_hexdigit) {
                    continue;
                }
                return Err(format!(
                    "character {number} is `%` without two hexadecimal digits after it; write %25, or {HINT}"
                ));
            }
            '[' | ']' => at > query || scheme_end(url).is_some(),
            '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}' => false,
            _ => letter.is_ascii_graphic(),
        };
        if !allowed {
            return Err(format!(
                "character {number} is {}, which a URL can't hold; {HINT}",
                name(letter)
            ));
        }
    }
    Ok(())
}

fn name(letter: char) -> String {
    match letter {
        ' ' => "a space".to_owned(),
        '\n' => "a line end (LF)".to_owned(),
        '\r' => "a line end (CR)".to_owned(),
        '\t' => "a tab".to_owned(),
        _ if letter.is_control() => format!("the control character U+{:04X}", u32::from(letter)),
        _ => format!("`{letter}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::{check, never, path_template};
    use crate::types::IntegrationType;

    #[test]
    fn a_path_template_has_no_host_and_no_query() {
        for (template, path) in [
            (
                "/api/v2/users/${input.id}?expand=x",
                "/api/v2/users/${input.id}",
            ),
            ("https://a.example/users/$id?x=$y", "/users/$id"),
            ("HTTP://${input.host}/x", "/x"),
            ("https://a.example", "/"),
            ("https://a.example?x=1", "/"),
            ("${input.url}", "${input.url}"),
            (" /a ", "/a"),
            ("", ""),
        ] {
            assert_eq!(path_template(template), path, "{template}");
        }
        let long = format!("/{}", "ä".repeat(1_000));
        assert_eq!(path_template(&long).len(), 1_023);
    }

    #[test]
    fn a_template_that_never_renders_an_url_is_known() {
        for (kind, template, wrong) in [
            (
                "custom-rest-actions",
                "/api/${input.id}",
                Some("must be whole"),
            ),
            ("custom-rest-actions", "/api/v1/door", Some("must be whole")),
            (
                "custom-rest-actions",
                "api.example.com/$input.id",
                Some("must be whole"),
            ),
            (
                "custom-rest-actions",
                "//$input.host/x",
                Some("must be whole"),
            ),
            (
                "custom-rest-actions",
                "arn:aws:lambda:x",
                Some("must be whole"),
            ),
            ("custom-rest-actions", "[YOUR SERVER]", Some("`[`")),
            ("custom-rest-actions", "https://${input.host}/x", None),
            ("custom-rest-actions", "HTTP${input.s}://x", None),
            ("custom-rest-actions", "${credentials.loginUrl}", None),
            ("custom-rest-actions", "#set($u = 1)/x", None),
            (
                "purecloud-data-actions",
                "https://$input.host/api",
                Some("must begin with `/`"),
            ),
            (
                "purecloud-data-actions",
                "api/v2/$input.id",
                Some("one `/`"),
            ),
            (
                "purecloud-data-actions",
                "/api/v2/users/../${input.id}",
                None,
            ),
            ("purecloud-data-actions", "/api/v2/$input.id", None),
            ("purecloud-data-actions", "$input.path", None),
            ("salesforce-datadip", "/services/$input.id", None),
            ("salesforce-datadip", "https://$input.host", None),
            ("salesforce-datadip", "services/$input.id", Some("one `/`")),
            ("unheard-of", "ftp://$input.id", Some("one `/`")),
            ("unheard-of", "h$input.rest", None),
        ] {
            match (never(&IntegrationType::from_name(kind), template), wrong) {
                (None, None) => {}
                (Some(message), Some(part)) if message.contains(part) => {}
                (got, _) => panic!("{kind} {template}: {got:?}"),
            }
        }
    }

    #[test]
    fn urls_are_judged_by_the_integration() {
        for (kind, url, wrong) in [
            ("purecloud-data-actions", "/api/v2/users?x=[a]&y=%20", None),
            (
                "purecloud-data-actions",
                "https://evil.example/api",
                Some("must begin with `/`"),
            ),
            (
                "purecloud-data-actions",
                "//evil.example/api",
                Some("one `/`"),
            ),
            ("purecloud-data-actions", "api/v2", Some("one `/`")),
            (
                "custom-rest-actions",
                "https://orders.example.com/o/1",
                None,
            ),
            ("custom-rest-actions", "HTTP://[::1]:80/x", None),
            ("custom-rest-actions", "/path", Some("must be whole")),
            ("custom-rest-actions", "https:///x", Some("no host")),
            ("custom-rest-actions", "https://user@:80/x", Some("no host")),
            ("salesforce-datadip", "/services/data", None),
            ("salesforce-datadip", "https://h/x", None),
            ("salesforce-datadip", "//h/x", Some("one `/`")),
            ("salesforce-datadip", "services/data", Some("one `/`")),
            ("x", "https://h/x", None),
            ("purecloud-data-actions", "", Some("empty")),
            (
                "purecloud-data-actions",
                "/a b",
                Some("character 3 is a space"),
            ),
            ("purecloud-data-actions", "/a\r\nHost: x", Some("CR")),
            ("purecloud-data-actions", "/é", Some("`é`")),
            ("purecloud-data-actions", "/${input.x}", Some("`{`")),
            ("purecloud-data-actions", "/a[0]", Some("`[`")),
            ("purecloud-data-actions", "/a#b", Some("%23")),
            ("purecloud-data-actions", "/100%", Some("%25")),
            ("purecloud-data-actions", "/users/../admin", Some("`..`")),
            (
                "purecloud-data-actions",
                "/users/%2E%2e/admin",
                Some("`..`"),
            ),
            ("purecloud-data-actions", "/users?x=../y", None),
            ("purecloud-data-actions", "/\u{7f}", Some("U+007F")),
        ] {
            match (check(&IntegrationType::from_name(kind), url), wrong) {
                (Ok(()), None) => {}
                (Err(message), Some(part)) if message.contains(part) => {}
                (got, _) => panic!("{url}: {got:?}"),
            }
        }
    }
}
