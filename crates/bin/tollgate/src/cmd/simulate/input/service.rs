//! What a service's own files say of a scenario.

use super::read;
use anyhow::Context as _;
use std::path::{Path, PathBuf};
use tollgate_action::Action;
use tollgate_config::{Config, Integration, NoFiles, Source};
use tollgate_sim::ServiceAction;

/// The configuration, whose secrets nobody looks up.
pub(super) fn config(path: &Path) -> anyhow::Result<Config> {
    let file = path.display().to_string();
    let text = read(path).with_context(|| format!("{file}: give the path of a configuration"))?;
    let source = Source {
        file: &file,
        folder: path.parent().unwrap_or_else(|| Path::new("")),
        env: &|_| None,
        files: &NoFiles,
    };
    Ok(Config::parse_without_secrets(&text, &source)?)
}

/// The actions of its integrations' files. A folder that isn't there has none.
pub(super) fn actions(config: &Config) -> anyhow::Result<Vec<ServiceAction>> {
    let mut actions = Vec::new();
    for (at, integration) in config.integrations.iter().enumerate() {
        for path in integration.folder.iter().flat_map(|folder| files(folder)) {
            let shown = path.display().to_string();
            let text = read(&path).with_context(|| shown.clone())?;
            let action = Action::from_json(&text).with_context(|| shown.clone())?;
            actions.extend(of_type(integration, action).map(|action| ServiceAction {
                name: action.name().to_owned(),
                integration: at,
                file: shown,
                timeout: action.timeout(),
                method: action.method().as_str(),
            }));
        }
    }
    Ok(actions)
}

/// Integrations may share a folder: each has the actions of its own type.
fn of_type(integration: &Integration, action: Action) -> Option<Action> {
    (action.integration_type().as_str() == integration.kind.id).then_some(action)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|it| it == "json"))
        .collect();
    files.sort();
    files
}
