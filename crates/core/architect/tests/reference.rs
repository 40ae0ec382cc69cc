//! The vendor's built-in variables and kinds of flows are known here: the reference is read where it lies.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use tollgate_architect::WorkflowKind;
use tollgate_architect::workflow::{Builtin, builtin};
use tollgate_expression::Type;

/// The rows of a table of the reference; where it is absent the test says so and has nothing to do.
fn reference(name: &str) -> Option<Vec<Vec<String>>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/reference");
    let Ok(text) = std::fs::read_to_string(folder.join(name)) else {
        eprintln!("skipped: no {name} in {}", folder.display());
        return None;
    };
    let row = |line: &str| line.split('\t').map(str::to_owned).collect();
    Some(text.lines().skip(1).map(row).collect())
}

/// A name of the reference where it stands for several.
fn example(name: &str) -> String {
    match name.split_once(".<") {
        Some(("System.Currencies", _)) => "System.Currencies.USD".to_owned(),
        Some(("System.Languages", _)) => "System.Languages.enUS".to_owned(),
        Some(("System.Regions", _)) => "System.Regions.US".to_owned(),
        Some((scope, _)) => format!("{scope}.x"),
        None => name.to_owned(),
    }
}

/// What is known of a variable, as the reference writes types; none of one that isn't known.
fn known(name: &str) -> Option<(String, &'static Builtin)> {
    let (known, path) = Builtin::find_with_property(name)?;
    let mut properties = path.split('.').filter(|name| !name.is_empty());
    let kind = properties.try_fold(known.kind, Type::property)?;
    let written = if kind.collection {
        format!("[{}]", kind.item())
    } else {
        kind.to_string()
    };
    Some((written, known))
}

/// Whether the kinds that the reference names have the variable here.
fn in_kinds(known: &Builtin, name: &str, kinds: &str) -> bool {
    let kinds = kinds.replace("inboundMessage", "inboundShortMessage");
    let kinds = kinds.replace("in-queue e-mail", "inqueueEmail");
    let kinds = kinds.replace("in-queue message", "inqueueShortMessage");
    let kinds = kinds.replace("call flows with menus", "inboundCall");
    let kinds = kinds.replace(
        "call flows",
        "inboundCall,outboundCall,inqueueCall,secureCall",
    );
    let mut kinds = kinds.split(',').filter(|kind| *kind != "all");
    let has = |kind: &str| {
        let kind = WorkflowKind::of_word(kind).or(WorkflowKind::of_word(&format!("{kind}Flow")));
        builtin(name, kind.unwrap()).is_ok()
    };
    kinds.all(has) && !known.kinds.is_empty()
}

/// Types that the reference describes in words.
const IN_WORDS: [(&str, &str); 2] = [
    ("(collection)", "[any]"),
    ("(addressNormalized, name)", "any"),
];

#[test]
fn every_variable_of_the_reference_is_known_with_its_type_and_kinds() {
    let Some(rows) = reference("variables.tsv") else {
        return;
    };
    let (mut unknown, mut count) = (Vec::new(), 0);
    for row in &rows {
        let [name, kind, kinds, _, source, ..] = row.as_slice() else {
            panic!("a short row: {row:?}");
        };
        let name = example(name);
        if source == "only in tollgate" {
            assert!(Builtin::find(&name).is_none(), "{name} has no evidence");
            continue;
        }
        // Of these scopes are variables that a file declares.
        if kind == "of the variable" || kind == "of the slot" {
            println!("declared   {name}");
            continue;
        }
        count += 1;
        let kind = IN_WORDS
            .iter()
            .find(|(words, _)| words == kind)
            .map_or(kind.as_str(), |(_, kind)| kind);
        match known(&name) {
            Some((written, known)) if written == kind && in_kinds(known, &name, kinds) => {
                let value = known.constant(&name).map_or("", |_| "constant");
                println!("known      {name} {kind} {} {value}", known.evidence);
            }
            other => {
                println!("not known  {name} {kind} {kinds} {other:?}");
                unknown.push(name);
            }
        }
    }
    println!("{} of {count} variables", count - unknown.len());
    assert_eq!(unknown, Vec::<String>::new());
}

#[test]
fn every_kind_of_flow_of_the_reference_is_known() {
    let Some(rows) = reference("enums.tsv") else {
        return;
    };
    let row = rows.iter().find(|row| row[0] == "FLOW_TYPES").unwrap();
    let mut unknown = Vec::new();
    for member in row[2].split(", ") {
        let name = member.split('=').next().unwrap();
        let found = WorkflowKind::of_word(name).or(WorkflowKind::of_word(&format!("{name}Flow")));
        match found {
            Some(kind) => println!("known      {name} as {} ({})", kind.word(), kind.evidence()),
            None => unknown.push(name.to_owned()),
        }
    }
    assert_eq!(unknown, Vec::<String>::new());
}
