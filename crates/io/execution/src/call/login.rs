//! What a call's templates may read, and the login that some of it comes from.
//!
//! A login is a call of its own within the one that needs it, with the terms of that one.

use super::Call;
use crate::answer::UpstreamAnswer;
use crate::cause::Cause;
use crate::error::ExecuteError;
use crate::explain::explain;
use crate::input::Input;
use crate::sessions::{Session, bearer};
use serde_json::Value;
use std::sync::Arc;
use tollgate_action::{Action, Callee, Credentials};
use tollgate_definitions::Login;
use tollgate_driver::{Failure, Redactor, Secret};
use tollgate_meter::Meter;

/// What a call's templates may read, and what goes with it.
#[derive(Clone)]
pub(crate) struct CallSecrets {
    /// What the templates may read.
    pub(crate) credentials: Credentials,
    /// Number of the login whose answer is among it.
    pub(crate) login: Option<u64>,
    /// `Authorization` of a call that has none of its own.
    pub(crate) authorization: Option<Secret>,
    /// Strikes all of it.
    pub(crate) redactor: Redactor,
}

impl Call {
    /// What the templates may read. Logs in first where the integration has a login and it isn't
    /// remembered, or it is the one that was refused.
    pub(crate) async fn secrets(&self, refused: Option<u64>) -> Result<CallSecrets, ExecuteError> {
        let wiring = self.wiring()?;
        let mut secrets = CallSecrets {
            credentials: wiring.credentials.clone(),
            login: None,
            authorization: wiring.basic.clone(),
            redactor: wiring.redactor.clone(),
        };
        let Some(login) = &wiring.login else {
            return Ok(secrets);
        };
        let got = self.session(login, refused, &secrets).await;
        let session = got.map_err(|error| error.of_login(login.name()))?;
        let value = session.value.as_ref().clone();
        secrets.credentials = secrets.credentials.with_auth_response(value);
        secrets.login = Some(session.number);
        if self.target.kind.calls() == Some(Callee::BelowBaseUrl) {
            secrets.authorization = session.bearer.clone().or(secrets.authorization);
        }
        secrets.redactor = secrets.redactor.and(&session.redactor);
        Ok(secrets)
    }

    /// What the login has given, or gives now.
    async fn session(
        &self,
        login: &Arc<Login>,
        refused: Option<u64>,
        secrets: &CallSecrets,
    ) -> Result<Session, ExecuteError> {
        let within = self.action()?.timeout();
        let of = (&login.action, &self.target);
        let secrets = CallSecrets {
            credentials: login.credentials.clone(),
            ..secrets.clone()
        };
        let made = login.made;
        let log_in = async {
            let call = Self::within(&self.tools, of, self.terms.clone(), within);
            call.log_in(&secrets, made).await
        };
        let last = self.tools.sessions.of(login);
        // Box: a login is a call inside of one.
        let got = tokio::time::timeout(within, Box::pin(last.get(refused, log_in))).await;
        got.unwrap_or_else(|_| Err(explain(Failure::TimedOut, false, within, None)))
    }

    /// Asks the login's endpoint; inside, what it said instead of granting something. `made`: the answer has
    /// to have a token.
    async fn log_in(
        &self,
        secrets: &CallSecrets,
        made: bool,
    ) -> Result<Result<Value, ExecuteError>, ExecuteError> {
        let input = Input::none();
        let request = self.render(&input, secrets).await?;
        let answer = self.send(&request, secrets).await;
        let answer = match answer.and_then(UpstreamAnswer::accepted) {
            Ok(answer) => answer,
            Err(error) if error.cause.was_asked() => return Ok(Err(error)),
            Err(error) => return Err(error),
        };
        let map = move |action: &Action, meter: &Meter| {
            answer.login(action, input.read(meter)?.as_ref(), meter)
        };
        Ok(self.work(map).await.and_then(|value| {
            if made && bearer(&value).is_none() {
                let message = "The token endpoint's answer has no text access_token.";
                return Err(ExecuteError::new(Cause::Mapping, message));
            }
            Ok(value)
        }))
    }
}
