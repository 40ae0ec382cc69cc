//! From tokens to nodes.
//!
//! A descent through Velocity's grammar that looks at as many tokens as the reference's does, in the same
//! order: looking at a token cuts it, and cutting changes the lexer's state. Nesting is bounded by
//! [`MAX_DEPTH`], so that no template overflows the stack.

mod ahead;
mod directive;
mod expression;
mod quoted;
mod reference;
mod statement;

use crate::References;
use crate::error::{self, Error, Fault, Place, Source};
use crate::eval::ScopeSlots;
use crate::lex::{Kind, Lexer, Token};
use crate::node::{Node, Slot};
use std::collections::BTreeMap;

/// Nesting of blocks, parentheses, arguments and quoted texts.
pub(crate) const MAX_DEPTH: u32 = 64;
/// Tokens looked at ahead of their turn, in one template: brackets within brackets could otherwise double
/// the work with every level.
const MAX_AHEAD: u32 = 1_000_000;

/// The longest template, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// A parsed text.
pub(crate) struct Parsed {
    pub(crate) nodes: Vec<Node>,
    /// The names of its slots.
    pub(crate) names: Vec<String>,
    pub(crate) scope: ScopeSlots,
    pub(crate) sources: Vec<Source>,
}

pub(crate) fn template(text: &str, references: References) -> Result<Parsed, Error> {
    if text.len() > MAX_BYTES {
        let message = format!("a template may have {MAX_BYTES} bytes");
        return Err(error::at(text, (0, message)));
    }
    let mut whole = Whole {
        names: Names::default(),
        ahead: MAX_AHEAD,
        references,
        sources: vec![Source {
            text: text.to_owned(),
            quote: Place::default(),
        }],
    };
    let nodes = nodes(text, &mut whole, 0, 0).map_err(|fault| error::at(text, fault))?;
    let Whole {
        mut names, sources, ..
    } = whole;
    let scope = ScopeSlots {
        foreach: names.slot("foreach"),
        count: names.slot("velocityCount"),
        has_next: names.slot("velocityHasNext"),
    };
    Ok(Parsed {
        nodes,
        names: names.list,
        scope,
        sources,
    })
}

/// The nodes of one text, which is the `source`-th of the template's.
fn nodes(text: &str, whole: &mut Whole, depth: u32, source: u32) -> Result<Vec<Node>, Fault> {
    let mut parser = Parser {
        text,
        lexer: Lexer::new(text),
        tokens: Vec::new(),
        next: 0,
        depth,
        whole,
        source,
        ifs: 0,
        suspect: None,
    };
    let mut nodes = Vec::new();
    while parser.statement(&mut nodes)? {}
    let token = parser.peek(0)?;
    match token.kind {
        Kind::Eof => Ok(nodes),
        Kind::EndDirective | Kind::Else | Kind::ElseIf => {
            let mut message = format!("{} without an #if or #foreach", token.kind.name());
            let start = token.start;
            if let Some(suspect) = &parser.suspect {
                message.push_str("; ");
                message.push_str(suspect);
            }
            Err((start, message))
        }
        _ => Err(parser.unexpected("a text, a reference or a directive")),
    }
}

/// What the parsers of a template's texts share.
struct Whole {
    names: Names,
    /// Tokens that may still be looked at ahead of their turn.
    ahead: u32,
    references: References,
    sources: Vec<Source>,
}

impl Whole {
    /// What errors call the template, where its references are strict.
    fn strict(&self) -> Option<&'static str> {
        match self.references {
            References::AsWritten => None,
            References::Strict { template } => Some(template),
        }
    }
}

/// Gives each name of a template its slot.
#[derive(Default)]
struct Names {
    list: Vec<String>,
    slots: BTreeMap<String, Slot>,
}

impl Names {
    fn slot(&mut self, name: &str) -> Slot {
        if let Some(slot) = self.slots.get(name) {
            return *slot;
        }
        let slot = Slot::try_from(self.list.len()).unwrap_or(Slot::MAX);
        self.list.push(name.to_owned());
        self.slots.insert(name.to_owned(), slot);
        slot
    }
}

struct Parser<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    tokens: Vec<Token>,
    /// The first token not taken yet.
    next: usize,
    depth: u32,
    whole: &'a mut Whole,
    /// Which of the template's texts this is.
    source: u32,
    /// How many `#if` of this text are open.
    ifs: u32,
    /// A hint, should an `#end` be one too many.
    suspect: Option<String>,
}

impl<'a> Parser<'a> {
    /// The token `ahead` places from the next.
    fn peek(&mut self, ahead: usize) -> Result<&Token, Fault> {
        let at = self.next + ahead;
        while self.tokens.len() <= at {
            let token = self.lexer.next()?;
            self.tokens.push(token);
        }
        Ok(&self.tokens[at])
    }

    fn kind(&mut self) -> Result<Kind, Fault> {
        Ok(self.peek(0)?.kind)
    }

    /// Takes the next token; its place among the tokens.
    fn take(&mut self) -> Result<usize, Fault> {
        self.peek(0)?;
        self.next += 1;
        Ok(self.next - 1)
    }

    fn take_if(&mut self, kind: Kind) -> Result<bool, Fault> {
        let taken = self.kind()? == kind;
        if taken {
            self.take()?;
        }
        Ok(taken)
    }

    fn white(&mut self) -> Result<(), Fault> {
        self.take_if(Kind::White).map(|_| ())
    }

    fn expect(&mut self, kind: Kind) -> Result<usize, Fault> {
        if self.kind()? == kind {
            return self.take();
        }
        Err(self.unexpected(kind.name()))
    }

    fn unexpected(&self, wanted: &str) -> Fault {
        match self.tokens.get(self.next) {
            Some(token) if token.kind != Kind::Eof => {
                let found = token.image(self.text).trim();
                let found = found.chars().take(20).collect::<String>();
                (token.start, format!("expected {wanted}, found `{found}`"))
            }
            _ => (
                self.text.len(),
                format!("expected {wanted}, but the template ends"),
            ),
        }
    }

    fn image(&self, token: usize) -> &'a str {
        self.tokens[token].image(self.text)
    }

    /// What the reference repeats of one token: the `$` and `#` before it, and its image.
    fn token_literal(&self, token: usize, out: &mut String) {
        let token = &self.tokens[token];
        let image = token.image(self.text);
        if token.kind != Kind::CommentEnd {
            out.push_str(&token.special);
            match token.kind {
                Kind::EscapedDirective => out.push_str(&statement::escaped_directive(image)),
                _ => out.push_str(image),
            }
        }
    }

    /// What the reference repeats of the tokens from `first` to the last taken.
    fn literal(&self, first: usize) -> Box<str> {
        let mut literal = String::new();
        for token in first..self.next {
            self.token_literal(token, &mut literal);
        }
        literal.into()
    }

    fn deeper(&mut self) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let at = self.tokens.get(self.next).map_or(0, |token| token.start);
            return Err((at, format!("nested more than {MAX_DEPTH} deep")));
        }
        Ok(())
    }

    /// The place of a byte of this text.
    fn place(&self, offset: usize) -> Place {
        Place {
            text: self.source,
            offset: u32::try_from(offset).unwrap_or(u32::MAX),
        }
    }

    /// The place of the next token.
    fn next_place(&mut self) -> Result<Place, Fault> {
        let start = self.peek(0)?.start;
        Ok(self.place(start))
    }

    fn shallower(&mut self) {
        self.depth -= 1;
    }
}
