//! From text to steps.

use crate::filter;
use crate::function::Function;
use crate::step::Step;
use crate::{CompileError, MAX_PATH_BYTES, MAX_STEPS};

/// Reads a whole path.
pub(crate) fn path(text: &str) -> Result<(Vec<Step>, Option<Function>), CompileError> {
    if text.len() > MAX_PATH_BYTES {
        let message = format!("a path may have {MAX_PATH_BYTES} bytes");
        return Err(CompileError {
            offset: MAX_PATH_BYTES,
            message,
        });
    }
    let mut cursor = Cursor::new(text);
    cursor.skip_spaces();
    let mut steps = Vec::new();
    let mut function = None;
    if cursor.rest().trim().is_empty() {
        return Err(cursor.error("expected a path, as in $.name"));
    }
    if cursor.take("$") || cursor.take("@") {
        if !matches!(cursor.peek(), None | Some('.' | '[')) && !cursor.rest().trim().is_empty() {
            return Err(cursor.error("expected . or [ after the root"));
        }
    } else if !matches!(cursor.peek(), Some('.' | '[')) {
        name(&mut cursor, &mut steps, &mut function)?;
    }
    while !cursor.rest().trim_end().is_empty() {
        if steps.len() >= MAX_STEPS {
            return Err(cursor.error("the path has too many steps"));
        }
        if function.is_some() {
            return Err(cursor.error("a function must end the path"));
        }
        if let Some(Step::Names(_)) = steps.last() {
            return Err(cursor.error("several names must end the path"));
        }
        step(&mut cursor, &mut steps, &mut function)?;
    }
    if matches!(steps.last(), Some(Step::Scan)) {
        return Err(cursor.error("a path can't end with a scan"));
    }
    Ok((steps, function))
}

fn step(
    cursor: &mut Cursor<'_>,
    steps: &mut Vec<Step>,
    function: &mut Option<Function>,
) -> Result<(), CompileError> {
    if cursor.take("[") {
        steps.push(bracket(cursor)?);
        return Ok(());
    }
    if cursor.take("..") {
        steps.push(Step::Scan);
        cursor.take(".");
    } else {
        // The dot after a closing bracket may be left out, as in `[0]name`.
        cursor.take(".");
    }
    match cursor.peek() {
        Some('[') => Ok(()),
        _ => name(cursor, steps, function),
    }
}

fn name(
    cursor: &mut Cursor<'_>,
    steps: &mut Vec<Step>,
    function: &mut Option<Function>,
) -> Result<(), CompileError> {
    let word = cursor.take_while(|c| c != '.' && c != '[' && !c.is_whitespace());
    if cursor.peek().is_some_and(char::is_whitespace) && !cursor.rest().trim().is_empty() {
        return Err(
            cursor.error("a space is not allowed here; write ['a name'] for a name with spaces")
        );
    }
    if word.is_empty() {
        return Err(cursor.error("expected a name"));
    }
    if word == "*" {
        steps.push(Step::Wildcard);
    } else if let Some(called) = word.strip_suffix("()") {
        let unknown = || cursor.error(&format!("no such function; there are {}", Function::NAMES));
        *function = Some(Function::from_name(called).ok_or_else(unknown)?);
    } else {
        steps.push(Step::Name(word.to_owned()));
    }
    Ok(())
}

fn bracket(cursor: &mut Cursor<'_>) -> Result<Step, CompileError> {
    cursor.skip_spaces();
    let step = match cursor.peek() {
        Some('*') => {
            cursor.take("*");
            Step::Wildcard
        }
        Some('?') => {
            cursor.take("?");
            cursor.skip_spaces();
            cursor.expect("(")?;
            let filter = filter::parse(cursor, 0)?;
            cursor.expect(")")?;
            Step::Filter(filter)
        }
        Some('\'' | '"') => names(cursor)?,
        Some('-' | ':' | '0'..='9') => numbers(cursor)?,
        _ => return Err(cursor.error("expected *, ?(…), a quoted name or an index")),
    };
    cursor.skip_spaces();
    cursor.expect("]")?;
    Ok(step)
}

fn names(cursor: &mut Cursor<'_>) -> Result<Step, CompileError> {
    let mut all = Vec::new();
    loop {
        cursor.skip_spaces();
        match cursor.peek() {
            Some(quote @ ('\'' | '"')) => all.push(cursor.quoted(quote)?),
            _ => return Err(cursor.error("expected a quoted name")),
        }
        cursor.skip_spaces();
        if !cursor.take(",") {
            break;
        }
    }
    Ok(if all.len() == 1 {
        Step::Name(all.swap_remove(0))
    } else {
        Step::Names(all)
    })
}

fn numbers(cursor: &mut Cursor<'_>) -> Result<Step, CompileError> {
    let first = number(cursor)?;
    if cursor.take(":") {
        let last = number(cursor)?;
        if first.is_none() && last.is_none() {
            return Err(cursor.error("a slice needs a start or an end"));
        }
        return Ok(Step::Slice(first, last));
    }
    let mut all = Vec::new();
    all.extend(first);
    while cursor.take(",") {
        match number(cursor)? {
            Some(index) => all.push(index),
            None => return Err(cursor.error("expected an index")),
        }
    }
    match all.as_slice() {
        [] => Err(cursor.error("expected an index")),
        [index] => Ok(Step::Index(*index)),
        _ => Ok(Step::Indices(all)),
    }
}

/// A signed 32-bit number, if one is next.
fn number(cursor: &mut Cursor<'_>) -> Result<Option<i64>, CompileError> {
    cursor.skip_spaces();
    let start = cursor.offset();
    let text = cursor.take_while(|c| c == '-' || c.is_ascii_digit());
    cursor.skip_spaces();
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = |_| CompileError {
        offset: start,
        message: format!("{text} is no index"),
    };
    text.parse::<i32>()
        .map(|n| Some(i64::from(n)))
        .map_err(wrong)
}

/// A place in the text of a path.
#[derive(Debug)]
pub(crate) struct Cursor<'a> {
    text: &'a str,
    offset: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Cursor<'a> {
        Cursor { text, offset: 0 }
    }

    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    pub(crate) fn rest(&self) -> &'a str {
        &self.text[self.offset..]
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(crate) fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.offset += next.len_utf8();
        Some(next)
    }

    pub(crate) fn take(&mut self, word: &str) -> bool {
        let found = self.rest().starts_with(word);
        if found {
            self.offset += word.len();
        }
        found
    }

    pub(crate) fn take_while(&mut self, mut wanted: impl FnMut(char) -> bool) -> &'a str {
        let start = self.offset;
        while let Some(next) = self.peek() {
            if !wanted(next) {
                break;
            }
            self.offset += next.len_utf8();
        }
        &self.text[start..self.offset]
    }

    pub(crate) fn skip_spaces(&mut self) {
        self.take_while(char::is_whitespace);
    }

    pub(crate) fn expect(&mut self, word: &str) -> Result<(), CompileError> {
        if self.take(word) {
            Ok(())
        } else {
            Err(self.error(&format!("expected {word}")))
        }
    }

    /// A text in quotes; a backslash takes the next character as it is.
    pub(crate) fn quoted(&mut self, quote: char) -> Result<String, CompileError> {
        self.next();
        let mut text = String::new();
        loop {
            match self.next() {
                None => return Err(self.error(&format!("the text is not closed by {quote}"))),
                Some(c) if c == quote => return Ok(text),
                Some('\\') => text.extend(self.next()),
                Some(c) => text.push(c),
            }
        }
    }

    /// An error at this place, which also says what stands there.
    pub(crate) fn error(&self, expected: &str) -> CompileError {
        let found = match self.peek() {
            Some(c) => format!("found {c:?}"),
            None => "the path ends".to_owned(),
        };
        CompileError {
            offset: self.offset,
            message: format!("{expected}; {found}"),
        }
    }
}
