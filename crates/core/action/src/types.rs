//! The vendor's integration types that have data actions, as a table of facts (`types.tsv`).
//!
//! An integration type decides what the URL template of an action must yield, and how its calls log in. The
//! table is data, each row with its evidence, so that everything that knows of types has it from one place:
//! what an action file is told, what a configuration and the API accept, and the table in
//! `docs/configuration.md`.
//!
//! Not every type can be served here. Some aren't HTTP at all (a function by its ARN), and their actions are
//! refused with a word on what serves instead. A type that the table lacks isn't refused: the vendor may have
//! it since yesterday, and an action with a whole URL can run as one of `custom-rest-actions`. It is only
//! told so ([`IntegrationType::advice`]), since to rewrite the file is the operator's decision.

use crate::error::ActionError;
use crate::file::File;
use std::sync::LazyLock;
use tollgate_template::nearest;

/// The table: a line of names, then a line for each type; columns are separated by tabs.
const TABLE: &str = include_str!("types.tsv");

/// How the name of a function in AWS begins.
const ARN: &str = "arn:";
/// The type whose actions have such a name for their URL.
const LAMBDA: &str = "aws-lambda-data-actions";

static TYPES: LazyLock<Vec<TypeFacts>> =
    LazyLock::new(|| TABLE.lines().skip(1).filter_map(TypeFacts::read).collect());

/// What is known of one integration type.
#[derive(Debug, PartialEq, Eq)]
pub struct TypeFacts {
    /// The id, as exports and the API have it: `salesforce-datadip`.
    pub id: &'static str,
    /// The vendor's name for it.
    pub name: &'static str,
    /// What its actions call.
    pub calls: Callee,
    /// Whether an integration of this type can be configured here.
    pub served: bool,
    /// The vendor's credential types with their fields.
    pub login: &'static str,
    /// What its actions do, to be put behind "it": `calls …`.
    pub what: &'static str,
    /// What serves here; for a type that isn't served, what to do instead.
    pub here: &'static str,
    /// How sure the id is.
    pub evidence: Evidence,
    /// Where the id, or at least the name, was seen.
    pub source: &'static str,
}

/// What the actions of an integration type call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Callee {
    /// A path on the platform's own host.
    PlatformPath,
    /// A whole URL.
    WholeUrl,
    /// A path below a base URL of the customer's; or a whole URL on that host.
    BelowBaseUrl,
    /// Nothing that an HTTP request reaches.
    NotHttp,
}

/// How sure a type's id is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// The vendor's documentation has it.
    Documented,
    /// Public files that were in use have it.
    Observed,
    /// Nobody's word but ours, made like the others; the vendor's name for the type is real.
    Guessed,
}

impl Callee {
    const ALL: [Callee; 4] = [
        Callee::PlatformPath,
        Callee::WholeUrl,
        Callee::BelowBaseUrl,
        Callee::NotHttp,
    ];

    /// The words of the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Callee::PlatformPath => "platform path",
            Callee::WholeUrl => "whole URL",
            Callee::BelowBaseUrl => "below a base URL",
            Callee::NotHttp => "not HTTP",
        }
    }
}

impl Evidence {
    const ALL: [Evidence; 3] = [Evidence::Documented, Evidence::Observed, Evidence::Guessed];

    /// The word of the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Evidence::Documented => "documented",
            Evidence::Observed => "observed",
            Evidence::Guessed => "guessed",
        }
    }
}

impl TypeFacts {
    /// All types, in the table's order.
    pub fn all() -> &'static [TypeFacts] {
        &TYPES
    }

    /// The types of which an integration can be configured here.
    pub fn served() -> impl Iterator<Item = &'static TypeFacts> {
        TYPES.iter().filter(|facts| facts.served)
    }

    /// The type of that id.
    pub fn find(id: &str) -> Option<&'static TypeFacts> {
        TYPES.iter().find(|facts| facts.id == id)
    }

    /// The id that somebody most likely meant who wrote another.
    pub fn nearest(id: &str) -> Option<&'static str> {
        nearest(id, TYPES.iter().map(|facts| facts.id))
    }

    /// The type of that id, of which an integration is wanted.
    ///
    /// # Errors
    /// None can be configured here: what the type does and what to do instead; or which types there are.
    pub fn find_served(id: &str) -> Result<&'static TypeFacts, String> {
        match TypeFacts::find(id) {
            Some(facts) if facts.served => Ok(facts),
            Some(facts) => Err(format!("this type can't be served: {}", facts.instead())),
            None => {
                let meant = TypeFacts::nearest(id);
                let meant = meant.map_or(String::new(), |id| format!(" (did you mean {id:?}?)"));
                Err(format!(
                    "expected {}, found {id:?}{meant}",
                    TypeFacts::list()
                ))
            }
        }
    }

    /// The ids of which an integration can be configured here, in quotes.
    pub fn list() -> String {
        let ids = TypeFacts::served().map(|facts| format!("{:?}", facts.id));
        ids.collect::<Vec<_>>().join(" or ")
    }

    /// What a type that isn't served does, and what to do instead.
    pub fn instead(&self) -> String {
        format!("{} {}; {}", self.id, self.what, self.here)
    }

    fn read(line: &'static str) -> Option<TypeFacts> {
        let columns: Vec<&str> = line.split('\t').collect();
        let [id, name, calls, served, login, what, here, evidence, source] = columns[..] else {
            return None;
        };
        Some(TypeFacts {
            id,
            name,
            calls: Callee::ALL.into_iter().find(|one| one.as_str() == calls)?,
            served: served == "yes",
            login,
            what,
            here,
            evidence: Evidence::ALL
                .into_iter()
                .find(|one| one.as_str() == evidence)?,
            source,
        })
    }
}

/// The integration type that an action belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IntegrationType {
    /// One of the table.
    Known(&'static TypeFacts),
    /// Any other; what its actions call isn't known.
    Unknown(String),
}

impl IntegrationType {
    /// Reads the export's `integrationType`.
    pub fn from_name(name: &str) -> IntegrationType {
        match TypeFacts::find(name) {
            Some(facts) => IntegrationType::Known(facts),
            None => IntegrationType::Unknown(name.to_owned()),
        }
    }

    /// The name in the export.
    pub fn as_str(&self) -> &str {
        match self {
            IntegrationType::Known(facts) => facts.id,
            IntegrationType::Unknown(name) => name,
        }
    }

    /// What its actions call, if that is known.
    pub fn calls(&self) -> Option<Callee> {
        match self {
            IntegrationType::Known(facts) => Some(facts.calls),
            IntegrationType::Unknown(_) => None,
        }
    }

    /// Whether its actions call the platform's own API.
    pub fn is_platform(&self) -> bool {
        self.calls() == Some(Callee::PlatformPath)
    }

    /// Why no integration of this type can be configured here, and what to do instead; nothing if one can.
    pub fn advice(&self) -> Option<String> {
        match self {
            IntegrationType::Known(facts) => (!facts.served).then(|| facts.instead()),
            IntegrationType::Unknown(name) => {
                let meant = TypeFacts::nearest(name);
                let meant = meant.map_or(String::new(), |id| format!(" (did you mean `{id}`?)"));
                Some(format!(
                    "`{name}` is no integration type that is known here{meant}; if its URL is whole, make it \
                     one of `custom-rest-actions`; if it is a path below an address of the customer's, one of \
                     `salesforce-datadip`, which takes any `base_url`"
                ))
            }
        }
    }

    /// A message about this type, with the advice behind it if there is any.
    pub fn advised(&self, message: &str) -> String {
        match self.advice() {
            Some(advice) => format!("{message}; {advice}"),
            None => message.to_owned(),
        }
    }
}

/// The file's `integrationType`, as far as its actions are HTTP requests.
pub(crate) fn read(file: &File<'_>) -> Result<IntegrationType, ActionError> {
    let path = ["integrationType"];
    let hint = "expected purecloud-data-actions, custom-rest-actions or another integration's type";
    let found = IntegrationType::from_name(file.required(&path, hint)?);
    if found.calls() == Some(Callee::NotHttp) {
        let why = found.advice().unwrap_or_default();
        let message = format!("such an action is no HTTP request: {why}");
        return Err(file.error(&path, message));
    }
    let url = ["config", "request", "requestUrlTemplate"];
    let text = file.text(&url).ok().flatten().unwrap_or_default();
    if let Some(begin) = text.trim_start().get(..ARN.len())
        && begin.eq_ignore_ascii_case(ARN)
        && let Some(lambda) = TypeFacts::find(LAMBDA)
    {
        let message = format!(
            "`{ARN}…` names a function and is no address of an HTTP request, whatever the type of the file: {}",
            lambda.instead()
        );
        return Err(file.error(&url, message));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        assert_eq!(TypeFacts::all().len(), TABLE.lines().count() - 1);
        for (place, facts) in TypeFacts::all().iter().enumerate() {
            for text in [
                facts.id,
                facts.name,
                facts.login,
                facts.what,
                facts.here,
                facts.source,
            ] {
                assert!(!text.is_empty() && text.trim() == text, "{facts:?}");
            }
            let earlier = &TypeFacts::all()[..place];
            assert!(
                earlier.iter().all(|it| it.id != facts.id),
                "{} twice",
                facts.id
            );
            // Nobody configures what was guessed, and nobody sends what isn't HTTP.
            let never = facts.evidence == Evidence::Guessed || facts.calls == Callee::NotHttp;
            assert!(!(facts.served && never), "{facts:?}");
        }
    }

    #[test]
    fn a_type_says_why_it_is_not_served() {
        let advice = |name: &str| IntegrationType::from_name(name).advice();
        assert_eq!(advice("salesforce-datadip"), None);
        let lambda = advice("aws-lambda-data-actions").unwrap_or_default();
        assert!(lambda.contains("function URL") && lambda.contains("custom-rest-actions"));
        let slip = advice("custom-rest-action").unwrap_or_default();
        assert!(
            slip.contains("did you mean `custom-rest-actions`?"),
            "{slip}"
        );
    }
}
