//! `#foreach`, `#break`, `#stop`, `#literal`, and what only looks like a directive.

use super::{Fault, Kind, Parser, statement};
use crate::error::{self, Place};
use crate::hint;
use crate::node::{Expression, Foreach, Node};

/// Directives that would reach beyond the values and tools, or define what a template can't bound.
const REFUSED: [&str; 5] = ["macro", "define", "evaluate", "parse", "include"];
/// Directives that people mean when they misspell one, for a hint.
const MEANT: [&str; 8] = [
    "set", "if", "elseif", "else", "end", "foreach", "break", "stop",
];

/// An argument of a directive, as far as it matters which it is.
enum Argument {
    /// A value, where it stands and how it is written.
    Value(Expression, Place, Box<str>),
    /// The token of a word.
    Word(usize),
}

impl Parser<'_> {
    pub(super) fn directive(&mut self, nodes: &mut Vec<Node>) -> Result<(), Fault> {
        let first = self.take()?;
        let image = self.image(first);
        let name = match self.tokens[first].kind {
            Kind::BracketedWord => &image[2..image.len() - 1],
            _ => &image[1..],
        };
        let opened = self.tokens[first].start;
        if REFUSED.contains(&name) {
            return Err((opened, format!("#{name} is refused")));
        }
        self.lexer.enter_directive();
        if !self.lexer.parenthesis_follows() {
            self.lexer.leave_directive();
            return self.bare_directive(name, image, opened, nodes);
        }
        match name {
            "foreach" => {
                let foreach = self.foreach(opened)?;
                nodes.push(Node::Foreach(Box::new(foreach)));
            }
            "literal" => {
                self.arguments(name)?;
                let start = self.next;
                self.block()?;
                let literal = self.literal(start);
                if self.next == start {
                    return Err((opened, "this #literal has nothing in it".to_owned()));
                }
                self.end(opened, "#literal")?;
                statement::text(nodes, &literal);
            }
            "break" | "stop" => {
                let mut arguments = self.arguments(name)?;
                let argument = match arguments.pop() {
                    None => None,
                    Some(Argument::Value(value, ..)) if arguments.is_empty() => Some(value),
                    _ => return Err((opened, format!("#{name} takes one argument at most"))),
                };
                nodes.push(match name {
                    "break" => Node::Break(argument, self.place(opened)),
                    _ => Node::Stop(argument),
                });
            }
            _ => {
                self.unknown(name, opened)?;
                if self.whole.strict().is_some() {
                    let name = name.trim_start_matches('@');
                    nodes.push(Node::Undefined(name.into(), self.place(opened)));
                    return Ok(());
                }
                // A macro that isn't there is printed as it is written.
                let written = &self.tokens[first..self.next];
                let written: String = written.iter().map(|token| token.image(self.text)).collect();
                statement::text(nodes, &written);
            }
        }
        Ok(())
    }

    /// A directive without a parenthesis.
    fn bare_directive(
        &self,
        name: &str,
        image: &str,
        opened: usize,
        nodes: &mut Vec<Node>,
    ) -> Result<(), Fault> {
        match name {
            "break" => nodes.push(Node::Break(None, self.place(opened))),
            "stop" => nodes.push(Node::Stop(None)),
            "foreach" | "literal" => return Err((opened, format!("expected ( after #{name}"))),
            _ if name.starts_with('@') => {
                statement::text(nodes, "#");
                statement::text(nodes, name);
            }
            // What begins as an `#end` is taken for the end of a macro with a body.
            _ if image.starts_with("#end") && self.whole.strict().is_some() => {
                nodes.push(Node::Undefined(name.into(), self.place(opened)));
            }
            _ => statement::text(nodes, image),
        }
        Ok(())
    }

    fn foreach(&mut self, opened: usize) -> Result<Foreach, Fault> {
        let wrong = || {
            let message = "expected #foreach($item in $list), with one element and one list";
            (opened, message.to_owned())
        };
        self.open()?;
        self.white()?;
        if !matches!(self.kind()?, Kind::Identifier | Kind::LeftCurly) {
            return Err(self.unexpected("a reference such as $item"));
        }
        let slot = self.element()?;
        let mut arguments = self.rest_of_arguments("foreach")?;
        let (Some(Argument::Value(over, over_place, over_written)), Some(_), None) =
            (arguments.pop(), arguments.pop(), arguments.pop())
        else {
            return Err(wrong());
        };
        let body = self.block()?;
        self.end(opened, "#foreach")?;
        Ok(Foreach {
            slot,
            over,
            over_place,
            over_written,
            body,
            place: self.place(opened),
        })
    }

    /// `#name(…)`, where `name` is no directive; `#@name(…) … #end`.
    fn unknown(&mut self, name: &str, opened: usize) -> Result<(), Fault> {
        let hinted = |(at, message): Fault| match hint::nearest(name, MEANT) {
            Some(meant) => (at, format!("{message}; did you mean #{meant}?")),
            None => (at, message),
        };
        let arguments = self.arguments(name).map_err(hinted)?;
        if let Some(template) = self.whole.strict() {
            self.no_words(name, &arguments, template)?;
        }
        let meant = hint::nearest(name, ["if", "foreach"]);
        if let Some(meant) = meant.filter(|_| self.suspect.is_none()) {
            self.suspect = Some(format!("did you mean #{meant} by #{name}?"));
        }
        if name.starts_with('@') {
            self.block()?;
            self.end(opened, "block")?;
        }
        Ok(())
    }

    /// Where references are strict, a macro takes no bare words, even if nothing comes to it.
    fn no_words(&self, name: &str, arguments: &[Argument], template: &str) -> Result<(), Fault> {
        let word = arguments.iter().find_map(|argument| match argument {
            Argument::Word(token) => Some(*token),
            Argument::Value(..) => None,
        });
        let Some(word) = word else {
            return Ok(());
        };
        let start = self.tokens[word].start;
        let (line, column) = error::Places::new(&self.whole.sources).of(self.place(start));
        let name = name.trim_start_matches('@');
        let message = format!(
            "Invalid arg '{}' in macro #{name} at {template}[line {line}, column {column}]",
            self.image(word)
        );
        Err((start, message))
    }

    fn open(&mut self) -> Result<(), Fault> {
        self.white()?;
        self.expect(Kind::Open).map(|_| ())
    }

    fn arguments(&mut self, name: &str) -> Result<Vec<Argument>, Fault> {
        self.open()?;
        self.rest_of_arguments(name)
    }

    /// Arguments with blanks or a comma between them, and the closing parenthesis.
    fn rest_of_arguments(&mut self, name: &str) -> Result<Vec<Argument>, Fault> {
        let mut arguments = Vec::new();
        while self.argument_follows()? {
            self.white()?;
            if self.take_if(Kind::Comma)? {
                self.white()?;
            }
            if self.kind()? == Kind::Word {
                let word = self.take()?;
                let foreach = name == "foreach" && arguments.is_empty();
                if !foreach && matches!(name, "foreach" | "break" | "stop" | "literal") {
                    self.next = word;
                    return Err(self.unexpected("a value"));
                }
                arguments.push(Argument::Word(word));
                continue;
            }
            let (start, place) = (self.next, self.next_place()?);
            let value = self.simple()?;
            let value = value.ok_or_else(|| self.unexpected("a value"))?;
            arguments.push(Argument::Value(value, place, self.literal(start)));
        }
        self.white()?;
        self.expect(Kind::Close)?;
        Ok(arguments)
    }

    /// Looks at two tokens, as the reference does.
    fn argument_follows(&mut self) -> Result<bool, Fault> {
        let first = self.kind()?;
        Ok(match first {
            Kind::White | Kind::Comma => {
                let second = self.peek(1)?.kind;
                let comma = first == Kind::White && second == Kind::Comma;
                let white = first == Kind::Comma && second == Kind::White;
                comma || white || starts_argument(second)
            }
            _ => starts_argument(first),
        })
    }
}

fn starts_argument(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Identifier
            | Kind::LeftCurly
            | Kind::Word
            | Kind::String
            | Kind::Integer
            | Kind::Float
            | Kind::ListOpen
            | Kind::MapOpen
            | Kind::True
            | Kind::False
    )
}
