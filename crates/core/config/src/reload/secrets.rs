//! What a text doesn't say itself: secrets of files and variables, and certificate authorities, that only a start takes
//! over.

use super::obstacle::Obstacle;
use crate::Config;
use tollgate_secret::Secret;

/// Those that are others than they were.
pub(super) fn fixed(before: &Config, after: &Config) -> Vec<Obstacle> {
    let is_other = |before: Option<&Secret>, after: Option<&Secret>| {
        before.map(Secret::expose) != after.map(Secret::expose)
    };
    let mut obstacles = Vec::new();
    let store = |config: &Config| config.store.as_ref().map(|it| it.url.clone());
    if is_other(store(before).as_ref(), store(after).as_ref()) {
        obstacles.push(Obstacle::new("store", "the store's URL can't change"));
    }
    let cluster = |config: &Config| config.cluster.as_ref().map(|it| it.url.clone());
    if is_other(cluster(before).as_ref(), cluster(after).as_ref()) {
        let why = "the coordination store's URL can't change";
        obstacles.push(Obstacle::new("cluster", why));
    }
    let headers = |config: &Config| -> Vec<_> {
        let headers = config.trace.iter().flat_map(|it| &it.headers);
        let headers = headers.map(|(name, value)| (name.clone(), value.expose().to_owned()));
        headers.collect()
    };
    if headers(before) != headers(after) {
        obstacles.push(Obstacle::new("trace.headers", "can't change"));
    }
    if before.extra_roots_pem != after.extra_roots_pem {
        let why = "has other certificates than at the start";
        obstacles.push(Obstacle::new("upstream.trusted_roots", why));
    }
    // What `Debug` shows of a proxy is all but its password.
    let password = |config: &Config| {
        let login = config.proxy.as_ref().and_then(|it| it.login.as_ref());
        login.map(|(_, password)| password.clone())
    };
    if format!("{:?}", before.proxy) != format!("{:?}", after.proxy)
        || is_other(password(before).as_ref(), password(after).as_ref())
    {
        obstacles.push(Obstacle::new("upstream.proxy", "can't change"));
    }
    obstacles
}
