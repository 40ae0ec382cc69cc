//! Paths that can never match, whatever the response is.
//!
//! What is decidable without a response: a function that doesn't exist or that steps follow in a way that the
//! reference can't read, a slice that is empty, and a filter that wants one property to equal two different
//! texts at once.

use tollgate_jsonpath::{DeadEnd, Path};

/// Why the path can never match, if it can't.
pub(crate) fn never(path: &Path) -> Option<String> {
    match path.dead_end() {
        Some(DeadEnd::UnknownFunction(name)) => {
            return Some(format!("there is no function `{name}()`"));
        }
        Some(DeadEnd::BehindFunction(name)) => {
            return Some(format!(
                "what follows `{name}()` is never found: JsonPath takes the `)` for part of a name"
            ));
        }
        None => {}
    }
    steps(path.as_str())
}

/// What is to be said of the steps in brackets.
fn steps(path: &str) -> Option<String> {
    let mut rest = path;
    while let Some(open) = rest.find('[') {
        let inner = &rest[open + 1..];
        let end = if inner.starts_with("?(") {
            inner.find(")]").map(|at| at + 1)
        } else {
            inner.find(']')
        };
        let step = &inner[..end?];
        if let Some(filter) = step.strip_prefix("?(") {
            let found = contradiction(filter.strip_suffix(')').unwrap_or(filter));
            if found.is_some() {
                return found;
            }
        } else if empty_slice(step) {
            return Some(format!("the slice `[{step}]` is always empty"));
        }
        rest = &inner[end? + 1..];
    }
    None
}

fn empty_slice(step: &str) -> bool {
    let mut ends = step.split(':').map(|end| end.trim().parse::<i64>());
    match (ends.next(), ends.next()) {
        // A start never passes its end, even if that counts from the end of the array.
        (Some(Ok(from)), Some(Ok(to))) => from >= to,
        (Some(Err(_)), Some(Ok(to))) => step.trim_start().starts_with(':') && to == 0,
        _ => false,
    }
}

fn contradiction(filter: &str) -> Option<String> {
    if filter.contains("||") || filter.contains('(') {
        return None;
    }
    let equalities: Vec<(&str, &str)> = filter
        .split("&&")
        .filter_map(|part| part.split_once("=="))
        .map(|(place, literal)| (place.trim(), literal.trim_start_matches('=').trim()))
        .filter(|(place, literal)| !place.ends_with('!') && !literal.starts_with(['@', '$']))
        .map(|(place, literal)| (place, literal.trim_matches(['\'', '"'])))
        .collect();
    for (at, (place, literal)) in equalities.iter().enumerate() {
        let other = equalities[..at]
            .iter()
            .find(|(earlier, other)| earlier == place && differ(other, literal));
        if let Some((_, other)) = other {
            return Some(format!("`{place}` can't be both `{other}` and `{literal}`"));
        }
    }
    None
}

/// Whether nothing equals both; one number can be written in several ways.
fn differ(left: &str, right: &str) -> bool {
    match (left.parse::<f64>(), right.parse::<f64>()) {
        (Ok(left), Ok(right)) => left != right,
        _ => left != right,
    }
}

#[cfg(test)]
mod tests {
    use super::never;
    use tollgate_jsonpath::Path;

    #[test]
    fn what_can_never_match_is_found() {
        for path in [
            "$.a[3:1]",
            "$.a[:0].b",
            "$.a[-1:-2]",
            "$.a[1:-1]",
            "$.a[3:1:1]",
            "$.a.shout()",
            "$.a.first().b",
            "$.a[?(@.x == 'a' && @.x == 'b')].y",
        ] {
            let compiled = Path::compile(path).expect(path);
            assert!(never(&compiled).is_some(), "{path}");
        }
        for path in [
            "$.a[1:3]",
            "$.a[-1000:]",
            "$.a[-2:1]",
            "$['b:c'][0]",
            "$.a[?(@.x == 'a' || @.x == 'b')]",
            "$.a[?(@.x == 'a' && @.y == 'b')]",
            "$.a[?(@.x == 'a' && @.x == 'a')]",
            "$.a[?(@.x == 'a' && @.x === 'a')]",
            "$.a[?(@.x == 'a' && @.x !== 'b')]",
            "$.a[?(@.x == 'a' && @.x == @.y)]",
            "$.a[?(@.x == '1' && @.x == 1.0)]",
            "$.a[:-1]",
            "$.a.index(0).b",
        ] {
            let compiled = Path::compile(path).expect(path);
            assert_eq!(never(&compiled), None, "{path}");
        }
    }
}
