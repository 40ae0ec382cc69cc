//! What is learned of the upstreams' limits is told in the log: once when a number comes into force, once
//! when it is another one, and once when it is forgotten.

use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_definitions::words;
use tollgate_driver::Driver;
use tollgate_engine::{LearnedView, Source};

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(1);

/// By whose calls count, the limit's name and where it comes from.
type Key = (String, String, &'static str);

/// Tells what changes, for as long as the engine lives.
pub(crate) async fn watch(driver: Driver) {
    let mut known = BTreeMap::new();
    loop {
        tokio::time::sleep(PAUSE).await;
        let Some(learned) = driver.learned().await else {
            // The engine's end is noticed elsewhere.
            return std::future::pending().await;
        };
        let News { differ, gone } = news(&mut known, &learned);
        for line in differ {
            tracing::warn!("{line}");
        }
        for line in gone {
            tracing::info!("{line}");
        }
    }
}

/// What there is to say, line by line.
#[derive(PartialEq, Debug, Default)]
struct News {
    /// Of numbers that aren't what is configured: somebody should look.
    differ: Vec<String>,
    /// Of numbers that aren't in force any more.
    gone: Vec<String>,
}

/// A line for each number that is new, another or gone.
fn news(known: &mut BTreeMap<Key, String>, learned: &[LearnedView]) -> News {
    let mut now = BTreeMap::new();
    let mut differ = Vec::new();
    for it in learned {
        let key = (it.of.clone(), it.name.clone(), it.source.as_str());
        let line = line(it);
        if known.get(&key) != Some(&line) {
            differ.push(line.clone());
        }
        now.insert(key, line);
    }
    let gone = known.keys().filter(|key| !now.contains_key(*key));
    let gone = gone.map(|(of, name, source)| {
        let of = if name.contains(of.as_str()) {
            String::new()
        } else {
            format!(" of {of}")
        };
        match *source {
            "headers" => format!("what is configured of {name}{of} is in force again"),
            _ => format!("held no more: {name}{of}"),
        }
    });
    let gone = gone.collect();
    *known = now;
    News { differ, gone }
}

/// `the upstream says 15 in 60s for token.rate of pool, configured 30; 15 is in force`.
fn line(it: &LearnedView) -> String {
    let number = words(it.allowed, it.period);
    match (it.source, it.configured) {
        (Source::Headers, configured) => {
            let of = if it.of == it.name {
                String::new()
            } else {
                format!(" of {}", it.of)
            };
            let configured = configured.map_or_else(
                || "nothing is configured".to_owned(),
                |configured| format!("configured {configured}"),
            );
            format!(
                "the upstream says {number} for {}{of}, {configured}; the upstream's number is in force \
                 (tollgate limits adopt)",
                it.name
            )
        }
        (source, _) => format!(
            "{}: held from now on, learned from {} (tollgate limits adopt)",
            it.name,
            source.as_str()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_model::{Instant, Scope};

    #[test]
    fn each_number_is_told_once() {
        let view = |allowed| LearnedView {
            limit: None,
            name: "token.rate".to_owned(),
            scope: Scope::Token,
            of: "pool".to_owned(),
            allowed,
            period: Some(Duration::from_secs(60)),
            configured: Some(30),
            source: Source::Headers,
            accepted: 0,
            refused: 0,
            since: Instant::ZERO,
        };
        let mut known = BTreeMap::new();
        let first = news(&mut known, &[view(15)]).differ;
        assert_eq!(first.len(), 1);
        for part in [
            "15 in 60s",
            "token.rate of pool",
            "configured 30",
            "tollgate limits adopt",
        ] {
            assert!(first[0].contains(part), "{first:?}");
        }
        assert_eq!(news(&mut known, &[view(15)]), News::default());
        let other = news(&mut known, &[view(12)]);
        assert_eq!((other.differ.len(), other.gone.len()), (1, 0));
        let News { differ, gone } = news(&mut known, &[]);
        assert!(differ.is_empty(), "{differ:?}");
        assert_eq!(
            gone,
            ["what is configured of token.rate of pool is in force again"]
        );
        assert_eq!(news(&mut known, &[]), News::default());
    }
}
