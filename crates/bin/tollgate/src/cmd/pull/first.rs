//! A first `tollgate.toml` for what was pulled: all that the API tells, and a word on what it doesn't.
//!
//! Secrets can't be read, so each is named by an environment variable. Which fields of a credential an integration's
//! actions take is read from their templates. Where the organisation is a tollgate, the properties of its
//! integrations say more than the platform's do (`baseUrl`, `tokenUrl`, where calls may go), and are taken over.

mod words;

use super::Addresses;
use super::read::{Integration, Organisation};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use tollgate_action::{Callee, IntegrationType, TypeFacts};
use words::{comment, credential_names, key, quoted, unique, variable};

/// What is to be filled in.
const BLANK: &str = "FILL-IN";
/// Properties of a tollgate's integration that the file has under another name: all lists of texts.
const LISTS: [(&str, &str); 4] = [
    ("allowedHosts", "allowed_hosts"),
    ("allowedNetworks", "allowed_networks"),
    ("allowedSchemes", "allowed_schemes"),
    ("allowedPorts", "allowed_ports"),
];

/// The file's text; nothing if there is no action that can be executed here.
pub(super) fn config(found: &Organisation, at: &Addresses) -> Option<String> {
    let (mut clients, mut integrations) = (String::new(), String::new());
    let (mut names, mut variables) = (BTreeSet::new(), BTreeSet::new());
    let mut platform = None;
    for integration in &found.integrations {
        let facts = match served(integration) {
            Ok(facts) => facts,
            Err(why) => {
                let (name, why) = (comment(&integration.name), comment(&why));
                let _ = writeln!(integrations, "# {name} is left out: {why}.\n");
                continue;
            }
        };
        let name = unique(&integration.name, &mut names, ' ');
        let mut secret = |what: &str| {
            let wanted = variable(&format!("{name} {what}"));
            unique(&wanted, &mut variables, '_')
        };
        let entry = Entry {
            integration,
            facts,
            name: &name,
        };
        if facts.calls == Callee::PlatformPath {
            clients.push_str(&entry.client(at, &secret("CLIENT_SECRET")));
            platform.get_or_insert_with(|| name.clone());
        }
        integrations.push_str(&entry.integration(at, &mut secret));
    }
    let gateway = platform.as_deref().map(gateway).unwrap_or_default();
    let text = format!("{}{clients}{integrations}{gateway}", head(&at.api));
    (!names.is_empty()).then_some(text)
}

/// The type of an integration that can be configured here; why it is left out otherwise.
fn served(integration: &Integration) -> Result<&'static TypeFacts, String> {
    if integration.actions.is_empty() {
        return Err("it has no actions that can be executed here".to_owned());
    }
    match IntegrationType::from_name(&integration.kind) {
        IntegrationType::Known(facts) if facts.served => Ok(facts),
        other => Err(other.advice().unwrap_or_default()),
    }
}

/// An integration as it is written.
struct Entry<'a> {
    integration: &'a Integration,
    facts: &'static TypeFacts,
    /// Its name, unique in the file.
    name: &'a str,
}

impl Entry<'_> {
    fn property(&self, name: &str) -> Option<&Value> {
        self.integration.config.as_ref()?["properties"].get(name)
    }

    fn address(&self, name: &str) -> Option<&str> {
        self.property(name)?.as_str().filter(|url| !url.is_empty())
    }

    /// The OAuth client of a platform integration: a client belongs to one.
    fn client(&self, at: &Addresses, secret: &str) -> String {
        let token_url = match (self.address("tokenUrl"), self.address("baseUrl")) {
            (Some(url), _) => url.to_owned(),
            (None, Some(base)) => format!("{}/oauth/token", base.replacen("//api.", "//login.", 1)),
            (None, None) => at.token.clone(),
        };
        let mut text = format!(
            "# The OAuth client of {}. Its id and secret are in the integration's credentials,\n\
             # which the API doesn't show: make a client of its own for tollgate, and fill in its id.\n\
             [[client]]\nname = {}\nclient_id = {}\nclient_secret_env = {}\ntoken_url = {}\n",
            comment(self.name),
            quoted(self.name),
            quoted(BLANK),
            quoted(secret),
            quoted(&token_url),
        );
        let tokens = self.property("maxTokens").and_then(Value::as_u64);
        if let Some(tokens) = tokens {
            let _ = writeln!(text, "max_tokens = {tokens}");
        }
        text + "\n"
    }

    fn integration(&self, at: &Addresses, variable: &mut dyn FnMut(&str) -> String) -> String {
        let mut text = String::new();
        if !self.integration.enabled {
            text.push_str("# Disabled at the organisation.\n");
        }
        if self.integration.config.is_none() {
            text.push_str("# The client may not read its configuration: see whether addresses and credentials are right.\n");
        }
        let _ = writeln!(
            text,
            "[[integration]]\nname = {}\ntype = {}",
            quoted(self.name),
            quoted(self.facts.id)
        );
        match (self.facts.calls, self.address("baseUrl")) {
            (Callee::PlatformPath, base) => {
                let _ = writeln!(text, "base_url = {}", quoted(base.unwrap_or(&at.api)));
                let _ = writeln!(text, "clients = [{}]", quoted(self.name));
            }
            (Callee::BelowBaseUrl, Some(base)) => {
                let _ = writeln!(text, "base_url = {}", quoted(base));
            }
            (Callee::BelowBaseUrl, None) => {
                let _ = writeln!(
                    text,
                    "base_url = \"https://{BLANK}.example\"  # the account's own address"
                );
            }
            (Callee::WholeUrl | Callee::NotHttp, _) => {}
        }
        let folder = format!("actions/{}", self.integration.stem);
        let _ = writeln!(text, "actions = {{ folder = {} }}", quoted(&folder));
        for (property, field) in LISTS {
            if let Some(list) = self.property(property).and_then(Value::as_array) {
                let items: Vec<_> = list.iter().filter_map(Value::as_str).map(quoted).collect();
                let _ = writeln!(text, "{field} = [{}]", items.join(", "));
            }
        }
        text.push('\n');
        self.login(&mut text, variable);
        self.credentials(&mut text, variable);
        text
    }

    /// `[integration.login]` of a type below a base URL, unless an action logs in.
    fn login(&self, text: &mut String, variable: &mut dyn FnMut(&str) -> String) {
        let logs_in = |action: &Value| action["actionType"] == "customAuth";
        if self.facts.calls != Callee::BelowBaseUrl || self.integration.actions.iter().any(logs_in)
        {
            return;
        }
        let _ = writeln!(
            text,
            "# The vendor's credential has {}.",
            comment(self.facts.login)
        );
        if self.facts.id == "zendesk-data-actions" {
            let _ = write!(
                text,
                "[integration.login]\nuser_name = \"{BLANK}/token\"\npassword_env = {}\n\n",
                quoted(&variable("API_TOKEN"))
            );
        } else {
            let _ = write!(
                text,
                "[integration.login]\ntoken_url = \"https://{BLANK}.example/oauth2/token\"\n\
                 client_id = \"{BLANK}\"\nclient_secret_env = {}\n\n",
                quoted(&variable("CLIENT_SECRET"))
            );
        }
    }

    /// What the actions' templates take of a credential.
    fn credentials(&self, text: &mut String, variable: &mut dyn FnMut(&str) -> String) {
        let names: BTreeSet<String> = self
            .integration
            .actions
            .iter()
            .flat_map(credential_names)
            .collect();
        let places = self
            .integration
            .config
            .as_ref()
            .and_then(|it| it["credentials"].as_object());
        let places = places
            .into_iter()
            .flatten()
            .map(|(place, _)| comment(place));
        let places: Vec<String> = places.collect();
        let of_platform = self.facts.calls == Callee::PlatformPath;
        if !names.is_empty() {
            text.push_str(
                "# What the actions take as ${credentials.NAME}.\n[integration.credentials]\n",
            );
            for name in &names {
                let _ = writeln!(
                    text,
                    "{} = {{ env = {} }}",
                    key(name),
                    quoted(&variable(name))
                );
            }
            text.push('\n');
        } else if !places.is_empty() && !of_platform {
            let _ = writeln!(
                text,
                "# It has credentials ({}) at the organisation; its actions name no field of them. If they log in by\n\
                 # Basic or a header, give the actions that header.\n",
                places.join(", ")
            );
        }
    }
}

fn head(api: &str) -> String {
    format!(
        "# Made by `tollgate pull` from {}: a beginning, and yours from now on. A later pull changes the\n\
         # folders beside it, and never this file. Fill in each {BLANK}, and give the secrets as the environment\n\
         # variables that are named; the API doesn't show them. `tollgate config check` says what is missing, and\n\
         # with `--without-secrets` checks everything else. docs/configuration.md describes every field.\n\n\
         [server]\nlisten = \"127.0.0.1:8080\"\n\n\
         # Who may call: OAuth client credentials at POST /oauth/token.\n\
         [[caller]]\nclient_id = \"flows\"\n\
         client_secret_env = \"TOLLGATE_CALLER_SECRET\"  # at least 16 characters: openssl rand -base64 32\n\
         flows = [\"voice\"]\n\n\
         # Who calls goes first by priority; the header Tollgate-Flow names one of these.\n\
         [[flow]]\nname = \"voice\"\npriority = 0\n\n\
         [[flow]]\nname = \"other\"\npriority = 1\ndefault = true\n\n",
        comment(api)
    )
}

/// A gateway for later, in front of the first platform integration.
fn gateway(integration: &str) -> String {
    format!(
        "# Any other request to the platform's API, passed through under the same limits (docs/gateway.md); a caller\n\
         # needs pass_through = [\"GET /api/v2/users/{{id}}\"] or the like.\n\
         # [[gateway]]\n# integration = {}\n# path = \"/platform\"\n",
        comment(&quoted(integration))
    )
}
