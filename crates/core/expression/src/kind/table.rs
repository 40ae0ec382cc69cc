//! The vendor's data types, as a table (`types.tsv`): a row is a type, with what it may be used for, whether
//! there are collections of it, its properties, and how we know.
//!
//! Uses: a `variable` may have the type; a `setting` of a step has it and no variable; a `reference` is what
//! settings name and the vendor has no data type for; `built-in` variables have it; an `expression` has it while
//! it is typed; it is that of a `constant` such as `Format.Date.longYear`, or of the `constants` together.
//! A property is a text unless its type follows behind a colon; brackets make a collection of it.
//! `*` says that the type has more properties, whose names and types we don't know: any name is taken, so that
//! no file is refused for what only we don't know. Evidence: the vendor's SDK of 2026, its package of 2017
//! (expressions and types), published YAML; `secondary` is what others noted, of its last properties here; `ours`
//! is a guess.

use super::Type;
use std::fmt;
use std::sync::LazyLock;

/// The table: a line of headings, then a line for each type; columns are separated by tabs.
const TABLE: &str = include_str!("../types.tsv");

static TYPES: LazyLock<Vec<DataType>> = LazyLock::new(|| {
    let lines = TABLE.lines().skip(1);
    lines.filter_map(DataType::read).collect()
});

/// A row of the table of types.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DataType {
    /// The type's name, as in `queueVariable`.
    pub word: &'static str,
    /// What it is used for: `variable`, `setting`, `constant`, …
    pub usage: &'static str,
    /// Whether there are collections of it.
    pub collection: bool,
    /// Its properties, as the table has them.
    pub properties: &'static str,
    /// How we know of it.
    pub evidence: &'static str,
}

impl DataType {
    fn read(line: &'static str) -> Option<DataType> {
        let columns: Vec<&str> = line.split('\t').collect();
        let [word, usage, collection, properties, evidence] = columns[..] else {
            return None;
        };
        Some(DataType {
            word,
            usage,
            collection: collection == "yes",
            properties,
            evidence,
        })
    }

    /// The type with this name, in any case.
    #[must_use]
    pub fn find(word: &str) -> Option<&'static DataType> {
        let mut types = data_types();
        types.find(|known| known.word.eq_ignore_ascii_case(word))
    }

    /// Whether a variable may have it.
    #[must_use]
    pub fn is_variable(&self) -> bool {
        self.usage == "variable"
    }

    /// The type of a property by its name in any case.
    pub(super) fn property(&self, name: &str) -> Option<Type> {
        let mut listed = self.properties.split(' ').filter(|text| !text.is_empty());
        let found = listed.find_map(|text| {
            let (known, kind) = text.split_once(':').unwrap_or((text, "string"));
            let same = known == "*" || known.eq_ignore_ascii_case(name);
            same.then_some((known, kind))
        });
        match found? {
            ("*", _) => Some(Type::ANY),
            (_, kind) => match kind
                .strip_prefix('[')
                .and_then(|kind| kind.strip_suffix(']'))
            {
                Some(item) => Type::of_word(item).map(|item| Type::many(item.base)),
                None => Type::of_word(kind),
            },
        }
    }
}

/// Every row of the table of types.
pub fn data_types() -> impl Iterator<Item = &'static DataType> + Clone {
    TYPES.iter()
}

/// A kind of things: a row of the table whose values have properties or a name, such as a queue.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind(u16);

#[expect(non_upper_case_globals, reason = "they are the kinds' names")]
#[expect(missing_docs, reason = "the names are the vendor's words")]
impl Kind {
    pub const EmailAddress: Kind = Kind::in_table("emailAddress");
    pub const EmergencyGroup: Kind = Kind::in_table("emergencyGroup");
    pub const ExternalContact: Kind = Kind::in_table("externalContact");
    pub const ExternalOrganization: Kind = Kind::in_table("externalOrganization");
    pub const Flow: Kind = Kind::in_table("flow");
    pub const FlowMilestone: Kind = Kind::in_table("flowMilestone");
    pub const FlowOutcome: Kind = Kind::in_table("flowOutcome");
    pub const Group: Kind = Kind::in_table("group");
    pub const LanguageSkill: Kind = Kind::in_table("languageSkill");
    pub const PhoneNumber: Kind = Kind::in_table("phoneNumber");
    pub const Prompt: Kind = Kind::in_table("prompt");
    pub const Queue: Kind = Kind::in_table("queue");
    pub const Schedule: Kind = Kind::in_table("schedule");
    pub const ScheduleGroup: Kind = Kind::in_table("scheduleGroup");
    pub const Skill: Kind = Kind::in_table("skill");
    pub const User: Kind = Kind::in_table("user");
    pub const WrapUpCode: Kind = Kind::in_table("wrapupCode");
}

impl Kind {
    /// The kind of this row; a word that the table doesn't have keeps the program from being compiled.
    const fn in_table(word: &str) -> Kind {
        let (table, word) = (TABLE.as_bytes(), word.as_bytes());
        // The headings are line 0.
        let (mut at, mut line) = (0, 0);
        while at < table.len() {
            let mut same = 0;
            while same < word.len() && table[at + same] == word[same] {
                same += 1;
            }
            if same == word.len() && table[at + same] == b'\t' {
                return Kind(line - 1);
            }
            while table[at] != b'\n' {
                at += 1;
            }
            at += 1;
            line += 1;
        }
        panic!("types.tsv has no such type")
    }

    /// The kind with this word, in any case.
    pub(super) fn of_word(word: &str) -> Option<Kind> {
        let position = TYPES
            .iter()
            .position(|known| known.word.eq_ignore_ascii_case(word));
        position
            .and_then(|index| u16::try_from(index).ok())
            .map(Kind)
    }

    /// The word in `…Variable`, such as `externalContact`.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.data_type().word
    }

    /// The type of a property by its name in any case.
    #[must_use]
    pub fn property(self, name: &str) -> Option<Type> {
        self.data_type().property(name)
    }

    /// The names of the properties that are known.
    pub fn properties(self) -> impl Iterator<Item = &'static str> + Clone {
        let listed = self.data_type().properties.split(' ');
        let names = listed.map(|text| text.split(':').next().unwrap_or(text));
        names.filter(|name| !matches!(*name, "" | "*"))
    }

    fn data_type(self) -> &'static DataType {
        &TYPES[self.0 as usize]
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        assert_eq!(TYPES.len(), TABLE.lines().count() - 1);
    }

    #[test]
    fn constants_are_their_rows() {
        assert_eq!(Kind::WrapUpCode.word(), "wrapupCode");
        assert_eq!(Kind::of_word("QUEUE"), Some(Kind::Queue));
    }

    #[test]
    fn properties_have_types_that_there_are() {
        for known in data_types() {
            for name in known.properties.split_whitespace() {
                let name = name.split(':').next().unwrap_or(name);
                assert!(known.property(name).is_some(), "{}.{name}", known.word);
            }
        }
    }

    #[test]
    fn a_property_is_found_in_any_case_with_its_type() {
        let email = DataType::find("email").unwrap();
        let addresses = Type::many(crate::kind::Base::Entity(Kind::EmailAddress));
        assert_eq!(email.property("TO"), Some(addresses));
        assert_eq!(Kind::PhoneNumber.property("isTel"), Some(Type::BOOLEAN));
        assert_eq!(Kind::PhoneNumber.property("dialable"), None);
    }

    #[test]
    fn what_is_not_known_of_a_type_is_taken() {
        let workitem = DataType::find("workitem").unwrap();
        assert_eq!(workitem.property("assignee"), Some(Type::ANY));
        assert_eq!(
            workitem.property("status").unwrap().to_string(),
            "worktypeStatus"
        );
    }
}
