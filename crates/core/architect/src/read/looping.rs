//! Loops, and the steps that leave them.

use super::Reader;
use super::shape::says_nothing;
use super::spec::StepType;
use crate::workflow::{Action, LoopKind, Next, Path};
use crate::yaml::Node;
use tollgate_expression::{Base, Expr, Type, Value};

impl Reader<'_> {
    pub(super) fn leave_loop(&mut self, id: u32, spec: &'static StepType, node: &Node, next: Next) {
        let Some((loop_step, after)) = self.open_loops.last().copied() else {
            let place = self.steps[id as usize].place;
            self.problems
                .error(place, format!("`{}` outside of a loop", spec.word), "");
            return;
        };
        let mut paths = self.straight(spec, node, next);
        for path in &mut paths {
            path.next = match spec.word {
                "loopNext" => Next::Again(loop_step),
                _ => after,
            };
        }
        self.finish(id, Action::Pass, paths);
    }

    fn loop_kind(&mut self, spec: &'static StepType, node: &Node) -> LoopKind {
        if spec.word == "loopAnythingElse" {
            LoopKind::AnythingElse(self.prompting(node))
        } else if spec.word == "loopUntil" {
            if let Some(cases) = node.get("untilCases") {
                let message = "how `untilCases` ends a loop isn't known here";
                let help = "it goes round `maxLoopCount` times";
                self.left_out(cases.place, message.to_owned(), help);
            }
            let count = self.setting_of(spec, node, "maxLoopCount");
            LoopKind::Count(count.unwrap_or(Expr::Constant(Value::Integer(1))))
        } else if let Some(list) = node.get("collection") {
            if let Some(count) = node.get("loopCount").filter(|count| !says_nothing(count)) {
                let message = "`loopCount` has no effect beside `collection`";
                self.problems.warn(
                    count.place,
                    message,
                    "the loop goes round once for each item",
                );
            }
            let item = node.get("currentItem");
            let item = item.and_then(|item| self.taker(item, "currentItem"));
            let kind = Type::many(item.map_or(Base::Any, |(_, kind)| kind.base));
            let list = self.value(list, kind, "the collection");
            LoopKind::Each(
                list.unwrap_or(Expr::Constant(Value::NotSet)),
                item.map(|(slot, _)| slot),
            )
        } else {
            let count = self.needed(node, "loopCount");
            let count = count.and_then(|count| self.value(count, Type::INTEGER, "the count"));
            LoopKind::Count(count.unwrap_or(Expr::Constant(Value::Integer(0))))
        }
    }

    pub(super) fn looping(&mut self, id: u32, spec: &'static StepType, node: &Node, next: Next) {
        let index = node
            .get("currentIndex")
            .and_then(|node| self.taker_of(node, "currentIndex", Type::INTEGER))
            .map(|(slot, _)| slot);
        let kind = self.loop_kind(spec, node);
        self.open_loops.push((id, next));
        let body = node.get("outputs").and_then(|outputs| outputs.get("loop"));
        let body = match body {
            Some(body) => self.output(body, Next::Again(id)),
            None => Next::Again(id),
        };
        self.open_loops.pop();
        for entry in self.mapping(node, "outputs") {
            if entry.key != "loop" {
                self.unknown_way(entry, ["loop"].into_iter(), next);
            }
        }
        let paths = [("loop", body), ("done", next)].map(|(name, next)| Path {
            name: name.into(),
            next,
        });
        self.finish(id, Action::Loop { kind, index }, paths.into());
    }
}
