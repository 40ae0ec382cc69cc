//! The gate of all paths that take a caller.

use crate::error::ApiError;
use crate::journal::Journal;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::uri::PathAndQuery;
use http::{Method, Uri};
use std::sync::Arc;
use tollgate_callers::{AdmitError, Door, Now};
use tollgate_listen::Peer;

/// Lets only callers with good credentials through, within their bounds, and counts what they call.
pub(crate) async fn authenticate(
    State(journal): State<Arc<Journal>>,
    State(door): State<Arc<Door>>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let peer = Peer::of(request.extensions());
    let (caller, admitted) = match door.admit(request.headers(), &peer, Now::read()).await {
        Ok(admitted) => (admitted.caller.clone(), Ok(admitted)),
        Err(AdmitError::TooMany(caller, refusal)) => (*caller, Err(refusal.into())),
        Err(error) => {
            if error.is_refused_login() {
                journal.deny();
            }
            return Err(error.into());
        }
    };
    let admitted = admitted.and_then(|admitted| plain(request.uri()).map(|()| admitted));
    let counted = caller.stored.clone().map(|id| {
        let template = request.extensions().get::<MatchedPath>();
        let template = template.map_or("-", MatchedPath::as_str).to_owned();
        (id, method(request.method()), template)
    });
    let response = match admitted {
        Ok(admitted) => {
            request.extensions_mut().insert(caller);
            if let Some(token) = admitted.token.clone() {
                request.extensions_mut().insert(token);
            }
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
