//! Limits by name, as a table of facts (`presets.tsv`).
//!
//! A preset is a set of limits that somebody else has published or that is prudent to keep. The table is data, each
//! row with its evidence, so that everything that knows of these numbers has them from one place: what a
//! configuration holds by default, what a scenario takes for the provider's, and the table in
//! `docs/configuration.md`.
//!
//! [`DEFAULT`] is what binds a caller of the platform's API. The limits of `genesys-data-actions` bind the
//! executions that the *vendor's* service carries out; nothing that tollgate sends is one of these, so they hold only
//! where somebody asks for them: to compare, to plan, or to stay below what the vendor's service would do.

use std::sync::LazyLock;
use tollgate_model::{Limit, Rule, Scope};
use tollgate_settings::parse_span;

/// The table: a line of names, then a line for each limit; columns are separated by tabs.
const TABLE: &str = include_str!("presets.tsv");
/// The preset that holds where a configuration says nothing of limits.
pub(crate) const DEFAULT: &str = "genesys-cloud";
/// The vendor's limit of each token of a client-credentials client.
pub const TOKEN_RATE: &str = "client.credentials.token.rate.per.minute";

static LIMITS: LazyLock<Vec<PresetLimit>> = LazyLock::new(|| {
    TABLE
        .lines()
        .skip(1)
        .filter_map(PresetLimit::read)
        .collect()
});

/// A limit of a preset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PresetLimit {
    /// The preset's name, as `presets` of a configuration has it.
    pub preset: &'static str,
    /// The limit's name.
    pub name: &'static str,
    /// How many calls, and over what.
    pub rule: Rule,
    /// The rule in words: `300 in 60s`, `50 at once`.
    pub allows: &'static str,
    /// Which calls count.
    pub counts: PresetCounts,
    /// How sure the number is: `documented` by the vendor, or `assumed` by us.
    pub evidence: &'static str,
    /// Where it was read, and what is known beside.
    pub source: &'static str,
}

/// Which calls count under a preset's limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PresetCounts {
    /// Those with one token, each token for itself.
    EachToken,
    /// Those that take a token.
    WithToken,
    /// All of them.
    All,
}

impl PresetCounts {
    const EACH: [Self; 3] = [Self::EachToken, Self::WithToken, Self::All];

    /// The words of the table.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EachToken => "each token",
            Self::WithToken => "calls that take a token",
            Self::All => "all calls",
        }
    }
}

impl PresetLimit {
    /// The limits of all presets, in the table's order.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &LIMITS
    }

    /// The limit of that name, of whichever preset.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        LIMITS.iter().find(|limit| limit.name == name)
    }

    fn read(line: &'static str) -> Option<Self> {
        let mut columns = line.split('\t');
        let (preset, name, allows) = (columns.next()?, columns.next()?, columns.next()?);
        let counts = columns.next()?;
        Some(Self {
            preset,
            name,
            rule: rule(allows)?,
            allows,
            counts: PresetCounts::EACH
                .into_iter()
                .find(|it| it.as_str() == counts)?,
            evidence: columns.next()?,
            source: columns.next()?,
        })
    }

    /// The limit as the engine has it.
    pub(crate) fn limit(&self) -> Limit {
        let scope = match self.counts {
            PresetCounts::EachToken => Scope::Token,
            PresetCounts::WithToken | PresetCounts::All => Scope::Organisation,
        };
        Limit {
            name: self.name.to_owned(),
            scope,
            rule: self.rule,
        }
    }
}

/// `300 in 60s`, or `50 at once`.
fn rule(text: &str) -> Option<Rule> {
    let (allowed, over) = text.split_once(' ')?;
    let allowed = allowed.parse().ok()?;
    match over.strip_prefix("in ") {
        Some(period) => Some(Rule::Window {
            allowed,
            period: parse_span(period)?,
            counted_within: None,
        }),
        None => (over == "at once").then_some(Rule::Concurrency { allowed }),
    }
}

/// The names of all presets.
pub(crate) fn names() -> Vec<String> {
    let mut names: Vec<String> = LIMITS.iter().map(|it| it.preset.to_owned()).collect();
    names.dedup();
    names
}

/// The limits of a preset that many calls share; the tokens' are the clients'.
pub(crate) fn shared(preset: &str) -> impl Iterator<Item = &'static PresetLimit> {
    let of_preset = LIMITS.iter().filter(move |limit| limit.preset == preset);
    of_preset.filter(|limit| limit.counts != PresetCounts::EachToken)
}

/// Whether a preset has a limit of this name that counts calls with a token alone.
pub(crate) fn counts_tokens(name: &str) -> bool {
    PresetLimit::named(name).is_some_and(|it| it.counts == PresetCounts::WithToken)
}

/// The limit of each token, where nobody says another.
///
/// # Panics
/// The table lacks [`TOKEN_RATE`]; a test sees that it doesn't.
#[must_use]
pub fn token_rate() -> Limit {
    let rate = PresetLimit::named(TOKEN_RATE);
    rate.expect("the table has the tokens' rate").limit()
}
