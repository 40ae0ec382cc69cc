//! What Terraform's files come to: values, modules, resources, and what is said of mistakes.

#![allow(clippy::unwrap_used, reason = "a test")]

mod shared;

use shared::{Folder, action, errors, lines, verdicts};
use std::collections::BTreeMap;
use tollgate_repository::terraform::{Configuration, read};
use tollgate_repository::{Options, Verdict};

fn configuration(files: &[(&str, &str)]) -> Configuration {
    read(&Folder::of(files), &BTreeMap::new())
}

/// What an expression comes to: the text of a substitution, or what was found.
fn value(expression: &str) -> String {
    let text = format!(
        r#"
variable "word" {{
  default = "w"
}}
variable "open" {{}}
locals {{
  list = ["b", "a", "b"]
  map  = {{ x = 1, "y z" = [true, null] }}
  pair = {{ for k, v in {{ a = "1", b = "2" }} : v => k }}
}}
resource "genesyscloud_routing_queue" "q" {{
  name = "Queue ${{var.word}}"
  member {{
    id = "7"
  }}
}}
resource "genesyscloud_flow" "other" {{
  filepath = "other.yaml"
  substitutions = {{
    word = var.word
  }}
}}
resource "genesyscloud_flow" "f" {{
  filepath = "f.yaml"
  substitutions = {{
    v = {expression}
  }}
}}
"#
    );
    let files = [
        ("f.yaml", "workflow:\n  name: W\n"),
        ("other.yaml", "workflow:\n  name: Other {{word}}\n"),
        ("main.tf", &text),
        ("part.txt", "part"),
        (
            "t.tftpl",
            "%{ for x in xs ~}\n<${x}>\n%{ endfor ~}\n%{ if flag }yes%{ else }no%{ endif }",
        ),
        ("flows/a.yaml", ""),
        ("flows/b.yaml", ""),
    ];
    let found = configuration(&files);
    let flow = &found.flows[0];
    match flow.findings.first() {
        Some(finding) => format!("{}: {}", finding.level.as_str(), finding.message),
        None => flow.substitutions["v"].clone(),
    }
}

#[test]
fn expressions_are_worked_out() {
    for (expression, expected) in [
        (r#""a-${var.word}-$${x}""#, "a-w-${x}"),
        (
            r#"<<EOT
line $${y} "quoted" \n
EOT
"#,
            "line ${y} \"quoted\" \\n\n",
        ),
        ("<<-EOT\n      a\n        b\n    EOT\n", "a\n  b\n"),
        ("jsonencode(local.map)", r#"{"x":1,"y z":[true,null]}"#),
        (r#"local.map["x"] + 1"#, "2"),
        ("7 / 2", "3.5"),
        (r#"var.word == "w" ? "yes" : "no""#, "yes"),
        (r#"join(",", local.list)"#, "b,a,b"),
        (r#"join(",", sort(toset(local.list)))"#, "a,b"),
        (
            r#"join(",", [for x in local.list : upper(x) if x != "a"])"#,
            "B,B",
        ),
        (r#"local.pair["2"]"#, "b"),
        (r#"format("%s-%d", "a", 3)"#, "a-3"),
        (r#"replace("a.b", ".", "-")"#, "a-b"),
        (r#"lookup({a = "1"}, "c", "none")"#, "none"),
        (r#"merge({a = "1"}, {a = "2"}).a"#, "2"),
        (r#"file("${path.module}/part.txt")"#, "part"),
        (
            r#"templatefile("t.tftpl", { xs = ["a", "b"], flag = true })"#,
            "<a>\n<b>\nyes",
        ),
        (
            r#"join(" ", fileset(path.module, "flows/*.yaml"))"#,
            "flows/a.yaml flows/b.yaml",
        ),
        ("genesyscloud_routing_queue.q.name", "Queue w"),
        ("genesyscloud_routing_queue.q.member[0].id", "7"),
        ("genesyscloud_flow.other.name", "Other w"),
        (r#"try(local.map.none, "fallback")"#, "fallback"),
        ("can(local.map.none)", "false"),
        (
            r#"sha256("")"#,
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ),
        (r#"split("/", "a/b")[1]"#, "b"),
        (r#"{ a = { b = "deep" } }.a.b"#, "deep"),
        (r#"substr("hello", -3, 2)"#, "ll"),
        (r#"title("two words")"#, "Two Words"),
        ("length(local.list[*])", "3"),
    ] {
        assert_eq!(value(expression), expected, "{expression}");
    }
}

#[test]
fn what_is_not_known_is_said_and_stands_as_it_is_written() {
    for (expression, said) in [
        ("var.open", "var.open has no default"),
        ("\"${var.open}/x\"", "var.open has no default"),
        (
            "genesyscloud_routing_queue.q.id",
            "genesyscloud_routing_queue.q.id is known only when it is deployed",
        ),
        ("jsonencode({ a = [var.open] })", "var.open has no default"),
        (
            "terraform.workspace",
            "terraform.workspace is known only when Terraform runs",
        ),
        (
            r#"base64encode("x")"#,
            "what base64encode(…) gives isn't worked out here",
        ),
        (
            r#"provider::x::f("x")"#,
            "a provider's function `f` isn't worked out here",
        ),
        (
            r#"file("../outside.txt")"#,
            "a file outside of the folder that is checked",
        ),
        (
            r#"format("%05d", 3)"#,
            "what format(…) makes of widths isn't worked out here",
        ),
    ] {
        assert_eq!(value(expression), format!("note: {said}"), "{expression}");
    }
    let files = [
        ("f.yaml", "workflow:\n  name: \"{{n}}\"\n"),
        (
            "main.tf",
            "variable \"x\" {}\nresource \"genesyscloud_flow\" \"f\" {\n  filepath = \"f.yaml\"\n  substitutions = { n = var.x }\n}\n",
        ),
    ];
    let report = Folder::of(&files).check();
    assert!(
        !lines(&report).iter().any(|line| line.contains("--set")),
        "{:?}",
        lines(&report)
    );
    assert_eq!(configuration(&files).flows[0].substitutions["n"], "{{n}}");
    let options = Options {
        variables: [("x".to_owned(), "X".to_owned())].into(),
        ..Options::default()
    };
    let report = Folder::of(&files).check_with(&options);
    assert_eq!(report.items[0].name, "X");
}

#[test]
fn mistakes_are_told_with_what_to_do() {
    for (expression, said) in [
        ("var.wrod", "variable `wrod` isn't declared in this module"),
        ("local.none", "local `none` isn't declared in this module"),
        ("module.none.x", "module `none` isn't declared"),
        (
            "genesyscloud_user.u.id",
            "`genesyscloud_user.u` isn't declared in this module",
        ),
        (
            "data.genesyscloud_user.u.id",
            "`data.genesyscloud_user.u` isn't declared in this module",
        ),
        ("jsonencod({})", "jsonencod: Terraform has no such function"),
        (r#"file("none.txt")"#, "file: there is no file none.txt"),
        (r#"lookup({}, "a")"#, "lookup: the map has no key `a`"),
        ("1 + {}", "expected numbers or bools, found a number"),
        ("each.key", "`each` means nothing here"),
        ("word", "`word` is no name that is known here"),
        ("local.list[9]", "there is no `9` in a list"),
        ("{ a = 1 }", "expected a text, found a map"),
    ] {
        assert_eq!(value(expression), format!("error: {said}"), "{expression}");
    }
}

#[test]
fn modules_are_followed_within_the_folder() {
    let files = [
        (
            "env/main.tf",
            r#"
module "here" {
  source = "..//modules/a"
  for_each = toset(["x", "y"])
  label  = each.key
}
module "git" {
  source = "git::https://example.com/m.git"
}
module "out" {
  source = "../../elsewhere"
}
resource "genesyscloud_flow" "f" {
  filepath = "../flows/f.yaml"
  substitutions = {
    one  = module.here["y"].name
    far  = module.git.name
  }
}
"#,
        ),
        ("env/x.auto.tfvars", "unused = 1\n"),
        (
            "modules/a/main.tf",
            r#"
variable "label" {}
module "b" {
  source = "./b"
  label  = "${var.label}!"
}
output "name" {
  value = module.b.name
}
"#,
        ),
        (
            "modules/a/b/b.tf",
            "variable \"label\" {}\noutput \"name\" {\n  value = \"<${var.label}>\"\n}\nresource \"genesyscloud_flow\" \"g\" {\n  filepath = \"${path.module}/g.yaml\"\n}\n",
        ),
        ("modules/a/b/g.yaml", "workflow:\n  name: G\n"),
        ("flows/f.yaml", "workflow:\n  name: F\n"),
    ];
    let found = configuration(&files);
    let flows: Vec<_> = found
        .flows
        .iter()
        .map(|flow| (flow.address.as_str(), flow.source.as_deref().unwrap()))
        .collect();
    assert_eq!(
        flows,
        [
            ("genesyscloud_flow.f", "flows/f.yaml"),
            (
                "module.here[\"x\"].module.b.genesyscloud_flow.g",
                "modules/a/b/g.yaml"
            ),
            (
                "module.here[\"y\"].module.b.genesyscloud_flow.g",
                "modules/a/b/g.yaml"
            ),
        ]
    );
    assert_eq!(found.flows[0].substitutions["one"], "<y!>");
    assert_eq!(found.flows[0].substitutions["far"], "{{far}}");
    let notes: Vec<String> = found.findings.iter().map(shared::line).collect();
    assert_eq!(
        notes,
        [
            "env/main.tf:8: note: module `git` comes from git::https://example.com/m.git, which isn't looked \
             into (what it makes and puts out is unknown)",
            "env/main.tf:11: note: module `out` lies outside of the folder that is checked (check a folder that \
             has both)",
        ]
    );
}

#[test]
fn resources_are_made_as_often_as_they_say() {
    let files = [
        (
            "main.tf",
            r#"
variable "open" {}
resource "genesyscloud_flow" "set" {
  for_each = fileset(path.module, "flows/*.yaml")
  filepath = each.value
}
resource "genesyscloud_flow" "map" {
  for_each      = { a = "1", b = "2" }
  filepath      = "flows/${each.key}.yaml"
  substitutions = { n = each.value }
}
resource "genesyscloud_flow" "counted" {
  count    = 2
  filepath = "flows/${count.index == 0 ? "a" : "b"}.yaml"
}
resource "genesyscloud_flow" "none" {
  count    = 0
  filepath = "no.yaml"
}
resource "genesyscloud_flow" "open" {
  for_each = var.open
  filepath = each.value
}
"#,
        ),
        ("flows/a.yaml", "workflow:\n  name: A\n"),
        ("flows/b.yaml", "workflow:\n  name: B\n"),
    ];
    let found = configuration(&files);
    let flows: Vec<_> = found
        .flows
        .iter()
        .map(|flow| format!("{} {:?}", flow.address, flow.source.as_ref().ok()))
        .collect();
    assert_eq!(
        flows,
        [
            "genesyscloud_flow.counted[0] Some(\"flows/a.yaml\")",
            "genesyscloud_flow.counted[1] Some(\"flows/b.yaml\")",
            "genesyscloud_flow.map[\"a\"] Some(\"flows/a.yaml\")",
            "genesyscloud_flow.map[\"b\"] Some(\"flows/b.yaml\")",
            "genesyscloud_flow.open None",
            "genesyscloud_flow.set[\"flows/a.yaml\"] Some(\"flows/a.yaml\")",
            "genesyscloud_flow.set[\"flows/b.yaml\"] Some(\"flows/b.yaml\")",
        ]
    );
    assert_eq!(found.flows[3].substitutions["n"], "2");
    assert_eq!(found.findings, []);
}

#[test]
fn a_flow_resource_is_held_to_what_the_provider_takes() {
    let main = r#"
resource "genesyscloud_flow" "f" {
  filepaht      = "f.yaml"
  substitution  = {}
}
module "m" {
  source = "./m"
}
resource "genesyscloud_flow" "s3" {
  filepath = "s3://bucket/f.yaml"
}
resource "genesyscloud_flow" "hash" {
  filepath          = "f.yaml"
  file_content_hash = filesha256("g.yaml")
}
resource "genesyscloud_flow" "right" {
  filepath          = "f.yaml"
  file_content_hash = filesha256("./f.yaml")
}
"#;
    let files = [
        ("main.tf", main),
        (
            "m/m.tf",
            "resource \"genesyscloud_flow\" \"g\" {\n  filepath = \"g.yaml\"\n}\n",
        ),
        ("m/g.yaml", "workflow:\n  name: G\n"),
        ("f.yaml", "workflow:\n  name: F\n"),
        ("g.yaml.txt", ""),
        ("g.yaml", "x"),
    ];
    let found = configuration(&files[..4]);
    let all = found.flows.iter().flat_map(|flow| &flow.findings);
    let all: Vec<String> = all.map(shared::line).collect();
    assert_eq!(
        all,
        [
            "main.tf:3: error: the provider has no argument `filepaht` here (did you mean filepath?)",
            "main.tf:4: error: the provider has no argument `substitution` here (did you mean substitutions?)",
            "main.tf:2: error: `filepath` is missing",
            "main.tf:14: error: filesha256: there is no file g.yaml (a path begins in the folder that Terraform \
             runs in)",
            "main.tf:10: note: filepath: s3://bucket/f.yaml lies outside of the folder that is checked (the flow \
             isn't looked into)",
            "m/m.tf:2: error: filepath: there is no file g.yaml (it stands beside this file: write \
             \"${path.module}/g.yaml\")",
        ]
        .iter()
        .map(|line| line.to_string())
        .collect::<Vec<_>>()
    );
    let report = Folder::of(&files).check();
    assert!(
        lines(&report).contains(
            &"main.tf:14: warning: file_content_hash: this isn't the hash of f.yaml (write filesha256(…) of the \
              filepath: a change of the flow isn't deployed without)"
                .to_owned()
        ),
        "{:#?}",
        lines(&report)
    );
}

#[test]
fn an_action_is_judged_as_its_export_would_be() {
    let report = Folder::of(&[("main.tf", &action(""))]).check();
    assert_eq!(
        verdicts(&report),
        ["data action Look Up: valid"],
        "{:#?}",
        lines(&report)
    );
    for (arguments, said) in [
        (
            "  config_timeout_seconds = 90\n",
            "main.tf:7: error: config_timeout_seconds: expected whole seconds from 1 to 60, found 90",
        ),
        (
            "  contract_input = <<EOT\n{\"type\": \"word\"}\nEOT\n",
            "contract_input: ",
        ),
        (
            "  contract_input = \"{\"\n",
            "main.tf:6: error: contract_input: this is not JSON: ",
        ),
        (
            "  contract_input = { type = \"object\" }\n",
            "main.tf:6: error: contract_input: expected a text of JSON; write jsonencode({ … }), found a map",
        ),
        (
            "  secure = \"perhaps\"\n",
            "main.tf:7: error: secure: expected true or false, found a string",
        ),
        (
            "  naem = \"x\"\n",
            "main.tf:7: error: the provider has no argument `naem` here (did you mean name?)",
        ),
        (
            "  config_request {\n    request_type = \"FETCH\"\n    request_url_template = \"/x\"\n  }\n",
            "main.tf:8: error: config_request.request_type: `FETCH`",
        ),
        (
            "  config_request {\n    request_url_template = \"/x\"\n  }\n",
            "main.tf:7: error: `request_type` is missing",
        ),
        (
            "  config_request {\n    request_type = \"GET\"\n    request_url_template = \"/x\"\n    headers = {\n      Host = \"x\"\n    }\n  }\n",
            "main.tf:11: error: config_request.headers.Host: ",
        ),
        (
            "  category = null\n",
            "main.tf:6: error: `category` is null, and has to be given",
        ),
        (
            "  config_response {\n    translation_map = {\n      n = \"$['\"\n    }\n  }\n",
            "main.tf:9: error: config_response.translation_map.n: ",
        ),
    ] {
        let report = Folder::of(&[("main.tf", &action(arguments))]).check();
        let errors = errors(&report);
        assert!(
            errors.iter().any(|line| line.contains(said)),
            "{said}: {errors:#?}"
        );
        assert_eq!(report.worst(), Verdict::Invalid);
    }
}

#[test]
fn missing_arguments_are_told_once() {
    let text = "resource \"genesyscloud_integration_action\" \"a\" {\n  name = \"A\"\n}\n";
    let report = Folder::of(&[("main.tf", text)]).check();
    assert_eq!(
        errors(&report),
        [
            "main.tf:1: error: config_request.request_url_template: is missing; an action needs the URL it calls, as \
             in /api/v2/users/${input.userId}; one that runs a function in the vendor's cloud has none, and can't \
             run here",
            "main.tf:1: error: `category` is missing",
            "main.tf:1: error: `contract_input` is missing",
            "main.tf:1: error: `contract_output` is missing",
            "main.tf:1: error: `integration_id` is missing",
        ]
    );
}

#[test]
fn an_action_of_which_a_part_is_not_known_is_checked_in_all_others() {
    let main = format!(
        "variable \"url\" {{}}\nvariable \"name\" {{}}\n{}",
        action(
            "  name = var.name\n  config_timeout_seconds = 0\n  config_request {\n    request_type = \"GET\"\n    \
             request_url_template = \"${var.url}/x\"\n  }\n"
        )
    );
    let report = Folder::of(&[("main.tf", &main)]).check();
    assert_eq!(
        lines(&report),
        [
            "main.tf:8: note: name: var.name has no default (what depends on it isn't checked)",
            "main.tf:9: error: config_timeout_seconds: expected whole seconds from 1 to 60, found 0",
            "main.tf:12: note: config_request.request_url_template: var.url has no default (what depends on it \
             isn't checked)",
        ]
    );
    assert_eq!(report.items[0].name, "genesyscloud_integration_action.a");
}

#[test]
fn the_integration_decides_what_the_url_may_be() {
    let integration = "resource \"genesyscloud_integration\" \"i\" {\n  integration_type = \"custom-rest-actions\"\n}\n";
    let main = format!(
        "{integration}{}",
        action("  integration_id = genesyscloud_integration.i.id\n")
    );
    let report = Folder::of(&[("main.tf", &main)]).check();
    assert_eq!(report.worst(), Verdict::Warned, "{:#?}", lines(&report));
    assert!(lines(&report)[0].contains("config_request.request_url_template: every call fails"));
}

#[test]
fn functions_are_looked_at_as_far_as_their_contracts() {
    let function = "  category = \"My_Function-Data Actions\"\n  function_config {\n    file_path = \"f.zip\"\n  }\n  \
                    config_request {\n    request_type = \"POST\"\n  }\n  config_response {}\n";
    let report = Folder::of(&[("main.tf", &action(function))]).check();
    assert_eq!(
        verdicts(&report),
        ["function action Look Up: valid"],
        "{:#?}",
        lines(&report)
    );
}

#[test]
fn other_tools_forms_are_named() {
    let report = Folder::of(&[("main.tf.json", "{}")]).check();
    assert_eq!(
        lines(&report),
        [
            "main.tf.json: warning: Terraform's JSON syntax isn't read (what it deploys is unknown; write it as a .tf file)"
        ]
    );
}

#[test]
fn texts_are_taken_for_numbers_and_flags_as_terraform_does() {
    let text = action("  config_timeout_seconds = \"20\"\n  secure = \"true\"\n");
    let report = Folder::of(&[("main.tf", &text)]).check();
    assert_eq!(report.worst(), Verdict::Valid, "{:#?}", lines(&report));
}

#[test]
fn what_the_parser_and_not_terraform_refuses_is_unsupported() {
    let report = Folder::of(&[("main.tf", "locals {\n  a = { x = 1, x = 2 }\n}\n")]).check();
    assert_eq!(
        lines(&report),
        [
            "main.tf:2: unsupported: a key is there twice, and nothing of this file is read (leave one of them out)"
        ]
    );
}

#[test]
fn blocks_that_are_made_are_not_known() {
    let made =
        "  dynamic \"config_request\" {\n    for_each = [1]\n    content {}\n  }\n  lifecycle {";
    let text = action("").replace("  config_request {", made);
    let report = Folder::of(&[("main.tf", &text)]).check();
    assert_eq!(
        lines(&report),
        [
            "main.tf:8: note: config_request: what dynamic \"config_request\" makes isn't worked out here (what \
             depends on it isn't checked)"
        ]
    );
}

#[test]
fn a_flow_that_terraform_writes_itself_is_read() {
    let main = |content: &str| {
        format!(
            "variable \"open\" {{}}\nresource \"local_file\" \"f\" {{\n  filename = \"${{path.module}}/made.yaml\"\n  content  = \
             {content}\n}}\nresource \"genesyscloud_flow\" \"f\" {{\n  filepath = local_file.f.filename\n}}\n"
        )
    };
    let template = "workflow:\n  name: ${name}\n  startUpRef: S\n  states: [{state: {name: S, refId: S, actions: []}}]\n";
    let check =
        |content: &str| Folder::of(&[("main.tf", &main(content)), ("f.tftpl", template)]).check();
    let report = check("templatefile(\"f.tftpl\", { name = \"Made\" })");
    assert_eq!(
        verdicts(&report),
        ["workflow Made: valid"],
        "{:#?}",
        lines(&report)
    );
    let report = check("templatefile(\"f.tftpl\", { name = var.open })");
    assert_eq!(
        lines(&report),
        ["main.tf:7: note: filepath: var.open has no default (the flow isn't looked into)"]
    );
}

#[test]
fn a_module_is_given_the_variables_that_it_has() {
    let report = Folder::of(&[
        (
            "main.tf",
            "module \"m\" {\n  source = \"./m\"\n  lable  = \"x\"\n}\n",
        ),
        (
            "m/m.tf",
            "variable \"label\" {}\nvariable \"other\" {\n  default = null\n}\n",
        ),
    ])
    .check();
    assert_eq!(
        lines(&report),
        [
            "main.tf:1: error: module `m` needs a value for `label`",
            "main.tf:3: error: module `m` has no variable `lable` (did you mean label?)",
        ]
    );
}

#[test]
fn a_mistake_is_told_where_it_is_and_once() {
    let main = "resource \"genesyscloud_flow\" \"f\" {\n  filepath = \"f/lien.yaml\"\n  substitutions = { a = local.none }\n}\n";
    let report =
        Folder::of(&[("main.tf", main), ("f/line.yaml", "workflow:\n  name: W\n")]).check();
    let said: Vec<String> = lines(&report)
        .into_iter()
        .filter(|line| line.starts_with("main.tf"))
        .collect();
    assert_eq!(
        said,
        [
            "main.tf:2: error: filepath: there is no file f/lien.yaml (did you mean f/line.yaml?)",
            "main.tf:3: error: local `none` isn't declared in this module",
        ]
    );
}

#[test]
fn what_is_declared_twice_is_an_error_and_both_are_looked_at() {
    let text = format!(
        "variable \"v\" {{\n}}\nvariable \"v\" {{\n}}\nlocals {{\n  l = 1\n}}\nlocals {{\n  l = 2\n}}\n{}",
        action("bad = 1\n")
    );
    let folder = Folder::of(&[("a.tf", &text), ("b.tf", &action("worse = 1\n"))]);
    let found = errors(&folder.check());
    for said in [
        "a.tf:3: error: `var.v` is declared twice: in a.tf:1 too (rename one of them, or leave it out)",
        "a.tf:9: error: `local.l` is declared twice: in a.tf:6 too (rename one of them, or leave it out)",
        "b.tf:1: error: `genesyscloud_integration_action.a` is declared twice: in a.tf:11 too (rename one of them, \
         or leave it out)",
    ] {
        assert!(found.iter().any(|line| line == said), "{said}\n{found:#?}");
    }
    for name in ["`bad`", "`worse`"] {
        assert!(found.iter().any(|line| line.contains(name)), "{found:#?}");
    }
}

#[test]
fn what_an_override_file_changes_is_unknown_and_no_error() {
    let main = format!(
        "{}{}",
        action("nope = 1\n"),
        "locals {\n  file = \"gone.yaml\"\n}\nresource \"genesyscloud_flow\" \"f\" {\n  filepath = local.file\n}\n\
         resource \"genesyscloud_flow\" \"g\" {\n}\n"
    );
    let changes = "locals {\n  file = \"f.yaml\"\n}\nresource \"genesyscloud_flow\" \"g\" {\n  filepath = \"f.yaml\"\n}\n\
                   resource \"genesyscloud_integration_action\" \"a\" {\n  name = \"Other\"\n}\n";
    let folder = Folder::of(&[("main.tf", &main), ("live_override.tf", changes)]);
    let report = folder.check();
    assert_eq!(errors(&report), Vec::<String>::new());
    let found = lines(&report);
    for said in [
        "live_override.tf: note: an override file isn't looked into (what it overrides is unknown and isn't checked)",
        "live_override.tf overrides local.file",
        "live_override.tf overrides genesyscloud_flow.g",
        "live_override.tf overrides genesyscloud_integration_action.a",
    ] {
        assert!(
            found.iter().any(|line| line.contains(said)),
            "{said}\n{found:#?}"
        );
    }
}

#[test]
fn a_tf_file_that_does_not_parse_is_unreadable() {
    let folder = Folder::of(&[(
        "main.tf",
        "resource \"genesyscloud_flow\" \"f\" {\n filepath = \"a\n}\n",
    )]);
    assert_eq!(folder.check().worst(), Verdict::Unreadable);
}

#[test]
fn a_flow_that_terraform_deploys_is_told_of_its_substitutions() {
    let main = "resource \"genesyscloud_flow\" \"f\" {\n  filepath = \"f.yaml\"\n}\n";
    let folder = Folder::of(&[
        ("main.tf", main),
        ("f.yaml", "workflow:\n  name: \"{{nm}}\"\n"),
    ]);
    let found = lines(&folder.check()).join("\n");
    let said = "it stands as written; give one in the substitutions of genesyscloud_flow.f";
    assert!(found.contains(said) && !found.contains("--set"), "{found}");
}

#[test]
fn what_depends_on_an_unknown_substitution_is_no_error() {
    let flow = "workflow:\n  name: W\n  startUpRef: \"/workflow/states/state[S]\"\n  defaultLanguage: en-us\n  states:\n    \
                - state:\n        name: S\n        refId: S\n        actions:\n          - wait:\n              name: W\n              \
                duration:\n                lit: {seconds: {{secs}}}\n          - gone: {}\n          \
                - endWorkflow: {name: End}\n";
    let main = |substitutions: &str| {
        format!(
            "variable \"open\" {{\n}}\nresource \"genesyscloud_flow\" \"f\" {{\n  filepath = \"f.yaml\"\n  \
             substitutions = {substitutions}\n}}\n"
        )
    };
    for (substitutions, wrong) in [
        ("{ secs = var.open }", 0),
        ("var.open", 0),
        ("{ secs = \"soon\" }", 1),
    ] {
        let whole = flow.replace("          - gone: {}\n", "");
        let folder = Folder::of(&[("main.tf", &main(substitutions)), ("f.yaml", &whole)]);
        let found = errors(&folder.check());
        assert_eq!(found.len(), wrong, "{substitutions}: {found:#?}");
    }
    let other = flow.replace("endWorkflow", "endworkflw").replace(
        "          - gone: {}\n",
        "          - decision: {name: D}\n",
    );
    let folder = Folder::of(&[
        ("main.tf", &main("{ secs = var.open }")),
        ("f.yaml", &other),
    ]);
    let report = folder.check();
    let found = errors(&report);
    assert!(!found.is_empty(), "{:#?}", lines(&report));
    assert!(
        found.iter().all(|line| !line.contains("duration")),
        "{found:#?}"
    );
}

#[test]
fn a_verdict_says_that_parts_are_unchecked() {
    let text = format!("variable \"open\" {{\n}}\n{}", action("name = var.open\n"));
    let report = Folder::of(&[("main.tf", &text)]).check();
    let said = "data action genesyscloud_integration_action.a: partly checked";
    assert_eq!(verdicts(&report), [said]);
}

#[test]
fn a_name_that_is_deployed_twice_is_told_with_both_resources() {
    let flow = |name: &str, more: &str| {
        format!("resource \"genesyscloud_flow\" \"{name}\" {{\n  filepath = \"f.yaml\"\n{more}}}\n")
    };
    let main = flow("a", "") + &flow("b", "  for_each = toset([\"x\", \"y\"])\n");
    let folder = Folder::of(&[("main.tf", &main), ("f.yaml", "workflow:\n  name: W\n")]);
    let found = lines(&folder.check());
    let twice: Vec<&String> = found.iter().filter(|line| line.contains("`W`")).collect();
    let said = "main.tf:4: warning: name: the workflow `W` is in main.tf:1 too (one of them replaces the other where \
                both are deployed)";
    assert_eq!(twice, [said]);
    let folder = Folder::of(&[
        ("main.tf", &flow("b", "  count = 2\n")),
        ("f.yaml", "workflow:\n  name: W\n"),
    ]);
    let found = lines(&folder.check()).join("\n");
    let said =
        "the workflow `W` is deployed as genesyscloud_flow.b[0] and as genesyscloud_flow.b[1]";
    assert!(found.contains(said), "{found}");
}

#[test]
fn what_terraform_refuses_for_certain_is_an_error() {
    for (text, said) in [
        (
            "variable \"v\" {\n  type = number\n  default = \"abc\"\n}\n",
            "variable `v` is a number, and its default is a string",
        ),
        (
            "variable \"v\" {\n  type = list(string)\n  default = { a = 1 }\n}\n",
            "variable `v` is a list, and its default is a map",
        ),
        (
            "variable \"v\" {\n  type = bool\n  default = 3\n}\n",
            "variable `v` is a bool, and its default is a number",
        ),
        (
            &action("name = upper(\"a\", \"b\")\n"),
            "upper: takes at most 1 argument, and is given 2",
        ),
        (
            &action("count = -1\n"),
            "count is -1; it has to be a whole number, 0 or more",
        ),
        (
            &action("count = 1.5\n"),
            "count is 1.5; it has to be a whole number, 0 or more",
        ),
    ] {
        let found = errors(&Folder::of(&[("main.tf", text)]).check());
        assert!(
            found.len() == 1 && found[0].contains(said),
            "{said}: {found:#?}"
        );
    }
    for default in [
        "number\n  default = \"5\"",
        "string\n  default = 5",
        "bool\n  default = \"true\"",
        "any\n  default = []",
        "set(string)\n  default = []",
        "number\n  default = null",
        "optional\n  default = {}",
    ] {
        let text = format!("variable \"v\" {{\n  type = {default}\n}}\n");
        let found = errors(&Folder::of(&[("main.tf", &text)]).check());
        assert_eq!(found, Vec::<String>::new(), "{default}");
    }
}
