use super::*;
use serde_json::{Value, json};
use tollgate_store::JsonText;
use tollgate_store::{EntityId, IntegrationConfig, Version, WallTime};

/// An enabled integration with these properties.
fn integration(type_id: &str, properties: &Value) -> Integration {
    Integration {
        id: EntityId::random(),
        name: "One".into(),
        type_id: type_id.into(),
        intended_state: IntendedState::Enabled,
        notes: String::new(),
        attributes: BTreeMap::new(),
        config: IntegrationConfig {
            properties: JsonText::parse(properties.to_string()).unwrap(),
            ..IntegrationConfig::default()
        },
        config_version: Version::FIRST,
        version: Version::FIRST,
        created: WallTime(0),
        modified: WallTime(0),
    }
}

fn client() -> BTreeMap<String, Revealed> {
    let secret = |text: &str| Secret::new(text.into());
    let fields = [("clientId", "id"), ("clientSecret", "hunter2")];
    let fields = fields.map(|(name, text)| (name.to_owned(), secret(text)));
    let credential = (CredentialKind::PureCloudOAuthClient, fields.into());
    [("pureCloudOAuthClient".to_owned(), credential)].into()
}

fn platform(properties: &Value) -> Result<IntegrationPlan, String> {
    let integration = integration("purecloud-data-actions", properties);
    plan(&integration, client()).map_err(|error| error.to_string())
}

#[test]
fn the_login_host_lies_beside_the_api_host() {
    let token_url = |properties: &Value| platform(properties).unwrap().client.unwrap().token_url;
    let base = json!({"baseUrl": "https://api.mypurecloud.de"});
    assert_eq!(
        token_url(&base).as_str(),
        "https://login.mypurecloud.de/oauth/token"
    );
    let own = json!({"baseUrl": "http://h:1/x", "tokenUrl": "http://l/t"});
    assert_eq!(token_url(&own).as_str(), "http://l/t");
    let plain = json!({"baseUrl": "http://h:1/x"});
    assert_eq!(token_url(&plain).as_str(), "http://h:1/oauth/token");
}

#[test]
fn what_can_not_be_used_names_its_property() {
    for (properties, part) in [
        (json!({}), "baseUrl is missing"),
        (json!({"baseUrl": "ftp://h"}), "baseUrl is no http"),
        (
            json!({"baseUrl": "https://kim:hunter2@h"}),
            "baseUrl has a user or a password",
        ),
        (
            json!({"baseUrl": "https://h", "tokenUrl": "https://:hunter2@h/t"}),
            "tokenUrl has a user or a password",
        ),
        (
            json!({"baseUrl": "https://h", "maxTokens": 1001}),
            "maxTokens",
        ),
        (
            json!({"baseUrl": "https://h", "requestsAtOnce": 0}),
            "requestsAtOnce",
        ),
        (
            json!({"baseUrl": "https://h", "allowedHosts": "h"}),
            "allowedHosts",
        ),
    ] {
        let why = platform(&properties).err().unwrap();
        assert!(why.contains(part), "{why}");
        assert!(!why.contains("hunter2"));
    }
    let web = integration("custom-rest-actions", &json!({}));
    assert!(plan(&web, BTreeMap::new()).is_ok(), "it needs nothing");
    let lone = integration("purecloud-data-actions", &json!({"baseUrl": "https://h"}));
    let why = plan(&lone, BTreeMap::new()).err().unwrap().to_string();
    assert!(why.contains("pureCloudOAuthClient"), "{why}");
}

#[test]
fn a_platform_integration_passes_the_vendors_token_rate_unless_it_says() {
    let spec = |properties: &Value| platform(properties).unwrap().spec;
    assert_eq!(
        spec(&json!({"baseUrl": "https://h"})).tokens,
        Some((4, 300))
    );
    let own = spec(&json!({
        "baseUrl": "https://h", "maxTokens": 2, "tokenRequestsPerMinute": 1000,
        "requestsPerMinute": 50, "requestsAtOnce": 5,
    }));
    assert_eq!(own.tokens, Some((2, 1000)));
    let limits: Vec<_> = own
        .limits()
        .into_values()
        .map(|it| (it.name.clone(), it.rule.allowed()))
        .collect();
    let expected = [("One.requests.at.once", 5), ("One.requests.per.minute", 50)];
    assert_eq!(limits, expected.map(|(name, n)| (name.to_owned(), n)));
}

#[test]
fn every_credential_is_struck_in_any_combination() {
    use CredentialKind::{
        BasicAuth, PureCloudOAuthClient, UserDefined, UserDefinedOAuth, ZendeskApiToken,
    };
    let kinds = [
        (PureCloudOAuthClient, "clientSecret"),
        (UserDefinedOAuth, "clientSecret"),
        (BasicAuth, "password"),
        (UserDefined, "key"),
        (ZendeskApiToken, "apiToken"),
    ];
    let types = [
        "purecloud-data-actions",
        "custom-rest-actions",
        "zendesk-data-actions",
        "salesforce-datadip",
    ];
    for type_id in types {
        for (one, (first, first_field)) in kinds.iter().cloned().enumerate() {
            for (other, (second, second_field)) in kinds.iter().cloned().enumerate() {
                let credential = |place: &str, kind, field: &str, number: usize| {
                    let secret = Secret::new(format!("upstream-secret-{place}-{number}"));
                    let mut fields = BTreeMap::from([(field.to_owned(), secret)]);
                    if kind == PureCloudOAuthClient {
                        fields.insert("clientId".into(), Secret::new("id".into()));
                    }
                    (place.to_owned(), (kind, fields))
                };
                let mut credentials = BTreeMap::from([
                    credential("a", first.clone(), first_field, one),
                    credential("b", second, second_field, other),
                ]);
                if type_id == "purecloud-data-actions" {
                    credentials.extend(client());
                }
                let properties = json!({"baseUrl": "https://h"});
                let wanted = plan(&integration(type_id, &properties), credentials).ok();
                let redactor = wanted.unwrap().redactor;
                for secret in [
                    format!("upstream-secret-a-{one}"),
                    format!("upstream-secret-b-{other}"),
                ] {
                    let struck = redactor.strike_output(&secret).into_owned();
                    assert_eq!(struck, "[redacted]", "{type_id}: {secret}");
                }
            }
        }
    }
}
