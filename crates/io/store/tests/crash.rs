//! Nothing acknowledged is lost and nothing is half-written, whenever the process or the server dies.
//!
//! A child process writes as fast as it can and prints a line for each change *after* the store has
//! acknowledged it. It is killed with SIGKILL at random moments, twenty times on each store; PostgreSQL's
//! server is killed, too, twice. After each death the store is opened anew and checked: every line
//! that was printed is true, and every entity agrees with its audit entries.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use support::postgres::{Disk, Server};
use support::{Folder, by, open};
use tollgate_store::*;
use tollgate_store::{Action, Draft, Integration, Table};

const DEATHS: u32 = 20;
const URL: &str = "TOLLGATE_CRASH_URL";
const ROUND: &str = "TOLLGATE_CRASH_ROUND";
/// Tasks of the child that write at once.
const WRITERS: u32 = 3;

fn id(text: String) -> EntityId {
    EntityId::parse(text).unwrap()
}

/// One writer's life: it makes things that hang together, and tells of each step.
async fn write(store: &Store, name: String) -> StoreResult<()> {
    // One write for one line: what a kill leaves is whole lines and perhaps a part of the last.
    let tell = |line: String| {
        std::io::stdout()
            .write_all(format!("{line}\n").as_bytes())
            .unwrap()
    };
    let table = id(format!("t-{name}"));
    let body = TableBody {
        name: table.to_string(),
        description: String::new(),
        schema: JsonText::default(),
        division: String::new(),
    };
    store.create::<Table>((table.clone(), body), &by(0)).await?;
    for n in 0..10_000 {
        let it = id(format!("{name}-{n}"));
        let fields = [("a", "1"), ("b", "2")].map(|(k, v)| (k.to_owned(), v.to_owned().into()));
        let new = NewCredential {
            id: it.clone(),
            name: it.to_string(),
            kind: CredentialKind::UserDefined,
            fields: BTreeMap::from(fields),
        };
        store.create_credential(new, &by(n)).await?;
        tell(format!("credential {it}"));
        let new = NewIntegration {
            id: it.clone(),
            name: it.to_string(),
            type_id: "custom-rest-actions".into(),
            intended_state: IntendedState::Enabled,
            notes: "x".repeat(3000),
            attributes: BTreeMap::new(),
        };
        store.create::<Integration>(new, &by(n)).await?;
        let credentials = BTreeMap::from([("userDefined".into(), it.clone())]);
        let config = IntegrationConfig {
            credentials,
            ..Default::default()
        };
        store
            .update_integration_config(&it, Expected::Version(Version(1)), config, &by(n))
            .await?;
        tell(format!("integration {it}"));
        let body = ActionBody {
            name: it.to_string(),
            category: "c".into(),
            secure: false,
            config: JsonText::default(),
            contract: JsonText::default(),
        };
        let draft = NewAction {
            id: it.clone(),
            integration_id: it.clone(),
            body,
        };
        store.create::<Draft>(draft, &by(n)).await?;
        tell(format!("draft {it}"));
        store
            .publish_draft(&it, Expected::Version(Version(1)), &by(n))
            .await?;
        tell(format!("action {it}"));
        store
            .insert_row(
                &table,
                Row {
                    key: it.to_string(),
                    value: JsonText::default(),
                },
                &by(n),
            )
            .await?;
        tell(format!("row {it} {table}"));
        let job = work(store, &it, n).await?;
        tell(format!("job {it}"));
        if job {
            tell(format!("ended {it}"));
        }
    }
    Ok(())
}

/// Takes a job in, and ends one that is due; true if that was the same.
async fn work(store: &Store, it: &EntityId, n: u32) -> StoreResult<bool> {
    let at = by(n).at;
    let new = NewJob {
        id: it.clone(),
        caller: "crash".into(),
        action: "a".into(),
        flow: "later".into(),
        flat: false,
        inputs: "{}".to_owned().into(),
        callback: None,
        deadline: at.plus_seconds(1_000_000),
    };
    let bounds = JobBounds {
        waiting_each: u64::MAX,
        waiting: u64::MAX,
        bytes_each: u64::MAX,
        bytes: u64::MAX,
    };
    store.accept_job(new, &bounds, at).await?;
    let mut same = false;
    for taken in store
        .take_jobs(
            JobTask::CarryOut,
            (1, ClaimExcept::default()),
            (at, at.plus_seconds(30)),
        )
        .await?
    {
        let how = EndedJob {
            state: JobState::Fulfilled,
            answer: Some("{}".to_owned().into()),
            at,
        };
        same |= store.end_job(&taken.claim, &how).await? && taken.job.id == *it;
    }
    Ok(same)
}

/// Not a test of its own: what the child process runs.
#[tokio::test]
#[ignore = "run by the other tests, in a process of its own"]
async fn child() {
    let (Ok(url), Ok(round)) = (std::env::var(URL), std::env::var(ROUND)) else {
        return;
    };
    let store = open(&url).await;
    let names = (0..WRITERS).map(|w| format!("r{round}w{w}"));
    let writers: Vec<_> = names.map(|name| write(&store, name)).collect();
    // Ends when the server is killed; an error is no acknowledgement.
    let [one, two, three]: [_; 3] = writers.try_into().ok().unwrap();
    let _ = tokio::join!(one, two, three);
}

fn start(url: &str, round: u32) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "child",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(URL, url)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Lets the child write for a random number of lines and a random moment more, strikes, and returns
/// the lines that were printed whole.
fn run_and_strike(url: &str, round: u32, strike: impl FnOnce(&mut Child)) -> Vec<String> {
    let mut child = start(url, round);
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let lines = 5 + random(60);
    let mut printed = Vec::new();
    let mut read = |printed: &mut Vec<String>| {
        let mut line = String::new();
        let more = output.read_line(&mut line).unwrap() > 0 && line.ends_with('\n');
        if more {
            printed.push(line.trim_end().to_owned());
        }
        more
    };
    while (printed.len() as u64) < lines && read(&mut printed) {}
    std::thread::sleep(Duration::from_micros(random(20_000)));
    strike(&mut child);
    while read(&mut printed) {}
    child.wait().unwrap();
    printed.retain(|line| {
        [
            "credential",
            "integration",
            "draft",
            "action",
            "row",
            "job",
            "ended",
        ]
        .contains(&line.split(' ').next().unwrap())
    });
    assert!(
        !printed.is_empty(),
        "the child wrote something before it died"
    );
    printed
}

/// Below `bound`. From the system, because a moment that repeats isn't random.
fn random(bound: u64) -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::hash::RandomState::new().build_hasher().finish() % bound
}

/// Every acknowledged line is true, and nothing is half there.
async fn check(store: &Store, round: u32, printed: &[String]) {
    for line in printed {
        let words: Vec<&str> = line.split(' ').collect();
        let it = id(words[1].to_owned());
        match words[0] {
            "credential" => assert_eq!(
                store.reveal_credential(&it).await.unwrap().len(),
                2,
                "{line}"
            ),
            "integration" => {
                let found = store.get::<Integration>(&it).await.unwrap();
                assert_eq!(
                    (found.version, found.config_version, found.notes.len()),
                    (Version(2), Version(2), 3000),
                    "{line}"
                );
            }
            // A draft may have been published since, acknowledged or not.
            "draft" => assert!(
                store.get::<Draft>(&it).await.is_ok() != store.get::<Action>(&it).await.is_ok(),
                "{line}"
            ),
            "action" => {
                assert_eq!(
                    store.get::<Action>(&it).await.unwrap().version,
                    Version(1),
                    "{line}"
                );
                assert!(store.get::<Draft>(&it).await.is_err(), "{line}");
            }
            // It may have been taken or ended by any of the writers.
            "job" => drop(store.job(&it).await.unwrap()),
            "ended" => {
                let (job, answer) = store.job_and_answer(&it).await.unwrap();
                assert_eq!(job.state, JobState::Fulfilled, "{line}");
                assert!(answer.is_some(), "{line}");
            }
            _ => assert!(
                store.row(&id(words[2].to_owned()), words[1]).await.is_ok(),
                "{line}"
            ),
        }
    }
    // Beyond what was acknowledged: a change is there with its audit entry, or neither is.
    let mut told: HashMap<(String, String), u32> = HashMap::new();
    for number in 1.. {
        let page = PageRequest::new(500, number).unwrap();
        let entries = store
            .audit(&AuditQuery {
                page,
                ..Default::default()
            })
            .await
            .unwrap()
            .items;
        if entries.is_empty() {
            break;
        }
        for entry in entries
            .into_iter()
            .filter(|e| e.entity_id.starts_with(&format!("r{round}w")))
        {
            *told
                .entry((
                    format!("{} {}", entry.action, entry.entity_type),
                    entry.entity_id,
                ))
                .or_default() += 1;
        }
    }
    for ((what, entity), count) in &told {
        assert_eq!(*count, 1, "{what} {entity}");
        let it = id(entity.clone());
        match what.as_str() {
            "create credential" => assert_eq!(store.reveal_credential(&it).await.unwrap().len(), 2),
            "create integration" => {
                let configured =
                    told.contains_key(&("configure integration".into(), entity.clone()));
                let found = store.get::<Integration>(&it).await.unwrap();
                assert_eq!(found.version.0, 1 + i64::from(configured), "{entity}");
                assert_eq!(
                    found.config.credentials.len(),
                    usize::from(configured),
                    "{entity}"
                );
            }
            "create draft" => {
                let published = told.contains_key(&("publish action".into(), entity.clone()));
                assert_eq!(
                    store.get::<Action>(&it).await.is_ok(),
                    published,
                    "{entity}"
                );
                assert_eq!(
                    store.get::<Draft>(&it).await.is_ok(),
                    !published,
                    "{entity}"
                );
            }
            "configure integration" | "publish action" => {}
            other => panic!("nobody did {other}"),
        }
    }
    for writer in 0..WRITERS {
        let table = format!("t-r{round}w{writer}");
        let Ok(table) = store.table_named(&table).await else {
            continue;
        };
        let query = AuditQuery {
            entity_types: vec!["row".into()],
            entity_ids: vec![table.id.to_string()],
            ..Default::default()
        };
        let (rows, told) = (
            store
                .list_rows(&table.id, false, PageRequest::default())
                .await
                .unwrap()
                .total,
            store.audit(&query).await.unwrap().total,
        );
        assert_eq!(rows, told, "rows of {}", table.id);
        // The count that the store keeps beside them is right too: it lets go of exactly so many.
        for key in 0..rows {
            let first = store
                .list_rows(&table.id, false, PageRequest::new(1, 1).unwrap())
                .await
                .unwrap()
                .items
                .remove(0);
            store
                .delete_row(&table.id, &first.key, &by(0))
                .await
                .unwrap_or_else(|e| panic!("{key}: {e}"));
        }
        store
            .delete_table(&table.id, Expected::Any, false, &by(0))
            .await
            .unwrap();
    }
}

fn kill(child: &mut Child) {
    child.kill().unwrap();
}

#[tokio::test]
async fn sqlite_keeps_what_it_acknowledged() {
    let folder = Folder::new("crash");
    let url = format!("sqlite:{}", folder.path().join("store.db").display());
    let mut acknowledged = 0;
    for round in 0..DEATHS {
        let printed = run_and_strike(&url, round, kill);
        acknowledged += printed.len();
        check(&open(&url).await, round, &printed).await;
    }
    eprintln!("sqlite: {DEATHS} deaths, {acknowledged} acknowledged changes, all there");
}

#[tokio::test]
async fn postgres_keeps_what_it_acknowledged() {
    let mut server = match Server::start(Disk::Waits) {
        Ok(server) => server,
        Err(why) => return support::skip(&why),
    };
    let url = server.database("crash");
    let mut acknowledged = 0;
    // One store lives through all of it: its connections break and are replaced.
    let lasting = open(&url).await;
    for round in 0..DEATHS {
        let printed = run_and_strike(&url, round, kill);
        acknowledged += printed.len();
        check(&open(&url).await, round, &printed).await;
    }
    for round in DEATHS..DEATHS + 2 {
        let printed = run_and_strike(&url, round, |_| server.crash_and_restart());
        acknowledged += printed.len();
        check(&lasting, round, &printed).await;
    }
    eprintln!(
        "postgres: {DEATHS} deaths and two of the server, {acknowledged} acknowledged changes, all there"
    );
}
