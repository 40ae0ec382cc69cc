//! The script in docs/workflows.md is one; docs/flows.md has the table of steps.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::{Path, PathBuf};
use tollgate_architect::{Does, Evidence, StepType, step_types};
use tollgate_architect_test::Script;

fn page(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../docs")
        .join(name)
}

#[test]
fn the_documentation_is_complete() {
    let text = std::fs::read_to_string(page("workflows.md")).unwrap();
    let script = text
        .split("```yaml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .unwrap();
    let script = Script::parse(script).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(
        (script.person.len(), script.answers["Get Caller"].len()),
        (7, 3)
    );
    assert_eq!(Script::parse(&script.to_yaml()).unwrap(), script);
}

/// `TOLLGATE_WRITE=1` writes the table anew.
#[test]
fn the_table_of_steps_is_the_documented_one() {
    let path = page("flows.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once("<!-- steps -->\n").unwrap();
    let (table, after) = rest.split_once("<!-- /steps -->\n").unwrap();
    let mut wanted = String::from(
        "| step | where | here | ways out | not here | settings | known by |\n|---|---|---|---|---|---|---|\n",
    );
    wanted.extend(step_types().map(row));
    if std::env::var_os("TOLLGATE_WRITE").is_some() {
        let text = format!("{before}<!-- steps -->\n{wanted}<!-- /steps -->\n{after}");
        std::fs::write(&path, text).unwrap();
        return;
    }
    assert!(table == wanted, "run scripts/bless");
}

fn row(step: &StepType) -> String {
    let does = match step.does {
        Does::Control => "control",
        Does::Ask => "ask",
        Does::Say(_) => "say",
        Does::LookUp => "looked up",
        Does::Tell => "told",
        Does::Call => "call",
        Does::Transfer => "transfer",
        Does::End(_) => "end",
        Does::Choice => "a menu's choice",
        Does::Nothing => "the vendor's",
    };
    let mut ways: Vec<String> = step
        .ways
        .iter()
        .map(|way| bracketed(way.name, way.written && way.always))
        .collect();
    ways.extend(step.names_ways.then(|| "`*`".to_owned()));
    let settings = step.settings.iter();
    let settings = settings.map(|setting| bracketed(setting.name, setting.used));
    let known = match step.evidence {
        Evidence::Seen => "observed",
        Evidence::Sdk => "vendor (SDK)",
        Evidence::Help => "vendor (help)",
        Evidence::Withdrawn => "withdrawn by the vendor",
    };
    format!(
        "| {} | {} | {does} | {} | {} | {} | {known} |\n",
        step.word,
        step.kinds,
        ways.join(" "),
        step.not_here.unwrap_or_default(),
        settings.collect::<Vec<_>>().join(" "),
    )
}

fn bracketed(name: &str, plain: bool) -> String {
    if plain {
        name.to_owned()
    } else {
        format!("({name})")
    }
}
