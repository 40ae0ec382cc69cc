//! From a rendered request to the one that is sent: its address, and headers that can be sent.

use crate::cause::Cause;
use crate::error::ExecuteError;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use tollgate_action::{Method, RenderError, Request};
use tollgate_definitions::{Wiring, guard};
use tollgate_driver::{Secret, Url};

/// Why no request can be made.
pub(crate) fn no_request(error: &RenderError) -> ExecuteError {
    let message = format!("No request can be made of the inputs: {error}");
    ExecuteError::new(Cause::Request, message)
}

/// The request as it is sent. `is_login`: it is an integration's own login, which may be elsewhere than its
/// base URL. `authorization` goes along where the request has none of its own.
pub(crate) fn prepare(
    request: &Request,
    wiring: &Wiring,
    is_login: bool,
    authorization: Option<&Secret>,
) -> Result<tollgate_driver::Request, ExecuteError> {
    let invalid = |message: String| ExecuteError::new(Cause::Request, message);
    let url = address(wiring.base_url.as_ref(), is_login, &request.url);
    let url = url.map_err(|why| invalid(format!("config.request.requestUrlTemplate: {why}")))?;
    if let Some(guard) = &wiring.guard {
        guard::check(guard, &url)?;
    }
    let mut headers = HeaderMap::with_capacity(request.headers.len() + 1);
    for (name, value) in &request.headers {
        let field = || format!("config.request.headers.{name}");
        let key = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| invalid(format!("{}: not the name of a header", field())))?;
        let value = HeaderValue::from_str(value)
            .map_err(|_| invalid(format!("{}: its value can't be sent in a header", field())))?;
        headers.append(key, value);
    }
    if let Some(authorization) = authorization
        && !headers.contains_key(header::AUTHORIZATION)
    {
        let broken = |_| invalid("The credential can't be sent in a header.".to_owned());
        let mut value = HeaderValue::from_str(authorization.expose()).map_err(broken)?;
        value.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, value);
    }
    let body = request.body.clone().unwrap_or_default();
    let method = method(request.method);
    Ok(tollgate_driver::Request::new(method, url, headers, body))
}

/// Where a path with its query leads, below the integration's base URL.
pub(crate) fn below_base(wiring: &Wiring, path: &str) -> Result<Url, ExecuteError> {
    let base = wiring.base_url.as_ref().ok_or_else(ExecuteError::fault)?;
    let url = address(Some(base), false, path);
    let url = url.map_err(|why| ExecuteError::new(Cause::Request, why))?;
    if let Some(guard) = &wiring.guard {
        guard::check(guard, &url)?;
    }
    Ok(url)
}

/// Where a rendered URL leads: below the base URL if it is a path. A whole one has to stay on the base
/// URL's scheme, host and port, so that no input takes what the login gave to another host; only the
/// login itself may be elsewhere. No error shows the URL: it may hold a credential.
fn address(base: Option<&Url>, is_login: bool, rendered: &str) -> Result<Url, String> {
    let parsed = |text: &str| Url::parse(text).map_err(|error| format!("no URL: {error}"));
    let Some(base) = base else {
        return parsed(rendered);
    };
    if rendered.starts_with('/') {
        return parsed(&format!(
            "{}{rendered}",
            base.as_str().trim_end_matches('/')
        ));
    }
    let url = parsed(rendered)?;
    if is_login || url.origin() == base.origin() {
        return Ok(url);
    }
    Err(format!(
        "a whole URL must have the scheme, host and port of the integration's base URL, {}; write the \
         path alone, /…",
        base.origin().ascii_serialization()
    ))
}

fn method(method: Method) -> http::Method {
    match method {
        Method::Get => http::Method::GET,
        Method::Post => http::Method::POST,
        Method::Put => http::Method::PUT,
        Method::Patch => http::Method::PATCH,
        Method::Delete => http::Method::DELETE,
        Method::Head => http::Method::HEAD,
    }
}
