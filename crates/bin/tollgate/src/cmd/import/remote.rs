//! Through a running service's API.

use super::{Found, check_type, one};
use crate::cmd::remote::{ACTIONS, Remote};
use anyhow::Context as _;
use reqwest::Method;
use serde_json::{Value, json};
use tollgate_store::LOGIN;

impl Remote {
    /// The id and the type of the integration of that name or id.
    async fn integration(&self, wanted: &str) -> anyhow::Result<(String, String)> {
        let all = self.all("/api/v2/integrations", "").await?;
        let found = all
            .iter()
            .find(|it| it["name"] == wanted || it["id"] == wanted);
        let found = found.and_then(|it| {
            let kind = it["integrationType"]["id"].as_str()?;
            Some((it["id"].as_str()?.to_owned(), kind.to_owned()))
        });
        found.with_context(|| format!("the service has no integration {wanted:?}"))
    }

    pub(super) async fn import(
        &self,
        integration: &str,
        file: &Value,
        draft: bool,
    ) -> anyhow::Result<String> {
        let name = integration;
        let (integration, kind) = self.integration(name).await?;
        check_type(file, &kind, name)?;
        let mut new = file.clone();
        new["integrationId"] = json!(integration);
        let login = file["actionType"] == "customAuth";
        let all = self.all(ACTIONS, "&includeAuthActions=true").await?;
        let id = |it: &Value| it["id"].as_str().unwrap_or_default().to_owned();
        let known = all.iter().filter(|it| {
            let auth = id(it).starts_with(LOGIN);
            it["integrationId"] == *integration
                && login == auth
                && (login || it["name"] == file["name"])
        });
        let name = file["name"].as_str().unwrap_or_default();
        let known = one(known.collect(), name, |it: &&Value| id(it))?;
        let Some(known) = known.map(id) else {
            let path = if draft {
                format!("{ACTIONS}/drafts")
            } else {
                ACTIONS.to_owned()
            };
            let made = self.call(Method::POST, &path, Some(&new)).await?;
            return Ok(id(&made));
        };
        let path = format!("{ACTIONS}/{known}/draft");
        let made = self.call(Method::POST, &path, None).await?;
        new["version"] = made["version"].clone();
        let changed = self.call(Method::PATCH, &path, Some(&new)).await?;
        if !draft {
            let seen = json!({"version": changed["version"]});
            self.call(Method::POST, &format!("{path}/publish"), Some(&seen))
                .await?;
        }
        Ok(known)
    }

    pub(super) async fn list(&self, integration: Option<&str>) -> anyhow::Result<Vec<Found>> {
        let wanted = match integration {
            Some(name) => Some(self.integration(name).await?.0),
            None => None,
        };
        let mut found = Vec::new();
        for action in self.all(ACTIONS, "&includeAuthActions=true").await? {
            if wanted
                .as_ref()
                .is_some_and(|id| action["integrationId"] != **id)
            {
                continue;
            }
            let id = action["id"].as_str().unwrap_or_default().to_owned();
            let path = format!("/api/v2/tollgate/actions/{id}/export");
            found.push(Found {
                name: action["name"].as_str().unwrap_or_default().to_owned(),
                file: self.call(Method::GET, &path, None).await?,
                id,
            });
        }
        Ok(found)
    }
}
