//! Keys that a caller presses.

use super::Reader;
use super::spec::StepType;
use crate::workflow::{Action, Keys, Next, Prompting, QuestionKind};
use crate::yaml::Node;
use tollgate_expression::{Type, Value};

/// The most digits that are collected at once.
const MOST: u32 = 40;

impl Reader<'_> {
    pub(super) fn collect_input(
        &mut self,
        id: u32,
        spec: &'static StepType,
        node: &Node,
        next: Next,
    ) {
        let target = node.get("inputData");
        let target = target.and_then(|data| self.taker_of(data, "inputData", Type::STRING));
        let digits = node.get("digits");
        let digits = digits.map(|digits| digits.get("range").unwrap_or(digits));
        let number = |key: &str| digits?.get(key)?.written().text()?.parse::<u32>().ok();
        let exact = number("exact").map(|count| (count, count));
        let bounds = exact.or_else(|| number("min").zip(number("max")));
        let Some((min, max)) = bounds.filter(|(min, max)| min <= max && *max <= MOST) else {
            let place = digits.map_or(node.place, |digits| digits.place);
            let help = format!("range: {{min: 1, max: 3}} or exact: 4; at most {MOST}");
            self.problems.error(place, "how many digits?", help);
            return;
        };
        let keys = Keys {
            terminator: self.terminator(digits),
            with_terminator: self.flag(spec, node, "includeTerminatingDtmfInResultData"),
            just_star: self.flag(spec, node, "acceptJustStar"),
            just_pound: self.flag(spec, node, "acceptJustPound"),
        };
        let timeout = self.setting_of(spec, node, "noEntryTimeout");
        let prompting = Prompting {
            question: self.setting_of(spec, node, "inputAudio"),
            no_input: self.setting_of(spec, node, "noEntryAudio"),
            no_match: None,
        };
        let paths = self.outputs(id, spec, node, next);
        let action = Action::Question {
            kind: QuestionKind::Digits {
                min,
                max,
                keys,
                slot: target.map(|(slot, _)| slot),
            },
            prompting,
            timeout: timeout.filter(|timeout| !timeout.is_not_set()),
        };
        self.finish(id, action, paths);
    }

    /// The key that ends the digits: `digit_*`, `digit_pound`.
    fn terminator(&mut self, digits: Option<&Node>) -> char {
        let Some(node) = digits.and_then(|digits| digits.get("terminatingDtmf")) else {
            return '#';
        };
        let written = node.written().text();
        let key = written.and_then(key);
        if key.is_none() && written.is_some() {
            let message = "a key that ends the digits isn't known here";
            self.left_out(node.place, message.to_owned(), "as digit_#");
        }
        key.unwrap_or('#')
    }

    /// A setting that is true or false from the begin on.
    fn flag(&mut self, spec: &'static StepType, node: &Node, key: &str) -> bool {
        let Some(expr) = self.setting_of(spec, node, key) else {
            return false;
        };
        match super::constant::constant(&expr) {
            Some(value) => value == Value::Boolean(true),
            None => {
                let message = format!("`{key}` is calculated");
                let place = node.get(key).map_or(node.place, |node| node.place);
                self.left_out(place, message, "here it is true or false, or has no effect");
                false
            }
        }
    }
}

/// A key by its name in files.
pub(super) fn key(name: &str) -> Option<char> {
    match name.strip_prefix("digit_")? {
        "star" | "*" => Some('*'),
        "pound" | "#" => Some('#'),
        digit if digit.len() == 1 => digit.chars().next().filter(char::is_ascii_digit),
        _ => None,
    }
}
