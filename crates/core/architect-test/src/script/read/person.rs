//! What persons do in a script: when asked, and by themselves.

use super::super::Turn;
use super::Reader;
use std::time::Duration;
use tollgate_architect::yaml::Node;
use tollgate_architect::{Happening, Person};

impl Reader {
    pub(super) fn turn(&mut self, node: &Node) -> Option<Turn> {
        self.known(
            node,
            "press say intent slots learns silent agent hangUp after",
        );
        let after = self.after(node);
        let text = |key: &str| node.text_of(key).map(str::to_owned);
        let slots = self.texts(node.get("slots"));
        let flag = |key: &str| node.get(key).is_some();
        let does = if let Some(keys) = text("press") {
            Person::Presses(keys)
        } else if let Some(text) = text("say") {
            Person::Says(text)
        } else if let Some(intent) = text("intent") {
            Person::Means { intent, slots }
        } else if !slots.is_empty() {
            Person::Means {
                intent: "none".to_owned(),
                slots,
            }
        } else if let Some(text) = text("learns") {
            Person::Learns(text)
        } else if flag("silent") {
            Person::IsSilent
        } else if flag("agent") {
            Person::WantsAgent
        } else if flag("hangUp") {
            Person::HangsUp
        } else {
            self.problems.error(
                node.place,
                "nothing that a person does",
                "press, say, intent, learns, silent, agent or hangUp",
            );
            return None;
        };
        Some(Turn { after, does })
    }

    pub(super) fn event(&mut self, node: &Node) -> Option<(Duration, Happening)> {
        self.known(node, "hangUp answered after");
        let after = self.after(node);
        if node.get("hangUp").is_some() {
            return Some((after, Happening::HangsUp));
        }
        if node.get("answered").is_some() {
            return Some((after, Happening::Answered));
        }
        let help = "hangUp or answered";
        self.problems
            .error(node.place, "nothing that happens by itself", help);
        None
    }
}
