//! Operators' numbers as nodes tell them each other: a key that says of which limits, and a text that says what is set.

use super::{Number, Of, OperatorNumbers};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;
use tollgate_engine::Leave;

/// What a key says: of which limits a number is, whose definition allows so many. Nodes whose definitions allow different
/// numbers have different keys.
#[derive(Deserialize)]
struct Key {
    client: Option<String>,
    name: String,
    defined: u32,
    #[serde(default)]
    integration: Option<String>,
}

/// What is set, as one node tells the others.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Text {
    allowed: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    leave: Option<String>,
}

/// The key of a number.
pub(super) fn key(of: &Of, defined: u32) -> String {
    let (client, name) = (&of.client, &of.name);
    match &of.integration {
        None => json!([client, name, defined]),
        Some(integration) => json!([client, name, defined, integration]),
    }
    .to_string()
}

impl Number {
    fn key(&self) -> String {
        key(&self.of, self.defined)
    }

    fn text(&self) -> String {
        json!(Text {
            allowed: self.allowed,
            leave: self.leave.clone(),
        })
        .to_string()
    }
}

impl OperatorNumbers {
    /// Other nodes are to be told from now on what changes here. Gives what is set already.
    pub(crate) fn share(&mut self) -> Vec<(String, String)> {
        self.untold.get_or_insert_default();
        let all = self.all.iter();
        all.map(|number| (number.key(), number.text())).collect()
    }

    /// What has changed here since this was last asked; none where a number is none any more.
    pub(crate) fn untold(&mut self) -> Vec<(String, Option<String>)> {
        let untold = self.untold.as_mut().map(std::mem::take);
        let untold: BTreeSet<String> = untold.unwrap_or_default();
        untold
            .into_iter()
            .map(|key| {
                let number = self.all.iter().find(|number| number.key() == key);
                let text = number.map(Number::text);
                (key, text)
            })
            .collect()
    }

    pub(super) fn is_to_be_told(&mut self, of: &Of, defined: u32) {
        if let Some(untold) = &mut self.untold {
            untold.insert(key(of, defined));
        }
    }

    /// Takes over what was set at another node, also of limits that aren't here yet. Gives the limits that it is of, and
    /// what their definition allows; none if nothing has changed.
    ///
    /// # Errors
    /// Key or text are of another version, or of none.
    pub(crate) fn take_over(
        &mut self,
        key: &str,
        text: Option<&str>,
    ) -> Result<Option<(Of, u32)>, tollgate_json::Fault> {
        // What was set here since goes to the others, and comes after this.
        if self
            .untold
            .as_ref()
            .is_some_and(|untold| untold.contains(key))
        {
            return Ok(None);
        }
        let Key {
            client,
            name,
            defined,
            integration,
        } = tollgate_json::read_as(key)?;
        let of = Of {
            integration,
            client,
            name,
        };
        let text: Option<Text> = text.map(tollgate_json::read_as).transpose()?;
        let number = text.map(|text| Number {
            of: of.clone(),
            defined,
            allowed: text.allowed,
            leave: text.leave.filter(|leave| Leave::parse(leave).is_some()),
        });
        let place = self.all.iter().position(|it| it.is(&of, defined));
        if place.map(|place| &self.all[place]) == number.as_ref() {
            return Ok(None);
        }
        place.map(|place| self.all.swap_remove(place));
        self.all.extend(number);
        Ok(Some((of, defined)))
    }
}
