//! From the flattened form back to a value, by the contract.

use super::{FlattenError, Shape, short};
use crate::MAX_JSON_DEPTH;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use tollgate_meter::{Exhausted, Meter};

/// Bytes of a property or an element beside its value.
const PLACE: usize = 160;

/// The value whose flattened form this is. What isn't an object has no names, and is the value itself.
pub(crate) fn unflatten(flat: Value, shape: &Shape, meter: &Meter) -> Result<Value, FlattenError> {
    let Value::Object(fields) = flat else {
        return Ok(flat);
    };
    let mut whole = Draft::Nothing;
    for (name, value) in fields {
        meter.work(PLACE + name.len())?;
        let parts: Vec<&str> = name.split('.').take(MAX_JSON_DEPTH + 1).collect();
        if parts.len() > MAX_JSON_DEPTH {
            let message = format!("is nested deeper than {MAX_JSON_DEPTH} levels");
            return Err(fault(&name, message));
        }
        let way = match named(Some(shape), &parts, meter)? {
            Some(way) => way,
            None => unnamed(Some(shape), &parts),
        };
        if let Some(other) = &way.other {
            let message = format!(
                "is the name of two properties of the contract, `{}` and `{other}`; rename one of them",
                way.last()
            );
            return Err(fault(&name, message));
        }
        if value.is_null() && way.steps.iter().any(|step| matches!(step, Step::Items)) {
            // No list says nothing of any element.
            continue;
        }
        let put = Placement {
            name: &name,
            last: way.shape,
            meter,
        };
        put.place(&mut whole, &way.steps, value)?;
    }
    whole.finish(Some(shape), meter)
}

fn fault(name: &str, message: String) -> FlattenError {
    let name = short(name);
    FlattenError::Input { name, message }
}

/// One step from a place to a place below.
enum Step {
    /// To the property of this name.
    Property(String),
    /// To each of the items.
    Items,
}

/// The steps that a flattened name stands for.
struct Way<'a> {
    steps: Vec<Step>,
    /// What the contract says of the place they lead to.
    shape: Option<&'a Shape>,
    /// Another property that the same name could mean.
    other: Option<String>,
}

impl Way<'_> {
    fn last(&self) -> &str {
        let names = self.steps.iter().rev().find_map(|step| match step {
            Step::Property(name) => Some(name.as_str()),
            Step::Items => None,
        });
        names.unwrap_or_default()
    }

    fn before(mut self, step: Step) -> Self {
        self.steps.insert(0, step);
        self
    }
}

/// The way along properties that the contract names, if it names them all. Each place of a contract is visited
/// once at the most.
fn named<'a>(
    shape: Option<&'a Shape>,
    parts: &[&str],
    meter: &Meter,
) -> Result<Option<Way<'a>>, Exhausted> {
    meter.steps(1 + parts.len() as u64)?;
    let Some((first, rest)) = parts.split_first() else {
        return Ok(Some(Way {
            steps: Vec::new(),
            shape,
            other: None,
        }));
    };
    let Some(shape) = shape else {
        return Ok(None);
    };
    let mut meant = shape.named(first);
    if let Some(property) = meant.next() {
        let other = meant.next().map(|other| other.name.clone());
        if let Some(way) = named(Some(&property.shape), rest, meter)? {
            let mut way = way.before(Step::Property(property.name.clone()));
            way.other = way.other.or(other);
            return Ok(Some(way));
        }
    }
    // A property with dots in its own name, given as it is.
    for length in 2..=parts.len() {
        let (own, rest) = parts.split_at(length);
        let (own, written) = (own.join("."), own.join("__"));
        meter.work(own.len())?;
        let mut meant = shape.named(&written);
        let Some(property) = meant.find(|property| property.name == own) else {
            continue;
        };
        if let Some(way) = named(Some(&property.shape), rest, meter)? {
            return Ok(Some(way.before(Step::Property(own))));
        }
    }
    let Some(items) = shape.items.as_deref().filter(|_| shape.array) else {
        return Ok(None);
    };
    let way = named(Some(items), parts, meter)?;
    Ok(way.map(|way| way.before(Step::Items)))
}

/// The way along the dots, as far as the contract names it, and as objects from there.
fn unnamed<'a>(mut shape: Option<&'a Shape>, parts: &[&str]) -> Way<'a> {
    let (mut steps, mut other) = (Vec::new(), None);
    for part in parts {
        let property = |shape: Option<&'a Shape>| shape.and_then(|shape| shape.named(part).next());
        if property(shape).is_none()
            && let Some(array) = shape.filter(|shape| shape.array)
        {
            steps.push(Step::Items);
            shape = array.items.as_deref();
        }
        let mut meant = shape.into_iter().flat_map(|shape| shape.named(part));
        let (name, next) = match meant.next() {
            Some(property) => (property.name.clone(), Some(&property.shape)),
            None => ((*part).to_owned(), None),
        };
        other = other.or(meant.next().map(|other| other.name.clone()));
        steps.push(Step::Property(name));
        shape = next;
    }
    Way {
        steps,
        shape,
        other,
    }
}

/// What has been put together so far at a place.
enum Draft {
    Nothing,
    /// A value that was given as it is.
    Whole(Value),
    Object(Fields),
    Items(Vec<Draft>),
}

/// The properties of an object, in the order in which they were first named.
#[derive(Default)]
struct Fields {
    all: Vec<(String, Draft)>,
    places: BTreeMap<String, usize>,
}

impl Fields {
    fn at(&mut self, name: &str) -> &mut Draft {
        let next = self.all.len();
        let place = *self.places.entry(name.to_owned()).or_insert(next);
        if place == next {
            self.all.push((name.to_owned(), Draft::Nothing));
        }
        &mut self.all[place].1
    }
}

/// The putting of one flattened input in its places.
struct Placement<'a> {
    name: &'a str,
    /// What the contract says of the place.
    last: Option<&'a Shape>,
    meter: &'a Meter,
}

impl Placement<'_> {
    fn place(&self, draft: &mut Draft, steps: &[Step], value: Value) -> Result<(), FlattenError> {
        self.meter.work(PLACE)?;
        self.meter.hold(PLACE)?;
        match (steps.split_first(), &mut *draft) {
            (None, Draft::Nothing) => {
                *draft = Draft::Whole(value);
                Ok(())
            }
            (Some((Step::Property(_), _)), Draft::Nothing) => {
                *draft = Draft::Object(Fields::default());
                self.place(draft, steps, value)
            }
            (Some((Step::Property(name), rest)), Draft::Object(fields)) => {
                // Each element of an array has the name again.
                self.meter.work(name.len())?;
                self.meter.hold(2 * name.len())?;
                self.place(fields.at(name), rest, value)
            }
            (Some((Step::Items, rest)), items) => {
                match value {
                    Value::Array(column) => self.place_items(items, rest, column),
                    _ => Err(self
                        .fault("belongs to an array: give a list with an item for each element")),
                }
            }
            _ => Err(self.fault("stands for a place that another input gives, whole or in part")),
        }
    }

    fn place_items(
        &self,
        draft: &mut Draft,
        steps: &[Step],
        column: Vec<Value>,
    ) -> Result<(), FlattenError> {
        if matches!(draft, Draft::Nothing) {
            self.meter.hold(column.len() * PLACE)?;
            *draft = Draft::Items(column.iter().map(|_| Draft::Nothing).collect());
        }
        let Draft::Items(rows) = draft else {
            return Err(self.fault("stands for a place that another input gives, whole or in part"));
        };
        if rows.len() != column.len() {
            let (has, others) = (column.len(), rows.len());
            let message = format!(
                "is a list of {has}, and others of the same array are lists of {others}: \
                 give null where an element has nothing"
            );
            return Err(self.fault(&message));
        }
        let nested = steps.iter().any(|step| matches!(step, Step::Items));
        let no_null = nested || self.last.is_some_and(|last| !last.null);
        for (row, value) in rows.iter_mut().zip(column) {
            // Null holds the place of what the element hasn't got.
            if !(value.is_null() && no_null) {
                self.place(row, steps, value)?;
            }
        }
        Ok(())
    }

    fn fault(&self, message: &str) -> FlattenError {
        fault(self.name, message.to_owned())
    }
}

impl Draft {
    /// The value, with an empty object where the contract requires one and nothing of it is given.
    fn finish(self, shape: Option<&Shape>, meter: &Meter) -> Result<Value, FlattenError> {
        meter.work(PLACE)?;
        let fields = match self {
            Draft::Whole(value) => return Ok(value),
            Draft::Items(rows) => {
                let shape = shape.and_then(|shape| shape.items.as_deref());
                let rows = rows.into_iter().map(|row| row.finish(shape, meter));
                return Ok(Value::Array(rows.collect::<Result<_, _>>()?));
            }
            Draft::Object(fields) => fields.all,
            Draft::Nothing => Vec::new(),
        };
        let mut object = Map::new();
        for (name, field) in fields {
            let shape = shape.and_then(|shape| shape.property(&name));
            let value = field.finish(shape, meter)?;
            object.insert(name, value);
        }
        let named = shape.into_iter().flat_map(|shape| &shape.properties);
        for property in named.filter(|property| property.required && property.is_object()) {
            if !object.contains_key(&property.name) {
                meter.work(property.name.len())?;
                meter.hold(2 * PLACE + property.name.len())?;
                let empty = Draft::Nothing.finish(Some(&property.shape), meter)?;
                object.insert(property.name.clone(), empty);
            }
        }
        Ok(Value::Object(object))
    }
}
