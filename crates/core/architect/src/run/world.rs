//! What expressions see of a run, and what it says.

use super::BeginError;
use super::{MAX_WORK_OF_A_STEP, Run, Tell};
use crate::workflow::{Channel, builtin};
use serde_json::{Map, Value as Json};
use std::sync::Arc;
use tollgate_expression::{Base, Entity, Expr, Type, Value, World};
use tollgate_model::Instant;

impl Run {
    /// Says the value of an expression, if there is one: it is played or sent, as the person is met.
    pub(super) fn say(&mut self, expr: Option<&Expr>) -> Result<(), String> {
        let value = self.evaluate(expr)?;
        let Some(text) = value.to_text().filter(|text| !text.is_empty()) else {
            return Ok(());
        };
        let played = matches!(
            (self.workflow.kind.channel(), value),
            (Channel::Voice, _) | (Channel::Every, Value::Audio(_))
        );
        self.told.push_back(if played {
            Tell::Played(text)
        } else {
            Tell::Sent(text)
        });
        Ok(())
    }

    /// Gives a variable a value.
    pub(super) fn assign(&mut self, slot: u32, value: Value) {
        self.variables[slot as usize] = self.with_id(value);
    }

    /// The value with its id, where the id of the thing it names is known.
    pub(super) fn with_id(&self, value: Value) -> Value {
        let Value::Entity(entity) = &value else {
            return value;
        };
        let Some(name) = entity.properties.get("name").and_then(Value::to_text) else {
            return value;
        };
        match self.ids.get(&format!("{}/{name}", entity.kind.word())) {
            None => value,
            Some(id) => {
                let mut entity = (**entity).clone();
                entity.properties.insert("id".to_owned(), Value::text(id));
                Value::Entity(Arc::new(entity))
            }
        }
    }
}

impl Run {
    /// A built-in variable, or a property of one, is given a value before the run begins.
    pub(super) fn given(&mut self, name: &str, json: &Json) -> Result<(), BeginError> {
        let refused = |why: String| BeginError::NoBuiltin(name.to_owned(), why);
        let (known, path) = builtin(name, self.workflow.kind).map_err(refused)?;
        if !known.value.is_empty() {
            return Err(refused("it is a constant".to_owned()));
        }
        let before = World::builtin(self, &known.name.to_lowercase());
        let value = with_property(before, known.kind, path, json);
        let value = value.map_err(|why| BeginError::Unfit(name.to_owned(), why))?;
        self.learn(known.name, value);
        Ok(())
    }

    /// A built-in variable has this value from now on.
    pub(super) fn learn(&mut self, name: &str, value: Value) {
        let name = name.to_lowercase();
        match self.builtins.iter_mut().find(|(known, _)| **known == *name) {
            Some((_, before)) => *before = value,
            None => self.builtins.push((name.into(), value)),
        }
    }

    fn wall_of(&self, at: Instant) -> i64 {
        let millis = i64::try_from(at.as_nanos() / 1_000_000).unwrap_or(i64::MAX);
        self.wall_at_origin.saturating_add(millis)
    }
}

/// A value of a type with the property at the end of a path set.
fn with_property(value: Value, kind: Type, path: &str, json: &Json) -> Result<Value, String> {
    let (name, rest) = path.split_once('.').unwrap_or((path, ""));
    let (entity_kind, property) = match (kind.base, kind.property(name)) {
        _ if path.is_empty() => return Value::from_json(json, kind),
        (Base::Entity(entity_kind), Some(property)) => (entity_kind, property),
        _ => return Err(format!("{kind} has no property `{name}`")),
    };
    let mut properties = match value {
        Value::Entity(entity) => entity.properties.clone(),
        _ => Default::default(),
    };
    let lower = name.to_lowercase();
    let inner = properties.remove(&lower).unwrap_or_default();
    properties.insert(lower, with_property(inner, property, rest, json)?);
    Ok(Value::Entity(Arc::new(Entity {
        kind: entity_kind,
        properties,
    })))
}

impl World for Run {
    fn variable(&self, slot: u32) -> Value {
        self.variables[slot as usize].clone()
    }

    fn builtin(&self, name: &str) -> Value {
        let given = self.builtins.iter().find(|(known, _)| **known == *name);
        match (given, name) {
            (Some((_, value)), _) => value.clone(),
            (None, "flow.startdatetimeutc") => Value::DateTime(self.wall_of(self.started)),
            (None, _) => Value::NotSet,
        }
    }

    fn wall(&self) -> i64 {
        self.wall_of(self.now)
    }

    fn work(&mut self, amount: u64) -> Result<(), String> {
        self.work = self.work.saturating_add(amount);
        if self.work > MAX_WORK_OF_A_STEP {
            return Err(format!(
                "more than {MAX_WORK_OF_A_STEP} parts and items in one step; do less in it"
            ));
        }
        Ok(())
    }

    fn random(&mut self) -> u64 {
        self.random.next()
    }
}

/// An output by its name: as it is, in any case, or along the dots of the name, where the output is nested.
/// A dot within the name of a property is written `__`, as data actions' flattened outputs have it.
pub(super) fn find_output<'a>(outputs: &'a Map<String, Json>, name: &str) -> Option<&'a Json> {
    if let Some(found) = outputs.get(name) {
        return Some(found);
    }
    if let Some((_, found)) = outputs
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
    {
        return Some(found);
    }
    let (first, rest) = match name.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (name, None),
    };
    let mut rest = rest.into_iter().flat_map(|rest| rest.split('.'));
    rest.try_fold(property(outputs, first)?, |json, part| {
        property(json.as_object()?, part)
    })
}

/// The property that a part of a flattened name stands for.
fn property<'a>(of: &'a Map<String, Json>, part: &str) -> Option<&'a Json> {
    of.get(part).or_else(|| {
        let mut all = of.iter();
        let written = |(name, _): &(&String, &Json)| name.replace('.', "__") == part;
        all.find(written).map(|(_, value)| value)
    })
}

#[cfg(test)]
mod tests {
    use super::find_output;
    use serde_json::json;

    #[test]
    fn an_output_is_found_flattened_or_nested() {
        let outputs = json!({"urn:2__0:A.b": 1, "Name": 2, "app": {"v.1": {"x": 3}}, "c.d": 4, "e.f": {"g": 5}});
        let outputs = outputs.as_object().unwrap();
        for (name, value) in [
            ("urn:2__0:A.b", Some(1)),
            ("name", Some(2)),
            ("app.v__1.x", Some(3)),
            ("c.d", Some(4)),
            ("c__d", Some(4)),
            ("e__f.g", Some(5)),
            ("app.v.1", None),
        ] {
            assert_eq!(
                find_output(outputs, name),
                value.map(|n| json!(n)).as_ref(),
                "{name}"
            );
        }
    }
}
