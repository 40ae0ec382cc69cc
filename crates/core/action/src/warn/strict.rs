//! What fails in the success template, whose references are strict: each key of the translation map is a text,
//! the JSON of what was found, and no list, object or number.

use super::scan::{self, As, Directive};
use super::{Parts, Report, Site};
use std::collections::BTreeSet;

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
/// Operators that need numbers.
const ORDERING: [&str; 8] = ["<", ">", "<=", ">=", "lt", "gt", "le", "ge"];
const ARITHMETIC: [&str; 4] = ["-", "*", "/", "%"];

pub(super) fn check(parts: &Parts<'_>, site: &Site<'_>, report: &mut Report<'_>) {
    let texts = texts(parts, site);
    for used in site
        .uses
        .references
        .iter()
        .filter(|used| texts.contains(used.root))
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

/// The names that stand for texts: those of the map, and what is set to be one of them.
fn texts<'a>(parts: &'a Parts<'_>, site: &Site<'a>) -> BTreeSet<&'a str> {
    let keys = parts.mapping.entries.iter().map(|entry| entry.key.as_str());
    let mut texts: BTreeSet<&str> = keys.chain(["rawResult"]).collect();
    texts.retain(|name| !site.uses.sets(name));
    let sets = site
        .uses
        .directives
        .iter()
        .filter(|directive| directive.name == "set");
    let sets: Vec<(&str, &str)> = sets
        .filter_map(|set| set.argument.split_once('='))
        .collect();
    for (target, value) in &sets {
        let (target, value) = (plain(target), plain(value));
        let mut of_target = sets.iter().filter(|(other, _)| plain(other) == target);
        let once = of_target.next().is_some() && of_target.next().is_none();
        if let (Some(target), Some(value), true) = (target, value, once)
            && texts.contains(value)
        {
            texts.insert(target);
        }
    }
    texts
}

/// The name, if a text is a reference to it and nothing else.
fn plain(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix('$')?.trim_start_matches('!');
    let inner = match inner.strip_prefix('{') {
        Some(inner) => inner.strip_suffix('}')?,
        None => inner,
    };
    (!inner.is_empty() && scan::identifier(inner) == inner.len()).then_some(inner)
}

fn over_a_text(directive: &Directive<'_>, texts: &BTreeSet<&str>) -> Option<String> {
    let (_, list) = directive.argument.split_once(" in ")?;
    let name = plain(list).filter(|name| texts.contains(name))?;
    Some(format!(
        "#foreach can't loop over `${name}`: it is a text, the JSON of what was found, and every call fails here; \
         let the path give what is wanted, as in $.rows[*].id"
    ))
}

/// Part of a condition or a value that is set.
#[derive(Debug, PartialEq, Eq)]
enum Token<'a> {
    /// A reference without properties or calls.
    Name(&'a str),
    Operator(&'a str),
    Number,
    Other,
}

fn calculation(directive: &Directive<'_>, texts: &BTreeSet<&str>) -> Option<String> {
    let tokens = tokens(directive.argument);
    let text = |place: Option<usize>| match tokens.get(place?) {
        Some(Token::Name(name)) => texts.contains(name).then_some(*name),
        _ => None,
    };
    let number = |place: Option<usize>| place.and_then(|at| tokens.get(at)) == Some(&Token::Number);
    tokens.iter().enumerate().find_map(|(at, token)| {
        let Token::Operator(operator) = token else {
            return None;
        };
        let (before, behind) = (at.checked_sub(1), at.checked_add(1));
        let name = text(before).or_else(|| text(behind))?;
        let what = format!("`${name}` is a text, the JSON of what was found");
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

/// The parts of an argument. What lies between quotes is one.
fn tokens(argument: &str) -> Vec<Token<'_>> {
    let (mut tokens, mut rest) = (Vec::new(), argument.trim_start());
    while let Some(first) = rest.chars().next() {
        let (token, length) = token(rest, first, tokens.last());
        tokens.push(token);
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    tokens
}

fn token<'a>(rest: &'a str, first: char, before: Option<&Token<'_>>) -> (Token<'a>, usize) {
    let digits = |text: &str| {
        text.len()
            - text
                .trim_start_matches(|it: char| it.is_ascii_digit() || it == '.')
                .len()
    };
    let is_operand = matches!(before, Some(Token::Name(_) | Token::Number | Token::Other));
    match first {
        '"' | '\'' => {
            let end = rest[1..].find(first).map_or(rest.len(), |end| end + 2);
            (Token::Other, end)
        }
        '$' => reference(rest),
        '0'..='9' => (Token::Number, digits(rest)),
        '-' if !is_operand && digits(&rest[1..]) > 0 => (Token::Number, 1 + digits(&rest[1..])),
        '<' | '>' | '=' | '!' | '+' | '-' | '*' | '/' | '%' | '&' | '|' => {
            let length = match rest.get(..2) {
                Some("<=" | ">=" | "==" | "!=" | "&&" | "||") => 2,
                _ => 1,
            };
            (Token::Operator(&rest[..length]), length)
        }
        '(' | ')' => (Token::Operator(&rest[..1]), 1),
        _ => match scan::identifier(rest) {
            0 => (Token::Other, first.len_utf8()),
            length if ORDERING.contains(&&rest[..length]) => {
                (Token::Operator(&rest[..length]), length)
            }
            length => (Token::Other, length),
        },
    }
}

/// A reference, with all that is called on it.
fn reference(rest: &str) -> (Token<'_>, usize) {
    let mut end = 1 + usize::from(rest[1..].starts_with('!'));
    let braced = rest[end..].starts_with('{');
    end += usize::from(braced);
    let length = scan::identifier(&rest[end..]);
    let name = &rest[end..end + length];
    end += length;
    let mut is_plain = length > 0;
    loop {
        let behind = &rest[end..];
        let property = behind.strip_prefix('.').map_or(0, scan::identifier);
        end += match behind.chars().next() {
            Some('.') if property > 0 => 1 + property,
            Some('(' | '[') => brackets(behind),
            Some('}') if braced => {
                end += 1;
                break;
            }
            _ => break,
        };
        is_plain = false;
    }
    (
        if is_plain {
            Token::Name(name)
        } else {
            Token::Other
        },
        end,
    )
}

/// The bytes from an opening bracket to its closing one.
fn brackets(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' | '[' => depth += 1,
            ')' | ']' if depth == 1 => return at + 1,
            ')' | ']' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

/// Inputs that needn't be given, printed in the open: a reference without a value fails here.
fn optional_inputs(parts: &Parts<'_>, site: &Site<'_>, report: &mut Report<'_>) {
    for used in &site.uses.references {
        let Some(name) = used.properties.first().filter(|_| used.root == "input") else {
            continue;
        };
        let printed = matches!(used.as_what, As::Printed | As::PrintedInQuotes);
        let named = parts
            .input_schema
            .pointer("/properties")
            .and_then(|all| all.get(*name));
        let asked = site.uses.directives.iter().any(|directive| {
            matches!(directive.name, "if" | "elseif" | "set") && directive.argument.contains(*name)
        });
        if printed && !used.quiet && named.is_some() && !super::is_required(parts, name) && !asked {
            let message = format!(
                "where `input.{name}` is not given, every call fails here, after it was sent; write $!{{input.{name}}}, \
                 or ask with #if($input.{name}) first"
            );
            report.add(site, used.offset, message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Token, tokens};

    #[test]
    fn conditions_are_taken_apart() {
        use Token::{Name, Number, Operator, Other};
        for (argument, expected) in [
            ("$a > 1", vec![Name("a"), Operator(">"), Number]),
            (
                "${a}>=$!{b-c}",
                vec![Name("a"), Operator(">="), Name("b-c")],
            ),
            ("$a.length() gt -1", vec![Other, Operator("gt"), Number]),
            (
                "$x = $a -1",
                vec![Name("x"), Operator("="), Name("a"), Operator("-"), Number],
            ),
            ("'$a > 1' == \"$b\"", vec![Other, Operator("=="), Other]),
            (
                "!$a && ($b[0] < 2)",
                vec![
                    Operator("!"),
                    Name("a"),
                    Operator("&&"),
                    Operator("("),
                    Other,
                    Operator("<"),
                    Number,
                    Operator(")"),
                ],
            ),
            (
                "$math.toNumber($a) > 1.5",
                vec![Other, Operator(">"), Number],
            ),
            ("${a.b} < é", vec![Other, Operator("<"), Other]),
        ] {
            assert_eq!(tokens(argument), expected, "{argument}");
        }
    }
}
