//! What a pull says: a line for each file that differs on stdout, the rest on stderr; or one object.

use super::Args;
use super::disk::{Begun, CONFIG, Change, Difference};
use super::read::Organisation;
use crate::console::{errln, outln, plural};
use serde_json::{Value, json};

/// `begun`: what became of `tollgate.toml`; nothing where nothing was written.
pub(super) fn tell(
    args: &Args,
    found: &Organisation,
    differences: &[Difference],
    begun: Option<Begun>,
) {
    if args.json {
        outln!("{:#}", object(args, found, differences, begun));
        return;
    }
    for Difference { file, change } in differences {
        let file = args.out.join(file);
        let file = file.display();
        match change {
            Change::New { .. } => outln!("new      {file}"),
            Change::Changed { fields, .. } => outln!("changed  {file}: {}", fields.join(", ")),
            Change::Gone if args.force => outln!("removed  {file}"),
            Change::Gone => outln!("gone     {file}"),
        }
    }
    for part in &found.unread {
        errln!("note: {part}; its files are left as they are");
    }
    for note in &found.notes {
        errln!("note: {note}");
    }
    let files = plural(found.files.len(), "file");
    let count = |of: fn(&Change) -> bool| differences.iter().filter(|it| of(&it.change)).count();
    let gone = count(|it| matches!(it, Change::Gone));
    if differences.is_empty() {
        errln!("{files}, all as they are there");
    } else {
        errln!(
            "{files} there: {} new, {} changed, {gone} gone",
            count(|it| matches!(it, Change::New { .. })),
            count(|it| matches!(it, Change::Changed { .. }))
        );
    }
    if gone > 0 && begun.is_some() && !args.force {
        errln!("what is gone there is left; give --force to remove it");
    }
    let config = args.out.join(CONFIG);
    let config = config.display();
    match begun {
        Some(Begun::Made) => errln!(
            "{config} is a beginning: fill in what it says, and `tollgate config check {config}`"
        ),
        Some(Begun::Kept) => errln!("{config} is yours, and left as it is"),
        Some(Begun::Nothing) => {
            errln!("{config} was not made: there are no actions that can be executed here")
        }
        None => {}
    }
}

fn object(
    args: &Args,
    found: &Organisation,
    differences: &[Difference],
    begun: Option<Begun>,
) -> Value {
    let differences = differences
        .iter()
        .map(|Difference { file, change }| match change {
            Change::New { .. } => json!({"file": file, "change": "new"}),
            Change::Changed { fields, .. } => {
                json!({"file": file, "change": "changed", "fields": fields})
            }
            Change::Gone => json!({"file": file, "change": "gone"}),
        });
    let unread = found.unread.iter().map(ToString::to_string);
    json!({
        "files": found.files.len(),
        "differences": differences.collect::<Vec<_>>(),
        "unread": unread.collect::<Vec<_>>(),
        "notes": found.notes,
        "written": begun.is_some(),
        "removed": begun.is_some() && args.force,
        "configMade": matches!(begun, Some(Begun::Made)),
    })
}
