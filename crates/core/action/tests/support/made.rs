//! An action made for a test.

use serde_json::{Value, json};
use tollgate_action::Action;

/// A file that runs, with some fields put in place of its own.
pub(crate) fn file(changes: &[(&str, Value)]) -> String {
    let mut file = json!({
        "name": "A", "integrationType": "purecloud-data-actions", "actionType": "custom", "secure": false,
        "config": {
            "request": {"requestUrlTemplate": "/api/v2/x/${input.id}", "requestType": "POST",
                        "headers": {}, "requestTemplate": "${input.rawRequest}"},
            "response": {"translationMap": {}, "translationMapDefaults": {}, "successTemplate": "${rawResult}"},
        },
        "contract": {
            "input": {"inputSchema": {"type": "object", "required": ["id"],
                                      "properties": {"id": {"type": "string"}, "n": {"type": "integer"}}}},
            "output": {"successSchema": {"type": "object"}},
        },
    });
    for (pointer, value) in changes {
        let (around, name) = pointer.rsplit_once('/').unwrap();
        file.pointer_mut(around).unwrap()[name] = value.clone();
    }
    format!("{file:#}")
}

/// The same, compiled.
pub(crate) fn action(changes: &[(&str, Value)]) -> Action {
    Action::from_json(&file(changes)).unwrap()
}
