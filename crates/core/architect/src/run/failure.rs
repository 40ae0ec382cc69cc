//! What a workflow sees of a data action that failed.
//!
//! The outputs have the names that Architect gives them, as public workflows bind them: `errorCode`, `status`,
//! `correlationId`, `userMessage`, `userParams.key`, `userParams.value`, `details.errorCode`. They are the
//! fields of the platform's error in the flattened form, where a list of objects is a list of each property.
//! `errorMessage` and `errorType` are there too, under which other steps' failure outputs give the same.

use super::Answer;
use serde_json::{Map, Value as Json, json};

/// Why a data action, or the lookup of a row, gave no output.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Failure {
    /// A word for programs: the error's code, such as `bad.request`.
    pub code: String,
    /// What happened, for people.
    pub message: String,
    /// The error's HTTP status; 0 where there was none.
    pub status: u16,
    /// The error's `contextId`; empty where it has none.
    pub correlation: String,
    /// The `errorCode` of each of the error's details, such as `ACTION.PROCESSING`.
    pub details: Box<[String]>,
    /// The error's `messageParams`.
    pub params: Box<[(String, String)]>,
    /// Whether the time for the call was over.
    pub timed_out: bool,
}

impl Failure {
    /// A failure of which only this is known.
    #[must_use]
    pub fn new(code: &str, message: impl Into<String>) -> Failure {
        Failure {
            code: code.to_owned(),
            message: message.into(),
            ..Failure::default()
        }
    }

    /// The platform's error, from the body of an answer with this status.
    #[must_use]
    pub fn from_error(status: u16, error: &Json) -> Failure {
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        let details = error["details"].as_array().into_iter().flatten();
        let details = details.filter_map(|detail| detail["errorCode"].as_str());
        let params = error["messageParams"].as_object().into_iter().flatten();
        let params =
            params.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
        Failure {
            code: text("code"),
            message: text("message"),
            status,
            correlation: text("contextId"),
            details: details.map(str::to_owned).collect(),
            params: params.collect(),
            timed_out: status == 504,
        }
    }

    /// The answer to a data action's step: by its timeout if the time was over, else by its failure.
    #[must_use]
    pub fn of_action(self) -> Answer {
        if self.timed_out {
            return Answer::path("timeout");
        }
        self.answer()
    }

    /// The answer by the path `failure`.
    #[must_use]
    pub fn answer(self) -> Answer {
        Answer::with("failure", self.outputs())
    }

    /// The failure as outputs of a step.
    pub(super) fn outputs(&self) -> Map<String, Json> {
        let mut outputs = Map::new();
        let mut put = |name: &str, value: Json| outputs.insert(name.to_owned(), value);
        put("errorCode", json!(self.code));
        put("errorMessage", json!(self.message));
        put("userMessage", json!(self.message));
        put("errorType", json!("tollgate"));
        if self.status > 0 {
            put("status", json!(self.status));
        }
        if !self.correlation.is_empty() {
            put("correlationId", json!(self.correlation));
        }
        if !self.details.is_empty() {
            put("details.errorCode", json!(self.details));
        }
        if !self.params.is_empty() {
            let (keys, values): (Vec<_>, Vec<_>) = self.params.iter().cloned().unzip();
            put("userParams.key", json!(keys));
            put("userParams.value", json!(values));
        }
        outputs
    }
}
