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
    if before.extra_roots_pem != after.extra_roots_pem {
        let why = "has other certificates than at the start";
        obstacles.push(Obstacle::new("upstream.trusted_roots", why));
    }
    if format!("{:?}", before.proxy) != format!("{:?}", after.proxy) {
        obstacles.push(Obstacle::new("upstream.proxy", "can't change"));
    }
    obstacles
}
