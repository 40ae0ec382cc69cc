//! The folder's data actions: those that Terraform deploys, and all exports in JSON.

use crate::contract::Names;
use crate::files::Files;
use crate::finding::{Finding, Level, Rule};
use crate::looks::{like_action, name_place};
use crate::report::{Item, Part};
use crate::terraform::{ActionResource, put};
use serde_json::{Value as Json, json};
use tollgate_action::Action;
use tollgate_architect::Place;

/// A data action of the folder.
#[derive(Debug)]
pub(crate) struct DataAction {
    pub(crate) item: Item,
    /// The folder that Terraform runs in which deploys it, if Terraform does.
    pub(crate) root: Option<String>,
    /// The file and place that give it its name: of the resource, if Terraform deploys it.
    pub(crate) declared: (String, Place),
    /// Its name; none where that isn't known.
    pub(crate) name: Option<String>,
    /// The integration's category, which exports in JSON don't have.
    pub(crate) category: Option<String>,
    /// Names of its inputs and of its outputs, where they are known.
    pub(crate) inputs: Option<Names>,
    pub(crate) outputs: Option<Names>,
}

/// The fields that the provider asks for, each with what stands for it where it is absent or not known.
const STAND_INS: [(&str, &str); 5] = [
    ("/name", "\"unknown\""),
    ("/config/request/requestType", "\"GET\""),
    (
        "/config/request/requestUrlTemplate",
        "\"https://unknown.invalid/\"",
    ),
    ("/contract/input/inputSchema", "{\"type\": \"object\"}"),
    ("/contract/output/successSchema", "{\"type\": \"object\"}"),
];

/// Reads all data actions.
pub(crate) fn read(files: &dyn Files, resources: &[ActionResource]) -> Vec<DataAction> {
    let deployed = resources.iter().map(deploy);
    let exports = files.paths().iter().filter(|path| is_json(path));
    let exports = exports.filter_map(|path| exported(files, path));
    let mut actions: Vec<DataAction> = deployed.chain(exports).collect();
    actions.sort_by(|a, b| (&a.item.file, &a.item.address).cmp(&(&b.item.file, &b.item.address)));
    actions
}

fn is_json(path: &str) -> bool {
    let ending = path.rsplit('.').next().unwrap_or_default();
    ending.eq_ignore_ascii_case("json")
}

/// The action of a file; none if the file is something else.
fn exported(files: &dyn Files, path: &str) -> Option<DataAction> {
    match files.text(path) {
        Ok(text) => {
            let export = like_action(&text)?;
            Some(self::export(path, &text, export.as_ref()))
        }
        Err(fault) => {
            let ours = fault.head.is_empty() || like_action(&fault.head).is_some();
            let finding = || Finding::unreadable(path, fault.why);
            ours.then(|| DataAction::new(path, None, vec![finding()]))
        }
    }
}

/// An export's action; what the export holds is none where it is no JSON.
fn export(path: &str, text: &str, holds: Option<&Json>) -> DataAction {
    let place = |line: Option<usize>, column: Option<usize>| {
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let (line, column) = (number(line?), number(column?));
        Some(Place { line, column })
    };
    let finding = |level, field: &str, place, message: &str| Finding {
        file: path.to_owned(),
        place,
        level,
        rule: Rule::Action,
        field: field.to_owned(),
        message: message.to_owned(),
        help: String::new(),
    };
    let mut read = match Action::read(text) {
        Ok(action) => {
            let warnings = action.warnings().into_iter().map(|warning| {
                let place = place(Some(warning.line), Some(warning.column));
                finding(Level::Warning, &warning.field, place, &warning.message)
            });
            let mut read = DataAction::new(path, Some(action.name()), warnings.collect());
            read.inputs = Names::of(action.input_schema());
            read.outputs = Names::of(action.output_schema());
            read
        }
        Err(faults) => {
            let faults = faults.iter().map(|fault| {
                let place = place(fault.line, fault.column);
                finding(Level::Error, &fault.field, place, &fault.message)
            });
            let name = holds.and_then(|export| export["name"].as_str());
            DataAction::new(path, name, faults.collect())
        }
    };
    read.declared.1 = name_place(text);
    read
}

/// An action that Terraform deploys, judged as the export that it would be.
fn deploy(resource: &ActionResource) -> DataAction {
    let mut action = DataAction::new(&resource.file, resource.name.as_deref(), Vec::new());
    action.item.findings.clone_from(&resource.findings);
    action.item.address = Some(resource.address.clone());
    if resource.name.is_none() {
        action.item.is_named = false;
        action.item.name.clone_from(&resource.address);
    }
    action.root = Some(resource.root.clone());
    action.declared.1 = resource.place;
    action.category.clone_from(&resource.category);
    let names = |pointer: &str| resource.export.pointer(pointer).and_then(Names::of);
    action.inputs = names("/contract/input/inputSchema");
    action.outputs = names("/contract/output/successSchema");
    if resource.function {
        action.item.kind = "function action".to_owned();
        return action;
    }
    let (export, stood_in) = complete(resource);
    let whole = resource.unknown.is_empty() && stood_in.is_empty();
    match Action::read(&export.to_string()) {
        // Where a part isn't known, what surprises may be explained by that part.
        Ok(read) if whole => {
            let warnings = read.warnings();
            let warnings = warnings
                .iter()
                .map(|warning| placed(resource, Level::Warning, &warning.field, &warning.message));
            action.item.findings.extend(warnings);
        }
        Ok(_) => {}
        Err(faults) => {
            let known = faults.iter().filter(|fault| {
                let unknown = resource.unknown.iter().chain(&stood_in);
                !unknown
                    .into_iter()
                    .any(|field| fault.field.starts_with(field.as_str()))
            });
            let faults =
                known.map(|fault| placed(resource, Level::Error, &fault.field, &fault.message));
            action.item.findings.extend(faults);
        }
    }
    action
}

/// The export with something in the place of what isn't known or, as is told by then, missing; and the fields that
/// this was done for.
fn complete(resource: &ActionResource) -> (Json, Vec<String>) {
    let mut export = resource.export.clone();
    let mut stood_in = Vec::new();
    for (pointer, value) in STAND_INS {
        let field = pointer[1..].replace('/', ".");
        let asked_for =
            pointer != "/config/request/requestUrlTemplate" || resource.unknown.contains(&field);
        if export.pointer(pointer).is_some() || !asked_for {
            continue;
        }
        let value = match (pointer, export["integrationType"].as_str()) {
            ("/config/request/requestUrlTemplate", Some("purecloud-data-actions")) => json!("/"),
            _ => tollgate_json::read(value).unwrap_or_default(),
        };
        put(&mut export, &field, value);
        stood_in.push(field);
    }
    (export, stood_in)
}

/// A finding about a field of the export, at the argument that the field comes from, or the nearest around it.
fn placed(resource: &ActionResource, level: Level, field: &str, message: &str) -> Finding {
    let around = |known: &str| {
        let rest = field.strip_prefix(known);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let fields = resource.fields.iter().filter(|known| around(&known.export));
    let nearest = fields.max_by_key(|known| known.export.len());
    let (shown, place) = match nearest {
        Some(known) => {
            let below = &field[known.export.len()..];
            (format!("{}{below}", known.terraform), known.place)
        }
        None => (field.to_owned(), resource.place),
    };
    Finding {
        file: resource.file.clone(),
        place: Some(place),
        level,
        rule: Rule::Action,
        field: shown,
        message: message.to_owned(),
        help: String::new(),
    }
}

impl DataAction {
    fn new(path: &str, name: Option<&str>, findings: Vec<Finding>) -> DataAction {
        DataAction {
            item: Item {
                part: Part::Action,
                file: path.to_owned(),
                kind: "data action".to_owned(),
                name: name.unwrap_or_default().to_owned(),
                is_named: true,
                address: None,
                findings,
                skipped: None,
            },
            root: None,
            declared: (path.to_owned(), Place { line: 1, column: 1 }),
            name: name.map(str::to_owned),
            category: None,
            inputs: None,
            outputs: None,
        }
    }
}
