//! References and expressions.

use super::MAX_DEPTH;
use crate::error::Fault;
use crate::node::{Expression, Operator, Part, Reference};

/// Reads through a text.
pub(super) struct Scanner<'a> {
    text: &'a str,
    pub(super) at: usize,
    depth: usize,
}

/// Operators of each level, the loosest first. Words end where a name would.
const LEVELS: [&[(&str, Operator)]; 6] = [
    &[("||", Operator::Or), ("or", Operator::Or)],
    &[("&&", Operator::And), ("and", Operator::And)],
    &[
        ("==", Operator::Equal),
        ("eq", Operator::Equal),
        ("!=", Operator::NotEqual),
        ("ne", Operator::NotEqual),
    ],
    &[
        ("<=", Operator::LessOrEqual),
        ("le", Operator::LessOrEqual),
        (">=", Operator::GreaterOrEqual),
        ("ge", Operator::GreaterOrEqual),
        ("<", Operator::Less),
        ("lt", Operator::Less),
        (">", Operator::Greater),
        ("gt", Operator::Greater),
    ],
    &[("+", Operator::Add), ("-", Operator::Subtract)],
    &[
        ("*", Operator::Multiply),
        ("/", Operator::Divide),
        ("%", Operator::Modulo),
    ],
];

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str, depth: usize) -> Self {
        Self { text, at: 0, depth }
    }

    pub(super) fn deeper(&mut self) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err((self.at, format!("nested more than {MAX_DEPTH} deep")));
        }
        Ok(())
    }

    pub(super) fn shallower(&mut self) {
        self.depth -= 1;
    }

    pub(super) fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    pub(super) fn expect(&mut self, what: &str) -> Result<(), Fault> {
        self.blanks();
        if self.take(what) {
            return Ok(());
        }
        Err((self.at.min(self.text.len()), format!("expected {what}")))
    }

    /// The reference that starts at `$`; none if that is only a dollar sign.
    pub(super) fn reference(&mut self, escapes: usize) -> Result<Option<Reference>, Fault> {
        let offset = self.at;
        if !self.take("$") {
            return Ok(None);
        }
        let quiet = self.take("!");
        let braced = self.take("{");
        let Some(root) = self.name() else {
            self.at = offset;
            return Ok(None);
        };
        let mut parts = Vec::new();
        self.deeper()?;
        loop {
            let before = self.at;
            if self.take(".") {
                let Some(name) = self.name() else {
                    // The dot ends a sentence.
                    self.at = before;
                    break;
                };
                if self.take("(") {
                    let arguments = self.listed(")")?;
                    parts.push(Part::Method(name, arguments));
                } else {
                    parts.push(Part::Property(name));
                }
            } else if self.take("[") {
                let index = self.expression();
                self.blanks();
                match index {
                    Ok(index) if self.take("]") => parts.push(Part::Index(index)),
                    _ => {
                        self.at = before;
                        break;
                    }
                }
            } else {
                break;
            }
        }
        self.shallower();
        if braced && !self.take("}") {
            // As Velocity does: what isn't closed is text.
            self.at = offset;
            return Ok(None);
        }
        Ok(Some(Reference {
            root,
            parts,
            quiet,
            escapes,
            literal: self.text[offset..self.at].to_owned(),
            offset,
        }))
    }

    pub(super) fn expression(&mut self) -> Result<Expression, Fault> {
        self.deeper()?;
        let expression = self.level(0);
        self.shallower();
        expression
    }

    fn level(&mut self, level: usize) -> Result<Expression, Fault> {
        let Some(operators) = LEVELS.get(level) else {
            return self.unary();
        };
        let mut left = self.level(level + 1)?;
        loop {
            self.blanks();
            let Some(operator) = self.operator(operators) else {
                return Ok(left);
            };
            let right = self.level(level + 1)?;
            left = Expression::Two(Box::new(left), operator, Box::new(right));
        }
    }

    fn operator(&mut self, operators: &[(&str, Operator)]) -> Option<Operator> {
        let rest = self.rest();
        let found = operators.iter().find(|(sign, _)| {
            let word = sign.as_bytes()[0].is_ascii_alphabetic();
            let after = rest.strip_prefix(*sign);
            after.is_some_and(|after| !word || !after.starts_with(is_in_name))
        });
        let (sign, operator) = found?;
        self.at += sign.len();
        Some(*operator)
    }

    fn unary(&mut self) -> Result<Expression, Fault> {
        self.blanks();
        let word = self.rest().strip_prefix("not");
        let not = word.is_some_and(|after| !after.starts_with(is_in_name));
        if not || self.rest().starts_with('!') {
            self.at += if not { 3 } else { 1 };
            self.deeper()?;
            let operand = self.unary()?;
            self.shallower();
            return Ok(Expression::Not(Box::new(operand)));
        }
        self.primary()
    }

    fn primary(&mut self) -> Result<Expression, Fault> {
        let here = self.at;
        let rest = self.rest();
        match rest.bytes().next() {
            Some(b'(') => {
                self.at += 1;
                let inner = self.expression()?;
                self.expect(")")?;
                Ok(inner)
            }
            Some(b'$') => match self.reference(0)? {
                Some(reference) => Ok(Expression::Reference(reference)),
                None => Err((here, "expected a reference".to_owned())),
            },
            Some(b'\'') => self.quoted('\'').map(|text| Expression::Text(text.into())),
            Some(b'"') => self.interpolated(),
            Some(b'[') => self.list(),
            Some(b'{') => self.map(),
            Some(b'0'..=b'9' | b'-') => self.number(),
            _ => match self.name().as_deref() {
                Some("true") => Ok(Expression::Bool(true)),
                Some("false") => Ok(Expression::Bool(false)),
                Some("null") => Ok(Expression::Null),
                _ => Err((here.min(self.text.len()), "expected a value".to_owned())),
            },
        }
    }

    fn interpolated(&mut self) -> Result<Expression, Fault> {
        let here = self.at;
        let text = self.quoted('"')?;
        if !text.contains(['$', '#']) {
            return Ok(Expression::Text(text.into()));
        }
        let nodes = super::nodes(&text, self.depth).map_err(|(_, message)| (here, message))?;
        Ok(Expression::Interpolated(nodes))
    }

    /// A quoted text; the quote twice stands for itself.
    fn quoted(&mut self, quote: char) -> Result<String, Fault> {
        let opened = self.at;
        let mut text = String::new();
        self.at += 1;
        loop {
            let rest = self.rest();
            let Some(end) = rest.find(quote) else {
                return Err((opened, format!("this text has no closing {quote}")));
            };
            text.push_str(&rest[..end]);
            self.at += end + 1;
            if !self.rest().starts_with(quote) {
                return Ok(text);
            }
            text.push(quote);
            self.at += 1;
        }
    }

    fn list(&mut self) -> Result<Expression, Fault> {
        self.at += 1;
        self.blanks();
        if self.take("]") {
            return Ok(Expression::List(Vec::new()));
        }
        let first = self.expression()?;
        self.blanks();
        if self.take("..") {
            let last = self.expression()?;
            self.expect("]")?;
            return Ok(Expression::Range(Box::new(first), Box::new(last)));
        }
        let mut items = vec![first];
        if self.take(",") {
            items.extend(self.listed("]")?);
        } else {
            self.expect("]")?;
        }
        Ok(Expression::List(items))
    }

    /// Expressions between commas, up to `end`.
    fn listed(&mut self, end: &str) -> Result<Vec<Expression>, Fault> {
        let mut items = Vec::new();
        self.blanks();
        if self.take(end) {
            return Ok(items);
        }
        loop {
            items.push(self.expression()?);
            self.blanks();
            if self.take(end) {
                return Ok(items);
            }
            self.expect(",")?;
        }
    }

    fn map(&mut self) -> Result<Expression, Fault> {
        self.at += 1;
        let mut fields = Vec::new();
        self.blanks();
        if self.take("}") {
            return Ok(Expression::Map(fields));
        }
        loop {
            let key = self.expression()?;
            self.expect(":")?;
            fields.push((key, self.expression()?));
            self.blanks();
            if self.take("}") {
                return Ok(Expression::Map(fields));
            }
            self.expect(",")?;
        }
    }

    fn number(&mut self) -> Result<Expression, Fault> {
        let here = self.at;
        let rest = self.rest();
        let digits =
            |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let sign = usize::from(rest.starts_with('-'));
        let mut length = sign + digits(&rest[sign..]);
        let fraction = rest[length..].strip_prefix('.').map_or(0, digits);
        if fraction > 0 {
            length += 1 + fraction;
        }
        self.at += length;
        let text = &rest[..length];
        let parsed = if fraction > 0 {
            text.parse().ok().map(Expression::Double)
        } else {
            text.parse().ok().map(Expression::Whole)
        };
        parsed.ok_or((here, "expected a number".to_owned()))
    }

    fn name(&mut self) -> Option<String> {
        let rest = self.rest();
        let first = rest.chars().next()?;
        if !first.is_ascii_alphabetic() && first != '_' {
            return None;
        }
        let length = rest.find(|c| !is_in_name(c)).unwrap_or(rest.len());
        self.at += length;
        Some(rest[..length].to_owned())
    }

    fn take(&mut self, what: &str) -> bool {
        let taken = self.rest().starts_with(what);
        if taken {
            self.at += what.len();
        }
        taken
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }
}

fn is_in_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}
