//! `genesyscloud_integration_action`: a data action, as the export that the vendor's editor would write of it.

use super::evaluate::{Evaluator, Scope, scope};
use super::export::{Kind, converted, dotted, is_function, put};
use super::flow::entry_places;
use super::folder::Item;
use super::instance::{Instance, Names, index};
use super::resource::{ACTION, REQUEST, RESPONSE, Schema};
use super::value::Value;
use crate::finding::Finding;
use hcl_edit::Span as _;
use hcl_edit::structure::Body;
use serde_json::{Value as Json, json};
use std::rc::Rc;
use tollgate_architect::Place;

/// A data action that Terraform deploys.
#[derive(Clone, Debug)]
pub struct ActionResource {
    /// What Terraform calls it: `module.a.genesyscloud_integration_action.b`.
    pub address: String,
    /// The `.tf` file that it stands in.
    pub file: String,
    /// Where in that file.
    pub place: Place,
    /// The folder that Terraform runs in.
    pub root: String,
    /// Its name, where that is known.
    pub name: Option<String>,
    /// Its category, where that is known.
    pub category: Option<String>,
    /// Whether it runs a function of the vendor's instead of sending a request.
    pub function: bool,
    /// The action as an export file. What isn't known is absent.
    pub export: Json,
    /// The fields of the export, each with Terraform's name for it and its place.
    pub fields: Vec<ExportField>,
    /// The fields of the export that aren't known.
    pub unknown: Vec<String>,
    /// What is wrong with the resource, and what of it isn't known.
    pub findings: Vec<Finding>,
}

/// Where a field of an export comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExportField {
    /// In the export: `config.request.requestType`.
    pub export: String,
    /// In Terraform: `config_request.request_type`.
    pub terraform: String,
    /// Where its value begins.
    pub place: Place,
}

/// An argument, what it becomes, and where in the export.
type Mapped = (&'static str, Kind, &'static str);

const TOP: &[Mapped] = &[
    ("name", Kind::Text, "name"),
    ("secure", Kind::Flag, "secure"),
    (
        "config_timeout_seconds",
        Kind::Number,
        "config.timeoutSeconds",
    ),
    (
        "contract_input",
        Kind::Document,
        "contract.input.inputSchema",
    ),
    (
        "contract_output",
        Kind::Document,
        "contract.output.successSchema",
    ),
];

/// The blocks of an action, with their arguments and their places in the export.
const BLOCKS: [(&str, &Schema, &str, &[Mapped]); 2] = [
    (
        "config_request",
        &REQUEST,
        "config.request",
        &[
            (
                "request_url_template",
                Kind::Text,
                "config.request.requestUrlTemplate",
            ),
            ("request_type", Kind::Text, "config.request.requestType"),
            (
                "request_template",
                Kind::Text,
                "config.request.requestTemplate",
            ),
            ("headers", Kind::Texts, "config.request.headers"),
        ],
    ),
    (
        "config_response",
        &RESPONSE,
        "config.response",
        &[
            (
                "translation_map",
                Kind::Texts,
                "config.response.translationMap",
            ),
            (
                "translation_map_defaults",
                Kind::Texts,
                "config.response.translationMapDefaults",
            ),
            (
                "success_template",
                Kind::Text,
                "config.response.successTemplate",
            ),
        ],
    ),
];

impl<'a> Evaluator<'a> {
    pub(super) fn action(
        &mut self,
        instance: &Rc<Instance<'a>>,
        name: &str,
        item: Item<'a>,
        (key, names): (Option<Value>, Names),
    ) -> ActionResource {
        let told = self.findings.len();
        let body = &item.block.body;
        let scope = scope(instance, item.source, names);
        let resource = format!(
            "genesyscloud_integration_action.{name}{}",
            index(key.as_ref())
        );
        let mut action = ActionResource {
            address: instance.within(&resource),
            file: item.source.text.file.clone(),
            root: instance.root.to_owned(),
            place: item.source.text.start(item.block.ident.span()),
            name: None,
            category: None,
            function: body.has_blocks("function_config"),
            export: json!({"actionType": "custom"}),
            fields: Vec::new(),
            unknown: Vec::new(),
            findings: Vec::new(),
        };
        let at = ("", action.place);
        let address = format!("genesyscloud_integration_action.{name}");
        match self.overridden(&scope, instance, at, &address) {
            // Every field begins with the empty name.
            Some(_) => action.unknown.push(String::new()),
            None => self.arguments(&scope, item, &mut action),
        }
        action.findings = self.findings.split_off(told);
        action
    }

    /// Takes the arguments and blocks of an action into its export.
    fn arguments(&mut self, scope: &Scope<'_, 'a>, item: Item<'a>, action: &mut ActionResource) {
        let body = &item.block.body;
        self.check_arguments(scope, item, body, &ACTION);
        for mapped in TOP {
            self.mapped(scope, body, "", mapped, action);
        }
        self.blocks(scope, item, action);
        let name = action.export["name"].as_str();
        action.name = name.map(str::to_owned);
        let category = self.argument(scope, body, "category");
        let category = category.and_then(|(value, _, _)| value.to_text());
        action.category = category.map(|text| text.to_string());
        action.function |= is_function(action.category.as_deref().unwrap_or_default());
        self.integration_type(scope, body, action);
    }

    /// Takes the arguments of an action's blocks into the export.
    fn blocks(&mut self, scope: &Scope<'_, 'a>, item: Item<'a>, action: &mut ActionResource) {
        let body = &item.block.body;
        for (block, schema, export, arguments) in BLOCKS {
            let found = body.get_blocks(block).next();
            let place = found.map_or(action.place, |found| scope.text.start(found.ident.span()));
            action.field(export, block, place);
            for (name, _, export) in arguments {
                action.field(export, &dotted(block, name), place);
            }
            let Some(inner) = found else {
                self.made_by_block(scope, body, (block, export), action);
                continue;
            };
            let inner_item = Item {
                block: inner,
                ..item
            };
            self.check_arguments(scope, inner_item, &inner.body, schema);
            for mapped in arguments {
                self.mapped(scope, &inner.body, block, mapped, action);
            }
        }
    }

    /// Notes that a block is made by `dynamic`, which isn't worked out.
    fn made_by_block(
        &mut self,
        scope: &Scope<'_, 'a>,
        body: &Body,
        (block, export): (&str, &str),
        action: &mut ActionResource,
    ) {
        let mut dynamic = body.get_blocks("dynamic");
        let Some(found) =
            dynamic.find(|one| one.labels.first().is_some_and(|l| l.as_str() == block))
        else {
            return;
        };
        let at = (block, scope.text.start(found.ident.span()));
        let why = format!("what dynamic \"{block}\" makes isn't worked out here");
        self.not_looked_into(scope, at, &why, "what depends on it isn't checked");
        action.unknown.push(export.to_owned());
    }

    /// Takes one argument into the export.
    fn mapped(
        &mut self,
        scope: &Scope<'_, 'a>,
        body: &Body,
        block: &str,
        (name, kind, path): &Mapped,
        action: &mut ActionResource,
    ) {
        let Some((value, place, expr)) = self.argument(scope, body, name) else {
            return;
        };
        let (field, export) = (dotted(block, name), (*path).to_owned());
        action.field(&export, &field, place);
        let at = (field.as_str(), place);
        if *kind == Kind::Texts {
            for (entry, place) in entry_places(scope, expr) {
                let (export, field) = (format!("{export}.{entry}"), format!("{field}.{entry}"));
                action.field(&export, &field, place);
            }
        }
        if let Some(unknown) = value.first_unknown() {
            self.not_known(scope, at, unknown, "what depends on it isn't checked");
            action.unknown.push(export);
            return;
        }
        match converted(*kind, &value) {
            Ok(json) => put(&mut action.export, path, json),
            Err(message) => {
                self.refuse(scope, at, message, "");
                action.unknown.push(export);
            }
        }
    }

    /// The type of the integration that the action belongs to, which Terraform gives by the integration's id;
    /// where that can't be followed, the one that the URL speaks for.
    fn integration_type(
        &mut self,
        scope: &Scope<'_, 'a>,
        body: &Body,
        action: &mut ActionResource,
    ) {
        let argument = self.argument(scope, body, "integration_id");
        let place = argument
            .as_ref()
            .map_or(action.place, |(_, place, _)| *place);
        action.field("integrationType", "integration_id", place);
        let named = argument.and_then(|(value, _, _)| {
            let unknown = value.first_unknown()?;
            unknown.integration_type.clone()
        });
        let url = action.export.pointer("/config/request/requestUrlTemplate");
        let url = url.and_then(Json::as_str).map(str::trim_start);
        let kind = match (named, url) {
            (Some(kind), _) => kind,
            (None, Some(url)) if url.starts_with("/api/") => "purecloud-data-actions".to_owned(),
            // A path below an address of the customer's; all such types take the same.
            (None, Some(url)) if url.starts_with('/') => "salesforce-datadip".to_owned(),
            (None, _) => "custom-rest-actions".to_owned(),
        };
        put(&mut action.export, "integrationType", json!(kind));
    }
}

impl ActionResource {
    fn field(&mut self, export: &str, terraform: &str, place: Place) {
        self.fields.push(ExportField {
            export: export.to_owned(),
            terraform: terraform.to_owned(),
            place,
        });
    }
}
