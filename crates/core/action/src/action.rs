//! One action: parsed and compiled once, executed often.

use crate::contract::Contract;
use crate::error::{ActionError, ContractError, RenderError, TranslateError};
use crate::faults::{FaultList, Faults};
use crate::file::File;
use crate::flatten::{self, FlattenError};
use crate::render::RequestTemplates;
use crate::translate::Mapping;
use crate::types::{self, IntegrationType};
use crate::value::{Credentials, Method, RawInput, Request, Warning};
use crate::watch::Watch;
use crate::{example, url, warn};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tollgate_meter::Meter;

/// The longest an execution may take, in seconds; and how long it may take if the file doesn't say.
const MAX_SECONDS: u64 = 60;

/// A data action, ready to render requests and map responses. `Send + Sync`; holds no secret.
pub struct Action {
    /// The file's text, for the places of warnings.
    text: String,
    definition: Value,
    name: String,
    integration_type: IntegrationType,
    secure: bool,
    timeout: Duration,
    request: RequestTemplates,
    mapping: Mapping,
    input: Contract,
    output: Contract,
}

impl Action {
    /// Parses and compiles an export file.
    ///
    /// # Errors
    /// The first field that can't be used, with its place in the file and what was expected.
    pub fn from_json(text: &str) -> Result<Action, ActionError> {
        Action::read(text).map_err(|faults| faults.first)
    }

    /// Parses and compiles an export file, and tells every fault that doesn't follow from another one.
    ///
    /// # Errors
    /// All fields that can't be used, at most 32; a file that isn't JSON has that fault alone.
    pub fn read(text: &str) -> Result<Action, Faults> {
        let file = File::parse(text)?;
        let mut found = FaultList::default();
        let name = found.keep(file.required(&["name"], "an action needs a name"));
        let name = name.map(str::to_owned);
        let integration_type = found.keep(types::read(&file));
        let secure = found.keep(secure(&file));
        let timeout = found.keep(timeout(&file));
        let request = RequestTemplates::read(&file, &mut found);
        let mapping = Mapping::read(&file, &mut found);
        let input = found.keep(Contract::input(&file));
        let output = found.keep(Contract::output(&file));
        if let Some(faults) = found.into_faults() {
            return Err(faults);
        }
        let (Some(name), Some(integration_type), Some(secure), Some(timeout)) =
            (name, integration_type, secure, timeout)
        else {
            return Err(file.error(&[], "can't be used").into());
        };
        let (Some(request), Some(mapping), Some(input), Some(output)) =
            (request, mapping, input, output)
        else {
            return Err(file.error(&[], "can't be used").into());
        };
        Ok(Action {
            name,
            integration_type,
            secure,
            timeout,
            request,
            mapping,
            input,
            output,
            text: text.strip_prefix('\u{feff}').unwrap_or(text).to_owned(),
            definition: file.into_root(),
        })
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

    /// The path of its URL template, with the placeholders as they are written: the same for all
    /// executions.
    pub fn path_template(&self) -> Arc<str> {
        self.request.path_template()
    }

    /// The method of its request.
    pub fn method(&self) -> Method {
        self.request.method()
    }

    /// The file as it was: exporting it yields an equal document.
    pub fn definition(&self) -> &Value {
        &self.definition
    }

    /// The schema of its inputs; of one that the file gives in the flattened form, what it names in the nested
    /// form.
    pub fn input_schema(&self) -> &Value {
        self.input.schema()
    }

    /// The schema of its output, likewise.
    pub fn output_schema(&self) -> &Value {
        self.output.schema()
    }

    /// What works but will surprise, in the order of the file.
    pub fn warnings(&self) -> Vec<Warning> {
        let parts = warn::Parts {
            text: &self.text,
            definition: &self.definition,
            method: self.method(),
            integration_type: &self.integration_type,
            mapping: &self.mapping,
            input_schema: self.input.schema(),
            output_schema: self.output.schema(),
            shapes: [
                ("contract.input.inputSchema", self.input.shape()),
                ("contract.output.successSchema", self.output.shape()),
            ],
            output: &self.output,
            inputs: warn::Inputs::of(self.input.schema()),
            meter: Meter::default(),
        };
        warn::warnings(&parts)
    }

    /// Why every call fails, whatever the inputs are: no URL that its template renders can be one of its
    /// integration type. As `field: what is wrong`; nothing where that can't be known.
    pub fn certain_failure(&self) -> Option<String> {
        let field = "config.request.requestUrlTemplate";
        let template = self
            .definition
            .pointer("/config/request/requestUrlTemplate")?;
        let why = url::never(&self.integration_type, template.as_str()?)?;
        Some(format!("{field}: {why}"))
    }

    /// Checks inputs against `contract.input.inputSchema`.
    ///
    /// # Errors
    /// Every violation, with its JSON pointer; at most 32. No message quotes a value.
    pub fn check_input(&self, input: &Value) -> Result<(), ContractError> {
        self.check_input_within(input, &Meter::default())
    }

    /// Checks inputs as a part of an execution that this meter counts.
    ///
    /// # Errors
    /// As [`Action::check_input`]; where the meter stopped it, that is the one violation.
    pub fn check_input_within(&self, input: &Value, meter: &Meter) -> Result<(), ContractError> {
        self.input.check(input, meter)
    }

    /// Renders the request. Does not check the inputs: call [`Action::check_input`] first.
    ///
    /// A request with a body and no `Content-Type` of its own gets `application/json`.
    ///
    /// # Errors
    /// A template that fails, or a URL, header or body that can't be sent.
    pub fn render(
        &self,
        input: &RawInput,
        credentials: &Credentials,
    ) -> Result<Request, RenderError> {
        self.render_within(input, credentials, &Meter::default())
    }

    /// Renders the request as a part of an execution that this meter counts: the URL, all headers and the body.
    ///
    /// # Errors
    /// As [`Action::render`]; or the meter stopped it.
    pub fn render_within(
        &self,
        input: &RawInput,
        credentials: &Credentials,
        meter: &Meter,
    ) -> Result<Request, RenderError> {
        self.render_watched(input, credentials, meter, &mut ())
    }

    /// Renders the request within a meter, and tells `watch` what each part of it prints.
    ///
    /// # Errors
    /// As [`Action::render_within`].
    pub fn render_watched(
        &self,
        input: &RawInput,
        credentials: &Credentials,
        meter: &Meter,
        watch: &mut dyn Watch,
    ) -> Result<Request, RenderError> {
        self.request
            .render(&self.integration_type, input, credentials, meter, watch)
    }

    /// Maps the upstream's body to the output, and checks it against the output contract.
    ///
    /// # Errors
    /// A body that can't be read, a template that fails, or a broken contract.
    pub fn translate(
        &self,
        input: &RawInput,
        response_body: &str,
    ) -> Result<Value, TranslateError> {
        self.translate_watched(input, response_body, &Meter::default(), &mut ())
    }

    /// Maps the body as a part of an execution that this meter counts: all paths, the success template and the
    /// output contract. Tells `watch` what each of them makes.
    ///
    /// # Errors
    /// As [`Action::translate`]; or the meter stopped it.
    pub fn translate_watched(
        &self,
        input: &RawInput,
        response_body: &str,
        meter: &Meter,
        watch: &mut dyn Watch,
    ) -> Result<Value, TranslateError> {
        let output = self.mapping.apply(input, response_body, meter, watch)?;
        watch.output(&output);
        self.output.check(&output, meter)?;
        Ok(output)
    }

    /// The output in Architect's flattened form.
    ///
    /// # Errors
    /// Two of its properties have the same name in that form; or it would take more than one execution may.
    pub fn flatten(&self, output: &Value) -> Result<Value, FlattenError> {
        self.flatten_within(output, &Meter::default())
    }

    /// Flattens the output as a part of an execution that this meter counts.
    ///
    /// # Errors
    /// As [`Action::flatten`]; or the meter stopped it.
    pub fn flatten_within(&self, output: &Value, meter: &Meter) -> Result<Value, FlattenError> {
        flatten::flatten(output, self.output.shape(), meter)
    }

    /// The flattened form of an object whose one property is the output, as a part of an execution that this meter
    /// counts: each of its names begins with the property's.
    ///
    /// # Errors
    /// As [`Action::flatten_within`].
    pub fn flatten_below(
        &self,
        property: &str,
        output: &Value,
        meter: &Meter,
    ) -> Result<Value, FlattenError> {
        flatten::flatten_below(property, output, self.output.shape(), meter)
    }

    /// The inputs that are given in Architect's flattened form, by the input contract. Inputs that are the
    /// same in both forms keep their text.
    ///
    /// # Errors
    /// An input whose name or value has no place; or it would take more than one execution may.
    pub fn unflatten(&self, input: RawInput) -> Result<RawInput, FlattenError> {
        self.unflatten_within(input, &Meter::default())
    }

    /// Reads flattened inputs as a part of an execution that this meter counts.
    ///
    /// # Errors
    /// As [`Action::unflatten`]; or the meter stopped it.
    pub fn unflatten_within(
        &self,
        input: RawInput,
        meter: &Meter,
    ) -> Result<RawInput, FlattenError> {
        meter.hold_copy(input.value())?;
        let whole = flatten::unflatten(input.value().clone(), self.input.shape(), meter)?;
        if whole == *input.value() {
            return Ok(input);
        }
        let written = meter.hold_copy(&whole)?;
        let input = RawInput::from_value(whole);
        meter.release(written - input.text().len().min(written));
        Ok(input)
    }

    /// An input made from the input contract: every property it names, each the simplest value of its kind.
    pub fn example_input(&self) -> Value {
        example::of(self.input.schema())
    }

    /// An output made from the output contract, likewise.
    pub fn example_output(&self) -> Value {
        example::of(self.output.schema())
    }
}

fn secure(file: &File<'_>) -> Result<bool, ActionError> {
    match file.get(&["secure"]) {
        None => Ok(false),
        Some(Value::Bool(secure)) => Ok(*secure),
        Some(other) => Err(file.error(
            &["secure"],
            format!("expected true or false, found {other}"),
        )),
    }
}

fn timeout(file: &File<'_>) -> Result<Duration, ActionError> {
    let path = ["config", "timeoutSeconds"];
    let Some(value) = file.get(&path) else {
        return Ok(Duration::from_secs(MAX_SECONDS));
    };
    match value.as_u64() {
        Some(seconds @ 1..=MAX_SECONDS) => Ok(Duration::from_secs(seconds)),
        _ => {
            let message = format!("expected whole seconds from 1 to {MAX_SECONDS}, found {value}");
            Err(file.error(&path, message))
        }
    }
}
