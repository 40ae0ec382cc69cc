//! Reading request bodies: field by field, each mistake with the field's name.

use crate::error::ApiError;
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

/// A wall time as the platform writes it: `2026-01-31T09:00:00.000Z`.
pub(crate) fn show_time(time: tollgate_store::WallTime) -> String {
    let millis = time.0.rem_euclid(1000);
    let seconds = time.0.div_euclid(1000);
    let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

/// `2026-01-31`, with `T09:00`, `:00`, `.000` and `Z` behind or without.
pub(crate) fn parse_time(text: &str) -> Option<tollgate_store::WallTime> {
    let text = text.trim().trim_end_matches(['Z', 'z']);
    let (date, time) = text.split_once(['T', ' ']).unwrap_or((text, "00:00"));
    let mut parts = date.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let fits =
        (1970..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    if !fits || parts.next().is_some() {
        return None;
    }
    let mut parts = time.split(':');
    let hour: i64 = parts.next()?.parse().ok()?;
    let minute: i64 = parts.next().map_or(Some(0), |it| it.parse().ok())?;
    let second: f64 = parts.next().map_or(Some(0.0), |it| it.parse().ok())?;
    let fits =
        (0..24).contains(&hour) && (0..60).contains(&minute) && (0.0..61.0).contains(&second);
    let day_millis = (hour * 3600 + minute * 60) * 1000 + (second * 1000.0) as i64;
    fits.then(|| tollgate_store::WallTime(days(year, month, day) * 86_400_000 + day_millis))
}

/// Days since 1970-01-01, by eras of 400 years that begin in March.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = (month + 2) % 12 + 1;
    (era * 400 + year + i64::from(month <= 2), month, day)
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
        for wrong in ["", "2026-13-01", "2026-01-01T25:00", "tomorrow", "2026-01"] {
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
