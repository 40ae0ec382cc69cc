//! Certificates of a configuration: which are refused, and which are used with a warning.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::time::Duration;
use tollgate_config::{Config, ConfigError, Source};
use tollgate_files::Disk;

/// The least that can be served.
const LEAST: &str = r#"
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

/// Makes a key and a certificate for it that is valid for so many days, and gives their PEM texts.
fn certificate(folder: &Path, name: &str, days: &str) -> (String, String) {
    let (key, cert) = (format!("{name}.key"), format!("{name}.pem"));
    let made = std::process::Command::new("openssl")
        .args(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=test"
                .split(' '),
        )
        .args(["-days", days, "-keyout", &key, "-out", &cert])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let read = |name| std::fs::read_to_string(folder.join(name)).unwrap();
    (read(key), read(cert))
}

#[test]
fn certificates_that_no_call_could_use_are_refused_with_the_field_and_why() {
    let folder = tempfile::tempdir().unwrap();
    let (key, cert) = certificate(folder.path(), "one", "2");
    let (other_key, _) = certificate(folder.path(), "other", "2");
    let half = &cert[..cert.len() / 2];
    let scrambled = cert.replacen("MII", "MIJ", 1);
    let source = Source {
        file: "test.toml",
        folder: folder.path(),
        env: &|_| Some("hunter2-hunter3-0123".to_owned()),
        files: &Disk,
    };
    let parse = |field: &str, pem: &str| {
        std::fs::write(folder.path().join("file.pem"), pem).unwrap();
        let mine = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(folder.path().join("file.pem"), mine).unwrap();
        let text = LEAST.replace(
            "clients = [\"pool\"]",
            &format!("clients = [\"pool\"]\n{field}"),
        );
        Config::parse(&text, &source)
    };
    let (identity, roots) = (
        "client_certificate = \"file.pem\"",
        "trusted_roots = [\"file.pem\"]",
    );
    assert!(parse(identity, &(cert.clone() + &key)).is_ok());
    assert!(parse(identity, &(key.clone() + &cert)).is_ok());
    assert!(parse(roots, &(cert.clone() + &cert)).is_ok());
    for (field, pem, why) in [
        (identity, cert.clone(), "no private key"),
        (identity, key.clone(), "no PEM certificate"),
        (
            identity,
            cert.clone() + &other_key,
            "not the first certificate's",
        ),
        (
            identity,
            half.to_owned(),
            "ends before its -----END CERTIFICATE-----",
        ),
        (identity, half.to_owned() + &key, "PEM"),
        (identity, scrambled.clone() + &key, "certificate 1"),
        (identity, String::new(), "no PEM certificate"),
        (roots, String::new(), "no PEM certificate"),
        (roots, "rubbish".to_owned(), "no PEM certificate"),
        (roots, key, "no PEM certificate"),
        (
            roots,
            cert.clone() + half,
            "ends before its -----END CERTIFICATE-----",
        ),
        (roots, scrambled, "certificate 1"),
    ] {
        let Err(ConfigError::Invalid { problems, .. }) = parse(field, &pem) else {
            panic!("{field} takes {pem}");
        };
        let [problem] = &problems[..] else {
            panic!("{problems:?}");
        };
        let name = field.split(' ').next().unwrap();
        assert!(problem.field.contains(name), "{problem:?}");
        assert!(problem.message.contains("file.pem"), "{problem:?}");
        assert!(problem.message.contains(why), "{why}: {problem:?}");
        assert!(!problem.message.contains("PRIVATE"), "{problem:?}");
    }
}

#[test]
fn certificates_that_have_expired_are_told_and_used() {
    let folder = tempfile::tempdir().unwrap();
    let (key, cert) = certificate(folder.path(), "one", "2");
    std::fs::write(folder.path().join("file.pem"), cert + &key).unwrap();
    let mine = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(folder.path().join("file.pem"), mine).unwrap();
    let source = Source {
        file: "test.toml",
        folder: folder.path(),
        env: &|_| Some("hunter2-hunter3-0123".to_owned()),
        files: &Disk,
    };
    let fields =
        "clients = [\"pool\"]\ntrusted_roots = [\"file.pem\"]\nclient_certificate = \"file.pem\"";
    let text = LEAST.replace("clients = [\"pool\"]", fields);
    let config = Config::parse(&text, &source).unwrap();
    let now = std::time::SystemTime::now();
    assert_eq!(tollgate_files::warnings(&config, now), [""; 0]);
    let day = Duration::from_secs(86_400);
    let late = tollgate_files::warnings(&config, now + day * 3);
    assert_eq!(late.len(), 2, "{late:?}");
    assert!(
        late[0].contains("Platform") && late[0].contains("expired"),
        "{late:?}"
    );
    assert!(tollgate_files::warnings(&config, now - day)[1].contains("isn't valid before"));
}
