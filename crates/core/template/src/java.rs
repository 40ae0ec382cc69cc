//! Java's own ways with texts and numbers.

/// `Double.toString`: decimal between 1e-3 and 1e7, else with an exponent; at least one decimal place.
pub(crate) fn double(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let size = value.abs();
    if size == 0.0 || (1e-3..1e7).contains(&size) {
        let text = value.to_string();
        return if text.contains('.') {
            text
        } else {
            format!("{text}.0")
        };
    }
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let point = if digits.contains('.') { "" } else { ".0" };
    format!("{digits}{point}E{exponent}")
}

/// `URLEncoder.encode(text, "UTF-8")`.
pub(crate) fn url_encode(text: &str, space: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'*' | b'_' => {
                out.push(char::from(byte));
            }
            b' ' => out.push_str(space),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Part of a text by UTF-16 units, as Java counts; none if out of its range.
pub(crate) fn substring(text: &str, from: i64, to: Option<i64>) -> Option<String> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let from = usize::try_from(from).ok()?;
    let to = to.map_or(Some(units.len()), |to| usize::try_from(to).ok())?;
    let part = units.get(from..to)?;
    Some(String::from_utf16_lossy(part))
}

pub(crate) fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// The place of `needle`, in UTF-16 units; -1 if it isn't there.
pub(crate) fn index_of(text: &str, found: Option<usize>) -> i64 {
    found.map_or(-1, |at| length(&text[..at]) as i64)
}
