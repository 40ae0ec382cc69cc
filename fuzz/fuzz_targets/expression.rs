//! An expression and a variable's value as JSON, with a zero byte between them: refused at a character of it, or typed
//! and evaluated within its bounds, the same each time; its value is of the type that it was said to have. Each type
//! has a variable, and every built-in variable is there.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Value as Json, json};
use std::sync::LazyLock;
use tollgate_architect::workflow::{Builtin, builtins};
use tollgate_expression::{Base, Scope, Type, Value, World, check};

/// Work that one evaluation may do, and more than what is built in it may take in memory.
const WORK: u64 = 200_000;
const BYTES: usize = 64 * 1024 * 1024;

/// Variables, named by their types: `Flow.integer`, `Flow.integerCollection`.
static VARIABLES: LazyLock<Vec<(String, Type, Value)>> = LazyLock::new(|| {
    let words = Type::words().flat_map(|word| [word.to_owned(), format!("{word}Collection")]);
    let variable = |word: String| {
        let kind = Type::of_variable(&word)?;
        Some((format!("Flow.{word}"), kind, sample(kind)))
    };
    words.filter_map(variable).collect()
});

/// A value of a type.
fn sample(kind: Type) -> Value {
    let one = [
        json!(7),
        json!("2026-01-05T09:00:00Z"),
        json!("PT5M"),
        json!("12.50 EUR"),
        json!(true),
        json!({"name": "Grüße", "a": {"b": [1, "x"]}}),
    ];
    let many = one.iter().map(|json| Json::Array(vec![json.clone(); 3]));
    let mut all = one.iter().cloned().chain(many);
    all.find_map(|json| Value::from_json(&json, kind).ok())
        .unwrap_or_default()
}

struct Names;

impl Scope for Names {
    fn variable(&self, name: &str) -> Option<(u32, Type)> {
        let mut all = VARIABLES.iter();
        let slot = all.position(|(known, ..)| known.eq_ignore_ascii_case(name))?;
        Some((u32::try_from(slot).ok()?, VARIABLES[slot].1))
    }

    fn builtin(&self, name: &str) -> Option<Type> {
        Builtin::find(name).map(|known| known.kind)
    }

    fn constant(&self, name: &str) -> Option<Value> {
        Builtin::find(name)?.constant(name)
    }

    fn names(&self) -> Vec<String> {
        let builtins = builtins().map(|known| known.name.to_owned());
        let variables = VARIABLES.iter().map(|(name, ..)| name.clone());
        variables.chain(builtins).collect()
    }
}

struct Now {
    /// The value of each variable whose type it fits.
    given: Json,
    work: u64,
    random: u64,
}

impl Now {
    fn with(given: &Json) -> Now {
        Now {
            given: given.clone(),
            work: 0,
            random: 0,
        }
    }

    fn value(&self, kind: Type, otherwise: impl Fn() -> Value) -> Value {
        let given = Some(&self.given).filter(|given| !given.is_null());
        let value = given.and_then(|given| Value::from_json(given, kind).ok());
        value.unwrap_or_else(otherwise)
    }
}

impl World for Now {
    fn variable(&self, slot: u32) -> Value {
        let (_, kind, sample) = &VARIABLES[slot as usize];
        self.value(*kind, || sample.clone())
    }

    fn builtin(&self, name: &str) -> Value {
        let of = |known: &Builtin| self.value(known.kind, || sample(known.kind));
        Builtin::find(name).map_or(Value::NotSet, of)
    }

    fn wall(&self) -> i64 {
        1_767_603_600_000
    }

    fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.random
    }

    fn work(&mut self, amount: u64) -> Result<(), String> {
        self.work = self.work.saturating_add(amount);
        match self.work > WORK {
            true => Err("too much".to_owned()),
            false => Ok(()),
        }
    }
}

/// Whether a value is of a type.
fn is(value: &Value, kind: Type) -> bool {
    match (value, kind.base) {
        (Value::NotSet, _) => true,
        (_, Base::Any) if !kind.collection => true,
        (Value::Collection(items), _) => {
            kind.collection && items.iter().all(|item| is(item, kind.item()))
        }
        _ if kind.collection => false,
        // A prompt may stand where audio is asked for.
        (Value::Entity(entity), Base::Audio) => entity.kind.word() == "prompt",
        (Value::Entity(entity), Base::Entity(kind)) => entity.kind == kind,
        (value, base) => matches!(
            (value, base),
            (Value::String(_), Base::String)
                | (Value::Integer(_), Base::Integer | Base::Decimal)
                | (Value::Decimal(_), Base::Decimal)
                | (Value::Currency(_), Base::Currency)
                | (Value::Boolean(_), Base::Boolean)
                | (Value::DateTime(_), Base::DateTime)
                | (Value::Duration(_), Base::Duration)
                | (Value::Json(_), Base::Json)
                | (Value::Audio(_), Base::Audio)
                | (Value::Communication(_), Base::Communication)
        ),
    }
}

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let (text, given) = text.split_once('\0').unwrap_or((&text, ""));
    let given = tollgate_json::read(given).unwrap_or_default();
    let (expr, kind) = match check(text, &Names) {
        Ok(checked) => checked,
        Err(fault) => {
            assert!(fault.at <= text.chars().count(), "{fault:?}");
            return;
        }
    };
    let value = expr.evaluate(&mut Now::with(&given));
    assert_eq!(value, expr.evaluate(&mut Now::with(&given)), "not repeated");
    if let Ok(value) = value {
        assert!(value.heap_bytes() <= BYTES);
        assert!(is(&value, kind), "{value:?} is not {kind}");
        let _ = value.to_json();
    }
});
