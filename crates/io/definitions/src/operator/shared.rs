//! Operators' numbers as nodes tell them each other: a key that says of which limits, and a text that says what is set.

use super::{Number, OperatorNumbers};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;
use tollgate_engine::Leave;

/// Of which limits a number is: those of that name, of that client's tokens or shared, whose definition allows so many.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub(crate) struct Of {
    pub(crate) client: Option<String>,
    pub(crate) name: String,
    pub(crate) defined: u32,
}

/// What is set, as one node tells the others.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Text {
    allowed: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    leave: Option<String>,
}

/// The key of a number. Nodes whose definitions allow different numbers have different keys.
pub(super) fn key(client: Option<&str>, name: &str, defined: u32) -> String {
    json!([client, name, defined]).to_string()
}

impl Number {
    pub(super) fn key(&self) -> String {
        key(self.client.as_deref(), &self.name, self.defined)
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

    pub(super) fn is_to_be_told(&mut self, key: String) {
        if let Some(untold) = &mut self.untold {
            untold.insert(key);
        }
    }

    /// Takes over what was set at another node. Gives the limits that it is of; none if nothing has changed.
    ///
    /// # Errors
    /// Key or text are of another version, or of none.
    pub(crate) fn take_over(
        &mut self,
        key: &str,
        text: Option<&str>,
    ) -> Result<Option<Of>, tollgate_json::Fault> {
        // What was set here since goes to the others, and comes after this.
        if self
            .untold
            .as_ref()
            .is_some_and(|untold| untold.contains(key))
        {
            return Ok(None);
        }
        let of: Of = tollgate_json::read_as(key)?;
        let text: Option<Text> = text.map(tollgate_json::read_as).transpose()?;
        let number = text.map(|text| Number {
            client: of.client.clone(),
            name: of.name.clone(),
            defined: of.defined,
            allowed: text.allowed,
            leave: text.leave.filter(|leave| Leave::parse(leave).is_some()),
        });
        let place = self.all.iter().position(|number| number.key() == key);
        if place.map(|place| &self.all[place]) == number.as_ref() {
            return Ok(None);
        }
        place.map(|place| self.all.swap_remove(place));
        self.all.extend(number);
        Ok(Some(of))
    }
}
