//! What the API's document says of each operation that requests are held to: the parameters of its query (`declared`),
//! the type of its body (`media`), and whether it takes `If-Match` (`tags`). It is said once, where the operation is
//! described; the operation of a request is found once, and is among its extensions from then on.

use crate::openapi::operations;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::Method;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// An operation as the document describes it.
#[derive(Debug)]
pub(crate) struct Operation {
    /// The parameters of its query.
    pub(crate) parameters: Vec<QueryParameter>,
    /// The type of its body; none where it takes no body.
    pub(crate) body: Option<BodyType>,
    /// Whether a request may say which version it is about.
    pub(crate) takes_if_match: bool,
}

/// A parameter of a query.
#[derive(Debug)]
pub(crate) struct QueryParameter {
    /// Its name.
    pub(crate) name: String,
    /// Whether it may be given more than once.
    pub(crate) is_list: bool,
}

/// The types of bodies that operations take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BodyType {
    Json,
    Yaml,
    Form,
}

/// The operations of the document, by path and method.
#[derive(Debug)]
pub(crate) struct Operations(HashMap<String, Vec<(Method, Arc<Operation>)>>);

impl Operations {
    /// Those of the API's document.
    pub(crate) fn of(document: &Value) -> Self {
        let mut by_path: HashMap<_, Vec<_>> = HashMap::new();
        for (method, path, operation) in operations(document) {
            let found = (method, Arc::new(Operation::of(operation)));
            by_path.entry(path.to_owned()).or_default().push(found);
        }
        Self(by_path)
    }

    /// The operation of this path, with the names of its variables, and of this method; a HEAD is answered as a GET is.
    pub(crate) fn find(&self, path: &str, method: &Method) -> Option<&Arc<Operation>> {
        let method = match *method {
            Method::HEAD => &Method::GET,
            _ => method,
        };
        let found = self.0.get(path)?.iter().find(|(known, _)| known == method);
        found.map(|(_, operation)| operation)
    }
}

impl Operation {
    fn of(described: &Value) -> Self {
        let parameters = described["parameters"].as_array();
        let parameters = || parameters.into_iter().flatten();
        let content = described.pointer("/requestBody/content");
        let types = content.and_then(Value::as_object).into_iter().flatten();
        Self {
            parameters: parameters()
                .filter(|it| it["in"] == "query")
                .filter_map(QueryParameter::of)
                .collect(),
            body: types.into_iter().find_map(|(name, _)| BodyType::of(name)),
            takes_if_match: parameters().any(|it| it["name"] == "If-Match"),
        }
    }
}

impl QueryParameter {
    fn of(described: &Value) -> Option<Self> {
        Some(Self {
            name: described["name"].as_str()?.to_owned(),
            is_list: described["schema"]["type"] == "array",
        })
    }
}

impl BodyType {
    /// The type that a media type is of, which is in lower case and without parameters.
    pub(crate) fn of(media_type: &str) -> Option<Self> {
        match media_type {
            "application/json" | "text/json" => Some(Self::Json),
            "application/yaml" | "application/x-yaml" | "text/yaml" | "text/x-yaml" => {
                Some(Self::Yaml)
            }
            "application/x-www-form-urlencoded" => Some(Self::Form),
            other if other.starts_with("application/") && other.ends_with("+json") => {
                Some(Self::Json)
            }
            _ => None,
        }
    }
}

/// Puts the operation of a request among its extensions.
pub(crate) async fn find(
    State(operations): State<Arc<Operations>>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.extensions().get::<MatchedPath>();
    let found = path.and_then(|path| operations.find(path.as_str(), request.method()));
    if let Some(operation) = found.cloned() {
        request.extensions_mut().insert(operation);
    }
    next.run(request).await
}
