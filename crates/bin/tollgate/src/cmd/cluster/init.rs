//! A first value, and another in the place of one that is there.
//!
//! What nodes have is in the value alone, so to replace it while a node lives gives its slots away twice. A node that lives
//! exchanges at least [`RENEWALS`] times in a lease, which changes the value; so `--force` looks for twice that time whether
//! the value changes, and replaces only what it saw standing still. *What it can't know*: a node that is cut off from the
//! store, or stands still, has its slots until its lease ends, and its calls count longer. Whoever forces is told so.

use super::Place;
use crate::console::{errln, outln};
use anyhow::Context as _;
use std::time::{Duration, Instant};
use tollgate_config::show_span;
use tollgate_coordination::{Found, Revision, Swap};
use tollgate_lease::{RENEWALS, Value};

/// Between two looks at the value.
const LOOK: Duration = Duration::from_millis(500);

pub(super) async fn init(place: &Place, force: bool) -> anyhow::Result<()> {
    let mut found = place.read().await?;
    if found.value.is_some() && !force {
        outln!("there is a value already, which stays; `tollgate cluster status` shows it");
        return Ok(());
    }
    if let Some(signs) = signs_of_life(&found, place.lease) {
        found = still(place, found, signs).await?;
    }
    let expected = found.value.map(|(revision, _)| revision);
    let first = Value::of_nobody(found.server.as_str()).write();
    match place.store.swap(expected, &first, "").await {
        Ok(Swap::Done { is_durable, .. }) => {
            done(expected, is_durable);
            Ok(())
        }
        Ok(Swap::Changed(_)) => Err(a_node_runs()),
        Err(error) if error.is_in_doubt() => Err(place.fault(&error))
            .context("whether it was made isn't known; `tollgate cluster status` tells"),
        Err(error) => Err(place.fault(&error)),
    }
}

/// How long a node that lives is silent at the most; none if the value shows that none has had anything of late. What can't
/// be read may be of nodes of another version, whose leases are taken to last as long as this file says.
fn signs_of_life(found: &Found, lease: Duration) -> Option<Duration> {
    let (_, text) = found.value.as_ref()?;
    let Ok(value) = Value::read(text) else {
        return Some(lease / RENEWALS);
    };
    let is_of_nobody = value.members().next().is_none()
        && value.learning().is_none()
        && value.views().all(|limit| limit.returning == 0);
    (!is_of_nobody).then(|| value.lease() / RENEWALS)
}

/// The value, after it has stood still for twice that time.
async fn still(place: &Place, first: Found, signs: Duration) -> anyhow::Result<Found> {
    let within = 2 * signs;
    let shown = show_span(Duration::from_secs(within.as_secs().max(1)));
    errln!("looking for {shown} whether a node still exchanges");
    let begun = Instant::now();
    let revision = |found: &Found| found.value.as_ref().map(|(revision, _)| *revision);
    while begun.elapsed() < within {
        tokio::time::sleep(LOOK.min(within)).await;
        let found = place.read().await?;
        if (revision(&found), &found.server) != (revision(&first), &first.server) {
            return Err(a_node_runs());
        }
    }
    Ok(first)
}

fn a_node_runs() -> anyhow::Error {
    anyhow::Error::msg(
        "the value has changed meanwhile, so a node runs; nothing was replaced: stop all nodes first, \
         `tollgate cluster status` shows them",
    )
}

fn done(replaced: Option<Revision>, is_durable: bool) {
    match replaced {
        None => outln!("the value is there; nodes may start"),
        Some(_) => {
            outln!("the value was replaced");
            errln!(
                "warning: what nodes had is forgotten. No node was seen, but one that is cut off from the store or stands \
                 still isn't: it sends by its lease, and others get the same slots. Start nodes a lease and the longest \
                 period after the last one ended"
            );
        }
    }
    if !is_durable {
        errln!("warning: no replica has confirmed it, so a failover may lose it");
    }
}
