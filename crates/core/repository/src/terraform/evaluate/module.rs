//! Which modules a module calls, and how often each block is made.

use super::collect::items;
use super::{Evaluator, scope};
use crate::files::join;
use crate::finding::{Level, Rule, near};
use crate::terraform::folder::{Folder, Item, is_local};
use crate::terraform::instance::{Call, Child, Instance, Made, Names, index};
use crate::terraform::syntax::Source;
use crate::terraform::value::Value;
use hcl_edit::Span as _;
use hcl_edit::structure::Body;
use std::cell::RefCell;
use std::rc::Rc;

/// Modules within modules.
const MAX_DEPTH: usize = 16;
/// Modules of one check, each counted as often as it is called.
const MAX_INSTANCES: usize = 1_000;
/// Arguments that the call of any module may have.
const OF_EVERY_CALL: [&str; 6] = [
    "count",
    "depends_on",
    "for_each",
    "providers",
    "source",
    "version",
];
/// Instances that `count` or `for_each` make of one block.
const MAX_EACH: usize = 1_000;

impl<'a> Evaluator<'a> {
    /// What `count` or `for_each` make of a block, worked out once where nothing is to be said of it.
    pub(in crate::terraform) fn made(
        &mut self,
        instance: &Rc<Instance<'a>>,
        source: &'a Source,
        body: &'a Body,
    ) -> Rc<Made> {
        let block: *const Body = body;
        if let Some(made) = instance.made.borrow().get(&block) {
            return Rc::clone(made);
        }
        let before = self.said();
        let made = Rc::new(self.each_made(instance, source, body));
        if self.said() == before {
            let mut all = instance.made.borrow_mut();
            all.insert(block, Rc::clone(&made));
        }
        made
    }

    /// How much was said so far, in findings and within `try`.
    pub(in crate::terraform) fn said(&self) -> (usize, usize) {
        (self.findings.len(), self.mistakes)
    }

    fn each_made(
        &mut self,
        instance: &Rc<Instance<'a>>,
        source: &'a Source,
        body: &'a Body,
    ) -> Made {
        let scope = scope(instance, source, Names::new());
        let unknown = |name: &str, unknown: Value| vec![(None, vec![(name.to_owned(), unknown)])];
        let named = |name: &str, entries: Vec<(&str, Value)>| {
            let entries = entries.into_iter();
            let map = Value::map(entries.map(|(key, value)| (key.to_owned(), value)));
            vec![(name.to_owned(), map)]
        };
        if let Some(count) = body.get_attribute("count") {
            let value = self.value(&scope, &count.value);
            return match value.to_number() {
                Some(number) if number < 0.0 || number.fract() != 0.0 => {
                    let message =
                        format!("count is {number}; it has to be a whole number, 0 or more");
                    self.fault(&scope, count.value.span(), message, "");
                    Vec::new()
                }
                Some(count) => {
                    let keys = (0..(count.max(0.0) as usize).min(MAX_EACH)).map(|at| {
                        let at = Value::number(at as f64);
                        (Some(at.clone()), named("count", vec![("index", at)]))
                    });
                    keys.collect()
                }
                None => unknown("count", value),
            };
        }
        let Some(each) = body.get_attribute("for_each") else {
            return vec![(None, Names::new())];
        };
        let value = self.value(&scope, &each.value);
        let Ok(items) = items(&value) else {
            return unknown("each", value);
        };
        let is_set = matches!(value, Value::List(_));
        let made = items.into_iter().take(MAX_EACH).map(|(key, value)| {
            let key = if is_set { value.clone() } else { key };
            let names = named("each", vec![("key", key.clone()), ("value", value)]);
            (Some(key), names)
        });
        made.collect()
    }

    /// What a `module` block leads to; none if there is no such block.
    pub(in crate::terraform) fn child(
        &mut self,
        instance: &Rc<Instance<'a>>,
        name: &str,
    ) -> Option<Rc<Child<'a>>> {
        if let Some(child) = instance.children.borrow().get(name) {
            return Some(Rc::clone(child));
        }
        let item = instance.folder.modules.get(name).copied()?;
        let child = Rc::new(self.called(instance, name, item));
        let mut children = instance.children.borrow_mut();
        children.insert(name.to_owned(), Rc::clone(&child));
        Some(child)
    }

    fn called(&mut self, instance: &Rc<Instance<'a>>, name: &str, item: Item<'a>) -> Child<'a> {
        let overridden = instance.folder.why_unknown(&format!("module.{name}"));
        if let Some(why) = overridden {
            return Child::Elsewhere(why);
        }
        let folder = match self.lies_in(instance, name, item) {
            Ok(folder) => folder,
            Err(why) => return Child::Elsewhere(why),
        };
        self.check_call(name, item, folder);
        let made = self.made(instance, item.source, &item.block.body);
        self.instances += made.len();
        if instance.depth == MAX_DEPTH || self.instances > MAX_INSTANCES {
            let message = format!(
                "module `{name}` isn't looked into: there are more than {MAX_INSTANCES} modules, or more \
                 than {MAX_DEPTH} within one another"
            );
            let at = (&item.source.text, item.block.ident.span());
            let kind = (Level::Error, Rule::TerraformReference);
            self.note(at, kind, message.clone(), "check its folder by itself");
            return Child::Elsewhere(message);
        }
        let children = made.iter().cloned().map(|(key, names)| {
            let address = instance.within(&format!("module.{name}{}", index(key.as_ref())));
            let call = Call {
                parent: Rc::clone(instance),
                item,
                names,
            };
            let child = Instance {
                folder,
                root: instance.root,
                address,
                call: Some(call),
                depth: instance.depth + 1,
                known: RefCell::default(),
                children: RefCell::default(),
                made: RefCell::default(),
                written: RefCell::default(),
            };
            (key, Rc::new(child))
        });
        Child::Here(children.collect())
    }

    /// Notes values that the module has no variable for, and variables that it has no value for.
    fn check_call(&mut self, name: &str, item: Item<'a>, folder: &Folder<'a>) {
        let text = &item.source.text;
        let kind = (Level::Error, Rule::TerraformArgument);
        let body = &item.block.body;
        for given in body.attributes() {
            let key = given.key.as_str();
            if !OF_EVERY_CALL.contains(&key) && !folder.variables.contains_key(key) {
                let message = format!("module `{name}` has no variable `{key}`");
                let help = near(key, folder.variables.keys().copied());
                self.note((text, given.key.span()), kind, message, &help);
            }
        }
        for (variable, declared) in &folder.variables {
            let optional = declared.block.body.has_attribute("default")
                || folder.why_unknown(&format!("var.{variable}")).is_some();
            if !optional && !body.has_attribute(variable) {
                let message = format!("module `{name}` needs a value for `{variable}`");
                self.note((text, item.block.ident.span()), kind, message, "");
            }
        }
    }

    /// The folder that a module's source leads to.
    ///
    /// # Errors
    /// It can't be looked into: why, which is noted.
    fn lies_in(
        &mut self,
        instance: &Rc<Instance<'a>>,
        name: &str,
        item: Item<'a>,
    ) -> Result<&'a Folder<'a>, String> {
        let source = item.block.body.get_attribute("source");
        let span = source.map_or(item.block.ident.span(), |source| source.value.span());
        let path = source.and_then(|source| source.value.as_str());
        let (level, message, help) = match path {
            None if source.is_none() => (Level::Error, "has no source".to_owned(), ""),
            None => {
                let message = "has a source that is no plain text".to_owned();
                (Level::Error, message, "Terraform takes none else here")
            }
            Some(path) if !is_local(path) => {
                let message = format!("comes from {path}, which isn't looked into");
                (
                    Level::Note,
                    message,
                    "what it makes and puts out is unknown",
                )
            }
            Some(path) => match join(&instance.folder.path, path) {
                None => {
                    let message = "lies outside of the folder that is checked".to_owned();
                    (Level::Note, message, "check a folder that has both")
                }
                Some(folder) => match self.folders.get(folder.as_str()) {
                    None => (Level::Error, format!("has no .tf file in {path}"), ""),
                    Some(folder) if leads_back(instance, folder) => {
                        let message = "leads back to a folder that calls it".to_owned();
                        (Level::Error, message, "Terraform can't run this")
                    }
                    Some(folder) => return Ok(folder),
                },
            },
        };
        let rule = match level {
            Level::Note => Rule::TerraformElsewhere,
            _ => Rule::TerraformReference,
        };
        let message = format!("module `{name}` {message}");
        let at = (&item.source.text, span);
        self.note(at, (level, rule), message.clone(), help);
        Err(message)
    }
}

/// Whether a folder is that of a module or of one that calls it.
fn leads_back(instance: &Rc<Instance<'_>>, folder: &Folder<'_>) -> bool {
    let mut above = Some(instance);
    while let Some(one) = above {
        if one.folder.path == folder.path {
            return true;
        }
        above = one.call.as_ref().map(|call| &call.parent);
    }
    false
}
