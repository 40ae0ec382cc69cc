//! What several tests need.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "shared by tests, each of which uses a part"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use tollgate_repository::{Files, Finding, Level, Options, Report, Unreadable, read};

/// Files in memory.
#[derive(Default)]
pub(crate) struct Folder {
    paths: Vec<String>,
    texts: BTreeMap<String, Result<Rc<str>, Unreadable>>,
}

impl Folder {
    pub(crate) fn of(files: &[(&str, &str)]) -> Folder {
        let mut folder = Folder::default();
        for (path, text) in files {
            folder = folder.with(path, text);
        }
        folder
    }

    pub(crate) fn with(mut self, path: &str, text: &str) -> Folder {
        self.texts.insert(path.to_owned(), Ok(text.into()));
        self.paths = self.texts.keys().cloned().collect();
        self
    }

    pub(crate) fn with_unreadable(mut self, path: &str, why: &str, head: &str) -> Folder {
        let (why, head) = (why.to_owned(), head.to_owned());
        let fault = Unreadable { why, head };
        self.texts.insert(path.to_owned(), Err(fault));
        self.paths = self.texts.keys().cloned().collect();
        self
    }

    /// The files of a folder on the disk that are text.
    pub(crate) fn on_disk(root: &Path) -> Folder {
        let mut folder = Folder::default();
        let mut open = vec![root.to_owned()];
        while let Some(path) = open.pop() {
            for entry in path.read_dir().unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else if let Ok(text) = std::fs::read_to_string(&path) {
                    let below = path.strip_prefix(root).unwrap();
                    let parts: Vec<_> = below.iter().map(|part| part.to_str().unwrap()).collect();
                    folder.texts.insert(parts.join("/"), Ok(text.into()));
                }
            }
        }
        folder.paths = folder.texts.keys().cloned().collect();
        folder
    }

    pub(crate) fn check(&self) -> Report {
        self.check_with(&Options::default())
    }

    pub(crate) fn check_with(&self, options: &Options) -> Report {
        read(self, options).check()
    }
}

impl Files for Folder {
    fn paths(&self) -> &[String] {
        &self.paths
    }

    fn text(&self, path: &str) -> Result<Rc<str>, Unreadable> {
        self.texts[path].clone()
    }
}

/// `file:line: level: field: message (help)` of each finding.
pub(crate) fn lines(report: &Report) -> Vec<String> {
    report.findings().into_iter().map(line).collect()
}

pub(crate) fn line(finding: &Finding) -> String {
    let place = finding
        .place
        .map_or(String::new(), |place| format!(":{}", place.line));
    let (file, level) = (&finding.file, finding.level.as_str());
    let told = finding.with_help(&finding.what());
    format!("{file}{place}: {level}: {told}")
}

pub(crate) fn errors(report: &Report) -> Vec<String> {
    let all = report.findings().into_iter();
    all.filter(|finding| finding.level == Level::Error)
        .map(line)
        .collect()
}

/// `kind name: verdict` of each item.
pub(crate) fn verdicts(report: &Report) -> Vec<String> {
    let items = report.items.iter();
    let lines =
        items.map(|item| format!("{} {}: {}", item.kind, item.name, item.verdict().as_str()));
    lines.collect()
}

/// A workflow that calls a data action with these inputs and outputs, each as a line of YAML.
pub(crate) fn caller(category: &str, action: &str, inputs: &str, outputs: &str) -> String {
    format!(
        r#"workflow:
  name: Caller
  startUpRef: ./states/state[S]
  variables:
    - stringVariable: {{name: Flow.text}}
  states:
    - state:
        name: S
        refId: S
        actions:
          - callData:
              name: Ask
              category:
                "{category}":
                  dataAction:
                    "{action}":
                      inputs: {{{inputs}}}
                      successOutputs: {{{outputs}}}
          - endWorkflow: {{none: true}}
"#
    )
}

/// A data action in Terraform, with arguments in the place of its own where they have the same names.
pub(crate) fn action(arguments: &str) -> String {
    let own = [
        ("name", "\"Look Up\""),
        ("category", "\"Desk\""),
        ("integration_id", "\"0\""),
        (
            "contract_input",
            "jsonencode({ type = \"object\", required = [\"id\"], properties = { id = { type = \"string\" } } })",
        ),
        (
            "contract_output",
            "jsonencode({ type = \"object\", properties = { name = { type = \"string\" } } })",
        ),
    ];
    let given = |name: &str| {
        arguments
            .lines()
            .any(|line| line.trim_start().split([' ', '=', '{']).next() == Some(name))
    };
    let mut text = "resource \"genesyscloud_integration_action\" \"a\" {\n".to_owned();
    for (name, value) in own.iter().filter(|(name, _)| !given(name)) {
        text.push_str(&format!("  {name} = {value}\n"));
    }
    text.push_str(arguments);
    if !given("config_request") {
        text.push_str("\n  config_request {\n    request_url_template = \"/api/v2/x/$esc.url($${input.id})\"\n    request_type = \"GET\"\n    request_template = \"$${input.rawRequest}\"\n  }\n");
    }
    if !given("config_response") {
        text.push_str("  config_response {\n    translation_map = { n = \"$.name\" }\n    success_template = \"{\\\"name\\\": $${n}}\"\n  }\n");
    }
    text.push_str("}\n");
    text
}

/// The corpus beside the repository; where it is absent the test says so and has nothing to do.
pub(crate) fn corpus() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/corpus");
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: no corpus at {}", path.display());
    None
}
