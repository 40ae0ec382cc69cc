//! One action: parsed and compiled once, executed often.

use crate::error::{ActionError, ContractError, RenderError, TranslateError};
use crate::value::{Credentials, IntegrationType, Method, RawInput, Request, Warning};
use serde_json::Value;
use std::time::Duration;

/// A data action, ready to render requests and map responses. `Send + Sync`; holds no secret.
pub struct Action {
    definition: Value,
    name: String,
    integration_type: IntegrationType,
    secure: bool,
    timeout: Duration,
    method: Method,
}

impl Action {
    /// Parses and compiles an export file.
    ///
    /// # Errors
    /// The first field that can't be used, with what was expected.
    pub fn from_json(_text: &str) -> Result<Action, ActionError> {
        unimplemented!("the seam first")
    }

    /// The action's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The kind of integration it belongs to.
    pub fn integration_type(&self) -> &IntegrationType {
        &self.integration_type
    }

    /// Whether its inputs and outputs must be hidden from logs.
    pub fn secure(&self) -> bool {
        self.secure
    }

    /// How long one execution may take: 1–60 s, 60 unless `config.timeoutSeconds` says otherwise.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The method of its request.
    pub fn method(&self) -> Method {
        self.method
    }

    /// The file as it was: exporting it yields an equal document.
    pub fn definition(&self) -> &Value {
        &self.definition
    }

    /// What works but will surprise.
    pub fn warnings(&self) -> Vec<Warning> {
        unimplemented!("the seam first")
    }

    /// Checks inputs against `contract.input.inputSchema`.
    ///
    /// # Errors
    /// Every violation, with its JSON pointer.
    pub fn check_input(&self, _input: &Value) -> Result<(), ContractError> {
        unimplemented!("the seam first")
    }

    /// Renders the request. Does not check the inputs: call [`Action::check_input`] first.
    ///
    /// # Errors
    /// A template that fails, or a URL, header or body that can't be sent.
    pub fn render(
        &self,
        _input: &RawInput,
        _credentials: &Credentials,
    ) -> Result<Request, RenderError> {
        unimplemented!("the seam first")
    }

    /// Maps the upstream's body to the output, and checks it against the output contract.
    ///
    /// # Errors
    /// A body that can't be read, a template that fails, or a broken contract.
    pub fn translate(
        &self,
        _input: &RawInput,
        _response_body: &str,
    ) -> Result<Value, TranslateError> {
        unimplemented!("the seam first")
    }

    /// The output in Architect's flattened form.
    pub fn flatten(&self, _output: &Value) -> Value {
        unimplemented!("the seam first")
    }
}
