//! Names and texts as a configuration file takes them.

use serde_json::Value;
use std::collections::BTreeSet;

/// The names behind `credentials.` in an action's request.
pub(super) fn credential_names(action: &Value) -> BTreeSet<String> {
    let request = &action["config"]["request"];
    let headers = request["headers"].as_object().into_iter().flatten();
    let mut texts: Vec<&str> = headers.filter_map(|(_, value)| value.as_str()).collect();
    texts.extend(
        ["requestUrlTemplate", "requestTemplate"]
            .iter()
            .filter_map(|it| request[*it].as_str()),
    );
    let mut names = BTreeSet::new();
    for text in texts {
        for (at, found) in text.match_indices("credentials.") {
            // A reference begins with $, $! or ${; a word that ends so is none.
            if !text[..at].ends_with(['$', '!', '{']) {
                continue;
            }
            let rest = &text[at + found.len()..];
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-');
            let name = &rest[..end.unwrap_or(rest.len())];
            if !name.is_empty() {
                names.insert(name.to_owned());
            }
        }
    }
    names
}

/// A name that isn't taken, with a number behind it if need be.
pub(super) fn unique(name: &str, taken: &mut BTreeSet<String>, between: char) -> String {
    let numbered = (2..).map(|number| format!("{name}{between}{number}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    // There are more numbers than names.
    let free = names.find(|name| !taken.contains(name)).unwrap_or_default();
    taken.insert(free.clone());
    free
}

/// A name as that of an environment variable: `Web services apiKey` is `WEB_SERVICES_API_KEY`.
pub(super) fn variable(name: &str) -> String {
    let mut variable = String::new();
    let mut before = '_';
    for c in name.chars() {
        let begins = c.is_ascii_uppercase() && before.is_ascii_lowercase();
        if (begins || !c.is_ascii_alphanumeric()) && !variable.ends_with('_') {
            variable.push('_');
        }
        if c.is_ascii_alphanumeric() {
            variable.push(c.to_ascii_uppercase());
        }
        before = c;
    }
    if variable.starts_with(|c: char| c.is_ascii_digit()) {
        variable.insert(0, '_');
    }
    variable
}

/// A key as TOML has it.
pub(super) fn key(name: &str) -> String {
    toml_edit::Key::new(name).to_string()
}

/// A text as TOML has it.
pub(super) fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}

/// A text in a comment: one line of it.
pub(super) fn comment(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::{credential_names, quoted, unique, variable};
    use serde_json::json;
    use std::collections::BTreeSet;

    #[test]
    fn credentials_are_found_where_templates_take_them() {
        let request = json!({
            "requestUrlTemplate": "https://h/$credentials.one/${credentials.two}?mycredentials.no=1",
            "headers": {"X": "$!{credentials.api-key}"},
            "requestTemplate": "$!credentials.four.length()",
        });
        let names = credential_names(&json!({"config": {"request": request}}));
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        assert_eq!(names, ["api-key", "four", "one", "two"]);
    }

    #[test]
    fn names_are_fit_for_what_they_name() {
        assert_eq!(variable("1 Shop & more apiKey"), "_1_SHOP_MORE_API_KEY");
        let mut taken = BTreeSet::new();
        assert_eq!(unique("a", &mut taken, ' '), "a");
        assert_eq!(unique("a", &mut taken, ' '), "a 2");
        assert_eq!(quoted("a\"b"), "'a\"b'");
    }
}
