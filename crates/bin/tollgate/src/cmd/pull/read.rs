//! What an organisation has, read through its API and made into files.
//!
//! Only integrations of types with data actions count, and such as have actions.

mod actions;

use super::form;
use super::names::stems;
use super::source::{Got, Source};
use crate::cmd::http::encode;
use crate::console::{errln, plural};
use actions::Stage;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use tollgate_action::TypeFacts;

const INTEGRATIONS: &str = "/api/v2/integrations";
/// Actions that take so long that it is told.
const MANY: usize = 100;

/// The files of an organisation, and what isn't in them.
#[derive(Default)]
pub(super) struct Organisation {
    /// By their paths in the folder.
    pub(super) files: BTreeMap<String, Value>,
    pub(super) integrations: Vec<Integration>,
    pub(super) unread: Vec<Unread>,
    /// What else is to be told.
    pub(super) notes: Vec<String>,
}

/// An integration whose actions are pulled.
pub(super) struct Integration {
    pub(super) id: String,
    pub(super) name: String,
    /// The id of its type.
    pub(super) kind: String,
    pub(super) enabled: bool,
    /// Its configuration, if it may be read.
    pub(super) config: Option<Value>,
    /// The name of its folders.
    pub(super) stem: String,
    /// Its published actions that can be executed here.
    pub(super) actions: Vec<Value>,
}

/// A part that the client may not read.
pub(super) struct Unread {
    what: String,
    why: String,
    /// How the paths of its files begin.
    files: Vec<String>,
}

impl Unread {
    pub(super) fn covers(&self, file: &str) -> bool {
        self.files.iter().any(|begin| file.starts_with(begin))
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} can't be read ({})", self.what, self.why)
    }
}

/// Reads all that there is.
///
/// # Errors
/// There is no answer, or one that can't be understood.
pub(super) async fn organisation(source: &Source) -> anyhow::Result<Organisation> {
    let mut found = Organisation::default();
    let all_of_them = ["integrations.json", "actions/", "refused/", "drafts/"];
    let part = ("integrations, and so their actions,", &all_of_them[..]);
    if let Some(all) = found.list(source, INTEGRATIONS, "", part).await? {
        let stages = [Stage::Published, Stage::Draft];
        let mut listed = Vec::new();
        for stage in stages {
            let part = match stage {
                Stage::Published => "actions",
                Stage::Draft => "drafts of actions",
            };
            let query = "&includeAuthActions=true";
            let all = found
                .list(source, &stage.list(), query, (part, stage.folders()))
                .await?;
            listed.push((stage, all.unwrap_or_default()));
        }
        let actions = listed.iter().flat_map(|(_, all)| all);
        let with_actions: BTreeSet<&str> = actions.map(|it| text(it, "integrationId")).collect();
        let count: usize = listed.iter().map(|(_, all)| all.len()).sum();
        if count > MANY {
            errln!(
                "tollgate pull: reads {}, one after another",
                plural(count, "action")
            );
        }
        found.take_integrations(source, &all, &with_actions).await?;
        for (stage, all) in &listed {
            found.take_actions(source, *stage, all).await?;
        }
        found.refuse_what_cannot_run();
        found.note_integrations();
    }
    found.take_tables(source).await?;
    found.take_flows(source).await?;
    Ok(found)
}

impl Organisation {
    /// A list; nothing if the client may not read it, which is noted.
    async fn list(
        &mut self,
        source: &Source,
        path: &str,
        query: &str,
        (what, files): (&str, &[&str]),
    ) -> anyhow::Result<Option<Vec<Value>>> {
        Ok(match source.list(path, query).await? {
            Got::Found(all) => Some(all),
            Got::Forbidden(why) => {
                self.leave(what, why, files);
                None
            }
            Got::Absent => {
                self.leave(what, format!("404: there is no {path}"), files);
                None
            }
        })
    }

    fn leave(&mut self, what: &str, why: String, files: &[&str]) {
        self.unread.push(Unread {
            what: what.to_owned(),
            why,
            files: files.iter().map(|begin| (*begin).to_owned()).collect(),
        });
    }

    async fn take_integrations(
        &mut self,
        source: &Source,
        all: &[Value],
        with_actions: &BTreeSet<&str>,
    ) -> anyhow::Result<()> {
        let kind = |it: &Value| {
            it["integrationType"]["id"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        let wanted = |it: &&Value| {
            TypeFacts::find(&kind(it)).is_some() || with_actions.contains(text(it, "id"))
        };
        for (shown, stem) in with_stems(all.iter().filter(wanted)) {
            let (id, name) = (text(shown, "id"), text(shown, "name"));
            let path = format!("{INTEGRATIONS}/{}/config/current", encode(id));
            let config = match source.get(&path).await? {
                Got::Found(config) => Some(config),
                Got::Forbidden(why) => {
                    let what = format!("the configuration of the integration {name:?}");
                    self.leave(&what, why, &["integrations.json"]);
                    None
                }
                Got::Absent => None,
            };
            self.integrations.push(Integration {
                id: id.to_owned(),
                name: name.to_owned(),
                kind: kind(shown),
                enabled: shown["intendedState"] != "DISABLED",
                config,
                stem,
                actions: Vec::new(),
            });
        }
        self.integrations.sort_by(|a, b| a.stem.cmp(&b.stem));
        Ok(())
    }

    /// The integrations as a file of their own, without ids: it is the same wherever they are.
    fn note_integrations(&mut self) {
        let file = "integrations.json";
        if self.unread.iter().any(|part| part.covers(file)) {
            return;
        }
        let all = self.integrations.iter().map(|it| {
            let mut entry = json!({
                "name": it.name,
                "type": it.kind,
                "enabled": it.enabled,
            });
            if let Some(config) = &it.config {
                let credentials = config["credentials"].as_object().into_iter().flatten();
                let places: BTreeSet<&String> = credentials.map(|(place, _)| place).collect();
                entry["notes"] = config["notes"].as_str().unwrap_or_default().into();
                entry["properties"] = object(&config["properties"]);
                entry["advanced"] = object(&config["advanced"]);
                entry["credentials"] = json!(places);
            }
            entry
        });
        let all: Vec<Value> = all.collect();
        self.files.insert(file.to_owned(), all.into());
    }

    async fn take_tables(&mut self, source: &Source) -> anyhow::Result<()> {
        let path = "/api/v2/flows/datatables";
        let all = self
            .list(
                source,
                path,
                "&expand=schema",
                ("data tables", &["tables/"]),
            )
            .await?;
        let all = all.unwrap_or_default();
        for (listed, stem) in with_stems(all.iter()) {
            let file = format!("tables/{stem}.json");
            let shown = if listed["schema"].is_object() {
                Got::Found(listed.clone())
            } else {
                let id = encode(text(listed, "id"));
                source.get(&format!("{path}/{id}?expand=schema")).await?
            };
            match shown {
                Got::Found(shown) => drop(self.files.insert(file, form::table(&shown))),
                Got::Forbidden(why) => {
                    let what = format!("the data table {:?}", text(listed, "name"));
                    self.leave(&what, why, &[&file]);
                }
                Got::Absent => {}
            }
        }
        Ok(())
    }

    async fn take_flows(&mut self, source: &Source) -> anyhow::Result<()> {
        let part = ("flows", &["flows.json"][..]);
        let Some(mut all) = self.list(source, "/api/v2/flows", "", part).await? else {
            return Ok(());
        };
        let key = |it: &Value| ["type", "name", "id"].map(|field| text(it, field).to_owned());
        all.sort_by_cached_key(key);
        let all = all
            .iter()
            .map(|it| json!({"name": it["name"], "type": it["type"], "id": it["id"]}));
        let all: Vec<Value> = all.collect();
        self.files.insert("flows.json".to_owned(), all.into());
        Ok(())
    }
}

/// Entities of a list, each with the begin of its file's name.
fn with_stems<'a>(entities: impl Iterator<Item = &'a Value>) -> Vec<(&'a Value, String)> {
    let entities: Vec<&Value> = entities.collect();
    let named = entities.iter().map(|it| (text(it, "id"), text(it, "name")));
    let stems = stems(&named.collect::<Vec<_>>());
    entities.into_iter().zip(stems).collect()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

fn object(value: &Value) -> Value {
    match value {
        Value::Object(_) => value.clone(),
        _ => json!({}),
    }
}
