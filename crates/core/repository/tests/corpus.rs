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

/// Deploys every export of a folder, as people do who keep their actions as the editor exported them.
const DEPLOYED: &str = r#"
locals {
  exports = {
    for file in fileset(path.module, "actions/*.json") :
    file => jsondecode(file("${path.module}/${file}"))
  }
  actions = {
    for file, export in local.exports : file => export
    if try(export.config.request.requestUrlTemplate, null) != null
  }
}
resource "genesyscloud_integration" "each" {
  for_each         = local.actions
  integration_type = each.value.integrationType
}
resource "genesyscloud_integration_action" "each" {
  for_each               = local.actions
  name                   = each.value.name
  category               = "Corpus"
  integration_id         = genesyscloud_integration.each[each.key].id
  secure                 = try(each.value.secure, null)
  config_timeout_seconds = try(each.value.config.timeoutSeconds, null)
  contract_input         = jsonencode(each.value.contract.input.inputSchema)
  contract_output        = jsonencode(each.value.contract.output.successSchema)
  config_request {
    request_url_template = each.value.config.request.requestUrlTemplate
    request_type         = each.value.config.request.requestType
    request_template     = try(each.value.config.request.requestTemplate, null)
    headers              = try(each.value.config.request.headers, null)
  }
  config_response {
    translation_map          = try(each.value.config.response.translationMap, null)
    translation_map_defaults = try(each.value.config.response.translationMapDefaults, null)
    success_template         = try(each.value.config.response.successTemplate, null)
  }
}
"#;

#[test]
fn an_action_is_the_same_in_json_and_deployed_by_terraform() {
    let Some(corpus) = shared::corpus() else {
        return;
    };
    let report = Folder::on_disk(&corpus).with("main.tf", DEPLOYED).check();
    let said = |item: &tollgate_repository::Item| {
        let findings = item.findings.iter().filter(|one| one.field != "actionType");
        let mut said: Vec<String> = findings
            .map(|one| format!("{} {}", one.level.as_str(), one.message))
            .collect();
        said.sort();
        said.dedup();
        said
    };
    let (deployed, exports): (Vec<_>, Vec<_>) = report
        .items
        .iter()
        .filter(|item| item.kind == "data action")
        .partition(|item| item.address.is_some());
    let mut same = 0;
    for item in &deployed {
        let address = item.address.as_deref().unwrap();
        let file = address.split('"').nth(1).unwrap();
        let export = exports.iter().find(|one| one.file == file).unwrap();
        assert_eq!(said(item), said(export), "{file}");
        same += 1;
    }
    println!(
        "{same} of {} actions are deployed and judged alike",
        exports.len()
    );
    assert!(same > 75);
    assert_eq!(
        report
            .others
            .iter()
            .filter(|one| one.level == Level::Error)
            .count(),
        0,
        "{:#?}",
        report.others
    );
}
