//! From text to nodes.

mod expression;

use crate::error::{self, Error, Fault};
use crate::node::{Node, Part, Reference};
use expression::Scanner;

/// Nesting of blocks, parentheses and quoted texts.
pub(crate) const MAX_DEPTH: usize = 64;

pub(crate) fn template(text: &str) -> Result<Vec<Node>, Error> {
    nodes(text, 0).map_err(|fault| error::at(text, fault))
}

/// `depth` counts the quoted texts around this one.
pub(crate) fn nodes(text: &str, depth: usize) -> Result<Vec<Node>, Fault> {
    let mut parser = Parser {
        scanner: Scanner::new(text, depth),
        text,
    };
    let (nodes, end) = parser.block(&[])?;
    debug_assert!(end.is_none(), "only a named directive ends a block");
    Ok(nodes)
}

struct Parser<'a> {
    scanner: Scanner<'a>,
    text: &'a str,
}

impl<'a> Parser<'a> {
    /// Nodes up to one of `ends`, whose name is taken; with no `ends`, to the end of the text.
    fn block(&mut self, ends: &[&str]) -> Result<(Vec<Node>, Option<&'a str>), Fault> {
        let opened = self.scanner.at;
        self.scanner.deeper()?;
        let (mut nodes, mut plain) = (Vec::new(), String::new());
        loop {
            let rest = &self.text[self.scanner.at..];
            let Some(special) = rest.find(['$', '#', '\\']) else {
                if !ends.is_empty() {
                    return Err((opened, "this block has no #end".to_owned()));
                }
                plain.push_str(rest);
                self.scanner.at = self.text.len();
                break;
            };
            plain.push_str(&rest[..special]);
            self.scanner.at += special;
            let escapes = self.backslashes();
            let here = self.scanner.at;
            let rest = &self.text[here..];
            if rest.starts_with('$') {
                match self.scanner.reference(escapes)? {
                    Some(reference) => {
                        push_text(&mut nodes, &mut plain);
                        nodes.push(Node::Reference(reference));
                    }
                    None => {
                        plain.push_str(&"\\".repeat(escapes));
                        plain.push('$');
                        self.scanner.at = here + 1;
                    }
                }
                continue;
            }
            if !rest.starts_with('#') {
                plain.push_str(&"\\".repeat(escapes));
                continue;
            }
            let name = directive_name(rest);
            if let (true, Some((name, length))) = (escapes % 2 == 1, name)
                && is_known(name)
            {
                plain.push_str(&"\\".repeat(escapes / 2));
                plain.push_str(&rest[..length]);
                self.scanner.at += length;
                continue;
            }
            plain.push_str(&"\\".repeat(escapes / if name.is_some() { 2 } else { 1 }));
            if self.comment(&mut plain)? {
                continue;
            }
            let Some((name, length)) = name.filter(|(name, _)| is_known(name)) else {
                plain.push('#');
                self.scanner.at += 1;
                continue;
            };
            push_text(&mut nodes, &mut plain);
            self.scanner.at += length;
            match name {
                _ if ends.contains(&name) => {
                    self.scanner.shallower();
                    if name == "end" {
                        self.line_end();
                    }
                    return Ok((nodes, Some(name)));
                }
                "end" | "else" | "elseif" => {
                    return Err((here, format!("#{name} without an #if or #foreach")));
                }
                "set" => nodes.push(self.set()?),
                "if" => nodes.push(self.condition()?),
                "foreach" => nodes.push(self.foreach(here)?),
                "break" => nodes.push(Node::Break),
                "stop" => nodes.push(Node::Stop),
                _ => return Err((here, format!("#{name} is not supported"))),
            }
        }
        push_text(&mut nodes, &mut plain);
        self.scanner.shallower();
        Ok((nodes, None))
    }

    fn backslashes(&mut self) -> usize {
        let rest = &self.text[self.scanner.at..];
        let count = rest.len() - rest.trim_start_matches('\\').len();
        self.scanner.at += count;
        count
    }

    /// Skips a comment, or takes a literal block; yes if there was one.
    fn comment(&mut self, plain: &mut String) -> Result<bool, Fault> {
        let here = self.scanner.at;
        let rest = &self.text[here..];
        if rest.starts_with("##") {
            self.scanner.at += rest.find('\n').map_or(rest.len(), |at| at + 1);
        } else if rest.starts_with("#*") {
            let end = rest
                .find("*#")
                .ok_or((here, "this comment has no *#".to_owned()))?;
            self.scanner.at += end + 2;
        } else if rest.starts_with("#[[") {
            let end = rest
                .find("]]#")
                .ok_or((here, "this literal has no ]]#".to_owned()))?;
            plain.push_str(&rest[3..end]);
            self.scanner.at += end + 3;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn set(&mut self) -> Result<Node, Fault> {
        self.scanner.expect("(")?;
        self.scanner.blanks();
        let here = self.scanner.at;
        let target = self.scanner.reference(0)?;
        let target = target.ok_or((here, "expected a reference such as $x".to_owned()))?;
        if matches!(target.parts.last(), Some(Part::Method(..))) {
            return Err((here, "a method's answer can't be set".to_owned()));
        }
        self.scanner.expect("=")?;
        let value = self.scanner.expression()?;
        self.close()?;
        Ok(Node::Set(target, value))
    }

    fn condition(&mut self) -> Result<Node, Fault> {
        let mut branches = Vec::new();
        let mut condition = Some(self.parenthesised()?);
        loop {
            let ends: &[&str] = if condition.is_some() {
                &["elseif", "else", "end"]
            } else {
                &["end"]
            };
            let (body, end) = self.block(ends)?;
            branches.push((condition, body));
            condition = match end {
                Some("elseif") => Some(self.parenthesised()?),
                Some("else") => None,
                _ => return Ok(Node::If(branches)),
            };
        }
    }

    fn foreach(&mut self, offset: usize) -> Result<Node, Fault> {
        self.scanner.expect("(")?;
        self.scanner.blanks();
        let here = self.scanner.at;
        let Some(Reference { root: name, .. }) = self.scanner.reference(0)? else {
            return Err((here, "expected a reference such as $x".to_owned()));
        };
        self.scanner.expect("in")?;
        let over = self.scanner.expression()?;
        self.close()?;
        let (body, _) = self.block(&["end"])?;
        Ok(Node::Foreach {
            name,
            over,
            body,
            offset,
        })
    }

    fn parenthesised(&mut self) -> Result<crate::node::Expression, Fault> {
        self.scanner.expect("(")?;
        let expression = self.scanner.expression()?;
        self.close()?;
        Ok(expression)
    }

    fn close(&mut self) -> Result<(), Fault> {
        self.scanner.expect(")")?;
        self.line_end();
        Ok(())
    }

    /// Takes blanks and a line end along, if there is a line end.
    fn line_end(&mut self) {
        let rest = &self.text[self.scanner.at..];
        let after = rest.trim_start_matches([' ', '\t']);
        let end = ["\r\n", "\n", "\r"]
            .iter()
            .find(|end| after.starts_with(**end));
        if let Some(end) = end {
            self.scanner.at += rest.len() - after.len() + end.len();
        }
    }
}

/// The name after `#` or `#{`, and the length of both.
fn directive_name(rest: &str) -> Option<(&str, usize)> {
    let braced = rest.starts_with("#{");
    let name = &rest[1 + usize::from(braced)..];
    let length = name
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(name.len());
    let whole = 1 + length + 2 * usize::from(braced);
    let closed = !braced || name[length..].starts_with('}');
    let name = &name[..length];
    if braced || is_known(name) {
        return (closed && length > 0).then_some((name, whole));
    }
    // `#elsefoo` is an `#else` before a text.
    let known = ["else", "end"]
        .into_iter()
        .find(|known| name.starts_with(*known))?;
    Some((&name[..known.len()], 1 + known.len()))
}

fn is_known(name: &str) -> bool {
    [
        "set", "if", "elseif", "else", "end", "foreach", "break", "stop", "macro", "define",
        "evaluate", "parse", "include",
    ]
    .contains(&name)
}

fn push_text(nodes: &mut Vec<Node>, plain: &mut String) {
    if !plain.is_empty() {
        nodes.push(Node::Text(std::mem::take(plain)));
    }
}
