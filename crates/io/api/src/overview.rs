//! `/api/v2/tollgate/overview`: how the service stands, in one line and in figures of the last minute.

mod flows;
mod limits;
mod situation;
mod tokens;

use crate::caller::Caller;
use crate::error::ApiError;
use crate::history::seconds_now;
use crate::json::Json;
use crate::readiness::Readiness;
use crate::state::Api;
use axum::Extension;
use axum::extract::{FromRef, State};
use flows::FlowNow;
use jiff::Timestamp;
use limits::LimitNow;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tokens::{ClientNow, IntegrationNow};
use tollgate_driver::Driver;
use tollgate_history::verdict::Verdict;
use tollgate_history::{History, Minute};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How long the engine is waited for; what gives no answer then is told as that.
const PATIENCE: Duration = Duration::from_secs(1);

/// The operation that says how the service stands.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(get))
}

/// What an overview is made of.
#[derive(Clone)]
pub(crate) struct Sources {
    pub(crate) history: Arc<History>,
    driver: Driver,
    readiness: Readiness,
}

impl FromRef<Api> for Sources {
    fn from_ref(api: &Api) -> Self {
        Self {
            history: FromRef::from_ref(api),
            driver: FromRef::from_ref(api),
            readiness: FromRef::from_ref(api),
        }
    }
}

/// How the service stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Overview {
    /// When.
    at: String,
    #[serde(flatten)]
    pub(crate) verdict: VerdictView,
    /// Seconds that the figures are of: of the last minute those in which this process ran.
    seconds: usize,
    calls: CallsView,
    /// The shared limits.
    limits: Vec<LimitNow>,
    flows: Vec<FlowNow>,
    clients: Vec<ClientNow>,
    integrations: Vec<IntegrationNow>,
}

/// How it stands, in a word and in one line.
#[derive(Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VerdictView {
    /// `good`, `tight` (all calls in time, and something to look at), `refusing` or `down`.
    #[schema(value_type = String)]
    state: &'static str,
    /// For people.
    sentence: String,
    /// The shared limit that would be full first, were there more of all calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(inline)]
    binding: Option<BindingView>,
}

/// A limit that binds.
#[derive(Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BindingView {
    limit: String,
    #[schema(value_type = String)]
    scope: &'static str,
    /// How many calls may be counted.
    allowed: u64,
    /// The most that were counted at once in the last minute.
    used: u64,
    /// How much more it carries, in parts of a hundred of what is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    more_percent: Option<u64>,
}

/// Calls of the last minute, by how they ended.
#[derive(Serialize, ToSchema)]
struct CallsView {
    /// With an output, kept ones included.
    answered: u64,
    refused: u64,
    failed: u64,
}

impl From<&Verdict> for VerdictView {
    fn from(verdict: &Verdict) -> Self {
        Self {
            state: verdict.state.word(),
            sentence: verdict.sentence(),
            binding: verdict.binding.as_ref().map(|it| BindingView {
                limit: it.name.clone(),
                scope: it.scope.as_str(),
                allowed: it.allowed,
                used: it.used,
                more_percent: it.more_percent(),
            }),
        }
    }
}

/// How the service stands: one line in words, the limit that binds, and flows, limits and tokens with their figures of the last
/// minute.
#[utoipa::path(
    get, path = "/api/v2/tollgate/overview", operation_id = "getOverview",
    responses((status = 200, description = "The answer.", body = Overview)),
)]
async fn get(
    State(sources): State<Sources>,
    Extension(caller): Caller,
) -> Result<Json<Overview>, ApiError> {
    caller.needs_watch()?;
    Ok(Json(sources.overview().await.0))
}

impl Sources {
    /// How it stands now.
    pub(crate) async fn overview(&self) -> (Overview, Verdict) {
        let asked = tokio::time::timeout(PATIENCE, self.driver.figures()).await;
        let figures = asked.ok().flatten();
        let minute = self.history.minute();
        let situation = situation::of(self, &minute, figures.as_ref());
        let verdict = Verdict::of(&situation);
        let now = self.driver.now();
        let seconds = i64::try_from(seconds_now()).unwrap_or(0);
        let at = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
        let snapshot = figures.as_ref().map(|it| &it.snapshot);
        let overview = Overview {
            at: at.to_string(),
            verdict: VerdictView::from(&verdict),
            seconds: minute.seconds,
            calls: CallsView {
                answered: situation.calls.answered,
                refused: situation.calls.refused,
                failed: situation.calls.failed,
            },
            limits: snapshot.map_or_else(Vec::new, |it| limits::all(it, &minute, now)),
            flows: flows::all(figures.as_ref(), &minute),
            clients: snapshot.map_or_else(Vec::new, |it| {
                tokens::clients(it, &self.driver.token_troubles(), now)
            }),
            integrations: tokens::integrations(&minute),
        };
        (overview, verdict)
    }
}

/// A figure of a series by its name.
fn figure(kind: tollgate_history::Kind, values: &[u64], name: &str) -> u64 {
    let place = kind.place(name);
    place
        .and_then(|place| values.get(place))
        .copied()
        .unwrap_or(0)
}

/// How many calls of a minute, if so many came in so many seconds.
fn per_minute(calls: u64, minute: &Minute) -> f64 {
    let seconds = u32::try_from(minute.seconds.max(1)).unwrap_or(60);
    let calls = u32::try_from(calls).unwrap_or(u32::MAX);
    (f64::from(calls) * 600.0 / f64::from(seconds)).round() / 10.0
}
