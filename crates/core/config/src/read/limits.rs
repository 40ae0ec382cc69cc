//! `[[limit]]` and the limits inside of clients and integrations.

use super::{resolve, unique_name};
use crate::presets::{self, PresetCounts, PresetLimit};
use std::ops::RangeInclusive;
use std::time::Duration;
use tollgate_engine::{Follow, LEARNED, Leave, LimitSpec};
use tollgate_model::{Limit, Rule, Scope};
use tollgate_settings::{Placed, Section};

/// Spans a window may last.
const PERIODS: RangeInclusive<Duration> = Duration::from_millis(1)..=Duration::from_secs(86_400);

/// A limit of the organisation, and what passes it.
pub(crate) struct SharedLimit {
    pub(crate) limit: LimitSpec,
    pub(crate) counts: CountedRoutes,
}

/// Which calls count.
pub(crate) enum CountedRoutes {
    /// Those of every integration.
    All,
    /// Those of integrations that take a token.
    WithToken,
    /// Those of these integrations.
    Named(Vec<Placed<String>>),
}

impl From<&PresetLimit> for SharedLimit {
    fn from(preset: &PresetLimit) -> Self {
        let counts = match preset.counts {
            PresetCounts::All => CountedRoutes::All,
            PresetCounts::EachToken | PresetCounts::WithToken => CountedRoutes::WithToken,
        };
        let limit = preset.limit().into();
        Self { limit, counts }
    }
}

/// The organisation's limits: those of the presets that hold, and the file's own. One of the file's takes the place
/// of a preset's of its name.
pub(super) fn read_shared(root: &Section<'_, '_>) -> Vec<SharedLimit> {
    let mut shared = read_own_shared(root);
    let own: Vec<String> = shared.iter().map(|it| it.limit.name.clone()).collect();
    for preset in read_presets(root) {
        let of_preset = presets::shared(&preset).filter(|it| !own.iter().any(|own| own == it.name));
        shared.extend(of_preset.map(SharedLimit::from));
    }
    shared
}

/// `presets`. Without it the default preset holds, unless the file has limits: those have been all that holds ever
/// since there were no presets.
fn read_presets(root: &Section<'_, '_>) -> Vec<String> {
    let Some(listed) = root.texts("presets") else {
        let says_nothing = !root.has("limit") && !root.has("presets");
        return says_nothing
            .then(|| presets::DEFAULT.to_owned())
            .into_iter()
            .collect();
    };
    let names = presets::names();
    let known = |name: &Placed<String>| resolve(root, name, "preset", &names).is_some();
    let mut found: Vec<String> = Vec::new();
    for name in listed.into_iter().filter(known) {
        if found.contains(&name.value) {
            root.reject(
                &name,
                format!("{:?} is listed twice; remove one", name.value),
            );
        } else {
            found.push(name.value);
        }
    }
    found
}

/// `[[limit]]`.
fn read_own_shared(root: &Section<'_, '_>) -> Vec<SharedLimit> {
    let mut taken = Vec::new();
    let mut shared = Vec::new();
    for section in root.sections("limit") {
        let name = limit_name(&section, &mut taken);
        let counts = match section.texts("integrations") {
            Some(named) => CountedRoutes::Named(named),
            None if presets::counts_tokens(&name) => CountedRoutes::WithToken,
            None => CountedRoutes::All,
        };
        let scopes = [Scope::Organisation, Scope::Host, Scope::Integration];
        let scope = scope(&section, &scopes);
        let rule = rule(&section);
        let leave = leave(&section, rule);
        let follow = follow_window(&section, rule);
        match rule {
            Some(rule) => {
                let limit = LimitSpec {
                    limit: Limit { name, scope, rule },
                    leave,
                    follow,
                };
                shared.push(SharedLimit { limit, counts });
            }
            None => section.spoil(),
        }
        section.finish();
    }
    shared
}

/// `[[….limit]]`, or what `key` calls them, inside of a table that the limits belong to.
pub(super) fn read_own(
    section: &Section<'_, '_>,
    key: &'static str,
    scopes: &[Scope],
) -> Vec<LimitSpec> {
    let mut taken = Vec::new();
    let mut limits = Vec::new();
    for own in section.sections(key) {
        let name = limit_name(&own, &mut taken);
        let scope = scope(&own, scopes);
        let rule = rule(&own);
        let leave = leave(&own, rule);
        let follow = follow_window(&own, rule);
        let limit = rule.map(|rule| Limit { name, scope, rule });
        limits.extend(limit.map(|limit| LimitSpec {
            limit,
            leave,
            follow,
        }));
        own.finish();
    }
    limits
}

/// `[[flow.limit]]`: ours alone, so that no header speaks of them and nothing is left free for others.
pub(super) fn read_flows(flow: &Section<'_, '_>) -> Vec<LimitSpec> {
    read_each(flow, "limit", Scope::Flow, |_, _| None)
}

/// `[[client.token_limit]]`: nobody else has the token, so that nothing is left free for others.
pub(super) fn read_tokens(client: &Section<'_, '_>) -> Vec<LimitSpec> {
    read_each(client, "token_limit", Scope::Token, follow_window)
}

fn read_each(
    section: &Section<'_, '_>,
    key: &'static str,
    scope: Scope,
    read_follow: impl Fn(&Section<'_, '_>, Option<Rule>) -> Option<Follow>,
) -> Vec<LimitSpec> {
    let mut taken = Vec::new();
    let mut limits = Vec::new();
    for own in section.sections(key) {
        let name = limit_name(&own, &mut taken);
        let scope = self::scope(&own, &[scope]);
        let rule = rule(&own);
        let follow = read_follow(&own, rule);
        limits.extend(rule.map(|rule| LimitSpec {
            limit: Limit { name, scope, rule },
            leave: None,
            follow,
        }));
        own.finish();
    }
    limits
}

/// `follow` of a limit; only a window has it, for no header tells how many calls may be under way.
fn follow_window(section: &Section<'_, '_>, rule: Option<Rule>) -> Option<Follow> {
    let found = follow(section)?;
    if let Some(Rule::Concurrency { .. }) = rule {
        let message = "no header tells of calls at once; remove follow".to_owned();
        section.reject(&found, message);
    }
    Some(found.value)
}

/// `follow`, of a limit or of all.
pub(super) fn follow(section: &Section<'_, '_>) -> Option<Placed<Follow>> {
    let words = |text: &str| match text {
        "headers" => Some(Follow::Headers),
        "configuration" => Some(Follow::Configuration),
        _ => None,
    };
    section.parsed("follow", "\"headers\" or \"configuration\"", words)
}

/// `name`, unlike that of a limit that was learned.
fn limit_name(section: &Section<'_, '_>, taken: &mut Vec<String>) -> String {
    let name = unique_name(section, "name", taken);
    refuse_learned(section, &name);
    name
}

fn refuse_learned(section: &Section<'_, '_>, name: &str) {
    if name.starts_with(LEARNED)
        && let Some(placed) = section.text("name")
    {
        let message =
            format!("names that begin with {LEARNED:?} are those of limits that were learned");
        section.reject(&placed, message);
    }
}

/// `leave`: a part of the limit in percent, or a number of calls.
fn leave(section: &Section<'_, '_>, rule: Option<Rule>) -> Option<Leave> {
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

/// `token_rate`, by default the vendor's: whatever presets hold, its tokens have it.
pub(super) fn read_token_rate(client: &Section<'_, '_>) -> LimitSpec {
    let default = presets::token_rate();
    let Some(section) = client.section("token_rate") else {
        return default.into();
    };
    let name = section.text("name").map(|name| name.value);
    refuse_learned(&section, name.as_deref().unwrap_or_default());
    let rule = rule(&section);
    let follow = follow_window(&section, rule);
    section.finish();
    let limit = Limit {
        name: name.unwrap_or(default.name),
        rule: rule.unwrap_or(default.rule),
        ..default
    };
    LimitSpec {
        follow,
        ..limit.into()
    }
}

/// `scope`, one of those that make sense here; the first if absent.
fn scope(section: &Section<'_, '_>, scopes: &[Scope]) -> Scope {
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
fn rule(section: &Section<'_, '_>) -> Option<Rule> {
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
