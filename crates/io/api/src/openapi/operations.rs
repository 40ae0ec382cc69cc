//! Every operation there is.

/// One operation.
pub(crate) struct Operation {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) id: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) query: &'static [&'static str],
    pub(crate) headers: &'static [&'static str],
    pub(crate) body: Option<&'static str>,
    pub(crate) needs_body: bool,
    pub(crate) answer: (&'static str, Answer),
    pub(crate) errors: &'static [(&'static str, &'static str)],
    /// Whether it takes a token.
    pub(crate) token: bool,
}

/// What a success carries.
#[derive(Clone, Copy)]
pub(crate) enum Answer {
    Nothing,
    Text,
    Json(&'static str),
    List(&'static str),
}
use Answer::{Json, List, Nothing, Text};

type Errors = &'static [(&'static str, &'static str)];
const NONE: Errors = &[];
const FOUND: Errors = &[("404", "There is no such thing.")];
const CHANGE: Errors = &[
    ("404", "There is no such thing."),
    (
        "409",
        "It changed since it was read, is in use, taken, the configuration file's, or there is no store. \
             Nothing was changed.",
    ),
];
const RUN: Errors = &[
    ("404", "There is no such action."),
    (
        "409",
        "The action or its integration can't be used as it is.",
    ),
    (
        "502",
        "The upstream answered an error, nothing, or what can't be mapped.",
    ),
    ("504", "No answer within the action's timeout."),
];
const PAGE: &[&str] = &["pageSize", "pageNumber"];
const ACTIONS: &[&str] = &[
    "pageSize",
    "pageNumber",
    "sortBy",
    "sortOrder",
    "category",
    "name",
    "ids",
    "secure",
    "includeAuthActions",
    "includeConfig",
];
const SHOWN: &[&str] = &["expand", "includeConfig", "flatten"];
const TERMS: &[&str] = &["Tollgate-Flow", "Tollgate-Deadline"];

const fn op(
    method: &'static str,
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    answer: (&'static str, Answer),
) -> Operation {
    Operation {
        method,
        path,
        id,
        summary,
        answer,
        query: &[],
        headers: &[],
        body: None,
        needs_body: true,
        errors: NONE,
        token: true,
    }
}

impl Operation {
    const fn query(mut self, query: &'static [&'static str]) -> Self {
        self.query = query;
        self
    }
    const fn terms(mut self) -> Self {
        self.headers = TERMS;
        self
    }
    const fn body(mut self, schema: &'static str) -> Self {
        self.body = Some(schema);
        self
    }
    const fn optional(mut self) -> Self {
        self.needs_body = false;
        self
    }
    const fn errors(mut self, errors: Errors) -> Self {
        self.errors = errors;
        self
    }
    const fn open(mut self) -> Self {
        self.token = false;
        self
    }
}

const OK: &str = "200";
const EMPTY: &str = "204";
const I: &str = "/api/v2/integrations";
#[rustfmt::skip]
pub(crate) const OPERATIONS: &[Operation] = &[
    op("post", "/oauth/token", "postOauthToken", "Logs in with client credentials.", (OK, Json("Token"))).body("TokenRequest").open(),
    op("get", "/health", "getHealth", "200 while the service runs.", (OK, Text)).open(),
    op("get", "/api/v2/openapi.json", "getOpenapi", "This document.", (OK, Json("Any"))).open(),
    op("delete", "/api/v2/tokens/me", "deleteTokensMe", "Ends the token that it comes with.", (EMPTY, Nothing)),
    op("get", I, "getIntegrations", "Lists integrations.", (OK, List("Integration"))).query(&["pageSize", "pageNumber", "sortBy", "ids", "integrationType", "reportedState", "credentialId", "name", "expand"]),
    op("post", I, "postIntegrations", "Makes an integration.", (OK, Json("Integration"))).body("IntegrationRequest").errors(CHANGE),
    op("get", "/api/v2/integrations/{integrationId}", "getIntegration", "Gets an integration.", (OK, Json("Integration"))).query(&["expand"]).errors(FOUND),
    op("patch", "/api/v2/integrations/{integrationId}", "patchIntegration", "Changes an integration; intendedState enables and disables it.", (OK, Json("Integration"))).body("IntegrationUpdate").errors(CHANGE),
    op("delete", "/api/v2/integrations/{integrationId}", "deleteIntegration", "Deletes an integration that has no actions.", (OK, Json("Integration"))).errors(CHANGE),
    op("get", "/api/v2/integrations/{integrationId}/config/current", "getIntegrationConfigCurrent", "Gets its configuration.", (OK, Json("IntegrationConfiguration"))).errors(FOUND),
    op("put", "/api/v2/integrations/{integrationId}/config/current", "putIntegrationConfigCurrent", "Replaces its configuration.", (OK, Json("IntegrationConfiguration"))).body("IntegrationConfigurationRequest").errors(CHANGE),
    op("get", "/api/v2/integrations/types", "getIntegrationsTypes", "Lists integration types.", (OK, List("IntegrationType"))).query(PAGE),
    op("get", "/api/v2/integrations/types/{typeId}", "getIntegrationsType", "Gets an integration type.", (OK, Json("IntegrationType"))).errors(FOUND),
    op("get", "/api/v2/integrations/types/{typeId}/configschemas/{configType}", "getIntegrationsTypeConfigschema", "The schema of its properties.", (OK, Json("Any"))).errors(FOUND),
    op("get", "/api/v2/integrations/credentials", "getIntegrationsCredentials", "Lists credentials, without their fields.", (OK, List("CredentialInfo"))).query(&["pageSize", "pageNumber", "name"]),
    op("post", "/api/v2/integrations/credentials", "postIntegrationsCredentials", "Makes a credential.", (OK, Json("CredentialInfo"))).body("CredentialRequest").errors(CHANGE),
    op("get", "/api/v2/integrations/credentials/types", "getIntegrationsCredentialsTypes", "The credential types.", (OK, Json("CredentialTypes"))),
    op("get", "/api/v2/integrations/credentials/{credentialId}", "getIntegrationsCredential", "Gets a credential, without its fields.", (OK, Json("CredentialInfo"))).errors(CHANGE),
    op("put", "/api/v2/integrations/credentials/{credentialId}", "putIntegrationsCredential", "Changes a credential; fields replace all of them.", (OK, Json("CredentialInfo"))).body("CredentialUpdate").errors(CHANGE),
    op("delete", "/api/v2/integrations/credentials/{credentialId}", "deleteIntegrationsCredential", "Deletes a credential that nothing uses.", (EMPTY, Nothing)).errors(CHANGE),
    op("get", "/api/v2/integrations/actions", "getIntegrationsActions", "Lists published actions.", (OK, List("Action"))).query(ACTIONS),
    op("post", "/api/v2/integrations/actions", "postIntegrationsActions", "Makes an action that is published at once; takes an export file with integrationId.", (OK, Json("Action"))).body("ActionRequest").errors(CHANGE),
    op("get", "/api/v2/integrations/actions/categories", "getIntegrationsActionsCategories", "Lists categories.", (OK, List("Category"))).query(&["pageSize", "pageNumber", "sortOrder", "secure"]),
    op("get", "/api/v2/integrations/actions/drafts", "getIntegrationsActionsDrafts", "Lists drafts.", (OK, List("Action"))).query(ACTIONS),
    op("post", "/api/v2/integrations/actions/drafts", "postIntegrationsActionsDrafts", "Makes a draft; takes an export file with integrationId.", (OK, Json("Action"))).body("ActionRequest").errors(CHANGE),
    op("get", "/api/v2/integrations/actions/{actionId}", "getIntegrationsAction", "Gets an action.", (OK, Json("Action"))).query(SHOWN).errors(FOUND),
    op("patch", "/api/v2/integrations/actions/{actionId}", "patchIntegrationsAction", "Changes a published action but for its contract.", (OK, Json("Action"))).body("ActionUpdate").errors(CHANGE),
    op("delete", "/api/v2/integrations/actions/{actionId}", "deleteIntegrationsAction", "Deletes an action and its draft.", (EMPTY, Nothing)).errors(CHANGE),
    op("post", "/api/v2/integrations/actions/{actionId}/execute", "postIntegrationsActionExecute", "Runs an action; the body is its inputs.", (OK, Json("Any"))).query(&["flatten"]).terms().body("Any").optional().errors(RUN),
    op("post", "/api/v2/integrations/actions/{actionId}/test", "postIntegrationsActionTest", "Runs an action step by step.", (OK, Json("TestResult"))).query(&["flatten"]).terms().body("Any").optional().errors(RUN),
    op("get", "/api/v2/integrations/actions/{actionId}/schemas/{fileName}", "getIntegrationsActionSchema", "inputschema.json, successschema.json or errorschema.json.", (OK, Json("Any"))).query(&["flatten"]).errors(CHANGE),
    op("get", "/api/v2/integrations/actions/{actionId}/templates/{fileName}", "getIntegrationsActionTemplate", "requesttemplate.vm, requesturltemplate.vm or successtemplate.vm.", (OK, Text)).errors(CHANGE),
    op("get", "/api/v2/integrations/actions/{actionId}/draft", "getIntegrationsActionDraft", "Gets a draft.", (OK, Json("Action"))).query(SHOWN).errors(CHANGE),
    op("post", "/api/v2/integrations/actions/{actionId}/draft", "postIntegrationsActionDraft", "Makes a draft of a published action.", (OK, Json("Action"))).errors(CHANGE),
    op("patch", "/api/v2/integrations/actions/{actionId}/draft", "patchIntegrationsActionDraft", "Changes a draft.", (OK, Json("Action"))).body("ActionUpdate").errors(CHANGE),
    op("delete", "/api/v2/integrations/actions/{actionId}/draft", "deleteIntegrationsActionDraft", "Throws a draft away.", (EMPTY, Nothing)).errors(CHANGE),
    op("get", "/api/v2/integrations/actions/{actionId}/draft/validation", "getIntegrationsActionDraftValidation", "Whether a draft can be published.", (OK, Json("Validation"))).errors(CHANGE),
    op("post", "/api/v2/integrations/actions/{actionId}/draft/test", "postIntegrationsActionDraftTest", "Runs a draft step by step.", (OK, Json("TestResult"))).query(&["flatten"]).terms().body("Any").optional().errors(RUN),
    op("post", "/api/v2/integrations/actions/{actionId}/draft/publish", "postIntegrationsActionDraftPublish", "Publishes a draft.", (OK, Json("Action"))).body("Seen").errors(CHANGE),
    op("get", "/api/v2/integrations/actions/{actionId}/draft/schemas/{fileName}", "getIntegrationsActionDraftSchema", "The same of a draft.", (OK, Json("Any"))).query(&["flatten"]).errors(CHANGE),
    op("get", "/api/v2/integrations/actions/{actionId}/draft/templates/{fileName}", "getIntegrationsActionDraftTemplate", "The same of a draft.", (OK, Text)).errors(CHANGE),
    op("get", "/api/v2/tollgate/actions/{actionId}/export", "exportAction", "The action as a file.", (OK, Json("Any"))).errors(CHANGE),
    op("get", "/api/v2/oauth/clients", "getOauthClients", "Lists callers.", (OK, List("OAuthClient"))).query(&["pageSize", "pageNumber", "name"]),
    op("post", "/api/v2/oauth/clients", "postOauthClients", "Makes a caller; its secret is shown once.", (OK, Json("OAuthClient"))).body("OAuthClientRequest").errors(CHANGE),
    op("get", "/api/v2/oauth/clients/{clientId}", "getOauthClient", "Gets a caller.", (OK, Json("OAuthClient"))).errors(CHANGE),
    op("put", "/api/v2/oauth/clients/{clientId}", "putOauthClient", "Replaces a caller.", (OK, Json("OAuthClient"))).body("OAuthClientRequest").errors(CHANGE),
    op("delete", "/api/v2/oauth/clients/{clientId}", "deleteOauthClient", "Deletes a caller with its tokens.", (EMPTY, Nothing)).errors(CHANGE),
    op("post", "/api/v2/oauth/clients/{clientId}/secret", "postOauthClientSecret", "A new secret; the old one's tokens end.", (OK, Json("OAuthClient"))).errors(CHANGE),
    op("post", "/api/v2/oauth/clients/{clientId}/usage/query", "postOauthClientUsageQuery", "Asks how often a caller called what.", (OK, Json("UsageExecution"))).body("UsageQuery").errors(CHANGE),
    op("get", "/api/v2/oauth/clients/{clientId}/usage/query/results/{executionId}", "getOauthClientUsageQueryResult", "What was asked for.", (OK, Json("UsageResult"))).errors(CHANGE),
    op("get", "/api/v2/oauth/clients/{clientId}/usage/summary", "getOauthClientUsageSummary", "The same by day.", (OK, Json("UsageExecution"))).query(&["days"]).errors(CHANGE),
    op("get", "/api/v2/flows/datatables", "getFlowsDatatables", "Lists data tables.", (OK, List("DataTable"))).query(&["pageSize", "pageNumber", "sortBy", "sortOrder", "name", "expand"]),
    op("post", "/api/v2/flows/datatables", "postFlowsDatatables", "Makes a data table.", (OK, Json("DataTable"))).body("DataTableRequest").errors(CHANGE),
    op("get", "/api/v2/flows/datatables/{datatableId}", "getFlowsDatatable", "Gets a data table.", (OK, Json("DataTable"))).query(&["expand"]).errors(CHANGE),
    op("put", "/api/v2/flows/datatables/{datatableId}", "putFlowsDatatable", "Replaces a data table's description.", (OK, Json("DataTable"))).body("DataTableRequest").errors(CHANGE),
    op("delete", "/api/v2/flows/datatables/{datatableId}", "deleteFlowsDatatable", "Deletes a data table; one with rows if forced.", (EMPTY, Nothing)).query(&["force"]).errors(CHANGE),
    op("get", "/api/v2/flows/datatables/{datatableId}/rows", "getFlowsDatatableRows", "Lists rows; their keys alone unless showbrief=false.", (OK, List("Any"))).query(&["pageSize", "pageNumber", "showbrief"]).errors(CHANGE),
    op("post", "/api/v2/flows/datatables/{datatableId}/rows", "postFlowsDatatableRows", "Adds a row.", (OK, Json("Any"))).body("Row").errors(CHANGE),
    op("get", "/api/v2/flows/datatables/{datatableId}/rows/{rowId}", "getFlowsDatatableRow", "Gets a row.", (OK, Json("Any"))).query(&["showbrief"]).errors(CHANGE),
    op("put", "/api/v2/flows/datatables/{datatableId}/rows/{rowId}", "putFlowsDatatableRow", "Replaces a row.", (OK, Json("Any"))).body("Row").errors(CHANGE),
    op("delete", "/api/v2/flows/datatables/{datatableId}/rows/{rowId}", "deleteFlowsDatatableRow", "Deletes a row.", (EMPTY, Nothing)).errors(CHANGE),
    op("post", "/api/v2/audits/query/realtime", "postAuditsQueryRealtime", "Who changed or executed what.", (OK, Json("Audits"))).body("AuditQuery").errors(CHANGE),
    op("get", "/api/v2/flows", "getFlows", "Lists flows.", (OK, List("Flow"))).query(&["pageSize", "pageNumber", "name", "type"]),
    op("get", "/api/v2/flows/{flowId}", "getFlow", "Gets a flow.", (OK, Json("Flow"))).errors(FOUND),
    op("delete", "/api/v2/flows/{flowId}", "deleteFlow", "Deletes a flow and its versions.", (EMPTY, Nothing)).errors(CHANGE),
    op("post", "/api/v2/flows/executions", "postFlowsExecutions", "Begins a run of a workflow.", (OK, Json("FlowLaunch"))).body("FlowLaunchRequest").errors(CHANGE),
    op("get", "/api/v2/flows/executions/{flowExecutionId}", "getFlowsExecution", "How far a run is.", (OK, Json("FlowRun"))).errors(FOUND),
    op("get", "/api/v2/tollgate/flows", "getTollgateFlows", "Who waits, who runs, and what became of the rest.", (OK, List("FlowUse"))).query(PAGE),
    op("post", "/api/v2/tollgate/workflows", "postTollgateWorkflows", "Saves a workflow's file (YAML) and publishes it.", (OK, Json("Flow"))).body("Any").errors(CHANGE),
    op("get", "/api/v2/tollgate/cache", "getCache", "How often the cache answered.", (OK, Json("Any"))),
    op("delete", "/api/v2/tollgate/cache/{actionId}", "deleteCache", "Forgets the kept answers of an action.", (EMPTY, Nothing)).errors(FOUND),
    op("get", "/api/v2/tollgate/closings", "getClosings", "All that a 429 has closed, and until when.", (OK, List("Closing"))).query(PAGE),
    op("delete", "/api/v2/tollgate/closings", "deleteClosings", "Opens what a 429 has closed: all of it, or what has this kind and name.", (OK, Json("Opened"))).query(&["kind", "name"]),
    op("get", "/api/v2/tollgate/upstreams", "getUpstreams", "Answers 429, headers that were not believed, and each client's tokens.", (OK, Json("Upstreams"))),
    op("get", "/api/v2/tollgate/learned", "getLearned", "Numbers in force that nobody has configured, and where they come from.", (OK, List("LearnedLimit"))).query(PAGE),
    op("delete", "/api/v2/tollgate/learned", "deleteLearned", "Holds the learned limit of this name no more.", (EMPTY, Nothing)).query(&["name"]).errors(CHANGE),
    op("put", "/api/v2/tollgate/limits", "putLimits", "Changes a limit until its definition says another number.", (EMPTY, Nothing)).body("LimitUpdate").errors(FOUND),
    op("get", "/api/v2/tollgate/limits", "getLimits", "Every limit with its use now.", (OK, List("Limit"))).query(PAGE),
];
