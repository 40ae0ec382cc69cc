//! Names to slots, and types: every fault that can be seen before the workflow runs.

mod call;

pub use call::read_out;

use crate::expr::Expr;
use crate::fault::Fault;
use crate::kind::{Base, Type};
use crate::nearest::did_you_mean;
use crate::operator::Operator;
use crate::tree::{self, Node, Tree};
use crate::value::Value;
use call::call;
use std::sync::Arc;

/// The variables an expression may use.
pub trait Scope {
    /// A declared variable, by its name in any case.
    fn variable(&self, name: &str) -> Option<(u32, Type)>;
    /// A built-in variable, by its name in any case.
    fn builtin(&self, name: &str) -> Option<Type>;
    /// The value of a constant, by its name in any case.
    fn constant(&self, name: &str) -> Option<Value> {
        let _ = name;
        None
    }
    /// What is known of a name that can't be used here.
    fn elsewhere(&self, name: &str) -> Option<String> {
        let _ = name;
        None
    }
    /// Every name, for suggestions.
    fn names(&self) -> Vec<String>;
}

/// Reads, resolves and types an expression.
pub fn check(text: &str, scope: &dyn Scope) -> Result<(Expr, Type), Fault> {
    typed(&tree::parse(text)?, scope)
}

fn typed(tree: &Tree, scope: &dyn Scope) -> Result<(Expr, Type), Fault> {
    Ok(match &tree.node {
        Node::Text(text) => (Expr::Constant(Value::text(text)), Type::STRING),
        Node::Integer(number) => (Expr::Constant(Value::Integer(*number)), Type::INTEGER),
        Node::Decimal(number) => (
            Expr::Constant(Value::Decimal(*number)),
            Type::one(Base::Decimal),
        ),
        Node::Boolean(flag) => (Expr::Constant(Value::Boolean(*flag)), Type::BOOLEAN),
        Node::NotSet => (Expr::Constant(Value::NotSet), Type::one(Base::NotSet)),
        Node::Path(path) => named(path, scope)?,
        Node::Property(inner, name) => property(typed(inner, scope)?, name, tree.at)?,
        Node::Index(inner, index) => indexed(typed(inner, scope)?, index, tree.at, scope)?,
        Node::Prefix(prefix, inner) => {
            let (expr, kind) = typed(inner, scope)?;
            let result = prefix.result(kind).ok_or_else(|| {
                let message = format!("{} {kind} has no meaning", prefix.sign());
                Fault::new(tree.at, message, not_set_help(&[kind]))
            })?;
            (Expr::Prefix(*prefix, Box::new(expr)), result)
        }
        Node::Binary(operator, left, right) => binary(*operator, left, right, tree.at, scope)?,
        Node::Choice(parts) => call(tree.at, "If", parts.as_slice(), scope)?,
        Node::Call(name, arguments) => call(tree.at, name, arguments, scope)?,
    })
}

fn binary(
    operator: Operator,
    left: &Tree,
    right: &Tree,
    at: usize,
    scope: &dyn Scope,
) -> Result<(Expr, Type), Fault> {
    let (left, left_kind) = typed(left, scope)?;
    let (right, right_kind) = typed(right, scope)?;
    let kind = operator.result(left_kind, right_kind).ok_or_else(|| {
        let sign = operator.sign();
        let message = format!("{left_kind} {sign} {right_kind} has no meaning");
        let help = match not_set_help(&[left_kind, right_kind]) {
            "" => "convert one side, as with ToString() or ToInt()",
            help => help,
        };
        Fault::new(at, message, help)
    })?;
    let divides = matches!(operator, Operator::Divide | Operator::Remainder);
    if divides && right.constant() == Some(Value::Integer(0)) {
        return Err(Fault::new(at, "division by zero", ""));
    }
    Ok((
        Expr::Binary(operator, Box::new(left), Box::new(right)),
        kind,
    ))
}

/// What to do about `NOT_SET` where it can't stand.
fn not_set_help(kinds: &[Type]) -> &'static str {
    let not_set = kinds.iter().any(|kind| kind.base == Base::NotSet);
    if not_set {
        "NOT_SET can't be computed with; ask IsSet() first"
    } else {
        ""
    }
}

/// An item by its position, or a property by its name: `x[0]`, `x["name"]`.
fn indexed(
    (inner, kind): (Expr, Type),
    index: &Tree,
    at: usize,
    scope: &dyn Scope,
) -> Result<(Expr, Type), Fault> {
    if let Node::Text(name) = &index.node
        && !kind.collection
    {
        return property((inner, kind), name, index.at);
    }
    let item = match kind.base {
        _ if kind.collection => kind.item(),
        Base::Json | Base::Any => kind,
        _ => {
            let help = "collections and JSON have items; a property is written out";
            return Err(Fault::new(at, format!("{kind} has no items"), help));
        }
    };
    let (index_expr, index_kind) = typed(index, scope)?;
    let by_name = !kind.collection && index_kind.fits(Type::STRING);
    if !by_name {
        wanted(index_kind, Type::INTEGER, index.at, "the index")?;
    }
    Ok((Expr::Index(Box::new(inner), Box::new(index_expr)), item))
}

/// A name: the longest prefix that is a variable, the rest its properties.
fn named(path: &[(usize, String)], scope: &dyn Scope) -> Result<(Expr, Type), Fault> {
    let joined = |length: usize| {
        let names: Vec<&str> = path[..length]
            .iter()
            .map(|(_, name)| name.as_str())
            .collect();
        names.join(".")
    };
    for length in (1..=path.len()).rev() {
        let name = joined(length);
        let found = match scope.variable(&name) {
            Some((slot, kind)) => Some((Expr::Variable(slot), kind)),
            None => scope
                .builtin(&name)
                .map(|kind| match scope.constant(&name) {
                    Some(value) => (Expr::Constant(value), kind),
                    None => (Expr::Builtin(name.to_lowercase().into()), kind),
                }),
        };
        if let Some(start) = found {
            return path[length..]
                .iter()
                .try_fold(start, |inner, (at, name)| property(inner, name, *at));
        }
    }
    let name = joined(path.len());
    if name.contains("{{") {
        return Ok((Expr::Constant(Value::NotSet), Type::ANY));
    }
    let names = scope.names();
    let near = did_you_mean(&name, names.iter().map(String::as_str));
    let help = if let Some(known) = scope.elsewhere(&name) {
        known
    } else if path.len() == 1 && near.is_empty() {
        "a text stands in double quotes".to_owned()
    } else {
        near
    };
    Err(Fault::unknown(
        path[0].0,
        format!("no variable `{name}`"),
        help,
    ))
}

fn property((inner, kind): (Expr, Type), name: &str, at: usize) -> Result<(Expr, Type), Fault> {
    let result = match kind.base {
        _ if name.contains("{{") => Type::ANY,
        _ if kind.collection => {
            return Err(Fault::new(
                at,
                format!("{kind} has no property `{name}`"),
                "take an item of it first: x[0], or GetAt(x, 0)",
            ));
        }
        Base::Json | Base::Any => kind,
        base => kind.property(name).ok_or_else(|| {
            let message = format!("{kind} has no property `{name}`");
            match base {
                Base::Entity(entity) => {
                    Fault::unknown(at, message, did_you_mean(name, entity.properties()))
                }
                _ => Fault::new(at, message, ""),
            }
        })?,
    };
    // JSON's names are as they are; all others are in any case.
    let name: Arc<str> = match kind.base {
        Base::Json | Base::Any if !kind.collection => name.into(),
        _ => name.to_lowercase().into(),
    };
    Ok((Expr::Property(Box::new(inner), name), result))
}

fn wanted(kind: Type, wanted: Type, at: usize, what: &str) -> Result<(), Fault> {
    if kind.fits(wanted) {
        return Ok(());
    }
    let help = match (kind.base, wanted.base) {
        (Base::Json, _) | (_, Base::String) => "convert it, as with ToString()",
        _ => "",
    };
    Err(Fault::new(
        at,
        format!("{what} is {kind}, expected {wanted}"),
        help,
    ))
}

#[cfg(test)]
mod tests {
    use super::{Scope, check};
    use crate::fault::FaultKind::{Unknown, Wrong};
    use crate::kind::{Kind, Type};

    struct Names;

    impl Scope for Names {
        fn variable(&self, name: &str) -> Option<(u32, Type)> {
            (name == "Flow.queue").then_some((0, Type::entity(Kind::Queue)))
        }

        fn builtin(&self, _: &str) -> Option<Type> {
            None
        }

        fn names(&self) -> Vec<String> {
            Vec::new()
        }
    }

    #[test]
    fn a_name_that_is_not_known_is_no_rule_that_is_broken() {
        for (text, kind) in [
            ("Flow.other", Unknown),
            ("NoSuchFunction(1)", Unknown),
            ("Flow.queue.noSuchProperty", Unknown),
            ("1 + ", Wrong),
            ("Length(1)", Wrong),
        ] {
            assert_eq!(check(text, &Names).unwrap_err().kind, kind, "{text}");
        }
    }
}
