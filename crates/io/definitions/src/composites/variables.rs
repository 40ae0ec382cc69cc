//! A workflow's variables as what a composite takes and gives.
//!
//! Its input variables are the composite's inputs, its output variables the outputs, both without the scope that all of
//! them have: `Flow.queueId` is `queueId`. None is required, since a variable may be without a value.

use serde_json::{Map, Value as Json, json};
use tollgate_expression::{Type, Value};

/// The scope of a workflow's own variables. Those of its tasks have others.
const SCOPE: &str = "Flow.";

/// A variable of the workflow's own.
pub(super) struct Variable<'a> {
    /// As the composite calls it.
    name: &'a str,
    /// As the workflow does.
    variable: &'a str,
    kind: Type,
}

/// The workflow's own among these variables.
pub(super) fn own<'a>(variables: impl Iterator<Item = (&'a str, Type)>) -> Vec<Variable<'a>> {
    let own = variables.filter_map(|(variable, kind)| {
        let (scope, name) = variable.split_at_checked(SCOPE.len())?;
        scope.eq_ignore_ascii_case(SCOPE).then_some(Variable {
            name,
            variable,
            kind,
        })
    });
    own.collect()
}

/// The schema of an object of them.
pub(super) fn schema(variables: &[Variable<'_>]) -> Json {
    let properties = variables.iter();
    let properties = properties.map(|it| (it.name.to_owned(), Value::json_schema(it.kind)));
    json!({"type": "object", "properties": properties.collect::<Map<_, _>>()})
}

/// What the composite calls them, and what the workflow does.
pub(super) fn names(variables: Vec<Variable<'_>>) -> Vec<(String, String)> {
    let names = variables.into_iter();
    let names = names.map(|it| (it.name.to_owned(), it.variable.to_owned()));
    names.collect()
}
