//! `genesyscloud_flow`: a workflow's file and what is put in the place of its placeholders.

mod written;

use super::evaluate::{Evaluator, Scope, scope, sha256};
use super::folder::Item;
use super::instance::{Instance, Names, index};
use super::resource::FLOW;
use super::value::Value;
use crate::files::{folder_of, join};
use crate::finding::{Finding, Level, Rule};
use hcl_edit::Span as _;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use tollgate_architect::{Place, Problems, Substitutions, yaml};
use tollgate_expression::meant;

/// A workflow that Terraform deploys.
#[derive(Clone, Debug)]
pub struct FlowResource {
    /// What Terraform calls it: `module.a.genesyscloud_flow.b`.
    pub address: String,
    /// The `.tf` file that it stands in.
    pub file: String,
    /// Where in that file.
    pub place: Place,
    /// The folder that Terraform runs in.
    pub root: String,
    /// The workflow's file, or why it isn't known.
    pub source: Result<String, String>,
    /// The text of that file, where Terraform makes the file itself.
    pub made: Option<Rc<str>>,
    /// What stands for its placeholders. One whose value isn't known stands for itself.
    pub substitutions: Substitutions,
    /// The placeholders that stand for themselves, since their values aren't known.
    pub unknown: BTreeSet<String>,
    /// Whether not even the names of its substitutions are known.
    pub any_unknown: bool,
    /// What is wrong with the resource, and what of it isn't known.
    pub findings: Vec<Finding>,
}

/// A file's path, and its text where Terraform makes it.
type MadeFile = (String, Option<Rc<str>>);

/// What stands for placeholders, and those whose values aren't known.
#[derive(Default)]
struct Filled {
    values: Substitutions,
    unknown: BTreeSet<String>,
    any_unknown: bool,
}

impl<'a> Evaluator<'a> {
    pub(super) fn flow(
        &mut self,
        instance: &Rc<Instance<'a>>,
        name: &str,
        item: Item<'a>,
        (key, names): (Option<Value>, Names),
    ) -> FlowResource {
        let told = self.findings.len();
        let body = &item.block.body;
        let scope = scope(instance, item.source, names);
        let resource = format!("genesyscloud_flow.{name}{}", index(key.as_ref()));
        let place = item.source.text.start(item.block.ident.span());
        let address = format!("genesyscloud_flow.{name}");
        let overridden = self.overridden(&scope, instance, ("", place), &address);
        let (file, filled) = match overridden {
            Some(why) => (Err(why), Filled::default()),
            None => {
                self.check_arguments(&scope, item, body, &FLOW);
                let file = self.flow_file(&scope, item);
                (file, self.substitutions(&scope, item))
            }
        };
        let (source, made) = match file {
            Ok((path, made)) => (Ok(path), made),
            Err(why) => (Err(why), None),
        };
        if let (Ok(path), None) = (&source, &made) {
            self.check_hash(&scope, item, path);
        }
        FlowResource {
            address: instance.within(&resource),
            file: item.source.text.file.clone(),
            root: instance.root.to_owned(),
            place,
            source,
            made,
            substitutions: filled.values,
            unknown: filled.unknown,
            any_unknown: filled.any_unknown,
            findings: self.findings.split_off(told),
        }
    }

    /// The path of the workflow's file, and its text where Terraform makes it; or why it can't be looked into.
    fn flow_file(&mut self, scope: &Scope<'_, 'a>, item: Item<'a>) -> Result<MadeFile, String> {
        let missing = || "it has no filepath".to_owned();
        let argument = self.argument(scope, &item.block.body, "filepath");
        let (value, place, _) = argument.ok_or_else(missing)?;
        let at = ("filepath", place);
        let skipped = "the flow isn't looked into";
        if let Some(unknown) = value.first_unknown() {
            self.not_known(scope, at, unknown, skipped);
            return Err(unknown.why.clone());
        }
        let Some(path) = value.to_text() else {
            let message = format!("expected a path, found {}", value.what());
            self.refuse(scope, at, message.clone(), "");
            return Err(message);
        };
        let root = scope.instance.map_or("", |instance| instance.root);
        let located = join(root, &path).filter(|_| !path.contains("://"));
        let Some(located) = located else {
            let why = format!("{path} lies outside of the folder that is checked");
            self.not_looked_into(scope, at, &why, skipped);
            return Err(why);
        };
        match self.made_file(scope, &located) {
            Some(Value::Text(text)) => return Ok((located, Some(text))),
            Some(Value::Unknown(unknown)) => {
                self.not_known(scope, at, &unknown, skipped);
                return Err(unknown.why.clone());
            }
            _ => {}
        }
        if self.files.has(&located) {
            return Ok((located, None));
        }
        let help = self.where_instead(scope, &path, &located);
        let message = format!("there is no file {path}");
        self.refuse(scope, at, message.clone(), &help);
        Err(message)
    }

    /// Where a file may be meant to be that isn't there.
    fn where_instead(&mut self, scope: &Scope<'_, 'a>, path: &str, located: &str) -> String {
        if let Some(beside) = self.beside(scope, path) {
            return beside;
        }
        let paths = self.files.paths();
        self.charge(paths.len());
        let beside = paths.iter().map(String::as_str);
        let beside = beside.filter(|one| folder_of(one) == folder_of(located));
        meant(located, beside).unwrap_or_else(|| {
            format!("looked for {located}; a path begins in the folder that Terraform runs in")
        })
    }

    /// What to write for a file that stands in the module's own folder; none if it isn't there either.
    pub(super) fn beside(&self, scope: &Scope<'_, 'a>, path: &str) -> Option<String> {
        let own = join(&scope.instance?.folder.path, path)?;
        let is_there = self.files.has(&own);
        is_there.then(|| format!("it stands beside this file: write \"${{path.module}}/{path}\""))
    }

    fn substitutions(&mut self, scope: &Scope<'_, 'a>, item: Item<'a>) -> Filled {
        let mut filled = Filled::default();
        let argument = self.argument(scope, &item.block.body, "substitutions");
        let Some((value, place, expr)) = argument else {
            return filled;
        };
        let at = ("substitutions", place);
        let entries = match &value {
            Value::Map(entries) => entries,
            Value::Unknown(unknown) => {
                self.not_known(scope, at, unknown, "placeholders stand as they are written");
                filled.any_unknown = true;
                return filled;
            }
            other => {
                let message = format!("expected a map of texts, found {}", other.what());
                self.refuse(scope, at, message, "write { NAME = \"value\" }");
                filled.any_unknown = true;
                return filled;
            }
        };
        let places = entry_places(scope, expr);
        for (name, value) in entries.iter() {
            let field = format!("substitutions.{name}");
            let at = (field.as_str(), places.get(name).copied().unwrap_or(place));
            let written = format!("{{{{{name}}}}}");
            let text = match (value.first_unknown(), value.to_text()) {
                (Some(unknown), _) => {
                    let so = format!("{written} stands as it is written");
                    self.not_known(scope, at, unknown, &so);
                    filled.unknown.insert(name.clone());
                    written
                }
                (None, Some(text)) => text.to_string(),
                (None, None) => {
                    let message = format!("expected a text, found {}", value.what());
                    self.refuse(scope, at, message, "");
                    filled.unknown.insert(name.clone());
                    written
                }
            };
            filled.values.insert(name.clone(), text);
        }
        filled
    }

    /// Warns of a hash that is another file's: then Terraform doesn't see the workflow's changes.
    fn check_hash(&mut self, scope: &Scope<'_, 'a>, item: Item<'a>, path: &str) {
        let argument = self.argument(scope, &item.block.body, "file_content_hash");
        let Some((Value::Text(given), place, _)) = argument else {
            return;
        };
        let Ok(text) = self.files.text(path) else {
            return;
        };
        if sha256(&text) == *given {
            return;
        }
        self.findings.push(Finding {
            file: scope.text.file.clone(),
            place: Some(place),
            level: Level::Warning,
            rule: Rule::TerraformReference,
            field: "file_content_hash".to_owned(),
            message: format!("this isn't the hash of {path}"),
            help:
                "write filesha256(…) of the filepath: a change of the flow isn't deployed without"
                    .to_owned(),
        });
    }

    /// The name that a workflow's file gives it, where all of it is known.
    pub(super) fn flow_name(&mut self, scope: &Scope<'_, 'a>, item: Item<'a>) -> Option<Value> {
        let kind = item.block.labels.first().map(|label| label.as_str());
        if kind != Some("genesyscloud_flow") {
            return None;
        }
        let file = self.flow_file(scope, item);
        let substitutions = self.substitutions(scope, item).values;
        let text = match file.ok()? {
            (_, Some(text)) => text,
            (path, None) => self.files.text(&path).ok()?,
        };
        self.charge(text.len() / 16);
        let document = yaml::parse(&text, &substitutions, &mut Problems::default())?;
        let root = document.root.entries().first()?;
        let name = root.value.text_of("name")?;
        (!name.contains("{{")).then(|| Value::text(name))
    }
}

/// Where the values of a literal map stand, by key.
pub(super) fn entry_places(
    scope: &Scope<'_, '_>,
    expr: &hcl_edit::expr::Expression,
) -> BTreeMap<String, Place> {
    use hcl_edit::expr::ObjectKey;
    let entries = expr.as_object().into_iter().flatten();
    let places = entries.filter_map(|(key, value)| {
        let name = match key {
            ObjectKey::Ident(name) => name.as_str(),
            ObjectKey::Expression(expr) => expr.as_str()?,
        };
        let place = scope.text.start(value.expr().span());
        Some((name.to_owned(), place))
    });
    places.collect()
}
