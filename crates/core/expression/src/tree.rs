//! Tokens to a tree; names still unresolved.
//!
//! From the loosest: `or`, `and`, `not`, comparison (one, not a chain), `+ -`, `* / %`, sign and `!`,
//! then property and index.

use crate::bounds::{MAX_DEPTH, MAX_LINKS};
use crate::fault::Fault;
use crate::lex::{Token, tokens};
use crate::operator::Operator;
use rust_decimal::Decimal;

#[derive(Clone, Debug)]
pub(crate) struct Tree {
    pub(crate) at: usize,
    pub(crate) node: Node,
    /// Levels below and with it; the checker and the evaluator go down as far.
    deep: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum Node {
    Text(String),
    Integer(i64),
    Decimal(Decimal),
    Boolean(bool),
    NotSet,
    /// Names joined by dots, each with its place.
    Path(Vec<(usize, String)>),
    Property(Box<Tree>, String),
    Index(Box<Tree>, Box<Tree>),
    Call(String, Vec<Tree>),
    Not(Box<Tree>),
    Negate(Box<Tree>),
    Binary(Operator, Box<Tree>, Box<Tree>),
}

/// `not` as a word binds looser than a comparison.
const NOT_LEVEL: u8 = 3;

pub(crate) fn parse(text: &str) -> Result<Tree, Fault> {
    let tokens = tokens(text)?;
    let mut parser = Parser {
        tokens: &tokens,
        next: 0,
        depth: 0,
    };
    if matches!(parser.peek(), Token::End) {
        return Err(Fault::new(
            0,
            "an empty expression",
            "write NOT_SET, or noValue: true",
        ));
    }
    let tree = parser.binary(0)?;
    match parser.peek() {
        Token::End => Ok(tree),
        Token::Sign("=") => Err(parser.fault("`=` is no operator", "compare with ==")),
        _ => Err(parser.fault("expected an operator or the end", "")),
    }
}

struct Parser<'a> {
    tokens: &'a [(usize, Token)],
    next: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> &'a Token {
        &self.tokens[self.next.min(self.tokens.len() - 1)].1
    }

    fn at(&self) -> usize {
        self.tokens[self.next.min(self.tokens.len() - 1)].0
    }

    fn fault(&self, message: &str, help: &str) -> Fault {
        Fault::new(self.at(), message, help)
    }

    fn take(&mut self, sign: &'static str) -> bool {
        let found = *self.peek() == Token::Sign(sign);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &'static str) -> Result<(), Fault> {
        if self.take(sign) {
            return Ok(());
        }
        Err(self.fault(&format!("expected `{sign}`"), ""))
    }

    /// A tree of this node, if it isn't too deep: `1 + 1 + 1 …` nests without brackets.
    fn grown(&self, at: usize, node: Node) -> Result<Tree, Fault> {
        let below = match &node {
            Node::Path(names) => names.len(),
            Node::Property(inner, _) | Node::Not(inner) | Node::Negate(inner) => inner.deep,
            Node::Index(left, right) | Node::Binary(_, left, right) => left.deep.max(right.deep),
            Node::Call(_, arguments) => arguments.iter().map(|tree| tree.deep).max().unwrap_or(0),
            _ => 0,
        };
        if below >= MAX_LINKS {
            return Err(Fault::new(
                at,
                format!("more than {MAX_LINKS} operations one within the other"),
                "compute it in several updateData steps",
            ));
        }
        Ok(Tree {
            at,
            node,
            deep: below + 1,
        })
    }

    fn binary(&mut self, level: u8) -> Result<Tree, Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.fault(
                &format!("nested deeper than {MAX_DEPTH}"),
                "compute it in several updateData steps",
            ));
        }
        let mut left = self.unary(level)?;
        while let Some(operator) = Operator::of(self.peek()) {
            if operator.level() < level {
                break;
            }
            let at = self.at();
            self.next += 1;
            let right = self.binary(operator.level() + 1)?;
            left = self.grown(at, Node::Binary(operator, Box::new(left), Box::new(right)))?;
            // A comparison of a comparison is a mistake: `a < b < c`.
            if operator.level() == 4 && Operator::of(self.peek()).is_some_and(|o| o.level() == 4) {
                return Err(self.fault("a chain of comparisons", "join them with and"));
            }
        }
        self.depth -= 1;
        Ok(left)
    }

    fn unary(&mut self, level: u8) -> Result<Tree, Fault> {
        let at = self.at();
        let node = match self.peek() {
            Token::Name(name) if name.eq_ignore_ascii_case("not") && level <= NOT_LEVEL => {
                self.next += 1;
                if *self.peek() == Token::Sign("(") {
                    self.nested(|parser| parser.postfix().map(|tree| Node::Not(Box::new(tree))))?
                } else {
                    Node::Not(Box::new(self.binary(NOT_LEVEL)?))
                }
            }
            Token::Sign("!") => {
                self.next += 1;
                self.nested(|parser| parser.unary(7).map(|tree| Node::Not(Box::new(tree))))?
            }
            Token::Sign("-") => {
                self.next += 1;
                self.nested(|parser| parser.unary(7).map(|tree| Node::Negate(Box::new(tree))))?
            }
            _ => return self.postfix(),
        };
        self.grown(at, node)
    }

    fn nested(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<Node, Fault>,
    ) -> Result<Node, Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.fault(&format!("nested deeper than {MAX_DEPTH}"), ""));
        }
        let node = inner(self)?;
        self.depth -= 1;
        Ok(node)
    }

    fn postfix(&mut self) -> Result<Tree, Fault> {
        let mut tree = self.primary()?;
        loop {
            let at = self.at();
            if self.take("[") {
                let index = self.binary(0)?;
                self.expect("]")?;
                tree = self.grown(at, Node::Index(Box::new(tree), Box::new(index)))?;
            } else if self.take(".") {
                let at = self.at();
                let Token::Name(name) = self.peek() else {
                    return Err(self.fault("expected a property's name after `.`", ""));
                };
                self.next += 1;
                let start = tree.at;
                tree = match tree.node {
                    Node::Path(mut path) => {
                        path.push((at, name.clone()));
                        self.grown(start, Node::Path(path))?
                    }
                    _ => self.grown(at, Node::Property(Box::new(tree), name.clone()))?,
                };
            } else {
                return Ok(tree);
            }
        }
    }

    fn primary(&mut self) -> Result<Tree, Fault> {
        let at = self.at();
        let token = self.peek();
        let node = match token {
            Token::Text(text) => Node::Text(text.clone()),
            Token::Integer(number) => Node::Integer(*number),
            Token::Decimal(number) => Node::Decimal(*number),
            Token::Sign("(") => {
                self.next += 1;
                let inner = self.binary(0)?;
                self.expect(")")?;
                return Ok(inner);
            }
            Token::Name(name) => return self.name(at, name),
            Token::End => return Err(self.fault("the expression ends too early", "")),
            Token::Sign(_) => return Err(self.fault("expected a value", "")),
        };
        self.next += 1;
        self.grown(at, node)
    }

    fn name(&mut self, at: usize, name: &str) -> Result<Tree, Fault> {
        self.next += 1;
        if self.take("(") {
            let mut arguments = Vec::new();
            while !self.take(")") {
                if !arguments.is_empty() {
                    self.expect(",")?;
                }
                arguments.push(self.binary(0)?);
            }
            return self.grown(at, Node::Call(name.to_owned(), arguments));
        }
        let node = match name.to_ascii_lowercase().as_str() {
            "true" => Node::Boolean(true),
            "false" => Node::Boolean(false),
            "not_set" => Node::NotSet,
            _ => Node::Path(vec![(at, name.to_owned())]),
        };
        self.grown(at, node)
    }
}
