//! docs/workflows.md names every function and every step, and its script is one.

use std::path::Path;
use tollgate_architect::step_types;
use tollgate_architect_test::Script;
use tollgate_expression::functions;

#[test]
fn the_documentation_is_complete() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/workflows.md");
    let text = std::fs::read_to_string(path).unwrap();
    for function in functions() {
        assert!(
            text.contains(&format!("`{}`", function.usage())),
            "{}",
            function.name
        );
    }
    for step in step_types() {
        let named = text
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| word == step);
        assert!(named, "{step}");
    }
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
