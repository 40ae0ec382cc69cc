//! Data tables as answers and requests have them (*documented*: `DataTable` of the platform's SDKs).

use super::PATH;
use crate::error::ApiError;
use crate::organization::{DivisionView, WritableDivision};
use crate::request::request;
use serde::Serialize;
use serde_json::{Value, json};
use std::borrow::Cow;
use tollgate_config::Organization;
use tollgate_json::Doc;
use tollgate_store::{Expected, JsonText, Table, TableBody};
use tollgate_table::{Kind, Schema, SchemaFault};
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema as Described, Type};
use utoipa::{PartialSchema, ToSchema};

/// A table that flows look things up in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DataTable {
    id: String,
    name: String,
    description: String,
    division: DivisionView,
    /// How often the table was written, its rows aside.
    #[schema(minimum = 0)]
    version: i64,
    self_uri: String,
    /// The schema of its rows, where it is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<TableSchema>)]
    schema: Option<Value>,
}

impl DataTable {
    pub(super) fn of(table: &Table, organization: &Organization, schema: bool) -> Self {
        Self {
            id: table.id.to_string(),
            name: table.body.name.clone(),
            description: table.body.description.clone(),
            division: division(&table.body.division, organization),
            version: table.version.0,
            self_uri: format!("{PATH}/{}", table.id),
            schema: schema.then(|| titled(&table.body)),
        }
    }
}

/// The division that a table was given, or the home division. One that the configuration doesn't have any more has
/// its id in place of a name.
fn division(id: &str, organization: &Organization) -> DivisionView {
    if id.is_empty() {
        return organization.home().into();
    }
    organization.division(id).map_or_else(
        || DivisionView {
            id: id.to_owned(),
            name: id.to_owned(),
            self_uri: format!("/api/v2/authorization/divisions/{id}"),
        },
        DivisionView::from,
    )
}

/// The schema under the table's own name (*documented*: its title is overridden by the name) and description.
fn titled(table: &TableBody) -> Value {
    let mut schema = table.schema.value();
    if let Value::Object(said) = &mut schema {
        said.insert("title".into(), json!(table.name));
        if !table.description.is_empty() {
            said.insert("description".into(), json!(table.description));
        }
    }
    schema
}

request! {
    /// A data table as it is to be.
    DataTableRequest {
        #[schema(min_length = 1, max_length = 256)]
        name: String,
        /// Notes of the author's; without it those of the schema.
        description: Option<String>,
        /// The division that it is in; without it the one that it was in, or the home division.
        division: Option<WritableDivision>,
        #[schema(value_type = TableSchema)]
        schema: Option<Doc>,
        /// The version that was read; what was changed since then isn't overwritten.
        #[schema(value_type = Option<i64>, minimum = 0)]
        version: Expected,
    }
    shown {
        id: String,
        self_uri: String,
    }
}

impl DataTableRequest {
    /// What the store keeps, if rows can have such a schema and `before` can become it.
    pub(super) fn body(
        &self,
        organization: &Organization,
        before: Option<&TableBody>,
    ) -> Result<TableBody, ApiError> {
        let given = self.schema.clone().ok_or_else(|| {
            ApiError::bad_request("schema: missing; give a JSON schema with a property \"key\".")
        })?;
        let given = given.into_value();
        let schema = Schema::read(&given)?;
        if let Some(before) = before {
            schema.follows(&Schema::stored(&before.schema.value()))?;
        }
        let said = given["description"].as_str().map(str::to_owned);
        let division = match (&self.division, before) {
            (Some(given), _) => given.find(organization, "division.id")?.id.to_string(),
            (None, Some(before)) => before.division.clone(),
            (None, None) => String::new(),
        };
        Ok(TableBody {
            name: self.name.clone(),
            description: self.description.clone().or(said).unwrap_or_default(),
            schema: JsonText::parse(given.to_string())?,
            division,
        })
    }
}

impl From<SchemaFault> for ApiError {
    fn from(fault: SchemaFault) -> Self {
        Self::bad_request(fault.to_string())
    }
}

/// The schema of a table's rows, as the document describes it.
pub(super) struct TableSchema;

impl ToSchema for TableSchema {
    fn name() -> Cow<'static, str> {
        "DataTableSchema".into()
    }
}

impl PartialSchema for TableSchema {
    fn schema() -> RefOr<Described> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let column = |kinds: &[Kind]| {
            let kinds = kinds.iter().map(|kind| kind.word());
            let kind = text().enum_values(Some(kinds));
            ObjectBuilder::new()
                .property("type", kind)
                .property("$id", text())
                .property("title", text())
                .property("description", text())
                .property(
                    "displayOrder",
                    ObjectBuilder::new().schema_type(Type::Integer),
                )
                .additional_properties(Some(AdditionalProperties::FreeForm(true)))
                .required("type")
        };
        let columns = ObjectBuilder::new()
            .property("key", column(&[Kind::String]))
            .required("key")
            .additional_properties(Some(column(&Kind::ALL)));
        ObjectBuilder::new()
            .property("$schema", text())
            .property("id", text())
            .property("title", text())
            .property("description", text())
            .property("type", text().enum_values(Some(["object"])))
            .property("properties", columns)
            .required("properties")
            .property("required", Vec::<String>::schema())
            .property(
                "additionalProperties",
                ObjectBuilder::new()
                    .schema_type(Type::Boolean)
                    .enum_values(Some([false])),
            )
            .into()
    }
}
