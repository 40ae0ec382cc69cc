//! What a workflow does after a failure.
//!
//! The vendor knows twelve forms, each a mapping of one key: `disconnect: {none: true}`, `queue: {targetQueue: …}`.
//! Its SDK names four of them otherwise than files do; both names are read.

use super::Reader;
use super::keys::ERRORS;
use crate::place::Place;
use crate::workflow::{Action, Next};
use crate::yaml::{Entry, Kind, Node};
use tollgate_expression::did_you_mean;

/// A form as files write it, and what it is.
const FORMS: [(&str, Form); 18] = [
    ("disconnect", Form::Step("disconnect")),
    ("endWorkflow", Form::Step("endWorkflow")),
    ("exitBotFlow", Form::Step("exitBotFlow")),
    ("completeSend", Form::Step("completeSend")),
    ("queue", Form::Step("transferToAcd")),
    ("transferToQueue", Form::Step("transferToAcd")),
    ("transferToAcd", Form::Step("transferToAcd")),
    ("task", Form::Step("jumpToTask")),
    ("jumpToTask", Form::Step("jumpToTask")),
    ("menu", Form::Step("jumpToMenu")),
    ("jumpToMenu", Form::Step("jumpToMenu")),
    ("state", Form::Step("changeState")),
    ("changeState", Form::Step("changeState")),
    ("exit", Form::End("exit")),
    ("endFlow", Form::End("endFlow")),
    ("endInQueueState", Form::End("endInQueueState")),
    ("abortSend", Form::End("abortSend")),
    ("continue", Form::Continue),
];

/// What one form does.
#[derive(Clone, Copy)]
enum Form {
    /// What the step of this name does.
    Step(&'static str),
    /// The end of the workflow.
    End(&'static str),
    /// Goes on after the step that failed.
    Continue,
}

impl Reader<'_> {
    pub(super) fn handling(&mut self, key: &str) -> Next {
        let root = self.root;
        let node = root.get(ERRORS).and_then(|settings| settings.get(key));
        match node.and_then(|node| self.only(node, "what to do after a failure")) {
            None => Next::Return,
            Some(entry) => self.handle(entry),
        }
    }

    fn handle(&mut self, entry: &Entry) -> Next {
        let form = FORMS.iter().find(|(word, _)| *word == entry.key);
        let Some((_, form)) = form else {
            let near = did_you_mean(&entry.key, FORMS.iter().map(|(word, _)| *word));
            let message = format!("`{}` after a failure isn't known here", entry.key);
            self.left_out(entry.place, message, near);
            self.check_expressions(&entry.value);
            return Next::Return;
        };
        match *form {
            Form::Step(word) => self.handling_step(word, entry),
            Form::End(word) => self.handling_end(word, entry.place),
            Form::Continue => {
                self.problems.warn(
                    entry.place,
                    "that a failure is left behind is our reading of `continue`",
                    "the step that failed is left by its failure, or its last way out",
                );
                Next::Continue
            }
        }
    }

    fn handling_end(&mut self, word: &'static str, place: Place) -> Next {
        let id = self.reserve(place, word);
        let word = match word {
            "exit" if self.is_bot() => "exitBotFlow",
            word => word,
        };
        let action = Action::End {
            inputs: Vec::new(),
            word,
            reason: None,
        };
        self.finish(id, action, Vec::new());
        Next::Step(id)
    }

    /// A form that is a step has the step's settings; a queue's say no more than the queue.
    fn handling_step(&mut self, word: &'static str, entry: &Entry) -> Next {
        let id = self.reserve(entry.place, word);
        let with_reference = match (word, entry.value.text()) {
            ("jumpToTask", Some(_)) => Some("targetTaskRef"),
            ("jumpToMenu", Some(_)) => Some("targetMenuRef"),
            ("changeState", Some(_)) => Some("targetStateRef"),
            _ => None,
        };
        match with_reference {
            None => self.step(id, word, &entry.value, Next::Return),
            Some(key) => {
                let reference = Node {
                    place: entry.place,
                    kind: Kind::Map(vec![Entry {
                        key: key.to_owned(),
                        place: entry.place,
                        value: entry.value.clone(),
                    }]),
                };
                self.step(id, word, &reference, Next::Return);
            }
        }
        Next::Step(id)
    }
}
