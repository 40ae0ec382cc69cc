//! What fails in the success template, whose references are strict: each key of the translation map is a text,
//! the JSON of what was found, and no list, object or number. An input that the contract calls a text is one too.

use super::scan::{self, Directive, Usage};
use super::tokens::{ORDERING, Token, tokens};
use super::{Parts, Report, Site};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Methods of lists and maps that no text has.
const OF_CONTAINERS: [&str; 12] = [
    "size",
    "get",
    "add",
    "addAll",
    "put",
    "remove",
    "keySet",
    "entrySet",
    "values",
    "containsKey",
    "iterator",
    "set",
];
/// Operators that give nothing where a text is between numbers.
const ARITHMETIC: [&str; 4] = ["-", "*", "/", "%"];

pub(super) fn check(parts: &Parts<'_>, site: &Site<'_>, report: &mut Report<'_>) {
    let texts = texts(parts, site);
    for used in site
        .uses
        .references
        .iter()
        .filter(|used| texts.contains_key(used.root))
    {
        let name = used.root;
        let message = match (used.properties.first(), used.first_call) {
            (Some(property), _) => format!("it has no `{property}`"),
            (None, Some("")) => "it has no items".to_owned(),
            (None, Some(method)) if OF_CONTAINERS.contains(&method) => {
                format!("it has no {method}()")
            }
            _ => continue,
        };
        let message = format!(
            "`${name}` is a text, the JSON of what was found, and {message}: every call that reaches this fails; \
             give the part a path of its own"
        );
        report.add(site, used.offset, message);
    }
    for directive in &site.uses.directives {
        let message = match directive.name {
            "foreach" => over_a_text(directive, &texts),
            "if" | "elseif" | "set" => calculation(directive, &texts),
            _ => None,
        };
        if let Some(message) = message {
            report.add(site, directive.offset, message);
        }
    }
    optional_inputs(parts, site, report);
}

/// The names that stand for texts, and what each is: those of the map, what is set to be one of them, and
/// `input.name` for inputs.
type Texts<'a> = BTreeMap<Cow<'a, str>, &'static str>;

const FOUND: &str = "a text, the JSON of what was found";

fn texts<'a>(parts: &'a Parts<'_>, site: &Site<'a>) -> Texts<'a> {
    let keys = parts.mapping.entries.iter().map(|entry| entry.key.as_str());
    let own = keys
        .chain(["rawResult"])
        .filter(|name| !site.uses.sets(name));
    let mut texts: Texts<'a> = own.map(|name| (Cow::Borrowed(name), FOUND)).collect();
    for name in super::property_names(parts.input_schema).unwrap_or_default() {
        if super::kind(parts, name) == Some("string") {
            texts.insert(Cow::Owned(format!("input.{name}")), "a text");
        }
    }
    let sets = site.uses.directives.iter();
    let sets = sets.filter(|directive| directive.name == "set");
    let sets: Vec<(&str, &str)> = sets
        .filter_map(|set| set.argument.split_once('='))
        .collect();
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for target in sets.iter().filter_map(|(target, _)| plain(target)) {
        *times.entry(target).or_default() += 1;
    }
    for (target, value) in &sets {
        let is_quoted = matches!(tokens(value)[..], [Token::Text]);
        let (target, value) = (plain(target), plain(value));
        let once = target.is_some_and(|target| times.get(target) == Some(&1));
        let what = match value {
            Some(value) => texts.get(value).copied(),
            None => is_quoted.then_some("a text"),
        };
        if let (Some(target), Some(what), true) = (target, what, once) {
            texts.insert(Cow::Borrowed(target), what);
        }
    }
    texts
}

/// The name, with its properties, if a text is a reference to it and nothing else.
fn plain(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix('$')?.trim_start_matches('!');
    let inner = match inner.strip_prefix('{') {
        Some(inner) => inner.strip_suffix('}')?,
        None => inner,
    };
    let is_name = |part: &str| !part.is_empty() && scan::identifier(part) == part.len();
    inner.split('.').all(is_name).then_some(inner)
}

fn over_a_text(directive: &Directive<'_>, texts: &Texts<'_>) -> Option<String> {
    let (_, list) = directive.argument.split_once(" in ")?;
    let name = plain(list)?;
    let what = texts.get(name)?;
    Some(format!(
        "#foreach can't loop over `${name}`: it is {what}, and every call that reaches this fails; \
         let a path give what is wanted, as in $.rows[*].id"
    ))
}

fn calculation(directive: &Directive<'_>, texts: &Texts<'_>) -> Option<String> {
    let tokens = tokens(directive.argument);
    let text = |place: Option<usize>| match tokens.get(place?) {
        Some(Token::Name(name)) => Some((*name, texts.get(*name)?)),
        _ => None,
    };
    let number = |place: Option<usize>| place.and_then(|at| tokens.get(at)) == Some(&Token::Number);
    tokens.iter().enumerate().find_map(|(at, token)| {
        let Token::Operator(operator) = token else {
            return None;
        };
        let (before, behind) = (at.checked_sub(1), at.checked_add(1));
        let (name, what) = text(before).or_else(|| text(behind))?;
        let what = format!("`${name}` is {what}");
        if ORDERING.contains(operator) {
            Some(format!(
                "{what}, and `{operator}` orders numbers only: every call that reaches this fails; \
                 write $math.toNumber(${name})"
            ))
        } else if ARITHMETIC.contains(operator) {
            Some(format!(
                "{what}, and `{operator}` gives nothing for a text; write $math.toNumber(${name})"
            ))
        } else if *operator == "+" && (number(before) || number(behind)) {
            Some(format!(
                "{what}, and `+` puts texts together (7 + 1 is 71); write $math.add(${name}, …)"
            ))
        } else {
            None
        }
    })
}

/// Inputs that needn't be given, printed in the open: a reference without a value fails here.
fn optional_inputs(parts: &Parts<'_>, site: &Site<'_>, report: &mut Report<'_>) {
    let directives = site.uses.directives.iter();
    let asking = directives.filter(|directive| matches!(directive.name, "if" | "elseif" | "set"));
    let words = asking.flat_map(|directive| {
        let argument = directive.argument;
        argument.split(|letter: char| !(letter.is_alphanumeric() || "_-".contains(letter)))
    });
    let asked: BTreeSet<&str> = words.collect();
    for used in &site.uses.references {
        let Some(name) = used.properties.first().filter(|_| used.root == "input") else {
            continue;
        };
        let printed = matches!(used.usage, Usage::Printed | Usage::PrintedInQuotes);
        let named = parts
            .input_schema
            .pointer("/properties")
            .and_then(|all| all.get(*name));
        let asked = asked.contains(name);
        if printed && !used.quiet && named.is_some() && !super::is_required(parts, name) && !asked {
            let message = format!(
                "where `input.{name}` is not given, every call fails here, after it was sent; write $!{{input.{name}}}, \
                 or ask with #if($input.{name}) first"
            );
            report.add(site, used.offset, message);
        }
    }
}
