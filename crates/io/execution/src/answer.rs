//! What an upstream answered: a body that nobody sees as it came.
//!
//! Upstreams repeat what they were sent, so a body leaves only through the redactor of its execution,
//! which knows the integration's credentials, the login's answer and the token that went with the call.
//! Of a secure action nothing leaves but its output: neither a refusal's body nor what an error quotes.
//!
//! **Outputs** are what an action's author wants its callers to have, and yet a secret in them is nobody's
//! wish: where the upstream repeated a private one of 8 bytes or more, it is struck from the output too.
//! Other outputs are not touched: the body is searched first, and templates see nothing else of the
//! upstream's. An author who takes a secret apart on purpose is not held off by this.
//!
//! **What nobody can read, nobody sees**: a body that can't be unpacked, or is in no known charset, could hold a
//! secret in a spelling that the redactor doesn't know.

use crate::cause::Cause;
use crate::charset::{self, Text};
use crate::error::ExecuteError;
use crate::trace;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::time::Duration;
use tollgate_action::{Action, RawInput, TranslateError, Watch};
use tollgate_driver::{Answer, Redactor};
use tollgate_meter::Meter;

/// Characters of an upstream's error body that its caller is shown.
const SHOWN_OF_BODY: usize = 1000;

/// An upstream's answer.
pub(crate) struct UpstreamAnswer {
    pub(crate) status: u16,
    pub(crate) attempts: u32,
    pub(crate) waited: Duration,
    pub(crate) took: Duration,
    body: Text,
    /// The length of the body, unpacked.
    body_bytes: usize,
    headers: HeaderMap,
    redactor: Redactor,
    secure: bool,
}

impl UpstreamAnswer {
    /// `redactor` strikes what the call was made with; the token is in the answer.
    pub(crate) async fn read(answer: Answer, redactor: &Redactor, secure: bool) -> Self {
        let content_type = answer.headers.get(CONTENT_TYPE);
        let content_type = content_type.map(|value| value.as_bytes());
        let body_bytes = answer.body.as_ref().map_or(0, |body| body.len());
        let body = match answer.body {
            Ok(body) => charset::read(body, content_type).await,
            Err(error) => Text::Unreadable {
                why: error.to_string(),
            },
        };
        Self {
            status: answer.status,
            attempts: answer.attempts,
            waited: answer.waited,
            took: answer.took,
            body,
            body_bytes,
            headers: answer.headers,
            redactor: answer.redactor.and(redactor),
            secure,
        }
    }

    /// The answer, if it is 2xx.
    pub(crate) fn accepted(self) -> Result<Self, ExecuteError> {
        self.refusal().map_or(Ok(self), Err)
    }

    /// Why it is none that is mapped.
    pub(crate) fn refusal(&self) -> Option<ExecuteError> {
        if (200..300).contains(&self.status) {
            return None;
        }
        let status = self.status;
        let message = format!("The upstream answered {status}.");
        let shown = || self.redactor.shown(&self.shown(), SHOWN_OF_BODY);
        let error = ExecuteError::new(Cause::of_upstream(status), message);
        Some(error.with(|it| {
            it.upstream_status = Some(status);
            it.upstream_body = (!self.secure).then(shown);
        }))
    }

    /// The answer as a test shows it.
    pub(crate) fn show(&self) -> Value {
        let mut shown = json!({
            "status": self.status,
            "attempts": self.attempts,
            "waitedMillis": self.waited.as_millis() as u64,
        });
        if self.secure {
            shown["bodyBytes"] = self.body_bytes.into();
        } else {
            shown["headers"] = trace::headers(&self.headers, &self.redactor);
            shown["body"] = trace::text(&self.shown(), &self.redactor).into();
        }
        shown
    }

    /// What strikes all secrets that were in play.
    pub(crate) fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// The body without any secret, if there is one in it.
    pub(crate) fn struck_body(&self) -> Option<String> {
        match self.redactor.strike(self.text().ok()?) {
            Cow::Borrowed(_) => None,
            Cow::Owned(struck) => Some(struck),
        }
    }

    /// The action's output.
    pub(crate) fn map(
        &self,
        action: &Action,
        input: &RawInput,
        meter: &Meter,
        watch: &mut dyn Watch,
    ) -> Result<Value, ExecuteError> {
        let body = self.text()?;
        let output = translate(action, input, body, meter, watch, self.secure);
        let output = output.map_err(|error| error.struck(&self.redactor))?;
        if self.redactor.finds(body) {
            return Ok(struck(&self.redactor, output));
        }
        Ok(output)
    }

    /// What a login answered, as the integration's other templates read it. Of an answer that can't be
    /// mapped nothing is quoted: it may hold a token that nothing here knows yet.
    pub(crate) fn login(
        &self,
        action: &Action,
        input: &RawInput,
        meter: &Meter,
    ) -> Result<Value, ExecuteError> {
        translate(action, input, self.text()?, meter, &mut (), true)
    }

    fn text(&self) -> Result<&str, ExecuteError> {
        match &self.body {
            Text::Whole(text) => Ok(text),
            Text::Broken { why, .. } | Text::Unreadable { why } => {
                let message = format!("The upstream's answer can't be read: {why}.");
                Err(ExecuteError::new(Cause::Body, message).struck(&self.redactor))
            }
        }
    }

    /// The body for people to read.
    fn shown(&self) -> Cow<'_, str> {
        match &self.body {
            Text::Whole(text) | Text::Broken { shown: text, .. } => text.into(),
            Text::Unreadable { why } => format!("(not shown: {why})").into(),
        }
    }
}

/// Maps the body; says nothing of what it holds if that is `withheld`.
pub(crate) fn translate(
    action: &Action,
    input: &RawInput,
    body: &str,
    meter: &Meter,
    watch: &mut dyn Watch,
    withheld: bool,
) -> Result<Value, ExecuteError> {
    action
        .translate_watched(input, body, meter, watch)
        .map_err(|error| {
            let (told, errors) = match &error {
                TranslateError::Body { .. } if withheld => ("response body".to_owned(), Vec::new()),
                TranslateError::Mapping { field, .. } if withheld => (field.clone(), Vec::new()),
                TranslateError::Contract(error) if withheld => (error.field.to_owned(), Vec::new()),
                TranslateError::Contract(broken) => {
                    let errors = broken.violations.iter().map(ToString::to_string);
                    (error.to_string(), errors.collect())
                }
                TranslateError::Body { .. } | TranslateError::Mapping { .. } => {
                    (error.to_string(), Vec::new())
                }
            };
            let why = if withheld {
                "; why is withheld, since the action is secure"
            } else {
                ""
            };
            let message = format!("The upstream's answer can't be mapped: {told}{why}");
            let cause = match error {
                TranslateError::Body { .. } => Cause::Body,
                TranslateError::Mapping { .. } | TranslateError::Contract(_) => Cause::Mapping,
            };
            ExecuteError::new(cause, message).with(|it| it.violations = errors)
        })
}

/// The value with every text, name and number struck.
fn struck(redactor: &Redactor, value: Value) -> Value {
    let strike = |text: &str| redactor.strike_output(text).into_owned();
    match value {
        Value::String(text) => strike(&text).into(),
        Value::Number(number) if redactor.finds(&number.to_string()) => {
            strike(&number.to_string()).into()
        }
        Value::Array(items) => {
            let items = items.into_iter().map(|item| struck(redactor, item));
            items.collect()
        }
        Value::Object(fields) => {
            let fields = fields.into_iter();
            let fields = fields.map(|(name, value)| (strike(&name), struck(redactor, value)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        other => other,
    }
}
