//! Keeps credentials out of errors.
//!
//! An error about a request never quotes what was rendered. What a template itself says of a failure may
//! quote the values it failed on, so: where the template mentions credentials at all, its message is
//! withheld; everywhere else each credential's text, plain or encoded, is struck out of it.

use crate::value::Credentials;
use serde_json::Value;

/// A number of fewer digits, such as a token's version, is no secret.
const SHORTEST_NUMBER: usize = 4;
const STRUCK: &str = "[redacted]";

/// Every text that must not be seen, longest first.
pub(crate) struct Secrets(Vec<String>);

impl Secrets {
    pub(crate) fn of(credentials: &Credentials) -> Secrets {
        let mut found: Vec<String> = credentials.fields.values().cloned().collect();
        if let Some(response) = &credentials.auth_response {
            collect(response, &mut found);
        }
        let encoded: Vec<String> = found.iter().flat_map(|secret| encodings(secret)).collect();
        found.extend(encoded);
        found.retain(|secret| !secret.is_empty());
        found.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        found.dedup();
        Secrets(found)
    }

    pub(crate) fn strike(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| {
            if text.contains(secret.as_str()) {
                text.replace(secret.as_str(), STRUCK)
            } else {
                text
            }
        })
    }
}

/// Whether a template's own message could quote a credential.
pub(crate) fn mentions_secrets(template: &str) -> bool {
    template.contains("credentials") || template.contains("authResponse")
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Number(number) => {
            let digits = number.to_string();
            found.extend(Some(digits).filter(|digits| digits.len() >= SHORTEST_NUMBER));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, found)),
        Value::Null | Value::Bool(_) => {}
    }
}

fn encodings(secret: &str) -> [String; 3] {
    let quoted = Value::String(secret.to_owned()).to_string();
    let json = quoted[1..quoted.len() - 1].to_owned();
    let mut url = String::new();
    for byte in secret.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'*' | b'_' => {
                url.push(char::from(byte));
            }
            _ => url.push_str(&format!("%{byte:02X}")),
        }
    }
    let form = url.replace("%20", "+");
    [json, url, form]
}

#[cfg(test)]
mod tests {
    use super::Secrets;
    use crate::value::Credentials;
    use serde_json::json;

    #[test]
    fn secrets_are_struck_out_however_they_are_written() {
        let fields = [("key".to_owned(), "p/q r\"s".to_owned())];
        let response = json!({"token": "abcdef", "parts": ["ghi"], "pin": 12345, "version": 1});
        let credentials = Credentials::from_fields(fields).with_auth_response(response);
        let secrets = Secrets::of(&credentials);
        for (text, struck) in [
            ("at `p/q r\"s`", "at `[redacted]`"),
            ("\"p/q r\\\"s\"", "\"[redacted]\""),
            ("?k=p%2Fq%20r%22s", "?k=[redacted]"),
            ("k=p%2Fq+r%22s", "k=[redacted]"),
            (
                "xabcdefx ghi 12345 1",
                "x[redacted]x [redacted] [redacted] 1",
            ),
        ] {
            assert_eq!(secrets.strike(text), struck);
        }
        assert_eq!(Secrets::of(&Credentials::none()).strike("x"), "x");
    }
}
