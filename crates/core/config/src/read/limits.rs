//! `[[limit]]` and the limits inside of clients and integrations.

mod fields;

use super::resolve;
use crate::presets::{self, PresetCounts, PresetLimit};
pub(super) use fields::{follow, mode};
use fields::{
    follow_window, leave, limit_name, refuse_learned, refuse_shadow, rule, scope, shared_as,
};
use tollgate_engine::{Follow, LimitSpec, Mode};
use tollgate_model::{Limit, Rule, Scope};
use tollgate_settings::{Placed, Section};

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
    let (mut taken, mut keys) = (Vec::new(), Vec::new());
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
        let mode = mode(&section);
        let shared_as = shared_as(&section, (scope, &name), &mut keys);
        match rule {
            Some(rule) => {
                let limit = LimitSpec {
                    limit: Limit { name, scope, rule },
                    mode,
                    leave,
                    follow,
                    shared_as,
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
        let mode = mode(&own);
        let limit = rule.map(|rule| Limit { name, scope, rule });
        limits.extend(limit.map(|limit| LimitSpec {
            limit,
            mode,
            leave,
            follow,
            shared_as: None,
        }));
        own.finish();
    }
    limits
}

/// `[[flow.limit]]`: ours alone, so that no header speaks of them and nothing is left free for others.
pub(super) fn read_flows(flow: &Section<'_, '_>) -> Vec<LimitSpec> {
    read_each(flow, "limit", Scope::Flow, |limit, _| Own {
        mode: mode(limit),
        follow: None,
    })
}

/// `[[client.token_limit]]`: nobody else has the token, so that nothing is left free for others.
pub(super) fn read_tokens(client: &Section<'_, '_>) -> Vec<LimitSpec> {
    read_each(client, "token_limit", Scope::Token, |limit, rule| {
        refuse_shadow(limit);
        Own {
            mode: Mode::Enforce,
            follow: follow_window(limit, rule),
        }
    })
}

/// What the limits of one kind have beside name, scope and rule.
struct Own {
    mode: Mode,
    follow: Option<Follow>,
}

fn read_each(
    section: &Section<'_, '_>,
    key: &'static str,
    scope: Scope,
    read_own: impl Fn(&Section<'_, '_>, Option<Rule>) -> Own,
) -> Vec<LimitSpec> {
    let mut taken = Vec::new();
    let mut limits = Vec::new();
    for own in section.sections(key) {
        let name = limit_name(&own, &mut taken);
        let scope = fields::scope(&own, &[scope]);
        let rule = rule(&own);
        let Own { mode, follow } = read_own(&own, rule);
        limits.extend(rule.map(|rule| LimitSpec {
            limit: Limit { name, scope, rule },
            mode,
            leave: None,
            follow,
            shared_as: None,
        }));
        own.finish();
    }
    limits
}

/// `token_rate`, by default the vendor's: whatever presets hold, its tokens have it.
pub(super) fn read_token_rate(client: &Section<'_, '_>) -> LimitSpec {
    let default = presets::token_rate();
    let Some(section) = client.section("token_rate") else {
        return default.into();
    };
    let name = section.text("name").map(|name| name.value);
    refuse_learned(&section, name.as_deref().unwrap_or_default());
    refuse_shadow(&section);
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
