//! Times and ids as the platform writes them, and ids of queries as this service does.

use crate::error::ApiError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jiff::civil::{DateTime, Time};
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::Offset;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tollgate_store::EntityId;

/// An id out of a path; one that nothing can have is not found.
pub(crate) fn id(text: &str) -> Result<EntityId, ApiError> {
    EntityId::parse(text).map_err(|_| ApiError::not_found(format!("Nothing has the id {text:?}.")))
}

/// The id of a query. It *is* what the query asks for, written as JSON: nothing is kept of it, so any node gives its
/// results, at any time.
pub(crate) fn query_id(asked: &Value) -> String {
    URL_SAFE_NO_PAD.encode(asked.to_string())
}

/// What a query asks for, by its id of at most so many bytes; none for what is no such id.
pub(crate) fn asked_by<T: DeserializeOwned>(id: &str, most: usize) -> Option<T> {
    let text = Some(id).filter(|id| id.len() <= most)?;
    let text = URL_SAFE_NO_PAD.decode(text).ok()?;
    tollgate_json::read_bytes_as(&text).ok()
}

/// A wall time as the platform writes it: `2026-01-31T09:00:00.000Z`. One beyond the year 9999 is written as
/// the last that has this form.
pub(crate) fn show_time(time: tollgate_store::WallTime) -> String {
    let time = Timestamp::from_millisecond(time.0).unwrap_or(Timestamp::MAX);
    format!("{time:.3}")
}

/// Reads a date in ISO 8601, with a time, a fraction and an offset behind or without: `2026-01-31`,
/// `2026-01-31T09:00:00.000Z`. What has no time means midnight, what has no offset UTC. None for what
/// isn't a date from 1970 on.
pub(crate) fn parse_time(text: &str) -> Option<tollgate_store::WallTime> {
    static PARSER: DateTimeParser = DateTimeParser::new();
    const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
    let pieces = PARSER.parse_pieces(text.trim()).ok()?;
    if pieces.time_zone_annotation().is_some() {
        return None;
    }
    let time = pieces.time().unwrap_or(Time::midnight());
    let offset = pieces.to_numeric_offset().unwrap_or(Offset::UTC);
    let since = pieces.date().to_datetime(time).duration_since(EPOCH);
    let millis = since.as_millis() - i128::from(offset.seconds()) * 1000;
    let millis = i64::try_from(millis).ok().filter(|millis| *millis >= 0);
    millis.map(tollgate_store::WallTime)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_store::WallTime;

    #[test]
    fn times_there_and_back() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_827_696_789, "2000-02-29T12:34:56.789Z"),
            (1_798_675_199_999, "2026-12-30T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(show_time(WallTime(millis)), text);
            assert_eq!(parse_time(text), Some(WallTime(millis)), "{text}");
        }
        assert_eq!(parse_time("2026-01-31"), parse_time("2026-01-31T00:00:00Z"));
        let wrong = [
            "",
            "2026-13-01",
            "2026-02-31",
            "2027-02-29T09:00Z",
            "2026-01-01T25:00",
            "tomorrow",
            "2026-01",
        ];
        for wrong in wrong {
            assert_eq!(parse_time(wrong), None, "{wrong}");
        }
    }
}
