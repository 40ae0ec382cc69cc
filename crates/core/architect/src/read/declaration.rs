//! Variables, as a workflow and its tasks declare them.

use super::Reader;
use crate::workflow::Variable;
use crate::yaml::Node;
use tollgate_expression::{Type, did_you_mean};

/// The most variables of a workflow and its tasks.
const MAX_VARIABLES: usize = 4_000;

impl Reader<'_> {
    /// Declares a list of variables. One whose first value isn't known begins without.
    pub(super) fn declare_variables(&mut self, node: Option<&Node>, task: Option<u32>) {
        self.with_lacks(|reader| reader.declare_each(node, task));
    }

    fn declare_each(&mut self, node: Option<&Node>, task: Option<u32>) {
        let listed = node.map(|node| self.items(node, "variables"));
        for item in listed.unwrap_or_default() {
            let Some(entry) = self.only(item, "a variable") else {
                continue;
            };
            let kind = entry
                .key
                .strip_suffix("Variable")
                .and_then(Type::of_variable);
            if kind.is_none() {
                let words: Vec<String> = Type::words()
                    .map(|word| format!("{word}Variable"))
                    .collect();
                let help = did_you_mean(&entry.key, words.iter().map(String::as_str));
                let message = format!("no type `{}` of variables is known", entry.key);
                self.left_out(entry.place, message, help);
            }
            let kind = kind.unwrap_or(Type::ANY);
            self.known(
                &entry.value,
                "name initialValue isInput isOutput description isSecure",
            );
            let Some(name) = self.needed(&entry.value, "name") else {
                continue;
            };
            let place = name.place;
            let Some(name) = name.text().map(str::to_owned) else {
                self.problems.error(place, "a variable without a name", "");
                continue;
            };
            let initial = entry.value.get("initialValue");
            let initial = initial.and_then(|node| self.value(node, kind, &name));
            let mut flag = |key| self.truth_of(&entry.value, key).unwrap_or(false);
            let (input, output) = (flag("isInput"), flag("isOutput"));
            let variable = Variable {
                name,
                kind,
                initial,
                input,
                output,
                place,
            };
            self.declare(variable, task);
        }
    }

    pub(super) fn declare(&mut self, variable: Variable, task: Option<u32>) {
        let names = match task {
            Some(task) => &mut self.locals[task as usize],
            None => &mut self.globals,
        };
        let lower = variable.name.to_lowercase();
        let slot = self.variables.len() as u32;
        if let Some(before) = names.insert(lower, slot) {
            let first = self.variables[before as usize].place;
            self.problems.error(
                variable.place,
                format!("`{}` is declared twice, first at {first}", variable.name),
                "remove one",
            );
        }
        if self.variables.len() == MAX_VARIABLES {
            self.problems.error(
                variable.place,
                format!("more than {MAX_VARIABLES} variables"),
                "",
            );
        }
        self.variables.push(variable);
    }
}
