//! From text to a path.

mod bracket;
mod call;

use crate::chain::{Chain, Root, Slots, Step};
use crate::text::Text;
use crate::{CompileError, MAX_DEPTH, MAX_PATH_BYTES, MAX_STEPS};
use tollgate_meter::Meter;

/// Compiles paths; one for a path and for all paths inside of it.
pub(crate) struct Compiler<'m> {
    pub(crate) slots: Slots,
    pub(crate) meter: &'m Meter,
    depth: usize,
}

/// Compiles a whole path.
pub(crate) fn path(text: &str, meter: &Meter) -> Result<(Chain, Slots), CompileError> {
    if text.len() > MAX_PATH_BYTES {
        let message = format!("a path may have {MAX_PATH_BYTES} bytes");
        return Err(CompileError {
            offset: MAX_PATH_BYTES,
            message,
        });
    }
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut compiler = Compiler {
        slots: Slots::default(),
        meter,
        depth: 0,
    };
    match compiler.path(&units, 0) {
        Ok(chain) => Ok((chain, compiler.slots)),
        Err(error) => Err(CompileError {
            offset: bytes(text, error.offset),
            message: error.message,
        }),
    }
}

/// The bytes that so many units of a text take.
fn bytes(text: &str, units: usize) -> usize {
    let mut left = units;
    let letters = text.chars().take_while(|letter| {
        let here = left > 0;
        left = left.saturating_sub(letter.len_utf16());
        here
    });
    letters.map(char::len_utf8).sum()
}

impl Compiler<'_> {
    /// A path as it is written by itself or in a filter: blanks around it don't matter, and `$.` may be left
    /// out.
    pub(crate) fn path(&mut self, units: &[u16], origin: isize) -> Result<Chain, CompileError> {
        let rooted = matches!(units.first(), Some(0x24 | 0x40));
        let longer: Vec<u16>;
        let mut text = if rooted {
            Text::new(units, origin)
        } else if units.is_empty() {
            return Err(Text::new(units, origin).expected("a path, as in $.name"));
        } else {
            longer = "$.".encode_utf16().chain(units.iter().copied()).collect();
            Text::new(&longer, origin - 2)
        };
        text.trim();
        if text.is(text.end - 1, '.') {
            return Err(text.fault(text.end - 1, "a path can't end with a dot"));
        }
        self.chain(&mut text)
    }

    /// A path from its root on.
    pub(crate) fn chain(&mut self, text: &mut Text<'_>) -> Result<Chain, CompileError> {
        while matches!(text.get(text.at), Ok(' ' | '\t' | '\n' | '\r')) && text.holds(text.at) {
            text.at += 1;
        }
        let root = match text.here()? {
            '$' => Root::Document,
            '@' => Root::Candidate,
            _ => return Err(text.expected("$ or @")),
        };
        let mut steps = Vec::new();
        if !text.is_done() {
            text.at += 1;
            if !matches!(text.here()?, '.' | '[') {
                return Err(text.expected(". or [ after the root"));
            }
            self.within(text, |compiler, text| compiler.steps(text, &mut steps))?;
        }
        Ok(Chain::new(root, steps, &mut self.slots))
    }

    /// Compiles what lies one level deeper.
    pub(crate) fn within<'t, T>(
        &mut self,
        text: &mut Text<'t>,
        compile: impl FnOnce(&mut Self, &mut Text<'t>) -> Result<T, CompileError>,
    ) -> Result<T, CompileError> {
        if self.depth >= MAX_DEPTH {
            return Err(text.fault(text.at, "the path nests too deeply"));
        }
        self.depth += 1;
        let compiled = compile(self, text);
        self.depth -= 1;
        compiled
    }

    fn steps(&mut self, text: &mut Text<'_>, steps: &mut Vec<Step>) -> Result<(), CompileError> {
        loop {
            if steps.len() >= MAX_STEPS {
                return Err(text.fault(text.at, "the path has too many steps"));
            }
            match text.here()? {
                '.' => {
                    dots(text, steps)?;
                    continue;
                }
                '[' => steps.push(self.bracket(text)?),
                '*' => {
                    text.at += 1;
                    steps.push(Step::Wildcard);
                }
                _ => steps.push(self.word(text)?),
            }
            if text.is_done() {
                return Ok(());
            }
        }
    }

    /// A name, or a function and what it is given.
    fn word(&mut self, text: &mut Text<'_>) -> Result<Step, CompileError> {
        let start = text.at;
        if text.is(start, ' ') {
            return Err(text.expected("a name"));
        }
        let mut end = start;
        while text.holds(end) && !matches!(text.get(end)?, '.' | '[' | '(') {
            if text.is(end, ' ') {
                let message =
                    "a space is not allowed here; write ['a name'] for a name with spaces";
                return Err(text.fault(end, message));
            }
            end += 1;
        }
        text.at = end;
        let name = text.string(start, end);
        if text.is(end, '(') {
            return self.call(text, name);
        }
        Ok(Step::Name(name))
    }
}

/// One dot, or the two of a scan.
fn dots(text: &mut Text<'_>, steps: &mut Vec<Step>) -> Result<(), CompileError> {
    if text.is(text.at + 1, '.') {
        steps.push(Step::Scan);
        text.at += 2;
    } else {
        text.at += 1;
    }
    if !text.holds(text.at) || text.is(text.at, '.') {
        return Err(text.expected("a name"));
    }
    Ok(())
}
