//! Filters: `[?(@.a == 'x' && @.b)]`, compiled.
//!
//! `||` binds weaker than `&&`, `!` strongest; brackets group. A path in a filter must be definite and
//! may start at `@` (the candidate) or `$` (the document). A word without quotes is taken as text.

use crate::parse::Cursor;
use crate::{CompileError, MAX_DEPTH, Path};
use serde_json::Value;
use tollgate_meter::{Meter, Pattern};

/// A condition on a candidate.
#[derive(Debug, Clone)]
pub(crate) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    /// The operand is there and not null.
    Exists(Operand),
    Compare(Operand, Order, Operand),
    /// `=~`: the whole text matches.
    Matches(Operand, Pattern),
    /// `in`, and `nin` where the flag is false.
    Among(Operand, Vec<Operand>, bool),
}

/// One side of a comparison.
#[derive(Debug, Clone)]
pub(crate) enum Operand {
    /// `@…`.
    Candidate(Box<Path>),
    /// `$…`.
    Document(Box<Path>),
    /// A literal: its text, without quotes.
    Text(Value),
}

/// The orderings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Longest first, so that `<=` is not read as `<`.
const ORDERS: [(&str, Order); 6] = [
    ("==", Order::Equal),
    ("!=", Order::NotEqual),
    ("<=", Order::LessOrEqual),
    (">=", Order::GreaterOrEqual),
    ("<", Order::Less),
    (">", Order::Greater),
];

/// Reads a condition up to the bracket that closes it.
pub(crate) fn parse(cursor: &mut Cursor<'_>, depth: usize) -> Result<Filter, CompileError> {
    if depth > MAX_DEPTH {
        return Err(cursor.error("the filter nests too deeply"));
    }
    let mut any = vec![conjunction(cursor, depth)?];
    while cursor.take("||") {
        any.push(conjunction(cursor, depth)?);
    }
    Ok(if any.len() == 1 {
        any.swap_remove(0)
    } else {
        Filter::Any(any)
    })
}

fn conjunction(cursor: &mut Cursor<'_>, depth: usize) -> Result<Filter, CompileError> {
    let mut all = vec![condition(cursor, depth)?];
    while cursor.take("&&") {
        all.push(condition(cursor, depth)?);
    }
    Ok(if all.len() == 1 {
        all.swap_remove(0)
    } else {
        Filter::All(all)
    })
}

fn condition(cursor: &mut Cursor<'_>, depth: usize) -> Result<Filter, CompileError> {
    cursor.skip_spaces();
    let inner = if cursor.take("!") {
        if depth > MAX_DEPTH {
            return Err(cursor.error("the filter nests too deeply"));
        }
        Filter::Not(Box::new(condition(cursor, depth + 1)?))
    } else if cursor.take("(") {
        let inner = parse(cursor, depth + 1)?;
        cursor.skip_spaces();
        cursor.expect(")")?;
        inner
    } else {
        comparison(cursor)?
    };
    cursor.skip_spaces();
    Ok(inner)
}

fn comparison(cursor: &mut Cursor<'_>) -> Result<Filter, CompileError> {
    let left = operand(cursor)?;
    cursor.skip_spaces();
    if cursor.take("=~") {
        cursor.skip_spaces();
        return Ok(Filter::Matches(left, pattern(cursor)?));
    }
    for (word, wanted) in [("nin", false), ("in", true)] {
        if cursor
            .rest()
            .strip_prefix(word)
            .is_some_and(|r| r.starts_with([' ', '[']))
        {
            cursor.take(word);
            return Ok(Filter::Among(left, list(cursor)?, wanted));
        }
    }
    for (sign, order) in ORDERS {
        if cursor.take(sign) {
            cursor.skip_spaces();
            return Ok(Filter::Compare(left, order, operand(cursor)?));
        }
    }
    match left {
        Operand::Text(_) => Err(cursor.error("expected an operator: == != < <= > >= =~ in nin")),
        path => Ok(Filter::Exists(path)),
    }
}

fn operand(cursor: &mut Cursor<'_>) -> Result<Operand, CompileError> {
    let start = cursor.offset();
    match cursor.peek() {
        Some(quote @ ('\'' | '"')) => Ok(Operand::Text(Value::String(cursor.quoted(quote)?))),
        Some(root @ ('@' | '$')) => {
            let text = path_text(cursor);
            let path = Path::compile(text).map_err(|e| CompileError {
                offset: start + e.offset,
                message: e.message,
            })?;
            if !path.is_definite() {
                let message = format!("{text} in a filter must lead to one place");
                return Err(CompileError {
                    offset: start,
                    message,
                });
            }
            let path = Box::new(path);
            Ok(if root == '@' {
                Operand::Candidate(path)
            } else {
                Operand::Document(path)
            })
        }
        _ => {
            let word = cursor.take_while(|c| !" ()[]&|=!<>,~'\"".contains(c));
            if word.is_empty() {
                return Err(cursor.error("expected @…, $…, a number or a quoted text"));
            }
            Ok(Operand::Text(Value::String(word.to_owned())))
        }
    }
}

/// The path an operand starts with: up to a space, an operator or a bracket that it did not open.
fn path_text<'a>(cursor: &mut Cursor<'a>) -> &'a str {
    let (mut square, mut round, mut quote) = (0_usize, 0_usize, None);
    cursor.take_while(|c| {
        if let Some(open) = quote {
            if c == open {
                quote = None;
            }
            return true;
        }
        match c {
            '\'' | '"' if square > 0 => quote = Some(c),
            '[' => square += 1,
            ']' if square == 0 => return false,
            ']' => square -= 1,
            '(' => round += 1,
            ')' if round == 0 => return false,
            ')' => round -= 1,
            _ if square > 0 => {}
            ' ' | '=' | '!' | '<' | '>' | '&' | '|' | ',' | '~' => return false,
            _ => {}
        }
        true
    })
}

fn list(cursor: &mut Cursor<'_>) -> Result<Vec<Operand>, CompileError> {
    cursor.skip_spaces();
    cursor.expect("[")?;
    let mut items = Vec::new();
    loop {
        cursor.skip_spaces();
        if cursor.take("]") {
            return Ok(items);
        }
        if !items.is_empty() {
            cursor.expect(",")?;
            cursor.skip_spaces();
        }
        items.push(operand(cursor)?);
    }
}

/// Java's short classes are of ASCII.
fn ascii_class(c: char) -> Option<&'static str> {
    Some(match c {
        'd' => "[0-9]",
        'D' => "[^0-9]",
        'w' => "[A-Za-z0-9_]",
        'W' => "[^A-Za-z0-9_]",
        's' => "[ \\t\\n\\x0B\\x0C\\r]",
        'S' => "[^ \\t\\n\\x0B\\x0C\\r]",
        _ => return None,
    })
}

fn pattern(cursor: &mut Cursor<'_>) -> Result<Pattern, CompileError> {
    let start = cursor.offset();
    cursor.expect("/")?;
    let mut text = String::new();
    loop {
        match cursor.next() {
            None => return Err(cursor.error("the pattern is not closed by /")),
            Some('/') => break,
            Some('\\') if cursor.peek() == Some('/') => {}
            Some('\\') => match cursor.next() {
                Some(c) if ascii_class(c).is_some() => text.extend(ascii_class(c)),
                escaped => {
                    text.push('\\');
                    text.extend(escaped);
                }
            },
            Some(c) => text.push(c),
        }
    }
    let flags = cursor.take_while(|c| c.is_ascii_alphabetic());
    let known: String = flags.chars().filter(|c| "imsxu".contains(*c)).collect();
    if known.len() != flags.len() {
        return Err(cursor.error("expected flags out of i m s x u"));
    }
    let flags = if known.is_empty() {
        String::new()
    } else {
        format!("(?{known})")
    };
    let compiled = Pattern::compile(&format!("{flags}^(?:{text})$"), &Meter::default());
    compiled.map_err(|e| CompileError {
        offset: start,
        message: format!("not a pattern: {e}"),
    })
}
