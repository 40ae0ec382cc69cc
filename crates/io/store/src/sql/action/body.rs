//! What actions and drafts have in common: the body, and how lists are asked for.

use crate::backend::{Row, Value, values};
use crate::error::{Invalid, StoreResult};
use crate::limits;
use crate::seam::{ActionBody, ActionQuery, ActionSort, ActionStamp, Secure, Version};
use crate::sql::check;
use crate::sql::list::Select;
use serde_json::json;

/// Name, category, secure, config, contract.
pub(in crate::sql) fn body_values(body: &ActionBody) -> Vec<Value> {
    values![
        &body.name,
        &body.category,
        body.secure,
        &body.config,
        &body.contract
    ]
}

pub(in crate::sql) fn check_body(body: &ActionBody) -> StoreResult<()> {
    check::name("name", &body.name)?;
    check::name("category", &body.category)
}

pub(in crate::sql) fn told(body: &ActionBody, version: Version) -> serde_json::Value {
    json!({"name": body.name, "category": body.category, "secure": body.secure, "version": version.0})
}

/// The same of one whose documents weren't read.
pub(in crate::sql) fn told_of(stamp: &ActionStamp) -> serde_json::Value {
    let ActionStamp {
        name,
        category,
        secure,
        version,
        ..
    } = stamp;
    json!({"name": name, "category": category, "secure": secure, "version": version.0})
}

pub(in crate::sql) fn list(
    columns: &'static str,
    table: &'static str,
    query: &ActionQuery,
) -> StoreResult<Select> {
    if query.ids.len() > limits::PAGE as usize {
        return Err(Invalid::new("ids", "are more than 500").into());
    }
    Ok(Select::new(columns, table)
        .name("name_key", query.name.as_ref())
        .name("category_key", query.category.as_ref())
        .compare("integration_id", "=", query.integration_id.as_ref())
        .compare("secure", "=", query.secure.map(|s| s == Secure::Only))
        .among("id", &query.ids))
}

pub(in crate::sql) fn order(query: &ActionQuery) -> &'static str {
    match query.sort.key {
        ActionSort::Name => "name_key",
        ActionSort::Category => "category_key",
        ActionSort::Integration => "integration_id",
        ActionSort::Created => "created",
        ActionSort::Modified => "modified",
    }
}

pub(in crate::sql) fn read_body(row: &mut Row) -> StoreResult<ActionBody> {
    Ok(ActionBody {
        name: row.text()?,
        category: row.text()?,
        secure: row.flag()?,
        config: row.json()?,
        contract: row.json()?,
    })
}
