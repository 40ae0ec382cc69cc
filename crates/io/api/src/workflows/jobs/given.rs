//! What requests on jobs hold.

use super::super::number::asked_number;
use super::super::shapes::FlowType;
use crate::error::ApiError;
use crate::query::{ParameterValue, Query, parameter};
use crate::request::{Field, request};
use crate::words::words;
use serde_json::Value;
use tollgate_definitions::WorkflowRef;
use tollgate_json::Doc;
use utoipa::PartialSchema;
use utoipa::openapi::{ArrayBuilder, RefOr, Schema};

/// Workflows of one check, at the most.
const MAX_FLOWS: usize = 50;

words! {
    /// What of a job is wanted beside the rest.
    JobDetail {
        Messages = "messages",
    }
}

words! {
    /// The form of an export: Archy's YAML. Architect's own isn't known here.
    ExportType {
        Yaml = "Yaml",
    }
}

parameter! {
    /// What is wanted beside the rest.
    JobExpand("expand"): JobDetails
}

/// Details, given one by one or separated by commas.
pub(crate) struct JobDetails(Vec<JobDetail>);

impl PartialSchema for JobDetails {
    fn schema() -> RefOr<Schema> {
        ArrayBuilder::new().items(JobDetail::schema()).into()
    }
}

impl ParameterValue for JobDetails {
    fn read(query: &Query, name: &str) -> Result<Option<Self>, ApiError> {
        let words = query.all(name).into_iter();
        let details = words.map(|word| JobDetail::parse(name, word));
        let details: Vec<_> = details.collect::<Result<_, _>>()?;
        Ok((!details.is_empty()).then_some(Self(details)))
    }
}

impl JobExpand {
    pub(super) fn has_messages(query: &Query) -> Result<bool, ApiError> {
        let wanted = Self::of(query)?;
        Ok(wanted.is_some_and(|it| it.0.contains(&JobDetail::Messages)))
    }
}

request! {
    /// A job as it is to be.
    JobRequest {
        /// Only false: nothing is made in the place of what a workflow needs and isn't there.
        create_stubs: Option<bool>,
    }
}

impl JobRequest {
    pub(super) fn check(self) -> Result<(), ApiError> {
        if self.create_stubs == Some(true) {
            let message =
                "createStubs: nothing is made in the place of what isn't there; leave it out.";
            return Err(ApiError::bad_request(message));
        }
        Ok(())
    }
}

request! {
    /// An export as it is to be.
    ExportRequest {
        /// The flow, one for each job.
        #[schema(value_type = Vec<ExportDetails>)]
        flows: Entries,
    }
}

request! {
    /// A check as it is to be.
    ValidateRequest {
        /// The flows, 50 at the most.
        #[schema(value_type = Vec<ValidateDetails>)]
        flows: Entries,
    }
}

request! {
    /// A flow that is to be exported.
    ExportDetails {
        #[schema(value_type = FlowReference)]
        flow: Option<Doc>,
        #[allow(dead_code, reason = "there is one word, so reading it is all there is to do")]
        export_type: Option<ExportType>,
    }
}

request! {
    /// A flow that is to be checked.
    ValidateDetails {
        #[schema(value_type = FlowReference)]
        flow: Option<Doc>,
    }
}

request! {
    /// A flow, by its id, or by its name and type.
    FlowReference {
        id: Option<String>,
        name: Option<String>,
        r#type: Option<FlowType>,
        /// The number of a version, such as 1.0; without it what was published last.
        version: Option<String>,
    }
}

impl FlowReference {
    fn known(self) -> Result<WorkflowRef, ApiError> {
        let it = WorkflowRef {
            id: self.id.filter(|id| !id.is_empty()),
            name: self.name.filter(|name| !name.is_empty()),
            kind: self.r#type.map(|it| it.word().to_owned()),
            version: asked_number("version", self.version)?,
        };
        if it.id.is_none() && (it.name.is_none() || it.kind.is_none()) {
            let message = "flow: give its id, or both its name and its type.";
            return Err(ApiError::bad_request(message));
        }
        Ok(it)
    }
}

impl ExportRequest {
    /// The flow that is to be exported.
    pub(super) fn flows(self) -> Result<Vec<WorkflowRef>, ApiError> {
        if self.flows.0.len() != 1 {
            let message = "flows: expected one flow; ask for each in a job of its own.";
            return Err(ApiError::bad_request(message));
        }
        self.flows
            .each(|entry| Ok(ExportDetails::read(entry)?.flow))
    }
}

impl ValidateRequest {
    /// The flows that are to be checked.
    pub(super) fn flows(self) -> Result<Vec<WorkflowRef>, ApiError> {
        if !(1..=MAX_FLOWS).contains(&self.flows.0.len()) {
            let message = format!("flows: expected 1 to {MAX_FLOWS} flows.");
            return Err(ApiError::bad_request(message));
        }
        self.flows
            .each(|entry| Ok(ValidateDetails::read(entry)?.flow))
    }
}

/// A list of objects.
pub(crate) struct Entries(Vec<Doc>);

impl Entries {
    fn each(
        self,
        flow: impl Fn(&Doc) -> Result<Option<Doc>, ApiError>,
    ) -> Result<Vec<WorkflowRef>, ApiError> {
        let all = self.0.iter().map(|entry| {
            let missing = || ApiError::bad_request("flows: flow is missing.");
            let flow = flow(entry)?.ok_or_else(missing)?;
            FlowReference::read(&flow)?.known()
        });
        all.collect()
    }
}

impl Field for Entries {
    fn read(doc: &Doc, name: &str) -> Result<Self, ApiError> {
        let wrong = || ApiError::bad_request(format!("{name}: expected a list of objects."));
        let entries = doc.get(name).and_then(Value::as_array).ok_or_else(wrong)?;
        let read = entries.iter().map(|entry| {
            let entry = Doc::parse(&entry.to_string());
            entry.map_err(|_| wrong())
        });
        read.collect::<Result<_, _>>().map(Self)
    }
}
