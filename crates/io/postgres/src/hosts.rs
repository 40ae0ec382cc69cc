//! A configuration for each host that a URL names.

use tokio_postgres::Config;
use tokio_postgres::config::Host;

/// The configuration of each host by itself: the library tries the next one only when the one before
/// refuses, not when it is silent. None if hosts and ports don't go together.
pub(crate) fn each(config: &Config) -> Option<Vec<Config>> {
    let (hosts, addresses, ports) = (
        config.get_hosts(),
        config.get_hostaddrs(),
        config.get_ports(),
    );
    let count = hosts.len().max(addresses.len());
    let fits = |length: usize| length == count || length == 0;
    if count < 2 {
        return Some(vec![config.clone()]);
    }
    if !fits(hosts.len()) || !fits(addresses.len()) || (ports.len() > 1 && ports.len() != count) {
        return None;
    }
    let one = |n: usize| {
        let mut one = bare(config);
        match hosts.get(n) {
            Some(Host::Tcp(name)) => drop(one.host(name)),
            Some(Host::Unix(path)) => drop(one.host_path(path)),
            None => {}
        }
        if let Some(address) = addresses.get(n) {
            one.hostaddr(*address);
        }
        one.port(ports.get(n).or(ports.first()).copied().unwrap_or(5432));
        one
    };
    Some((0..count).map(one).collect())
}

/// The configuration without its hosts.
fn bare(config: &Config) -> Config {
    let mut bare = Config::new();
    if let Some(user) = config.get_user() {
        bare.user(user);
    }
    if let Some(password) = config.get_password() {
        bare.password(password);
    }
    if let Some(name) = config.get_dbname() {
        bare.dbname(name);
    }
    if let Some(options) = config.get_options() {
        bare.options(options);
    }
    if let Some(name) = config.get_application_name() {
        bare.application_name(name);
    }
    if let Some(span) = config.get_connect_timeout() {
        bare.connect_timeout(*span);
    }
    if let Some(span) = config.get_tcp_user_timeout() {
        bare.tcp_user_timeout(*span);
    }
    if let Some(span) = config.get_keepalives_interval() {
        bare.keepalives_interval(span);
    }
    if let Some(retries) = config.get_keepalives_retries() {
        bare.keepalives_retries(retries);
    }
    bare.keepalives(config.get_keepalives())
        .keepalives_idle(config.get_keepalives_idle())
        .ssl_mode(config.get_ssl_mode())
        .ssl_negotiation(config.get_ssl_negotiation())
        .target_session_attrs(config.get_target_session_attrs())
        .channel_binding(config.get_channel_binding());
    bare
}
