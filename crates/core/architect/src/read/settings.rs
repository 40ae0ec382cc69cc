//! What holds for the whole workflow.

use super::Reader;
use super::keys::{ERRORS, GROUPS, INPUT};
use crate::workflow::Settings;
use crate::yaml::Node;
use std::time::Duration;
use tollgate_expression::Expr;
use tollgate_expression::Type;
use tollgate_expression::Value;

/// Times and counts that hold where the file says nothing: the vendor's defaults.
const MENU_TIMEOUT: Duration = Duration::from_secs(10);
const MENU_REPEATS: u32 = 3;
const ENTRY_TIMEOUT: Duration = Duration::from_secs(5);
const INPUT_TIMEOUT: Duration = Duration::from_secs(7);
const MAX_MISSES: u32 = 3;

/// The most times that anything is said again.
const MOST: i64 = 99;

impl<'a> Reader<'a> {
    pub(super) fn settings(&mut self) -> Settings {
        self.check_settings();
        let (failure, kind) = if self.is_bot() {
            ("errorEventHandover", Type::COMMUNICATION)
        } else {
            ("preHandlingAudio", Type::AUDIO)
        };
        let no_entry = &["settingsActionDefaults", "collectInput", "noEntryTimeout"];
        let escalation = [ERRORS, "enableAgentEscalation"];
        let escalation = self.fixed(&escalation, Type::BOOLEAN, "false");
        Settings {
            greeting: self.setting(&["initialGreeting"], Type::AUDIO),
            error_says: self.setting(&[ERRORS, failure], kind),
            error_next: self.handling("errorHandling"),
            recognition_says: self.said(&[ERRORS, "recognitionFailureEventHandover"]),
            recognition_next: self.handling("recognitionFailureEventHandling"),
            escalation_says: self.said(&[ERRORS, "agentEscalationHandover"]),
            escalation_next: self.handling("agentEscalationHandling"),
            escalation: matches!(escalation, Some((_, Value::Boolean(true)))),
            menu_timeout: self.span(&["settingsMenu", "menuSelectionTimeout"], MENU_TIMEOUT),
            menu_repeats: self.count(&["settingsMenu", "repeatCount"], MENU_REPEATS),
            entry_timeout: self.span(no_entry, ENTRY_TIMEOUT),
            input_timeout: self.span(&[INPUT, "noInputsTimeout"], INPUT_TIMEOUT),
            max_no_inputs: self.count(&[INPUT, "noInputsMax"], MAX_MISSES),
            max_no_matches: self.count(&[INPUT, "noMatchesMax"], MAX_MISSES),
            no_match_apology: self.said(&[INPUT, "noMatchApology"]),
            no_input_apology: self.said(&[INPUT, "noInputApology"]),
        }
    }

    /// Names what isn't known in the groups of settings, and faults of expressions in any of them.
    fn check_settings(&mut self) {
        let root = self.root;
        for (group, keys) in GROUPS {
            if let Some(settings) = root.get(group) {
                self.known(settings, keys);
            }
        }
        for entry in root.entries() {
            if entry.key.starts_with("settings") {
                self.check_expressions(&entry.value);
            }
        }
    }

    fn said(&mut self, path: &[&str]) -> Option<Expr> {
        self.setting(path, Type::COMMUNICATION)
    }

    fn span(&mut self, path: &[&str], default: Duration) -> Duration {
        let otherwise = format!("{} s", default.as_secs());
        match self.fixed(path, Type::DURATION, &otherwise) {
            Some((node, Value::Duration(millis))) => match u64::try_from(millis) {
                Ok(millis) => Duration::from_millis(millis),
                Err(_) => {
                    self.problems
                        .warn(node.place, "the time is negative", "0 s holds here");
                    Duration::ZERO
                }
            },
            _ => default,
        }
    }

    fn count(&mut self, path: &[&str], default: u32) -> u32 {
        match self.fixed(path, Type::INTEGER, &default.to_string()) {
            Some((node, Value::Integer(count))) => {
                let held = count.clamp(0, MOST);
                if held != count {
                    let message = format!("{count} isn't from 0 to {MOST}");
                    self.problems
                        .warn(node.place, message, format!("{held} holds here"));
                }
                u32::try_from(held).unwrap_or(default)
            }
            _ => default,
        }
    }

    /// A setting that must be constant, with its node; `otherwise` is what holds where it is none.
    pub(super) fn fixed(
        &mut self,
        path: &[&str],
        kind: Type,
        otherwise: &str,
    ) -> Option<(&'a Node, Value)> {
        let expr = self.setting(path, kind)?;
        let node = self.at(path)?;
        let key = path.last().copied().unwrap_or_default();
        Some((node, self.constant(node, &expr, key, otherwise)?))
    }

    /// A setting by the keys that lead to it from the root.
    pub(super) fn setting(&mut self, path: &[&str], kind: Type) -> Option<Expr> {
        let node = self.at(path)?;
        self.value(node, kind, path.last().copied().unwrap_or_default())
    }

    fn at(&self, path: &[&str]) -> Option<&'a Node> {
        path.iter().try_fold(self.root, |node, key| node.get(key))
    }

    /// Checks every expression below of a setting that has no effect here: what isn't known there hurts nobody.
    pub(super) fn check_expressions(&mut self, node: &Node) {
        let gaps = std::mem::take(&mut self.gaps);
        self.check_each_expression(node);
        self.gaps = gaps;
    }

    fn check_each_expression(&mut self, node: &Node) {
        if let Some(("exp", inner)) = super::value::form(node) {
            self.expression(inner, Type::ANY, "the setting");
            return;
        }
        for entry in node.entries() {
            self.check_each_expression(&entry.value);
        }
        for item in node.items() {
            self.check_each_expression(item);
        }
    }
}
