//! What blocks give: outputs of modules, arguments of resources and data sources.

use super::{Evaluator, Scope, scope as scope_of};
use crate::terraform::folder::Item;
use crate::terraform::instance::{Child, Instance, Names};
use crate::terraform::value::{Unknown, Value};
use hcl_edit::Span as _;
use hcl_edit::expr::{Traversal, TraversalOperator};
use hcl_edit::structure::Body;
use std::rc::Rc;

impl<'a> Evaluator<'a> {
    /// `module.NAME.OUTPUT` or `module.NAME[KEY].OUTPUT`.
    pub(super) fn output(
        &mut self,
        scope: &Scope<'_, 'a>,
        traversal: &Traversal,
        instance: &Rc<Instance<'a>>,
        name: &str,
        operators: &[&TraversalOperator],
    ) -> (Value, usize) {
        let all = operators.len();
        let Some(child) = self.child(instance, name) else {
            let message = format!("module `{name}` isn't declared");
            let declared = &instance.folder.modules;
            let unknown = self.undeclared(scope, traversal, message, name, declared);
            return (unknown, all);
        };
        let children = match &*child {
            Child::Here(children) => children,
            Child::Elsewhere(why) => return (Value::unknown(why.as_str()), all),
        };
        let (key, output, used) = match operators.get(1..).unwrap_or_default() {
            [TraversalOperator::GetAttr(output), ..] => (None, output, 2),
            [
                TraversalOperator::Index(key),
                TraversalOperator::GetAttr(output),
                ..,
            ] => (Some(self.value(scope, key)), output, 3),
            _ => {
                let why = format!("module.{name} as a whole isn't worked out here");
                return (Value::unknown(why), all);
            }
        };
        let Some(called) = of_key(children, key.as_ref()) else {
            return (
                Value::unknown(format!("module.{name} has no instance")),
                all,
            );
        };
        let address = format!("output.{}", output.as_str());
        if let Some(why) = called.folder.why_unknown(&address) {
            return (Value::unknown(why), all);
        }
        let Some(item) = called.folder.outputs.get(output.as_str()).copied() else {
            let message = format!("module `{name}` has no output `{}`", output.as_str());
            let declared = &called.folder.outputs;
            let unknown = self.undeclared(scope, traversal, message, output, declared);
            return (unknown, all);
        };
        let value = item.block.body.get_attribute("value");
        let value = value.map_or(Value::Null, |value| {
            let inner = scope_of(called, item.source, Names::new());
            self.value(&inner, &value.value)
        });
        (value, used)
    }

    /// An argument of a resource or data source, as far as the files give it.
    pub(super) fn resource(
        &mut self,
        scope: &Scope<'_, 'a>,
        traversal: &Traversal,
        instance: &Rc<Instance<'a>>,
        found: Result<Item<'a>, String>,
        operators: &[&TraversalOperator],
        before: usize,
    ) -> (Value, usize) {
        let all = before + operators.len();
        let item = match found {
            Ok(item) => item,
            Err(name) => {
                let message = format!("`{name}` isn't declared in this module");
                return (self.fault(scope, traversal.span(), message, ""), all);
            }
        };
        let (key, argument, used) = match operators {
            [TraversalOperator::GetAttr(argument), ..] => (None, argument.as_str(), 1),
            [
                TraversalOperator::Index(key),
                TraversalOperator::GetAttr(argument),
                ..,
            ] => (Some(self.value(scope, key)), argument.as_str(), 2),
            _ => {
                let said = scope.text.slice(traversal.span());
                let why = format!("{said} is known only when it is deployed");
                return (Value::unknown(why), all);
            }
        };
        let made = self.made(instance, item.source, &item.block.body);
        let names = of_key(&made, key.as_ref()).cloned().unwrap_or_default();
        let inner = scope_of(instance, item.source, names);
        match self.given_argument(&inner, &item.block.body, argument) {
            Some(value) => (value, before + used),
            None => {
                let said = scope.text.slice(traversal.span());
                let integration_type = match item.block.body.get_attribute("integration_type") {
                    Some(given) if argument == "id" => self.value(&inner, &given.value).to_text(),
                    _ => None,
                };
                let name = (argument == "name")
                    .then(|| self.flow_name(&inner, item))
                    .flatten();
                let unknown = Value::Unknown(Rc::new(Unknown {
                    why: format!("{said} is known only when it is deployed"),
                    integration_type: integration_type.map(|text| text.to_string()),
                    told: false,
                }));
                (name.unwrap_or(unknown), all)
            }
        }
    }

    /// An argument of a block, or the blocks of that name within it as a list.
    fn given_argument(&mut self, scope: &Scope<'_, 'a>, body: &Body, name: &str) -> Option<Value> {
        if let Some(given) = body.get_attribute(name) {
            return Some(self.value(scope, &given.value));
        }
        let mut blocks = body.get_blocks(name).peekable();
        blocks.peek()?;
        let blocks = blocks.map(|block| {
            let arguments = block.body.attributes().map(|argument| {
                let value = self.value(scope, &argument.value);
                (argument.key.to_string(), value)
            });
            Value::map(arguments.collect::<Vec<_>>())
        });
        Some(Value::list(blocks))
    }
}

/// What is made for a key; the first of all where there is no key, or where what is made has none.
fn of_key<'m, T>(made: &'m [(Option<Value>, T)], key: Option<&Value>) -> Option<&'m T> {
    let mut all = made.iter();
    let found = all.find(|(known, _)| match (known, key) {
        (Some(known), Some(key)) => known == key,
        _ => true,
    });
    found.map(|(_, made)| made)
}
