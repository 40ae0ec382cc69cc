//! Variables that take outputs and that nothing declares: the vendor makes them, and so they are made here, with a
//! warning and without a type. They are made before steps are compiled, so that what stands further up may read them.

use super::Reader;
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
                key => takes || key.ends_with("utputs") || key.ends_with("Result"),
            };
            self.make_below(&entry.value, takes);
        }
        for item in node.items() {
            self.make_below(item, takes);
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
