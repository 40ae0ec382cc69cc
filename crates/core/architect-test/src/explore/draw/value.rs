//! Values drawn by type: numbers and texts of the workflow's own among them, so that its conditions become both
//! true and false.

use super::Drawer;
use rust_decimal::Decimal;
use serde_json::{Map, Value as Json, json};
use tollgate_expression::time::{write_date_time, write_duration};
use tollgate_expression::{Base, Kind, Type};

/// Items of a collection that is drawn.
const MAX_ITEMS: u8 = 30;

impl Drawer<'_> {
    pub(super) fn text(&mut self) -> String {
        let index = self.below(self.pool.texts.len());
        let text = self.pool.texts[index].clone();
        match self.below(16) {
            // Two at once, as two Contains() ask for.
            0 => {
                let other = self.below(self.pool.texts.len());
                format!("{text} {}", self.pool.texts[other])
            }
            1 => self.number().map_or(text, |number| number.to_string()),
            _ => text,
        }
    }

    /// A number of the workflow's own, every other time and if it has any.
    fn number(&mut self) -> Option<Decimal> {
        if self.below(2) == 0 {
            return None;
        }
        let index = self.below(self.pool.numbers.len());
        self.pool.numbers.get(index).copied()
    }

    /// How many items a collection has: few, or as many as the workflow may ask for.
    fn count(&mut self) -> usize {
        let asked = self.number().and_then(|number| u8::try_from(number).ok());
        match asked {
            Some(count) if count <= MAX_ITEMS => count.into(),
            _ => self.below(4),
        }
    }

    /// A value for something of this name: of some names it is known what they usually hold, or what the workflow
    /// compares them with.
    pub(super) fn value_of(&mut self, name: &str, kind: Type) -> Json {
        const USUAL: [(&str, &str); 5] = [
            ("conversationid", "3f2a9c1e-7b64-4d1f-9a55-0c8e6d2b4a10"),
            ("ani", "tel:+13175550100"),
            ("phone", "+13175550100"),
            ("email", "jo@example.com"),
            ("name", "Jo Example"),
        ];
        let last = name.rsplit('.').next().unwrap_or_default().to_lowercase();
        let compared = self
            .pool
            .compared
            .get(&last)
            .filter(|texts| !texts.is_empty());
        if let Some(texts) = compared
            && kind == Type::STRING
            && self.below(2) == 0
        {
            let index = self.below(texts.len());
            return json!(texts.iter().nth(index));
        }
        let usual = USUAL.iter().find(|(part, _)| last.contains(part));
        match usual {
            Some((_, text)) if kind == Type::STRING && self.below(4) > 0 => match self.below(4) {
                // A text of the workflow within, as conditions with Contains() ask for.
                0 => json!(format!("{text} {}", self.text())),
                _ => json!(text),
            },
            _ => self.value(kind),
        }
    }

    fn value(&mut self, kind: Type) -> Json {
        if self.below(8) == 0 {
            return Json::Null;
        }
        if kind.collection {
            let count = self.count();
            return (0..count)
                .map(|_| self.value(kind.item()))
                .filter(|v| !v.is_null())
                .collect();
        }
        match kind.base {
            Base::Integer => match self.number() {
                Some(number) if number.fract().is_zero() => json_number(number),
                _ => json!(self.below(5) as i64 - 1),
            },
            Base::Decimal => match self.number() {
                Some(number) => json_number(number),
                None => json!(self.below(50) as f64 / 10.0),
            },
            Base::Boolean => json!(self.below(2) == 0),
            Base::Currency => {
                let code = ["EUR", "USD"][self.below(2)];
                match self.number() {
                    Some(number) => json!(format!("{number}|{code}")),
                    None => json!(format!("{}.50|{code}", self.below(100))),
                }
            }
            Base::DateTime => json!(write_date_time(
                self.script.start - self.below(100_000_000) as i64
            )),
            Base::Duration => json!(write_duration(self.below(1_000_000) as i64)),
            Base::Json => {
                let names: Vec<String> = self.pool.properties.iter().cloned().collect();
                let mut object = Map::new();
                for name in names {
                    let value = self.value_of(&name, Type::STRING);
                    object.insert(name, value);
                }
                Json::Object(object)
            }
            Base::Entity(Kind::PhoneNumber) => json!("tel:+13175550100"),
            Base::Entity(kind) => {
                let mut object = Map::new();
                for name in kind.properties() {
                    let property = kind.property(name).unwrap_or(Type::ANY);
                    object.insert(name.to_owned(), self.value_of(name, property));
                }
                Json::Object(object)
            }
            _ => json!(self.text()),
        }
    }
}

fn json_number(number: Decimal) -> Json {
    let number = number.normalize().to_string().parse();
    number.map_or(Json::Null, Json::Number)
}
