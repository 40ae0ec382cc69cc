//! Steps that decide, repeat and remember.

use super::Reader;
use super::spec::Spec;
use crate::workflow::{Action, LoopKind, Next, Path, Statement};
use crate::yaml::Node;
use tollgate_expression::Expr;
use tollgate_expression::Value;
use tollgate_expression::did_you_mean;
use tollgate_expression::{Base, Type};

impl Reader<'_> {
    pub(super) fn control(&mut self, id: u32, spec: &'static Spec, node: &Node, next: Next) {
        match spec.word {
            "decision" => {
                self.known(node, "name condition outputs");
                let condition = node.get("condition");
                let condition =
                    condition.and_then(|c| self.value(c, Type::BOOLEAN, "the condition"));
                let condition = condition.unwrap_or(Expr::Constant(Value::NotSet));
                let paths = self.outputs(node, &spec.paths, next);
                self.finish(id, Action::Decision(condition), paths);
            }
            "switch" => self.switch(id, node, next),
            "loop" | "loopAnythingElse" => self.looping(id, spec, node, next),
            "nextLoop" | "exitLoop" => {
                let Some((loop_step, after)) = self.open_loops.last().copied() else {
                    let place = self.steps[id as usize].place;
                    self.problems
                        .error(place, format!("`{}` outside of a loop", spec.word), "");
                    return;
                };
                let next = if spec.word == "nextLoop" {
                    Next::Again(loop_step)
                } else {
                    after
                };
                let paths = self.straight(node, next);
                self.finish(id, Action::Pass, paths);
            }
            "updateData" => {
                self.known(node, "name statements");
                let statements = node.items_of("statements");
                let statements = statements
                    .iter()
                    .filter_map(|item| self.statement(item))
                    .collect();
                let paths = self.straight(node, next);
                self.finish(id, Action::Update(statements), paths);
            }
            "wait" => {
                self.known(node, "name duration trimDurationNearMaxRunningTime");
                let duration = node.get("duration");
                let duration = duration.and_then(|d| self.value(d, Type::DURATION, "the duration"));
                let paths = self.straight(node, next);
                self.finish(
                    id,
                    Action::Wait(duration.unwrap_or(Expr::Constant(Value::NotSet))),
                    paths,
                );
            }
            word => {
                self.known(node, "name attributes");
                let action = self.participant_data(node, word == "getParticipantData");
                let paths = self.straight(node, next);
                self.finish(id, action, paths);
            }
        }
    }

    /// `string: {variable, value}`.
    fn statement(&mut self, node: &Node) -> Option<Statement> {
        let entry = self.only(node, "an assignment")?;
        let Some(kind) = Type::of_word(&entry.key) else {
            let help = did_you_mean(&entry.key, Type::words());
            self.problems
                .error(entry.place, format!("`{}` is no type", entry.key), help);
            return None;
        };
        self.known(&entry.value, "variable value");
        let target = self.needed(&entry.value, "variable")?;
        let (slot, declared) = self.variable(target)?;
        if kind != declared {
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
        for item in node.items_of("attributes") {
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
                let Some((slot, kind)) = target.and_then(|target| self.variable(target)) else {
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

    /// `evaluate: {firstTrue: {cases, default}}`, or `{string: {value, cases, default}}` of any type.
    fn switch(&mut self, id: u32, node: &Node, next: Next) {
        self.known(node, "name evaluate");
        let Some(evaluate) = node.get("evaluate") else {
            return;
        };
        let Some(entry) = self.only(evaluate, "firstTrue, or a type") else {
            return;
        };
        let compared = if entry.key == "firstTrue" {
            self.known(&entry.value, "default cases");
            None
        } else {
            let Some(kind) = Type::of_word(&entry.key) else {
                let message = format!("a switch by `{}` isn't known", entry.key);
                self.problems
                    .error(entry.place, message, "write firstTrue, or the value's type");
                return;
            };
            self.known(&entry.value, "default cases value");
            let value = self.needed(&entry.value, "value");
            let Some(value) = value.and_then(|value| self.value(value, kind, "the value")) else {
                return;
            };
            Some((kind, value))
        };
        let (mut cases, mut paths) = (Vec::new(), Vec::new());
        for (index, item) in entry.value.items_of("cases").iter().enumerate() {
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
        let default = entry
            .value
            .get("default")
            .and_then(|default| default.get("actions"));
        paths.push(Path {
            name: "default".into(),
            next: self.sequence(default, next),
        });
        self.finish(id, Action::Switch(cases), paths);
    }

    fn loop_kind(&mut self, spec: &'static Spec, node: &Node) -> LoopKind {
        if spec.word == "loopAnythingElse" {
            self.known(
                node,
                "name question noInput noMatch voiceEndOfInputTimeout outputs",
            );
            LoopKind::AnythingElse(self.prompting(node))
        } else if let Some(list) = node.get("collection") {
            self.known(node, "name currentIndex collection currentItem outputs");
            let item = node
                .get("currentItem")
                .and_then(|n| n.get("var"))
                .and_then(|n| self.variable(n));
            let kind = Type::many(item.map_or(Base::Any, |(_, kind)| kind.base));
            let list = self.value(list, kind, "the collection");
            LoopKind::Each(
                list.unwrap_or(Expr::Constant(Value::NotSet)),
                item.map(|(slot, _)| slot),
            )
        } else {
            self.known(node, "name currentIndex loopCount outputs");
            let count = self.needed(node, "loopCount");
            let count = count.and_then(|count| self.value(count, Type::INTEGER, "the count"));
            LoopKind::Count(count.unwrap_or(Expr::Constant(Value::Integer(0))))
        }
    }

    fn looping(&mut self, id: u32, spec: &'static Spec, node: &Node, next: Next) {
        let index = node
            .get("currentIndex")
            .and_then(|node| self.index_variable(node));
        let kind = self.loop_kind(spec, node);
        self.open_loops.push((id, next));
        let body = node.get("outputs").and_then(|outputs| outputs.get("loop"));
        let body = match body {
            Some(body) => self.output(body, Next::Again(id)),
            None => Next::Again(id),
        };
        self.open_loops.pop();
        for entry in node.entries_of("outputs") {
            if entry.key != "loop" {
                let message = format!("a loop has no output `{}`", entry.key);
                self.problems
                    .error(entry.place, message, "what comes after it stands after it");
            }
        }
        let paths = [("loop", body), ("done", next)].map(|(name, next)| Path {
            name: name.into(),
            next,
        });
        self.finish(id, Action::Loop { kind, index }, paths.into());
    }

    fn index_variable(&mut self, node: &Node) -> Option<u32> {
        let target = node.get("var")?;
        let (slot, kind) = self.variable(target)?;
        if kind != Type::INTEGER {
            self.problems.error(
                target.place,
                format!("the index is integer, the variable {kind}"),
                "",
            );
            return None;
        }
        Some(slot)
    }
}
