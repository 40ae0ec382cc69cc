//! What the command line names: files, and values for their placeholders.

use std::path::Path;
use tollgate_architect::{Problems, Substitutions, Workflow, export_problems, is_export_name};

/// Longest file, in bytes.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Values for placeholders, given as NAME=VALUE.
pub(super) fn substitutions(given: &[String]) -> anyhow::Result<Substitutions> {
    crate::cmd::input::pairs("--set", given).map_err(anyhow::Error::msg)
}

/// A workflow file, or what is wrong with it.
pub(super) fn workflow(
    path: &Path,
    set: &Substitutions,
) -> anyhow::Result<Result<Workflow, Problems>> {
    if is_export_name(&path.to_string_lossy()) {
        return Ok(Err(export_problems()));
    }
    Ok(Workflow::parse_with(&read(path)?, set))
}

pub(super) fn read(path: &Path) -> anyhow::Result<String> {
    crate::cmd::input::read(path, MAX_BYTES).map_err(anyhow::Error::msg)
}
