//! Where an integration's calls may go: the guard's policy, made from what the integration allows.
//!
//! A URL is checked before every call; a name's addresses by the resolver that hands them to the socket.
//! Redirects aren't followed at all: an upstream's 3xx is an answer like any other.

use crate::ends::Cause;
use crate::error::ApiError;
use std::str::FromStr;
use tollgate_config::Access;
use tollgate_driver::Url;
use tollgate_guard::{BadRule, Guard, Policy, Ports};

/// The guard of an integration. `written`: the URLs of its configuration that its calls go to, whose schemes
/// and ports are allowed by being written there. Their hosts and networks are not: whoever may configure an
/// integration through the API isn't whoever runs the service.
pub(crate) fn guard(access: &Access, written: &[&Url]) -> Result<Guard, String> {
    let mut policy = Policy {
        hosts: rules(&access.hosts)?,
        networks: rules(&access.networks)?,
        ports: rules(&access.ports)?,
        ..Policy::default()
    };
    if !access.schemes.is_empty() {
        policy.schemes = rules(&access.schemes)?;
    }
    for scheme in rules(&texts(written, |url| Some(url.scheme().to_owned())))? {
        if !policy.schemes.contains(&scheme) {
            policy.schemes.push(scheme);
        }
    }
    let ports = texts(written, |url| Some(url.port()?.to_string()));
    if !policy.ports.is_empty() {
        let all = texts(written, |url| {
            Some(url.port_or_known_default()?.to_string())
        });
        policy.ports.extend(rules::<Ports>(&all)?);
    } else if !ports.is_empty() {
        let own = policy
            .schemes
            .iter()
            .map(|scheme| scheme.port().to_string());
        policy.ports = rules(&own.chain(ports).collect::<Vec<_>>())?;
    }
    Ok(Guard::new(policy))
}

fn texts(urls: &[&Url], part: impl Fn(&Url) -> Option<String>) -> Vec<String> {
    urls.iter().filter_map(|url| part(url)).collect()
}

fn rules<T: FromStr<Err = BadRule>>(texts: &[String]) -> Result<Vec<T>, String> {
    let parse = |text: &String| text.parse().map_err(|error: BadRule| error.to_string());
    texts.iter().map(parse).collect()
}

/// Refuses a URL that calls don't go to.
pub(crate) fn check(guard: &Guard, url: &Url) -> Result<(), ApiError> {
    guard.check(url).map_err(|refused| {
        let message = format!("The call is not made: {refused}.");
        ApiError::of(Cause::Address, message)
    })
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
            let guard = guard(&access, &urls.iter().collect::<Vec<_>>()).unwrap();
            for url in [public, plain, ported, both, private] {
                let open = check(&guard, &Url::parse(url).unwrap()).is_ok();
                assert_eq!(open, allowed.contains(&url), "{written:?} {url} {access:?}");
            }
        }
    }
}
