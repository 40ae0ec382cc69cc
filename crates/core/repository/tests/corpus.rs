//! The corpus, checked as one folder.

#![allow(clippy::unwrap_used, reason = "a test")]

mod shared;

use shared::Folder;
use std::collections::BTreeMap;
use tollgate_repository::{Level, Verdict};

#[test]
fn all_workflows_and_actions_of_the_corpus_are_found() {
    let Some(corpus) = shared::corpus() else {
        return;
    };
    let report = Folder::on_disk(&corpus).check();
    let of = |action: bool| {
        report
            .items
            .iter()
            .filter(move |one| one.kind.ends_with("action") == action)
    };
    let (flows, actions) = (of(false).count(), of(true).count());
    let mut verdicts: BTreeMap<(bool, &str), usize> = BTreeMap::new();
    for item in &report.items {
        let key = (item.kind.ends_with("action"), item.verdict().as_str());
        *verdicts.entry(key).or_default() += 1;
    }
    println!("{flows} flows, {actions} data actions");
    for ((action, verdict), count) in &verdicts {
        let what = if *action { "data actions" } else { "flows" };
        println!("{count:>4} {what}: {verdict}");
    }
    for rule in tollgate_repository::Rule::ALL {
        for level in [Level::Error, Level::Warning, Level::Note] {
            let found = report.findings();
            let count = found
                .iter()
                .filter(|one| one.rule == *rule && one.level == level)
                .count();
            if count > 0 {
                println!("{count:>4} {} of {}", level.as_str(), rule.id());
            }
        }
    }
    // Each YAML file of the corpus is a workflow; two JSON files are none (a package and a custom script's).
    let files = |ending: &str| {
        let files = tollgate_repository::Files::paths(&Folder::on_disk(&corpus)).to_vec();
        files
            .into_iter()
            .filter(|path| path.ends_with(ending))
            .count()
    };
    assert_eq!(flows, files(".yaml"));
    assert_eq!(actions, files(".json"));
    let unreadable = report
        .items
        .iter()
        .filter(|item| item.verdict() == Verdict::Unreadable);
    assert_eq!(unreadable.count(), 0);
    // What Terraform can't deploy isn't in a folder without Terraform.
    assert_eq!(
        report
            .others
            .iter()
            .filter(|one| one.level == Level::Error)
            .count(),
        0
    );
}
