//! `tollgate action`: what an action file would do, without a network.
//!
//! Data goes to stdout, everything said about it to stderr.

mod files;
mod run;
mod validate;
mod wrap;

use crate::console::{Stderr, Stdout};
use crate::exit::Exit;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Check action files, and tell what in them will surprise.
    Validate(Validate),
    /// Print the request that an action makes of inputs.
    Render(Render),
    /// Print the output that an action makes of a response.
    Translate(Translate),
    /// Print an input made from the action's own contract.
    Example(Example),
    /// Make actions for the vendor's cloud that have these carried out by tollgate.
    Wrap(Wrap),
}

#[derive(clap::Args)]
struct Validate {
    /// Action files as the vendor exports them, or folders of such, with the folders in them; - for stdin. Of a
    /// folder with .tf files, the genesyscloud_integration_action resources that they deploy, and exports.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Print an array with an object for each file.
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
struct Render {
    /// The action file; - for stdin.
    file: PathBuf,
    /// The inputs as JSON, or @FILE, or @- for stdin.
    #[arg(long)]
    input: String,
    /// A credential field as NAME=VALUE, or NAME=@FILE. May be repeated.
    #[arg(long = "credential", value_name = "NAME=VALUE")]
    credentials: Vec<String>,
    /// The inputs are in Architect's flattened form.
    #[arg(long)]
    flatten: bool,
}

#[derive(clap::Args)]
struct Translate {
    /// The action file; - for stdin.
    file: PathBuf,
    /// The inputs as JSON, or @FILE, or @- for stdin.
    #[arg(long, default_value = "{}")]
    input: String,
    /// The response's body, or @FILE, or @- for stdin.
    #[arg(long)]
    response: String,
    /// Print the output in Architect's flattened form.
    #[arg(long)]
    flatten: bool,
}

#[derive(clap::Args)]
struct Example {
    /// The action file; - for stdin.
    file: PathBuf,
    /// Print an output made from the output contract instead.
    #[arg(long)]
    output: bool,
}

#[derive(clap::Args)]
struct Wrap {
    /// Action files as the vendor exports them, or folders of such; - for stdin.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[arg(
        long,
        help = "Where the vendor's cloud reaches tollgate, such as https://tollgate.example"
    )]
    url: String,
    /// The integration of tollgate that has the actions, by name or id; without it, one that is called as the vendor
    /// calls its type.
    #[arg(long, value_name = "NAME")]
    integration: Option<String>,
    /// The flow that they are to be called as.
    #[arg(long)]
    flow: Option<String>,
    /// The latest useful start of each call, such as 2s; without it, the action's timeout.
    #[arg(long, value_name = "SPAN")]
    deadline: Option<String>,
    /// Have each end of a call answered as a success, with fields that say how it ended.
    #[arg(long)]
    errors: Option<Errors>,
    /// What the names of the new actions begin with.
    #[arg(long, default_value = "", hide_default_value = true)]
    prefix: String,
    /// Write Terraform (CX as Code) instead of action files.
    #[arg(long)]
    terraform: bool,
    /// Folder to write into.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Write over files that are there.
    #[arg(long)]
    force: bool,
    /// Print an object that says what became of each file.
    #[arg(long)]
    json: bool,
}

/// How errors are answered.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Errors {
    /// As fields of an answer whose status is 200.
    Inline,
}

pub(crate) fn run(args: Args) -> Exit {
    let (stdout, stderr) = (&mut Stdout, &mut Stderr);
    let status = match &args.command {
        Command::Validate(args) => validate::validate(args, stdout, stderr),
        Command::Render(args) => run::report(run::render(args), stdout, stderr),
        Command::Translate(args) => run::report(run::translate(args), stdout, stderr),
        Command::Example(args) => run::report(run::example(args), stdout, stderr),
        Command::Wrap(args) => wrap::wrap(args, stdout, stderr),
    };
    status.unwrap_or(Exit::Failed)
}
