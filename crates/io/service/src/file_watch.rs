//! A look at the files of the configuration every so often, where it asks for that: what has changed is read anew.
//!
//! **What is looked at is what stands behind a name**: of each file its number, length and time, of each folder the files
//! in it. So a link that leads elsewhere is seen (that is how Kubernetes replaces a volume's files), on whatever file
//! system, and what is written beside them (a log, a store) is not. That takes some microseconds a file.
//!
//! **Files that are being written are let be**: a change is taken up when two looks in a row have found the same. What
//! can't be taken over isn't tried again until it changes.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tollgate_api::Reloading;
use tollgate_config::Config;

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(1);
/// Files of one folder that are looked at.
const MOST_FILES: usize = 20_000;

/// Files and folders to look at.
#[derive(Clone)]
pub(crate) struct FileWatch {
    files: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

/// What a file was when it was looked at: number, length and time; none where there was none.
type Stamp = Option<(u64, u64, Option<SystemTime>)>;

impl FileWatch {
    pub(crate) fn of(config: &Config) -> Self {
        let read = config.files.iter().filter(|it| !it.written);
        let folders = config.integrations.iter();
        let folders = folders.filter_map(|it| it.folder.clone());
        Self {
            files: read.map(|it| it.path.clone()).collect(),
            folders: folders
                .chain(config.server.workflow_folder.clone())
                .collect(),
        }
    }

    fn look(&self) -> BTreeMap<PathBuf, Stamp> {
        let of_folder = |folder: &PathBuf| {
            let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
            let paths = entries.map(|entry| entry.path());
            let paths = paths.filter(|path| is_definition(path));
            paths.take(MOST_FILES).collect::<Vec<_>>()
        };
        let in_folders = self.folders.iter().flat_map(of_folder);
        let all = self.files.iter().cloned().chain(in_folders);
        all.map(|path| (path.clone(), stamp(&path))).collect()
    }

    /// Asks for a reload whenever something has changed. `now_is` gives what is to be looked at after one.
    pub(crate) async fn follow(mut self, reloading: Reloading, now_is: impl Fn() -> Self) {
        let look = async |it: &Self| {
            let it = it.clone();
            let looked = tokio::task::spawn_blocking(move || it.look()).await;
            looked.unwrap_or_default()
        };
        let mut read = look(&self).await;
        let mut last = read.clone();
        loop {
            tokio::time::sleep(PAUSE).await;
            let seen = look(&self).await;
            let is_settled = seen == last;
            last = seen;
            if last == read || !is_settled {
                continue;
            }
            tracing::info!("files of the configuration have changed; it is read anew");
            // What changes from here on is found by a later look; so are files that weren't looked at before.
            read.clone_from(&last);
            // The log says what came of it.
            let _ = reloading.reload().await;
            self = now_is();
        }
    }
}

fn is_definition(path: &Path) -> bool {
    let ending = path.extension().and_then(|it| it.to_str());
    ending.is_some_and(|it| ["json", "yaml", "yml"].contains(&it))
}

fn stamp(path: &Path) -> Stamp {
    let meta = std::fs::metadata(path).ok()?;
    Some((meta.ino(), meta.len(), meta.modified().ok()))
}
