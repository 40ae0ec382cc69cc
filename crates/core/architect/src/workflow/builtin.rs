//! Variables that workflows have without declaring them, as a table (`variables.tsv`): of the interaction, of the
//! workflow, of the bot's session, and constants.
//!
//! A row is a variable: its name, its type, the kinds of workflows that have it (`kinds.tsv` has their families),
//! its value if that never changes, the step and its setting that set it, and how we know. A name that ends in `*`
//! stands for any name there, such as that of a prompt. What isn't constant is what the platform knows; a script or
//! a service gives it, and what nobody gave is `NOT_SET`. A workflow can assign to none of them; that a step which
//! tells the platform (its language, its priority) is seen in the variable of the same name is our reading.
//!
//! Evidence: the vendor's package of 2017 and SDK of 2026, its help pages, published YAML and exports; `secondary`
//! is what others noted.

use super::kind::{WorkflowKind, listed};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use tollgate_expression::time::read_date_time;
use tollgate_expression::{Base, Entity, Type, Value, dialing_code, did_you_mean};

/// The table: a line of headings, then a line for each variable; columns are separated by tabs.
const TABLE: &str = include_str!("variables.tsv");

static BUILTINS: LazyLock<Vec<Builtin>> =
    LazyLock::new(|| TABLE.lines().skip(1).filter_map(Builtin::read).collect());

/// Variables that the workflow's own settings give: the variable, the group of settings and the setting.
pub(crate) const SET_BY_SETTINGS: [(&str, [&str; 2]); 3] = [
    ("Flow.HoldPrompt", ["settingsInQueueCall", "holdMusic"]),
    ("Call.ContactList", ["settingsOutboundCall", "contactList"]),
    ("Flow.WrapupCode", ["settingsOutboundCall", "wrapupCode"]),
];

/// A variable that workflows have without declaring it.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    /// Its name, with its scope; `*` stands for any.
    pub name: &'static str,
    /// Its type.
    pub kind: Type,
    /// Kinds and families of kinds that have it, with blanks between, or `all`.
    pub kinds: &'static str,
    /// The value of a constant; empty for what is known only in a run.
    pub value: &'static str,
    /// The step and its setting that set it, as `setLanguage.language`; empty if none does.
    pub set_by: &'static str,
    /// How we know of it.
    pub evidence: &'static str,
}

impl Builtin {
    fn read(line: &'static str) -> Option<Builtin> {
        let columns: Vec<&str> = line.split('\t').collect();
        let [name, kind, kinds, value, set_by, evidence] = columns[..] else {
            return None;
        };
        Some(Builtin {
            name,
            kind: Type::of_word(kind)?,
            kinds,
            value,
            set_by,
            evidence,
        })
    }

    /// The variable with this name, in any case.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Builtin> {
        builtins().find(|known| match known.name.strip_suffix('*') {
            Some(scope) => after(scope, name).is_some_and(|name| !name.contains('.')),
            None => known.name.eq_ignore_ascii_case(name),
        })
    }

    /// The variable that this name begins with, and what of the name is a property of it.
    #[must_use]
    pub fn find_with_property(name: &str) -> Option<(&'static Builtin, &str)> {
        let mut ends = name.rmatch_indices('.').map(|(dot, _)| dot);
        let whole = Builtin::find(name).map(|found| (found, ""));
        whole
            .or_else(|| ends.find_map(|dot| Some((Builtin::find(&name[..dot])?, &name[dot + 1..]))))
    }

    /// Why workflows of a kind don't have it; none if they do.
    pub(crate) fn elsewhere(&self, of: WorkflowKind) -> Option<String> {
        let has = of.is_among(self.kinds);
        (!has).then(|| format!("workflows of other kinds have it: {}", listed(self.kinds)))
    }

    /// The value of the constant with this name; none of what is no constant.
    #[must_use]
    pub fn constant(&self, name: &str) -> Option<Value> {
        let written = match self.value {
            "" => return None,
            "*" => &name[self.name.len() - 1..],
            value => value,
        };
        match self.kind.base {
            Base::Integer => Some(Value::Integer(written.parse().ok()?)),
            Base::Duration => Some(Value::Duration(written.parse().ok()?)),
            Base::DateTime => Some(Value::DateTime(read_date_time(written)?)),
            Base::Entity(kind) => {
                let properties = properties(kind.word(), self.name, written)?;
                let properties = properties.into_iter();
                let properties =
                    properties.map(|(name, text)| (name.to_owned(), Value::text(&text)));
                Some(Value::Entity(Arc::new(Entity {
                    kind,
                    properties: properties.collect(),
                })))
            }
            _ => Some(Value::text(written)),
        }
    }
}

/// What a constant of a type is made of; none of one that there isn't.
fn properties(word: &str, variable: &str, written: &str) -> Option<BTreeMap<&'static str, String>> {
    let upper = written.to_uppercase();
    Some(match word {
        "currencyEnum" if upper.len() == 3 => {
            BTreeMap::from([("name", upper.clone()), ("code", upper)])
        }
        "regionEnum" => BTreeMap::from([
            ("dialingcode", dialing_code(&upper)?.to_owned()),
            ("name", upper.clone()),
            ("countrycode", upper),
        ]),
        "languageEnum" if written.is_ascii() && written.len() >= 2 => {
            let (language, region) = (written[..2].to_lowercase(), &upper[2..]);
            let tag = [&language, region].join(if region.is_empty() { "" } else { "-" });
            BTreeMap::from([("name", tag.clone()), ("tag", tag)])
        }
        "currencyEnum" | "languageEnum" => return None,
        // A system prompt is known by its whole name, others by theirs alone.
        "prompt" if variable.starts_with("PromptSystem") => {
            BTreeMap::from([("name", format!("PromptSystem.{written}"))])
        }
        _ => BTreeMap::from([("name", written.to_owned())]),
    })
}

/// What follows a beginning in any case.
fn after<'a>(beginning: &str, name: &'a str) -> Option<&'a str> {
    let (head, rest) = name.split_at_checked(beginning.len())?;
    (head.eq_ignore_ascii_case(beginning) && !rest.is_empty()).then_some(rest)
}

/// Every row of the table.
pub fn builtins() -> impl Iterator<Item = &'static Builtin> + Clone {
    BUILTINS.iter()
}

/// Every row that workflows of a kind have.
pub(crate) fn builtins_of(kind: WorkflowKind) -> impl Iterator<Item = &'static Builtin> + Clone {
    builtins().filter(move |known| kind.is_among(known.kinds))
}

/// The variables that a step sets by one of its settings.
pub(crate) fn set_by(step: &str, setting: &str) -> impl Iterator<Item = &'static Builtin> {
    static SET: LazyLock<Vec<&Builtin>> = LazyLock::new(|| {
        builtins()
            .filter(|known| !known.set_by.is_empty())
            .collect()
    });
    let set = SET.iter().copied();
    set.filter(move |known| known.set_by.split_once('.') == Some((step, setting)))
}

/// The built-in variable with this name, in any case, that workflows of a kind have; else why there is none.
///
/// # Errors
/// No workflow has it, or only those of other kinds: what is known of it.
pub fn builtin(name: &str, of: WorkflowKind) -> Result<(&'static Builtin, &str), String> {
    let Some(found) = Builtin::find_with_property(name) else {
        return Err(did_you_mean(name, builtins_of(of).map(|known| known.name)));
    };
    found.0.elsewhere(of).map_or(Ok(found), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        assert_eq!(BUILTINS.len(), TABLE.lines().count() - 1);
    }

    #[test]
    fn every_constant_has_a_value() {
        for known in builtins().filter(|known| !matches!(known.value, "" | "*")) {
            assert!(known.constant(known.name).is_some(), "{}", known.name);
        }
        let of = |name| Builtin::find(name).unwrap().constant(name);
        let property = |name, property: &str| match of(name) {
            Some(Value::Entity(entity)) => entity.properties[property].to_text().unwrap(),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            of("System.MaxInt"),
            Some(Value::Integer(999_999_999_999_999))
        );
        assert_eq!(&*property("System.Regions.NL", "dialingcode"), "31");
        assert_eq!(&*property("system.languages.enus", "tag"), "en-US");
        assert_eq!(&*property("System.Currencies.EUR", "code"), "EUR");
        assert_eq!(&*property("Prompt.Welcome", "name"), "Welcome");
        assert_eq!(
            &*property("PromptSystem.processing", "name"),
            "PromptSystem.processing"
        );
        assert_eq!(of("System.Regions.QQ"), None);
    }

    #[test]
    fn a_variable_belongs_to_its_kinds() {
        let kind = |word| WorkflowKind::of_word(word).unwrap();
        assert!(builtin("call.ani", kind("inqueueCall")).is_ok());
        let (found, property) = builtin("Email.Message.from.name", kind("inboundEmail")).unwrap();
        assert_eq!((found.name, property), ("Email.Message", "from.name"));
        let why = builtin("Email.Message", kind("inboundCall")).unwrap_err();
        assert_eq!(why, "workflows of other kinds have it: email");
        assert_eq!(
            builtin("Call.Anni", kind("secureCall")).unwrap_err(),
            "did you mean Call.Ani?"
        );
    }
}
