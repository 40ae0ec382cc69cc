//! Whether a variable's default has the variable's type.

use super::{Evaluator, scope};
use crate::finding::{Level, Rule};
use crate::terraform::instance::{Instance, Names};
use crate::terraform::value::Value;
use hcl_edit::Span as _;
use hcl_edit::expr::Expression;
use std::rc::Rc;

impl<'a> Evaluator<'a> {
    /// Notes defaults that Terraform can't convert to their variables' types.
    pub(in crate::terraform) fn check_defaults(&mut self, instance: &Rc<Instance<'a>>) {
        for (name, item) in &instance.folder.variables {
            let body = &item.block.body;
            let (kind, default) = (body.get_attribute("type"), body.get_attribute("default"));
            let (Some(kind), Some(default)) = (kind, default) else {
                continue;
            };
            if instance
                .folder
                .why_unknown(&format!("var.{name}"))
                .is_some()
            {
                continue;
            }
            let scope = scope(instance, item.source, Names::new());
            let value = self.value(&scope, &default.value);
            if let Some(wanted) = wanted(&kind.value, &value) {
                let message = format!(
                    "variable `{name}` is {wanted}, and its default is {}",
                    value.what()
                );
                let at = (scope.text, default.value.span());
                let kind = (Level::Error, Rule::TerraformArgument);
                self.note(at, kind, message, "Terraform can't convert it");
            }
        }
    }
}

/// What a type asks for, where a value can't be converted to it; none where it can be, or where that isn't certain.
fn wanted(kind: &Expression, value: &Value) -> Option<&'static str> {
    let name = match kind {
        Expression::Variable(name) => name.as_str(),
        Expression::FuncCall(call) => call.name.name.as_str(),
        _ => return None,
    };
    let is_list = matches!(value, Value::List(_));
    let is_map = matches!(value, Value::Map(_));
    if matches!(value, Value::Unknown(_) | Value::Null) {
        return None;
    }
    let text_of = |fits: fn(&str) -> bool| matches!(value, Value::Text(text) if fits(text));
    let (fits, wanted) = match name {
        "number" => (
            matches!(value, Value::Number(_)) || text_of(|text| text.parse::<f64>().is_ok()),
            "a number",
        ),
        "bool" => (
            matches!(value, Value::Bool(_))
                || text_of(|text| matches!(text, "true" | "false" | "1" | "0")),
            "a bool",
        ),
        "string" => (!is_list && !is_map, "a string"),
        "list" | "set" | "tuple" => (is_list, "a list"),
        "map" | "object" => (is_map, "a map"),
        _ => return None,
    };
    (!fits).then_some(wanted)
}
