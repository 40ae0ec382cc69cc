//! Answers made from the ids asked for.

use serde_json::{Value, json};

/// The answer to a path below `/api/v2`, if it is one that is known.
pub(super) fn answer(
    method: &str,
    rest: &[&str],
    query: &str,
    body: Option<&Value>,
) -> Option<Value> {
    let name = parameter(query, "name");
    Some(match (method, rest) {
        ("GET", ["routing", "queues"]) => page(vec![queue(&id_of(&name), &name)]),
        ("GET", ["routing", "queues", id]) => queue(id, &format!("Queue {id}")),
        ("GET", ["routing", "queues", id, "estimatedwaittime"]) => json!({
            "results": [{"intent": "ALL", "formula": "BEST", "estimatedWaitTimeSeconds": number(id, 5, 240)}],
        }),
        ("GET", ["users"]) if !parameter(query, "pageNumber").is_empty() => directory(query),
        ("GET", ["users"]) => page((0..3).map(|at| user(&id_of(&at.to_string()))).collect()),
        ("POST", ["users", "search"]) => {
            let found = vec![user(&id_of(
                &body.map(Value::to_string).unwrap_or_default(),
            ))];
            json!({"total": 1, "pageCount": 1, "pageSize": 25, "pageNumber": 1, "results": found})
        }
        ("GET", ["users", id]) => user(id),
        ("GET", ["users", id, "presences", ..]) => json!({
            "userId": id,
            "source": "PURECLOUD",
            "primary": true,
            "presenceDefinition": {
                "id": id_of("presence"),
                "systemPresence": one_of(id, &["Available", "Busy", "Away", "Offline"]),
            },
            "message": "",
            "modifiedDate": "2026-01-05T09:00:00.000Z",
        }),
        ("GET", ["users", id, "routingstatus"]) => json!({
            "userId": id,
            "status": one_of(id, &["IDLE", "INTERACTING", "OFF_QUEUE"]),
            "startTime": "2026-01-05T09:00:00.000Z",
        }),
        ("GET", ["users", id, "routingskills"]) => page(vec![
            json!({"id": id_of("billing"), "name": "Billing", "proficiency": number(id, 1, 5), "state": "active"}),
        ]),
        ("GET", ["conversations", id]) => conversation(id),
        (
            "GET",
            [
                "conversations",
                "callbacks" | "messages" | "chats" | "calls" | "emails",
                id,
            ],
        ) => conversation(id),
        ("GET", ["conversations", "chats" | "messages", id, "messages"]) => page(vec![
            json!({"id": id_of(id), "conversation": {"id": id}, "body": "Good morning", "bodyType": "standard"}),
        ]),
        ("POST", ["conversations", "callbacks"]) => json!({
            "conversation": {"id": id_of("callback")},
            "callbackIdentifiers": [{"type": "EXTERNAL", "id": id_of("identifier")}],
        }),
        ("POST", ["analytics", "queues", "observations", "query"]) => observations(body),
        ("POST", ["analytics", "conversations", "details", "query"]) => json!({
            "conversations": [details(&id_of("details"))],
            "totalHits": 1,
        }),
        ("GET", ["analytics", "conversations", id, "details"]) => details(id),
        ("GET", ["externalcontacts", "reversewhitepageslookup"]) => {
            json!({"contacts": [contact(&parameter(query, "lookupVal"))], "externalOrganizations": []})
        }
        ("GET", ["externalcontacts", "contacts"]) => page(vec![contact(&parameter(query, "q"))]),
        ("GET", ["externalcontacts", "contacts", id]) => contact(id),
        ("POST", ["externalcontacts", "contacts"]) => with_id(body),
        ("GET", ["architect", "schedules"]) => page(vec![
            json!({"id": id_of(&name), "name": name, "state": "active", "start": "2026-01-01T08:00:00.000", "end": "2026-01-01T18:00:00.000"}),
        ]),
        ("GET", ["authorization", "divisions"]) => page(vec![
            json!({"id": id_of("home"), "name": "Home", "homeDivision": true}),
        ]),
        ("GET", ["timezones"]) => page(vec![json!({"id": "Europe/Berlin", "offset": 60})]),
        _ => return None,
    })
}

fn page(entities: Vec<Value>) -> Value {
    json!({
        "total": entities.len(),
        "pageSize": 25,
        "pageNumber": 1,
        "pageCount": 1,
        "entities": entities,
    })
}

/// Users of a large organisation.
const USERS: u32 = 1_200;

/// The page of all users that the query names.
fn directory(query: &str) -> Value {
    let number = |name: &str, usual: u32| parameter(query, name).parse().unwrap_or(usual).max(1);
    let (size, page) = (number("pageSize", 25).min(500), number("pageNumber", 1));
    let first = size.saturating_mul(page - 1).min(USERS);
    let users = first..first.saturating_add(size).min(USERS);
    let users: Vec<_> = users.map(|at| user(&id_of(&at.to_string()))).collect();
    json!({
        "total": USERS,
        "pageSize": size,
        "pageNumber": page,
        "pageCount": USERS.div_ceil(size),
        "entities": users,
    })
}

fn queue(id: &str, name: &str) -> Value {
    json!({"id": id, "name": name, "memberCount": number(id, 5, 60), "joinedMemberCount": number(id, 1, 5)})
}

fn user(id: &str) -> Value {
    json!({
        "id": id,
        "name": "Alex Example",
        "email": "alex@example.com",
        "state": "active",
        "division": {"id": id_of("home"), "name": "Home"},
    })
}

fn contact(key: &str) -> Value {
    json!({
        "id": id_of(key),
        "firstName": "Kim",
        "lastName": "Example",
        "type": "external_contact",
        "workPhone": {"display": key, "e164": key},
        "workEmail": "kim@example.com",
        "externalOrganization": {"id": id_of("organisation"), "name": "Example Ltd"},
    })
}

fn conversation(id: &str) -> Value {
    json!({
        "id": id,
        "startTime": "2026-01-05T09:00:00.000Z",
        "participants": [
            {"id": id_of(&format!("{id}-customer")), "purpose": "customer", "name": "Kim Example",
             "attributes": {"language": "en"}, "calls": [{"state": "connected", "direction": "inbound"}]},
            {"id": id_of(&format!("{id}-agent")), "purpose": "agent", "userId": id_of("agent"),
             "queueId": id_of("queue"), "attributes": {}, "calls": [{"state": "connected", "wrapup": null}]},
        ],
    })
}

fn details(id: &str) -> Value {
    json!({
        "conversationId": id,
        "conversationStart": "2026-01-05T09:00:00.000Z",
        "originatingDirection": "inbound",
        "participants": [{
            "participantId": id_of(id),
            "purpose": "customer",
            "sessions": [{"mediaType": "voice", "ani": "tel:+4930123456", "dnis": "tel:+4930654321", "segments": []}],
        }],
    })
}

/// One result a queue named in the query's filter, one datum a metric asked for.
fn observations(body: Option<&Value>) -> Value {
    let mut queues = Vec::new();
    collect(body.and_then(|body| body.get("filter")), &mut queues);
    if queues.is_empty() {
        queues.push(id_of("queue"));
    }
    let asked = body.and_then(|body| body.get("metrics")?.as_array().cloned());
    let metrics = asked.unwrap_or_else(|| vec![json!("oWaiting"), json!("oInteracting")]);
    let results: Vec<_> = queues
        .iter()
        .map(|queue| {
            let data: Vec<_> = metrics
                .iter()
                .map(|metric| {
                    let count = number(&format!("{queue}{metric}"), 0, 20);
                    json!({"metric": metric, "qualifier": "IDLE", "stats": {"count": count}})
                })
                .collect();
            json!({"group": {"queueId": queue, "mediaType": "voice"}, "data": data})
        })
        .collect();
    json!({"results": results})
}

/// The values of all predicates on `queueId`, wherever they stand in the filter.
fn collect(filter: Option<&Value>, queues: &mut Vec<String>) {
    let Some(filter) = filter else { return };
    if filter.get("dimension").and_then(Value::as_str) == Some("queueId") {
        queues.extend(
            filter
                .get("value")
                .and_then(Value::as_str)
                .map(str::to_owned),
        );
    }
    for inner in ["predicates", "clauses"] {
        for part in filter
            .get(inner)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            collect(Some(part), queues);
        }
    }
}

fn with_id(body: Option<&Value>) -> Value {
    let mut body = body.cloned().unwrap_or_else(|| json!({}));
    let id = id_of(&body.to_string());
    if let Some(fields) = body.as_object_mut() {
        fields.insert("id".to_owned(), Value::String(id));
    }
    body
}

fn parameter(query: &str, name: &str) -> String {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let found = pairs.find(|(key, _)| *key == name);
    found.map_or(String::new(), |(_, value)| value.replace('+', " "))
}

/// An id made from a text (FNV-1a, twice).
fn id_of(text: &str) -> String {
    let (a, b) = (hash(text, 0), hash(text, 1));
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        a >> 32,
        a >> 16 & 0xffff,
        a & 0xfff,
        b >> 52,
        b & 0xffff_ffff_ffff
    )
}

fn one_of<'a>(text: &str, choices: &[&'a str]) -> &'a str {
    choices[number(text, 0, choices.len() - 1)]
}

fn number(text: &str, low: usize, high: usize) -> usize {
    low + (hash(text, 2) % (high - low + 1) as u64) as usize
}

fn hash(text: &str, salt: u64) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325 ^ salt.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    text.bytes().fold(start, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
