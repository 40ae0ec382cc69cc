//! Steps that decide, repeat and remember.

use super::Reader;
use super::constant::constant;
use super::spec::StepType;
use crate::workflow::{Action, Next, Path, Statement};
use crate::yaml::Node;
use tollgate_expression::Expr;
use tollgate_expression::Type;
use tollgate_expression::Value;
use tollgate_expression::did_you_mean;

impl Reader<'_> {
    pub(super) fn control(&mut self, id: u32, spec: &'static StepType, node: &Node, next: Next) {
        match spec.word {
            "decision" => {
                let condition = self.setting_of(spec, node, "condition");
                let condition = condition.unwrap_or(Expr::Constant(Value::NotSet));
                let paths = self.outputs(id, spec, node, next);
                self.finish(id, Action::Decision(condition), paths);
            }
            "switch" => self.switch(id, node, next),
            "loop" | "loopAnythingElse" | "loopUntil" => self.looping(id, spec, node, next),
            "loopNext" | "loopExit" => self.leave_loop(id, spec, node, next),
            "callTask" => self.call_task(id, node, next),
            "jumpToTask" => self.jump(id, node, "targetTaskRef"),
            "jumpToMenu" => self.jump(id, node, "targetMenuRef"),
            "changeState" => self.jump(id, node, "targetStateRef"),
            "previousMenu" => self.finish(id, Action::PreviousMenu, Vec::new()),
            "endTask" | "endState" => {
                let path = node.get("outputPath");
                let path = path.map(|path| path.get("name").unwrap_or(path));
                let path = path.and_then(Node::text).map(Into::into);
                self.finish(id, Action::EndTask(path), Vec::new());
            }
            word => {
                let action = match word {
                    "updateData" => self.update(node),
                    "clearSlot" => self.clear_slots(node),
                    "wait" => {
                        let duration = self.setting_of(spec, node, "duration");
                        let negative = |value| matches!(value, Value::Duration(..0));
                        if duration.as_ref().and_then(constant).is_some_and(negative) {
                            let place = node.get("duration").map_or(node.place, |node| node.place);
                            let help = "the step doesn't wait";
                            self.problems.warn(place, "the time is negative", help);
                        }
                        Action::Wait(duration.unwrap_or(Expr::Constant(Value::NotSet)))
                    }
                    _ => self.participant_data(node, word == "getParticipantData"),
                };
                let paths = self.straight(spec, node, next);
                self.finish(id, action, paths);
            }
        }
    }

    fn jump(&mut self, id: u32, node: &Node, key: &'static str) {
        if let Some(task) = node.get(key).and_then(|target| self.target(target)) {
            let place = self.steps[id as usize].place;
            if (key == "targetMenuRef") != self.tasks[task as usize].menu {
                let message = format!("`{key}` leads to `{}`", self.tasks[task as usize].name);
                self.problems.error(
                    place,
                    message,
                    "jumpToMenu leads to menus, the others to tasks or states",
                );
            }
            self.finish(id, Action::Jump(task), Vec::new());
        }
    }

    fn update(&mut self, node: &Node) -> Action {
        let statements = self.list(node, "statements").iter();
        let statements = statements.filter_map(|item| self.statement(item));
        Action::Update(statements.collect())
    }

    /// `slots: [{slot: {name}}]`: the slots' variables.
    fn clear_slots(&mut self, node: &Node) -> Action {
        let mut cleared = Vec::new();
        for item in self.list(node, "slots") {
            let Some(slot) = self.needed(item, "slot") else {
                continue;
            };
            let name = slot.get("name").unwrap_or(slot).text().unwrap_or_default();
            let name = format!("Slot.{}", name.trim_start_matches("Slot."));
            match self.scope().find(&name) {
                Some((variable, _)) => cleared.push(variable),
                None => self.unsupported(
                    slot.place,
                    format!("no variable `{name}` for the slot"),
                    "declare it, or name the entity under settingsNaturalLanguageUnderstanding",
                ),
            }
        }
        Action::Clear(cleared)
    }

    /// `string: {variable, value}`.
    fn statement(&mut self, node: &Node) -> Option<Statement> {
        let entry = self.only(node, "an assignment")?;
        let kind = Type::of_word(&entry.key);
        if kind.is_none() {
            let help = did_you_mean(&entry.key, Type::words());
            self.unsupported(entry.place, format!("no type `{}`", entry.key), help);
        }
        self.known(&entry.value, "variable value");
        let target = self.needed(&entry.value, "variable")?;
        let (slot, declared) = self.variable(target)?;
        if let Some(kind) = kind
            && kind != declared
            && declared != Type::ANY
        {
            let message = format!("the variable is {declared}, the assignment says {kind}");
            self.problems
                .error(entry.place, message, "write the variable's type");
        }
        let value = self.needed(&entry.value, "value")?;
        let value = self.value(value, declared, "the value")?;
        Some(Statement { slot, value })
    }

    fn participant_data(&mut self, node: &Node, read: bool) -> Action {
        let (mut set, mut get) = (Vec::new(), Vec::new());
        for item in self.list(node, "attributes") {
            let Some(attribute) = self.needed(item, "attribute") else {
                continue;
            };
            self.known(attribute, "name value variable");
            let Some(name) = self.needed(attribute, "name") else {
                continue;
            };
            let Some(name) = self.value(name, Type::STRING, "the attribute's name") else {
                continue;
            };
            if read {
                let target = self.needed(attribute, "variable");
                let Some((slot, kind)) = target.and_then(|target| self.output_variable(target))
                else {
                    continue;
                };
                if !Type::STRING.fits(kind) {
                    let message = format!("participant data is string, the variable is {kind}");
                    self.problems.error(
                        attribute.place,
                        message,
                        "read it into a string, then convert it",
                    );
                }
                get.push((name, slot));
            } else if let Some(value) = self.needed(attribute, "value")
                && let Some(value) = self.value(value, Type::STRING, "the attribute's value")
            {
                set.push((name, value));
            }
        }
        if read {
            Action::GetData(get)
        } else {
            Action::SetData(set)
        }
    }

    /// `evaluate: {firstTrue: {cases, default}}`; or `{firstMatch: {string: {value, cases, default}}}` of any type, also
    /// without the `firstMatch`.
    fn switch(&mut self, id: u32, node: &Node, next: Next) {
        let Some(mut entry) = node
            .get("evaluate")
            .and_then(|evaluate| self.only(evaluate, "firstTrue, or firstMatch"))
        else {
            return;
        };
        let compared = if entry.key == "firstTrue" {
            self.known(&entry.value, "default cases");
            None
        } else {
            if entry.key == "firstMatch" {
                match self.only(&entry.value, "the value's type") {
                    Some(inner) => entry = inner,
                    None => return,
                }
            }
            self.known(&entry.value, "default cases value");
            let kind = Type::of_word(&entry.key);
            if kind.is_none() {
                let message = format!("a switch by `{}` isn't known here", entry.key);
                let help = did_you_mean(&entry.key, Type::words());
                self.unsupported(entry.place, message, help);
            }
            let kind = kind.unwrap_or(Type::ANY);
            let value = self.needed(&entry.value, "value");
            let value = value.and_then(|value| self.value(value, kind, "the value"));
            Some((kind, value.unwrap_or(Expr::Constant(Value::NotSet))))
        };
        let (mut cases, mut paths) = (Vec::new(), Vec::new());
        let listed = self.list(&entry.value, "cases");
        for (index, item) in listed.iter().enumerate() {
            let Some(case) = self.needed(item, "case") else {
                continue;
            };
            self.known(case, "value actions");
            let kind = compared.as_ref().map_or(Type::BOOLEAN, |(kind, _)| *kind);
            let value = self.needed(case, "value");
            let value = value.and_then(|value| self.value(value, kind, "the case"));
            let value = value.unwrap_or(Expr::Constant(Value::NotSet));
            cases.push(match &compared {
                None => value,
                Some((_, subject)) => Expr::same(subject.clone(), value),
            });
            paths.push(Path {
                name: format!("case {}", index + 1).into(),
                next: self.sequence(case.get("actions"), next),
            });
        }
        let default = entry.value.get("default");
        paths.push(Path {
            name: "default".into(),
            next: default.map_or(next, |default| self.output(default, next)),
        });
        self.finish(id, Action::Switch(cases), paths);
    }
}
