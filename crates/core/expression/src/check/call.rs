//! Calls: which function is meant, and which way to call it.

use super::{Scope, typed};
use crate::expr::{Callee, Expr};
use crate::fault::Fault;
use crate::function::{self, Function};
use crate::kind::{Base, Type};
use crate::nearest::did_you_mean;
use crate::overload::{Pick, pick};
use crate::tree::Tree;
use crate::value::Value;

/// A function, its arguments and the type of the result.
pub(super) fn call(
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
    let Some(function) = function::find(name) else {
        return Err(Fault::unknown(
            at,
            format!("no function `{name}`"),
            did_you_mean(name, function::functions().map(|function| function.name)),
        ));
    };
    let (overload, result) = match pick(&function.overloads, &kinds) {
        Pick::One(overload, result) => (Some(overload), result),
        Pick::Late(result) => (None, result),
        Pick::None => return Err(no_way(function, at, arguments, &kinds)),
    };
    let written: Vec<Option<Value>> = exprs.iter().map(Expr::constant).collect();
    if let Some((index, why)) = overload.and_then(|way| way.wrong_literal(&written)) {
        let message = format!("argument {} of {} {why}", index + 1, function.name);
        let help = format!("it is {}", function.usage());
        return Err(Fault::new(arguments[index].at, message, help));
    }
    if let Some((index, what)) = overload.and_then(|way| way.unknown_literal(&written)) {
        return Err(Fault::unknown(arguments[index].at, what, ""));
    }
    if function.name == "If" {
        let parts = <[Expr; 3]>::try_from(exprs);
        let parts = parts.map_err(|_| no_way(function, at, arguments, &kinds))?;
        return Ok((Expr::If(Box::new(parts)), result));
    }
    let callee = Callee {
        function,
        overload,
        result,
    };
    Ok((Expr::Call(callee, exprs), result))
}

/// The fault of a call that fits no way to call the function.
fn no_way(function: &Function, at: usize, arguments: &[Tree], kinds: &[Type]) -> Fault {
    let help = format!("it is {}", function.usage());
    // The argument is named that is wrong in the way that the most arguments fit.
    let wrong = function
        .overloads
        .iter()
        .filter_map(|way| way.fit(kinds).err());
    if let Some(wrong) = wrong.max()
        && let (Some(argument), Some(kind)) = (arguments.get(wrong), kinds.get(wrong))
    {
        let message = format!("argument {} of {} is {kind}", wrong + 1, function.name);
        return Fault::new(argument.at, message, help);
    }
    let given: Vec<String> = kinds.iter().map(ToString::to_string).collect();
    let message = format!("{}({}) doesn't fit", function.name, given.join(", "));
    Fault::new(at, message, help)
}

/// The expression read out, where the vendor reads such a value out by itself: numbers, amounts, dates and times,
/// durations, yes and no. Its package marks the functions that aren't used for that.
#[must_use]
pub fn read_out(expr: Expr, kind: Type) -> Option<Expr> {
    let name = match kind.base {
        _ if kind.collection => return None,
        Base::Integer | Base::Decimal => "ToAudioNumber",
        Base::Boolean => "ToAudioBool",
        Base::Currency => "ToAudioCurrency",
        Base::DateTime => "ToAudioDateTime",
        Base::Duration => "ToAudioDuration",
        _ => return None,
    };
    let function = function::find(name)?;
    let Pick::One(overload, result) = pick(&function.overloads, &[kind]) else {
        return None;
    };
    let callee = Callee {
        function,
        overload: Some(overload),
        result,
    };
    Some(Expr::Call(callee, vec![expr]))
}
