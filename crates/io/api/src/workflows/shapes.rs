//! A workflow and its versions, as the platform shows flows.
//!
//! A workflow is whole whenever it is there: it has no text that was saved and not published, nor one that was checked in.
//! So its saved, its checked-in and its published version are the same one. What only Architect knows of a flow (its own
//! form, languages, who edits it) is left out.

use super::PATH;
use super::number::{show_number, version_uri};
use crate::actor::client_uri;
use crate::organization::DivisionView;
use crate::wire::show_time;
use crate::words::words;
use serde::Serialize;
use serde_json::Value;
use tollgate_architect::Workflow;
use tollgate_config::Division;
use tollgate_store::{JsonText, PublishedWorkflow, WorkflowVersion};
use utoipa::ToSchema;

words! {
    /// The types of flows, as the platform's API writes them.
    FlowType {
        Bot = "BOT",
        BusinessProcess = "BUSINESSPROCESS",
        CommonModule = "COMMONMODULE",
        DigitalBot = "DIGITALBOT",
        EmailSend = "EMAILSEND",
        InboundCall = "INBOUNDCALL",
        InboundChat = "INBOUNDCHAT",
        InboundEmail = "INBOUNDEMAIL",
        InboundShortMessage = "INBOUNDSHORTMESSAGE",
        InQueueCall = "INQUEUECALL",
        InQueueEmail = "INQUEUEEMAIL",
        InQueueShortMessage = "INQUEUESHORTMESSAGE",
        OutboundCall = "OUTBOUNDCALL",
        SecureCall = "SECURECALL",
        Speech = "SPEECH",
        SurveyInvite = "SURVEYINVITE",
        Voice = "VOICE",
        Voicemail = "VOICEMAIL",
        VoiceSurvey = "VOICESURVEY",
        Workflow = "WORKFLOW",
        Workitem = "WORKITEM",
    }
}

impl FlowType {
    /// The type that a workflow's file begins with: the same word in another case, but for `botFlow`.
    pub(super) fn of_kind(word: &str) -> Option<Self> {
        let word = word.strip_suffix("Flow").unwrap_or(word);
        Self::parse_any_case("type", word).ok()
    }
}

words! {
    /// What a version was made by.
    FlowVersionType {
        Publish = "PUBLISH",
        CheckIn = "CHECKIN",
        Save = "SAVE",
    }
}

/// A workflow, which the platform calls a flow.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Flow {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) division: DivisionView,
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub(super) description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) r#type: Option<FlowType>,
    /// Whether it may be begun. It is active from each publishing until it is deactivated.
    pub(super) active: bool,
    /// Whether it is one of the platform's own: never.
    pub(super) system: bool,
    /// Whether it was deleted: never, since nothing is kept of it then.
    pub(super) deleted: bool,
    pub(super) published_version: FlowVersion,
    pub(super) saved_version: FlowVersion,
    pub(super) checked_in_version: FlowVersion,
    /// The input variables, as JSON Schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(super) input_schema: Option<Value>,
    /// The output variables, as JSON Schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(super) output_schema: Option<Value>,
    pub(super) self_uri: String,
}

/// A workflow, as short as lists of divisions show it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FlowDivisionView {
    id: String,
    name: String,
    division: DivisionView,
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<FlowType>,
    published_version: FlowVersion,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    input_schema: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    output_schema: Option<Value>,
    self_uri: String,
}

/// A version of a workflow.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FlowVersion {
    /// Its number, from `1.0`.
    pub(super) id: String,
    pub(super) r#type: FlowVersionType,
    pub(super) debug: bool,
    /// The OAuth client that published it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) created_by_client: Option<EntityRef>,
    /// When it was published, in milliseconds since 1970; of a workflow of a file nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) date_created: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) date_checked_in: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) date_saved: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    pub(super) date_published: Option<String>,
    /// When the next version was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    pub(super) date_published_end: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(super) input_schema: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(super) output_schema: Option<Value>,
    pub(super) self_uri: String,
}

/// Something by its id, and where it is.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EntityRef {
    pub(super) id: String,
    /// Where it is; none of a caller of the configuration file, which is nowhere to be seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) self_uri: Option<String>,
}

impl EntityRef {
    /// The OAuth client with this id.
    pub(super) fn client(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            self_uri: client_uri(id),
        }
    }
}

impl Flow {
    /// The workflow of a file: its one version is what the file said when the service began.
    pub(super) fn of_file(id: &str, workflow: &Workflow, home: &Division) -> Self {
        let version = FlowVersion::of_file(id, workflow);
        let kind = workflow.kind().word();
        let texts = (id, workflow.name(), workflow.description());
        Self::new(texts, home, kind, true, version)
    }

    /// A workflow of the store.
    pub(super) fn of_store(stored: &PublishedWorkflow, home: &Division) -> Self {
        let workflow = &stored.workflow;
        let id = workflow.id.as_str();
        let version = FlowVersion::of_store(id, &stored.last);
        let texts = (id, workflow.name.as_str(), workflow.description.as_str());
        Self::new(texts, home, &workflow.kind, workflow.active, version)
    }

    fn new(
        (id, name, description): (&str, &str, &str),
        home: &Division,
        kind: &str,
        active: bool,
        mut short: FlowVersion,
    ) -> Self {
        let schemas = (short.input_schema.take(), short.output_schema.take());
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            division: home.into(),
            description: description.to_owned(),
            r#type: FlowType::of_kind(kind),
            active,
            system: false,
            deleted: false,
            published_version: short.clone(),
            saved_version: short.clone(),
            checked_in_version: short,
            input_schema: schemas.0,
            output_schema: schemas.1,
            self_uri: format!("{PATH}/{id}"),
        }
    }

    /// The same without its schemas.
    pub(super) fn without_schemas(self) -> Self {
        Self {
            input_schema: None,
            output_schema: None,
            ..self
        }
    }
}

impl From<Flow> for FlowDivisionView {
    fn from(flow: Flow) -> Self {
        Self {
            id: flow.id,
            name: flow.name,
            division: flow.division,
            description: flow.description,
            r#type: flow.r#type,
            published_version: flow.published_version,
            input_schema: flow.input_schema,
            output_schema: flow.output_schema,
            self_uri: flow.self_uri,
        }
    }
}

impl FlowVersion {
    /// A version of which nothing is known but its number.
    pub(super) fn bare(workflow: &str, number: u32) -> Self {
        Self {
            id: show_number(number),
            r#type: FlowVersionType::Publish,
            debug: false,
            created_by_client: None,
            date_created: None,
            date_checked_in: None,
            date_saved: None,
            date_published: None,
            date_published_end: None,
            input_schema: None,
            output_schema: None,
            self_uri: version_uri(workflow, number),
        }
    }

    /// The one version of a workflow of a file.
    pub(super) fn of_file(id: &str, workflow: &Workflow) -> Self {
        Self {
            input_schema: Some(workflow.input_schema()),
            output_schema: Some(workflow.output_schema()),
            ..Self::bare(id, 1)
        }
    }

    /// A version of a workflow of the store.
    pub(super) fn of_store(workflow: &str, version: &WorkflowVersion) -> Self {
        let at = Some(version.published.0);
        let client = version.published_by.strip_prefix("client:");
        Self {
            created_by_client: client.map(EntityRef::client),
            date_created: at,
            date_checked_in: at,
            date_saved: at,
            date_published: Some(show_time(version.published)),
            date_published_end: version.ended.map(show_time),
            input_schema: version.input_schema.as_ref().map(JsonText::value),
            output_schema: version.output_schema.as_ref().map(JsonText::value),
            ..Self::bare(workflow, version.number)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_architect::WorkflowKind;

    #[test]
    fn every_type_of_workflow_is_one_of_the_platforms() {
        for kind in WorkflowKind::all() {
            assert!(FlowType::of_kind(kind.word()).is_some(), "{kind:?}");
        }
        assert_eq!(FlowType::of_kind("botFlow"), Some(FlowType::Bot));
        assert_eq!(FlowType::of_kind("digitalBot"), Some(FlowType::DigitalBot));
    }
}
