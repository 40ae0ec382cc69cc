//! What of a workflow's errors depends on placeholders whose values are known only when it is deployed.
//!
//! Such an error is none: the value may put it right. Which errors these are is told by trial, since a value can
//! matter anywhere in the file: an error that isn't there with another value, or that stands in a line with such a
//! placeholder, depends on it. Every other error is there with whatever value.

use crate::finding::{Finding, Level, Rule};
use crate::terraform::FlowResource;
use std::collections::BTreeSet;
use tollgate_architect::{Problems, Substitutions, Workflow, yaml};

/// Values of the kinds that fields take: a number, a truth value, a duration, and a plain word.
const TRIALS: [&str; 4] = ["1", "true", "PT5M", "word"];

/// Makes notes of a deployed workflow's errors that depend on values which aren't known; answers how many bytes of
/// workflows were read for that.
pub(super) fn soften(text: &str, resource: &FlowResource, findings: &mut [Finding]) -> usize {
    let names = unknown_names(text, resource);
    let is_error = |finding: &Finding| finding.level == Level::Error && finding.rule == Rule::Flow;
    if names.is_empty() || !findings.iter().any(is_error) {
        return 0;
    }
    let written: Vec<String> = names.iter().map(|name| format!("{{{{{name}}}}}")).collect();
    let with_unknown: BTreeSet<u32> = (1..)
        .zip(text.lines())
        .filter(|(_, line)| written.iter().any(|written| line.contains(written)))
        .map(|(number, _)| number)
        .collect();
    let trials = TRIALS.map(|value| errors_with(text, resource, &names, value));
    for finding in findings.iter_mut().filter(|finding| is_error(finding)) {
        let line = finding.place.map_or(0, |place| place.line);
        let error = (line, finding.message.clone());
        let always = trials.iter().all(|trial| trial.contains(&error));
        if always && !with_unknown.contains(&line) {
            continue;
        }
        finding.level = Level::Note;
        finding.rule = Rule::TerraformUnknown;
        finding.help = format!(
            "this depends on {}, known only when it is deployed; what the flow calls isn't checked",
            written.join(", ")
        );
    }
    text.len() * TRIALS.len()
}

/// The placeholders whose values aren't known.
fn unknown_names(text: &str, resource: &FlowResource) -> BTreeSet<String> {
    let mut names = resource.unknown.clone();
    if resource.any_unknown {
        let document = yaml::parse(text, &resource.substitutions, &mut Problems::default());
        names.extend(
            document
                .into_iter()
                .flat_map(|one| one.unfilled.into_keys()),
        );
    }
    names
}

/// The lines and messages of the errors that the workflow has with a value for these placeholders.
fn errors_with(
    text: &str,
    resource: &FlowResource,
    names: &BTreeSet<String>,
    value: &str,
) -> BTreeSet<(u32, String)> {
    let tried = names.iter().map(|name| (name.clone(), value.to_owned()));
    let mut substitutions: Substitutions = resource.substitutions.clone();
    substitutions.extend(tried);
    let problems = Workflow::parse_with(text, &substitutions).err();
    let problems = problems.iter().flat_map(Problems::as_slice);
    problems
        .map(|problem| (problem.place.line, problem.message.clone()))
        .collect()
}
