//! Tokens to a tree; names still unresolved.
//!
//! From the loosest: `?:`, then the operators by their levels ([`Operator::of`]), then `!`, `~` and `-` before
//! a value, then property and index, which follow names and calls only. The levels are the vendor's.

use crate::bounds::{MAX_DEPTH, MAX_LINKS};
use crate::fault::Fault;
use crate::lex::{Token, tokens};
use crate::operator::{Operator, Prefix};
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
    Prefix(Prefix, Box<Tree>),
    Binary(Operator, Box<Tree>, Box<Tree>),
    /// `condition ? value : value`.
    Choice(Box<[Tree; 3]>),
}

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
    let tree = parser.choice()?;
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
            Node::Property(inner, _) | Node::Prefix(_, inner) => inner.deep,
            Node::Index(left, right) | Node::Binary(_, left, right) => left.deep.max(right.deep),
            Node::Call(_, arguments) => arguments.iter().map(|tree| tree.deep).max().unwrap_or(0),
            Node::Choice(parts) => parts.iter().map(|tree| tree.deep).max().unwrap_or(0),
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

    /// A whole expression: `a ? b : c`, or what binds tighter.
    fn choice(&mut self) -> Result<Tree, Fault> {
        let condition = self.binary(0)?;
        let at = self.at();
        if !self.take("?") {
            return Ok(condition);
        }
        let yes = self.nested(Self::choice)?;
        self.expect(":")?;
        let no = self.nested(Self::choice)?;
        self.grown(at, Node::Choice(Box::new([condition, yes, no])))
    }

    fn binary(&mut self, least: u8) -> Result<Tree, Fault> {
        self.nested(|parser| {
            let mut left = parser.unary()?;
            while let Some((operator, level)) = Operator::of(parser.peek()) {
                if level < least {
                    break;
                }
                let at = parser.at();
                parser.next += 1;
                let right = parser.binary(level + u8::from(!operator.last_first()))?;
                left = parser.grown(at, Node::Binary(operator, Box::new(left), Box::new(right)))?;
            }
            Ok(left)
        })
    }

    fn unary(&mut self) -> Result<Tree, Fault> {
        let at = self.at();
        let Some(prefix) = Prefix::of(self.peek()) else {
            return self.postfix();
        };
        self.next += 1;
        let inner = self.nested(Self::unary)?;
        self.grown(at, Node::Prefix(prefix, Box::new(inner)))
    }

    /// Reads what lies one level deeper.
    fn nested(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<Tree, Fault>,
    ) -> Result<Tree, Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.fault(
                &format!("nested deeper than {MAX_DEPTH}"),
                "compute it in several updateData steps",
            ));
        }
        let tree = inner(self)?;
        self.depth -= 1;
        Ok(tree)
    }

    fn postfix(&mut self) -> Result<Tree, Fault> {
        let bracketed = *self.peek() == Token::Sign("(");
        let mut tree = self.primary()?;
        let owns = !bracketed && matches!(tree.node, Node::Path(_) | Node::Call(..));
        if !owns {
            return match self.peek() {
                Token::Sign("." | "[") => Err(self.fault(
                    "`.` and `[` follow a name or a call",
                    "give the value to a variable first",
                )),
                _ => Ok(tree),
            };
        }
        loop {
            let at = self.at();
            if self.take("[") {
                let index = self.choice()?;
                self.expect("]")?;
                tree = self.grown(at, Node::Index(Box::new(tree), Box::new(index)))?;
            } else if self.take(".") {
                let at = self.at();
                let (Token::Name(name) | Token::Text(name)) = self.peek() else {
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
                let inner = self.choice()?;
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
                arguments.push(self.choice()?);
            }
            return self.grown(at, Node::Call(name.to_owned(), arguments));
        }
        let node = match name.to_ascii_lowercase().as_str() {
            "true" => Node::Boolean(true),
            "false" => Node::Boolean(false),
            "not_set" => Node::NotSet,
            "not" => return Err(Fault::new(at, "`not` is no operator", "write !")),
            _ => Node::Path(vec![(at, name.to_owned())]),
        };
        self.grown(at, node)
    }
}
