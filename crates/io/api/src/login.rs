//! The custom authentication of integrations whose credential is for one.

use crate::changes::by;
use crate::error::ApiError;
use crate::wire::id as parse_id;
use serde_json::json;
use tollgate_callers::Principal;
use tollgate_definitions::{Live, auth_id, grant};
use tollgate_store::{Action, ActionBody, Integration, JsonText, NewAction, StoreError};

/// As on the platform, an integration with credentials for a login of its own has an action for it, to be
/// changed like any other. If there is one already it stays as it is.
pub(crate) async fn make_login(
    live: &Live,
    caller: &Principal,
    of: &Integration,
) -> Result<(), ApiError> {
    let config = grant(false, false);
    let any = json!({"type": "object", "properties": {}, "additionalProperties": true});
    let contract = json!({"input": {"inputSchema": any}, "output": {"successSchema": any}});
    let new = NewAction {
        id: parse_id(&auth_id(of.id.as_str()))?,
        integration_id: of.id.clone(),
        body: ActionBody {
            name: "Custom Auth".to_owned(),
            category: of.name.clone(),
            secure: true,
            config: JsonText::parse(config.to_string())?,
            contract: JsonText::parse(contract.to_string())?,
        },
    };
    match live.store()?.create::<Action>(new, &by(caller)).await {
        Ok(_) | Err(StoreError::Conflict { what: "id", .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
