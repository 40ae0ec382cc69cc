//! Lists of items with parameters, as structured fields write them (RFC 9651), as far as rate limits
//! use them: `"name";r=50;t=30, other;r=1` and `limit=100, remaining=50`.

/// One item of a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Item<'a> {
    /// Without its quotes.
    pub(super) name: &'a str,
    /// What the name is set to, where it is.
    pub(super) value: Option<&'a str>,
    parameters: Vec<(&'a str, &'a str)>,
}

impl<'a> Item<'a> {
    pub(super) fn parameter(&self, name: &str) -> Option<&'a str> {
        let found = self.parameters.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| *value)
    }
}

/// The items of a field's line. What is not of this form gives items without the expected names.
pub(super) fn items(field: &str) -> Vec<Item<'_>> {
    split(field, ',').map(item).collect()
}

fn item(text: &str) -> Item<'_> {
    let mut parts = split(text, ';');
    let first = parts.next().unwrap_or_default();
    let (name, value) = match pair(first) {
        Some((name, value)) => (name, Some(value)),
        None => (unquoted(first), None),
    };
    Item {
        name,
        value,
        parameters: parts.filter_map(pair).collect(),
    }
}

fn pair(text: &str) -> Option<(&str, &str)> {
    if text.starts_with('"') {
        return None;
    }
    let (name, value) = text.split_once('=')?;
    Some((name.trim(), unquoted(value.trim())))
}

fn unquoted(text: &str) -> &str {
    let inner = text.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    inner.unwrap_or(text)
}

/// Parts between separators that stand outside quotes.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let parts = text.split(move |c| {
        quoted ^= c == '"';
        c == separator && !quoted
    });
    parts.map(str::trim)
}
