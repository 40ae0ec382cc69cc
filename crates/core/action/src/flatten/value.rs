//! From a value to its flattened form.

use super::{FlattenError, Shape, join, part, short};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use tollgate_meter::{Exhausted, Meter};

/// Bytes of a name beside its text.
const NAME: usize = 128;
/// Bytes of a place in a column.
const PLACE: usize = 80;

/// The flattened form of a value. The shape is the contract's: it names the properties of what is empty.
pub(crate) fn flatten(value: &Value, shape: &Shape, meter: &Meter) -> Result<Value, FlattenError> {
    let mut flattener = Flattener::new(meter);
    let flat = match value {
        Value::Object(fields) => {
            let mut flat = Map::new();
            flattener.object(fields, Some(shape), None, &mut flat)?;
            Some(flat)
        }
        Value::Array(items) => flattener.array(items, Some(shape), None)?,
        _ => None,
    };
    match flat {
        Some(flat) => Ok(Value::Object(flat)),
        None => {
            meter.hold_copy(value)?;
            Ok(value.clone())
        }
    }
}

/// The flattened form of an object that has the value as its one property. The shape is the value's own.
pub(crate) fn flatten_below(
    property: &str,
    value: &Value,
    shape: &Shape,
    meter: &Meter,
) -> Result<Value, FlattenError> {
    let mut flat = Map::new();
    Flattener::new(meter).property((property, value), Some(shape), None, &mut flat)?;
    Ok(Value::Object(flat))
}

struct Flattener<'a> {
    meter: &'a Meter,
    /// By flattened name the own name of the property it stands for, where another's could become the same.
    own_names: BTreeMap<String, String>,
}

impl<'a> Flattener<'a> {
    fn new(meter: &'a Meter) -> Self {
        Self {
            meter,
            own_names: BTreeMap::new(),
        }
    }

    fn object(
        &mut self,
        fields: &Map<String, Value>,
        shape: Option<&Shape>,
        above: Option<&str>,
        flat: &mut Map<String, Value>,
    ) -> Result<(), FlattenError> {
        for (own, value) in fields {
            let shape = shape.and_then(|shape| shape.property(own));
            self.property((own, value), shape, above, flat)?;
        }
        Ok(())
    }

    /// One property of an object, whose own shape this is.
    fn property(
        &mut self,
        (own, value): (&str, &Value),
        shape: Option<&Shape>,
        above: Option<&str>,
        flat: &mut Map<String, Value>,
    ) -> Result<(), FlattenError> {
        let name = self.name(above, own)?;
        self.unique(&name, own)?;
        match value {
            Value::Object(fields) if !fields.is_empty() => {
                return self.object(fields, shape, Some(&name), flat);
            }
            // Nothing is given of what the contract names.
            Value::Object(_) if shape.is_some_and(|shape| !shape.properties.is_empty()) => {
                return Ok(());
            }
            Value::Array(items) => {
                if let Some(columns) = self.array(items, shape, Some(&name))? {
                    flat.extend(columns);
                    return Ok(());
                }
            }
            _ => {}
        }
        self.meter.hold_copy(value)?;
        flat.insert(name, value.clone());
        Ok(())
    }

    /// An array of objects as one list a property; none for any other, which stays as it is.
    fn array(
        &mut self,
        items: &[Value],
        shape: Option<&Shape>,
        name: Option<&str>,
    ) -> Result<Option<Map<String, Value>>, FlattenError> {
        self.meter.work(items.len())?;
        if !items.iter().all(Value::is_object) {
            return Ok(None);
        }
        let of_items = shape.and_then(|shape| shape.items.as_deref());
        let mut columns = self.columns(items, of_items, name)?;
        if columns.is_empty() {
            // Contracts in use name the lists that come of an array as if it were an object.
            let shape = of_items.filter(|shape| shape.is_spread()).or(shape);
            let mut names = Vec::new();
            self.names(shape, name, &mut names)?;
            for name in names {
                let mut column = Vec::new();
                self.fill(&mut column, items.len())?;
                columns.insert(name, Value::Array(column));
            }
        }
        Ok((!columns.is_empty()).then_some(columns))
    }

    /// Each element's flattened form under one another.
    fn columns(
        &mut self,
        items: &[Value],
        shape: Option<&Shape>,
        above: Option<&str>,
    ) -> Result<Map<String, Value>, FlattenError> {
        let mut columns: Map<String, Value> = Map::new();
        for (row, item) in items.iter().enumerate() {
            let mut cells = Map::new();
            if let Value::Object(fields) = item {
                self.object(fields, shape, above, &mut cells)?;
            }
            for (name, value) in cells {
                let column = columns
                    .entry(name)
                    .or_insert_with(|| Value::Array(Vec::new()));
                if let Value::Array(column) = column {
                    // A column has a place for each row, whatever the rows have.
                    self.fill(column, row)?;
                    column.push(value);
                }
            }
        }
        for column in columns.values_mut() {
            if let Value::Array(column) = column {
                self.fill(column, items.len())?;
            }
        }
        Ok(columns)
    }

    fn fill(&self, column: &mut Vec<Value>, rows: usize) -> Result<(), Exhausted> {
        let missing = rows.saturating_sub(column.len());
        self.meter.work(missing * PLACE)?;
        self.meter.hold((missing + 1) * PLACE)?;
        column.resize(rows, Value::Null);
        Ok(())
    }

    /// The flattened names of what a contract names below a place.
    fn names(
        &self,
        shape: Option<&Shape>,
        above: Option<&str>,
        names: &mut Vec<String>,
    ) -> Result<(), Exhausted> {
        for property in shape.into_iter().flat_map(|shape| &shape.properties) {
            let name = self.name(above, &property.name)?;
            let shape = property.shape.spread_items().unwrap_or(&property.shape);
            if shape.is_spread() {
                self.names(Some(shape), Some(&name), names)?;
            } else {
                names.push(name);
            }
        }
        Ok(())
    }

    fn name(&self, above: Option<&str>, own: &str) -> Result<String, Exhausted> {
        let name = join(above, own);
        // Names grow with the nesting: each holds those it lies under.
        self.meter.work(NAME + name.len())?;
        self.meter.hold(NAME + name.len())?;
        Ok(name)
    }

    /// Refuses a name that another property of the same object has become, in any element of an array.
    fn unique(&mut self, name: &str, own: &str) -> Result<(), FlattenError> {
        if !part(own).contains("__") {
            return Ok(());
        }
        self.meter.hold(NAME + name.len() + own.len())?;
        let own_names = self.own_names.entry(name.to_owned());
        let first = own_names.or_insert_with(|| own.to_owned());
        if first == own {
            return Ok(());
        }
        Err(FlattenError::SameName {
            name: short(name),
            first: short(first),
            second: short(own),
        })
    }
}
