//! `tollgate config`.

mod online;

use crate::console::{self, errln, outln, plural};
use crate::exit::Exit;
use crate::variables;
use crate::verdict::{Standing, Verdict};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;
use tollgate_config::Config;
use tollgate_definitions::CatalogAction;
use tollgate_service::Definitions;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Check a file and the action and workflow files it names, and say what was understood.
    ///
    /// Finds what `serve` would refuse to start with, and opens no store. With a store, a `[[cache]]` or a
    /// workflow may name actions that only the store has: that is told and no fault.
    ///
    /// Exit status: 0 where nothing is wrong; 64 where the file is; 1 where only --online found something.
    Check(Check),
    /// Print the action file of a composite, as `tollgate action wrap` takes it: its contract, and a request that
    /// leads nowhere. Secrets may be absent.
    Composite(Composite),
}

#[derive(clap::Args)]
struct Check {
    /// The configuration file.
    #[arg(env = variables::CONFIG, hide_env_values = true)]
    file: PathBuf,
    /// Let secrets be absent: variables that aren't set, files with secrets or keys that aren't there.
    /// Everything else is checked, and secrets that are there.
    #[arg(long, conflicts_with = "online")]
    without_secrets: bool,
    /// Also try what the file names: fetch one token for each client, connect to each token URL and base URL. No
    /// action is called.
    #[arg(long)]
    online: bool,
    /// Print what was tried as JSON, in the place of what was understood.
    #[arg(long, requires = "online")]
    json: bool,
}

#[derive(clap::Args)]
struct Composite {
    /// The configuration file.
    file: PathBuf,
    /// The composite's name.
    name: String,
    /// The integration that has it, where several have one of this name.
    #[arg(long)]
    integration: Option<String>,
}

pub(crate) fn run(args: Args) -> Exit {
    match args.command {
        Command::Check(args) => check(&args),
        Command::Composite(args) => match composite(&args) {
            Ok(()) => Exit::Done,
            Err(problems) => {
                errln!("{problems}");
                Exit::Unusable
            }
        },
    }
}

fn check(check: &Check) -> Exit {
    let (config, definitions) = match load(&check.file, check.without_secrets) {
        Ok(loaded) => loaded,
        Err(problems) => {
            errln!("{problems}");
            if !check.json {
                refused(&check.file).print();
            }
            return Exit::Unusable;
        }
    };
    if !check.json {
        console::lines(&config.describe());
        outln!(
            "{}, {}",
            plural(definitions.actions(), "action"),
            plural(definitions.workflows(), "workflow")
        );
    }
    let mut warnings = tollgate_files::warnings(&config, SystemTime::now());
    warnings.extend(definitions.warnings());
    let warned = !warnings.is_empty();
    for warning in warnings {
        console::remark_at_length(&format!("warning: {warning}"));
    }
    for note in definitions.unconfirmed.iter().chain(&config.notes()) {
        console::remark_at_length(&format!("note: {note}"));
    }
    if check.online {
        return online::run(&config, &definitions, check.json);
    }
    accepted(check, warned).print();
    Exit::Done
}

/// What it means that nothing is wrong, and what could be tried next.
fn accepted(check: &Check, warned: bool) -> Verdict {
    let file = check.file.display();
    let standing = if warned {
        Standing::Doubtful
    } else {
        Standing::Good
    };
    let (means, next) = if check.without_secrets {
        (
            "nothing but secrets could keep the service from starting with this file.",
            format!("give it its secrets, and `tollgate config check {file}`."),
        )
    } else {
        (
            "the service starts with this file.",
            format!(
                "`tollgate config check {file} --online` tries its logins and addresses; `tollgate serve --config {file}` \
                 starts it."
            ),
        )
    };
    Verdict::new(standing, means, next)
}

/// What it means that something is wrong.
fn refused(file: &Path) -> Verdict {
    let next = format!(
        "mend what is said above, and `tollgate config check {}` again.",
        file.display()
    );
    Verdict::new(
        Standing::Bad,
        "the service would not start with this file.",
        next,
    )
}

fn load(file: &Path, without_secrets: bool) -> Result<(Config, Definitions), String> {
    let config = if without_secrets {
        tollgate_files::load_without_secrets(file)
    } else {
        tollgate_files::load(file)
    };
    let config = config.map_err(|error| error.to_string())?;
    let definitions = Definitions::load(&config).map_err(|faults| faults.to_string())?;
    Ok((config, definitions))
}

fn composite(args: &Composite) -> Result<(), String> {
    let (_, definitions) = load(&args.file, true)?;
    let all = || definitions.catalog.actions().filter(|it| it.is_composite());
    let is_it = |it: &&Arc<CatalogAction>| {
        let integration = args.integration.as_ref();
        it.name == args.name && integration.is_none_or(|of| it.category == *of)
    };
    let found: Vec<_> = all().filter(is_it).collect();
    let [found] = found[..] else {
        let known = all().map(|it| format!("{:?} of {:?}", it.name, it.category));
        let known = known.collect::<Vec<_>>().join(", ");
        let what = if found.is_empty() {
            "no composite"
        } else {
            "more than one composite"
        };
        return Err(format!(
            "{}: {what} is called {:?}; there are: {known}",
            args.file.display(),
            args.name
        ));
    };
    let action = found.action().map_err(|error| error.to_string())?;
    outln!("{:#}", action.definition());
    Ok(())
}
