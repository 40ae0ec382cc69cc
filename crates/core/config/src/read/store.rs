//! `[store]`: where what is changed through the API lives.

use super::{Reading, secrets};
use crate::{FileUse, Keep, KeySource, Store};
use std::time::Duration;
use tollgate_secret::Secret;
use tollgate_settings::Section;

/// Of `timeout` and `connect_timeout`.
const SHORTEST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(60);
/// A hundred years.
const MOST_DAYS: u64 = 36_500;

pub(super) fn read(root: &Section<'_, '_>, source: &Reading<'_>) -> Option<Store> {
    let section = root.section("store")?;
    let url = secrets::plain_or_env(&section, source, "url", "url_env", "\"sqlite:tollgate.db\"");
    let file = section.text("key_file");
    let env = section.text("key_env");
    let keys = match (file, env) {
        (Some(file), None) => Some(KeySource::File(source.uses(&file))),
        (None, Some(env)) => Some(KeySource::Env(env.value)),
        (Some(_), Some(env)) => {
            let message = "expected either this or key_file, found both".to_owned();
            section.reject(&env, message);
            None
        }
        (None, None) => {
            section.missing("key_file", "\"tollgate.keys\" (or key_env = \"NAME\")");
            None
        }
    };
    let timeout = section.span("timeout", SHORTEST..=LONGEST);
    let connect_timeout = section.span("connect_timeout", SHORTEST..=LONGEST);
    let keep = Keep {
        changes: days(&section, "keep_changes_days", 3 * 365),
        executions: days(&section, "keep_executions_days", 30),
        usage: days(&section, "keep_usage_days", 400),
    };
    section.finish();
    Some(Store {
        url: located(url?, source),
        keys: keys?,
        timeout: timeout.unwrap_or(Duration::from_secs(5)),
        connect_timeout: connect_timeout.unwrap_or(Duration::from_secs(3)),
        keep,
    })
}

/// Days, of which 0 are for ever.
fn days(section: &Section<'_, '_>, key: &'static str, usual: u64) -> Option<Duration> {
    let days = section.whole(key, 0..=MOST_DAYS).unwrap_or(usual);
    (days > 0).then(|| Duration::from_secs(days * 24 * 3600))
}

/// As every path of the file, SQLite's starts from the file's folder.
fn located(url: Secret, source: &Reading<'_>) -> Secret {
    let Some(path) = url.expose().strip_prefix("sqlite:") else {
        return url;
    };
    let path = source.folder.join(path.strip_prefix("//").unwrap_or(path));
    let beside = ["-wal", "-shm", "-journal"];
    source.note(FileUse::written_and("store.url", &path, &beside));
    Secret::new(format!("sqlite:{}", path.display()))
}
