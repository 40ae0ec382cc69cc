//! References: how they are read, and how those are printed that are none after all.

use super::{Fault, Kind, Parser, statement};
use crate::error::Place;
use crate::node::{Expression, Method, Node, Part, Print, Reference, Step};
use std::sync::OnceLock;

/// A reference as it was read, before it is known what it is for.
struct Read {
    /// The first token, from which the name and the escapes come.
    first: usize,
    parts: Vec<Step>,
    place: Place,
    sign: Place,
}

/// What the first token of a reference says.
enum Root {
    /// The name, and the number of backslashes before it.
    Name {
        slot: u32,
        escapes: usize,
        before: String,
        quiet: bool,
        literal: Box<str>,
    },
    /// `$\!x`: printed so, without one backslash, and never a value.
    Never(String),
    /// A name that lost its `$`.
    Runt(String),
}

impl Parser<'_> {
    /// A reference among the text.
    pub(super) fn print(&mut self, nodes: &mut Vec<Node>) -> Result<(), Fault> {
        let read = self.read()?;
        match self.root(&read) {
            // The reference language asks for a variable of this name, which there can't be.
            Root::Never(literal) if self.whole.strict().is_some() => {
                let literal: Box<str> = literal.into();
                nodes.push(Node::Print(Box::new(Print {
                    escaped: false,
                    quiet: false,
                    before: "".into(),
                    instead: "".into(),
                    missing: literal.clone(),
                    reference: Reference {
                        slot: self.whole.names.slot(&literal),
                        parts: read.parts,
                        literal,
                        place: read.place,
                        sign: read.sign,
                        may_be_unset: false,
                    },
                })));
            }
            Root::Never(literal) | Root::Runt(literal) => statement::text(nodes, &literal),
            Root::Name {
                slot,
                escapes,
                before,
                quiet,
                literal,
            } => {
                let escaped = escapes % 2 == 1;
                let slashes = "\\".repeat(escapes / 2);
                let null: &str = if quiet && !escaped { "" } else { &literal };
                let missing = if escaped {
                    format!("{slashes}\\{null}")
                } else {
                    format!("{slashes}{slashes}{before}{null}")
                };
                nodes.push(Node::Print(Box::new(Print {
                    escaped,
                    quiet,
                    before: format!("{slashes}{before}").into(),
                    instead: format!("{slashes}{null}").into(),
                    missing: missing.into(),
                    reference: Reference {
                        slot,
                        parts: read.parts,
                        literal,
                        place: read.place,
                        sign: read.sign,
                        may_be_unset: false,
                    },
                })));
            }
        }
        Ok(())
    }

    /// A reference within an expression.
    pub(super) fn value(&mut self) -> Result<Expression, Fault> {
        let read = self.read()?;
        Ok(match self.root(&read) {
            Root::Never(_) | Root::Runt(_) => Expression::Nothing(self.literal(read.first)),
            Root::Name { slot, literal, .. } => Expression::Reference(Box::new(Reference {
                slot,
                parts: read.parts,
                literal,
                place: read.place,
                sign: read.sign,
                may_be_unset: false,
            })),
        })
    }

    /// The left side of a `#set`; none where the name can't be read again, as in `${x}` and `$!x`.
    pub(super) fn target(&mut self) -> Result<Option<Reference>, Fault> {
        let read = self.read()?;
        let root = self.root(&read);
        let image = self.image(read.first);
        let plain = image.starts_with('$') && !image[1..].starts_with(['!', '{', '\\']);
        Ok(match root {
            Root::Name { slot, literal, .. } if plain || !read.parts.is_empty() => {
                Some(Reference {
                    slot,
                    parts: read.parts,
                    literal,
                    place: read.place,
                    sign: read.sign,
                    may_be_unset: false,
                })
            }
            _ => None,
        })
    }

    /// The name of a loop's element.
    pub(super) fn element(&mut self) -> Result<u32, Fault> {
        let read = self.read()?;
        Ok(match self.root(&read) {
            Root::Name { slot, .. } => slot,
            Root::Never(name) | Root::Runt(name) => self.whole.names.slot(&name),
        })
    }

    fn read(&mut self) -> Result<Read, Fault> {
        self.deeper()?;
        let formal = self.kind()? == Kind::LeftCurly;
        let first = self.take()?;
        let token = &self.tokens[first];
        let start = token.start;
        let sign = start + token.image(self.text).rfind('$').unwrap_or(0);
        let (place, sign) = (self.place(start), self.place(sign));
        if formal {
            self.expect(Kind::Identifier)?;
        }
        let mut parts = Vec::new();
        self.indexes(&mut parts)?;
        while self.kind()? == Kind::Dot && self.peek(1)?.kind == Kind::Identifier {
            self.take()?;
            let place = self.next_place()?;
            let part = if self.peek(1)?.kind == Kind::Open && self.arguments_follow()? {
                let name = self.take()?;
                self.take()?;
                let arguments = self.listed(Kind::ArgumentsClose)?;
                Part::Method(Box::new(Method {
                    name: self.image(name).into(),
                    arguments,
                    pattern: OnceLock::new(),
                }))
            } else {
                let name = self.take()?;
                Part::Property(self.image(name).into())
            };
            parts.push(Step { part, place });
            self.indexes(&mut parts)?;
        }
        if formal {
            self.expect(Kind::RightCurly)?;
        }
        self.shallower();
        Ok(Read {
            first,
            parts,
            place,
            sign,
        })
    }

    fn arguments_follow(&mut self) -> Result<bool, Fault> {
        Ok(matches!(
            self.peek(2)?.kind,
            Kind::ListOpen
                | Kind::MapOpen
                | Kind::White
                | Kind::String
                | Kind::True
                | Kind::False
                | Kind::Integer
                | Kind::Float
                | Kind::Identifier
                | Kind::LeftCurly
                | Kind::ArgumentsClose
        ))
    }

    fn indexes(&mut self, parts: &mut Vec<Step>) -> Result<(), Fault> {
        while self.kind()? == Kind::IndexOpen {
            let place = self.next_place()?;
            self.take()?;
            self.white()?;
            let index = match self.kind()? {
                Kind::String => self.quoted()?,
                Kind::Integer => self.integer()?,
                Kind::True | Kind::False => self.truth()?,
                Kind::Identifier | Kind::LeftCurly => self.value()?,
                _ => return Err(self.unexpected("a number, a text or a reference")),
            };
            self.white()?;
            self.expect(Kind::IndexClose)?;
            parts.push(Step {
                part: Part::Index(index),
                place,
            });
        }
        Ok(())
    }

    /// Takes escapes and text before the `$` off the first token, then repeats the whole.
    fn root(&mut self, read: &Read) -> Root {
        let first = read.first;
        let image = self.image(first);
        if image.contains("\\!") {
            return Root::Never(without_one_backslash(image));
        }
        let escapes = image.len() - image.trim_start_matches('\\').len();
        let rest = &image[escapes..];
        let sign = rest.rfind('$').unwrap_or(0);
        let before = rest[..sign].to_owned();
        let rest = &rest[sign..];
        self.tokens[first].start += escapes + sign;
        let literal = self.literal(first);
        let quiet = rest.starts_with("$!");
        let name = match rest {
            "$!{" | "${" => self.image(first + 1),
            _ if quiet => &rest[2..],
            _ => match rest.strip_prefix('$') {
                Some(name) => name,
                None => return Root::Runt(rest.to_owned()),
            },
        };
        Root::Name {
            slot: self.whole.names.slot(name),
            escapes,
            before,
            quiet,
            literal,
        }
    }
}

/// `$\\!x` without the last of the backslashes that end before a `!`.
fn without_one_backslash(image: &str) -> String {
    let Some(sign) = image.find('$') else {
        return image.to_owned();
    };
    let Some(start) = image[sign..].find('\\').map(|at| sign + at) else {
        return image.to_owned();
    };
    let count = image[start..].len() - image[start..].trim_start_matches('\\').len();
    let mut out = image[..start + count - 1].to_owned();
    out.push_str(&image[start + count..]);
    out
}
