//! Calls of other workflows, and hand-overs to them.

use super::{Calls, or_list};
use crate::contract::listed;
use crate::finding::{Level, Rule};
use crate::flows::Flow;
use tollgate_architect::workflow::{Field, Step, WorkflowCall};
use tollgate_expression::Expr;

impl Calls<'_> {
    pub(super) fn workflow(&mut self, step: &Step, call: &WorkflowCall) {
        if self.is_open(step, Rule::CallFlow, &call.workflow) {
            return;
        }
        let kinds: &[&str] = match step.word {
            "callCommonModule" => &["commonModule"],
            "callBotFlow" => &["botFlow", "digitalBotFlow"],
            "callDigitalBotFlow" => &["digitalBotFlow"],
            _ => &[],
        };
        let named = self.flows.get(&call.workflow.to_lowercase());
        let named = named.map(Vec::as_slice).unwrap_or_default();
        let fits = |flow: &Flow| kinds.is_empty() || kinds.contains(&flow.item.kind.as_str());
        // Of those that are deployed together with the caller the first, if there are any.
        let meant = named.iter().filter(|flow| fits(flow));
        let meant = meant.min_by_key(|flow| flow.root != self.flow.root);
        let Some(called) = meant.and_then(|flow| flow.workflow.as_ref()) else {
            self.no_such_flow(step, call, kinds, named.first().copied());
            return;
        };
        let inputs: Vec<&str> = called.inputs().map(|(name, _)| name).collect();
        let given = call
            .inputs
            .iter()
            .filter(|input| &*input.name != "inputText");
        let given: Vec<&str> = given.map(|input| &*input.name).collect();
        self.variables(step, call, "input", &given, &inputs);
        let outputs: Vec<&str> = called.outputs().map(|(name, _)| name).collect();
        let taken = call
            .outputs
            .iter()
            .filter(|output| output.path == "success");
        let taken: Vec<&str> = taken.map(|output| &*output.name).collect();
        self.variables(step, call, "output", &taken, &outputs);
    }

    /// Says that there is no workflow of that name, or one of another type.
    fn no_such_flow(
        &mut self,
        step: &Step,
        call: &WorkflowCall,
        kinds: &[&str],
        other: Option<&Flow>,
    ) {
        let types = kinds.join(" or ");
        if let Some(other) = other {
            let (name, kind) = (&call.workflow, &other.item.kind);
            let message = format!("`{name}` is of the type {kind}, not {types}");
            self.say(step, (Level::Error, Rule::CallFlow), message, "");
        } else if !self.is_invalid_here(&call.workflow) {
            let all = self.flows.values().flatten();
            let of_kind =
                all.filter(|flow| kinds.is_empty() || kinds.contains(&flow.item.kind.as_str()));
            let near = self.near(&call.workflow, of_kind.map(|flow| flow.item.name.as_str()));
            let what = match types.as_str() {
                "" => format!("flow `{}`", call.workflow),
                types => format!("flow `{}` ({types})", call.workflow),
            };
            self.absent(step, Rule::CallFlow, &what, &call.workflow, near);
        }
    }

    /// Whether a workflow of that name is here and not valid: its own errors say enough.
    fn is_invalid_here(&self, name: &str) -> bool {
        self.invalid.contains(&name.to_ascii_lowercase())
    }

    /// Names inputs or outputs that the called workflow doesn't have; both are variables of its own.
    fn variables(
        &mut self,
        step: &Step,
        call: &WorkflowCall,
        what: &str,
        used: &[&str],
        known: &[&str],
    ) {
        let bare = |name: &str| {
            name.split_once('.')
                .map_or(name, |(_, bare)| bare)
                .to_lowercase()
        };
        for name in used {
            if known.iter().any(|one| bare(one) == bare(name)) {
                continue;
            }
            let (rule, field) = match what {
                "input" => (Rule::CallInput, format!("inputs.{name}")),
                _ => (Rule::CallOutput, format!("outputs.{name}")),
            };
            let near = self.near(name, known.iter().copied());
            let message = format!("flow `{}` has no {what} `{name}`", call.workflow);
            let help = or_list(near, &format!("{what}s"), &listed(known));
            self.find(step, (Level::Error, rule), field, message, help);
        }
    }

    /// A workflow that a step hands the interaction over to.
    pub(super) fn target(&mut self, step: &Step, input: &Field) {
        let Expr::Constant(value) = &input.value else {
            return;
        };
        let is_flow = input
            .name
            .split('.')
            .any(|part| part.eq_ignore_ascii_case("targetFlow"));
        let Some(name) = value.to_text().filter(|_| is_flow) else {
            return;
        };
        if self.is_open(step, Rule::CallFlow, &name)
            || self.flows.contains_key(&name.to_lowercase())
        {
            return;
        }
        if !self.is_invalid_here(&name) {
            let near = self.near(
                &name,
                self.flows.values().map(|all| all[0].item.name.as_str()),
            );
            self.absent(step, Rule::CallFlow, &format!("flow `{name}`"), &name, near);
        }
    }
}
