//! What a template is made of.

use std::rc::Rc;
use std::sync::Arc;

#[derive(Debug, Clone)]
pub(crate) enum Node {
    Text(String),
    Reference(Reference),
    Set(Reference, Expression),
    /// Conditions in order, `#else` as one without.
    If(Vec<(Option<Expression>, Vec<Node>)>),
    Foreach {
        name: String,
        over: Expression,
        body: Vec<Node>,
        offset: usize,
    },
    Break,
    Stop,
}

#[derive(Debug, Clone)]
pub(crate) struct Reference {
    pub(crate) root: String,
    pub(crate) parts: Vec<Part>,
    pub(crate) quiet: bool,
    /// Backslashes before it.
    pub(crate) escapes: usize,
    /// As written, without the backslashes.
    pub(crate) literal: String,
    pub(crate) offset: usize,
}

#[derive(Debug, Clone)]
pub(crate) enum Part {
    Property(String),
    Method(String, Vec<Expression>),
    Index(Expression),
}

#[derive(Debug, Clone)]
pub(crate) enum Expression {
    Null,
    Bool(bool),
    Whole(i64),
    Double(f64),
    Text(Arc<str>),
    /// A text in double quotes that holds references or directives.
    Interpolated(Vec<Node>),
    Reference(Reference),
    List(Vec<Expression>),
    Range(Box<Expression>, Box<Expression>),
    Map(Vec<(Expression, Expression)>),
    Not(Box<Expression>),
    Two(Box<Expression>, Operator, Box<Expression>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

impl Reference {
    /// The names after the first, up to a method or an index.
    pub(crate) fn properties(&self) -> Vec<String> {
        let names = self.parts.iter().map_while(|part| match part {
            Part::Property(name) => Some(name.clone()),
            Part::Method(..) | Part::Index(_) => None,
        });
        names.collect()
    }
}

/// Tells `found` of every reference.
pub(crate) fn references(nodes: &[Node], found: &mut dyn FnMut(&Reference)) {
    for node in nodes {
        match node {
            Node::Text(_) | Node::Break | Node::Stop => {}
            Node::Reference(reference) => in_reference(reference, found),
            Node::Set(_, value) => in_expression(value, found),
            Node::If(branches) => {
                for (condition, body) in branches {
                    if let Some(condition) = condition {
                        in_expression(condition, found);
                    }
                    references(body, found);
                }
            }
            Node::Foreach { over, body, .. } => {
                in_expression(over, found);
                references(body, found);
            }
        }
    }
}

fn in_reference(reference: &Reference, found: &mut dyn FnMut(&Reference)) {
    found(reference);
    for part in &reference.parts {
        match part {
            Part::Property(_) => {}
            Part::Method(_, arguments) => {
                arguments.iter().for_each(|it| in_expression(it, found));
            }
            Part::Index(index) => in_expression(index, found),
        }
    }
}

fn in_expression(expression: &Expression, found: &mut dyn FnMut(&Reference)) {
    match expression {
        Expression::Reference(reference) => in_reference(reference, found),
        Expression::List(items) => items.iter().for_each(|it| in_expression(it, found)),
        Expression::Map(fields) => fields.iter().for_each(|(key, value)| {
            in_expression(key, found);
            in_expression(value, found);
        }),
        Expression::Range(a, b) | Expression::Two(a, _, b) => {
            in_expression(a, found);
            in_expression(b, found);
        }
        Expression::Not(it) => in_expression(it, found),
        // Offsets within a quoted text are not the template's.
        Expression::Interpolated(..)
        | Expression::Null
        | Expression::Bool(_)
        | Expression::Whole(_)
        | Expression::Double(_)
        | Expression::Text(_) => {}
    }
}

/// A literal's text, for a value.
pub(crate) fn shared(text: &Arc<str>) -> Rc<str> {
    Rc::from(&**text)
}
