//! Paths that can never match, whatever the response is.
//!
//! What is decidable without a response: a slice that is empty, and a filter that wants one property to
//! equal two different texts at once.

/// Why the path can never match, if it can't.
pub(crate) fn never(path: &str) -> Option<String> {
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
    let Some((from, to)) = step.split_once(':') else {
        return false;
    };
    match (from.trim().parse::<i64>(), to.trim().parse::<i64>()) {
        (Ok(from), Ok(to)) => (from < 0) == (to < 0) && from >= to,
        (Err(_), Ok(to)) => from.trim().is_empty() && to == 0,
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
        .map(|(place, literal)| (place.trim(), literal.trim().trim_matches(['\'', '"'])))
        .collect();
    for (at, (place, literal)) in equalities.iter().enumerate() {
        let other = equalities[..at]
            .iter()
            .find(|(earlier, other)| earlier == place && other != literal);
        if let Some((_, other)) = other {
            return Some(format!("`{place}` can't be both `{other}` and `{literal}`"));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::never;

    #[test]
    fn what_can_never_match_is_found() {
        for path in [
            "$.a[3:1]",
            "$.a[:0].b",
            "$.a[-1:-2]",
            "$.a[?(@.x == 'a' && @.x == 'b')].y",
        ] {
            assert!(never(path).is_some(), "{path}");
        }
        for path in [
            "$.a[1:3]",
            "$.a[-1000:]",
            "$.a[-2:1]",
            "$['b:c'][0]",
            "$.a[?(@.x == 'a' || @.x == 'b')]",
            "$.a[?(@.x == 'a' && @.y == 'b')]",
            "$.a[?(@.x == 'a' && @.x == 'a')]",
        ] {
            assert_eq!(never(path), None, "{path}");
        }
    }
}
