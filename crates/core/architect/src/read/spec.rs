//! Which steps there are, as a table (`steps.tsv`): in which workflows each may stand, how it is read and
//! run, its ways out, the settings that must be there, and how we know.
//!
//! Channels are letters: v voice, m message, e e-mail, n nobody (workflows), b bot. A step without paths
//! has one way out, without a name. Where a step's settings and outputs are confirmed, workflows that people
//! published have them (`callTask` and `jumpToTask` by their like, `jumpToMenu`). The others are named as the
//! vendor's editor names them; how the file writes them is our reading.

use crate::workflow::Channel;
use std::sync::LazyLock;

/// The table: a line of headings, then a line for each step; columns are separated by tabs.
const TABLE: &str = include_str!("steps.tsv");

static SPECS: LazyLock<Vec<Spec>> =
    LazyLock::new(|| TABLE.lines().skip(1).filter_map(Spec::read).collect());

/// Another name of a step.
const ALIASES: &[(&str, &str)] = &[("exit", "exitBotFlow")];

/// How a step is read and run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    /// Has code of its own in the reader.
    Own,
    /// Says or sends what stands in the named setting.
    Say(&'static str),
    /// Leaves the workflow if it succeeds.
    Transfer,
    /// Asks the platform, which answers by a path.
    Platform,
    /// Tells the platform.
    Tell,
    /// Ends the workflow.
    End,
}

/// What is known of one step.
pub(super) struct Spec {
    pub(super) word: &'static str,
    channels: &'static str,
    pub(super) shape: Shape,
    /// Ways out; empty for one without a name.
    pub(super) paths: Vec<&'static str>,
    /// Settings that must be there.
    pub(super) required: Vec<&'static str>,
    /// Whether published workflows have the step's settings and outputs as they are read here.
    pub(super) confirmed: bool,
}

pub(super) fn find(word: &str) -> Option<&'static Spec> {
    let alias = ALIASES.iter().find(|(alias, _)| *alias == word);
    let word = alias.map_or(word, |(_, word)| word);
    SPECS.iter().find(|spec| spec.word == word)
}

pub(super) fn words() -> impl Iterator<Item = &'static str> + Clone {
    SPECS.iter().map(|spec| spec.word)
}

impl Spec {
    fn read(line: &'static str) -> Option<Spec> {
        let columns: Vec<&str> = line.split('\t').collect();
        let [word, channels, shape, paths, required, settings] = columns[..] else {
            return None;
        };
        Some(Spec {
            word,
            channels,
            shape: match shape.split(' ').collect::<Vec<_>>()[..] {
                ["own"] => Shape::Own,
                ["say", setting] => Shape::Say(setting),
                ["transfer"] => Shape::Transfer,
                ["platform"] => Shape::Platform,
                ["tell"] => Shape::Tell,
                ["end"] => Shape::End,
                _ => return None,
            },
            paths: paths.split_whitespace().collect(),
            required: required.split_whitespace().collect(),
            confirmed: settings == "confirmed",
        })
    }

    pub(super) fn allowed(&self, channel: Channel) -> bool {
        let letter = match channel {
            Channel::Voice => 'v',
            Channel::Message => 'm',
            Channel::Email => 'e',
            Channel::Nobody => 'n',
            Channel::Bot => 'b',
            Channel::Every => return true,
        };
        self.channels.contains(letter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        assert_eq!(SPECS.len(), TABLE.lines().count() - 1);
    }
}
