//! What a template is made of.

use crate::Value;
use crate::error::Place;
use crate::value::Special;
use num_bigint::BigInt;
use std::sync::{Arc, OnceLock};

/// The place of a name among the names of its template.
pub(crate) type Slot = u32;

#[derive(Debug, Clone)]
pub(crate) enum Node {
    Text(String),
    Print(Box<Print>),
    /// No target where the reference language sets a name that can't be read.
    Set(Option<Box<Reference>>, Expression),
    /// Conditions in order, `#else` as one without.
    If(Vec<(Option<Expression>, Vec<Node>)>),
    Foreach(Box<Foreach>),
    /// Out of the innermost loop, or of the one named.
    Break(Option<Expression>, Place),
    Stop(Option<Expression>),
    /// A macro that isn't there, in a template with strict references.
    Undefined(Box<str>, Place),
}

/// A reference among the text.
#[derive(Debug, Clone)]
pub(crate) struct Print {
    pub(crate) reference: Reference,
    /// An odd number of backslashes stands before it.
    pub(crate) escaped: bool,
    /// Null prints nothing, also where references are strict.
    pub(crate) quiet: bool,
    /// Printed before a value.
    pub(crate) before: Box<str>,
    /// Printed instead of a value, where there is one but it is escaped.
    pub(crate) instead: Box<str>,
    /// Printed where there is no value.
    pub(crate) missing: Box<str>,
}

#[derive(Debug, Clone)]
pub(crate) struct Reference {
    pub(crate) slot: Slot,
    pub(crate) parts: Vec<Step>,
    /// As the reference language repeats it in messages and texts.
    pub(crate) literal: Box<str>,
    /// Where it starts, with what escapes its `$`.
    pub(crate) place: Place,
    /// Where its `$` stands.
    pub(crate) sign: Place,
    /// The name may be unset, where references are strict: somewhere within an `#if`, in its condition or
    /// in the value of a `#set`, it stands alone or between `!`, `&&` and `||`.
    pub(crate) may_be_unset: bool,
}

/// A part of a reference, and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) part: Part,
    pub(crate) place: Place,
}

#[derive(Debug, Clone)]
pub(crate) enum Part {
    Property(Arc<str>),
    Method(Box<Method>),
    Index(Expression),
}

#[derive(Debug, Clone)]
pub(crate) struct Method {
    pub(crate) name: Arc<str>,
    pub(crate) arguments: Vec<Expression>,
    /// The pattern of a constant first argument, once it was used.
    pub(crate) pattern: OnceLock<Arc<crate::pattern::Pattern>>,
}

#[derive(Debug, Clone)]
pub(crate) struct Foreach {
    pub(crate) slot: Slot,
    pub(crate) over: Expression,
    /// Where `over` stands, and how it is written.
    pub(crate) over_place: Place,
    pub(crate) over_written: Box<str>,
    pub(crate) body: Vec<Node>,
    pub(crate) place: Place,
}

/// An expression, and how the reference language repeats it where a text is joined with its null.
#[derive(Debug, Clone)]
pub(crate) enum Expression {
    Constant(Constant),
    /// A text in double quotes that holds references or directives.
    Interpolated(Box<Interpolated>),
    Reference(Box<Reference>),
    List(Vec<Expression>),
    Range(Box<(Expression, Expression)>, Box<str>),
    Map(Vec<(Expression, Expression)>),
    Not(Box<Expression>),
    /// Operators of one level, from left to right.
    Chain(Box<Chain>),
    /// In parentheses, and how it is repeated.
    Grouped(Box<(Expression, Box<str>)>),
    /// `$\!x`, or a reference that lost its `$`: never a value.
    Nothing(Box<str>),
}

#[derive(Debug, Clone)]
pub(crate) struct Interpolated {
    pub(crate) nodes: Vec<Node>,
    /// The last character is one that was added to end the last reference, and goes.
    pub(crate) trimmed: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Chain {
    pub(crate) first: Expression,
    /// Never empty.
    pub(crate) links: Vec<Link>,
}

#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) operator: Operator,
    pub(crate) right: Expression,
    /// How the reference repeats the result where it is null.
    pub(crate) literal: Box<str>,
    /// Where the right side starts.
    pub(crate) place: Place,
}

#[derive(Debug, Clone)]
pub(crate) enum Constant {
    Bool(bool),
    Int(i32),
    Long(i64),
    Big(Arc<BigInt>),
    Double(f64),
    Text(Arc<str>),
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

impl Operator {
    /// How Velocity's words write an operator that compares.
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Operator::Less => "<",
            Operator::LessOrEqual => "<=",
            Operator::Greater => ">",
            _ => ">=",
        }
    }
}

impl Constant {
    pub(crate) fn value(&self) -> Value {
        match self {
            Constant::Bool(it) => Value::Bool(*it),
            Constant::Int(it) => Value::Int(*it),
            Constant::Long(it) => Value::Long(*it),
            Constant::Big(it) => Value::Special(Special::Big(it.clone())),
            Constant::Double(it) => Value::Double(*it),
            Constant::Text(text) => Value::Text(text.clone()),
        }
    }
}

impl Step {
    /// The first of its tokens.
    pub(crate) fn name(&self) -> &str {
        match &self.part {
            Part::Property(name) => name,
            Part::Method(method) => &method.name,
            Part::Index(_) => "[",
        }
    }
}

impl Expression {
    /// As it is repeated where it is null.
    pub(crate) fn literal(&self) -> &str {
        match self {
            Expression::Reference(reference) => &reference.literal,
            Expression::Range(_, literal) | Expression::Nothing(literal) => literal,
            Expression::Grouped(grouped) => &grouped.1,
            Expression::Chain(chain) => chain.links.last().map_or("null", |link| &link.literal),
            _ => "null",
        }
    }
}

impl Reference {
    /// The names after the first, up to a method or an index.
    pub(crate) fn properties(&self) -> Vec<String> {
        let names = self.parts.iter().map_while(|step| match &step.part {
            Part::Property(name) => Some(name.to_string()),
            Part::Method(_) | Part::Index(_) => None,
        });
        names.collect()
    }
}

/// Tells `found` of every reference, those that are set left out.
pub(crate) fn references(nodes: &[Node], found: &mut dyn FnMut(&Reference)) {
    for node in nodes {
        match node {
            Node::Text(_) | Node::Undefined(..) => {}
            Node::Print(print) => in_reference(&print.reference, found),
            Node::Set(target, value) => {
                for step in target.iter().flat_map(|it| &it.parts) {
                    in_part(&step.part, found);
                }
                in_expression(value, found);
            }
            Node::If(branches) => {
                for (condition, body) in branches {
                    if let Some(condition) = condition {
                        in_expression(condition, found);
                    }
                    references(body, found);
                }
            }
            Node::Foreach(foreach) => {
                in_expression(&foreach.over, found);
                references(&foreach.body, found);
            }
            Node::Break(it, _) | Node::Stop(it) => {
                it.iter().for_each(|it| in_expression(it, found));
            }
        }
    }
}

fn in_reference(reference: &Reference, found: &mut dyn FnMut(&Reference)) {
    found(reference);
    for step in &reference.parts {
        in_part(&step.part, found);
    }
}

fn in_part(part: &Part, found: &mut dyn FnMut(&Reference)) {
    match part {
        Part::Property(_) => {}
        Part::Method(method) => {
            let arguments = method.arguments.iter();
            arguments.for_each(|it| in_expression(it, found));
        }
        Part::Index(index) => in_expression(index, found),
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
        Expression::Range(ends, _) => {
            in_expression(&ends.0, found);
            in_expression(&ends.1, found);
        }
        Expression::Chain(chain) => {
            in_expression(&chain.first, found);
            chain
                .links
                .iter()
                .for_each(|link| in_expression(&link.right, found));
        }
        Expression::Not(it) => in_expression(it, found),
        Expression::Grouped(grouped) => in_expression(&grouped.0, found),
        Expression::Interpolated(text) => references(&text.nodes, found),
        Expression::Constant(_) | Expression::Nothing(_) => {}
    }
}
