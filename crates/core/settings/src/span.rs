//! Time spans as text: `250ms`, `60s`, `5m`, `24h`.

use std::time::Duration;

/// Reads a span: a whole number and its unit, `ms`, `s`, `m` or `h`. `None` for anything else.
#[must_use]
pub fn parse_span(text: &str) -> Option<Duration> {
    let unit = text.find(|c: char| !c.is_ascii_digit())?;
    let number: u64 = text[..unit].parse().ok()?;
    match &text[unit..] {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        "h" => number.checked_mul(3600).map(Duration::from_secs),
        _ => None,
    }
}

/// Writes a span the way [`parse_span`] reads it, in the largest unit that is exact to the millisecond.
#[must_use]
pub fn show_span(span: Duration) -> String {
    let millis = span.as_millis();
    match millis {
        0 => "0s".to_owned(),
        _ if millis.is_multiple_of(3_600_000) => format!("{}h", millis / 3_600_000),
        _ if millis.is_multiple_of(60_000) && millis >= 300_000 => format!("{}m", millis / 60_000),
        _ if millis.is_multiple_of(1000) => format!("{}s", millis / 1000),
        _ => format!("{millis}ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_come_back_as_written() {
        for text in ["250ms", "60s", "5m", "24h", "0s", "61s"] {
            assert_eq!(show_span(parse_span(text).unwrap()), text);
        }
        for text in [
            "",
            "60",
            "s",
            "1.5s",
            "-1s",
            "60 s",
            "1d",
            "99999999999999999999s",
        ] {
            assert_eq!(parse_span(text), None, "{text}");
        }
    }
}
