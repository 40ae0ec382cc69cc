//! What a function is given.
//!
//! The reference looks for the end of each parameter by counting brackets, braces and quotes, and takes
//! parameters that start with a digit, a minus, a brace or a double quote as JSON, those that start with `$`
//! or `@` as paths. Of any other it takes the rest from the first such character on, or nothing.

use super::Compiler;
use crate::CompileError;
use crate::chain::{Call, Function, Parameter, Step};
use crate::literal;
use crate::text::{Text, digit};
use std::sync::Arc;

/// What a parameter is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Json,
    Path,
}

/// Brackets, braces and quotes that are open.
struct Nesting {
    round: i32,
    square: u32,
    brace: u32,
    quote: u32,
}

impl Compiler<'_> {
    /// A function's brackets, the place at the opening one.
    pub(super) fn call(&mut self, text: &mut Text<'_>, name: String) -> Result<Step, CompileError> {
        let open = text.at;
        let unclosed = |text: &Text<'_>| {
            let message = format!("what {name}( is given is not closed by )");
            text.fault(open, &message)
        };
        let mut depth = 1;
        for at in open + 1..text.end {
            match text.get(at)? {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        if depth != 0 {
            return Err(unclosed(text));
        }
        text.at = open + 1;
        let mut parameters = Vec::new();
        // Without parameters the closing bracket is left to what follows, as the reference does.
        if !text.is(text.at, ')') && !self.parameters(text, &mut parameters)? {
            return Err(unclosed(text));
        }
        self.slots.counts += 1;
        Ok(Step::Call(Arc::new(Call {
            function: Function::named(&name),
            name,
            parameters,
            count: self.slots.counts - 1,
        })))
    }

    /// Gives whether all brackets were closed.
    fn parameters(
        &mut self,
        text: &mut Text<'_>,
        parameters: &mut Vec<Parameter>,
    ) -> Result<bool, CompileError> {
        let mut open = Nesting {
            round: 1,
            square: 0,
            brace: 0,
            quote: 0,
        };
        let mut kind = None;
        let (mut parameter, mut start) = (Vec::new(), text.at);
        let mut before = '\0';
        while text.holds(text.at) {
            let letter = text.here()?;
            let unit = text.part(text.at, text.at + 1).0[0];
            text.at += 1;
            if kind.is_none() {
                if matches!(letter, ' ' | '\t' | '\n' | '\r') {
                    continue;
                }
                start = text.at - 1;
                if matches!(letter, '{' | '"' | '-') || digit(letter).is_some() {
                    kind = Some(Kind::Json);
                } else if matches!(letter, '$' | '@') {
                    kind = Some(Kind::Path);
                }
            }
            if let Some(message) = open.count(letter, before) {
                return Err(text.fault(text.at - 1, message));
            }
            if letter == ')' && (open.round < 0 || before == '(') {
                parameter.push(unit);
            }
            if open.ends(letter) {
                if let Some(kind) = kind.take() {
                    let (_, origin) = text.part(start, start);
                    parameters.push(self.parameter(kind, &parameter, origin)?);
                    parameter.clear();
                }
                if open.round == 0 {
                    return Ok(true);
                }
            }
            let separates = letter == ',' && open.square == 0 && open.brace == 0 && open.round == 1;
            if kind.is_some() && !separates {
                parameter.push(unit);
            }
            before = letter;
        }
        Ok(open.round == 0 && open.square == 0 && open.brace == 0)
    }

    fn parameter(
        &mut self,
        kind: Kind,
        units: &[u16],
        origin: isize,
    ) -> Result<Parameter, CompileError> {
        match kind {
            Kind::Json => Ok(Parameter::Json(literal::read(units))),
            Kind::Path => {
                let mut text = Text::new(units, origin);
                let chain = self.within(&mut text, Self::chain)?;
                Ok(Parameter::path(chain, &mut self.slots))
            }
        }
    }
}

impl Nesting {
    /// Counts a character in; says what is wrong with it.
    fn count(&mut self, letter: char, before: char) -> Option<&'static str> {
        match letter {
            '"' if before != '\\' && self.quote > 0 => self.quote -= 1,
            '"' => self.quote += 1,
            '(' => self.round += 1,
            ')' => self.round -= 1,
            '{' => self.brace += 1,
            '[' => self.square += 1,
            '}' if self.brace == 0 => return Some("a } that closes nothing"),
            '}' => self.brace -= 1,
            ']' if self.square == 0 => return Some("a ] that closes nothing"),
            ']' => self.square -= 1,
            _ => {}
        }
        None
    }

    /// Whether a parameter ends with this character.
    fn ends(&self, letter: char) -> bool {
        let outside = self.quote == 0 && self.brace == 0 && self.square == 0;
        let last = self.round == 0 && letter == ')';
        matches!(letter, ')' | ',') && outside && (last || self.round == 1)
    }
}
