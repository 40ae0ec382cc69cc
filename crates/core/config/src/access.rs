//! Who may do what, where calls may go, and where changes are kept.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;
use tollgate_model::LimitId;
use tollgate_secret::Secret;
use tollgate_upstream::{BadRule, Policy, Ports, Proxy, Url};

/// What a caller may do. None includes another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Role {
    /// See how the service stands, and nothing else.
    View,
    /// Run and test actions.
    Execute,
    /// Write actions, drafts and data tables.
    Author,
    /// Integrations, credentials, OAuth clients, audit.
    Administer,
}

impl Role {
    /// The role of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::View, Self::Execute, Self::Author, Self::Administer]
            .into_iter()
            .find(|role| role.as_str() == name)
    }

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Execute => "execute",
            Self::Author => "author",
            Self::Administer => "administer",
        }
    }
}

/// Where an integration's calls may go, and how they are secured. Its text forms are the guard's.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// The only hosts that may be called; empty means any public one.
    pub hosts: Vec<String>,
    /// Schemes; empty means `https`.
    pub schemes: Vec<String>,
    /// Ports; empty means each scheme's own.
    pub ports: Vec<String>,
    /// Networks that may be called although they aren't public.
    pub networks: Vec<String>,
    /// Certificate authorities trusted beside the public ones, each as PEM text.
    pub extra_roots_pem: Vec<Vec<u8>>,
    /// Certificate chain and private key of ours, as PEM text.
    pub identity_pem: Option<Secret>,
    /// The proxy that calls leave through.
    pub proxy: ProxyRule,
}

/// Which proxy calls leave through.
#[derive(Clone, Debug, Default)]
pub enum ProxyRule {
    /// Everybody's, if there is one.
    #[default]
    Inherited,
    /// None.
    Direct,
    /// This one.
    Through(Proxy),
}

impl ProxyRule {
    /// The proxy, where `everybodys` is what all others have.
    #[must_use]
    pub fn or(&self, everybodys: Option<&Proxy>) -> Option<Proxy> {
        match self {
            Self::Inherited => everybodys.cloned(),
            Self::Direct => None,
            Self::Through(proxy) => Some(proxy.clone()),
        }
    }
}

impl Access {
    /// Whether its connections are made or secured in a way of their own.
    #[must_use]
    pub fn has_own_connections(&self) -> bool {
        let secured = !self.extra_roots_pem.is_empty() || self.identity_pem.is_some();
        secured || !matches!(self.proxy, ProxyRule::Inherited)
    }
}

impl Access {
    /// Where calls may go. `written`: the URLs of the configuration that they go to, whose schemes and ports are
    /// allowed by being written there. Their hosts and networks are not: whoever may configure an integration
    /// through the API isn't whoever runs the service.
    ///
    /// # Errors
    /// A rule that can't be read.
    pub fn policy(&self, written: &[&Url]) -> Result<Policy, BadRule> {
        let mut policy = Policy {
            hosts: rules(&self.hosts)?,
            networks: rules(&self.networks)?,
            ports: rules(&self.ports)?,
            ..Policy::default()
        };
        if !self.schemes.is_empty() {
            policy.schemes = rules(&self.schemes)?;
        }
        for scheme in rules(&texts(written, |url| Some(url.scheme().to_owned())))? {
            if !policy.schemes.contains(&scheme) {
                policy.schemes.push(scheme);
            }
        }
        let ports = texts(written, |url| Some(url.port()?.to_string()));
        if !policy.ports.is_empty() {
            let all = |url: &Url| Some(url.port_or_known_default()?.to_string());
            policy.ports.extend(rules::<Ports>(&texts(written, all))?);
        } else if !ports.is_empty() {
            let own = policy
                .schemes
                .iter()
                .map(|scheme| scheme.port().to_string());
            policy.ports = rules(&own.chain(ports).collect::<Vec<_>>())?;
        }
        Ok(policy)
    }
}

fn texts(urls: &[&Url], part: impl Fn(&Url) -> Option<String>) -> Vec<String> {
    urls.iter().filter_map(|url| part(url)).collect()
}

fn rules<T: FromStr<Err = BadRule>>(texts: &[String]) -> Result<Vec<T>, BadRule> {
    texts.iter().map(|text| text.parse()).collect()
}

/// How a caller may log in. What is absent is no way for it.
#[derive(Clone, Debug, Default)]
pub struct CallerLogins {
    /// With the client id and this secret, for a token (`POST /oauth/token`).
    pub oauth: Option<Secret>,
    /// With the client id and this secret by HTTP Basic, in each request.
    pub basic: Option<Secret>,
    /// With this key in `X-API-Key`, in each request.
    pub api_key: Option<Secret>,
    /// With a client certificate whose subject's common name, or one of whose alternative names, is one of
    /// these.
    pub certificate_names: BTreeSet<String>,
}

/// How much one caller may ask for; `None` is what every caller may.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct CallerBounds {
    /// Requests in a minute.
    pub per_minute: Option<u32>,
    /// Requests at once.
    pub at_once: Option<u32>,
}

/// Where what is changed through the API lives.
#[derive(Clone, Debug)]
pub struct Store {
    /// `sqlite:PATH` or `postgres://…`, which may hold a password.
    pub url: Secret,
    /// The ring of sealing keys.
    pub keys: KeySource,
    /// Longest time for a read, a lock, or a statement; a whole change takes at most twice as long.
    pub timeout: Duration,
    /// Longest time in which a connection to one host of PostgreSQL is made.
    pub connect_timeout: Duration,
    /// How long entries are kept.
    pub keep: Keep,
}

/// How long the store keeps what grows with time; none: for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Keep {
    /// Changes, in the audit log.
    pub changes: Option<Duration>,
    /// Executions, logins and refused logins, in the audit log.
    pub executions: Option<Duration>,
    /// Usage counters.
    pub usage: Option<Duration>,
}

/// Where the sealing keys are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum KeySource {
    /// In a file.
    File(PathBuf),
    /// In an environment variable.
    Env(String),
}

/// Shared limits that integrations made later pass too.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SharedLimits {
    /// By every call.
    pub all: Vec<LimitId>,
    /// By calls that take a token.
    pub with_token: Vec<LimitId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_opens_its_scheme_and_port_and_nothing_else() {
        let public = "https://8.8.8.8/";
        let (plain, ported) = ("http://8.8.8.8/", "https://8.8.8.8:8443/");
        let (both, private) = ("http://8.8.8.8:8443/", "https://10.0.0.1/");
        let hosts = |hosts: &[&str]| Access {
            hosts: hosts.iter().map(|&host| host.to_owned()).collect(),
            ..Access::default()
        };
        let ports = Access {
            ports: vec!["9000".to_owned()],
            ..Access::default()
        };
        for (access, written, allowed) in [
            (Access::default(), vec![], vec![public]),
            (Access::default(), vec![public], vec![public]),
            (Access::default(), vec![plain], vec![public, plain]),
            (Access::default(), vec![ported], vec![public, ported]),
            (
                Access::default(),
                vec![both],
                vec![public, plain, ported, both],
            ),
            (Access::default(), vec![private], vec![public]),
            (hosts(&["8.8.4.4"]), vec![public], vec![]),
            (ports.clone(), vec![], vec![]),
            // One's own list of ports is kept to, but for those that are written.
            (ports.clone(), vec![public], vec![public]),
            (ports, vec![ported], vec![ported]),
        ] {
            let urls: Vec<_> = written.iter().map(|url| Url::parse(url).unwrap()).collect();
            let policy = access.policy(&urls.iter().collect::<Vec<_>>()).unwrap();
            for url in [public, plain, ported, both, private] {
                let open = policy.check(&Url::parse(url).unwrap()).is_ok();
                assert_eq!(open, allowed.contains(&url), "{written:?} {url} {access:?}");
            }
        }
    }
}
