//! Files that are one another, or no files, are refused before anything is touched.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tollgate_config::{Config, Source};
use tollgate_files::Disk;

const SECRET: &str = "test-secret-0123456789";

/// What `check` says of these lines of `[server]`, with a store in `tollgate.db`.
fn check(folder: &Path, server: &str) -> Result<(), String> {
    let text = format!(
        "[server]\n{server}\n[store]\nurl = \"sqlite:tollgate.db\"\nkey_file = \"tollgate.keys\"\n\
         [[caller]]\nclient_id = \"flows\"\nclient_secret_file = \"caller.secret\"\n\
         [[integration]]\nname = \"Web\"\ntype = \"custom-rest-actions\"\nactions = {{ folder = \"actions\" }}\n"
    );
    let source = Source {
        file: &folder.join("tollgate.toml").display().to_string(),
        folder,
        env: &|_| None,
        files: &Disk,
    };
    let problems = tollgate_files::check(&Config::parse(&text, &source).unwrap()).into_iter();
    let lines: Vec<_> = problems
        .map(|(field, why)| format!("{field}: {why}"))
        .collect();
    if lines.is_empty() {
        Ok(())
    } else {
        Err(lines.join("\n"))
    }
}

#[test]
fn a_file_that_is_written_is_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    for name in [
        "tollgate.db",
        "tollgate.db-wal",
        "tollgate.keys",
        "caller.secret",
        "tollgate.toml",
    ] {
        std::fs::write(at.join(name), SECRET).unwrap();
        std::fs::set_permissions(at.join(name), PermissionsExt::from_mode(0o600)).unwrap();
    }
    for name in ["actions", "flows", "a folder"] {
        std::fs::create_dir(at.join(name)).unwrap();
    }
    std::fs::write(at.join("actions/one.json"), "{}").unwrap();
    std::fs::write(at.join("flows/one.yaml"), "").unwrap();
    std::os::unix::fs::symlink("tollgate.db", at.join("a link")).unwrap();
    std::os::unix::fs::symlink("nothing", at.join("a dangling link")).unwrap();
    std::os::unix::fs::symlink(".", at.join("itself")).unwrap();
    std::fs::hard_link(at.join("tollgate.keys"), at.join("another name")).unwrap();
    std::fs::hard_link(at.join("actions/one.json"), at.join("an action")).unwrap();

    assert_eq!(check(at, ""), Ok(()));
    assert_eq!(
        check(
            at,
            "usage_file = \"a.usage\"\nrecords_file = \"b.records\"\nworkflow_folder = \"flows\""
        ),
        Ok(())
    );
    for path in [
        "tollgate.db",
        "./tollgate.db",
        "a folder/../tollgate.db",
        "itself/tollgate.db",
        "a link",
        "tollgate.db-wal",
        "tollgate.db-shm",
        "tollgate.db-journal",
        "tollgate.keys",
        "another name",
        "caller.secret",
        "tollgate.toml",
        "an action",
        "actions/one.json",
        "actions/new.json",
        "flows/one.yaml",
        "flows/new.yml",
        "a folder",
        ".",
        "a dangling link",
        "no folder/x",
        "/dev/null",
        "/dev/stdout",
        "/dev/fd/1",
        "/proc/self/fd/2",
        "tollgate.toml/x",
    ] {
        for field in ["usage_file", "records_file"] {
            let said = check(
                at,
                &format!("workflow_folder = \"flows\"\n{field} = \"{path}\""),
            )
            .unwrap_err();
            assert!(
                said.starts_with(&format!("server.{field}")),
                "{path}: {said}"
            );
            assert!(!said.contains(SECRET));
        }
    }
    // What stands beside a file counts as the file does.
    for (usage, records) in [
        ("x.limits", "y"),
        ("x.lock", "y"),
        ("x.new", "y"),
        ("x", "x"),
        ("x", "x.limits"),
        ("x", "x.lock"),
        ("x.1", "x"),
        ("x", "./x"),
        ("x", "itself/x"),
    ] {
        let said = check(
            at,
            &format!("usage_file = \"{usage}\"\nrecords_file = \"{records}\""),
        );
        assert!(said.is_err(), "{usage} {records}");
    }
    for name in ["tollgate.db", "tollgate.keys", "caller.secret"] {
        assert_eq!(
            std::fs::read_to_string(at.join(name)).unwrap(),
            SECRET,
            "untouched"
        );
    }
}

#[test]
fn secrets_that_others_write_or_that_can_be_guessed_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let parse = |secret: &str, mode: u32| {
        let path = folder.path().join("s");
        std::fs::write(&path, secret).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        let text = "[store]\nurl = \"sqlite:a\"\nkey_env = \"K\"\n[[caller]]\nclient_id = \"a-client-of-flows\"\nclient_secret_file = \"s\"\n";
        let source = Source {
            file: "t.toml",
            folder: folder.path(),
            env: &|_| None,
            files: &Disk,
        };
        Config::parse(text, &source)
            .map(|config| tollgate_files::warnings(&config, std::time::SystemTime::now()))
            .map_err(|error| error.to_string())
    };
    assert_eq!(parse("Xq3v9-kT7m2Lw8Rz", 0o600), Ok(vec![]));
    for mode in [0o644, 0o640, 0o604] {
        let warnings = parse("Xq3v9-kT7m2Lw8Rz", mode).unwrap();
        let [warning] = &warnings[..] else {
            panic!("{warnings:?}")
        };
        assert!(
            warning.contains("chmod 600") && warning.contains("caller[1].client_secret_file"),
            "{warning}"
        );
    }
    for mode in [0o660, 0o666, 0o602] {
        let said = parse("Xq3v9-kT7m2Lw8Rz", mode).unwrap_err();
        assert!(
            said.contains("chmod 600") && said.contains("client_secret_file"),
            "{said}"
        );
    }
    for weak in [
        "a",
        "secret",
        "Xq3v9-kT7m2Lw8R",
        "aaaaaaaaaaaaaaaaaaaaaaaa",
        "abcabcabcabcabcabcabc",
        "0123456789abcdef",
        "abcdefghijklmnopqrstuvwxyz",
        "1234512345123451",
        "a-client-of-flows",
        "a-client-of-flows-1",
        "changemechangeme",
        "0000000011111111",
        "passwordpassword",
    ] {
        let said = parse(weak, 0o600).unwrap_err();
        assert!(
            said.contains("too weak") && said.contains("caller[1].client_secret_file"),
            "{weak}: {said}"
        );
        assert!(weak.len() < 8 || !said.contains(weak), "{said}");
    }
}
