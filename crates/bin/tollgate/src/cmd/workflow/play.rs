//! A script's files, read and played: shared by `run` and `test`.

use super::input::read;
use super::validate;
use anyhow::{Context, bail};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use tollgate_architect::{Library, Run, Workflow};
use tollgate_architect_test::{Played, Script, ScriptWorld, World, play};

/// A workflow with what it may call.
pub(super) struct Loaded {
    pub(super) workflow: Arc<Workflow>,
    pub(super) library: Library,
}

pub(super) fn script(path: &Path) -> anyhow::Result<Script> {
    let name = path.display().to_string();
    let parsed = Script::parse(&read(path)?);
    validate::print(
        &name,
        parsed
            .as_ref()
            .map_or_else(|problems| problems, |script| &script.warnings),
    );
    parsed.map_err(|_| anyhow::anyhow!("{name}: the script can't be used"))
}

/// Reads a workflow and the workflows it calls; those are found by their names in their files.
pub(super) fn load(
    workflow: &Path,
    library: impl Iterator<Item = std::path::PathBuf>,
    set: &BTreeMap<String, String>,
) -> anyhow::Result<Loaded> {
    let mut loaded = Loaded {
        workflow: parse(workflow, set)?,
        library: Library::new(),
    };
    for path in library {
        let workflow = parse(&path, set)?;
        loaded.library.insert(workflow.name().to_owned(), workflow);
    }
    Ok(loaded)
}

fn parse(path: &Path, set: &BTreeMap<String, String>) -> anyhow::Result<Arc<Workflow>> {
    let name = path.display().to_string();
    match super::input::workflow(path, set)? {
        Ok(workflow) => Ok(Arc::new(workflow)),
        Err(problems) => {
            validate::print(&name, &problems);
            bail!("{name}: the workflow is not valid")
        }
    }
}

/// Reads and plays a script with what it names, from the script's own folder.
pub(super) fn from_script(path: &Path, script: &Script) -> anyhow::Result<Loaded> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let library = script.library.iter().map(|file| folder.join(file));
    load(&folder.join(&script.workflow), library, &script.set)
}

pub(super) fn played(
    loaded: &Loaded,
    script: &Script,
    world: &mut dyn World,
) -> anyhow::Result<Played> {
    let inputs = script.run_inputs(loaded.library.clone());
    let start = tollgate_model::Instant::ZERO;
    let run = Run::new(Arc::clone(&loaded.workflow), &inputs, start, script.seed);
    let mut run = run
        .map_err(anyhow::Error::msg)
        .context("the run can't begin")?;
    play(&mut run, world, start, script.speech)
        .map_err(anyhow::Error::msg)
        .context("the run can't go on")
}

pub(super) fn world(script: &Script) -> ScriptWorld {
    ScriptWorld::new(script)
}
