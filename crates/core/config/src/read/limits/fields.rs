//! The fields of a limit.

use super::super::unique_name;
use std::ops::RangeInclusive;
use std::time::Duration;
use tollgate_engine::{Follow, LEARNED, Leave, Mode};
use tollgate_model::{Rule, Scope};
use tollgate_settings::{Placed, Section};

/// Spans a window may last.
const PERIODS: RangeInclusive<Duration> = Duration::from_millis(1)..=Duration::from_secs(86_400);

/// `follow` of a limit; only a window has it, for no header tells how many calls may be under way.
pub(super) fn follow_window(section: &Section<'_, '_>, rule: Option<Rule>) -> Option<Follow> {
    let found = follow(section)?;
    if let Some(Rule::Concurrency { .. }) = rule {
        let message = "no header tells of calls at once; remove follow".to_owned();
        section.reject(&found, message);
    }
    Some(found.value)
}

/// `follow`, of a limit or of all.
pub(in crate::read) fn follow(section: &Section<'_, '_>) -> Option<Placed<Follow>> {
    let words = |text: &str| match text {
        "headers" => Some(Follow::Headers),
        "configuration" => Some(Follow::Configuration),
        _ => None,
    };
    section.parsed("follow", "\"headers\" or \"configuration\"", words)
}

/// `mode`, of a limit or a flow.
pub(in crate::read) fn mode(section: &Section<'_, '_>) -> Mode {
    let words = |text: &str| match text {
        "enforce" => Some(Mode::Enforce),
        "shadow" => Some(Mode::Shadow),
        _ => None,
    };
    let found = section.parsed("mode", "\"enforce\" or \"shadow\"", words);
    found.map_or(Mode::Enforce, |mode| mode.value)
}

/// A token's limit is not only counted: which token a call takes is decided by it.
pub(super) fn refuse_shadow(limit: &Section<'_, '_>) {
    limit.refuse("mode", || {
        "a token's limit always holds, since it decides which token a call takes; put flows in shadow in its place, by \
         mode = \"shadow\" in [[flow]]"
            .to_owned()
    });
}

/// `name`, unlike that of a limit that was learned.
pub(super) fn limit_name(section: &Section<'_, '_>, taken: &mut Vec<String>) -> String {
    let name = unique_name(section, "name", taken);
    refuse_learned(section, &name);
    name
}

pub(super) fn refuse_learned(section: &Section<'_, '_>, name: &str) {
    if name.starts_with(LEARNED)
        && let Some(placed) = section.text("name")
    {
        let message =
            format!("names that begin with {LEARNED:?} are those of limits that were learned");
        section.reject(&placed, message);
    }
}

/// `shared_as`: what the nodes of a cluster call the limit, which is of this scope and name. `keys` are those of the limits
/// before it, and whether the file says them. (Two limits of one name are wrong for another reason.)
pub(super) fn shared_as(
    section: &Section<'_, '_>,
    (scope, name): (Scope, &str),
    keys: &mut Vec<(String, bool)>,
) -> Option<String> {
    let expected = "the scope and name that the limit had, as in \"organisation:org.rate\"";
    let scopes = [Scope::Organisation, Scope::Host, Scope::Integration];
    let is_key = |text: &str| {
        let (scope, name) = text.split_once(':')?;
        let is_known = scopes.iter().any(|it| it.as_str() == scope);
        (is_known && !name.is_empty()).then(|| text.to_owned())
    };
    let found = section.parsed("shared_as", expected, is_key);
    let by_name = || format!("{}:{name}", scope.as_str());
    let key = found.as_ref().map_or_else(by_name, |it| it.value.clone());
    let is_said = found.is_some();
    if keys
        .iter()
        .any(|(it, said)| *it == key && (*said || is_said))
    {
        let message = format!(
            "nodes would share two limits as {key:?}: call one of them otherwise, or give it another shared_as"
        );
        match &found {
            Some(found) => section.reject(found, message),
            None => section.reject(&section.here(()), message),
        }
    }
    keys.push((key, is_said));
    found.map(|it| it.value)
}

/// `leave`: a part of the limit in percent, or a number of calls.
pub(super) fn leave(section: &Section<'_, '_>, rule: Option<Rule>) -> Option<Leave> {
    if section.is_text("leave") {
        let expected =
            "a part of the limit from \"0 %\" to less than \"100 %\", or a number of calls";
        let percent =
            |text: &str| Leave::parse(text).filter(|leave| matches!(leave, Leave::Percent(_)));
        let leave = section.parsed("leave", expected, percent);
        return leave.map(|leave| leave.value);
    }
    let most = rule.map_or(u32::MAX, |rule| rule.allowed().saturating_sub(1));
    let calls = section.whole("leave", 0..=most.into())?;
    u32::try_from(calls).ok().map(Leave::Calls)
}

/// `scope`, one of those that make sense here; the first if absent.
pub(super) fn scope(section: &Section<'_, '_>, scopes: &[Scope]) -> Scope {
    let words: Vec<_> = scopes
        .iter()
        .map(|scope| format!("{:?}", scope.as_str()))
        .collect();
    let pick = |text: &str| scopes.iter().copied().find(|scope| scope.as_str() == text);
    let found = section.parsed("scope", &words.join(" or "), pick);
    found.map_or(
        scopes.first().copied().unwrap_or(Scope::Organisation),
        |scope| scope.value,
    )
}

/// `allowed` and `period`, with `counted_within` if declared; or `concurrent`.
pub(super) fn rule(section: &Section<'_, '_>) -> Option<Rule> {
    let expects =
        "a number of calls, with period = \"60s\" (or concurrent = a number of calls at once)";
    let concurrent = section.has("concurrent");
    let windowed = ["allowed", "period", "counted_within"]
        .into_iter()
        .filter(|key| section.has(key));
    let windowed: Vec<_> = windowed.collect();
    let allowed = section.count("allowed", 1);
    let period = section.span("period", PERIODS);
    let counted_within = section.span("counted_within", PERIODS);
    if concurrent {
        let at_once = section.count("concurrent", 1);
        if let Some(key) = windowed.first() {
            section.reject(
                &section.here(()),
                format!("expected either concurrent or {key}, found both"),
            );
        }
        return at_once.map(|allowed| Rule::Concurrency { allowed });
    }
    if !windowed.contains(&"allowed") {
        section.missing("allowed", expects);
    } else if !windowed.contains(&"period") {
        section.missing("period", "a time span such as \"60s\"");
    }
    Some(Rule::Window {
        allowed: allowed?,
        period: period?,
        counted_within,
    })
}
