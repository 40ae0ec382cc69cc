//! What the tests of configuration files share: the least file, how one is read, and what stands against it.

#![allow(dead_code, reason = "shared by tests, each of which uses a part")]

use std::path::Path;
use tollgate_config::{Config, ConfigError, NoFiles, Problem, Source};

/// The least that can be served. Tables of its integration, and further ones, may follow.
pub(crate) const LEAST: &str = r#"
[[caller]]
client_id = "flows"
client_secret_env = "SECRET"

[[client]]
name = "pool"
client_id = "id"
client_secret_env = "SECRET"
token_url = "https://login.example.com/oauth/token"

[[integration]]
name = "Platform"
type = "purecloud-data-actions"
base_url = "https://api.example.com"
clients = ["pool"]
actions = { folder = "actions" }
"#;

/// A file in `/srv` whose variables are these, and whose files are empty.
pub(crate) fn source(env: &dyn Fn(&str) -> Option<String>) -> Source<'_> {
    Source {
        file: "test.toml",
        folder: Path::new("/srv"),
        env,
        files: &NoFiles,
    }
}

/// The configuration, where every variable but `ABSENT` has a secret.
pub(crate) fn parse(text: &str) -> Result<Config, ConfigError> {
    let secret = |name: &str| (name != "ABSENT").then(|| "hunter2-hunter3-0123".to_owned());
    Config::parse(text, &source(&secret))
}

/// What stands against the text.
#[track_caller]
pub(crate) fn problems(text: &str) -> Vec<Problem> {
    match parse(text) {
        Err(ConfigError::Invalid { problems, .. }) => problems,
        other => panic!("expected problems, found {other:?}"),
    }
}

/// The line, the field and the message of the one problem that the text has.
#[track_caller]
pub(crate) fn problem(text: &str) -> (usize, String, String) {
    let mut found = problems(text);
    assert_eq!(found.len(), 1, "{found:?}");
    let it = found.remove(0);
    (it.line, it.field, it.message)
}
