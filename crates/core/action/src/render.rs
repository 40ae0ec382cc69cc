//! From inputs to a request.

use crate::error::{ActionError, RenderError};
use crate::faults::FaultList;
use crate::file::File;
use crate::redact::{self, Secrets};
use crate::types::IntegrationType;
use crate::value::{Credentials, Method, RawInput, Request};
use crate::watch::Watch;
use crate::{MAX_JSON_DEPTH, MAX_REQUEST_BYTES, scope, url};
use std::sync::Arc;
use tollgate_meter::Meter;
use tollgate_template::{Bounds, Context, Reference, Template, nearest};
use tollgate_upstream::is_connection_header;

/// Documented as the platform's switch between a buffered and a chunked body, so it may stand in a file. It
/// isn't sent: a body here always goes out whole, with its length.
pub(crate) const BUFFERING_HEADER: &str = "transfer-encoding";

/// The most references without a value that an error tells of.
const MAX_MISSING: usize = 4;

/// The most inputs among which a nearer name is looked for.
const MAX_KNOWN: usize = 256;

/// Letters of a name that are compared, each with each of the other name's.
const MAX_LETTERS: usize = 64;
const LETTERS_PER_STEP: usize = 16;

/// A template, with the name of its field.
struct Field {
    name: String,
    template: Template,
    /// Whether what the template says of a failure may quote a credential.
    secret: bool,
}

/// The compiled templates of `config.request`.
pub(crate) struct RequestTemplates {
    method: Method,
    url: Field,
    path: Arc<str>,
    headers: Vec<(String, Field)>,
    body: Option<Field>,
}

impl RequestTemplates {
    pub(crate) fn read(file: &File<'_>, found: &mut FaultList) -> Option<RequestTemplates> {
        let url_path = ["config", "request", "requestUrlTemplate"];
        let hint = "an action needs the URL it calls, as in /api/v2/users/${input.userId}; one that runs a \
                    function in the vendor's cloud has none, and can't run here";
        let url = found.keep(file.required(&url_path, hint));
        let path = Arc::from(url::path_template(url.unwrap_or_default()));
        let body_path = ["config", "request", "requestTemplate"];
        let body = found.keep(file.template(&body_path));
        let method = found.keep(method(file));
        let url = url.and_then(|url| found.keep(field(file, &url_path, url)));
        let headers = headers(file, found);
        Some(RequestTemplates {
            method: method?,
            url: url?,
            path,
            headers,
            body: body?.map(|(text, template)| Field {
                name: body_path.join("."),
                template,
                secret: redact::mentions_secrets(text),
            }),
        })
    }

    /// See [`crate::Action::path_template`].
    pub(crate) fn path_template(&self) -> Arc<str> {
        Arc::clone(&self.path)
    }

    pub(crate) fn method(&self) -> Method {
        self.method
    }

    pub(crate) fn render(
        &self,
        kind: &IntegrationType,
        input: &RawInput,
        credentials: &Credentials,
        meter: &Meter,
        watch: &mut dyn Watch,
    ) -> Result<Request, RenderError> {
        let context = scope::with_credentials(input, credentials, meter);
        let run = Run {
            context: context.map_err(|exhausted| fault(&self.url, &exhausted.to_string()))?,
            credentials,
            input,
            meter,
        };
        let url = run.render(&self.url)?;
        watch.url(&url);
        url::check(kind, &url).map_err(|message| run.url_fault(&self.url, &message))?;
        let mut headers = Vec::with_capacity(self.headers.len() + 1);
        for (name, field) in &self.headers {
            let value = run.render(field)?;
            watch.header(name, &value);
            header_value(&value).map_err(|message| fault(field, &message))?;
            headers.push((name.clone(), value));
        }
        let body = match &self.body {
            Some(field) if self.method.has_body() => {
                let body = run.render(field)?;
                watch.body(&body);
                body_size(&body).map_err(|message| fault(field, &message))?;
                Some(body)
            }
            _ => None,
        };
        let typed = |(name, _): &(String, String)| name.eq_ignore_ascii_case("content-type");
        if body.is_some() && !headers.iter().any(typed) {
            headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
        }
        Ok(Request {
            method: self.method,
            url,
            headers,
            body,
        })
    }
}

/// One rendering.
struct Run<'a> {
    context: Context,
    credentials: &'a Credentials,
    input: &'a RawInput,
    meter: &'a Meter,
}

impl Run<'_> {
    fn render(&self, field: &Field) -> Result<String, RenderError> {
        let template = &field.template;
        let rendered = template.render_within(&self.context, &Bounds::default(), self.meter);
        rendered.map_err(|error| {
            let message = if field.secret {
                "the template fails here; why is withheld, since it uses credentials".to_owned()
            } else {
                Secrets::of(self.credentials).strike(&error.message)
            };
            RenderError {
                field: field.name.clone(),
                line: Some(error.line),
                column: Some(error.column),
                message: format!("{message}, at `{}`", error.snippet),
            }
        })
    }

    /// A rendered URL that can't be sent; says which inputs had no value, since that is the common cause.
    fn url_fault(&self, field: &Field, message: &str) -> RenderError {
        let mut missing: Vec<String> = Vec::new();
        for reference in field.template.references() {
            if missing.len() == MAX_MISSING {
                break;
            }
            let told = self.missing(&reference);
            missing.extend(told.filter(|text| !missing.contains(text)));
        }
        let missing = missing.join("; ");
        // Such a reference prints as it is written, braces and all; to escape it would not help.
        let (what, _) = message.split_once("; ").unwrap_or((message, ""));
        if missing.is_empty() {
            fault(field, message)
        } else if what.contains("is `{`") {
            let message = format!("{missing}; so it is printed as written, and {what}");
            fault(field, &message)
        } else {
            fault(field, &format!("{message}; {missing}"))
        }
    }

    /// What to say of a reference that has no value.
    fn missing(&self, reference: &Reference) -> Option<String> {
        let Reference {
            root, properties, ..
        } = reference;
        if root != "input" {
            let meant = nearest(root, ["input"])?;
            return Some(format!(
                "`{root}` names nothing here, case matters (did you mean `{meant}`?)"
            ));
        }
        let name = properties.first().filter(|name| *name != "rawRequest")?;
        let given = self.input.value().get(name);
        if given.is_some_and(|value| !value.is_null()) {
            return None;
        }
        let fields = self.input.value().as_object();
        let known = fields.into_iter().flat_map(|fields| fields.keys());
        let known = known.map(String::as_str).filter(|known| known != name);
        let known: Vec<&str> = known.take(MAX_KNOWN).collect();
        let letters: usize = known.iter().map(|known| known.len().min(MAX_LETTERS)).sum();
        let steps = letters * name.len().min(MAX_LETTERS) / LETTERS_PER_STEP;
        self.meter.steps(steps as u64).ok()?;
        let meant = nearest(name, known);
        let meant = meant.map(|meant| format!(" (did you mean `input.{meant}`?)"));
        let meant = meant.unwrap_or_default();
        Some(format!("`input.{name}` has no value{meant}"))
    }
}

/// A rendered text that can't be sent.
fn fault(field: &Field, message: &str) -> RenderError {
    RenderError {
        field: field.name.clone(),
        line: None,
        column: None,
        message: message.to_owned(),
    }
}

fn field(file: &File<'_>, path: &[&str], text: &str) -> Result<Field, ActionError> {
    Ok(Field {
        name: path.join("."),
        template: file.compile(path, text)?,
        secret: redact::mentions_secrets(text),
    })
}

fn method(file: &File<'_>) -> Result<Method, ActionError> {
    let path = ["config", "request", "requestType"];
    let names = Method::ALL.map(Method::as_str).join(", ");
    let text = file.required(&path, &format!("expected one of {names}"))?;
    let named = |method: &Method| method.as_str().eq_ignore_ascii_case(text);
    let found = Method::ALL.into_iter().find(named);
    found.ok_or_else(|| file.error(&path, format!("`{text}` is none of {names}")))
}

fn headers(file: &File<'_>, found: &mut FaultList) -> Vec<(String, Field)> {
    let mut headers = Vec::new();
    for (name, text) in file.texts(&["config", "request", "headers"], found) {
        match found.keep(header(file, name, text)) {
            Some(header) => headers.extend(header),
            None if found.is_full() => break,
            None => {}
        }
    }
    headers
}

/// A header, unless it is one that is taken and not sent.
fn header(file: &File<'_>, name: &str, text: &str) -> Result<Option<(String, Field)>, ActionError> {
    let path = ["config", "request", "headers", name];
    if name.is_empty() || !name.bytes().all(is_token) {
        let message = format!("`{name}` is no header's name: letters, digits and !#$%&'*+-.^_`|~");
        return Err(file.error(&path, message));
    }
    if name.eq_ignore_ascii_case(BUFFERING_HEADER) {
        return Ok(None);
    }
    if is_connection_header(name) {
        let message = format!("`{name}` is set by the connection itself; leave it out");
        return Err(file.error(&path, message));
    }
    Ok(Some((name.to_owned(), field(file, &path, text)?)))
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn header_value(value: &str) -> Result<(), String> {
    let bad = |letter: &char| letter.is_control() && *letter != '\t';
    let Some(at) = value.chars().position(|letter| bad(&letter)) else {
        return Ok(());
    };
    let letter = match value.chars().nth(at) {
        Some('\r') => "a line end (CR)".to_owned(),
        Some('\n') => "a line end (LF)".to_owned(),
        other => format!("the control character U+{:04X}", other.map_or(0, u32::from)),
    };
    Err(format!(
        "character {} of the header's value is {letter}, which a header can't hold; \
         take it out, as in $input.name.trim()",
        at + 1
    ))
}

fn body_size(body: &str) -> Result<(), String> {
    if body.len() > MAX_REQUEST_BYTES {
        let found = body.len();
        return Err(format!(
            "the body has {found} bytes, the platform takes {MAX_REQUEST_BYTES} at the most"
        ));
    }
    if body.trim_start().starts_with(['{', '['])
        && tollgate_json::text_deeper_than(body, MAX_JSON_DEPTH)
    {
        return Err(format!(
            "the body is nested deeper than {MAX_JSON_DEPTH} levels"
        ));
    }
    Ok(())
}
