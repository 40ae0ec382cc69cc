//! Why an integration of the store can't be called, and what to do about it.

use tollgate_action::TypeFacts;
use tollgate_json::DocError;

/// Why an integration of the store can't be called as it is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IntegrationError {
    /// What the type does, and what serves instead.
    #[error("its type can't be served: {0}")]
    Type(String),
    #[error("it is disabled; set intendedState to ENABLED")]
    Disabled,
    /// The credential's type.
    #[error("nothing is called with its credential of the type {0:?}{1}")]
    Credential(String, String),
    #[error(transparent)]
    Property(#[from] DocError),
    #[error("its property baseUrl is missing, such as {0:?}")]
    NoBaseUrl(&'static str),
    #[error("{0} is no http or https URL")]
    NotAUrl(String),
    #[error(
        "{0} has a user or a password before its host; remove them, and give the integration a credential, \
         such as one of type basicAuth"
    )]
    UserInUrl(String),
    #[error("its property baseUrl has a host without a login host")]
    NoLoginHost,
    #[error("its configuration names no credential of type pureCloudOAuthClient")]
    NoClient,
    /// The credential's place or type, and the field.
    #[error("its credential {0} has no field {1}")]
    NoField(&'static str, &'static str),
}

/// What serves instead of the vendor's own credential of one integration type; nothing if it is none.
pub(super) fn login_instead(credential: &str) -> String {
    let is = |facts: &&TypeFacts| facts.login.split(':').next() == Some(credential);
    match TypeFacts::all().iter().find(is) {
        Some(facts) if facts.served => format!(
            "; an integration of the type {} logs in with userDefinedOAuth (the fields loginUrl, clientId and \
             clientSecret of an app of your own) or with basicAuth",
            facts.id
        ),
        _ => String::new(),
    }
}
