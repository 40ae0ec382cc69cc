//! The parameters that operations declare: a request with another one is refused by its name.
//!
//! A filter that is passed over changes what a list means, and nobody sees it: `sortOrdr=desc` would be an answer in the
//! wrong order, an unknown filter all there is. So nothing is passed over. Which parameters an operation has is said once,
//! in the document; what a handler reads without declaring it would be refused here, before it got there.

use crate::error::ApiError;
use crate::query::Query;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::Method;
use std::collections::HashMap;
use std::sync::Arc;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::schema::{SchemaType, Type};
use utoipa::openapi::{OpenApi, RefOr, Schema};

/// The parameters of each operation's query, by its path and method.
pub(crate) struct Declared(HashMap<String, Vec<(Method, Vec<Declaration>)>>);

struct Declaration {
    name: String,
    /// Whether it may be given more than once.
    is_list: bool,
}

impl Declared {
    /// What the document declares.
    pub(crate) fn of(document: &OpenApi) -> Self {
        let paths = document.paths.paths.iter().map(|(path, item)| {
            let operations = [
                (Method::GET, &item.get),
                (Method::POST, &item.post),
                (Method::PUT, &item.put),
                (Method::PATCH, &item.patch),
                (Method::DELETE, &item.delete),
            ];
            let declared = operations
                .into_iter()
                .filter_map(|(method, operation)| Some((method, parameters(operation.as_ref()?))));
            (path.clone(), declared.collect())
        });
        Self(paths.collect())
    }

    /// # Errors
    /// The query has a parameter that the operation doesn't declare, or one twice that is no list.
    fn check(&self, path: &str, method: &Method, query: &str) -> Result<(), ApiError> {
        // A HEAD is answered as a GET is.
        let method = if method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        let operations = self.0.get(path).into_iter().flatten();
        let Some((_, declared)) = operations.into_iter().find(|(known, _)| known == method) else {
            return Ok(());
        };
        let query = Query::parse(Some(query));
        for (at, (name, _)) in query.pairs().enumerate() {
            let Some(known) = declared.iter().find(|known| known.name == name) else {
                let names: Vec<_> = declared.iter().map(|known| &*known.name).collect();
                let takes = match &*names {
                    [] => "it has none".to_owned(),
                    names => format!("it has {}", names.join(", ")),
                };
                return Err(ApiError::bad_request(format!(
                    "{name}: this operation has no such parameter; {takes}."
                ))
                .with("parameter", name));
            };
            if !known.is_list && query.pairs().take(at).any(|(before, _)| before == name) {
                return Err(ApiError::bad_request(format!(
                    "{name}: given more than once; give it once."
                ))
                .with("parameter", name));
            }
        }
        Ok(())
    }
}

fn parameters(of: &Operation) -> Vec<Declaration> {
    let all = of.parameters.iter().flatten();
    let written = all.filter_map(|parameter| match parameter {
        RefOr::T(parameter) => Some(parameter),
        RefOr::Ref(_) => None,
    });
    let query = written.filter(|parameter| parameter.parameter_in == ParameterIn::Query);
    let declared = query.map(|parameter| Declaration {
        name: parameter.name.clone(),
        is_list: is_list(parameter),
    });
    declared.collect()
}

fn is_list(parameter: &Parameter) -> bool {
    match &parameter.schema {
        Some(RefOr::T(Schema::Array(list))) => {
            matches!(list.schema_type, SchemaType::Type(Type::Array))
        }
        _ => false,
    }
}

/// Refuses a request with a parameter that its operation doesn't declare.
pub(crate) async fn check(
    State(declared): State<Arc<Declared>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if let Some(query) = request.uri().query().filter(|query| !query.is_empty())
        && let Some(path) = request.extensions().get::<MatchedPath>()
    {
        declared.check(path.as_str(), request.method(), query)?;
    }
    Ok(next.run(request).await)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::router::described;

    fn checked(path: &str, method: &Method, query: &str) -> Result<(), String> {
        let declared = Declared::of(&described());
        let checked = declared.check(path, method, query);
        checked.map_err(|error| error.body().message.clone())
    }

    #[test]
    fn what_an_operation_does_not_declare_is_refused_by_its_name() {
        let integrations = "/api/v2/integrations";
        for method in [Method::GET, Method::HEAD] {
            let message = checked(integrations, &method, "pageSize=5&sortOrdr=desc").unwrap_err();
            assert!(
                message
                    .starts_with("sortOrdr: this operation has no such parameter; it has pageSize"),
                "{message}"
            );
        }
        assert_eq!(
            checked(integrations, &Method::GET, "pageSize=5&ids=a&ids=b"),
            Ok(())
        );
        let twice = checked(integrations, &Method::GET, "pageSize=5&ids=a&pageSize=5");
        assert_eq!(
            twice.unwrap_err(),
            "pageSize: given more than once; give it once."
        );
        let none = checked(
            "/api/v2/oauth/clients/{clientId}/secret",
            &Method::POST,
            "a=1",
        );
        assert!(none.unwrap_err().ends_with("it has none."));
        // Another one answers that the path doesn't take the method.
        assert_eq!(checked(integrations, &Method::DELETE, "a=1"), Ok(()));
    }
}
