//! Collections that expressions make: `{ … }`, `[for …]`, `{for …}`.

use super::{Evaluator, Scope};
use crate::terraform::value::Value;
use hcl_edit::Span as _;
use hcl_edit::expr::{ForExpr, Object, ObjectKey};
use std::collections::BTreeMap;
use std::rc::Rc;

impl<'a> Evaluator<'a> {
    pub(super) fn object(&mut self, scope: &Scope<'_, 'a>, object: &Object) -> Value {
        let mut entries = BTreeMap::new();
        for (key, value) in object {
            let key = match key {
                ObjectKey::Ident(name) => Some(Rc::from(name.as_str())),
                ObjectKey::Expression(expr) => match self.value(scope, expr) {
                    Value::Unknown(unknown) => return Value::Unknown(unknown),
                    key => key.to_text(),
                },
            };
            let Some(key) = key else {
                let message = "a key that is no text".to_owned();
                return self.fault(scope, value.expr().span(), message, "");
            };
            entries.insert(key.to_string(), self.value(scope, value.expr()));
        }
        Value::map(entries)
    }

    /// `[for x in xs : y if z]`, `{for k, v in xs : k => v}`.
    pub(super) fn each(&mut self, scope: &Scope<'_, 'a>, each: &ForExpr) -> Value {
        let intro = &each.intro;
        let collection = self.value(scope, &intro.collection_expr);
        let items = match items(&collection) {
            Ok(items) => items,
            Err(None) => return collection,
            Err(Some(wanted)) => {
                return self.wanted(scope, &intro.collection_expr, wanted, &collection);
            }
        };
        let (mut list, mut map) = (Vec::new(), BTreeMap::new());
        for (key, value) in items {
            let key = intro.key_var.as_ref().map(|name| (name.to_string(), key));
            let value = (intro.value_var.to_string(), value);
            let inner = scope.with(key.into_iter().chain([value]));
            if let Some(condition) = &each.cond {
                match self.value(&inner, &condition.expr) {
                    Value::Unknown(unknown) => return Value::Unknown(unknown),
                    found => match found.to_bool() {
                        Some(true) => {}
                        Some(false) => continue,
                        None => return self.wanted(&inner, &condition.expr, "a bool", &found),
                    },
                }
            }
            let value = self.value(&inner, &each.value_expr);
            let Some(key) = &each.key_expr else {
                list.push(value);
                continue;
            };
            let key = match self.value(&inner, key) {
                Value::Unknown(unknown) => return Value::Unknown(unknown),
                key => key.to_text().unwrap_or_default().to_string(),
            };
            if each.grouping {
                map.entry(key).or_insert_with(Vec::new).push(value);
            } else {
                map.insert(key, vec![value]);
            }
        }
        if each.key_expr.is_none() {
            return Value::list(list);
        }
        Value::map(map.into_iter().map(|(key, mut values)| {
            let value = match (each.grouping, values.pop()) {
                (false, Some(value)) => value,
                (_, last) => Value::list(values.into_iter().chain(last)),
            };
            (key, value)
        }))
    }
}

/// The keys and values of a collection.
///
/// # Errors
/// What was wanted; nothing where the collection isn't known.
pub(super) fn items(collection: &Value) -> Result<Vec<(Value, Value)>, Option<&'static str>> {
    match collection {
        Value::Unknown(_) => Err(None),
        Value::List(items) => {
            let numbered = items.iter().enumerate();
            let pairs = numbered.map(|(at, item)| (Value::number(at as f64), item.clone()));
            Ok(pairs.collect())
        }
        Value::Map(entries) => {
            let pairs = entries.iter();
            let pairs = pairs.map(|(key, value)| (Value::text(key.as_str()), value.clone()));
            Ok(pairs.collect())
        }
        _ => Err(Some("a list, a set or a map")),
    }
}
