//! Works expressions out, as far as they are known before anything is deployed.
//!
//! hcl-rs evaluates expressions too, but stops at the first name without a value, and keeps no places. Here what
//! isn't known has a reason and goes on as an unknown value, as in Terraform's own plan: a repository that
//! names one id of another resource is checked in all its other parts. A mistake (a name that isn't declared,
//! a file that isn't there) is a finding with its place, and its value is unknown.
//!
//! Bounded: steps, nesting, the length of texts, and the items of a value.

mod argument;
mod collect;
mod function;
mod module;
mod operator;
mod reference;
mod template;
mod variable;

pub(super) use function::sha256;

use super::folder::Folder;
use super::instance::{Instance, Names};
use super::syntax::{Source, Text};
use super::value::Value;
use crate::files::Files;
use crate::finding::{Finding, Level, Rule};
use hcl_edit::Span;
use hcl_edit::expr::{Expression, FuncCall, UnaryOperator};
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

/// Parts of expressions that are worked out in one check.
const MAX_STEPS: u64 = 2_000_000;
/// Expressions within expressions, through names and modules too.
const MAX_DEPTH: usize = 250;
/// Bytes of one text.
pub(super) const MAX_TEXT: usize = 4 * 1024 * 1024;

/// What an expression can refer to.
pub(super) struct Scope<'s, 'a> {
    /// The module that it stands in; none within a template file, which sees only its own names.
    pub(super) instance: Option<&'s Rc<Instance<'a>>>,
    pub(super) text: &'s Text,
    pub(super) names: Names,
}

impl<'s, 'a> Scope<'s, 'a> {
    pub(super) fn with(&self, more: impl IntoIterator<Item = (String, Value)>) -> Scope<'s, 'a> {
        let names = self.names.iter().cloned().chain(more).collect();
        Scope { names, ..*self }
    }

    pub(super) fn name(&self, name: &str) -> Option<&Value> {
        let found = self.names.iter().rev().find(|(known, _)| known == name);
        found.map(|(_, value)| value)
    }
}

/// The scope of a block of a module.
pub(super) fn scope<'s, 'a>(
    instance: &'s Rc<Instance<'a>>,
    source: &'s Source,
    names: Names,
) -> Scope<'s, 'a> {
    Scope {
        instance: Some(instance),
        text: &source.text,
        names,
    }
}

pub(super) struct Evaluator<'a> {
    pub(super) files: &'a dyn Files,
    pub(super) folders: &'a BTreeMap<&'a str, Folder<'a>>,
    /// Values of variables that the caller gives.
    pub(super) given: &'a BTreeMap<String, String>,
    pub(super) findings: Vec<Finding>,
    /// Modules so far.
    pub(super) instances: usize,
    steps: u64,
    /// Whether it was said that there were too many steps.
    exhausted: bool,
    depth: usize,
    /// Within so many `try` and `can`, whose mistakes are no faults.
    pub(super) tries: usize,
    /// Mistakes within `try` and `can` so far.
    pub(super) mistakes: usize,
}

impl<'a> Evaluator<'a> {
    pub(super) fn new(
        files: &'a dyn Files,
        folders: &'a BTreeMap<&'a str, Folder<'a>>,
        given: &'a BTreeMap<String, String>,
    ) -> Self {
        Evaluator {
            files,
            folders,
            given,
            findings: Vec::new(),
            instances: 0,
            steps: 0,
            exhausted: false,
            depth: 0,
            tries: 0,
            mistakes: 0,
        }
    }

    /// Notes a finding, and answers with the unknown value that stands for what it is about.
    pub(super) fn note(
        &mut self,
        (text, span): (&Text, Option<Range<usize>>),
        (level, rule): (Level, Rule),
        message: String,
        help: &str,
    ) -> Value {
        let unknown = match level {
            Level::Error => Value::mistaken(message.clone()),
            _ => Value::unknown(message.as_str()),
        };
        if self.tries > 0 {
            self.mistakes += 1;
            return unknown;
        }
        self.findings.push(Finding {
            file: text.file.clone(),
            place: Some(text.start(span)),
            level,
            rule,
            field: String::new(),
            message,
            help: help.to_owned(),
        });
        unknown
    }

    /// Notes a mistake of the file.
    pub(super) fn fault(
        &mut self,
        scope: &Scope<'_, 'a>,
        span: Option<Range<usize>>,
        message: String,
        help: &str,
    ) -> Value {
        let kind = (Level::Error, Rule::TerraformReference);
        self.note((scope.text, span), kind, message, help)
    }

    /// Counts steps that aren't parts of expressions.
    pub(super) fn charge(&mut self, steps: usize) {
        self.steps = self.steps.saturating_add(steps as u64);
    }

    /// The value of an expression.
    pub(super) fn value(&mut self, scope: &Scope<'_, 'a>, expr: &Expression) -> Value {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            if !std::mem::replace(&mut self.exhausted, true) {
                let message = format!("expressions have more than {MAX_STEPS} parts to work out");
                return self.fault(scope, expr.span(), message, "split the folder");
            }
            return Value::unknown("more parts of expressions than are worked out");
        }
        if self.depth == MAX_DEPTH {
            let message = format!("expressions lead more than {MAX_DEPTH} deep into one another");
            return self.fault(
                scope,
                expr.span(),
                message,
                "a name may lead back to itself",
            );
        }
        self.depth += 1;
        let value = self.worked_out(scope, expr);
        self.depth -= 1;
        value
    }

    fn worked_out(&mut self, scope: &Scope<'_, 'a>, expr: &Expression) -> Value {
        match expr {
            Expression::Null(_) => Value::Null,
            Expression::Bool(flag) => Value::Bool(*flag.value()),
            Expression::Number(number) => operator::literal(number.value()),
            Expression::String(text) => Value::text(text.value().as_str()),
            Expression::Array(array) => {
                let items = array.iter().map(|item| self.value(scope, item));
                Value::list(items)
            }
            Expression::Object(object) => self.object(scope, object),
            Expression::StringTemplate(template) => self.template(scope, template),
            Expression::HeredocTemplate(heredoc) => self.template(scope, &heredoc.template),
            Expression::Parenthesis(inner) => self.value(scope, inner.inner()),
            Expression::Variable(name) => match scope.name(name.as_str()) {
                Some(value) => value.clone(),
                None => {
                    let message = format!("`{}` is no name that is known here", name.as_str());
                    let help = "write var.NAME, local.NAME, or a text between quotes";
                    self.fault(scope, expr.span(), message, help)
                }
            },
            Expression::Conditional(choice) => match self.value(scope, &choice.cond_expr) {
                Value::Unknown(unknown) => Value::Unknown(unknown),
                condition => match condition.to_bool() {
                    Some(true) => self.value(scope, &choice.true_expr),
                    Some(false) => self.value(scope, &choice.false_expr),
                    None => self.wanted(scope, &choice.cond_expr, "a bool", &condition),
                },
            },
            Expression::FuncCall(call) => self.call(scope, expr, call),
            Expression::Traversal(traversal) => self.traversal(scope, traversal),
            Expression::UnaryOp(operation) => {
                let value = self.value(scope, &operation.expr);
                let result = match (&value, *operation.operator.value()) {
                    (Value::Unknown(_), _) => return value,
                    (_, UnaryOperator::Neg) => value.to_number().map(|n| Value::number(-n)),
                    (_, UnaryOperator::Not) => value.to_bool().map(|flag| Value::Bool(!flag)),
                };
                match result {
                    Some(result) => result,
                    None => self.wanted(scope, &operation.expr, "a number or a bool", &value),
                }
            }
            Expression::BinaryOp(operation) => {
                let left = self.value(scope, &operation.lhs_expr);
                let right = self.value(scope, &operation.rhs_expr);
                self.charge(left.size());
                match operator::binary(*operation.operator.value(), &left, &right) {
                    Some(value) => value,
                    None => self.wanted(scope, expr, "numbers or bools", &left),
                }
            }
            Expression::ForExpr(each) => self.each(scope, each),
        }
    }

    /// Notes that a value is of the wrong kind.
    pub(super) fn wanted(
        &mut self,
        scope: &Scope<'_, 'a>,
        expr: &Expression,
        wanted: &str,
        found: &Value,
    ) -> Value {
        let message = format!("expected {wanted}, found {}", found.what());
        self.fault(scope, expr.span(), message, "")
    }

    fn call(&mut self, scope: &Scope<'_, 'a>, expr: &Expression, call: &FuncCall) -> Value {
        let name = call.name.name.as_str();
        if call.name.is_namespaced()
            && call.name.namespace.first().map(|n| n.as_str()) != Some("core")
        {
            return Value::unknown(format!(
                "a provider's function `{name}` isn't worked out here"
            ));
        }
        if matches!(name, "try" | "can") {
            return self.attempt(scope, call, name == "can");
        }
        let mut arguments: Vec<Value> = Vec::new();
        for argument in call.args.iter() {
            arguments.push(self.value(scope, argument));
        }
        if call.args.expand_final() {
            match arguments.pop() {
                Some(Value::List(items)) => arguments.extend(items.iter().cloned()),
                Some(unknown @ Value::Unknown(_)) => return unknown,
                _ => return self.fault(scope, expr.span(), "`...` stands after a list".into(), ""),
            }
        }
        match self.function(scope, name, &arguments) {
            Ok(value) => value,
            Err((message, help)) => {
                self.fault(scope, expr.span(), format!("{name}: {message}"), &help)
            }
        }
    }

    /// `try`: the first argument without a mistake. `can`: whether there is one.
    fn attempt(&mut self, scope: &Scope<'_, 'a>, call: &FuncCall, can: bool) -> Value {
        for argument in call.args.iter() {
            let before = self.mistakes;
            self.tries += 1;
            let value = self.value(scope, argument);
            self.tries -= 1;
            match (self.mistakes == before, can) {
                (true, true) if value.first_unknown().is_none() => return Value::Bool(true),
                (true, _) => return value,
                (false, _) => {}
            }
        }
        if can {
            return Value::Bool(false);
        }
        let message = "try: none of its values can be worked out".to_owned();
        self.fault(scope, call.span(), message, "")
    }
}
