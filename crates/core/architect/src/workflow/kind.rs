//! The kinds of workflows, as a table (`kinds.tsv`): a row is a kind, with the word that begins its file, how it
//! meets people, which families of built-in variables it has, what ends it, and how we know.
//!
//! **What ends a run.** A step that ends it, or the end of its last task: then the run ends as by the step that the
//! row names. A kind with a time in `again` waits in a queue: it ends when an agent answers, and until then it
//! begins again so long after its end.
//!
//! Evidence: the vendor's SDK of 2026 (`FLOW_TYPES`) and package of 2017, published YAML and exports. What the
//! note calls ours is a guess.

use std::fmt;
use std::sync::LazyLock;
use std::time::Duration;
use tollgate_expression::time::read_duration;

/// The table: a line of headings, then a line for each kind; columns are separated by tabs.
const TABLE: &str = include_str!("kinds.tsv");

static KINDS: LazyLock<Vec<Facts>> =
    LazyLock::new(|| TABLE.lines().skip(1).filter_map(Facts::read).collect());

/// The kind of a workflow: the first key of its file.
#[derive(Clone, Copy)]
pub struct WorkflowKind(&'static Facts);

/// A row of the table.
#[derive(Debug)]
struct Facts {
    word: &'static str,
    /// Another word for it.
    also: &'static str,
    channel: Channel,
    families: &'static str,
    ends: &'static str,
    again: Option<Duration>,
    settings: &'static str,
    evidence: &'static str,
    note: &'static str,
}

/// A text that names kinds, with blanks between, as a message lists them.
pub(crate) fn listed(kinds: &str) -> String {
    kinds.replace(' ', ", ")
}

/// How a workflow meets people; decides which steps it may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Channel {
    Voice,
    Message,
    Email,
    Nobody,
    Bot,
    /// A common module: part of workflows of any kind.
    Every,
}

impl Facts {
    fn read(line: &'static str) -> Option<Facts> {
        let columns: Vec<&str> = line.split('\t').collect();
        let [
            word,
            also,
            channel,
            families,
            ends,
            again,
            settings,
            evidence,
            note,
        ] = columns[..]
        else {
            return None;
        };
        Some(Facts {
            word,
            also,
            channel: match channel {
                "voice" => Channel::Voice,
                "message" => Channel::Message,
                "email" => Channel::Email,
                "nobody" => Channel::Nobody,
                "bot" => Channel::Bot,
                "every" => Channel::Every,
                _ => return None,
            },
            families,
            ends,
            again: match again {
                "" => None,
                span => Some(Duration::from_millis(read_duration(span)?.try_into().ok()?)),
            },
            settings,
            evidence,
            note,
        })
    }
}

impl WorkflowKind {
    /// Every kind.
    pub fn all() -> impl Iterator<Item = WorkflowKind> + Clone {
        KINDS.iter().map(WorkflowKind)
    }

    /// The kind with this word, in any case.
    #[must_use]
    pub fn of_word(word: &str) -> Option<WorkflowKind> {
        let mut kinds = WorkflowKind::all();
        kinds.find(|kind| {
            let mut words = [kind.0.word, kind.0.also].into_iter();
            words.any(|known| !known.is_empty() && known.eq_ignore_ascii_case(word))
        })
    }

    /// The word in files.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.0.word
    }

    /// Whether a program may begin a run of it: nobody but the workflow itself is needed.
    #[must_use]
    pub fn runs_alone(self) -> bool {
        self.0.word == "workflow"
    }

    /// Families of kinds that it is of, with blanks between: they share built-in variables.
    #[must_use]
    pub fn families(self) -> &'static str {
        self.0.families
    }

    /// How we know of the kind: `SDK`, `package`, `YAML`, `export`.
    #[must_use]
    pub fn evidence(self) -> &'static str {
        self.0.evidence
    }

    /// What begins a run of the kind, and what of it is a guess.
    #[must_use]
    pub fn note(self) -> &'static str {
        self.0.note
    }

    /// What a run ends as at the end of its last task.
    #[must_use]
    pub fn ends(self) -> &'static str {
        self.0.ends
    }

    /// Of a kind that waits in a queue: how long after its end it begins again.
    pub(crate) fn again(self) -> Option<Duration> {
        self.0.again
    }

    /// Whether somebody is there who can leave.
    pub(crate) fn meets_people(self) -> bool {
        self.0.channel != Channel::Nobody
    }

    /// Groups of settings that only this kind and its like have, with blanks between.
    pub(crate) fn settings(self) -> &'static str {
        self.0.settings
    }

    pub(crate) fn channel(self) -> Channel {
        self.0.channel
    }

    /// Whether something that only these kinds have is there in this one; the text names kinds and families, with
    /// blanks between, or `all`.
    pub(crate) fn is_among(self, kinds: &str) -> bool {
        let mut own = self.0.families.split(' ').chain(["all", self.0.word]);
        self.0.channel == Channel::Every
            || own.any(|own| kinds.split(' ').any(|wanted| wanted == own))
    }
}

impl PartialEq for WorkflowKind {
    fn eq(&self, other: &WorkflowKind) -> bool {
        self.0.word == other.0.word
    }
}

impl Eq for WorkflowKind {}

impl fmt::Debug for WorkflowKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        assert_eq!(KINDS.len(), TABLE.lines().count() - 1);
    }

    #[test]
    fn a_kind_has_what_its_families_have() {
        let kind = |word| WorkflowKind::of_word(word).unwrap();
        assert!(kind("inqueueCall").is_among("workflow call"));
        assert!(kind("digitalBotFlow").is_among("digitalBot"));
        assert!(!kind("inboundCall").is_among("email inqueueCall"));
        assert!(kind("commonModule").is_among("email"));
    }
}
