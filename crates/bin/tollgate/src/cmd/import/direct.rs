//! On the store itself, without a service.

use super::{Found, check_type, one};
use crate::cmd::stored;
use anyhow::Context as _;
use serde_json::{Value, json};
use std::sync::Arc;
use tollgate_definitions::auth_id;
use tollgate_store::{
    Action, ActionBody, ActionQuery, Actor, Author, Draft, EntityId, Expected, Integration,
    IntegrationQuery, JsonText, LOGIN, NameFilter, NewAction, Pages, Store, StoreError,
};

pub(super) struct Direct {
    pub(super) store: Arc<Store>,
}

impl Direct {
    pub(super) async fn import(
        &self,
        integration: &str,
        file: &Value,
        draft: bool,
    ) -> anyhow::Result<String> {
        let integration = self.integration(integration).await?;
        check_type(file, &integration.type_id, &integration.name)?;
        let part = |name: &str| match file.get(name) {
            Some(value) => JsonText::parse(value.to_string()),
            None => Ok(JsonText::default()),
        };
        let body = ActionBody {
            name: file["name"].as_str().unwrap_or_default().to_owned(),
            category: integration.name.clone(),
            secure: file["secure"].as_bool().unwrap_or(false),
            config: part("config")?,
            contract: part("contract")?,
        };
        let by = Author {
            actor: Actor::cli(),
            at: stored::now(),
        };
        let login = file["actionType"] == "customAuth";
        let known = self.known(&integration, &body, login).await?;
        let id = match &known {
            Some(action) => action.id.clone(),
            None if login => login_id(&integration)?,
            None => EntityId::parse(format!("custom_-_{}", EntityId::random()))?,
        };
        let store = &self.store;
        let new = NewAction {
            id: id.clone(),
            integration_id: integration.id,
            body: body.clone(),
        };
        match (known, draft) {
            (None, false) => drop(store.create::<Action>(new, &by).await?),
            (None, true) => drop(store.create::<Draft>(new, &by).await?),
            (Some(action), false) => {
                let seen = Expected::Version(action.version);
                store.update::<Action>(&id, seen, body, &by).await?;
            }
            (Some(_), true) => {
                let made = store.draft_from_action(&id, &by).await?;
                let seen = Expected::Version(made.version);
                store.update::<Draft>(&id, seen, body, &by).await?;
            }
        }
        Ok(id.to_string())
    }

    /// The action that an import replaces.
    async fn known(
        &self,
        integration: &Integration,
        body: &ActionBody,
        login: bool,
    ) -> anyhow::Result<Option<Action>> {
        if login {
            let id = login_id(integration)?;
            return match self.store.get::<Action>(&id).await {
                Ok(action) => Ok(Some(action)),
                Err(StoreError::NotFound { .. }) => Ok(None),
                Err(error) => Err(error.into()),
            };
        }
        let named = ActionQuery {
            integration_id: Some(integration.id.clone()),
            name: Some(NameFilter::Is(body.name.clone())),
            ..ActionQuery::default()
        };
        let mut found = self.actions(named).await?;
        found.retain(|action| action.body.name == body.name && !is_login(action));
        one(found, &body.name, |action| action.id.to_string())
    }

    async fn integration(&self, wanted: &str) -> anyhow::Result<Integration> {
        let all = self.integrations().await?;
        let found = all
            .into_iter()
            .find(|it| it.name == wanted || it.id.as_str() == wanted);
        found.with_context(|| {
            format!("the store has no integration {wanted:?}; make it through the API")
        })
    }

    async fn integrations(&self) -> anyhow::Result<Vec<Integration>> {
        let mut pages = Pages::default();
        while let Some(page) = pages.next() {
            let query = IntegrationQuery {
                page,
                ..IntegrationQuery::default()
            };
            pages.add(self.store.list::<Integration>(&query).await)?;
        }
        Ok(pages.found())
    }

    /// All actions that the query finds, whatever page it asks for.
    async fn actions(&self, query: ActionQuery) -> anyhow::Result<Vec<Action>> {
        let mut pages = Pages::default();
        while let Some(page) = pages.next() {
            let query = ActionQuery {
                page,
                ..query.clone()
            };
            pages.add(self.store.list::<Action>(&query).await)?;
        }
        Ok(pages.found())
    }

    pub(super) async fn list(&self, integration: Option<&str>) -> anyhow::Result<Vec<Found>> {
        let integration_id = match integration {
            Some(name) => Some(self.integration(name).await?.id),
            None => None,
        };
        let integrations = self.integrations().await?;
        let of_it = ActionQuery {
            integration_id,
            ..ActionQuery::default()
        };
        let found = self.actions(of_it).await?.into_iter().map(|action| {
            let mut all = integrations.iter();
            let of = all.find(|it| it.id == action.integration_id);
            Found {
                id: action.id.to_string(),
                name: action.body.name.clone(),
                file: file(&action, of.map_or("", |it| &it.type_id)),
            }
        });
        Ok(found.collect())
    }
}

/// The id of the integration's own login.
fn login_id(integration: &Integration) -> anyhow::Result<EntityId> {
    Ok(EntityId::parse(auth_id(integration.id.as_str()))?)
}

/// Whether it is an integration's own login.
fn is_login(action: &Action) -> bool {
    action.id.as_str().starts_with(LOGIN)
}

/// In the field order of the vendor's exports.
fn file(action: &Action, kind: &str) -> Value {
    let login = is_login(action);
    json!({
        "name": action.body.name,
        "integrationType": kind,
        "actionType": if login { "customAuth" } else { "custom" },
        "config": action.body.config.value(),
        "contract": action.body.contract.value(),
        "secure": action.body.secure,
    })
}
