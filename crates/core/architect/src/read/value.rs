//! Values in a file: `lit`, `exp`, `var`, `tts`, `prompt`, `noValue`, or a bare scalar.

use super::Reader;
use super::literal::literal;
use crate::workflow::{Builtin, listed};
use crate::yaml::{Kind as Shape, Node};
use std::collections::BTreeSet;
use tollgate_expression::{
    Base, Evidence, Expr, FaultKind, Type, Value, check, did_you_mean, read_out,
};

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
                self.unsupported(
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
                "write it in quotes: one that begins with ! is a tag of YAML's else",
            );
            return None;
        };
        let scope = self.scope();
        let checked = check(text, &scope);
        let strange = scope.strange.into_inner();
        match checked {
            Ok((expr, kind)) => {
                self.doubtful_names(&expr, &strange, node);
                // What is heard may be given as a text, and is spoken; a prompt is played.
                let spoken = matches!(wanted.base, Base::Audio | Base::Communication)
                    && matches!(kind.base, Base::String | Base::Audio | Base::Communication)
                    && !kind.collection;
                if kind.fits(wanted) || spoken {
                    return Some(expr);
                }
                if wanted == Type::AUDIO
                    && let Some(read) = read_out(expr, kind)
                {
                    return Some(read);
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
                let unknown = fault.kind == FaultKind::Unknown;
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
                if unknown {
                    self.unsupported(place, message, fault.help);
                } else {
                    self.problems.error(place, message, fault.help);
                }
                None
            }
        }
    }

    /// Warns of functions and variables that the vendor isn't known to have, and of functions and constants that it
    /// has in workflows of other kinds only.
    fn doubtful_names(&mut self, expr: &Expr, strange: &BTreeSet<&'static str>, node: &Node) {
        let elsewhere = |name: &str, kinds: &str| {
            let kinds = listed(kinds);
            format!("`{name}` is known from workflows of other kinds: {kinds}")
        };
        let only = |name: &str, evidence: Evidence| {
            format!("`{name}` is known from {} only", evidence.words())
        };
        let constants = strange.iter().filter_map(|name| Builtin::find(name));
        let mut doubts: BTreeSet<String> = constants
            .map(|known| elsewhere(known.name, known.kinds))
            .collect();
        expr.walk(&mut |part| match part {
            Expr::Call(callee, _) => {
                let function = callee.function;
                let Some(way) = callee.overload.or(function.overloads.first()) else {
                    return;
                };
                if !way.evidence.confirmed() {
                    doubts.insert(only(&function.way(way), way.evidence));
                }
                if !self.kind.is_among(way.flows) {
                    doubts.insert(elsewhere(function.name, way.flows));
                }
            }
            Expr::Builtin(name) => {
                let notes = Evidence::Notes;
                let known = Builtin::find(name).filter(|known| known.evidence == notes.word());
                doubts.extend(known.map(|known| only(known.name, notes)));
            }
            _ => {}
        });
        for message in doubts {
            let help = "it works here; check it at the vendor";
            self.problems.warn(node.place, message, help);
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
            let names = self.scope().names_declared();
            let help = did_you_mean(name, names.iter().map(String::as_str));
            self.unsupported(node.place, format!("no variable `{name}`"), help);
        }
        found
    }

    fn literal(&mut self, node: &Node, wanted: Type, what: &str) -> Option<Expr> {
        match literal(node, wanted) {
            Ok(value) => Some(Expr::Constant(value)),
            Err(expected) => {
                self.problems.error(
                    node.place,
                    format!("{what} is {}", node.shown()),
                    format!("expected {expected}"),
                );
                None
            }
        }
    }
}
