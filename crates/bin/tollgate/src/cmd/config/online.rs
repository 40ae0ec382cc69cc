//! `tollgate config check --online`: what was tried, and what came of it.

use crate::console::{errln, outln, plural};
use crate::exit::Exit;
use crate::progress::Progress;
use crate::verdict::{Standing, Verdict};
use serde_json::{Value, json};
use tollgate_config::Config;
use tollgate_service::{Definitions, Tried, try_online};

/// Tries all that the file names, prints it, and ends with 1 if something failed.
#[tokio::main]
pub(super) async fn run(config: &Config, definitions: &Definitions, as_json: bool) -> Exit {
    let progress = Progress::at("trying what the file names");
    let tried = try_online(config, definitions).await;
    drop(progress);
    let tried = match tried {
        Ok(tried) => tried,
        Err(error) => {
            errln!("tollgate config check: {error}");
            return Exit::Failed;
        }
    };
    if config.store.is_some() {
        errln!("note: what only the store has isn't tried");
    }
    let failed = tried.iter().any(|it| it.failure.is_some());
    if as_json {
        let tried: Vec<_> = tried.iter().map(show).collect();
        outln!(
            "{}",
            json!({"file": config.file, "ok": !failed, "tried": tried})
        );
    } else {
        tried.iter().for_each(print);
        verdict(config, &tried).print();
    }
    Exit::of(!failed)
}

/// What the tries mean.
fn verdict(config: &Config, tried: &[Tried]) -> Verdict {
    let (file, all) = (&config.file, tried.len());
    match tried.iter().filter(|it| it.failure.is_some()).count() {
        0 => Verdict::new(
            Standing::Good,
            "all that the file names lets the service in.",
            format!("`tollgate serve --config {file}` starts it."),
        ),
        failed => Verdict::new(
            Standing::Bad,
            format!(
                "the file is right, but {failed} of {} of what it names failed.",
                plural(all, "try")
            ),
            format!("mend what is said above, and `tollgate config check {file} --online` again."),
        ),
    }
}

fn print(tried: &Tried) {
    let Tried {
        what,
        address,
        took,
        failure,
    } = tried;
    match failure {
        None => outln!("ok: {what} ({address}, {} ms)", took.as_millis()),
        Some(failure) => errln!("{}", failure.fault),
    }
}

fn show(tried: &Tried) -> Value {
    let mut shown = json!({
        "what": tried.what,
        "address": tried.address,
        "millis": u64::try_from(tried.took.as_millis()).unwrap_or(u64::MAX),
        "ok": tried.failure.is_none(),
    });
    if let Some(failure) = &tried.failure {
        let answer = failure.answer.as_ref();
        let (line, column) = failure.fault.place.unzip();
        shown["failure"] = json!({
            "field": failure.fault.field,
            "line": line,
            "column": column,
            "step": failure.step,
            "status": answer.map(|answer| answer.status),
            "error": answer.and_then(|answer| answer.error.as_ref()),
            "description": answer.and_then(|answer| answer.description.as_ref()),
            "message": failure.fault.message,
        });
    }
    shown
}
