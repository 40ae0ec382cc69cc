//! `/api/v2/tollgate/history`: what was seen, second by second and minute by minute.

use crate::caller::Caller;
use crate::error::ApiError;
use crate::json::Json;
use crate::query::{Query, parameter};
use crate::state::Api;
use crate::wire::parse_time;
use axum::Extension;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tollgate_history::{Answer, History, Key, Kind, Question, Series, Wanted};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What is asked for where nothing is said: the last hour.
const USUAL_SPAN: u64 = 3_600;
/// Series that may be named in a request.
const MOST_NAMED: usize = 50;

/// The operation on what was seen.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(get))
}

parameter! {
    /// The begin: seconds since 1970, a date in ISO 8601, or seconds before now with a minus before them. Without it an hour before the end.
    Begin("from"): String
}
parameter! {
    /// The end, likewise; without it now.
    End("to"): String
}
parameter! {
    /// Seconds of a point, at the least. There are 600 points at the most, so it may be more; of what is more than an hour ago it is whole minutes.
    Step("step"): String
}
parameter! {
    /// Which series: a kind (`limit`, `tokenLimit`, `tokens`, `flow`, `waiting`, `refusal`, `failure`, `integration`), or a kind and a value of its first label: `flow:voice`. Without it all.
    WantedSeries("series"): Vec<String>
}

/// What was seen.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct HistoryView {
    /// The begin of the first point, in seconds since 1970.
    from: u64,
    /// Seconds of a point.
    step: u64,
    /// How many seconds of each point were seen; 0 while the process didn't run.
    seen: Vec<u32>,
    series: Vec<SeriesView>,
    /// Series that were asked for and found no room: the least busy.
    left_out: usize,
}

/// A series.
#[derive(Serialize, ToSchema)]
struct SeriesView {
    /// What it is of.
    #[schema(value_type = String)]
    kind: &'static str,
    /// Its labels; `_other` stands for all that are not among the busiest.
    labels: BTreeMap<String, String>,
    /// A figure of each point by the figure's name, a whole number; null where nothing was seen. What is counted is a sum, a
    /// level the greatest (of `allowed` the last, of `open` the least).
    #[schema(value_type = BTreeMap<String, Vec<serde_json::Value>>)]
    figures: BTreeMap<String, Vec<Option<u64>>>,
}

/// The labels of a series by their names.
pub(crate) fn labels(key: &Key) -> BTreeMap<String, String> {
    let names = key.kind.labels().iter().map(|name| (*name).to_owned());
    names
        .zip(key.labels.iter().map(|label| label.to_string()))
        .collect()
}

impl From<Series> for SeriesView {
    fn from(Series { key, figures }: Series) -> Self {
        let figures = figures.into_iter();
        Self {
            kind: key.kind.word(),
            labels: labels(&key),
            figures: figures
                .map(|(name, points)| (name.to_owned(), points))
                .collect(),
        }
    }
}

impl From<Answer> for HistoryView {
    fn from(answer: Answer) -> Self {
        Self {
            from: answer.from,
            step: answer.step,
            seen: answer.seen,
            series: answer.series.into_iter().map(SeriesView::from).collect(),
            left_out: answer.left_out,
        }
    }
}

/// What was seen of limits, tokens, flows, refusals, failures and upstreams: an hour by the second, a week by the minute.
#[utoipa::path(
    get, path = "/api/v2/tollgate/history", operation_id = "getHistory", params(Begin, End, Step, WantedSeries),
    responses((status = 200, description = "The answer.", body = HistoryView)),
)]
async fn get(
    State(history): State<Arc<History>>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<HistoryView>, ApiError> {
    caller.needs_watch()?;
    let now = seconds_now();
    let question = question(&Query::parse(query.as_deref()), now)?;
    // Up to half a second, where there is much of it.
    let answered = tokio::task::spawn_blocking(move || history.answer(&question, now));
    let answer = answered.await.map_err(|_| ApiError::internal())?;
    Ok(Json(answer.into()))
}

/// Seconds since 1970.
pub(crate) fn seconds_now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

fn question(query: &Query, now: u64) -> Result<Question, ApiError> {
    let to = time("to", End::of(query)?, now)?.unwrap_or(now);
    let from = time("from", Begin::of(query)?, now)?;
    let from = from.unwrap_or(to.saturating_sub(USUAL_SPAN));
    if from >= to {
        return Err(ApiError::bad_request("from must be before to."));
    }
    let step = Step::of(query)?;
    let step = step.map(|text| {
        let step = text
            .parse()
            .ok()
            .filter(|step| (1..=604_800).contains(step));
        let wanted = "step must be a whole number of seconds from 1 to 604800.";
        step.ok_or_else(|| ApiError::bad_request(wanted))
    });
    let named = WantedSeries::of(query)?.unwrap_or_default();
    if named.len() > MOST_NAMED {
        let message = format!("series: {MOST_NAMED} may be named; name kinds.");
        return Err(ApiError::bad_request(message));
    }
    let series = named.iter().map(|text| {
        let wanted = Wanted::parse(text);
        wanted.ok_or_else(|| no_kind(text))
    });
    Ok(Question {
        from,
        to,
        step: step.transpose()?.unwrap_or(1),
        series: series.collect::<Result<_, _>>()?,
    })
}

fn no_kind(text: &str) -> ApiError {
    let kinds: Vec<_> = Kind::ALL.iter().map(|kind| kind.word()).collect();
    ApiError::bad_request(format!(
        "series: expected one of {}, with or without a colon and a label behind it; found {text:?}.",
        kinds.join(", ")
    ))
}

fn time(name: &str, text: Option<String>, now: u64) -> Result<Option<u64>, ApiError> {
    let Some(text) = text else { return Ok(None) };
    let before = text.strip_prefix('-').and_then(|text| text.parse().ok());
    let date = || u64::try_from(parse_time(&text)?.0 / 1_000).ok();
    let time = match before {
        Some(before) => Some(now.saturating_sub(before)),
        None => text.parse().ok().or_else(date),
    };
    let wanted = || {
        ApiError::bad_request(format!(
            "{name}: expected seconds since 1970, a date such as 2026-01-31T09:00:00Z, or seconds before now such as \
             -3600; found {text:?}."
        ))
    };
    time.ok_or_else(wanted).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_each_way() {
        let now = 1_764_500_000;
        for (query, from, to) in [
            ("", now - 3_600, now),
            ("from=-60", now - 60, now),
            (
                "from=1764490000&to=1764490060",
                1_764_490_000,
                1_764_490_060,
            ),
            ("from=2025-11-30T08:00:00Z&to=-0", 1_764_489_600, now),
        ] {
            let question = question(&Query::parse(Some(query)), now).unwrap();
            assert_eq!((question.from, question.to), (from, to), "{query}");
        }
        for query in [
            "from=x",
            "from=-0",
            "step=0",
            "series=limits",
            "to=1&from=2",
        ] {
            assert!(
                question(&Query::parse(Some(query)), now).is_err(),
                "{query}"
            );
        }
    }
}
