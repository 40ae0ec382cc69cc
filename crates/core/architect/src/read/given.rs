//! What a file gives to its runs before they begin: values of built-in variables, which flows may call it, and
//! whether mails that no person wrote are let in.

use super::Reader;
use crate::workflow::{SET_BY_SETTINGS, WorkflowKind, builtin, builtins_of};
use tollgate_expression::Value;

const MAILS: &str = "settingsInboundEmailHandling";

impl Reader<'_> {
    /// The built-in variables that the file gives, by their lower-case names. The vendor writes a language's tag
    /// in small letters there.
    pub(super) fn builtins(&mut self) -> Vec<(String, Value)> {
        let mut given = Vec::new();
        for (name, path) in SET_BY_SETTINGS {
            if let Ok((known, _)) = builtin(name, self.kind)
                && let Some((_, value)) = self.fixed(&path, known.kind, "no value")
            {
                given.push((name.to_lowercase(), value));
            }
        }
        if let Some(language) = self.root.text_of("defaultLanguage") {
            let language = Value::text(&language.to_lowercase());
            let names = builtins_of(self.kind).map(|known| known.name.to_lowercase());
            let names = names.filter(|name| name.ends_with(".language"));
            given.extend(names.map(|name| (name, language.clone())));
        }
        given
    }

    /// The kinds of workflows that may call a common module; none if it says nothing of them.
    pub(super) fn callers(&mut self) -> Vec<WorkflowKind> {
        let mut callers = Vec::new();
        let settings = self.root.get("settingsCommonModule");
        let listed = settings.map(|node| self.list(node, "compatibleFlowTypes"));
        for item in listed.unwrap_or_default() {
            let word = item.text_of("flowType").unwrap_or_default();
            match WorkflowKind::of_word(word) {
                Some(kind) => callers.push(kind),
                None => {
                    let message = format!("`{word}` is no type of workflow that is known");
                    self.problems
                        .warn(item.place, message, "such workflows can't call it");
                }
            }
        }
        callers
    }

    /// Whether a mail that no person wrote is refused; so it is where the file says nothing.
    pub(super) fn refuses_automatic(&mut self) -> bool {
        if !self.kind.settings().split(' ').any(|group| group == MAILS) {
            return false;
        }
        let handling = self
            .root
            .get(MAILS)
            .and_then(|node| node.get("emailHandling"));
        if let Some(handling) = handling {
            self.known(handling, "continue disconnect");
        }
        handling.is_none_or(|handling| handling.get("continue").is_none())
    }
}
