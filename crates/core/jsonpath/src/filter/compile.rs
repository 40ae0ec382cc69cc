//! From text to filters.

use crate::CompileError;
use crate::chain::{Chain, Filter, Literal, Operand, Operator, Pattern, Relation, Root};
use crate::compile::Compiler;
use crate::decimal::Decimal;
use crate::text::{Text, digit, unescape};
use crate::{literal, number};

impl Compiler<'_> {
    /// Reads a whole condition, its outer brackets included.
    pub(crate) fn filter(&mut self, text: &mut Text<'_>) -> Result<Filter, CompileError> {
        let filter = self.within(text, Self::any)?;
        text.skip_blanks();
        if text.holds(text.at) {
            return Err(text.expected("the end of the filter"));
        }
        Ok(filter)
    }

    fn any(&mut self, text: &mut Text<'_>) -> Result<Filter, CompileError> {
        let mut any = vec![self.all(text)?];
        while next(text, "||") {
            any.push(self.all(text)?);
        }
        Ok(match any.len() {
            1 => any.swap_remove(0),
            _ => Filter::Any(any),
        })
    }

    fn all(&mut self, text: &mut Text<'_>) -> Result<Filter, CompileError> {
        let mut all = vec![self.condition_of(text)?];
        while next(text, "&&") {
            all.push(self.condition_of(text)?);
        }
        Ok(match all.len() {
            1 => all.swap_remove(0),
            _ => Filter::All(all),
        })
    }

    fn condition_of(&mut self, text: &mut Text<'_>) -> Result<Filter, CompileError> {
        text.skip_blanks();
        let start = text.at;
        if text.here()? == '!' {
            text.at += 1;
            text.skip_blanks();
            if matches!(text.here()?, '$' | '@') {
                // The path itself sees that there is a `!` before it.
                text.at = start;
            } else {
                let negated = self.within(text, Self::condition_of)?;
                return Ok(Filter::Not(Box::new(negated)));
            }
        }
        if text.here()? == '(' {
            text.at += 1;
            let inner = self.within(text, Self::any)?;
            text.skip_blanks();
            if text.here()? != ')' {
                return Err(text.expected("&&, || or )"));
            }
            text.at += 1;
            return Ok(inner);
        }
        self.relation(text)
    }

    fn relation(&mut self, text: &mut Text<'_>) -> Result<Filter, CompileError> {
        let (left, wanted) = self.operand(text)?;
        let after = text.at;
        if let Some(operator) = operator(text)? {
            let (right, _) = self.operand(text)?;
            return Ok(Filter::Relation(Box::new(Relation {
                left,
                operator,
                right,
            })));
        }
        text.at = after;
        match left {
            Operand::Path { chain, .. } => Ok(Filter::Exists(Box::new(chain), wanted)),
            _ => {
                text.skip_blanks();
                Err(text.expected("an operator, as == != < <= > >= =~ in nin contains size empty"))
            }
        }
    }

    /// An operand; the flag is false where a `!` stands before a path.
    fn operand(&mut self, text: &mut Text<'_>) -> Result<(Operand, bool), CompileError> {
        text.skip_blanks();
        if text.here()? == '!' {
            text.at += 1;
            text.skip_blanks();
            if !matches!(text.here()?, '$' | '@') {
                return Err(text.expected("a path after !"));
            }
        }
        if !matches!(text.here()?, '$' | '@') {
            return Ok((self.literal(text)?, true));
        }
        let negated = matches!(text.previous(text.at), Some((_, '!')));
        let chain = self.operand_path(text)?;
        let kept = self.slots.kept;
        if chain.root == Root::Document && !chain.single {
            self.slots.kept += 1;
        }
        Ok((Operand::Path { chain, kept }, !negated))
    }

    /// A path ends before a blank, a sign of an operator, or a bracket that closes no function.
    fn operand_path(&mut self, text: &mut Text<'_>) -> Result<Chain, CompileError> {
        let start = text.at;
        text.at += 1;
        while text.holds(text.at) {
            if text.here()? == '[' {
                let close = text.closing(text.at, '[', ']', false)?;
                let close = close.ok_or_else(|| text.fault(text.at, "not closed by ]"))?;
                text.at = close + 1;
            }
            let here = text.here()?;
            if !text.holds(text.at) || here == ' ' || is_sign(here) {
                break;
            }
            if here == ')' && !closes_function(text, start) {
                break;
            }
            text.at += 1;
        }
        let (units, origin) = text.part(start, text.at);
        self.path(units, origin)
    }

    fn literal(&mut self, text: &mut Text<'_>) -> Result<Operand, CompileError> {
        let start = text.at;
        match text.here()? {
            quote @ ('\'' | '"') => {
                let end = text.unescaped(start, quote);
                let end = end.ok_or_else(|| {
                    text.fault(start, &format!("the text is not closed by {quote}"))
                })?;
                text.at = end + 1;
                let plain = unescape(text.part(start + 1, end).0);
                let fault = || text.fault(start, "expected \\u and four hexadecimal digits");
                plain.map(Operand::Text).ok_or_else(fault)
            }
            't' if word(text, "true") => Ok(Operand::Bool(true)),
            'f' if word(text, "false") => Ok(Operand::Bool(false)),
            'n' if word(text, "null") => Ok(Operand::Null),
            open @ ('{' | '[') => {
                let close = if open == '[' { ']' } else { '}' };
                let end = text.closing(start, open, close, false)?;
                let end =
                    end.ok_or_else(|| text.fault(start, &format!("not closed by {close}")))?;
                text.at = end + 1;
                Ok(Operand::Json(Literal {
                    text: text.string(start, text.at),
                    value: literal::read(text.part(start, text.at).0),
                }))
            }
            '/' => self.pattern(text),
            _ => {
                let in_number = |letter: char| {
                    matches!(letter, '-' | '.' | 'e' | 'E') || digit(letter).is_some()
                };
                while text.holds(text.at) && in_number(text.here()?) {
                    text.at += 1;
                }
                let written = text.string(start, text.at);
                let ascii = |letter| digit(letter).and_then(|digit| char::from_digit(digit, 10));
                let written: String = written
                    .chars()
                    .map(|letter| ascii(letter).unwrap_or(letter))
                    .collect();
                if Decimal::parse(&written).is_none() {
                    text.at = start;
                    return Err(text.expected("@…, $…, a quoted text, a number, a list or /…/"));
                }
                Ok(Operand::Number(number::decimal(&written).into_owned()))
            }
        }
    }

    fn pattern(&mut self, text: &mut Text<'_>) -> Result<Operand, CompileError> {
        let start = text.at;
        let end = text.unescaped(start, '/');
        let end = end.ok_or_else(|| text.fault(start, "the pattern is not closed by /"))?;
        text.at = end + 1;
        while text.holds(text.at) && "dixmsuU".contains(text.here()?) {
            text.at += 1;
        }
        let pattern = text.string(start + 1, end);
        let flags = text.string(end + 1, text.at);
        let compiled = Pattern::compile(&pattern, &flags, self.meter);
        compiled
            .map(Operand::Pattern)
            .map_err(|message| text.fault(start, &message))
    }
}

/// Takes the two signs, if they are next.
fn next(text: &mut Text<'_>, signs: &str) -> bool {
    let before = text.at;
    text.skip_blanks();
    let found = signs
        .chars()
        .enumerate()
        .all(|(at, sign)| text.is(text.at + at, sign));
    text.at = if found { text.at + signs.len() } else { before };
    found
}

/// Takes the word, if it is next.
fn word(text: &mut Text<'_>, word: &str) -> bool {
    let found = word
        .chars()
        .enumerate()
        .all(|(at, letter)| text.is(text.at + at, letter));
    if found {
        text.at += word.len();
    }
    found
}

fn is_sign(letter: char) -> bool {
    matches!(letter, '<' | '>' | '=' | '~' | '!')
}

/// The operator that is next: all signs in a row, or all up to a blank.
fn operator(text: &mut Text<'_>) -> Result<Option<Operator>, CompileError> {
    text.skip_blanks();
    let start = text.at;
    let signs = is_sign(text.here()?);
    while text.holds(text.at) {
        let here = text.here()?;
        if if signs { !is_sign(here) } else { here == ' ' } {
            break;
        }
        text.at += 1;
    }
    Ok(Operator::named(&text.string(start, text.at)))
}

/// Whether the closing bracket here belongs to a function without parameters, of the path that starts there.
fn closes_function(text: &Text<'_>, start: usize) -> bool {
    let Some((open, '(')) = text.previous(text.at) else {
        return false;
    };
    (start + 1..open).any(|at| text.is(at, '.'))
}
