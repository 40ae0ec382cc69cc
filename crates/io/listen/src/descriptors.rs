//! The process's bound of open files, which sockets count as.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the number of descriptors that this process may have as far as the system lets it: many systems
/// start processes with 1,024, and let them have a hundred times as many if they ask. To be called at
/// the process's start. Gives the number, if there is a bound.
pub fn raise_descriptor_limit() -> Option<u64> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => maximum,
        Err(_) => current,
    }
}

/// Connections of callers that the process has descriptors for: half of them. The other half is for
/// upstreams, which take one for each call under way, the store and files.
#[must_use]
pub fn most_connections() -> usize {
    let limit = getrlimit(Resource::Nofile).current;
    let limit = limit.and_then(|limit| usize::try_from(limit).ok());
    limit.map_or(usize::MAX, |limit| (limit / 2).max(1))
}
