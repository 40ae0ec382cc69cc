//! Values in a file: `lit`, `exp`, `var`, `tts`, `prompt`, `noValue`, or a bare scalar.

use super::Reader;
use super::literal::literal;
use super::spec::setting;
use crate::workflow::{Binding, Field};
use crate::yaml::{Kind as Shape, Node};
use tollgate_expression::Value;
use tollgate_expression::{Base, Type};
use tollgate_expression::{Expr, check};

const FORMS: [&str; 6] = ["lit", "exp", "var", "tts", "prompt", "noValue"];

/// The form a value is written in, if the node is a value.
pub(super) fn form(node: &Node) -> Option<(&'static str, &Node)> {
    let [only] = node.entries() else {
        return None;
    };
    let form = FORMS.iter().find(|form| **form == only.key)?;
    Some((form, &only.value))
}

impl Reader<'_> {
    /// Reads a value of a type. A fault is reported, and gives none.
    pub(super) fn value(&mut self, node: &Node, wanted: Type, what: &str) -> Option<Expr> {
        let Some((form, inner)) = form(node) else {
            if matches!(node.kind, Shape::Map(_)) && !matches!(wanted.base, Base::Entity(_)) {
                let keys: Vec<&str> = node.entries().iter().map(|e| e.key.as_str()).collect();
                self.problems.error(
                    node.place,
                    format!("{what} is a mapping of {}", keys.join(", ")),
                    "a value is written lit:, exp:, tts:, prompt: or noValue: true",
                );
                return None;
            }
            return self.literal(node, wanted, what);
        };
        match form {
            "noValue" => Some(Expr::Constant(Value::NotSet)),
            "exp" => self.expression(inner, wanted, what),
            "var" => {
                let (slot, kind) = self.variable(inner)?;
                if !kind.fits(wanted) {
                    let name = inner.text().unwrap_or_default();
                    let message = format!("{what} is {wanted}, but {name} is {kind}");
                    self.problems
                        .error(inner.place, message, "convert it with exp:");
                    return None;
                }
                Some(Expr::Variable(slot))
            }
            "tts" => {
                let text = inner.text().unwrap_or_default();
                self.literal_fits(Type::AUDIO, wanted, inner, what)?;
                Some(Expr::Constant(Value::Audio(text.into())))
            }
            "prompt" => {
                let text = format!("[prompt {}]", inner.text().unwrap_or_default());
                self.literal_fits(Type::AUDIO, wanted, inner, what)?;
                Some(Expr::Constant(Value::Audio(text.into())))
            }
            _ => self.literal(inner, wanted, what),
        }
    }

    fn literal_fits(&mut self, kind: Type, wanted: Type, node: &Node, what: &str) -> Option<()> {
        if kind.fits(wanted) || wanted == Type::COMMUNICATION || wanted == Type::STRING {
            return Some(());
        }
        self.problems.error(
            node.place,
            format!("{what} is {wanted}, not audio"),
            "write lit: or exp:",
        );
        None
    }

    pub(super) fn expression(&mut self, node: &Node, wanted: Type, what: &str) -> Option<Expr> {
        let Some(text) = node.text() else {
            self.problems.error(
                node.place,
                format!("{what} has {} as its expression", node.what()),
                "",
            );
            return None;
        };
        match check(text, &self.scope()) {
            Ok((expr, kind)) => {
                self.name_unconfirmed(&expr, node);
                // What is heard may be given as a text, and is spoken; a prompt is played.
                let spoken = matches!(wanted.base, Base::Audio | Base::Communication)
                    && matches!(kind.base, Base::String | Base::Audio | Base::Communication)
                    && !kind.collection;
                if kind.fits(wanted) || spoken {
                    return Some(expr);
                }
                let message = format!("{what} is {kind}, expected {wanted}");
                let help = match (kind.base, wanted.base) {
                    (_, Base::String) => "write it out with ToString()",
                    (Base::String, _) => "convert it, as with ToInt() or ToDateTime()",
                    _ => "",
                };
                self.problems.error(node.place_of(0), message, help);
                None
            }
            Err(fault) => {
                let place = node.place_of(fault.at);
                let exact = place != node.place || fault.at == 0;
                let message = if exact {
                    fault.message
                } else {
                    format!(
                        "{} (character {} of the expression)",
                        fault.message,
                        fault.at + 1
                    )
                };
                self.problems.error(place, message, fault.help);
                None
            }
        }
    }

    fn name_unconfirmed(&mut self, expr: &Expr, node: &Node) {
        let mut names = std::collections::BTreeSet::new();
        expr.walk(&mut |part| {
            if let Expr::Call(function, ..) = part
                && !function.confirmed()
            {
                names.insert(function.name);
            }
        });
        for name in names {
            self.problems.warn(
                node.place,
                format!("`{name}` is not confirmed to have this name at the vendor"),
                "it works here; check it there",
            );
        }
    }

    /// A variable that something is assigned to.
    pub(super) fn variable(&mut self, node: &Node) -> Option<(u32, Type)> {
        let Some(name) = node.text() else {
            self.problems.error(
                node.place,
                format!("a variable's name expected, not {}", node.what()),
                "",
            );
            return None;
        };
        let found = self.scope().find(name);
        if found.is_none() {
            let names = self.scope().variables();
            let help = tollgate_expression::did_you_mean(name, names.iter().map(String::as_str));
            self.problems
                .error(node.place, format!("no variable `{name}`"), help);
        }
        found
    }

    fn literal(&mut self, node: &Node, wanted: Type, what: &str) -> Option<Expr> {
        match literal(node, wanted) {
            Ok(value) => Some(Expr::Constant(value)),
            Err(expected) => {
                let shown = node
                    .text()
                    .map_or_else(|| node.what().to_owned(), |t| format!("`{t}`"));
                self.problems.error(
                    node.place,
                    format!("{what} is {shown}"),
                    format!("expected {expected}"),
                );
                None
            }
        }
    }

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
        place: crate::place::Place,
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
