//! The settings of steps that need no code of their own: inputs, and outputs to variables.

use super::Reader;
use super::made::{goes_nowhere, is_output};
use super::setting::leaf;
use super::shape::says_nothing;
use super::spec::StepType;
use super::step::EVERY_STEP;
use super::value::form;
use crate::workflow::{Binding, Field};
use crate::yaml::{Kind as Shape, Node};
use tollgate_expression::{Base, Expr, Type, Value};

impl Reader<'_> {
    /// Every setting of a step that has no code of its own: inputs, and outputs to variables. Settings that aren't
    /// known are passed on where nobody knows all of the step's.
    pub(super) fn fields(
        &mut self,
        spec: &'static StepType,
        node: &Node,
        skip: &[&str],
    ) -> (Vec<Field>, Vec<Binding>) {
        let mut found = (Vec::new(), Vec::new());
        for entry in node.entries() {
            let key = entry.key.as_str();
            let setting = spec.setting(key);
            let known = setting.is_some_and(|setting| setting.used) || key == "failureOutputs";
            if EVERY_STEP.contains(&key) || skip.contains(&key) || !known && !spec.open {
                continue;
            }
            if key == "attributes" {
                self.attributes(spec, &entry.value, &mut found);
                continue;
            }
            let kind = setting.and_then(|setting| setting.kind);
            self.field(&entry.value, key, key, kind, &mut found);
        }
        found
    }

    /// A setting, or a part of one: `name` has the keys that lead to it, with dots between.
    fn field(
        &mut self,
        node: &Node,
        key: &str,
        name: &str,
        known: Option<Type>,
        found: &mut (Vec<Field>, Vec<Binding>),
    ) {
        let known = known.or_else(|| leaf(key));
        if let Some(("var", inner)) = form(node) {
            if let Some((slot, kind)) = self.output_variable(inner) {
                if let Some(given) = known.filter(|_| name == key && is_output(key)) {
                    self.output_fits(inner, key, given, kind);
                }
                found.1.push(Binding {
                    path: output_path(name),
                    name: key.into(),
                    slot,
                    kind,
                });
            }
            return;
        }
        let is_value = form(node).is_some() || !matches!(node.kind, Shape::Map(_) | Shape::List(_));
        if takes(name, key) && is_value {
            if says_nothing(node) {
                return;
            }
            let (message, help) = goes_nowhere(node, key);
            return self.left_out(node.place, message, help);
        }
        let reference = known.is_some_and(|kind| matches!(kind.base, Base::Entity(_)))
            && (node.get("name").is_some() || node.get("id").is_some());
        if is_value || reference {
            if let Some(value) = self.value(node, known.unwrap_or(Type::ANY), key) {
                found.0.push(Field {
                    name: name.into(),
                    value,
                });
            }
            return;
        }
        match &node.kind {
            Shape::Map(entries) => {
                for entry in entries.iter().filter(|entry| entry.key != "none") {
                    let name = format!("{name}.{}", entry.key);
                    self.field(&entry.value, &entry.key, &name, None, found);
                }
            }
            Shape::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.field(item, key, &format!("{name}.{index}"), None, found);
                }
            }
            Shape::Scalar { .. } => {}
        }
    }

    /// `- attribute: {name, value}`: an input for each, named `attributes.` and its name. One with a variable is an
    /// output of the step's first way out.
    fn attributes(
        &mut self,
        spec: &'static StepType,
        node: &Node,
        found: &mut (Vec<Field>, Vec<Binding>),
    ) {
        let path = spec.ways.first().map_or("", |way| way.name);
        for item in self.items(node, "attributes") {
            let Some(attribute) = self.needed(item, "attribute") else {
                continue;
            };
            let name = match attribute.get("name") {
                Some(name) => self.value(name, Type::STRING, "the attribute's name"),
                None => None,
            };
            let Some(Expr::Constant(Value::String(name))) = name else {
                let message = "an attribute whose name isn't literal";
                self.unsupported(attribute.place, message.to_owned(), "name: {lit: …}");
                continue;
            };
            if let Some(variable) = attribute.get("variable") {
                if let Some((slot, kind)) = self.output_variable(variable) {
                    found.1.push(Binding {
                        path,
                        name: name.clone(),
                        slot,
                        kind,
                    });
                }
                continue;
            }
            let value = attribute
                .get("value")
                .and_then(|v| self.value(v, Type::STRING, "the value"));
            if let Some(value) = value {
                found.0.push(Field {
                    name: format!("attributes.{name}").into(),
                    value,
                });
            }
        }
    }
}

/// Whether a setting is an output: one stands under its own key, or under that of a mapping of outputs.
fn takes(name: &str, key: &str) -> bool {
    let above = name.strip_suffix(key).unwrap_or_default();
    let above = above.trim_end_matches('.').rsplit('.').next();
    name == key && is_output(key) || above.is_some_and(is_output)
}

/// The path on which an output is assigned, by where it stands.
fn output_path(name: &str) -> &'static str {
    for (part, path) in [
        ("successOutputs", "success"),
        ("foundOutputs", "found"),
        ("failureOutputs", "failure"),
    ] {
        if name.split('.').any(|segment| segment == part) {
            return path;
        }
    }
    ""
}
