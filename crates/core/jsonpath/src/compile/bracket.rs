//! Steps in square brackets.

use super::Compiler;
use crate::CompileError;
use crate::chain::Step;
use crate::text::{Text, digit, unescape};
use std::sync::Arc;

impl Compiler<'_> {
    /// `['name']`, `[0]`, `[1:2]`, `[*]`, `[?(…)]`.
    pub(super) fn bracket(&mut self, text: &mut Text<'_>) -> Result<Step, CompileError> {
        let first = text.significant(text.at);
        if !text.holds(first) {
            return Err(text.fault(first, "the bracket is not closed by ]"));
        }
        match text.get(first)? {
            quote @ ('\'' | '"') => names(text, quote),
            '*' => {
                let close = text.significant(first);
                if !text.is(close, ']') {
                    return Err(text.fault(close, "expected ] after *"));
                }
                text.at = close + 1;
                Ok(Step::Wildcard)
            }
            '?' => self.condition(text, first),
            letter if matches!(letter, '-' | ':') || digit(letter).is_some() => places(text),
            _ => {
                text.at = first;
                Err(text.expected("*, ?(…), a quoted name or an index"))
            }
        }
    }

    /// `[?(…)]`, the question mark at its place.
    fn condition(&mut self, text: &mut Text<'_>, mark: usize) -> Result<Step, CompileError> {
        let open = text.significant(mark);
        if !text.is(open, '(') {
            let message = "expected (; there is no filter to be filled in for [?]";
            return Err(text.fault(open, message));
        }
        let close = text.closing(open, '(', ')', true)?;
        let close = close.ok_or_else(|| text.fault(open, "the filter is not closed by )"))?;
        let end = text.significant(close);
        if !text.is(end, ']') {
            return Err(text.fault(end, "expected ] after the filter"));
        }
        let (units, origin) = text.part(text.at, end + 1);
        let mut inner = Text::new(units, origin);
        inner.end -= 1;
        inner.at = open - text.at;
        // Blanks before the last bracket.
        while inner.is(inner.end - 1, ' ') {
            inner.end -= 1;
        }
        let filter = self.filter(&mut inner)?;
        text.at = end + 1;
        Ok(Step::Filter(Arc::new(filter)))
    }
}

/// `['a']` or `['a', 'b']`. Outside of the quotes, everything but the comma and the closing bracket is skipped.
fn names(text: &mut Text<'_>, quote: char) -> Result<Step, CompileError> {
    let mut names = Vec::new();
    let (mut start, mut end) = (None, 0);
    let (mut escaped, mut comma) = (false, false);
    let mut at = text.at + 1;
    while text.holds(at) {
        let letter = text.get(at)?;
        if escaped {
            escaped = false;
        } else if letter == '\\' {
            escaped = true;
        } else if letter == quote {
            match start.take() {
                None => {
                    start = Some(at + 1);
                    comma = false;
                }
                Some(from) => {
                    let next = text.significant(at);
                    if !text.is(next, ']') && !text.is(next, ',') {
                        return Err(text.fault(next, "expected , or ] after the name"));
                    }
                    end = at;
                    let name = unescape(text.part(from, at).0);
                    names.push(
                        name.ok_or_else(|| text.fault(from, "expected \\u and four digits"))?,
                    );
                }
            }
        } else if start.is_none() && letter == ']' {
            if comma {
                return Err(text.fault(at, "expected a quoted name"));
            }
            break;
        } else if start.is_none() && letter == ',' {
            if comma {
                return Err(text.fault(at, "expected a quoted name"));
            }
            comma = true;
        }
        at += 1;
    }
    if start.is_some() {
        return Err(text.fault(text.end, &format!("the name is not closed by {quote}")));
    }
    let close = text.significant(end);
    if !text.is(close, ']') {
        return Err(text.fault(close, "expected ] after the names"));
    }
    text.at = close + 1;
    Ok(match names.len() {
        1 => Step::Name(names.swap_remove(0)),
        _ => Step::Names(names),
    })
}

/// `[0]`, `[0, 1]`, `[1:]`, `[:2]`, `[1:2]`. A slice's step is ignored, as the reference does.
fn places(text: &mut Text<'_>) -> Result<Step, CompileError> {
    let start = text.at + 1;
    let close = text.find(start, ']');
    let close = close.ok_or_else(|| text.fault(text.end, "the bracket is not closed by ]"))?;
    let written = text.string(start, close);
    let wrong = |what: &str| text.fault(start, &format!("[{written}] {what}"));
    let trimmed = written.trim_matches(|letter| letter <= ' ');
    let step = if trimmed.contains(':') {
        let mut ends = trimmed.split(':');
        let mut end = || match ends.next() {
            None | Some("") => Ok(None),
            Some(end) => integer(end).map(Some).ok_or_else(|| wrong("is no slice")),
        };
        let (from, to) = (end()?, end()?);
        let known = |letter: char| matches!(letter, '-' | ':') || digit(letter).is_some();
        if from.is_none() && to.is_none() {
            return Err(wrong("is no slice: it needs a start or an end"));
        }
        if !trimmed.chars().all(known) {
            return Err(wrong("is no slice"));
        }
        Step::Slice(from, to)
    } else {
        let places = trimmed
            .split(',')
            .map(|place| integer(place.trim_matches(' ')));
        let mut places: Vec<i32> = places
            .collect::<Option<_>>()
            .ok_or_else(|| wrong("is no index"))?;
        match places.len() {
            1 => Step::Index(places.swap_remove(0)),
            _ => Step::Indices(places),
        }
    };
    text.at = close + 1;
    Ok(step)
}

/// A signed number of 32 bits.
fn integer(text: &str) -> Option<i32> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    if digits.is_empty() {
        return None;
    }
    let value = digits.chars().try_fold(0_i64, |value, letter| {
        let value = value * 10 + i64::from(digit(letter)?);
        (value <= 1 << 31).then_some(value)
    })?;
    i32::try_from(if negative { -value } else { value }).ok()
}
