//! `[cluster]`: nodes that share limits.

use super::{Reading, secrets};
use crate::ClusterConfig;
use std::time::Duration;
use tollgate_settings::Section;

const SHORTEST_LEASE: Duration = Duration::from_secs(20);
const LONGEST_LEASE: Duration = Duration::from_secs(600);
const PAUSE: Duration = Duration::from_secs(30);
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

pub(super) fn read(root: &Section<'_, '_>, source: &Reading<'_>) -> Option<ClusterConfig> {
    let section = root.section("cluster")?;
    let url = secrets::url(&section, source, "\"postgres://user@host/database\"");
    let expected = "a name of up to 64 letters, digits, '-', '.' and '_', such as \"a\"";
    let node = section.parsed("node", expected, |text| {
        ClusterConfig::is_node_name(text).then(|| text.to_owned())
    });
    let lease = section.span("lease", SHORTEST_LEASE..=LONGEST_LEASE);
    let pause = section.span("longest_pause", SHORTEST_PAUSE..=LONGEST_PAUSE);
    section.finish();
    let cluster = ClusterConfig {
        url: url?,
        node: node.map(|node| node.value),
        lease: lease.unwrap_or(ClusterConfig::LEASE),
        longest_pause: pause.unwrap_or(PAUSE),
    };
    if cluster.kind() == "memory" {
        let alone =
            "memory:// is within this process: nodes in other processes share nothing with it";
        source.warn(format!("cluster.url: {alone}"));
    }
    Some(cluster)
}
