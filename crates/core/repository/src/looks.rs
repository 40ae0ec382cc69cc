//! Whether a file looks like a workflow or a data action, by its content: names of files say little.

use serde_json::Value as Json;
use tollgate_architect::Place;
use tollgate_architect::WorkflowKind;

/// Whether a text looks like a workflow's file: a key at its margin is a type of workflow. It may be broken in
/// any other way.
///
/// `workflow:` is a key of other tools' files too (GitLab's pipelines), which have other keys beside it.
pub(crate) fn like_workflow(text: &str) -> bool {
    let mut keys = text.lines().filter_map(margin_key);
    let Some((others, kind)) = first_kind(&mut keys) else {
        return false;
    };
    let alone = others == 0 && keys.next().is_none();
    kind != "workflow" || alone || text.contains("startUpRef:")
}

/// How many keys stand before the first that is a type of workflow, and that type.
fn first_kind<'t>(keys: &mut impl Iterator<Item = &'t str>) -> Option<(usize, &'static str)> {
    let mut keys = keys.enumerate();
    keys.find_map(|(at, key)| Some((at, WorkflowKind::of_word(key)?.word())))
}

/// The key of a line that begins at the margin.
fn margin_key(line: &str) -> Option<&str> {
    let line = line.trim_start_matches('\u{feff}');
    let (key, rest) = line.split_once(':')?;
    let key = key.trim_end().trim_matches(['"', '\'']);
    let word = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || "_-".contains(c));
    let ends = rest.is_empty() || rest.starts_with([' ', '\t', '\r']);
    (word && ends).then_some(key)
}

/// What a text holds that looks like the export of a data action. One that isn't JSON does where it has the names that
/// such exports have, and holds nothing.
pub(crate) fn like_action(text: &str) -> Option<Option<Json>> {
    let names = |names: &[&str]| names.iter().any(|name| text.contains(name));
    if !names(&["\"contract\"", "\"config\""])
        || !names(&["\"integrationType\"", "Schema", "requestUrlTemplate"])
    {
        return None;
    }
    match tollgate_json::read(text.trim_start_matches('\u{feff}')) {
        Ok(export @ Json::Object(_)) => {
            let has = |pointer: &str| {
                let (top, below) = pointer.split_once('/').unwrap_or((pointer, ""));
                export
                    .get(top)
                    .is_some_and(|value| below.is_empty() || value.get(below).is_some())
            };
            let ours = [
                has("integrationType"),
                has("contract/input"),
                has("contract/output"),
                has("config/request"),
            ];
            let is_ours = ours.iter().filter(|has| **has).count() >= 2;
            is_ours.then_some(Some(export))
        }
        Ok(_) => None,
        Err(_) => names(&["\"integrationType\"", "\"requestUrlTemplate\""]).then_some(None),
    }
}

/// Where a workflow or an action has its name: of the lines that begin with the key, the one least indented.
pub(crate) fn name_place(text: &str) -> Place {
    let lines = (1..).zip(text.lines()).filter_map(|(line, text)| {
        let key = text.trim_start();
        let is_name = key.starts_with("name:") || key.starts_with("\"name\"");
        let indent = u32::try_from(text.len() - key.len()).unwrap_or(u32::MAX - 1);
        is_name.then_some((indent, line))
    });
    match lines.min() {
        Some((indent, line)) => Place {
            line,
            column: indent + 1,
        },
        None => Place { line: 1, column: 1 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workflows_are_told_by_a_key_at_the_margin() {
        for (text, is) in [
            ("inboundCall:\n  name: A\n", true),
            ("---\n# c\n\"inboundCall\":\n  name: A\n", true),
            ("\u{feff}INBOUNDCALL:\r\n", true),
            ("workflow:\n  name: [broken\n", true),
            (
                "workflow:\n  rules:\n  - if: $CI\nstages:\n  - build\n",
                false,
            ),
            ("a: 1\nworkflow:\n  startUpRef: ./x\n", true),
            ("services:\n  inboundCall:\n    image: x\n", false),
            ("inboundCall:x\n", false),
            ("", false),
        ] {
            assert_eq!(like_workflow(text), is, "{text}");
        }
    }

    #[test]
    fn actions_are_told_by_what_exports_have() {
        let export = r#"{"integrationType": "x", "config": {"request": {}}}"#;
        for (text, is) in [
            (export, true),
            (&export[..40], true),
            (r#"{"config": {"request": {}}, "Schema": 1}"#, false),
            (
                r#"{"contract": {"input": {"inputSchema": {}}, "output": {}}}"#,
                true,
            ),
            (r#"[{"integrationType": "x", "config": 1}]"#, false),
            (r#"{"name": "package"}"#, false),
            ("{", false),
        ] {
            assert_eq!(like_action(text).is_some(), is, "{text}");
        }
    }
}
