//! Names to slots, and types: every fault that can be seen before the workflow runs.

use crate::expr::Expr;
use crate::fault::Fault;
use crate::function::{self, Signature};
use crate::kind::{Base, Type};
use crate::nearest::did_you_mean;
use crate::tree::{self, Node, Tree};
use crate::value::Value;
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
        Node::Index(inner, index) => {
            let (list, kind) = typed(inner, scope)?;
            let (index_expr, index_kind) = typed(index, scope)?;
            let item = item(kind).ok_or_else(|| {
                let help = "only collections and JSON can be indexed";
                Fault::new(tree.at, format!("{kind} has no items"), help)
            })?;
            wanted(index_kind, Type::INTEGER, index.at, "the index")?;
            (Expr::Index(Box::new(list), Box::new(index_expr)), item)
        }
        Node::Not(inner) => {
            let (expr, kind) = typed(inner, scope)?;
            wanted(kind, Type::BOOLEAN, inner.at, "what is negated")?;
            (Expr::Not(Box::new(expr)), Type::BOOLEAN)
        }
        Node::Negate(inner) => {
            let (expr, kind) = typed(inner, scope)?;
            let numeric = [Base::Integer, Base::Decimal, Base::Duration, Base::Any];
            if kind.collection || !numeric.contains(&kind.base) {
                return Err(Fault::new(tree.at, format!("{kind} has no sign"), ""));
            }
            (Expr::Negate(Box::new(expr)), kind)
        }
        Node::Binary(operator, left, right) => {
            let (left_expr, left_kind) = typed(left, scope)?;
            let (right_expr, right_kind) = typed(right, scope)?;
            let kind = operator.result(left_kind, right_kind).ok_or_else(|| {
                let sign = operator.sign();
                let message = format!("{left_kind} {sign} {right_kind} has no meaning");
                let help = "convert one side, as with ToString() or ToInt()";
                Fault::new(tree.at, message, help)
            })?;
            let (left, right) = (Box::new(left_expr), Box::new(right_expr));
            (Expr::Binary(*operator, left, right), kind)
        }
        Node::Call(name, arguments) => call(tree.at, name, arguments, scope)?,
    })
}

/// The type of an item; none of what has no items.
fn item(kind: Type) -> Option<Type> {
    match kind.base {
        _ if kind.collection => Some(kind.item()),
        Base::Json | Base::Any => Some(kind),
        _ => None,
    }
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
        _ if kind.collection && name.eq_ignore_ascii_case("length") => Type::INTEGER,
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

fn call(
    at: usize,
    name: &str,
    arguments: &[Tree],
    scope: &dyn Scope,
) -> Result<(Expr, Type), Fault> {
    let mut exprs = Vec::with_capacity(arguments.len());
    let mut kinds = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let (expr, kind) = typed(argument, scope)?;
        exprs.push(expr);
        kinds.push(kind);
    }
    if name.eq_ignore_ascii_case("if") {
        return conditional(at, arguments, exprs, &kinds);
    }
    let Some(function) = function::find(name) else {
        return Err(Fault::unknown(
            at,
            format!("no function `{name}`"),
            did_you_mean(name, function::functions().map(|function| function.name)),
        ));
    };
    let signatures: Vec<Signature> = function.signatures().collect();
    if let Some(kind) = signatures
        .iter()
        .find_map(|signature| signature.accepts(&kinds))
    {
        return Ok((Expr::Call(function, exprs, kind), kind));
    }
    let given: Vec<String> = kinds.iter().map(ToString::to_string).collect();
    let help = format!("it is {}", function.usage());
    // With one way to call it, the first wrong argument can be named.
    if let [only] = signatures.as_slice()
        && let Some(wrong) = only.first_wrong(&kinds)
        && let Some(argument) = arguments.get(wrong)
    {
        return Err(Fault::new(
            argument.at,
            format!(
                "argument {} of {} is {}",
                wrong + 1,
                function.name,
                kinds[wrong]
            ),
            help,
        ));
    }
    Err(Fault::new(
        at,
        format!("{}({}) doesn't fit", function.name, given.join(", ")),
        help,
    ))
}

fn conditional(
    at: usize,
    arguments: &[Tree],
    exprs: Vec<Expr>,
    kinds: &[Type],
) -> Result<(Expr, Type), Fault> {
    let Ok(exprs) = <[Expr; 3]>::try_from(exprs) else {
        return Err(Fault::new(
            at,
            format!("If has {} arguments", kinds.len()),
            "it is If(condition, value if true, value if false)",
        ));
    };
    wanted(kinds[0], Type::BOOLEAN, arguments[0].at, "the condition")?;
    let Some(kind) = kinds[1].join(kinds[2]) else {
        return Err(Fault::new(
            arguments[2].at,
            format!("If is {} or {}", kinds[1], kinds[2]),
            "both values must have one type",
        ));
    };
    Ok((Expr::If(Box::new(exprs)), kind))
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
