//! Actions and drafts, each read whole and made a file.
//!
//! Actions that the vendor ships with an integration ("static" ones, *observed* in the vendor's Terraform provider,
//! whose export leaves them out too) have nothing to export.

use super::super::form;
use super::super::source::{Got, Source};
use super::{Organisation, text, with_stems};
use crate::cmd::http::encode;
use crate::console::plural;
use serde_json::Value;
use std::collections::BTreeSet;
use tollgate_action::Action;
use tollgate_store::LOGIN;

const ACTIONS: &str = "/api/v2/integrations/actions";
const STATIC_ID: &str = "static";

/// Published actions, or drafts.
#[derive(Clone, Copy)]
pub(super) enum Stage {
    Published,
    Draft,
}

impl Stage {
    pub(super) fn list(self) -> String {
        match self {
            Stage::Published => ACTIONS.to_owned(),
            Stage::Draft => format!("{ACTIONS}/drafts"),
        }
    }

    /// The path of one of them.
    fn path(self, id: &str) -> String {
        let id = encode(id);
        match self {
            Stage::Published => format!("{ACTIONS}/{id}"),
            Stage::Draft => format!("{ACTIONS}/{id}/draft"),
        }
    }

    /// The folders that they may lie in.
    pub(super) fn folders(self) -> &'static [&'static str] {
        match self {
            Stage::Published => &["actions/", "refused/"],
            Stage::Draft => &["drafts/"],
        }
    }
}

impl Organisation {
    /// Reads each of the actions that a list names, and makes it a file.
    pub(super) async fn take_actions(
        &mut self,
        source: &Source,
        stage: Stage,
        all: &[Value],
    ) -> anyhow::Result<()> {
        let shipped = |it: &&Value| text(it, "id").starts_with(STATIC_ID);
        let skipped = all.iter().filter(shipped).count();
        if skipped > 0 {
            let verb = if skipped == 1 { "is" } else { "are" };
            self.notes.push(format!(
                "{} {verb} left out that the vendor ships with an integration: they can't be exported",
                plural(skipped, "action")
            ));
        }
        for index in 0..self.integrations.len() {
            let (id, stem) = (
                self.integrations[index].id.clone(),
                self.integrations[index].stem.clone(),
            );
            let of_it = |it: &&Value| text(it, "integrationId") == id && !shipped(it);
            for (listed, file) in with_stems(all.iter().filter(of_it)) {
                let folders = stage.folders();
                let paths: Vec<_> = folders
                    .iter()
                    .map(|it| format!("{it}{stem}/{file}.json"))
                    .collect();
                match whole_action(source, stage, text(listed, "id")).await? {
                    Got::Found(shown) => {
                        let file = form::action(&shown, &self.integrations[index].kind);
                        self.files.insert(paths[0].clone(), file);
                    }
                    Got::Forbidden(why) => {
                        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
                        let name = text(listed, "name");
                        self.leave(&format!("the action {name:?}"), why, &paths);
                    }
                    // Deleted since it was listed.
                    Got::Absent => {}
                }
            }
        }
        let ours: BTreeSet<&str> = self.integrations.iter().map(|it| it.id.as_str()).collect();
        let strays = all
            .iter()
            .filter(|it| !ours.contains(text(it, "integrationId")));
        let strays = strays.filter(|it| !shipped(it)).count();
        if strays > 0 {
            let why = "the integrations that they belong to aren't shown to this client".to_owned();
            self.leave(&plural(strays, "action"), why, stage.folders());
        }
        Ok(())
    }

    /// Moves published actions that nothing here can execute out of the folders that `tollgate.toml` names.
    pub(super) fn refuse_what_cannot_run(&mut self) {
        for integration in &mut self.integrations {
            let begin = format!("actions/{}/", integration.stem);
            let own = self.files.keys().filter(|path| path.starts_with(&begin));
            let own: Vec<String> = own.cloned().collect();
            let mut names = BTreeSet::new();
            for path in own {
                let Some(file) = self.files.get(&path) else {
                    continue;
                };
                let name = (
                    file["actionType"] == "customAuth",
                    text(file, "name").to_owned(),
                );
                let why = match Action::from_json(&file.to_string()) {
                    Ok(_) if names.insert(name) => {
                        integration.actions.push(file.clone());
                        continue;
                    }
                    Ok(_) => "another action of this integration has its name".to_owned(),
                    Err(error) => error.to_string(),
                };
                let to = path.replacen("actions/", "refused/", 1);
                self.notes
                    .push(format!("{to}: can't be executed here: {why}"));
                if let Some(file) = self.files.remove(&path) {
                    self.files.insert(to, file);
                }
            }
        }
    }
}

/// An action with its contract and its config, what they only name by its address included.
async fn whole_action(source: &Source, stage: Stage, id: &str) -> anyhow::Result<Got<Value>> {
    let path = stage.path(id);
    let mut shown = match source
        .get(&format!("{path}?expand=contract&includeConfig=true"))
        .await?
    {
        Got::Found(shown) => shown,
        other => return Ok(other),
    };
    if let (Some(why), false) = (shown["unusable"].as_str(), shown["config"].is_object()) {
        return Ok(Got::Forbidden(format!("it is set aside there: {why}")));
    }
    for (place, field, template) in [
        ("/config/request", "requestTemplate", "requesttemplate.vm"),
        ("/config/response", "successTemplate", "successtemplate.vm"),
    ] {
        if names_alone(&shown, place, field) {
            match source.text(&format!("{path}/templates/{template}")).await? {
                Got::Found(text) => put(&mut shown, place, field, text.into()),
                Got::Forbidden(why) => return Ok(Got::Forbidden(why)),
                Got::Absent => {}
            }
        }
    }
    // An integration's own login has no contract of its own.
    for (place, field, schema) in [
        ("/contract/input", "inputSchema", "inputschema.json"),
        ("/contract/output", "successSchema", "successschema.json"),
    ] {
        if names_alone(&shown, place, field) && !id.starts_with(LOGIN) {
            match source.get(&format!("{path}/schemas/{schema}")).await? {
                Got::Found(schema) => put(&mut shown, place, field, schema),
                Got::Forbidden(why) => return Ok(Got::Forbidden(why)),
                Got::Absent => {}
            }
        }
    }
    Ok(Got::Found(shown))
}

/// Whether something is given by its address alone, as the platform may give templates and schemas.
fn names_alone(shown: &Value, place: &str, field: &str) -> bool {
    let given = |name: &str| {
        let value = shown.pointer(place).and_then(|part| part.get(name));
        value.is_some_and(|value| !value.is_null())
    };
    !given(field) && given(&format!("{field}Uri"))
}

fn put(shown: &mut Value, place: &str, field: &str, value: Value) {
    if let Some(Value::Object(part)) = shown.pointer_mut(place) {
        part.insert(field.to_owned(), value);
    }
}
