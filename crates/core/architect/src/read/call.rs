//! Steps that call: data actions, data tables, other workflows, and the workflow's own tasks.

use super::Reader;
use super::spec::StepType;
use crate::workflow::{
    Action, Binding, Channel, DataCall, Field, Next, WorkflowCall, WorkflowCallKind,
};
use crate::yaml::{Entry, Node};
use tollgate_expression::{Expr, Type};

/// What a digital bot's flow is named under, by the like of `commonModule`; also under `botFlow`.
const DIGITAL: &str = "digitalBotFlow";

impl Reader<'_> {
    pub(super) fn call(&mut self, id: u32, spec: &'static StepType, node: &Node, next: Next) {
        match spec.word {
            "callData" | "callDataSecure" | "callBridge" => self.call_data(id, spec, node, next),
            "dataTableLookup" => self.lookup(id, spec, node, next),
            _ => self.call_workflow(id, spec, node, next),
        }
    }

    fn call_data(&mut self, id: u32, spec: &'static StepType, node: &Node, next: Next) {
        let says = self
            .setting_of(spec, node, "processingPrompt")
            .filter(|expr| !expr.is_not_set());
        let timeout = self.setting_of(spec, node, "timeout");
        let call = self.data_action(node, timeout, says);
        let paths = self.outputs(id, spec, node, next);
        self.finish(id, call.map_or(Action::Pass, Action::CallData), paths);
    }

    /// `category: {…: {dataAction: {…: {inputs, successOutputs, failureOutputs}}}}`.
    fn data_action(
        &mut self,
        node: &Node,
        timeout: Option<Expr>,
        says: Option<Expr>,
    ) -> Option<DataCall> {
        let category = self.only(node.get("category")?, "the category of the action")?;
        let action = category
            .value
            .get("dataAction")
            .or_else(|| category.value.get("bridgeAction"));
        let Some(action) = action else {
            self.problems
                .error(category.place, "`dataAction` is missing", "");
            return None;
        };
        let action = self.only(action, "the action's name")?;
        self.known(&action.value, "inputs successOutputs failureOutputs");
        let inputs = self.inputs(&action.value);
        let mut outputs = self.bindings(&action.value, "successOutputs", "success");
        outputs.extend(self.bindings(&action.value, "failureOutputs", "failure"));
        Some(DataCall {
            category: category.key.as_str().into(),
            action: action.key.as_str().into(),
            inputs,
            outputs,
            timeout: timeout.filter(|expr| !expr.is_not_set()),
            says,
        })
    }

    /// Inputs by name, of any type: the action's contract decides when it is called.
    fn inputs(&mut self, node: &Node) -> Vec<Field> {
        let mut fields = Vec::new();
        for Entry { key, value, .. } in self.mapping(node, "inputs") {
            if let Some(value) = self.value(value, Type::ANY, key) {
                fields.push(Field {
                    name: key.as_str().into(),
                    value,
                });
            }
        }
        fields
    }

    fn bindings(&mut self, node: &Node, key: &str, path: &'static str) -> Vec<Binding> {
        let mut bindings = Vec::new();
        for Entry { key, value, .. } in self.mapping(node, key) {
            if let Some((slot, kind)) = self.taker(value, key) {
                bindings.push(Binding {
                    path,
                    name: key.as_str().into(),
                    slot,
                    kind,
                });
            }
        }
        bindings
    }

    fn lookup(&mut self, id: u32, spec: &'static StepType, node: &Node, next: Next) {
        let key = node.get("lookupValue");
        let key = key.and_then(|key| self.value(key, Type::STRING, "the lookup value"));
        let table = node
            .get("dataTable")
            .and_then(|table| self.only(table, "the data table's name"));
        let paths = self.outputs(id, spec, node, next);
        let Some(table) = table else {
            return;
        };
        self.known(&table.value, "foundOutputs failureOutputs");
        let mut outputs = self.bindings(&table.value, "foundOutputs", "found");
        outputs.extend(self.bindings(&table.value, "failureOutputs", "failure"));
        let action = Action::Lookup {
            table: table.key.as_str().into(),
            key,
            outputs,
        };
        self.finish(id, action, paths);
    }

    fn call_workflow(&mut self, id: u32, spec: &'static StepType, node: &Node, next: Next) {
        let (kind, key) = match spec.word {
            "callCommonModule" => (WorkflowCallKind::CommonModule, "commonModule"),
            "callDigitalBotFlow" if node.get(DIGITAL).is_some() => (WorkflowCallKind::Bot, DIGITAL),
            _ => (WorkflowCallKind::Bot, "botFlow"),
        };
        let called = node
            .get(key)
            .and_then(|called| self.only(called, "the workflow's name"));
        let paths = self.outputs(id, spec, node, next);
        let Some(called) = called else {
            if node.get(key).is_none() {
                let place = self.steps[id as usize].place;
                let message = format!("{} names no workflow by `{key}`", spec.word);
                self.unsupported(place, message, "a run fails there");
            }
            return self.finish(id, Action::Pass, paths);
        };
        let version = self.only(&called.value, "the workflow's version");
        let version = version.map(|version| &version.value);
        if let Some(version) = version {
            self.known(version, "inputs outputs none");
        }
        let mut inputs = version
            .map(|version| self.inputs(version))
            .unwrap_or_default();
        if let Some(text) = node.get("inputText")
            && let Some(value) = self.value(text, Type::STRING, "inputText")
        {
            inputs.push(Field {
                name: "inputText".into(),
                value,
            });
        }
        let mut outputs = version
            .map(|version| self.bindings(version, "outputs", "success"))
            .unwrap_or_default();
        outputs.extend(self.bindings(node, "failureOutputs", "failure"));
        let mut target = |key: &str| {
            let taken = self.taker_of(node.get(key)?, key, Type::STRING);
            taken.map(|(slot, _)| slot)
        };
        let (intent, exit_reason) = (target("intent"), target("exitReason"));
        let call = WorkflowCall {
            kind,
            workflow: called.key.as_str().into(),
            inputs,
            outputs,
            intent,
            exit_reason,
        };
        self.finish(id, Action::CallWorkflow(call), paths);
    }

    pub(super) fn is_bot(&self) -> bool {
        self.kind.channel() == Channel::Bot
    }
}
