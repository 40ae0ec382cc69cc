//! Access tokens: fetched, held, missed.

use super::message::{Message, Report};
use super::{HeldToken, Pump};
use crate::ClientCredentials;
use crate::TokenTrouble;
use crate::task::Task;
use crate::token::{self, Bearer, Grant, NoGrant, TokenForm};
use std::sync::Arc;
use std::time::Duration;
use tollgate_engine::{Event, FetchFailure};
use tollgate_model::{ClientId, TokenId};

impl Pump {
    pub(super) fn fetch(&mut self, client: ClientId, token: TokenId) {
        let credentials = Arc::clone(&self.clients[client.index()]);
        let died = Message::Token(token, Err(NoGrant::because("the fetch's task died")));
        let mut report = Report {
            inbox: self.inbox.clone(),
            last: Some(died),
        };
        let http = self.client_outlets.get(&client).unwrap_or(&self.http);
        let (http, within) = (http.clone(), self.bounds.token_timeout);
        let work = async move {
            report.set(Message::Token(
                token,
                token::fetch(&http, &credentials, &TokenForm::default(), within).await,
            ));
        };
        self.fetches.insert(token, (client, Task::spawn(work)));
    }

    pub(super) fn fetched(
        &mut self,
        client: ClientId,
        token: TokenId,
        result: Result<Grant, NoGrant>,
    ) {
        match result {
            Ok(Grant { bearer, expires_in }) => match self.known(&bearer) {
                Some(known) => self.repeated(client, token, known, expires_in),
                None => {
                    tracing::debug!(token = token.0, ?expires_in, "token granted");
                    self.tokens.insert(token, HeldToken { client, bearer });
                    self.tell(Event::TokenGranted { token, expires_in });
                    self.forget_trouble(client);
                }
            },
            Err(NoGrant {
                reason,
                retry_after,
                failure,
                ..
            }) => {
                let kind = match failure {
                    FetchFailure::Credentials => "credentials",
                    FetchFailure::Late => "late",
                    FetchFailure::Repeated => "repeated",
                    FetchFailure::Other => "other",
                };
                self.tell(Event::TokenFailed {
                    token,
                    retry_after,
                    failure,
                });
                self.miss(client, kind, reason);
            }
        }
    }

    /// The token that the endpoint gave before, if it is that. Its quota is not there twice.
    fn known(&self, bearer: &Bearer) -> Option<TokenId> {
        let mut tokens = self.tokens.iter();
        let known = tokens.find(|(_, held)| held.bearer.header == bearer.header);
        known.map(|(token, _)| *token)
    }

    fn repeated(&mut self, client: ClientId, token: TokenId, known: TokenId, expires_in: Duration) {
        self.tell(Event::TokenRepeated {
            token,
            known,
            expires_in,
        });
        let owner = self.tokens.get(&known).map(|held| held.client);
        if owner == Some(client) {
            tracing::debug!(token = known.0, ?expires_in, "the same token again");
        } else {
            let reason = "its token is in use for another client";
            self.miss(client, "shared", reason.to_owned());
        }
    }

    fn forget_trouble(&mut self, client: ClientId) {
        if let Some(supply) = self.engine.token_supply(client)
            && self.troubles.forget(client, &supply.routes)
        {
            tracing::info!(client = supply.name, "tokens are granted again");
        }
    }

    /// Notes what is in the way of the client's tokens; `kind`: the log is warned once of each, since reasons may differ in
    /// what the endpoint writes into them.
    fn miss(&mut self, client: ClientId, kind: &'static str, reason: String) {
        let Some(supply) = self.engine.token_supply(client) else {
            return;
        };
        let endpoint = endpoint(&self.clients[client.index()]);
        if self.warned.tokens.begins((client, kind), self.clock.now()) {
            tracing::warn!(
                client = supply.name,
                endpoint,
                reason,
                "no token: look at the client's id, secret and token_url, and at the endpoint"
            );
        } else {
            tracing::debug!(client = supply.name, endpoint, reason, "still no token");
        }
        if supply.has_none || supply.dry {
            let trouble = TokenTrouble {
                client: supply.name,
                endpoint,
                reason,
                since: self.clock.now(),
            };
            let routes = (supply.routes, supply.dry);
            self.troubles.note(client, routes, trouble);
        }
    }

    /// Looks at an answer's status for what an operator has to know.
    pub(super) fn look_at(&mut self, status: u16, client: Option<ClientId>) {
        if let (401, Some(client)) = (status, client) {
            let supply = self.engine.token_supply(client);
            if supply.is_some_and(|supply| supply.dry) {
                let reason = "the upstream answers 401 to tokens that were just granted";
                self.miss(client, "unauthorised", reason.to_owned());
            }
        }
    }
}

/// Host and port of the token endpoint. The rest of its URL is nobody's business.
fn endpoint(credentials: &ClientCredentials) -> String {
    let url = &credentials.token_url;
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}
