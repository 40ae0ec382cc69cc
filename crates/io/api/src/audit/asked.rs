//! What is asked of the audit log, read once and asked of the store.

use super::services;
use crate::error::ApiError;
use crate::request::{Field, entries, only_entry};
use crate::usage::interval;
use crate::words::words;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tollgate_json::Doc;
use tollgate_store::{AuditQuery, PageRequest};
use utoipa::ToSchema;

/// Filters of one question.
const MOST_FILTERS: usize = 50;

words! {
    /// What entries can be told apart by.
    Property {
        UserId = "UserId",
        TrusteeOrganizationId = "TrusteeOrganizationId",
        ClientId = "ClientId",
        Action = "Action",
        EntityType = "EntityType",
        EntityId = "EntityId",
    }
}
words! {
    /// What entries can be sorted by.
    SortName { Timestamp = "Timestamp", }
}
words! {
    /// Which way they go.
    Direction { Ascending = "ascending", Descending = "descending", }
}

/// What entries must have. Of several filters of one property one must fit, and one of each property.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = AuditQueryFilter)]
pub(crate) struct AuditFilter {
    /// No entry is of a user or of a trustee: a filter by either finds nothing.
    pub(super) property: Property,
    /// Of actions and types of entities: whatever its case.
    pub(super) value: String,
}

/// Which way the entries go: the newest first unless it says `ascending`.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditQuerySort, rename_all = "camelCase")]
pub(crate) struct AuditSort {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<SortName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sort_order: Option<Direction>,
}

impl Field for Vec<AuditFilter> {
    fn read(doc: &Doc, name: &str) -> Result<Self, ApiError> {
        let read = |filter: &Value| {
            let text = |field: &str| {
                let found = filter.get(field).and_then(Value::as_str);
                let found = found.filter(|text| !text.contains('\0'));
                found.ok_or_else(|| {
                    ApiError::bad_request(format!("{name}: {field} is missing or holds a NUL."))
                })
            };
            only_entry(name, filter, &["property", "value"])?;
            Ok(AuditFilter {
                value: text("value")?.to_owned(),
                property: Property::parse_any_case(name, text("property")?)?,
            })
        };
        let filters = entries(doc, name)?;
        if filters.len() > MOST_FILTERS {
            let message =
                format!("{name}: at most {MOST_FILTERS} filters can be asked for at once.");
            return Err(ApiError::bad_request(message));
        }
        filters.iter().map(read).collect()
    }
}

impl Field for Option<AuditSort> {
    fn read(doc: &Doc, name: &str) -> Result<Self, ApiError> {
        let sorts = entries(doc, name)?;
        if sorts.len() > 1 {
            let message =
                format!("{name}: expected one entry, since there is one field to sort by.");
            return Err(ApiError::bad_request(message));
        }
        let read = |sort: &Value| {
            let text = |field: &str| sort.get(field).and_then(Value::as_str);
            let by = text("name").map(|text| SortName::parse_any_case(name, text));
            let order = text("sortOrder").map(|text| Direction::parse_any_case(name, text));
            only_entry(name, sort, &["name", "sortOrder"])?;
            Ok(AuditSort {
                name: by.transpose()?,
                sort_order: order.transpose()?,
            })
        };
        sorts.first().map(read).transpose()
    }
}

/// A question that was read.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) interval: String,
    pub(super) service: Option<String>,
    pub(super) filters: Vec<AuditFilter>,
    pub(super) sort: Option<AuditSort>,
}

impl Asked {
    /// What the store is asked for; none where nothing can fit.
    pub(super) fn query(&self, page: PageRequest) -> Result<Option<AuditQuery>, ApiError> {
        let (from, until) = interval(&self.interval)?;
        let mut wanted = AuditQuery {
            from: Some(from),
            until: Some(until),
            page,
            oldest_first: oldest_first(self.sort),
            ..AuditQuery::default()
        };
        for AuditFilter { property, value } in &self.filters {
            match property {
                Property::UserId | Property::TrusteeOrganizationId => return Ok(None),
                Property::ClientId => wanted.actors.push(format!("client:{value}")),
                Property::Action => wanted.actions.push(services::action(value)),
                Property::EntityId => wanted.entity_ids.push(value.clone()),
                Property::EntityType => {
                    let word = services::word(value);
                    let unknown =
                        || unknown("filters: EntityType", value, &services::entity_types());
                    wanted
                        .entity_types
                        .push(word.ok_or_else(unknown)?.to_owned());
                }
            }
        }
        let Some(named) = &self.service else {
            return Ok(Some(wanted));
        };
        let service = services::service(named);
        let unknown = || unknown("serviceName", named, &services::services());
        let mut of_service = services::words_of(service.ok_or_else(unknown)?);
        if !wanted.entity_types.is_empty() {
            of_service.retain(|word| wanted.entity_types.contains(word));
        }
        wanted.entity_types = of_service;
        Ok((!wanted.entity_types.is_empty()).then_some(wanted))
    }
}

/// Whether the oldest entry is the first.
pub(super) fn oldest_first(sort: Option<AuditSort>) -> bool {
    sort.and_then(|sort| sort.sort_order) == Some(Direction::Ascending)
}

fn unknown(field: &str, found: &str, known: &[&str]) -> ApiError {
    let known = known.join(", ");
    ApiError::bad_request(format!(
        "{field}: {found:?} is none of those here: {known}."
    ))
}

/// A question as the id of a query that is answered later: the id *is* the question, so that any node answers it.
#[derive(Serialize, Deserialize)]
pub(super) struct Written {
    /// When it was asked, in milliseconds since 1970.
    pub(super) at: i64,
    interval: String,
    service: Option<String>,
    /// Properties and values.
    filters: Vec<(String, String)>,
    /// Which way they go, where that was said.
    order: Option<String>,
    /// Whether it was said what they are sorted by.
    named: bool,
}

impl Written {
    pub(super) fn of(asked: Asked, at: i64) -> Self {
        let filters = asked.filters.into_iter();
        let order = asked.sort.and_then(|sort| sort.sort_order);
        Self {
            at,
            interval: asked.interval,
            service: asked.service,
            filters: filters
                .map(|it| (it.property.word().to_owned(), it.value))
                .collect(),
            order: order.map(|order| order.word().to_owned()),
            named: asked.sort.is_some_and(|sort| sort.name.is_some()),
        }
    }

    pub(super) fn asked(self) -> Result<Asked, ApiError> {
        let filters = self.filters.into_iter().map(|(property, value)| {
            Ok(AuditFilter {
                property: Property::parse("filters", &property)?,
                value,
            })
        });
        let filters = filters.collect::<Result<_, ApiError>>()?;
        let order = self.order.map(|order| Direction::parse("sort", &order));
        let sort = AuditSort {
            name: self.named.then_some(SortName::Timestamp),
            sort_order: order.transpose()?,
        };
        let is_sorted = sort.name.is_some() || sort.sort_order.is_some();
        Ok(Asked {
            interval: self.interval,
            service: self.service,
            filters,
            sort: is_sorted.then_some(sort),
        })
    }
}
