//! What a contract says of the properties and items below each place, compiled once.

use super::part;
use crate::contract::reference;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Levels of a schema that are looked at; what lies deeper counts as not named.
const MAX_DEPTH: usize = 50;
/// Parts of a schema that are looked at, each `$ref` replaced by what it names: twice what a contract may have,
/// since some are looked at and copied.
const MAX_PARTS: usize = 20_000;

/// One place of a schema.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    /// The properties that it names, in its order.
    pub(super) properties: Vec<Property>,
    /// Places in `properties` by the name's part of a flattened name: more than one where names collide.
    by_part: BTreeMap<String, Vec<usize>>,
    /// What the items of an array are.
    pub(super) items: Option<Box<Shape>>,
    /// Whether it may be an array.
    pub(super) array: bool,
    /// Whether it may be an object.
    object: bool,
    /// Whether it may be null.
    pub(super) null: bool,
    /// Whether it refuses properties that it doesn't name.
    pub(super) closed: bool,
    /// The schema itself, each `$ref` replaced by what it names; null where properties below are named.
    pub(super) schema: Value,
}

/// One property that a schema names.
#[derive(Debug)]
pub(super) struct Property {
    pub(super) name: String,
    pub(super) shape: Shape,
    pub(super) required: bool,
}

impl Property {
    /// Whether it is an object whose properties are named.
    pub(super) fn is_object(&self) -> bool {
        !self.shape.properties.is_empty() && !self.shape.array
    }
}

impl Shape {
    /// Reads a schema that may be anything: a draft's hasn't been checked.
    pub(crate) fn of(schema: &Value) -> Shape {
        let mut reader = Reader {
            root: schema,
            left: MAX_PARTS,
        };
        reader.shape(schema, MAX_DEPTH)
    }

    /// Whether the flattened form has no name for the place itself, only for what lies below.
    pub(super) fn is_spread(&self) -> bool {
        !self.properties.is_empty() || self.spread_items().is_some()
    }

    /// Whether what stands here always has the place's own name in the flattened form.
    pub(super) fn is_leaf(&self) -> bool {
        let items = self.items.as_deref();
        !(self.object || self.array && items.is_none_or(|items| items.object))
    }

    /// The items of an array, if they are objects whose properties are named.
    pub(super) fn spread_items(&self) -> Option<&Shape> {
        let items = self.items.as_deref()?;
        (!items.properties.is_empty()).then_some(items)
    }

    /// The properties that a part of a flattened name may mean.
    pub(super) fn named(&self, part: &str) -> impl Iterator<Item = &Property> {
        let places = self.by_part.get(part).into_iter().flatten();
        places.filter_map(|place| self.properties.get(*place))
    }

    /// Two properties of one object that have the same name in the flattened form, if there are any.
    pub(crate) fn same_names(&self) -> Option<(&str, &str)> {
        let mut shared = self.by_part.values().filter(|places| places.len() > 1);
        if let Some([first, second, ..]) = shared.next().map(Vec::as_slice) {
            let name = |place: &usize| self.properties.get(*place).map(|one| one.name.as_str());
            return name(first).zip(name(second));
        }
        let properties = self.properties.iter().map(|property| &property.shape);
        let mut below = properties.chain(self.items.as_deref());
        below.find_map(Shape::same_names)
    }

    /// What is said of the property of a value: that of its name, or the one that is written so in flattened
    /// names, since contracts in use give properties by that name.
    pub(super) fn property(&self, name: &str) -> Option<&Shape> {
        let part = part(name);
        let exact = self.named(&part).find(|property| property.name == name);
        let found = exact.or_else(|| self.named(&part).next())?;
        Some(&found.shape)
    }

    fn add(&mut self, property: Property) {
        let part = part(&property.name).into_owned();
        let places = self.by_part.entry(part).or_default();
        for place in places.iter() {
            if let Some(known) = self.properties.get_mut(*place)
                && known.name == property.name
            {
                known.required |= property.required;
                known.shape.merge(property.shape);
                return;
            }
        }
        places.push(self.properties.len());
        self.properties.push(property);
    }

    /// Leaves out what an alternative asks for: the others needn't ask for that.
    fn as_alternative(&mut self) {
        (self.null, self.object, self.closed) = (true, true, false);
        let properties = self.properties.iter_mut();
        properties.for_each(|property| property.required = false);
    }

    /// Adds what another part of the same schema says of the place.
    fn merge(&mut self, other: Shape) {
        other
            .properties
            .into_iter()
            .for_each(|property| self.add(property));
        match (&mut self.items, other.items) {
            (Some(items), Some(more)) => items.merge(*more),
            (items @ None, more) => *items = more,
            (Some(_), None) => {}
        }
        self.array |= other.array;
        self.object &= other.object;
        self.null &= other.null;
        self.closed |= other.closed;
    }
}

struct Reader<'a> {
    root: &'a Value,
    left: usize,
}

impl<'a> Reader<'a> {
    fn shape(&mut self, schema: &'a Value, depth: usize) -> Shape {
        let (Some(depth), Some(left)) = (depth.checked_sub(1), self.left.checked_sub(1)) else {
            return Shape {
                null: true,
                object: true,
                ..Shape::default()
            };
        };
        self.left = left;
        if let Some(named) = schema.get("$ref").and_then(Value::as_str) {
            let named = reference::resolve(self.root, named).unwrap_or(&Value::Null);
            return self.shape(named, depth);
        }
        let is_of = |kind: &str| match schema.get("type") {
            None => None,
            Some(Value::Array(kinds)) => Some(kinds.iter().any(|one| one == kind)),
            Some(one) => Some(one == kind),
        };
        let required = schema.get("required").and_then(Value::as_array);
        let required = required.into_iter().flatten().filter_map(Value::as_str);
        let required: BTreeSet<&str> = required.collect();
        let choices = schema.get("enum").and_then(Value::as_array);
        let mut shape = Shape {
            array: is_of("array").unwrap_or_else(|| schema.get("items").is_some()),
            object: is_of("object").unwrap_or(choices.is_none()),
            null: is_of("null").unwrap_or(true)
                && choices.is_none_or(|all| all.contains(&Value::Null)),
            closed: schema.get("additionalProperties") == Some(&Value::Bool(false))
                && schema.get("patternProperties").is_none(),
            ..Shape::default()
        };
        let properties = schema.get("properties").and_then(Value::as_object);
        for (name, property) in properties.into_iter().flatten() {
            let required = required.contains(name.as_str());
            let property = Property {
                name: name.clone(),
                shape: self.shape(property, depth),
                required,
            };
            shape.add(property);
        }
        if let Some(items) = schema.get("items").filter(|items| items.is_object()) {
            shape.items = Some(Box::new(self.shape(items, depth)));
        }
        for word in ["allOf", "anyOf", "oneOf"] {
            let choices = schema.get(word).and_then(Value::as_array);
            let choices = choices.into_iter().flatten();
            let mut choices: Vec<Shape> = choices.map(|choice| self.shape(choice, depth)).collect();
            if word != "allOf" && !choices.is_empty() {
                shape.null &= choices.iter().any(|choice| choice.null);
                shape.object &= choices.iter().any(|choice| choice.object);
                choices.iter_mut().for_each(Shape::as_alternative);
            }
            choices.into_iter().for_each(|choice| shape.merge(choice));
        }
        if !shape.is_spread() {
            shape.schema = self.whole(schema, depth);
        }
        shape
    }

    /// The schema with what its `$ref`s name in their places; anything may stand where they go too deep.
    fn whole(&mut self, schema: &'a Value, depth: usize) -> Value {
        let (Some(depth), Some(left)) = (depth.checked_sub(1), self.left.checked_sub(1)) else {
            return Value::Object(Map::new());
        };
        match schema {
            Value::Object(fields) => {
                self.left = left;
                if let Some(named) = fields.get("$ref").and_then(Value::as_str) {
                    let named = reference::resolve(self.root, named).unwrap_or(&Value::Null);
                    return self.whole(named, depth);
                }
                let fields = fields.iter();
                let fields = fields.map(|(name, part)| (name.clone(), self.whole(part, depth)));
                Value::Object(fields.collect())
            }
            Value::Array(items) => {
                self.left = left;
                Value::Array(items.iter().map(|item| self.whole(item, depth)).collect())
            }
            scalar => scalar.clone(),
        }
    }
}
