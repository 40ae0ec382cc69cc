//! A folder's Terraform: checked beside a flow and a template, with every place within the files.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::rc::Rc;
use tollgate_repository::{Files, Options, Unreadable, read};

/// The fuzzed file with others that it may name.
struct Folder {
    paths: Vec<String>,
    main: Rc<str>,
}

const FLOW: &str = "workflow:\n  name: \"{{name}}\"\n  startUpRef: S\n";
const TEMPLATE: &str = "%{ for x in xs ~}${x}%{ endfor }";

impl Files for Folder {
    fn paths(&self) -> &[String] {
        &self.paths
    }

    fn text(&self, path: &str) -> Result<Rc<str>, Unreadable> {
        Ok(match path {
            "main.tf" => Rc::clone(&self.main),
            "t.tftpl" => TEMPLATE.into(),
            _ => FLOW.into(),
        })
    }
}

fuzz_target!(|data: &[u8]| {
    let main: Rc<str> = String::from_utf8_lossy(data).into();
    let lines = main.matches('\n').count() + 1;
    let paths = ["f.yaml", "main.tf", "t.tftpl"].map(str::to_owned).to_vec();
    let report = read(&Folder { paths, main }, &Options::default()).check();
    for finding in report.findings() {
        assert!(!finding.message.is_empty());
        if finding.file == "main.tf" {
            assert!(finding.place.is_none_or(|place| place.line as usize <= lines));
        }
    }
});
