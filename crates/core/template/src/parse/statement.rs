//! Text, comments, and the directives with a grammar of their own.

use super::{Fault, Kind, Parser};
use crate::node::{Expression, Node};
use std::borrow::Cow;

/// Directives that a backslash keeps from being one.
const KNOWN: [&str; 13] = [
    "if", "end", "set", "else", "elseif", "foreach", "include", "parse", "macro", "literal",
    "evaluate", "break", "define",
];

impl Parser<'_> {
    /// Reads one statement; false where none can start.
    pub(super) fn statement(&mut self, nodes: &mut Vec<Node>) -> Result<bool, Fault> {
        match self.kind()? {
            Kind::If => nodes.push(self.condition()?),
            Kind::Identifier => self.print(nodes)?,
            Kind::LeftCurly if self.peek(1)?.kind == Kind::Identifier => self.print(nodes)?,
            Kind::LineComment => {
                let token = self.take()?;
                let image = self.image(token);
                text(nodes, &image[..image.find("##").unwrap_or(0)]);
                self.take_if(Kind::LineCommentEnd)?;
            }
            Kind::FormalCommentEnd | Kind::CommentEnd => {
                let token = self.take()?;
                let image = self.image(token);
                text(nodes, &image[..image.find("#*").unwrap_or(0)]);
            }
            Kind::TextBlock => {
                let token = self.take()?;
                let image = self.image(token);
                text(nodes, image.get(3..image.len() - 3).unwrap_or_default());
            }
            Kind::Set => nodes.push(self.set()?),
            Kind::EscapedDirective => {
                let token = self.take()?;
                text(nodes, &escaped_directive(self.image(token)));
            }
            Kind::DoubleEscape => self.escapes(nodes)?,
            Kind::Word | Kind::BracketedWord => self.directive(nodes)?,
            Kind::Open
            | Kind::Close
            | Kind::Escape
            | Kind::Text
            | Kind::String
            | Kind::Integer
            | Kind::Float
            | Kind::Dot
            | Kind::LeftCurly
            | Kind::RightCurly
            | Kind::EmptyIndex => {
                let token = self.take()?;
                let mut literal = String::new();
                self.token_literal(token, &mut literal);
                text(nodes, &literal);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Statements up to one that can't be.
    pub(super) fn block(&mut self) -> Result<Vec<Node>, Fault> {
        self.deeper()?;
        let mut nodes = Vec::new();
        while self.statement(&mut nodes)? {}
        self.shallower();
        Ok(nodes)
    }

    /// The `#end` of what started at `opened`.
    pub(super) fn end(&mut self, opened: usize, name: &str) -> Result<(), Fault> {
        match self.kind()? {
            Kind::EndDirective => self.take().map(|_| ()),
            Kind::Eof => Err((opened, format!("this {name} has no #end"))),
            _ => Err(self.unexpected("#end")),
        }
    }

    fn condition(&mut self) -> Result<Node, Fault> {
        let opened = self.take()?;
        let opened = self.tokens[opened].start;
        self.ifs += 1;
        let mut branches = vec![self.branch()?];
        while self.take_if(Kind::ElseIf)? {
            branches.push(self.branch()?);
        }
        if self.take_if(Kind::Else)? {
            branches.push((None, self.block()?));
        }
        self.ifs -= 1;
        self.end(opened, "#if")?;
        Ok(Node::If(branches))
    }

    fn branch(&mut self) -> Result<(Option<Expression>, Vec<Node>), Fault> {
        self.white()?;
        self.expect(Kind::Open)?;
        let condition = self.expression()?;
        self.expect(Kind::Close)?;
        Ok((Some(condition), self.block()?))
    }

    fn set(&mut self) -> Result<Node, Fault> {
        self.take()?;
        self.white()?;
        if !matches!(self.kind()?, Kind::Identifier | Kind::LeftCurly) {
            return Err(self.unexpected("a reference such as $x"));
        }
        let target = self.target()?;
        self.white()?;
        self.expect(Kind::Assign)?;
        let value = self.expression()?;
        self.expect(Kind::Close)?;
        self.lexer.leave_set();
        self.take_if(Kind::Newline)?;
        Ok(Node::Set(target.map(Box::new), value))
    }

    /// Pairs of backslashes: one of each pair stays before a directive, both before anything else.
    fn escapes(&mut self, nodes: &mut Vec<Node>) -> Result<(), Fault> {
        let mut count = 0;
        while self.take_if(Kind::DoubleEscape)? {
            count += 1;
        }
        let next = self.peek(0)?;
        let control = matches!(
            next.kind,
            Kind::EndDirective | Kind::If | Kind::ElseIf | Kind::Else
        );
        let (start, end) = (next.start, next.end);
        let name = self.text[start..end].get(1..).unwrap_or_default();
        let control = control || KNOWN[5..].contains(&name) || name == "stop";
        text(nodes, &"\\".repeat(if control { count } else { 2 * count }));
        Ok(())
    }
}

/// Adds text, to the text before it if there is one.
pub(super) fn text(nodes: &mut Vec<Node>, added: &str) {
    if added.is_empty() {
        return;
    }
    match nodes.last_mut() {
        Some(Node::Text(before)) => before.push_str(added),
        _ => nodes.push(Node::Text(added.to_owned())),
    }
}

/// What a directive with backslashes before it prints.
pub(super) fn escaped_directive(image: &str) -> Cow<'_, str> {
    let slashes = image.rfind('\\').map_or(0, |at| at + 1);
    let directive = &image[slashes..];
    let name = directive[1..].trim_start_matches('{').trim_end_matches('}');
    if KNOWN.contains(&name) || name == "stop" {
        format!("{}{directive}", &image[..(slashes - 1) / 2]).into()
    } else {
        image.into()
    }
}
