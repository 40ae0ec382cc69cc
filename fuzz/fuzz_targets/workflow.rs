//! A workflow's YAML: read or refused with places within it, and one that is read is explored within its bounds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::Arc;
use tollgate_architect::{Library, Workflow};
use tollgate_architect_test::{Script, calls, explore};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let workflow = match Workflow::parse(&text) {
        Ok(workflow) => Arc::new(workflow),
        Err(problems) => {
            assert!(!problems.to_string().is_empty());
            return;
        }
    };
    let library = Library::new();
    for all in calls(&workflow, &library) {
        assert!(!all.action.is_empty());
    }
    let explored = explore(&workflow, &library, &Script::default(), 1, 4);
    assert!(explored.runs <= 4);
});
