//! Variables that take outputs, each written `var:`; one written otherwise goes nowhere, and is told.
//!
//! Those that nothing declares the vendor makes, and so they are made here, with a warning and without a type. They
//! are made before steps are compiled, so that what stands further up may read them.

use super::Reader;
use super::shape::says_nothing;
use super::value::form;
use crate::workflow::Variable;
use crate::yaml::Node;
use tollgate_expression::Type;

impl Reader<'_> {
    /// Makes the variables that take outputs in a task.
    pub(super) fn make_variables(&mut self, task: u32, node: &Node) {
        let before = self.task.replace(task);
        self.make_below(node, false);
        self.task = before;
    }

    /// `takes`: whether the node is among outputs.
    fn make_below(&mut self, node: &Node, takes: bool) {
        if let Some(("var", name)) = form(node) {
            if takes {
                self.output_variable(name);
            }
            return;
        }
        for entry in node.entries() {
            let takes = match entry.key.as_str() {
                "actions" | "inputs" => false,
                key => takes || is_output(key),
            };
            self.make_below(&entry.value, takes);
        }
        for item in node.items() {
            self.make_below(item, takes);
        }
    }

    /// The variable that takes an output under a key.
    pub(super) fn taker(&mut self, node: &Node, key: &str) -> Option<(u32, Type)> {
        if let Some(("var", name)) = form(node) {
            return self.output_variable(name);
        }
        if !says_nothing(node) {
            let (message, help) = goes_nowhere(node, key);
            self.problems.error(node.place, message, help);
        }
        None
    }

    /// The variable that takes an output of this type.
    pub(super) fn taker_of(&mut self, node: &Node, key: &str, given: Type) -> Option<(u32, Type)> {
        let (slot, kind) = self.taker(node, key)?;
        self.output_fits(node, key, given, kind);
        Some((slot, kind))
    }

    /// Tells of an output that its variable can't hold.
    pub(super) fn output_fits(&mut self, node: &Node, key: &str, given: Type, kind: Type) {
        if !given.fits(kind) {
            let message = format!("`{key}` gives {given}, the variable is {kind}");
            self.problems.error(
                node.place,
                message,
                "declare the variable with the output's type",
            );
        }
    }

    /// A variable that takes an output. One that nothing declares is made, as the vendor makes it.
    pub(super) fn output_variable(&mut self, node: &Node) -> Option<(u32, Type)> {
        let Some(name) = node.text() else {
            return self.variable(node);
        };
        if let Some(found) = self.scope().find(name) {
            return Some(found);
        }
        self.problems.warn(
            node.place,
            format!("nothing declares `{name}`, which takes an output"),
            "it is made, and takes what comes; declare it with its type",
        );
        let slot = self.variables.len() as u32;
        let variable = Variable {
            name: name.to_owned(),
            kind: Type::ANY,
            initial: None,
            input: false,
            output: false,
            place: node.place,
        };
        let flow_wide = ["Flow.", "Slot.", "Common."].iter().any(|scope| {
            let start = name.get(..scope.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(scope))
        });
        self.declare(variable, self.task.filter(|_| !flow_wide));
        Some((slot, Type::ANY))
    }
}

/// Whether a setting of this name, or what stands below it, is an output. The ending matches `outputs` itself and what
/// is made of it: `successOutputs`, `sessionVariableOutputs`.
pub(super) fn is_output(key: &str) -> bool {
    key.ends_with("utputs") || is_result(key)
}

/// Whether a setting of this name takes what the step finds: `findResult`, `externalResults`.
pub(super) fn is_result(key: &str) -> bool {
    key.ends_with("Result") || key.ends_with("Results")
}

/// What is wrong with an output that isn't written `var:`, and what to write.
pub(super) fn goes_nowhere(node: &Node, key: &str) -> (String, String) {
    let inner = form(node).map_or(node, |(_, inner)| inner);
    let name = inner
        .text()
        .filter(|text| text.contains('.') && !text.contains([' ', '(']));
    let help = format!(
        "write {key}: {{var: {}}} or noValue: true",
        name.unwrap_or("…")
    );
    (format!("output `{key}` goes nowhere"), help)
}
