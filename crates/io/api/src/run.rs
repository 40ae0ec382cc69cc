//! Calls of published actions, and what tests of drafts share with them.

mod later;
mod noted;
mod stepwise;
mod terms;

use crate::answers::CallErrors;
use crate::bodies::Bodies;
use crate::caller::Caller;
use crate::edge::call_id;
use crate::error::{ApiError, RESULT, with_output};
use crate::jobs::JobAnswer;
use crate::journal::Journal;
use crate::query::{Query, parameter};
use crate::state::Api;
use axum::Extension;
use axum::extract::{FromRef, Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, HeaderValue, header};
use std::sync::Arc;
pub(crate) use stepwise::{TestReport, show_test};
pub use terms::flow_and_deadline;
use terms::{ErrorsHeader, LaterHeaders, wants_inline};
pub(crate) use terms::{TermsHeaders, terms};
use tollgate_callers::{Over, Principal};
use tollgate_definitions::{Catalog, CatalogAction, Lanes, Live, NameError};
use tollgate_execution::{Executor, Outcome, Terms};
use tollgate_jobs::Jobs;
use tollgate_store::Role;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How long an execution waited for its start, in milliseconds.
const WAITED: HeaderName = HeaderName::from_static("tollgate-waited");
/// Where the answer of an action that may be kept came from.
const CACHE: HeaderName = HeaderName::from_static("tollgate-cache");

/// What the calls of actions take.
#[derive(Clone)]
pub(crate) struct Calls {
    pub(crate) live: Arc<Live>,
    pub(crate) executor: Arc<Executor>,
    pub(crate) bodies: Bodies,
    journal: Arc<Journal>,
    jobs: Option<Arc<Jobs>>,
    lanes: Arc<Lanes>,
}

impl FromRef<Api> for Calls {
    fn from_ref(api: &Api) -> Self {
        Self {
            live: FromRef::from_ref(api),
            executor: FromRef::from_ref(api),
            bodies: FromRef::from_ref(api),
            journal: FromRef::from_ref(api),
            jobs: FromRef::from_ref(api),
            lanes: FromRef::from_ref(api),
        }
    }
}

/// The operations that call actions.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(execute))
        .routes(routes!(execute_named))
        .routes(routes!(stepwise::test))
}

parameter! {
    /// Whether a nested output is flattened, as flows read it.
    Flatten("flatten"): bool = false
}

/// Runs an action; the body is its inputs.
#[utoipa::path(
    post, path = "/api/v2/integrations/actions/{actionId}/execute", operation_id = "postIntegrationsActionExecute",
    params(Flatten, TermsHeaders, ErrorsHeader, LaterHeaders), request_body = Option<Value>,
    responses(
        (status = 200, description = "The answer.", body = Value),
        (status = 202, description = "The call is kept, and carried out later.", body = JobAnswer),
        CallErrors,
    ),
)]
async fn execute(
    State(calls): State<Calls>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let catalog = calls.live.catalog();
    let entry = callable(catalog.find(&id)?, &caller)?;
    calls.execute(&catalog, entry, &caller, request).await
}

/// Runs an action that is found by its name and that of its integration, or the integration's id; the body is its
/// inputs.
#[utoipa::path(
    post, path = "/api/v2/tollgate/actions/{integration}/{name}/execute", operation_id = "postTollgateActionExecute",
    params(Flatten, TermsHeaders, ErrorsHeader, LaterHeaders), request_body = Option<Value>,
    responses(
        (status = 200, description = "The answer.", body = Value),
        (status = 202, description = "The call is kept, and carried out later.", body = JobAnswer),
        CallErrors,
    ),
)]
async fn execute_named(
    State(calls): State<Calls>,
    Extension(caller): Caller,
    Path((integration, name)): Path<(String, String)>,
    request: Request,
) -> Result<Response, ApiError> {
    let catalog = calls.live.catalog();
    let entry = callable(named(&catalog, &caller, (&integration, &name))?, &caller)?;
    calls.execute(&catalog, entry, &caller, request).await
}

impl Calls {
    /// Executes an action that the caller may call. What says how it is to be called (query and headers) is read
    /// first: a fault of it is no end of the call, and answered as such wherever the ends of calls stand.
    async fn execute(
        &self,
        catalog: &Catalog,
        entry: &Arc<CatalogAction>,
        caller: &Principal,
        request: Request,
    ) -> Result<Response, ApiError> {
        let (parts, body) = request.into_parts();
        let id = call_id(&parts.extensions);
        let flat = Flatten::of(&Query::parse(parts.uri.query()))?.unwrap_or(false);
        let of = (entry, catalog.find_integration(&entry.integration)?);
        if later::is_wanted(&parts.headers) {
            let given = (&parts.headers, body);
            return self.accept(of, (caller, id), given, flat).await;
        }
        later::refuse_callback(&parts.headers)?;
        let inline = wants_inline(&parts.headers)?;
        let terms = Terms {
            below: inline.then_some(RESULT),
            ..terms(caller, (&parts.headers, flat), id)?
        };
        let ended = match self.bodies.text(body).await {
            Ok(body) => {
                let outcome = self.executor.execute(of, body, terms).await;
                let calls = match &outcome {
                    Ok(outcome) => Arc::clone(&outcome.calls),
                    Err(error) => Arc::clone(&error.calls),
                };
                let outcome = outcome.map_err(ApiError::from);
                self.note(caller, "execute", entry, outcome.as_ref().err(), &calls);
                outcome
            }
            Err(error) => Err(error),
        };
        match ended {
            Ok(outcome) => Ok(answer(&outcome, inline, flat)),
            Err(error) if inline => Ok(error.into_inline_response()),
            Err(error) => Err(error),
        }
    }
}

/// The answer to a call that has an output.
fn answer(outcome: &Outcome, inline: bool, flat: bool) -> Response {
    let waited = outcome.waited.as_millis().to_string();
    let json = HeaderValue::from_static("application/json");
    let head = [(header::CONTENT_TYPE, json)];
    let body = match inline {
        true => with_output(&outcome.output, flat),
        false => outcome.output.as_ref().to_owned(),
    };
    let mut response = ([(WAITED, waited)], head, body).into_response();
    if let Some(source) = outcome.source {
        let word = HeaderValue::from_static(source.as_str());
        response.headers_mut().insert(CACHE, word);
    }
    response
}

/// The action of two names. They can be guessed, as ids can't: of what the caller doesn't see, it isn't told whether
/// it is there.
fn named<'a>(
    catalog: &'a Catalog,
    caller: &Principal,
    (integration, name): (&str, &str),
) -> Result<&'a Arc<CatalogAction>, ApiError> {
    caller.needs_any()?;
    let unseen = || ApiError::from(NameError::NoIntegration(integration.to_owned()));
    let target = match catalog.integration_called(integration) {
        Ok(target) => target,
        Err(error) if caller.sees(Over::Everything) => return Err(error.into()),
        Err(_) => return Err(unseen()),
    };
    match catalog.action_of(target, name) {
        Ok(entry) if caller.sees(Over::of(entry)) => Ok(entry),
        Err(error) if caller.sees(Over::Integration(&target.id)) => Err(error.into()),
        _ => Err(unseen()),
    }
}

/// The action, if the caller may call it.
fn callable<'a>(
    entry: &'a Arc<CatalogAction>,
    caller: &Principal,
) -> Result<&'a Arc<CatalogAction>, ApiError> {
    caller.needs(Role::Execute, Over::of(entry))?;
    if entry.is_auth() {
        let message = "This action is an integration's own login; it runs when a call needs it.";
        return Err(ApiError::bad_request(message));
    }
    Ok(entry)
}
