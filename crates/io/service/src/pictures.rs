//! What the files of a configuration held when they were read, to be compared with what they hold later.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use tokio::time::timeout;
use tollgate_api::NotReloaded;
use tollgate_config::{Changed, Changes, Config};
use tollgate_definitions::Definitions;

/// Longest time in which the files are read once; *ours*: at the start of a service with 20,000 of them it is a second.
const READING: Duration = Duration::from_secs(60);

/// What of the files is compared with what they are later.
#[derive(Default)]
pub(crate) struct Pictures {
    /// Definitions of actions, by integration and name.
    actions: BTreeMap<String, String>,
    /// Texts of workflows, by id.
    workflows: BTreeMap<String, String>,
    /// Other files that are named, as they are read: secrets, certificates, authorities.
    files: BTreeMap<String, Option<Vec<u8>>>,
}

impl Pictures {
    pub(crate) fn of(config: &Config, definitions: &Definitions) -> Self {
        let actions = definitions.catalog.actions().map(|it| {
            let text = it.action.as_ref().map(|it| it.definition().to_string());
            (
                format!("{}/{}", it.category, it.name),
                text.unwrap_or_default(),
            )
        });
        let read = config.files.iter().filter(|it| !it.written);
        let read = read.filter(|it| it.path != Path::new(&config.file));
        Self {
            actions: actions.collect(),
            workflows: definitions.workflows.texts().clone(),
            files: read
                .map(|it| (it.path.display().to_string(), std::fs::read(&it.path).ok()))
                .collect(),
        }
    }

    /// Adds what is different in these.
    pub(crate) fn tell(&self, after: &Self, changes: &mut Changes) {
        changes.add("actions", Changed::between(&self.actions, &after.actions));
        changes.add(
            "workflows",
            Changed::between(&self.workflows, &after.workflows),
        );
        changes.add("files", Changed::between(&self.files, &after.files));
    }
}

/// Whether what is kept of actions' outputs is what they would give now.
pub(crate) fn keeps_outputs(changes: &Changes) -> bool {
    let kinds = [
        "actions",
        "integrations",
        "composites",
        "workflows",
        "caches",
    ];
    !kinds.iter().any(|kind| changes.kinds.contains_key(kind))
}

/// Reads what takes the disk beside the threads that serve. A file that never answers (a named pipe, a network's disk that
/// hangs) is not waited for longer than [`READING`], since whoever asks next would wait behind it.
pub(crate) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, NotReloaded> {
    aside_within(READING, work).await
}

async fn aside_within<T: Send + 'static>(
    within: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, NotReloaded> {
    let invalid = |why: String| NotReloaded::Invalid(vec![why]);
    let Ok(done) = timeout(within, tokio::task::spawn_blocking(work)).await else {
        return Err(invalid(format!(
            "the configuration and the files that it names were not read within {within:?}: one of them is a pipe, or its \
             disk doesn't answer"
        )));
    };
    done.map_err(|died| invalid(died.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[tokio::test]
    async fn files_that_never_answer_are_told_of() {
        let (answer, never) = mpsc::channel::<()>();
        let read = aside_within(Duration::from_millis(1), move || never.recv());
        let error = read.await.expect_err("it isn't waited for");
        assert!(error.lines()[0].contains("not read within"), "{error:?}");
        drop(answer);
        assert_eq!(aside(|| 1).await.expect("it is read"), 1);
    }
}
