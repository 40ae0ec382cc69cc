//! Making an integration.

use super::free_of_files;
use super::given::{self, IntegrationRequest};
use super::shown::{IntegrationView, IntendedWord, PATH, show};
use crate::answers::ChangeErrors;
use crate::bodies::SentBody;
use crate::caller::Caller;
use crate::changes::by;
use crate::error::ApiError;
use crate::json::Json;
use crate::slip::slip;
use axum::Extension;
use axum::extract::State;
use std::collections::BTreeSet;
use std::sync::Arc;
use tollgate_action::TypeFacts;
use tollgate_callers::Over;
use tollgate_definitions::Live;
use tollgate_driver::Driver;
use tollgate_store::{Author, EntityId, Integration, NewIntegration, Role, StoreError};

/// How many names are tried for an integration that is given none.
const NUMBERS: usize = 100;

/// Makes an integration.
#[utoipa::path(
    post, path = PATH, operation_id = "postIntegrations",
    request_body = IntegrationRequest,
    responses((status = 200, description = "The answer.", body = IntegrationView), ChangeErrors),
)]
pub(super) async fn create(
    State(live): State<Arc<Live>>,
    State(driver): State<Driver>,
    Extension(caller): Caller,
    body: SentBody,
) -> Result<Json<IntegrationView>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let request = IntegrationRequest::read(&body.doc().await?)?;
    let type_id = request.integration_type.id;
    check_type(&type_id)?;
    let given = given::name(request.name);
    if let Some(name) = &given {
        free_of_files(&live, name)?;
    }
    let is_given = given.is_some();
    let new = NewIntegration {
        id: EntityId::random(),
        name: given.unwrap_or_else(|| name_of(&type_id)),
        type_id,
        intended_state: request
            .intended_state
            .unwrap_or(IntendedWord::Disabled)
            .into(),
        notes: request.notes.unwrap_or_default(),
        attributes: request.attributes.unwrap_or_default(),
    };
    let made = match is_given {
        true => {
            live.store()?
                .create::<Integration>(new, &by(&caller))
                .await?
        }
        false => create_numbered(&live, new, &by(&caller)).await?,
    };
    live.refresh().await?;
    let catalog = live.catalog();
    let target = catalog.find_integration(made.id.as_str())?;
    Ok(Json(show(&catalog, target, &driver)))
}

/// Takes every type: one that can't be served is kept as it is, so that the plan of a whole organisation applies; why its
/// actions can't be called is told in `reportedState`.
fn check_type(id: &str) -> Result<(), ApiError> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if !id.bytes().all(is_word) {
        let message = format!("integrationType.id: expected A-Z a-z 0-9 - _ ., found {id:?}.");
        return Err(ApiError::bad_request(message));
    }
    match slip(id, TypeFacts::all().iter().map(|facts| facts.id)) {
        None => Ok(()),
        Some(meant) => Err(ApiError::bad_request(format!(
            "integrationType.id: found {id:?}; did you mean {meant:?}?"
        ))),
    }
}

/// What an integration of the type is called that is given no name.
fn name_of(type_id: &str) -> String {
    let known = TypeFacts::find(type_id).map(|facts| facts.name);
    known.unwrap_or(type_id).to_owned()
}

/// Makes an integration whose name nobody has given: with the first number behind it that makes it one of its own.
async fn create_numbered(
    live: &Live,
    new: NewIntegration,
    by: &Author,
) -> Result<Integration, ApiError> {
    let taken: BTreeSet<_> = {
        let catalog = live.catalog();
        let names = catalog.integrations().map(|it| it.name.to_lowercase());
        names.collect()
    };
    let numbered = |number: u32| match number {
        1 => new.name.clone(),
        _ => format!("{} {number}", new.name),
    };
    let free = (1..)
        .map(numbered)
        .filter(|name| !taken.contains(&name.to_lowercase()));
    let mut last = None;
    // Others may make some at the same time.
    for name in free.take(NUMBERS) {
        let new = NewIntegration {
            name,
            ..new.clone()
        };
        match live.store()?.create::<Integration>(new, by).await {
            Err(error @ StoreError::Conflict { what: "name", .. }) => last = Some(error),
            outcome => return Ok(outcome?),
        }
    }
    Err(last.map_or_else(
        || ApiError::conflict("already.exists", "Give it a name."),
        Into::into,
    ))
}
