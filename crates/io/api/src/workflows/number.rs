//! The numbers of versions, as the platform writes them: `1.0`, `2.0` and so on.

use super::PATH;
use crate::error::ApiError;

/// Where a version of a workflow is.
pub(super) fn version_uri(workflow: &str, number: u32) -> String {
    format!("{PATH}/{workflow}/versions/{}", show_number(number))
}

/// A version's number as the platform writes it: `1.0`.
pub(super) fn show_number(number: u32) -> String {
    format!("{number}.0")
}

/// Reads a version's number, `1.0` or `1`; none for what is no such number.
pub(super) fn parse_number(text: &str) -> Option<u32> {
    let number = text.strip_suffix(".0").unwrap_or(text);
    let digits = number.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.then(|| number.parse().ok()).flatten();
    number.filter(|number| *number > 0)
}

/// Reads the number of a version that a request's body names; an empty text names none.
pub(super) fn asked_number(field: &str, text: Option<String>) -> Result<Option<u32>, ApiError> {
    let text = text.filter(|text| !text.is_empty());
    let number = text.map(|text| {
        parse_number(&text).ok_or_else(|| {
            ApiError::bad_request(format!(
                "{field}: expected a version such as {}, found {text:?}.",
                show_number(1)
            ))
        })
    });
    number.transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_it_is_written_and_without_its_zero() {
        assert_eq!(parse_number(&show_number(12)), Some(12));
        assert_eq!(parse_number("12"), Some(12));
        for wrong in [
            "",
            "0",
            "0.0",
            "1.1",
            "1.0.0",
            "-1",
            "+1",
            "one",
            "99999999999",
        ] {
            assert_eq!(parse_number(wrong), None, "{wrong}");
        }
    }
}
