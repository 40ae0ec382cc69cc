//! The gate of all paths that need a token.

use crate::caller::Token;
use crate::callers::Callers;
use crate::error::ApiError;
use crate::journal::Journal;
use crate::meter::Meter;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::uri::PathAndQuery;
use http::{Method, StatusCode, Uri, header};
use std::sync::Arc;
use std::time::Instant;
use tollgate_definitions::wall_time;

/// Lets only callers with a good token through, within their bounds, and counts what they call.
pub(crate) async fn authenticate(
    State(journal): State<Arc<Journal>>,
    State(callers): State<Arc<Callers>>,
    State(meter): State<Arc<Meter>>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let header = request.headers().get(header::AUTHORIZATION);
    let token = header.and_then(|header| {
        let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| Arc::<str>::from(token.trim()))
    });
    let Some(token) = token else {
        let message = "No authentication bearer token found in the authorization header.";
        let status = StatusCode::UNAUTHORIZED;
        return Err(ApiError::new(status, "authentication.required", message));
    };
    let caller = callers
        .of_token(&token, (Instant::now(), wall_time()))
        .await?;
    let admitted = meter.admit(&caller.id, Instant::now());
    let admitted = admitted.and_then(|admitted| plain(request.uri()).map(|()| admitted));
    let counted = caller.stored.clone().map(|id| {
        let template = request.extensions().get::<MatchedPath>();
        let template = template.map_or("-", MatchedPath::as_str).to_owned();
        (id, method(request.method()), template)
    });
    let response = match admitted {
        Ok(admitted) => {
            request.extensions_mut().insert(caller);
            request.extensions_mut().insert(Token(token));
            let mut response = next.run(request).await;
            admitted.tell(response.headers_mut());
            response
        }
        Err(error) => error.into_response(),
    };
    if let Some((id, method, template)) = counted {
        journal.count(&id, method, &template, response.status().as_u16());
    }
    Ok(response)
}

/// The methods that there are paths for; others are answered 405 and counted together.
fn method(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        _ => "OTHER",
    }
}

/// PostgreSQL has no place for a NUL, and nothing here has one in its name or id.
fn plain(uri: &Uri) -> Result<(), ApiError> {
    let text = uri.path_and_query().map_or("", PathAndQuery::as_str);
    if text.contains("%00") {
        return Err(ApiError::bad_request(
            "The path or the query holds a NUL character.",
        ));
    }
    Ok(())
}
