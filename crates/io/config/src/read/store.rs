//! `[store]`: where what is changed through the API lives.

use super::{Source, secrets};
use crate::{KeySource, Store};
use tollgate_driver::Secret;
use tollgate_settings::Section;

pub(super) fn read(root: &Section<'_, '_>, source: &Source<'_>) -> Option<Store> {
    let section = root.section("store")?;
    let url = secrets::plain_or_env(&section, source, "url", "url_env", "\"sqlite:tollgate.db\"");
    let file = section.text("key_file");
    let env = section.text("key_env");
    let keys = match (file, env) {
        (Some(file), None) => Some(KeySource::File(source.folder.join(file.value))),
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
    section.finish();
    Some(Store {
        url: located(url?, source),
        keys: keys?,
    })
}

/// As every path of the file, SQLite's starts from the file's folder.
fn located(url: Secret, source: &Source<'_>) -> Secret {
    let Some(path) = url.expose().strip_prefix("sqlite:") else {
        return url;
    };
    let path = source.folder.join(path.strip_prefix("//").unwrap_or(path));
    Secret::new(format!("sqlite:{}", path.display()))
}
