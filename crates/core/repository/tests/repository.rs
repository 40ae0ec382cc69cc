//! What is found in a folder, and whether its parts fit together.

#![allow(clippy::unwrap_used, reason = "a test")]

mod shared;

use shared::{Folder, action, caller, errors, lines, verdicts};
use std::path::Path;
use tollgate_repository::{Level, Options, Rule, Verdict};

const EXPORT: &str = r#"{
  "name": "Look Up",
  "integrationType": "purecloud-data-actions",
  "actionType": "custom",
  "config": {
    "request": {"requestUrlTemplate": "/api/v2/x/$esc.url($input.id)", "requestType": "GET", "requestTemplate": ""},
    "response": {"translationMap": {"n": "$.name"}, "successTemplate": "{\"name\": $n}"}
  },
  "contract": {
    "input": {"inputSchema": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}},
    "output": {"successSchema": {"type": "object", "properties": {"name": {"type": "string"}}}}
  }
}"#;

#[test]
fn files_are_told_by_their_content() {
    let report = Folder::of(&[
        ("a.yaml", "workflow:\n  name: W\n  startUpRef: ./states/state[S]\n  states: [{state: {name: S, refId: S, actions: []}}]\n"),
        ("b.yml", "inboundCall: {\n"),
        ("ci.yaml", "workflow:\n  rules: []\nstages: []\n"),
        ("compose.yaml", "services: {}\n"),
        ("broken.yaml", "{{{{"),
        ("look-up.json", EXPORT),
        ("package.json", "{\"name\": \"p\"}"),
        ("cut.json", &EXPORT[..300]),
        ("broken.json", "{"),
        ("README.md", "workflow:\n"),
    ])
    .check();
    assert_eq!(
        verdicts(&report),
        [
            "workflow W: valid",
            "flow : errors",
            "data action : errors",
            "data action Look Up: valid"
        ],
        "{:#?}",
        lines(&report)
    );
}

#[test]
fn what_looks_like_ours_and_cannot_be_read_is_an_error() {
    let report = Folder::default()
        .with_unreadable("a.yaml", "not UTF-8", "inboundCall:\n  name: \u{fffd}\n")
        .with_unreadable("b.yaml", "not UTF-8", "image: \u{fffd}\n")
        .with_unreadable("c.json", "too long", &EXPORT[..300])
        .with_unreadable("d.json", "too long", "{\"lockfileVersion\": 3")
        .with_unreadable("e.yaml", "permission denied", "")
        .with_unreadable("f.tf", "not UTF-8", "")
        .check();
    assert_eq!(
        lines(&report),
        [
            "a.yaml: error: not UTF-8",
            "c.json: error: too long",
            "e.yaml: error: permission denied",
            "f.tf: error: not UTF-8",
        ]
    );
    assert_eq!(report.worst(), Verdict::Unreadable);
}

#[test]
fn a_call_that_fits_is_well() {
    for (path, text) in [("a.json", EXPORT.to_owned()), ("main.tf", action(""))] {
        let flow = caller("Desk", "look up", "id: {lit: x}", "name: {var: Flow.text}");
        let report = Folder::of(&[("f.yaml", &flow), (path, &text)]).check();
        assert_eq!(report.worst(), Verdict::Valid, "{:#?}", lines(&report));
    }
}

#[test]
fn inputs_and_outputs_are_those_of_the_contract() {
    let flow = caller("Desk", "Look Up", "idd: {lit: x}", "nmae: {var: Flow.text}");
    let report = Folder::of(&[("f.yaml", &flow), ("a.json", EXPORT)]).check();
    assert_eq!(
        lines(&report),
        [
            "f.yaml:11: error: inputs.id: callData \"Ask\": data action `Look Up` needs the input `id` (each call \
             fails without)",
            "f.yaml:11: error: inputs.idd: callData \"Ask\": data action `Look Up` has no input `idd` (did you mean \
             id?)",
            "f.yaml:11: error: successOutputs.nmae: callData \"Ask\": data action `Look Up` has no output `nmae` \
             (did you mean name?)",
        ]
    );
    let unset = caller(
        "Desk",
        "Look Up",
        "id: {noValue: true}",
        "other: {var: Flow.text}",
    );
    let report = Folder::of(&[("f.yaml", &unset), ("a.json", EXPORT)]).check();
    let errors = errors(&report);
    assert!(errors[0].contains("needs the input `id`"), "{errors:#?}");
    assert!(
        errors[1].ends_with("has no output `other` (its outputs: name)"),
        "{errors:#?}"
    );
}

#[test]
fn an_action_that_is_not_here_is_a_warning_or_by_wish_an_error() {
    let flow = caller("Desk", "Look Upp", "id: {lit: x}", "");
    let files = Folder::of(&[("f.yaml", &flow), ("a.json", EXPORT)]);
    let said =
        "callData \"Ask\": data action `Look Upp` isn't in this folder (did you mean Look Up?)";
    assert_eq!(
        lines(&files.check()),
        [format!("f.yaml:11: warning: {said}")]
    );
    let closed = Options {
        closed: true,
        ..Options::default()
    };
    assert_eq!(
        lines(&files.check_with(&closed)),
        [format!("f.yaml:11: error: {said}")]
    );
    let known = Options {
        known: ["LOOK UPP".to_owned()].into(),
        ..closed.clone()
    };
    assert_eq!(files.check_with(&known).worst(), Verdict::Valid);
    let data = "data \"genesyscloud_integration_action\" \"d\" {\n  name = \"Look Upp\"\n}\n";
    let report = files.with("d.tf", data).check_with(&closed);
    assert_eq!(report.worst(), Verdict::Valid);
}

#[test]
fn names_with_open_placeholders_are_left_alone() {
    let flow = caller("{{category}}", "{{action}}", "id: {lit: x}", "");
    let report = Folder::of(&[("f.yaml", &flow), ("a.json", EXPORT)]).check();
    let notes = report
        .findings()
        .into_iter()
        .filter(|one| one.rule == Rule::CallAction);
    let levels: Vec<Level> = notes.map(|one| one.level).collect();
    assert_eq!(levels, [Level::Note]);
    let main = format!(
        "{}\nresource \"genesyscloud_flow\" \"f\" {{\n  filepath = \"f.yaml\"\n  substitutions = {{\n    category = \
         \"Desk\"\n    action = genesyscloud_integration_action.a.name\n  }}\n}}\n",
        action("")
    );
    let report = Folder::of(&[("f.yaml", &flow), ("main.tf", &main)]).check();
    assert_eq!(report.worst(), Verdict::Valid, "{:#?}", lines(&report));
}

#[test]
fn of_two_actions_with_one_name_the_category_decides() {
    let other = action(
        "  category = \"Other\"\n  contract_input = jsonencode({ type = \"object\", properties = { x = {} } })\n  \
         config_request {\n    request_url_template = \"/api/v2/x\"\n    request_type = \"GET\"\n    \
         request_template = \"\"\n  }\n",
    );
    let files = |category: &str, input: &str| {
        let flow = caller(category, "Look Up", input, "");
        Folder::of(&[
            ("f.yaml", &flow),
            ("a/main.tf", &action("")),
            ("b/main.tf", &other),
        ])
        .check()
    };
    assert_eq!(files("desk", "id: {lit: x}").worst(), Verdict::Valid);
    assert_eq!(files("Other", "x: {lit: x}").worst(), Verdict::Valid);
    assert_eq!(files("Other", "id: {lit: x}").worst(), Verdict::Invalid);
    let flow = caller("Elsewhere", "Look Up", "id: {lit: x}", "");
    let report = Folder::of(&[("f.yaml", &flow), ("main.tf", &action(""))]).check();
    assert_eq!(
        lines(&report),
        [
            "f.yaml:11: warning: callData \"Ask\": data action `Look Up` is of the category `Desk` here, and called \
             as one of `Elsewhere` (the category is the integration's name)"
        ]
    );
}

const MODULE: &str = "commonModule:
  name: Greet
  startUpRef: ./tasks/task[T]
  variables:
    - stringVariable: {name: Common.who, isInput: true}
    - stringVariable: {name: Common.text, isOutput: true}
  tasks:
    - task: {name: T, refId: T, actions: [{endTask: {}}]}
";

fn calls_module(name: &str, input: &str, output: &str) -> String {
    format!(
        "inboundCall:
  name: Line
  startUpRef: ./tasks/task[T]
  variables:
    - stringVariable: {{name: Flow.text}}
  tasks:
    - task:
        name: T
        refId: T
        actions:
          - callCommonModule:
              name: Call it
              commonModule:
                {name}:
                  ver_latestPublished:
                    inputs: {{{input}: {{lit: x}}}}
                    outputs: {{{output}: {{var: Flow.text}}}}
          - disconnect: {{none: true}}
"
    )
}

#[test]
fn flows_that_are_called_exist_with_those_variables() {
    let check = |name: &str, input: &str, output: &str| {
        let flow = calls_module(name, input, output);
        let report = Folder::of(&[("f.yaml", &flow), ("m.yaml", MODULE)]).check();
        let calls = report.findings().into_iter();
        let calls = calls.filter(|one| !matches!(one.rule, Rule::Flow | Rule::FlowUnsupported));
        calls.map(shared::line).collect::<Vec<String>>()
    };
    assert_eq!(check("Greet", "Common.who", "Common.text"), [""; 0]);
    assert_eq!(
        check("Greet", "Common.whom", "Common.who"),
        [
            "f.yaml:11: error: inputs.Common.whom: callCommonModule \"Call it\": flow `Greet` has no input \
             `Common.whom` (did you mean Common.who?)",
            "f.yaml:11: error: outputs.Common.who: callCommonModule \"Call it\": flow `Greet` has no output \
             `Common.who` (its outputs: Common.text)",
        ]
    );
    assert_eq!(
        check("Gret", "Common.who", "Common.text"),
        [
            "f.yaml:11: warning: callCommonModule \"Call it\": flow `Gret` (commonModule) isn't in this folder (did you mean Greet?)"
        ]
    );
    assert_eq!(
        check("Line", "Common.who", "Common.text"),
        [
            "f.yaml:11: error: callCommonModule \"Call it\": `Line` is of the type inboundCall, not commonModule"
        ]
    );
}

#[test]
fn a_called_flow_that_is_not_valid_is_told_once() {
    let flow = calls_module("Greet", "Common.who", "Common.text");
    let broken = MODULE.replace("startUpRef", "startUpReff");
    let report = Folder::of(&[("f.yaml", &flow), ("m.yaml", &broken)]).check();
    let calls = report
        .findings()
        .into_iter()
        .filter(|one| one.rule == Rule::CallFlow);
    assert_eq!(calls.count(), 0, "{:#?}", lines(&report));
}

#[test]
fn one_name_twice_is_a_warning() {
    let report = Folder::of(&[
        ("a.json", EXPORT),
        ("b/a.json", EXPORT),
        ("m.yaml", MODULE),
        ("n.yaml", MODULE),
    ])
    .check();
    let twice: Vec<String> = report
        .findings()
        .into_iter()
        .filter(|one| one.rule == Rule::SameName)
        .map(shared::line)
        .collect();
    assert_eq!(
        twice,
        [
            "b/a.json:2: warning: name: the data action `Look Up` is in a.json:2 too (one of them replaces the other \
             where both are deployed)",
            "n.yaml:2: warning: name: the commonModule `Greet` is in m.yaml:2 too (one of them replaces the other where \
             both are deployed)",
        ]
    );
}

#[test]
fn the_example_is_fine_and_every_slip_in_it_is_found() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples/cx-as-code");
    let closed = Options {
        closed: true,
        ..Options::default()
    };
    let report = Folder::on_disk(&root).check_with(&closed);
    assert_eq!(report.worst(), Verdict::Valid, "{:#?}", lines(&report));
    assert_eq!(
        verdicts(&report),
        [
            "commonModule Dev greeting: valid",
            "inboundCall Dev order line: valid",
            "data action Cancel Order: valid",
            "data action Find Order: valid",
        ]
    );
    for (file, from, to, said) in [
        (
            "flows/order-line.yaml",
            "delivery.day:",
            "delivery.date:",
            "has no output `delivery.date`",
        ),
        (
            "flows/order-line.yaml",
            "reason:",
            "why:",
            "needs the input `reason`",
        ),
        (
            "flows/order-line.yaml",
            "Common.customer",
            "Common.caller",
            "has no input `Common.caller`",
        ),
        (
            "flows/order-line.yaml",
            "\"{{find_order}}\"",
            "Fnd Order",
            "did you mean Find Order?",
        ),
        (
            "flows/order-line.yaml",
            "playAudio",
            "playAudoi",
            "playAudoi",
        ),
        (
            "main.tf",
            "module.actions.find_order",
            "module.actions.finds_order",
            "did you mean find_order?",
        ),
        (
            "main.tf",
            "/greeting.yaml",
            "/greting.yaml",
            "there is no file",
        ),
        (
            "main.tf",
            "filepath =",
            "file_path =",
            "did you mean filepath?",
        ),
        (
            "main.tf",
            "./modules/actions",
            "./modules/action",
            "has no .tf file",
        ),
        (
            "main.tf",
            "\"custom-rest-actions\"",
            "\"purecloud-data-actions\"",
            "every call fails",
        ),
        (
            "variables.tf",
            "\"prefix\"",
            "\"prefx\"",
            "did you mean prefx?",
        ),
        (
            "modules/actions/actions.tf",
            "\"GET\"",
            "\"GIT\"",
            "config_request.request_type: `GIT`",
        ),
        (
            "modules/actions/actions.tf",
            "contracts/order.json",
            "contracts/none.json",
            "there is no file",
        ),
        (
            "modules/actions/actions.tf",
            "config_timeout_seconds = 5",
            "config_timeout_seconds = 500",
            "from 1 to 60",
        ),
        ("modules/actions/actions.tf", "$${day}", "$${dya}", "dya"),
        (
            "modules/actions/contracts/order.json",
            "\"type\": \"object\",",
            "\"type\": \"thing\",",
            "contract_output",
        ),
        (
            "terraform.tfvars",
            "orders_url",
            "order_url",
            "var.orders_url has no default",
        ),
    ] {
        let text = std::fs::read_to_string(root.join(file)).unwrap();
        assert!(text.contains(from), "{file}: {from}");
        let report = Folder::on_disk(&root)
            .with(file, &text.replacen(from, to, 1))
            .check_with(&closed);
        let found = lines(&report);
        assert!(
            found.iter().any(|line| line.contains(said)),
            "{from} → {to}: {found:#?}"
        );
    }
}

#[test]
fn an_output_goes_into_a_variable_of_its_type() {
    let check = |schema: &str| {
        let export = EXPORT.replace(
            r#"{"name": {"type": "string"}}"#,
            &format!(r#"{{"name": {schema}}}"#),
        );
        let flow = caller("Desk", "Look Up", "id: {lit: x}", "name: {var: Flow.text}");
        let report = Folder::of(&[("f.yaml", &flow), ("a.json", &export)]).check();
        let outputs = report
            .findings()
            .into_iter()
            .filter(|one| one.rule == Rule::CallOutput);
        outputs.map(shared::line).collect::<Vec<String>>()
    };
    for fits in [
        r#"{"type": "string"}"#,
        "{}",
        r#"{"type": ["string", "null"]}"#,
        r#"{"type": ["string", "integer"]}"#,
    ] {
        assert_eq!(check(fits), [""; 0], "{fits}");
    }
    for (schema, kind) in [
        (r#"{"type": "integer"}"#, "integer"),
        (
            r#"{"type": "array", "items": {"type": "string"}}"#,
            "string collection",
        ),
    ] {
        assert_eq!(
            check(schema),
            [format!(
                "f.yaml:11: warning: successOutputs.name: callData \"Ask\": output `name` of data action `Look Up` is \
                 {kind} by its contract, and goes into a variable that is string (Architect doesn't offer such a \
                 variable)"
            )]
        );
    }
}

#[test]
fn exports_of_the_editor_are_named() {
    let report = Folder::of(&[("Line_v1-0.i3InboundFlow", "JTdC")]).check();
    assert_eq!(
        verdicts(&report),
        ["flow Line_v1-0.i3InboundFlow: not looked into"]
    );
    assert!(
        lines(&report)[0].contains("an export of the vendor's editor"),
        "{:?}",
        lines(&report)
    );
}

#[test]
fn what_is_deployed_from_two_folders_is_two_organisations() {
    let deploy = |input: &str| {
        let action = action(&format!(
            "  contract_input = jsonencode({{ type = \"object\", required = [\"{input}\"], properties = {{ {input} = {{ type \
             = \"string\" }} }} }})\n  config_request {{\n    request_url_template = \"/api/v2/x\"\n    request_type = \
             \"GET\"\n    request_template = \"\"\n  }}\n"
        ));
        format!("{action}resource \"genesyscloud_flow\" \"f\" {{\n  filepath = \"../f.yaml\"\n}}\n")
    };
    let flow = caller("Desk", "Look Up", "id: {lit: x}", "");
    let check = |live: &str| {
        let files = [
            ("f.yaml", flow.as_str()),
            ("dev/main.tf", &deploy("id")),
            ("live/main.tf", &deploy(live)),
        ];
        Folder::of(&files).check()
    };
    let fine = check("id");
    assert_eq!(fine.worst(), Verdict::Valid, "{:#?}", lines(&fine));
    assert_eq!(fine.items.len(), 4);
    let live = check("number");
    let wrong: Vec<_> = live
        .items
        .iter()
        .filter(|item| item.verdict() == Verdict::Invalid)
        .collect();
    assert_eq!(wrong.len(), 1, "{:#?}", lines(&live));
    assert!(
        errors(&live)
            .iter()
            .any(|line| line.contains("needs the input `number`"))
    );
}

#[test]
fn lines_may_end_as_on_windows_and_files_begin_with_a_mark() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples/cx-as-code");
    let mut folder = Folder::on_disk(&root);
    for path in tollgate_repository::Files::paths(&folder).to_vec() {
        let text = std::fs::read_to_string(root.join(&path)).unwrap();
        let mark = if path.ends_with(".tf") || path.ends_with(".yaml") {
            "\u{feff}"
        } else {
            ""
        };
        folder = folder.with(&path, &format!("{mark}{}", text.replace('\n', "\r\n")));
    }
    let report = folder.check();
    assert_eq!(report.worst(), Verdict::Valid, "{:#?}", lines(&report));
    assert_eq!(report.items.len(), 4);
}
