//! The resources that are looked at, and which arguments the provider takes of them.

use super::evaluate::{Evaluator, Scope};
use super::folder::Item;
use super::instance::Instance;
use super::value::{Unknown, Value};
use crate::finding::{Finding, Level, Rule, near};
use hcl_edit::Span as _;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Body, Structure};
use tollgate_architect::Place;

/// A block's arguments and blocks, as the provider's documentation lists them.
pub(super) struct Schema {
    pub(super) required: &'static [&'static str],
    pub(super) optional: &'static [&'static str],
    pub(super) blocks: &'static [&'static str],
}

/// `genesyscloud_flow`.
pub(super) const FLOW: Schema = Schema {
    required: &["filepath"],
    optional: &[
        "file_content_hash",
        "force_unlock",
        "name",
        "substitutions",
        "type",
        "update_trigger_hash",
    ],
    blocks: &[],
};

/// `genesyscloud_integration_action`.
pub(super) const ACTION: Schema = Schema {
    required: &[
        "name",
        "category",
        "integration_id",
        "contract_input",
        "contract_output",
    ],
    optional: &["config_timeout_seconds", "secure"],
    blocks: &["config_request", "config_response", "function_config"],
};

/// `config_request` of an action.
pub(super) const REQUEST: Schema = Schema {
    required: &["request_type"],
    optional: &["headers", "request_template", "request_url_template"],
    blocks: &[],
};

/// `config_response` of an action.
pub(super) const RESPONSE: Schema = Schema {
    required: &[],
    optional: &[
        "success_template",
        "translation_map",
        "translation_map_defaults",
    ],
    blocks: &[],
};

/// What Terraform takes of every resource.
const EVERY: [&str; 9] = [
    "connection",
    "count",
    "depends_on",
    "dynamic",
    "for_each",
    "lifecycle",
    "provider",
    "provisioner",
    "timeouts",
];

impl<'a> Evaluator<'a> {
    /// Notes arguments that a block doesn't have, and those that it lacks.
    pub(super) fn check_arguments(
        &mut self,
        scope: &Scope<'_, 'a>,
        item: Item<'a>,
        body: &Body,
        schema: &Schema,
    ) {
        let kind = (Level::Error, Rule::TerraformArgument);
        let text = &item.source.text;
        let known = [schema.required, schema.optional, schema.blocks, &EVERY];
        let known = || known.into_iter().flatten().copied();
        for part in body {
            let (name, span) = match part {
                Structure::Attribute(argument) => (argument.key.as_str(), argument.key.span()),
                Structure::Block(block) => (block.ident.as_str(), block.ident.span()),
            };
            if !known().any(|one| one == name) {
                let help = near(name, known());
                let message = format!("the provider has no argument `{name}` here");
                self.note((text, span), kind, message, &help);
            }
        }
        for name in schema.required {
            let (span, message) = match body.get_attribute(name) {
                None => (item.block.ident.span(), format!("`{name}` is missing")),
                Some(given) if self.value(scope, &given.value) == Value::Null => (
                    given.value.span(),
                    format!("`{name}` is null, and has to be given"),
                ),
                Some(_) => continue,
            };
            self.note((text, span), kind, message, "");
        }
    }

    /// An argument of a block, and where its value begins.
    pub(super) fn argument<'b>(
        &mut self,
        scope: &Scope<'_, 'a>,
        body: &'b Body,
        name: &str,
    ) -> Option<(Value, Place, &'b Expression)> {
        let argument = body.get_attribute(name)?;
        let place = scope.text.start(argument.value.span());
        let value = self.value(scope, &argument.value);
        (value != Value::Null).then_some((value, place, &argument.value))
    }

    /// Notes what is wrong with an argument.
    pub(super) fn refuse(
        &mut self,
        scope: &Scope<'_, 'a>,
        at: (&str, Place),
        message: String,
        help: &str,
    ) {
        self.findings.push(Finding {
            file: scope.text.file.clone(),
            place: Some(at.1),
            level: Level::Error,
            rule: Rule::TerraformArgument,
            field: at.0.to_owned(),
            message,
            help: help.to_owned(),
        });
    }

    /// Notes that an argument has an unknown part, and what that means; unless it is unknown by a mistake.
    pub(super) fn not_known(
        &mut self,
        scope: &Scope<'_, 'a>,
        at: (&str, Place),
        unknown: &Unknown,
        so: &str,
    ) {
        if !unknown.told {
            self.not_looked_into(scope, at, &unknown.why, so);
        }
    }

    /// Notes that something isn't looked into, why, and what that means.
    pub(super) fn not_looked_into(
        &mut self,
        scope: &Scope<'_, 'a>,
        at: (&str, Place),
        why: &str,
        so: &str,
    ) {
        self.findings.push(Finding {
            file: scope.text.file.clone(),
            place: Some(at.1),
            level: Level::Note,
            rule: Rule::TerraformUnknown,
            field: at.0.to_owned(),
            message: why.to_owned(),
            help: so.to_owned(),
        });
    }

    /// Why a resource isn't looked into, which is noted, where an override file changes it.
    pub(super) fn overridden(
        &mut self,
        scope: &Scope<'_, 'a>,
        instance: &Instance<'a>,
        at: (&str, Place),
        address: &str,
    ) -> Option<String> {
        let why = instance.folder.why_unknown(address)?;
        self.not_looked_into(scope, at, &why, "the resource isn't looked into");
        Some(why)
    }
}
