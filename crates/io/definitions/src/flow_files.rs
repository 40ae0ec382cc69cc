//! Flow files: which flows there are in the folder.

use crate::entry::IDS;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use tollgate_architect::{Library, Workflow};
use uuid::Uuid;

/// Flow files of the folder, at the most.
const MAX_FILES: usize = 1_000;
/// Longest flow file, in bytes.
const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;

/// Flows of files, by id, and all of them by name for those that call each other.
#[derive(Debug, Default)]
pub struct FlowFiles {
    /// By their ids, which are made of their names.
    pub by_id: BTreeMap<String, Arc<Workflow>>,
    /// By their names.
    pub library: Arc<Library>,
}

impl FlowFiles {
    /// Reads every `*.yaml` and `*.yml` of the folder.
    ///
    /// # Errors
    /// Every file that can't be used, with each of its problems.
    pub fn load(folder: &Path) -> Result<Self, Vec<String>> {
        let unreadable = |error: std::io::Error| vec![format!("{}: {error}", folder.display())];
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path
                .extension()
                .is_some_and(|it| it == "yaml" || it == "yml")
            {
                files.push(path);
            }
            if files.len() > MAX_FILES {
                return Err(vec![format!(
                    "{}: holds more than {MAX_FILES} flow files",
                    folder.display()
                )]);
            }
        }
        files.sort();
        let (mut by_id, mut library, mut problems) = (BTreeMap::new(), Library::new(), Vec::new());
        for file in files {
            match read(&file) {
                Ok(flow) => {
                    let flow = Arc::new(flow);
                    if library
                        .insert(flow.name().to_owned(), Arc::clone(&flow))
                        .is_some()
                    {
                        let name = flow.name();
                        problems.push(format!(
                            "{}: there is a flow {name:?} already; rename one of them",
                            file.display()
                        ));
                    }
                    by_id.insert(id(flow.name()), flow);
                }
                Err(found) => problems.extend(
                    found
                        .into_iter()
                        .map(|it| format!("{}:{it}", file.display())),
                ),
            }
        }
        if problems.is_empty() {
            Ok(Self {
                by_id,
                library: Arc::new(library),
            })
        } else {
            Err(problems)
        }
    }
}

/// The id of a flow of a file: the same on every start.
fn id(name: &str) -> String {
    Uuid::new_v5(&IDS, format!("flow/{name}").as_bytes()).to_string()
}

fn read(file: &Path) -> Result<Workflow, Vec<String>> {
    let wrong = |error: std::io::Error| vec![format!(" {error}")];
    if std::fs::metadata(file).map_err(wrong)?.len() > MAX_FILE_BYTES {
        return Err(vec![format!(" is longer than {MAX_FILE_BYTES} bytes")]);
    }
    let text = std::fs::read_to_string(file).map_err(wrong)?;
    Workflow::parse(&text)
        .map_err(|problems| problems.to_string().lines().map(str::to_owned).collect())
}
