//! `[integration.login]`: how an integration below a base URL of its own logs in.
//!
//! Only of such a type: its calls all go to one host, so what the login gives can't be led elsewhere. A
//! platform integration has its clients; a web service's actions may call any host, and name their
//! credentials themselves.

use super::super::{Reading, access, secrets};
use super::url::url;
use crate::{Access, Login};
use tollgate_action::{Callee, TypeFacts};
use tollgate_settings::Section;
use tollgate_upstream::ClientCredentials;

pub(super) fn read(
    integration: &Section<'_, '_>,
    source: &Reading<'_>,
    (kind, access): (Option<&TypeFacts>, &Access),
) -> Option<Login> {
    let section = integration.section("login")?;
    let instead = match kind?.calls {
        Callee::BelowBaseUrl => None,
        Callee::PlatformPath => Some("a platform integration takes the tokens of its clients"),
        Callee::WholeUrl | Callee::NotHttp => Some(
            "a web service's actions name their credentials themselves ([integration.credentials]), or have \
             an action of the type customAuth",
        ),
    };
    if let Some(instead) = instead {
        let message = format!("{instead}; remove [integration.login]");
        integration.reject(&section.here(()), message);
        section.leave_the_rest();
        return None;
    }
    let login = if section.has("user_name") {
        basic(&section, source)
    } else if section.has("token_url") || section.has("client_id") {
        client_credentials(&section, source)
    } else {
        let example = "\"https://…/oauth2/token\" for OAuth 2.0 client credentials, or user_name for Basic ones";
        section.missing("token_url", example);
        section.leave_the_rest();
        return None;
    };
    if let Some(Login::ClientCredentials { client, .. }) = &login {
        access::check_written(&section, "token_url", &client.token_url, access);
    }
    section.finish();
    login
}

fn basic(section: &Section<'_, '_>, source: &Reading<'_>) -> Option<Login> {
    let user_name = section.text("user_name");
    if let Some(url) = section.text("token_url") {
        let message = "expected either this or user_name, found both";
        section.reject(&url, message.to_owned());
        section.leave_the_rest();
        return None;
    }
    let user_name = user_name?;
    // The field that separates the two parts can't be in the first (RFC 7617, 2).
    if user_name.value.contains(':') {
        let message = "expected a name without a colon: it ends where the first one stands";
        section.reject(&user_name, message.to_owned());
    }
    let password = secrets::read(section, source, secrets::PASSWORD)?;
    Some(Login::Basic {
        user_name: user_name.value,
        password,
    })
}

fn client_credentials(section: &Section<'_, '_>, source: &Reading<'_>) -> Option<Login> {
    let token_url = url(section, "token_url", "\"https://…/oauth2/token\"");
    let client_id = section.needed("client_id", "\"…\"");
    let client_secret = secrets::read(section, source, secrets::CLIENT_SECRET);
    let scope = section.text("scope").map(|scope| scope.value);
    let places = |text: &str| match text {
        "header" => Some(false),
        "body" => Some(true),
        _ => None,
    };
    let in_body = section.parsed("client_in", "\"header\" or \"body\"", places);
    Some(Login::ClientCredentials {
        client: ClientCredentials {
            token_url: token_url?,
            client_id: client_id?.value,
            client_secret: client_secret?,
        },
        scope,
        in_body: in_body.is_some_and(|placed| placed.value),
    })
}
