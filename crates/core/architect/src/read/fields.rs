//! The settings of steps that need no code of their own: inputs, and outputs to variables.

use super::Reader;
use super::setting::setting;
use super::value::form;
use crate::place::Place;
use crate::workflow::{Binding, Field};
use crate::yaml::{Kind as Shape, Node};
use tollgate_expression::{Base, Expr, Type, Value};

impl Reader<'_> {
    /// Every setting of a step that has no code of its own: inputs, and outputs to variables.
    pub(super) fn fields(&mut self, node: &Node, skip: &[&str]) -> (Vec<Field>, Vec<Binding>) {
        let mut found = (Vec::new(), Vec::new());
        self.collect(node, "", skip, &mut found);
        found
    }

    fn collect(
        &mut self,
        node: &Node,
        prefix: &str,
        skip: &[&str],
        found: &mut (Vec<Field>, Vec<Binding>),
    ) {
        for entry in node.entries() {
            let key = entry.key.as_str();
            if matches!(key, "none" | "outputs")
                || prefix.is_empty() && (key == "name" || skip.contains(&key))
            {
                continue;
            }
            let name = if prefix.is_empty() {
                key.to_owned()
            } else {
                format!("{prefix}.{key}")
            };
            self.one_field(&entry.value, key, &name, entry.place, found);
        }
    }

    fn one_field(
        &mut self,
        node: &Node,
        key: &str,
        name: &str,
        place: Place,
        found: &mut (Vec<Field>, Vec<Binding>),
    ) {
        let known = setting(key);
        if let Some(("var", inner)) = form(node) {
            if let Some((slot, kind)) = self.variable(inner) {
                found.1.push(Binding {
                    path: output_path(name),
                    name: key.into(),
                    slot,
                    kind,
                });
            }
            return;
        }
        if key == "attributes" {
            self.attributes(node, found);
            return;
        }
        let is_value = form(node).is_some() || !matches!(node.kind, Shape::Map(_) | Shape::List(_));
        let reference = known.is_some_and(|kind| matches!(kind.base, Base::Entity(_)))
            && (node.get("name").is_some() || node.get("id").is_some());
        if is_value || reference {
            if known.is_none() {
                self.problems.warn(
                    place,
                    format!("`{key}` isn't a setting known here"),
                    "it is passed on as it is",
                );
            }
            if let Some(value) = self.value(node, known.unwrap_or(Type::ANY), key) {
                found.0.push(Field {
                    name: name.into(),
                    value,
                });
            }
            return;
        }
        match &node.kind {
            Shape::Map(_) => self.collect(node, name, &[], found),
            Shape::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    let name = format!("{name}.{index}");
                    self.one_field(item, key, &name, item.place, found);
                }
            }
            Shape::Scalar { .. } => {}
        }
    }

    /// `- attribute: {name, value}`: an input for each, named `attributes.` and its name.
    fn attributes(&mut self, node: &Node, found: &mut (Vec<Field>, Vec<Binding>)) {
        for item in node.items() {
            let Some(attribute) = self.needed(item, "attribute") else {
                continue;
            };
            let name = match attribute.get("name") {
                Some(name) => self.value(name, Type::STRING, "the attribute's name"),
                None => None,
            };
            let Some(Expr::Constant(Value::String(name))) = name else {
                self.problems.error(
                    attribute.place,
                    "an attribute without a literal name",
                    "name: {lit: …}",
                );
                continue;
            };
            if let Some(variable) = attribute.get("variable") {
                if let Some((slot, kind)) = self.variable(variable) {
                    found.1.push(Binding {
                        path: "success",
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
