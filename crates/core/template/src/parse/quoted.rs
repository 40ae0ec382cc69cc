//! Texts in quotes, and the templates inside double ones.

use super::{Fault, Parser, nodes};
use crate::error::Source;
use crate::node::{Constant, Expression, Interpolated, Node};

impl Parser<'_> {
    /// A quoted text. In double quotes `\u0041` is a character, and what holds a `$` or a `#` is a template.
    pub(super) fn quoted(&mut self) -> Result<Expression, Fault> {
        let token = self.take()?;
        let start = self.tokens[token].start;
        let written = self.image(token);
        let double = written.starts_with('"');
        let inner = &written[1..written.len() - 1];
        let mut text = inner.to_owned();
        if double && text.contains("\\u") {
            text = unescape(&text).ok_or_else(|| {
                let message = "\\u must be followed by four hexadecimal digits";
                (start, message.to_owned())
            })?;
        }
        let quote = if double { "\"" } else { "'" };
        if text.contains(quote) {
            text = text.replace(&quote.repeat(2), quote);
        }
        if !double || !written.contains(['$', '#']) {
            return Ok(Expression::Constant(Constant::Text(text.into())));
        }
        let as_written = text == inner;
        // A blank ends the last reference; what a line comment ends needs none.
        let spaced = !text.contains("##");
        if spaced {
            text.push(' ');
        }
        self.deeper()?;
        let source = u32::try_from(self.whole.sources.len()).unwrap_or(u32::MAX);
        let quote = self.place(start);
        self.whole.sources.push(Source {
            text: text.clone(),
            quote,
        });
        let parsed = nodes(&text, self.whole, self.depth, source);
        self.shallower();
        let mut nodes = parsed.map_err(|(offset, message)| {
            let offset = if as_written {
                start + 1 + offset.min(inner.len())
            } else {
                start
            };
            (offset, format!("in this quoted text: {message}"))
        })?;
        let mut trimmed = spaced;
        if let Some(Node::Text(last)) = nodes.last_mut()
            && spaced
            && last.ends_with(' ')
        {
            last.pop();
            trimmed = false;
        }
        Ok(Expression::Interpolated(Box::new(Interpolated {
            nodes,
            trimmed,
        })))
    }
}

/// Every `\uXXXX` replaced by its UTF-16 unit.
fn unescape(text: &str) -> Option<String> {
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\\u") {
        units.extend(rest[..at].encode_utf16());
        let digits = rest.get(at + 2..at + 6)?;
        units.push(u16::from_str_radix(digits, 16).ok()?);
        rest = &rest[at + 6..];
    }
    units.extend(rest.encode_utf16());
    Some(String::from_utf16_lossy(&units))
}
