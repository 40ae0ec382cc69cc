//! What people and tests ask of the emulator itself, as JSON.

use serde_json::{Value, json};
use tollgate_platform::{Counts, Faults, LimitName};

pub(super) fn faults(body: &[u8]) -> Option<Faults> {
    let body: Value = tollgate_json::read_bytes(body).ok()?;
    let percent = |name: &str| match body.get(name) {
        None => Some(0),
        Some(value) => value
            .as_u64()
            .filter(|value| *value <= 100)
            .map(|value| value as u8),
    };
    Some(Faults {
        unavailable_percent: percent("unavailable")?,
        dropped_percent: percent("dropped")?,
        slow_percent: percent("slow")?,
    })
}

pub(super) fn counts_json(counts: &Counts) -> Value {
    let limited: serde_json::Map<String, Value> = LimitName::ALL
        .iter()
        .map(|limit| {
            let count = counts.limited.get(limit).copied().unwrap_or(0);
            (limit.as_str().to_owned(), json!(count))
        })
        .collect();
    json!({
        "admitted": counts.admitted,
        "limited": limited,
        "unauthorized": counts.unauthorized,
        "mostAtOnce": counts.most_at_once,
        "tokens": counts.tokens.iter().map(|token| json!({
            "client": token.client, "admitted": token.admitted, "limited": token.limited,
        })).collect::<Vec<_>>(),
        "strangers": counts.strangers.iter().map(|it| json!({
            "asked": it.asked, "admitted": it.admitted,
        })).collect::<Vec<_>>(),
        "grantsRefused": counts.grants_refused,
        "windows": counts.windows.iter().map(|window| window.count).collect::<Vec<_>>(),
    })
}
