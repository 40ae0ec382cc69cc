//! Workflow files: which workflows there are in the folder.

use crate::action::IDS;
use crate::{Fault, WorkflowRef};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tollgate_architect::{Library, Workflow, WorkflowKind};
use tollgate_config::Config;
use uuid::Uuid;

/// Workflow files of the folder, at the most.
const MAX_FILES: usize = 1_000;
/// Longest workflow file, in bytes.
const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;

/// Workflows of files, by id, and all of them by name for those that call each other.
#[derive(Debug, Default)]
pub struct WorkflowFiles {
    /// By their ids, which are made of their names.
    pub by_id: BTreeMap<String, Arc<Workflow>>,
    /// By their names.
    pub library: Arc<Library>,
    /// Their texts, by their ids.
    texts: BTreeMap<String, String>,
    /// Their files, by their names.
    pub(crate) files: BTreeMap<String, String>,
    /// Whether some couldn't be read.
    pub(crate) incomplete: bool,
}

impl WorkflowFiles {
    /// Reads every `*.yaml` and `*.yml` of the configuration's folder; none if it names none. Adds every file
    /// that can't be used to `faults`, with each of its problems.
    pub(crate) fn load(config: &Config, faults: &mut Vec<Fault>) -> Self {
        let already = faults.len();
        let mut read = Self::default();
        let Some(folder) = &config.server.workflow_folder else {
            return read;
        };
        let files = match files(folder) {
            Ok(files) => files,
            Err(why) => {
                let message = format!("{}: {why}", folder.display());
                faults.push(Fault::of(config, "server.workflow_folder", message));
                read.incomplete = true;
                return read;
            }
        };
        let mut library = Library::new();
        for path in files {
            let file = path.display().to_string();
            match read_file(&path) {
                Ok((workflow, text)) => {
                    let name = workflow.name().to_owned();
                    let workflow = Arc::new(workflow);
                    if library
                        .insert(name.clone(), Arc::clone(&workflow))
                        .is_some()
                    {
                        let why =
                            format!("there is a workflow {name:?} already; rename one of them");
                        faults.push(Fault::in_file(&file, why));
                    }
                    read.by_id.insert(id(&name), workflow);
                    read.texts.insert(id(&name), text);
                    read.files.insert(name, file);
                }
                Err(found) => {
                    faults.extend(found.into_iter().map(|problem| Fault {
                        file: file.clone(),
                        ..problem
                    }));
                }
            }
        }
        read.library = Arc::new(library);
        read.incomplete = faults.len() > already;
        read
    }

    /// Their texts, by their ids.
    #[must_use]
    pub fn texts(&self) -> &BTreeMap<String, String> {
        &self.texts
    }

    /// The text of the workflow that is named so, as its file had it when it was read, if it is one of these.
    pub(crate) fn text(&self, wanted: &WorkflowRef) -> Option<&str> {
        let named = || {
            let (name, kind) = (wanted.name.as_deref()?, wanted.kind.as_deref()?);
            let found = self.library.get(name)?;
            (WorkflowKind::of_word(kind) == Some(found.kind())).then(|| id(name))
        };
        let id = wanted.id.clone().or_else(named)?;
        self.texts.get(&id).map(String::as_str)
    }

    /// What of the workflows isn't known here: they run, and fail where they would need it.
    pub(crate) fn unsupported(&self) -> impl Iterator<Item = String> {
        self.files.iter().flat_map(|(name, file)| {
            let workflow = self.library.get(name).into_iter();
            let problems = workflow.flat_map(|workflow| workflow.unsupported());
            problems.map(move |problem| format!("{file}:{problem}"))
        })
    }
}

/// The folder's workflow files, by name.
fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let unreadable = |error: std::io::Error| error.to_string();
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let ending = path.extension();
        if ending.is_some_and(|it| it == "yaml" || it == "yml") {
            files.push(path);
        }
        if files.len() > MAX_FILES {
            return Err(format!("holds more than {MAX_FILES} workflow files"));
        }
    }
    files.sort();
    Ok(files)
}

/// The id of a workflow of a file: the same on every start.
fn id(name: &str) -> String {
    Uuid::new_v5(&IDS, format!("flow/{name}").as_bytes()).to_string()
}

/// The workflow that a file says, and the file's text.
fn read_file(file: &Path) -> Result<(Workflow, String), Vec<Fault>> {
    let wrong = |why: String| vec![Fault::in_file("", why)];
    let meta = std::fs::metadata(file).map_err(|error| wrong(error.to_string()))?;
    if !meta.is_file() {
        return Err(wrong("is no regular file".to_owned()));
    }
    if meta.len() > MAX_FILE_BYTES {
        return Err(wrong(format!("is longer than {MAX_FILE_BYTES} bytes")));
    }
    let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    let read = Workflow::parse(&text);
    let workflow = read.map_err(|problems| {
        let problems = problems.as_slice().iter().map(|problem| {
            let place = Some((problem.place.line as usize, problem.place.column as usize));
            let mut message = format!("{}: {}", problem.severity.as_str(), problem.message);
            if !problem.help.is_empty() {
                message += &format!(" ({})", problem.help);
            }
            Fault {
                place,
                ..Fault::in_file("", message)
            }
        });
        problems.collect::<Vec<_>>()
    })?;
    Ok((workflow, text))
}
