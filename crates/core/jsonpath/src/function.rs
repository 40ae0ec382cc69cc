//! The functions that a path can call.
//!
//! A function is given the value that the path has led to, and parameters: literals, and paths that are read
//! from the document. What a function gives is a result of the path even if steps follow, which go on from it.

mod aggregate;
mod print;

use crate::chain::{Call, Function, Parameter, PathParameter};
use crate::found::{Answer, Found};
use crate::number;
use crate::read::{Reader, Scope, Walk};
use crate::stop::Stop;
use serde_json::{Map, Value};

const NOT_JSON: Stop<'static> = Stop::Fault(&"a parameter of the function is no JSON");

impl Reader<'_> {
    /// Calls the function at a place of the path, and goes on from its result.
    pub(crate) fn call<'p: 'v, 'v>(
        &mut self,
        walk: &mut Walk<'p, 'v>,
        at: usize,
        call: &'p Call,
        model: &'v Value,
    ) -> Result<(), Stop<'p>> {
        let function = call.function.ok_or(Stop::Unknown(&call.name))?;
        let result = self.apply(function, call, model, walk.scope)?;
        if at + 1 == walk.chain.steps.len() {
            return self.push(walk, result);
        }
        let made = match &result {
            Found::Place(value) => {
                let value: &'v Value = value;
                self.push(walk, result)?;
                return self.step(walk, at + 1, value);
            }
            Found::Made(value) => {
                self.settled()?.hold_copy(value)?;
                Value::clone(value)
            }
            // No step leads into names.
            Found::Names(_) => Value::Null,
        };
        self.push(walk, result)?;
        let mut inner = Walk {
            chain: walk.chain,
            scope: walk.scope,
            found: Vec::new(),
        };
        self.step(&mut inner, at + 1, &made)?;
        self.let_go(&inner.found);
        for found in inner.found {
            let found = match found {
                Found::Names(names) => Found::Names(names),
                other => Found::Made(Box::new(self.copy(Answer::One(other))?)),
            };
            self.push(walk, found)?;
        }
        Ok(())
    }

    fn apply<'p: 'v, 'v>(
        &mut self,
        function: Function,
        call: &'p Call,
        model: &'v Value,
        scope: Scope<'v>,
    ) -> Result<Found<'v>, Stop<'p>> {
        // All paths are read, even those that aren't needed: one that finds nothing is an error.
        for parameter in &call.parameters {
            if let Parameter::Path(path) = parameter {
                self.kept(&path.chain, path.kept, scope)?;
            }
        }
        let items = match model {
            Value::Array(items) => Some(items),
            _ => None,
        };
        self.charge(items.map_or(0, Vec::len))?;
        let made = match function {
            Function::Length => self.length(call, model, scope)?,
            Function::Keys => match model {
                Value::Object(members) => return self.names(members),
                _ => Value::Null,
            },
            Function::First | Function::Last | Function::Index => {
                let items = items.ok_or(Stop::Fault(&"the function wants a list"))?;
                let index = match function {
                    Function::First => 0,
                    Function::Last => -1,
                    _ => self.index_wanted(call, scope)?,
                };
                return nth(items, index).map(Found::Place);
            }
            Function::Append => match items {
                Some(items) if !call.parameters.is_empty() => {
                    self.settled()?.hold_copy(model)?;
                    self.appended(items.clone(), call, scope)?
                }
                _ => return Ok(Found::Place(model)),
            },
            Function::Concat => self.concatenated(items, call, scope)?,
            of_numbers => {
                let mut numbers = Vec::new();
                aggregate::collect(items.into_iter().flatten(), &mut numbers);
                for parameter in &call.parameters {
                    self.parameter(parameter, scope, |found| {
                        aggregate::add(found, &mut numbers)
                    })?;
                }
                number::double(aggregate::value(of_numbers, &numbers)?)
            }
        };
        Ok(Found::Made(Box::new(made)))
    }

    fn names<'p, 'v>(&mut self, members: &Map<String, Value>) -> Result<Found<'v>, Stop<'p>> {
        self.charge(members.len())?;
        let names = members.keys().map(|name| Value::from(name.as_str()));
        let names = Value::Array(names.collect());
        self.settled()?.hold_copy(&names)?;
        Ok(Found::Names(Box::new(names)))
    }

    fn appended<'p: 'v, 'v>(
        &mut self,
        mut items: Vec<Value>,
        call: &'p Call,
        scope: Scope<'v>,
    ) -> Result<Value, Stop<'p>> {
        for parameter in &call.parameters {
            let meter = self.settled()?;
            let copied = self.parameter(parameter, scope, |found| {
                let value: &Value = match found {
                    Found::Made(value) | Found::Names(value) => value,
                    Found::Place(value) => value,
                };
                meter.hold_copy(value).map(|_| value.clone())
            })?;
            items.push(copied?);
        }
        Ok(Value::Array(items))
    }

    /// The texts among the items, and what the parameters print.
    fn concatenated<'p: 'v, 'v>(
        &mut self,
        items: Option<&Vec<Value>>,
        call: &'p Call,
        scope: Scope<'v>,
    ) -> Result<Value, Stop<'p>> {
        let mut text = String::new();
        for item in items.into_iter().flatten() {
            if let Value::String(item) = item {
                self.work(item.len())?;
                text.push_str(item);
            }
        }
        for parameter in &call.parameters {
            let before = text.len();
            self.parameter(parameter, scope, |found| print::concat(found, &mut text))?;
            self.work(text.len() - before)?;
        }
        let made = Value::String(text);
        self.settled()?.hold_copy(&made)?;
        Ok(made)
    }

    /// Looks at the value of a parameter.
    fn parameter<'p: 'v, 'v, T>(
        &mut self,
        parameter: &'p Parameter,
        scope: Scope<'v>,
        look: impl FnOnce(&Found<'_>) -> T,
    ) -> Result<T, Stop<'p>> {
        match parameter {
            Parameter::Json(value) => Ok(look(&Found::Place(value.as_ref().ok_or(NOT_JSON)?))),
            Parameter::Path(path) => {
                let value = self.kept(&path.chain, path.kept, scope)?;
                let items = value.value().and_then(Value::as_array);
                self.charge(items.map_or(1, Vec::len))?;
                Ok(look(&value))
            }
        }
    }

    /// The first number among the parameters, without its fraction.
    fn index_wanted<'p: 'v, 'v>(
        &mut self,
        call: &'p Call,
        scope: Scope<'v>,
    ) -> Result<i32, Stop<'p>> {
        let mut wanted = None;
        for parameter in &call.parameters {
            let number = self.parameter(parameter, scope, |found| match found.value() {
                Some(Value::Number(number)) => Some(number::int(number)),
                Some(Value::Array(items)) => items.iter().find_map(|item| match item {
                    Value::Number(number) => Some(number::int(number)),
                    _ => None,
                }),
                _ => None,
            })?;
            wanted = wanted.or(number);
        }
        wanted.ok_or(Stop::NoItem)
    }

    /// How many items or members there are: of what the first parameter finds in the model, if that is a
    /// list, else of the model itself.
    fn length<'p: 'v, 'v>(
        &mut self,
        call: &'p Call,
        model: &'v Value,
        scope: Scope<'v>,
    ) -> Result<Value, Stop<'p>> {
        match call.parameters.first() {
            Some(Parameter::Json(_)) => {
                return Err(Stop::Fault(&"length() can't be given a literal"));
            }
            Some(Parameter::Path(path)) => {
                if model.is_null() {
                    return Err(Stop::Fault(&"length() of null, with a path"));
                }
                let calls = self.count(call.count);
                if let Some(count) = self.counted(path, calls, model, scope)? {
                    return Ok(Value::from(count));
                }
            }
            None => {}
        }
        Ok(match model {
            Value::Array(items) => Value::from(items.len()),
            Value::Object(members) => Value::from(members.len()),
            _ => Value::Null,
        })
    }

    fn counted<'p: 'v, 'v>(
        &mut self,
        path: &'p PathParameter,
        calls: usize,
        model: &'v Value,
        scope: Scope<'v>,
    ) -> Result<Option<usize>, Stop<'p>> {
        let Some(chain) = path.counted.get(calls).or(path.counted.last()) else {
            return Ok(None);
        };
        if let Some(latch) = &chain.latch
            && let Some(place) = self.latch(latch.slot)
        {
            *place = -1;
        }
        let scope = Scope {
            root: model,
            ..scope
        };
        Ok(match self.answer(chain, model, scope)? {
            Answer::List(found) => {
                self.let_go(&found);
                Some(found.len())
            }
            Answer::One(found) => found.value().and_then(Value::as_array).map(Vec::len),
        })
    }
}

/// The item at an index. From the end, the first item can't be reached.
fn nth<'p>(items: &[Value], index: i32) -> Result<&Value, Stop<'p>> {
    let count = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let index = i64::from(index);
    let place = if index < 0 { index + count } else { index };
    if index < 0 && place <= 0 {
        return Err(Stop::Fault(&"there is no such item from the end"));
    }
    let item = usize::try_from(place)
        .ok()
        .and_then(|place| items.get(place));
    item.ok_or(Stop::NoItem)
}
