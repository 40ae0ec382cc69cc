//! What a configuration names outside, tried before it serves: the coordination store, each client's token, each base
//! URL.
//!
//! *Decides* what is tried and what is said of what fails: the field that it comes from, what the other side
//! answered, and what to do. A token of each client, and of each integration that logs in for one, is fetched and
//! dropped, and the coordination store is read; nothing else is called. What is tried goes the way that the service's own calls go: their names, addresses
//! that are allowed, certificates and bounds. A few are tried at once. What only the store has isn't known here.

mod cluster;

use crate::Definitions;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tollgate_config::{Config, Integration, Login};
use tollgate_definitions::{Fault, file_integration_id, outlet};
use tollgate_driver::{
    ClientCredentials, NoToken, Outlet, Probe, SetupError, Step, TokenAnswer, TokenForm,
    Unreachable, Url,
};

/// Tries at once.
const AT_ONCE: usize = 8;

/// Something that was tried.
#[derive(Clone, Debug)]
pub struct Tried {
    /// What: `token of client "pool"`, `base URL of integration "Platform"`.
    pub what: String,
    /// Scheme, host and port that were connected to.
    pub address: String,
    /// How long it took.
    pub took: Duration,
    /// What came of it.
    pub failure: Option<Failure>,
}

/// Why something that was tried failed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The field that it comes from, what happened and what to do.
    pub fault: Fault,
    /// How far it got: `name`, `connect`, `tls` or `token`; `read` of a coordination store.
    pub step: &'static str,
    /// What the token endpoint answered.
    pub answer: Option<TokenAnswer>,
}

/// A try to be made.
struct Plan {
    what: String,
    url: Url,
    /// The fields of the URL, of the secret, and of the certificates that are trusted.
    fields: Fields,
    /// Whose token is fetched, and how it is asked for; none where a connection is all.
    client: Option<(ClientCredentials, TokenForm)>,
    probe: Probe,
}

struct Fields {
    url: String,
    secret: String,
    roots: String,
}

/// What a try came to, before it is said in words.
enum Outcome {
    Fine,
    Unreachable(Unreachable),
    NoToken(NoToken),
}

/// Tries all that the file names, in its order.
///
/// # Errors
/// Certificates that can't be used.
pub async fn try_online(
    config: &Config,
    definitions: &Definitions,
) -> Result<Vec<Tried>, SetupError> {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let running: Vec<_> = plans(config, definitions)?
        .into_iter()
        .map(|plan| {
            let places = Arc::clone(&places);
            tokio::spawn(async move {
                // The semaphore is never closed.
                let _place = places.acquire().await;
                let begin = Instant::now();
                let outcome = plan.carry_out().await;
                (plan, outcome, begin.elapsed())
            })
        })
        .collect();
    let mut tried = Vec::from_iter(cluster::tried(config).await);
    for run in running {
        // An error means that it panicked, which is told by the panic itself.
        let Ok((plan, outcome, took)) = run.await else {
            continue;
        };
        tried.push(Tried {
            address: plan.url.origin().ascii_serialization(),
            failure: plan.failure(config, outcome),
            what: plan.what,
            took,
        });
    }
    Ok(tried)
}

fn plans(config: &Config, definitions: &Definitions) -> Result<Vec<Plan>, SetupError> {
    let upstream = Outlet {
        extra_roots_pem: config.extra_roots_pem.clone(),
        proxy: config.proxy.clone(),
        ..Outlet::default()
    };
    let probe = Probe::new(&config.upstream, &upstream)?;
    let mut plans = Vec::new();
    for (number, (client, known)) in config
        .clients
        .iter()
        .zip(config.engine.clients.iter())
        .enumerate()
    {
        let of = format!("client[{}]", number + 1);
        plans.push(Plan {
            what: format!("token of client {:?}", known.name),
            url: client.token_url.clone(),
            fields: Fields::of(config, &of, "token_url", "upstream.trusted_roots"),
            client: Some((client.clone(), TokenForm::default())),
            probe: probe.clone(),
        });
    }
    for (number, integration) in config.integrations.iter().enumerate() {
        let of = format!("integration[{}]", number + 1);
        plans.extend(plans_of(config, definitions, &of, integration)?);
    }
    Ok(plans)
}

/// What is tried of an integration; `of`: its table.
fn plans_of(
    config: &Config,
    definitions: &Definitions,
    of: &str,
    integration: &Integration,
) -> Result<Vec<Plan>, SetupError> {
    let mut plans = Vec::new();
    let id = file_integration_id(&integration.name);
    let target = definitions.catalog.integration(&id);
    let guard = target.and_then(|target| target.wiring.as_ref().ok()?.guard.as_ref());
    let shared = (&config.extra_roots_pem[..], config.proxy.as_ref());
    let way = outlet(shared, &integration.access, guard);
    let probe = Probe::new(&config.upstream, &way)?;
    let roots = format!("{of}.trusted_roots");
    if let Some(url) = &integration.base_url {
        plans.push(Plan {
            what: format!("base URL of integration {:?}", integration.name),
            url: url.clone(),
            fields: Fields::of(config, of, "base_url", &roots),
            client: None,
            probe: probe.clone(),
        });
    }
    if let Some(Login::ClientCredentials {
        client,
        scope,
        in_body,
    }) = &integration.login
    {
        let form = TokenForm {
            scope: scope.clone(),
            in_body: *in_body,
        };
        plans.push(Plan {
            what: format!("login of integration {:?}", integration.name),
            url: client.token_url.clone(),
            fields: Fields::of(config, &format!("{of}.login"), "token_url", &roots),
            client: Some((client.clone(), form)),
            probe,
        });
    }
    Ok(plans)
}

impl Fields {
    fn of(config: &Config, of: &str, url: &str, roots: &str) -> Self {
        let secrets = ["client_secret_env", "client_secret_file"].map(|key| format!("{of}.{key}"));
        let secret = secrets.into_iter().find(|field| config.places.has(field));
        Self {
            url: format!("{of}.{url}"),
            secret: secret.unwrap_or_else(|| of.to_owned()),
            roots: roots.to_owned(),
        }
    }
}

impl Plan {
    async fn carry_out(&self) -> Outcome {
        if let Err(unreachable) = self.probe.reach(&self.url).await {
            return Outcome::Unreachable(unreachable);
        }
        let Some((client, form)) = &self.client else {
            return Outcome::Fine;
        };
        match self.probe.fetch(client, form).await {
            Ok(_) => Outcome::Fine,
            Err(none) => Outcome::NoToken(none),
        }
    }

    fn failure(&self, config: &Config, outcome: Outcome) -> Option<Failure> {
        let (field, message, step, answer) = match outcome {
            Outcome::Fine => return None,
            Outcome::Unreachable(Unreachable { step, reason }) => {
                let message = format!("{reason}; {}", self.what_to_do_to_reach(step));
                (&self.fields.url, message, step.as_str(), None)
            }
            Outcome::NoToken(none) => {
                let field = match none.credentials {
                    true => &self.fields.secret,
                    false => &self.fields.url,
                };
                let message = format!("{}; {}", none.reason, what_to_do_for_a_token(&none));
                (field, message, "token", none.answer)
            }
        };
        Some(Failure {
            fault: Fault::of(config, field, message),
            step,
            answer,
        })
    }

    fn what_to_do_to_reach(&self, step: Step) -> String {
        match step {
            Step::Name => {
                "look at the host's name, and whether this machine's resolver knows it".to_owned()
            }
            Step::Connect => {
                "look at host and port, and at firewalls and proxies on the way".to_owned()
            }
            Step::Tls => format!(
                "look at scheme, host and port; the authority of a certificate that isn't public goes into {}",
                self.fields.roots
            ),
        }
    }
}

fn what_to_do_for_a_token(none: &NoToken) -> &'static str {
    let status = none.answer.as_ref().map(|answer| answer.status);
    match status {
        _ if none.credentials => {
            "compare client_id and secret with those at the platform: is the client one for client credentials, and \
             wasn't its secret made anew?"
        }
        _ if none.late => "look at the address; [upstream] token_timeout says how long it may take",
        Some(429 | 500..) => "the endpoint is limited or in trouble: try again later",
        Some(_) => {
            "look at the address: a token endpoint's is such as https://login.mypurecloud.com/oauth/token"
        }
        None => "look at the address: what answers there is no token endpoint",
    }
}
