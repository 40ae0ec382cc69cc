//! Integrations and actions of the store: what their properties and credentials mean.
//!
//! Properties that are known here, all others are kept and passed over:
//!
//! | property | of | what it is |
//! |---|---|---|
//! | `baseUrl` | platform, and types below a base URL | host and path that the actions' paths are appended to |
//! | `tokenUrl` | platform | where its client gets tokens; by default `/oauth/token` on the login host |
//! | `maxTokens`, `tokenRequestsPerMinute` | platform | as `max_tokens` and `token_rate` of the file; 4 and 300 |
//! | `requestsPerMinute`, `requestsAtOnce` | all | limits of this integration alone |
//! | `allowedHosts`, `allowedNetworks` | all | where its calls may go |
//! | `allowedSchemes`, `allowedPorts` | all | the same; by default `https` and its port, and those of `baseUrl` |
//! | `trustedRoots` | all | PEM text of authorities trusted beside the public ones |
//!
//! Credentials are found by the place they fill: `pureCloudOAuthClient` gives the tokens of a platform
//! integration; `userDefinedOAuth`, `basicAuth` and `userDefined` are what a web service's templates
//! read, or one of a type below a base URL, which may have a `zendeskApiToken` too, with its `baseUrl`;
//! `clientCertificate` (a `userDefined` with the field `pem`) is ours towards the upstream.

mod error;
mod spec;
#[cfg(test)]
mod tests;

use error::{IntegrationError, login_instead};
pub(crate) use spec::IntegrationSpec;

use crate::credential::{basic_of, redactor_of};
use std::collections::BTreeMap;
use tollgate_action::{Callee, Credentials, IntegrationType};
use tollgate_config::{Access, DEFAULT_TOKENS, ProxyRule, token_rate};
use tollgate_driver::{ClientCredentials, Redactor, Secret, Url};
use tollgate_json::Doc;
use tollgate_store::{CredentialKind, Integration, IntendedState};

/// A revealed credential.
pub(crate) type Revealed = (CredentialKind, BTreeMap<String, Secret>);

/// What an integration wants to be.
pub(crate) struct IntegrationPlan {
    pub(crate) spec: IntegrationSpec,
    pub(crate) client: Option<ClientCredentials>,
    pub(crate) base_url: Option<Url>,
    pub(crate) credentials: Credentials,
    pub(crate) basic: Option<Secret>,
    pub(crate) redactor: Redactor,
    pub(crate) access: Access,
    /// Whether it has a login of its own.
    pub(crate) logs_in: bool,
}

/// Tokens of one client at once, at the most; as in the file.
const MOST_TOKENS: u32 = 1000;
/// The place of the credential that is ours towards the upstream.
const CERTIFICATE: &str = "clientCertificate";

/// What the integration wants, or why it can't be called.
pub(crate) fn plan(
    integration: &Integration,
    credentials: BTreeMap<String, Revealed>,
) -> Result<IntegrationPlan, IntegrationError> {
    let kind = IntegrationType::from_name(&integration.type_id);
    if let Some(advice) = kind.advice() {
        return Err(IntegrationError::Type(advice));
    }
    if integration.intended_state != IntendedState::Enabled {
        return Err(IntegrationError::Disabled);
    }
    for (of, _) in credentials.values() {
        if let CredentialKind::Other(word) = of {
            let instead = login_instead(word);
            return Err(IntegrationError::Credential(word.to_string(), instead));
        }
    }
    let redactor = redactor(&credentials);
    let properties = Doc::parse(integration.config.properties.as_str())?;
    let wanted = match kind.calls() {
        Some(Callee::PlatformPath) => platform(integration, &properties, credentials),
        Some(Callee::BelowBaseUrl) => below_base_url(integration, &properties, credentials),
        Some(Callee::WholeUrl | Callee::NotHttp) | None => {
            web_service(integration, &properties, credentials)
        }
    }?;
    Ok(IntegrationPlan { redactor, ..wanted })
}

/// Strikes every field of every credential, whichever of them the calls take. The client certificate is
/// left out: its key is in no request, and its first line is that of every certificate.
fn redactor(credentials: &BTreeMap<String, Revealed>) -> Redactor {
    let sent = credentials
        .iter()
        .filter(|(place, _)| *place != CERTIFICATE);
    sent.fold(Redactor::default(), |all, (_, (_, fields))| {
        all.and(&redactor_of(fields))
    })
}

fn spec(integration: &Integration, properties: &Doc) -> Result<IntegrationSpec, IntegrationError> {
    Ok(IntegrationSpec {
        id: integration.id.to_string(),
        name: integration.name.clone(),
        tokens: None,
        per_minute: count(properties, "requestsPerMinute", u32::MAX)?,
        at_once: count(properties, "requestsAtOnce", u32::MAX)?,
    })
}

fn count(properties: &Doc, name: &str, most: u32) -> Result<Option<u32>, IntegrationError> {
    let number = properties.whole(name, 1, i64::from(most))?;
    Ok(number.and_then(|number| u32::try_from(number).ok()))
}

fn access(properties: &Doc, certificate: Option<Revealed>) -> Result<Access, IntegrationError> {
    let roots = properties.text("trustedRoots")?;
    Ok(Access {
        hosts: properties.list("allowedHosts")?.unwrap_or_default(),
        schemes: properties.list("allowedSchemes")?.unwrap_or_default(),
        ports: properties.list("allowedPorts")?.unwrap_or_default(),
        networks: properties.list("allowedNetworks")?.unwrap_or_default(),
        extra_roots_pem: roots.map(String::into_bytes).into_iter().collect(),
        identity_pem: certificate
            .map(|(_, mut fields)| {
                fields
                    .remove("pem")
                    .ok_or(IntegrationError::NoField("clientCertificate", "pem"))
            })
            .transpose()?,
        proxy: ProxyRule::Inherited,
    })
}

fn platform(
    integration: &Integration,
    properties: &Doc,
    mut credentials: BTreeMap<String, Revealed>,
) -> Result<IntegrationPlan, IntegrationError> {
    let base_url = base_url(properties, "https://api.mypurecloud.com")?;
    let token_url = match url(properties, "tokenUrl")? {
        Some(url) => url,
        None => login_of(&base_url)?,
    };
    let access = access(properties, credentials.remove(CERTIFICATE))?;
    let client = credentials
        .into_values()
        .find(|(kind, _)| *kind == CredentialKind::PureCloudOAuthClient);
    let (_, mut fields) = client.ok_or(IntegrationError::NoClient)?;
    let mut field = |name| {
        let missing = IntegrationError::NoField("pureCloudOAuthClient", name);
        fields.remove(name).ok_or(missing)
    };
    let client = ClientCredentials {
        token_url,
        client_id: field("clientId")?.expose().to_owned(),
        client_secret: field("clientSecret")?,
    };
    let tokens = (
        count(properties, "maxTokens", MOST_TOKENS)?.unwrap_or(DEFAULT_TOKENS),
        count(properties, "tokenRequestsPerMinute", u32::MAX)?
            .unwrap_or_else(|| token_rate().rule.allowed()),
    );
    Ok(IntegrationPlan {
        spec: IntegrationSpec {
            tokens: Some(tokens),
            ..spec(integration, properties)?
        },
        redactor: Redactor::default(),
        client: Some(client),
        base_url: Some(base_url),
        credentials: Credentials::none(),
        basic: None,
        access,
        logs_in: false,
    })
}

/// The credential's own address and scheme of login hold where it has them, as Zendesk's.
fn below_base_url(
    integration: &Integration,
    properties: &Doc,
    credentials: BTreeMap<String, Revealed>,
) -> Result<IntegrationPlan, IntegrationError> {
    let zendesk = credentials
        .values()
        .find(|(kind, _)| *kind == CredentialKind::ZendeskApiToken);
    let field = |name| {
        zendesk
            .and_then(|(_, fields)| fields.get(name))
            .map(Secret::expose)
    };
    let base_url = match (url(properties, "baseUrl")?, field("baseUrl")) {
        (None, Some(own)) => parsed(own, "the field baseUrl of its credential")?,
        _ => base_url(properties, "https://example.my.salesforce.com")?,
    };
    // As Zendesk has it: the user is the address with /token behind it.
    let basic = field("userEmail")
        .zip(field("apiToken"))
        .map(|(user, token)| {
            let fields = [
                ("userName".to_owned(), Secret::new(format!("{user}/token"))),
                ("password".to_owned(), Secret::new(token.to_owned())),
            ];
            basic_of(&fields.into())
        });
    let wanted = web_service(integration, properties, credentials)?;
    Ok(IntegrationPlan {
        base_url: Some(base_url),
        basic: basic.or(wanted.basic),
        ..wanted
    })
}

fn web_service(
    integration: &Integration,
    properties: &Doc,
    mut credentials: BTreeMap<String, Revealed>,
) -> Result<IntegrationPlan, IntegrationError> {
    let access = access(properties, credentials.remove(CERTIFICATE))?;
    let found = credentials.into_values().next();
    let kind = found.as_ref().map(|(kind, _)| kind.clone());
    let fields = found.map(|(_, fields)| fields).unwrap_or_default();
    let basic = (kind == Some(CredentialKind::BasicAuth)).then(|| basic_of(&fields));
    let texts = fields.iter();
    let texts = texts.map(|(name, secret)| (name.clone(), secret.expose().to_owned()));
    Ok(IntegrationPlan {
        spec: spec(integration, properties)?,
        client: None,
        base_url: None,
        credentials: Credentials::from_fields(texts),
        redactor: Redactor::default(),
        basic,
        access,
        logs_in: kind == Some(CredentialKind::UserDefinedOAuth),
    })
}

fn base_url(properties: &Doc, example: &'static str) -> Result<Url, IntegrationError> {
    url(properties, "baseUrl")?.ok_or(IntegrationError::NoBaseUrl(example))
}

fn url(properties: &Doc, name: &str) -> Result<Option<Url>, IntegrationError> {
    let text = properties.text(name)?;
    let whose = || format!("its property {name}");
    text.map(|text| parsed(&text, &whose())).transpose()
}

/// A URL of HTTP or HTTPS that a path can be appended to.
fn parsed(text: &str, whose: &str) -> Result<Url, IntegrationError> {
    let plain = |url: &Url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.query().is_none()
            && url.fragment().is_none()
    };
    let found = Url::parse(text).ok().filter(plain);
    let url = found.ok_or_else(|| IntegrationError::NotAUrl(whose.to_owned()))?;
    if has_user(&url) {
        return Err(IntegrationError::UserInUrl(whose.to_owned()));
    }
    Ok(url)
}

/// Whether the URL has a user or a password, which would be shown wherever the URL is.
fn has_user(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

/// The platform's login host beside its API host.
fn login_of(base: &Url) -> Result<Url, IntegrationError> {
    let mut url = base.clone();
    if let Some(rest) = base.host_str().and_then(|host| host.strip_prefix("api.")) {
        let host = format!("login.{rest}");
        url.set_host(Some(&host))
            .map_err(|_| IntegrationError::NoLoginHost)?;
    }
    url.set_path("/oauth/token");
    Ok(url)
}
