//! Reading request bodies: field by field, each mistake with the field's name.

use crate::error::ApiError;
use jiff::Timestamp;
use jiff::civil::{DateTime, Time};
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::Offset;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use tollgate_store::{EntityId, Expected, JsonText, Version};

/// A body that is a JSON object.
#[derive(Clone, Debug)]
pub(crate) struct Doc(Map<String, Value>);

impl Doc {
    pub(crate) fn parse(text: &str) -> Result<Self, ApiError> {
        match tollgate_json::read(text) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(other) => Err(ApiError::bad_request(format!(
                "The request body must be a JSON object, found {}.",
                kind(&other)
            ))),
            Err(error) => Err(ApiError::bad_request(format!(
                "The request body is not JSON: {error}."
            ))),
        }
    }

    pub(crate) fn into_value(self) -> Value {
        Value::Object(self.0)
    }

    /// A field that is there and not null.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, ApiError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(other) => Err(expected(name, "a text", other)),
        }
    }

    /// A text that must be there and not blank.
    pub(crate) fn required(&self, name: &str) -> Result<String, ApiError> {
        match self.text(name)? {
            Some(text) if !text.trim().is_empty() => Ok(text),
            _ => Err(ApiError::bad_request(format!(
                "{name}: missing or empty; give a text."
            ))),
        }
    }

    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(other) => Err(expected(name, "true or false", other)),
        }
    }

    /// A whole number from `low` to `high`.
    pub(crate) fn whole(&self, name: &str, low: i64, high: i64) -> Result<Option<i64>, ApiError> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        match value
            .as_i64()
            .filter(|number| (low..=high).contains(number))
        {
            Some(number) => Ok(Some(number)),
            None => {
                let wanted = format!("a whole number from {low} to {high}");
                Err(expected(name, &wanted, value))
            }
        }
    }

    pub(crate) fn object(&self, name: &str) -> Result<Option<Doc>, ApiError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Object(fields)) => Ok(Some(Doc(fields.clone()))),
            Some(other) => Err(expected(name, "an object", other)),
        }
    }

    /// An object as the text it came as, but for its spaces.
    pub(crate) fn json(&self, name: &str) -> Result<Option<JsonText>, ApiError> {
        let object = self.object(name)?;
        object
            .map(|doc| JsonText::parse(doc.into_value().to_string()).map_err(ApiError::from))
            .transpose()
    }

    /// An object of texts.
    pub(crate) fn texts(&self, name: &str) -> Result<Option<BTreeMap<String, String>>, ApiError> {
        let Some(Doc(fields)) = self.object(name)? else {
            return Ok(None);
        };
        let read = |(key, value): (String, Value)| match value {
            Value::String(text) => Ok((key, text)),
            other => Err(expected(&format!("{name}.{key}"), "a text", &other)),
        };
        fields
            .into_iter()
            .map(read)
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// A list of texts.
    pub(crate) fn list(&self, name: &str) -> Result<Option<Vec<String>>, ApiError> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let items = value
            .as_array()
            .ok_or_else(|| expected(name, "a list of texts", value))?;
        let read = |item: &Value| match item {
            Value::String(text) => Ok(text.clone()),
            other => Err(expected(name, "a list of texts", other)),
        };
        items.iter().map(read).collect::<Result<_, _>>().map(Some)
    }

    /// The fields, by name.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.0.iter()
    }

    /// `version`, which must be there: the one that the caller has seen.
    pub(crate) fn seen(&self) -> Result<Expected, ApiError> {
        match self.whole("version", 0, i64::MAX)? {
            Some(version) => Ok(Expected::Version(Version(version))),
            None => Err(ApiError::bad_request(
                "version: missing; give the version that was read.",
            )),
        }
    }

    /// `version`, where the platform's own requests have none.
    pub(crate) fn perhaps_seen(&self) -> Result<Expected, ApiError> {
        Ok(match self.whole("version", 0, i64::MAX)? {
            Some(version) => Expected::Version(Version(version)),
            None => Expected::Any,
        })
    }
}

fn expected(name: &str, wanted: &str, found: &Value) -> ApiError {
    ApiError::bad_request(format!("{name}: expected {wanted}, found {}.", kind(found)))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number out of range or of another kind",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// An id out of a path; one that nothing can have is not found.
pub(crate) fn id(text: &str) -> Result<EntityId, ApiError> {
    EntityId::parse(text).map_err(|_| ApiError::not_found(format!("Nothing has the id {text:?}.")))
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

    #[test]
    fn mistakes_name_their_field() {
        let doc =
            Doc::parse(r#"{"name": 7, "version": "1", "empty": " ", "nothing": null}"#).unwrap();
        let message = |error: ApiError| error.body()["message"].to_string();
        assert!(message(doc.text("name").unwrap_err()).contains("name: expected a text"));
        assert!(message(doc.seen().unwrap_err()).contains("version: expected a whole number"));
        assert!(message(doc.required("empty").unwrap_err()).contains("empty: missing"));
        assert_eq!(doc.text("nothing").unwrap(), None);
        assert!(message(Doc::parse("[]").unwrap_err()).contains("a list"));
    }
}
