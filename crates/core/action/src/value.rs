//! The plain values that go into an action and come out of it.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use tollgate_json::Fault;

/// The HTTP methods an action may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
    Head,
}

impl Method {
    /// All of them, in the order the documentation lists them.
    pub const ALL: [Method; 6] = [
        Method::Get,
        Method::Post,
        Method::Put,
        Method::Patch,
        Method::Delete,
        Method::Head,
    ];

    /// The method as it is written in a request line.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
            Method::Head => "HEAD",
        }
    }

    /// Whether sending the request twice has the effect of sending it once (RFC 9110, 9.2.2).
    pub fn is_idempotent(self) -> bool {
        !matches!(self, Method::Post | Method::Patch)
    }

    /// Whether a rendered body goes with it; GET and HEAD carry none, whatever the template says.
    pub fn has_body(self) -> bool {
        !matches!(self, Method::Get | Method::Head)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The caller's inputs: the text as received (`${input.rawRequest}`) and what it says.
#[derive(Debug, Clone, PartialEq)]
pub struct RawInput {
    text: String,
    value: Value,
}

impl RawInput {
    /// Parses the caller's body.
    ///
    /// # Errors
    /// The text is not JSON, or is nested deeper than [`tollgate_json::MAX_DEPTH`] levels.
    pub fn parse(text: &str) -> Result<RawInput, Fault> {
        Ok(RawInput {
            value: tollgate_json::read(text)?,
            text: text.to_owned(),
        })
    }

    /// Takes a value that never was text; `rawRequest` is then its serialisation.
    pub fn from_value(value: Value) -> RawInput {
        RawInput {
            text: value.to_string(),
            value,
        }
    }

    /// The text as received.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the text says.
    pub fn value(&self) -> &Value {
        &self.value
    }
}

/// Secrets a template may print into a request: `${credentials.x}` and `${authResponse.x}`.
///
/// Its `Debug` shows names only.
#[derive(Clone, Default)]
pub struct Credentials {
    pub(crate) fields: BTreeMap<String, String>,
    pub(crate) auth_response: Option<Value>,
}

impl Credentials {
    /// No secrets at all.
    pub fn none() -> Credentials {
        Credentials::default()
    }

    /// The integration's credential fields, by name.
    pub fn from_fields(fields: impl IntoIterator<Item = (String, String)>) -> Credentials {
        Credentials {
            fields: fields.into_iter().collect(),
            auth_response: None,
        }
    }

    /// Credentials of the same names and shape that hold no secret: each text and number is
    /// [`Credentials::STAND_IN`]. A request that is rendered with them can be shown.
    #[must_use]
    pub fn stand_ins(&self) -> Credentials {
        let name = |name: &String| (name.clone(), Self::STAND_IN.to_owned());
        Credentials {
            fields: self.fields.keys().map(name).collect(),
            auth_response: self.auth_response.as_ref().map(stand_in),
        }
    }

    /// What stands in the place of a secret where a request is rendered to be shown.
    pub const STAND_IN: &'static str = "credential-withheld-here";

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.auth_response.is_none()
    }

    /// Adds what the integration's own login answered.
    #[must_use]
    pub fn with_auth_response(self, response: Value) -> Credentials {
        Credentials {
            auth_response: Some(response),
            ..self
        }
    }
}

/// A value of the same shape, without what it says.
fn stand_in(value: &Value) -> Value {
    match value {
        Value::String(_) | Value::Number(_) => Credentials::STAND_IN.into(),
        Value::Array(items) => items.iter().map(stand_in).collect(),
        Value::Object(fields) => {
            let fields = fields.iter();
            fields
                .map(|(name, value)| (name.clone(), stand_in(value)))
                .collect()
        }
        Value::Null | Value::Bool(_) => value.clone(),
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("fields", &self.fields.keys().collect::<Vec<_>>())
            .field(
                "auth_response",
                &self.auth_response.as_ref().map(|_| "redacted"),
            )
            .finish()
    }
}

/// A request ready to be sent. Its `Debug` leaves out headers' values and the body: they may hold secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// A path with its query for a platform action; a whole URL for a web-service action.
    pub url: String,
    /// Names and values in the file's order; no value holds CR or LF.
    pub headers: Vec<(String, String)>,
    /// The body, if the method has one; at most [`crate::MAX_REQUEST_BYTES`].
    pub body: Option<String>,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field(
                "headers",
                &self
                    .headers
                    .iter()
                    .map(|(name, _)| name)
                    .collect::<Vec<_>>(),
            )
            .field("body_bytes", &self.body.as_ref().map(String::len))
            .finish_non_exhaustive()
    }
}

/// Something in an action file that works but will surprise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The field it is about.
    pub field: String,
    /// Line of the file, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// What will surprise, and what to write instead.
    pub message: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Warning {
            field,
            line,
            column,
            message,
        } = self;
        write!(f, "{field} (line {line}, column {column}): {message}")
    }
}
