//! Writes into a configuration file what the upstream has told or shown of its limits.
//!
//! The file is edited, not written anew: comments, order and spelling of everything else stay. That is
//! what `toml_edit` is for (the crate with which cargo edits manifests).
//!
//! A number that headers tell takes the place of the configured one. A limit that was learned from
//! refusals becomes one limit more, of the client, the tokens or the integration whose calls count together.

use crate::presets::{self, TOKEN_RATE};
use crate::show_span;
use std::time::Duration;
use tollgate_model::Scope;
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, TableLike, Value};

/// A number in force that is to be configured.
#[derive(Clone, Debug)]
pub struct Number {
    /// The limit's name: that of the configured limit which it corrects, or one of its own.
    pub name: String,
    /// Whose calls count together.
    pub scope: Scope,
    /// Name of the client, integration or endpoint whose calls count together.
    pub of: String,
    /// Calls per window or at once.
    pub allowed: u32,
    /// The window's length; none for a limit on calls at once.
    pub period: Option<Duration>,
    /// What is configured in its place; none where nothing is.
    pub configured: Option<u32>,
}

/// What became of a number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Adopted {
    /// The document has it now.
    Here,
    /// The document has nothing that it belongs to.
    NotHere,
    /// It belongs to what a document can't say by itself; why, and what to do.
    ByHand(String),
}

/// Puts the number into the document.
pub fn adopt(document: &mut DocumentMut, number: &Number) -> Adopted {
    let root = document.as_table_mut();
    let corrected = match (number.configured, number.scope) {
        (None, _) => return add(root, number),
        (Some(_), Scope::Token) => correct_token(root, number),
        (Some(configured), _) => correct_shared(root, number, configured),
    };
    if corrected {
        Adopted::Here
    } else {
        Adopted::NotHere
    }
}

/// Corrects `token_rate`, or one of the `[[client.token_limit]]`, of the client.
fn correct_token(root: &mut Table, number: &Number) -> bool {
    let Some(client) = named(root, "client", &number.of) else {
        return false;
    };
    match client
        .get_mut("token_rate")
        .and_then(Item::as_table_like_mut)
    {
        Some(rate) if text(rate, "name").unwrap_or(TOKEN_RATE) == number.name => {
            put(rate, number);
            return true;
        }
        Some(_) => {}
        None if number.name == TOKEN_RATE => {
            let mut rate = InlineTable::new();
            put(&mut rate, number);
            client.insert("token_rate", Item::Value(Value::InlineTable(rate)));
            return true;
        }
        None => {}
    }
    let limit = named(client, "token_limit", &number.name);
    limit.map(|limit| put(limit, number)).is_some()
}

/// Corrects every shared limit of that name that allows what is configured.
fn correct_shared(root: &mut Table, number: &Number, configured: u32) -> bool {
    write_preset(root, &number.name);
    let mut found = correct_in(root, number, configured);
    for key in ["client", "integration"] {
        for owner in tables(root.get_mut(key)) {
            found |= correct_in(owner, number, configured);
            for action in tables(owner.get_mut("action")) {
                found |= correct_in(action, number, configured);
            }
        }
    }
    found
}

fn correct_in(owner: &mut dyn TableLike, number: &Number, configured: u32) -> bool {
    let mut found = false;
    for limit in tables(owner.get_mut("limit")) {
        let allowed = limit.get("allowed").and_then(Item::as_integer);
        if text(limit, "name") == Some(number.name.as_str()) && allowed == Some(configured.into()) {
            put(limit, number);
            found = true;
        }
    }
    found
}

/// Writes the limit of this name, where a preset holds it, so that the file has a number to correct. Where the default
/// preset holds because the file says nothing of limits, all of the preset's: with one of them in the file it would
/// hold no more.
fn write_preset(root: &mut Table, name: &str) {
    let listed = root.get("presets").and_then(Item::as_array);
    let listed: Option<Vec<String>> = listed.map(|names| {
        let names = names.iter().filter_map(Value::as_str);
        names.map(str::to_owned).collect()
    });
    let mut missing = match &listed {
        None if root.get("limit").is_none() => presets::shared(presets::DEFAULT).collect(),
        None => return,
        Some(names) => names
            .iter()
            .flat_map(|it| presets::shared(it))
            .collect::<Vec<_>>(),
    };
    if !missing.iter().any(|it| it.name == name) || named(root, "limit", name).is_some() {
        return;
    }
    if listed.is_some() {
        missing.retain(|it| it.name == name);
    }
    let limits = root
        .entry("limit")
        .or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    for it in missing {
        let mut table = Table::new();
        table.insert("name", toml_edit::value(it.name));
        write(&mut table, it.rule.allowed(), it.rule.period());
        match limits {
            Item::ArrayOfTables(limits) => limits.push(table),
            Item::Value(Value::Array(limits)) => limits.push(table.into_inline_table()),
            _ => {}
        }
    }
}

/// Adds one limit more to whom it belongs to.
fn add(root: &mut Table, number: &Number) -> Adopted {
    let each = number
        .of
        .strip_prefix("each token of ")
        .unwrap_or(&number.of);
    let added = match number.scope {
        Scope::Client => append_to(root, ("client", each), "limit", number),
        Scope::Token => {
            append_to(root, ("client", each), "token_limit", number) || {
                // Each of them gets the limit, for their tokens are interchangeable.
                let clients = clients_of(root, each).into_iter();
                let added = clients
                    .filter(|client| append_to(root, ("client", client), "token_limit", number));
                added.count() > 0
            }
        }
        Scope::Organisation | Scope::Integration => {
            // A route is called after its integration, with the action's name where the action has one of its own.
            let integration = each
                .rsplit_once('/')
                .map_or(each, |(integration, _)| integration);
            append_to(root, ("integration", each), "limit", number)
                || append_to(root, ("integration", integration), "limit", number)
        }
        Scope::Action | Scope::Host | Scope::Flow => {
            let mut limit = Table::new();
            limit.insert("name", toml_edit::value(name(number)));
            write(&mut limit, number.allowed, number.period);
            return Adopted::ByHand(format!(
                "a file knows actions, not endpoints: write the following below the [[integration.action]] \
                 whose calls go to {}\n[[integration.action.limit]]\n{limit}",
                number.of
            ));
        }
    };
    if added {
        Adopted::Here
    } else {
        Adopted::NotHere
    }
}

/// Names of the clients whose tokens the integration takes.
fn clients_of(root: &mut Table, integration: &str) -> Vec<String> {
    let clients = named(root, "integration", integration).and_then(|it| it.get("clients"));
    let clients = clients.and_then(Item::as_array).into_iter().flatten();
    clients
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect()
}

/// Appends the limit to the list `key` of the table called so.
fn append_to(root: &mut Table, (kind, of): (&str, &str), key: &str, number: &Number) -> bool {
    let Some(owner) = named(root, kind, of) else {
        return false;
    };
    let wanted = name(number);
    let taken: Vec<String> = tables(owner.get_mut(key))
        .into_iter()
        .filter_map(|limit| text(limit, "name").map(str::to_owned))
        .collect();
    let numbered = (2..).map(|nth| format!("{wanted}.{nth}"));
    let mut names = std::iter::once(wanted.clone()).chain(numbered);
    let free = names
        .find(|name| !taken.contains(name))
        .unwrap_or(wanted.clone());
    let list = owner
        .entry(key)
        .or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    match list {
        Item::ArrayOfTables(list) => {
            let mut limit = Table::new();
            limit.insert("name", toml_edit::value(free));
            write(&mut limit, number.allowed, number.period);
            list.push(limit);
            true
        }
        Item::Value(Value::Array(list)) => {
            push_inline(list, free, number);
            true
        }
        _ => false,
    }
}

fn push_inline(list: &mut Array, name: String, number: &Number) {
    let mut limit = InlineTable::new();
    limit.insert("name", name.into());
    write(&mut limit, number.allowed, number.period);
    list.push(limit);
}

/// What an adopted limit is called: `adopted.10.in.1s`, `adopted.5.at.once`.
fn name(number: &Number) -> String {
    match number.period {
        Some(period) => format!("adopted.{}.in.{}", number.allowed, show_span(period)),
        None => format!("adopted.{}.at.once", number.allowed),
    }
}

/// The entry of the list `key` that has this name.
fn named<'a>(owner: &'a mut dyn TableLike, key: &str, name: &str) -> Option<&'a mut dyn TableLike> {
    let mut all = tables(owner.get_mut(key)).into_iter();
    all.find(|it| text(*it, "name") == Some(name))
}

/// The tables of a list, however it is written.
fn tables(list: Option<&mut Item>) -> Vec<&mut dyn TableLike> {
    match list {
        Some(Item::ArrayOfTables(list)) => {
            list.iter_mut().map(|it| it as &mut dyn TableLike).collect()
        }
        Some(Item::Value(Value::Array(list))) => {
            let inline = list.iter_mut().filter_map(Value::as_inline_table_mut);
            inline.map(|it| it as &mut dyn TableLike).collect()
        }
        _ => Vec::new(),
    }
}

fn text<'a>(table: &'a dyn TableLike, key: &str) -> Option<&'a str> {
    table.get(key).and_then(Item::as_str)
}

fn put(table: &mut dyn TableLike, number: &Number) {
    write(table, number.allowed, number.period);
}

/// Writes what the limit allows. What is so already stays as it is spelt.
fn write(table: &mut dyn TableLike, allowed: u32, period: Option<Duration>) {
    let Some(period) = period else {
        set(table, "concurrent", i64::from(allowed).into());
        return;
    };
    set(table, "allowed", i64::from(allowed).into());
    let there = text(table, "period").and_then(crate::parse_span);
    if there != Some(period) {
        set(table, "period", show_span(period).into());
    }
}

/// Sets a value; the blanks and the comment around the one before stay.
fn set(table: &mut dyn TableLike, key: &str, mut value: Value) {
    if let Some(Item::Value(there)) = table.get_mut(key) {
        *value.decor_mut() = there.decor().clone();
        *there = value;
        return;
    }
    table.insert(key, Item::Value(value));
}
