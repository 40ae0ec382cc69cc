//! URLs that credentials are sent to.

use tollgate_settings::Section;
use tollgate_upstream::Url;

/// A URL of HTTP or HTTPS that a path can be appended to. One with a user or a password is refused: a URL is
/// shown in tests of actions and in descriptions. For the same reason no problem quotes what was written.
pub(super) fn url(section: &Section<'_, '_>, key: &'static str, example: &str) -> Option<Url> {
    let written = section.needed(key, example)?;
    let plain = |url: &Url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.query().is_none()
            && url.fragment().is_none()
    };
    let Some(url) = Url::parse(&written.value).ok().filter(plain) else {
        let message = format!(
            "expected an http or https URL such as {example}, without a query and a fragment"
        );
        section.reject(&written, message);
        return None;
    };
    if !url.username().is_empty() || url.password().is_some() {
        let instead = if key == "token_url" {
            "client_id, and client_secret_env or client_secret_file, are what it is asked with"
        } else {
            "a type below a base URL logs in with [integration.login], a platform integration with its \
             clients"
        };
        let message = format!("has a user or a password before its host; remove them: {instead}");
        section.reject(&written, message);
        return None;
    }
    Some(url)
}
