//! Lists of workflows: `/flows`, `/flows/divisionviews` and `/flows/lookup`.
//!
//! Workflows of files and of the store are one list. Which of them are wanted, and in which order, is decided over all
//! of them; no list reads a text.

use super::PATH;
use super::found::Known;
use super::shapes::{Flow, FlowDivisionView, FlowType};
use crate::caller::Caller;
use crate::error::ApiError;
use crate::json::Json;
use crate::listing::{IdList, SortOrder, is_part};
use crate::page::{Listing, Page};
use crate::query::{ParameterValue, Query, parameter};
use crate::state::Api;
use crate::wire::{parse_time, show_time};
use crate::words::words;
use axum::Extension;
use axum::extract::{RawQuery, State};
use utoipa::PartialSchema;
use utoipa::openapi::{ArrayBuilder, RefOr, Schema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const VIEWS: &str = "/api/v2/flows/divisionviews";
const LOOKUP: &str = "/api/v2/flows/lookup";
/// The lists.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list))
        .routes(routes!(views))
        .routes(routes!(look_up))
}

words! {
    /// What a list can be sorted by.
    FlowSortField {
        Id = "id",
        Name = "name",
        Type = "type",
        Description = "description",
    }
}

parameter! {
    /// What the list is sorted by; what is alike is in the order of the ids.
    FlowSort("sortBy"): FlowSortField = "id"
}
parameter! {
    /// Types, whatever their case.
    Types("type"): FlowTypes
}
parameter! {
    /// Ids of what is wanted, 50 at the most; no other filter counts then.
    FlowIds("id"): IdList
}
parameter! {
    /// A part of the name, whatever its case.
    NamePart("name"): String
}
parameter! {
    /// A part of the description, whatever its case.
    Description("description"): String
}
parameter! {
    /// A part of the name or of the description, whatever its case.
    NameOrDescription("nameOrDescription"): String
}
parameter! {
    /// The number of the published version, such as 1.0.
    PublishVersionId("publishVersionId"): String
}
parameter! {
    /// The id of a user who has the workflow locked: nobody ever has, so nothing is found.
    LockedBy("lockedBy"): String
}
parameter! {
    /// The id of a client that has the workflow locked: none ever has, so nothing is found.
    LockedByClientId("lockedByClientId"): String
}
parameter! {
    /// Of no effect: nothing is kept of a workflow that was deleted.
    Deleted("deleted"): bool = false
}
parameter! {
    /// Whether input and output variables are wanted, as JSON Schema.
    IncludeSchemas("includeSchemas"): bool = false
}
parameter! {
    /// A date in ISO 8601; workflows of files, whose date nobody knows, are left out.
    PublishedAfter("publishedAfter"): String
}
parameter! {
    /// A date in ISO 8601; workflows of files, whose date nobody knows, are left out.
    PublishedBefore("publishedBefore"): String
}
parameter! {
    /// Ids of divisions; every flow is in the home division.
    DivisionId("divisionId"): Vec<String>
}

/// Types of workflows, given one by one or separated by commas.
pub(crate) struct FlowTypes(Vec<FlowType>);

impl PartialSchema for FlowTypes {
    fn schema() -> RefOr<Schema> {
        ArrayBuilder::new().items(FlowType::schema()).into()
    }
}

impl ParameterValue for FlowTypes {
    fn read(query: &Query, name: &str) -> Result<Option<Self>, ApiError> {
        let words = query.all(name).into_iter();
        let types = words.map(|word| FlowType::parse_any_case(name, word));
        let types: Vec<_> = types.collect::<Result<_, _>>()?;
        Ok((!types.is_empty()).then_some(Self(types)))
    }
}

/// Lists flows.
#[utoipa::path(
    get, path = PATH, operation_id = "getFlows",
    params(
        Page, FlowSort, SortOrder, Types, FlowIds, NamePart, Description, NameOrDescription, PublishVersionId, LockedBy,
        LockedByClientId, Deleted, IncludeSchemas, PublishedAfter, PublishedBefore, DivisionId,
    ),
    responses((status = 200, description = "A page.", body = Listing<Flow>)),
)]
async fn list(
    State(known): State<Known>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Listing<Flow>>, ApiError> {
    caller.needs_any()?;
    let query = Query::parse(query.as_deref());
    let found = found(&known, &query).await?;
    Page::of(&query)?
        .list(PATH, &query, &found, Flow::clone)
        .map(Json)
}

/// Lists flows with a few of their fields.
#[utoipa::path(
    get, path = VIEWS, operation_id = "getFlowsDivisionviews",
    params(
        Page, FlowSort, SortOrder, Types, FlowIds, NamePart, PublishVersionId, PublishedAfter, PublishedBefore,
        DivisionId, IncludeSchemas,
    ),
    responses((status = 200, description = "A page.", body = Listing<FlowDivisionView>)),
)]
async fn views(
    State(known): State<Known>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Listing<FlowDivisionView>>, ApiError> {
    caller.needs_any()?;
    let query = Query::parse(query.as_deref());
    let found = found(&known, &query).await?;
    let view = |flow: &Flow| FlowDivisionView::from(flow.clone());
    Page::of(&query)?
        .list(VIEWS, &query, &found, view)
        .map(Json)
}

/// Lists the flows that have these ids.
#[utoipa::path(
    get, path = LOOKUP, operation_id = "getFlowsLookup", params(Page, FlowSort, SortOrder, FlowIds),
    responses((status = 200, description = "A page.", body = Listing<Flow>)),
)]
async fn look_up(
    State(known): State<Known>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Listing<Flow>>, ApiError> {
    caller.needs_any()?;
    let query = Query::parse(query.as_deref());
    if FlowIds::of(&query)?.is_none() {
        return Err(ApiError::bad_request(
            "id: missing; give the ids of the flows.",
        ));
    }
    let found = found(&known, &query).await?;
    Page::of(&query)?
        .list(LOOKUP, &query, &found, Flow::clone)
        .map(Json)
}

/// What a query asks for, in its order.
async fn found(known: &Known, query: &Query) -> Result<Vec<Flow>, ApiError> {
    let wanted = Wanted::of(query)?;
    let sort = FlowSort::of(query)?.unwrap_or(FlowSortField::Id);
    let descending = SortOrder::descending(query)?;
    let schemas = IncludeSchemas::of(query)?.unwrap_or(false);
    let mut all = known.all().await?;
    all.retain(|flow| wanted.has(flow));
    let key = |flow: &Flow| {
        let first = match sort {
            FlowSortField::Name => flow.name.to_lowercase(),
            FlowSortField::Type => flow
                .r#type
                .map(FlowType::word)
                .unwrap_or_default()
                .to_owned(),
            FlowSortField::Description => flow.description.to_lowercase(),
            FlowSortField::Id => String::new(),
        };
        (first, flow.id.clone())
    };
    all.sort_by_cached_key(key);
    if descending {
        all.reverse();
    }
    if !schemas {
        all = all.into_iter().map(Flow::without_schemas).collect();
    }
    Ok(all)
}

/// Which workflows a list has; a filter that is `None` lets all pass.
struct Wanted {
    ids: Option<IdList>,
    types: Option<FlowTypes>,
    name: Option<String>,
    description: Option<String>,
    either: Option<String>,
    version: Option<String>,
    locked: bool,
    after: Option<String>,
    before: Option<String>,
    divisions: Option<Vec<String>>,
}

impl Wanted {
    fn of(query: &Query) -> Result<Self, ApiError> {
        let locked = (LockedBy::of(query)?, LockedByClientId::of(query)?);
        Ok(Self {
            ids: FlowIds::of(query)?,
            types: Types::of(query)?,
            name: NamePart::of(query)?,
            description: Description::of(query)?,
            either: NameOrDescription::of(query)?,
            version: PublishVersionId::of(query)?,
            locked: locked != (None, None),
            after: date(PublishedAfter::NAME, PublishedAfter::of(query)?)?,
            before: date(PublishedBefore::NAME, PublishedBefore::of(query)?)?,
            divisions: DivisionId::of(query)?,
        })
    }

    fn has(&self, flow: &Flow) -> bool {
        if let Some(ids) = &self.ids {
            return ids.has(&flow.id);
        }
        let fits = |part: &Option<String>, texts: &[&str]| {
            let part = part.as_deref();
            part.is_none_or(|part| texts.iter().any(|text| is_part(part, text)))
        };
        let of_type = |types: &FlowTypes| flow.r#type.is_some_and(|it| types.0.contains(&it));
        // Dates that are written alike are ordered as their texts are.
        let published = flow.published_version.date_published.as_ref();
        let in_one = |ids: &Vec<String>| {
            let own = &flow.division.id;
            ids.iter().any(|id| id.eq_ignore_ascii_case(own))
        };
        !self.locked
            && self.divisions.as_ref().is_none_or(in_one)
            && self.types.as_ref().is_none_or(of_type)
            && fits(&self.name, &[&flow.name])
            && fits(&self.description, &[&flow.description])
            && fits(&self.either, &[&flow.name, &flow.description])
            && self
                .version
                .as_ref()
                .is_none_or(|it| *it == flow.published_version.id)
            && self
                .after
                .as_ref()
                .is_none_or(|after| published.is_some_and(|at| at > after))
            && self
                .before
                .as_ref()
                .is_none_or(|before| published.is_some_and(|at| at < before))
    }
}

/// A date as answers write it.
fn date(name: &str, text: Option<String>) -> Result<Option<String>, ApiError> {
    let read = |text: String| {
        parse_time(&text).map(show_time).ok_or_else(|| {
            ApiError::bad_request(format!(
                "{name} must be a date in ISO 8601, such as 2026-01-31T09:00:00Z, found {text:?}."
            ))
        })
    };
    text.map(read).transpose()
}
