//! The parameters that operations declare: a request with another one is refused by its name.
//!
//! A filter that is passed over changes what a list means, and nobody sees it: `sortOrdr=desc` would be an answer in the
//! wrong order, an unknown filter all there is. So nothing is passed over. Which parameters an operation has is said once,
//! in the document; what a handler reads without declaring it would be refused here, before it got there.

use crate::error::ApiError;
use crate::operation::Operation;
use crate::query::Query;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;

/// Refuses a request with a parameter that its operation doesn't declare, or with one twice that is no list.
pub(crate) async fn check(request: Request, next: Next) -> Result<Response, ApiError> {
    if let Some(query) = request.uri().query().filter(|query| !query.is_empty())
        && let Some(operation) = request.extensions().get::<Arc<Operation>>()
    {
        held_to(operation, query)?;
    }
    Ok(next.run(request).await)
}

fn held_to(operation: &Operation, query: &str) -> Result<(), ApiError> {
    let declared = &operation.parameters;
    let query = Query::parse(Some(query));
    for (at, (name, _)) in query.pairs().enumerate() {
        let refused = |what: &str| {
            Err(ApiError::bad_request(format!("{name}: {what}.")).with("parameter", name))
        };
        let Some(known) = declared.iter().find(|known| known.name == name) else {
            let names: Vec<_> = declared.iter().map(|known| &*known.name).collect();
            let names = match &*names {
                [] => "none".to_owned(),
                names => names.join(", "),
            };
            return refused(&format!(
                "this operation has no such parameter; it has {names}"
            ));
        };
        if !known.is_list && query.pairs().take(at).any(|(before, _)| before == name) {
            return refused("given more than once; give it once");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::Operations;
    use crate::router::document;
    use http::Method;

    fn checked(path: &str, method: &Method, query: &str) -> Result<(), String> {
        let operations = Operations::of(&document());
        let Some(operation) = operations.find(path, method) else {
            return Ok(());
        };
        held_to(operation, query).map_err(|error| error.body().message.clone())
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
