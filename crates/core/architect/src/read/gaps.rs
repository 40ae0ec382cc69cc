//! What a file has that isn't known here.
//!
//! The vendor's language grows, and what isn't known may be a slip or news: neither is an error. It is named with its
//! place, the rest of the file is checked, and the workflow runs. A step that is not known, or that needs a variable,
//! a function or a type that isn't, fails when a run comes to it; a setting that isn't known is left out, and the
//! run says so. A name that is near is a hint and decides nothing.

use super::Reader;
use crate::place::Place;
use crate::workflow::Next;
use crate::yaml::{Entry, Node};
use std::sync::Arc;
use tollgate_expression::nearest;

/// What isn't known, and where it stands.
type Gap = (Place, Arc<str>);

/// What isn't known of one step, or of a workflow outside of its steps.
#[derive(Default)]
pub(super) struct Gaps {
    /// Why the step can't be carried out.
    fails: Vec<Gap>,
    /// What the step is carried out without.
    lacks: Vec<Gap>,
    /// Where its ways out lead that aren't known.
    pub(super) beyond: Vec<Next>,
}

impl Gaps {
    /// All of it, in one list.
    pub(super) fn all(self) -> Vec<Gap> {
        self.lacks.into_iter().chain(self.fails).collect()
    }
}

impl Reader<'_> {
    /// Names what the step that is compiled can't do without.
    pub(super) fn unsupported(&mut self, place: Place, message: String, help: impl Into<String>) {
        self.gaps.fails.push((place, message.as_str().into()));
        self.problems.unsupported(place, message, help);
    }

    /// Names what the step that is compiled is carried out without.
    pub(super) fn left_out(&mut self, place: Place, message: String, help: impl Into<String>) {
        self.gaps.lacks.push((place, message.as_str().into()));
        self.problems.unsupported(place, message, help);
    }

    /// Compiles a step, which takes with it what of it isn't known.
    pub(super) fn with_gaps(&mut self, id: u32, compile: impl FnOnce(&mut Self)) {
        let outer = std::mem::take(&mut self.gaps);
        compile(self);
        let gaps = std::mem::replace(&mut self.gaps, outer);
        let step = &mut self.steps[id as usize];
        step.gaps = gaps.lacks.into_iter().map(|(_, what)| what).collect();
        step.beyond = gaps.beyond;
        step.fails = gaps.fails.into_iter().map(|(_, why)| why).next();
    }

    /// Reads something that what is compiled now is carried out without, where it isn't known.
    pub(super) fn with_lacks(&mut self, read: impl FnOnce(&mut Self)) {
        let outer = std::mem::take(&mut self.gaps);
        read(self);
        let found = std::mem::replace(&mut self.gaps, outer);
        self.gaps.lacks.extend(found.all());
    }

    /// Names keys that aren't among these, which have blanks between them.
    pub(super) fn known(&mut self, node: &Node, keys: &str) {
        self.must_map(node, "this", "");
        let keys = keys.split_whitespace();
        for entry in node.entries() {
            if !keys.clone().any(|key| key == entry.key) {
                self.unknown_key(entry, keys.clone());
            }
        }
    }

    pub(super) fn unknown_key<'k>(
        &mut self,
        entry: &Entry,
        keys: impl Iterator<Item = &'k str> + Clone,
    ) {
        let help = match nearest(&entry.key, keys) {
            Some(near) => format!("it has no effect; did you mean {near}?"),
            None => "it has no effect".to_owned(),
        };
        self.left_out(
            entry.place,
            format!("`{}` isn't known here", entry.key),
            help,
        );
        self.check_expressions(&entry.value);
    }
}
