//! docs/workflow-words.md is made of the tables of kinds, types, built-in variables, operators and functions.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::fmt::Write;
use std::path::Path;
use tollgate_architect::workflow::builtins;
use tollgate_architect::{Workflow, WorkflowKind};
use tollgate_expression::{data_types, functions, operators};

const HEAD: &str = "\
# Kinds of workflows, types of data, built-in variables, operators, functions

What [workflows](workflows.md) may be made of, as the tables in the code have it, and how we know:

| evidence | means |
|---|---|
| SDK | the vendor's word: its scripting SDK of 2026 |
| package | the vendor's word: the same SDK's package of 2017, which has types, variables and functions |
| help | the vendor's word: its help pages |
| YAML, export | observed in flows that people published |
| hidden | the vendor's word, but not offered to those who write expressions: a warning |
| secondary | noted by others: a warning where it is a function |
| ours | a guess |
";

fn page() -> String {
    let mut page = HEAD.to_owned();
    page.push_str(
        "
## Kinds of workflows
A file begins with its kind's word, in any case (`digitalBotFlow` is taken for `digitalBot`). A run ends by a step, or
at the end of its last task as in the table. What waits in a queue goes on there: a script's `answers` say under
`queue` whether an agent answers (`answered`, which is so where the script says nothing) or it begins `again`; its
`events` say that an agent answers, or the person hangs up, at a time.

| kind | families | ends as | what it is | evidence |
|---|---|---|---|---|
",
    );
    for kind in WorkflowKind::all() {
        let (word, families, ends) = (kind.word(), kind.families(), kind.ends());
        let (note, evidence) = (kind.note(), kind.evidence());
        writeln!(
            page,
            "| `{word}` | {families} | {ends} | {note} | {evidence} |"
        )
        .unwrap();
    }
    page.push_str(
        "
## Built-in variables
Nobody declares them, and no workflow can assign to them; a step may set one (which is ours). Kinds are words of the table above, or families of them; a
common module may use those of any kind. `*` is any name. A script gives them under `interaction`, whole or a
property by its name (`Email.Message.subject`); one that the kind doesn't have is refused, and in a file it is not known.

| variable | type | kinds | constant | set by | evidence |
|---|---|---|---|---|---|
",
    );
    for known in builtins() {
        let kind = if known.kind.collection {
            format!("[{}]", known.kind.item())
        } else {
            known.kind.to_string()
        };
        let value = match known.value {
            "*" => "its own name",
            value => value,
        };
        writeln!(
            page,
            "| `{}` | {kind} | {} | {value} | {} | {} |",
            known.name, known.kinds, known.set_by, known.evidence
        )
        .unwrap();
    }
    page.push_str(
        "
## Types of data
A `variable` may have the type (`queueVariable`, and `queueCollectionVariable` where there are collections); a step's
`setting` has it; settings name a `reference`; `built-in` variables have it; an `expression` has it while it is typed;
`constant` and `constants` are those of `Format.`, `Language.` and `System.`. A property is a text unless its type
follows; `*` stands for more that we don't know: any is taken.

| type | use | collections | properties | evidence |
|---|---|---|---|---|
",
    );
    for known in data_types() {
        let collections = if known.collection { "yes" } else { "" };
        writeln!(
            page,
            "| `{}` | {} | {collections} | {} | {} |",
            known.word, known.usage, known.properties, known.evidence
        )
        .unwrap();
    }
    page.push_str(
        "
## Operators
From the loosest: `?:`, `or`, `and`, `|`, `&`, `== !=`, `>= <= > <`, `+ -`, `* / %`, `^` (from the right), then `!`, `~` and
`-` before a value, then `.property` and `[index]`, which follow names and calls. `~` behind a type says that the value
may be `NOT_SET`; where it may not be, `NOT_SET` is an error of the step, as the vendor's help says.

| operator | use | gives | workflows | evidence |
|---|---|---|---|---|
",
    );
    for (sign, overloads) in operators() {
        for way in overloads {
            let (sign, use_) = (sign.replace('|', "\\|"), way.written());
            let (says, flows, evidence) = (way.says, way.flows, way.evidence.word());
            writeln!(
                page,
                "| `{sign}` | `{use_}` | {says} | {flows} | {evidence} |"
            )
            .unwrap();
        }
    }
    page.push_str(
        "
## Functions
Names in any case. `~` lets an argument be `NOT_SET`, `...` repeats, `[T]` is a collection, `0..28` bounds a number, `literal`
asks for a value that is written out. A function that stands in workflows of other kinds only is a warning.

| function | gives | workflows | evidence |
|---|---|---|---|
",
    );
    for function in functions() {
        for (index, way) in function.overloads.iter().enumerate() {
            let says = if index == 0 { function.says } else { "" };
            let (call, flows, evidence) = (function.way(way), way.flows, way.evidence.word());
            writeln!(page, "| `{call}` | {says} | {flows} | {evidence} |").unwrap();
        }
    }
    page
}

/// Writes the page where `TOLLGATE_WRITE` is set.
#[test]
fn the_page_is_made_of_the_tables() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/workflow-words.md");
    let page = page();
    if std::env::var_os("TOLLGATE_WRITE").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).is_ok_and(|text| text == page),
        "docs/workflow-words.md has other tables: TOLLGATE_WRITE=1 cargo test -p tollgate-architect --test words"
    );
}

#[test]
fn a_variable_of_every_type_can_be_declared() {
    let mut variables = String::new();
    let kinds = data_types().filter(|known| known.is_variable());
    for known in kinds {
        let word = known.word;
        writeln!(
            variables,
            "    - {word}Variable: {{name: Flow.{word}, initialValue: {{noValue: true}}}}"
        )
        .unwrap();
        if known.collection {
            writeln!(
                variables,
                "    - {word}CollectionVariable: {{name: Flow.{word}s}}"
            )
            .unwrap();
        }
    }
    assert_eq!(variables.lines().count(), 58 + 50);
    let text = format!(
        "workflow:\n  name: W\n  startUpRef: t\n  variables:\n{variables}  tasks:\n    - task: {{name: t, refId: t, actions: [{{endWorkflow: {{}}}}]}}\n"
    );
    let workflow = Workflow::parse(&text).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(workflow.warnings().as_slice(), []);
}

#[test]
fn what_is_known_of_a_literal_thing_is_enough() {
    let text = |kind: &str, literal: &str| {
        format!(
            "workflow:\n  name: W\n  startUpRef: t\n  variables: [{{{kind}Variable: {{name: Flow.x, initialValue: {{lit: {literal}}}}}}}]\n  tasks:\n    - task: {{name: t, refId: t, actions: [{{endWorkflow: {{}}}}]}}\n"
        )
    };
    for (kind, literal) in [
        ("queue", "{name: Support}"),
        ("card", "{title: Offer}"),
        ("date", "2026-01-31"),
    ] {
        assert!(Workflow::parse(&text(kind, literal)).is_ok(), "{kind}");
    }
    assert!(Workflow::parse(&text("queue", "{title: Support}")).is_err());
}
