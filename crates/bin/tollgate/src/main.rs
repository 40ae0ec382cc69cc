//! The one binary.

mod cmd;
mod colour;
mod console;
mod deadline;
mod exit;
mod log;
mod progress;
mod variables;
mod verdict;

use clap::{CommandFactory as _, Parser, Subcommand};
use exit::Exit;
use std::process::ExitCode;

/// Executes data actions over pools of tokens, obeying every limit at once.
#[derive(Parser)]
#[command(name = "tollgate", version, max_term_width = 80)]
struct Cli {
    /// When words are coloured: `auto` is on a terminal, unless NO_COLOR is set.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: clap::ColorChoice,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show the main job: the same load with one token and retries, and through tollgate.
    Demo(cmd::demo::Args),
    /// Run the service.
    Serve(cmd::serve::Args),
    /// Ask a running service whether it is alive, or ready.
    Health(cmd::health::Args),
    Reload(cmd::reload::Args),
    /// Check a configuration file.
    Config(cmd::config::Args),
    /// Prepare and show what nodes that share limits keep in the coordination store.
    Cluster(cmd::cluster::Args),
    /// Run the emulated platform.
    Emulate(cmd::emulate::Args),
    /// Compare with other limiters.
    Bench(cmd::bench::Args),
    Check(cmd::check::Args),
    /// Validate, render and translate action files without a network.
    Action(cmd::action::Args),
    /// Validate, run and test Architect's workflows.
    Workflow(cmd::workflow::Args),
    /// What `workflow` was called before.
    #[command(hide = true)]
    Flow(cmd::workflow::Args),
    /// Say within seconds what a scenario's limits carry, and what each change would buy.
    Plan(cmd::plan::Args),
    /// Simulate a scenario in virtual time and compare policies.
    Simulate(cmd::simulate::Args),
    /// Make the key file, the store and its first administrator.
    Init(cmd::init::Args),
    /// Look at and rotate the keys that seal the store's secrets.
    Keys(cmd::keys::Args),
    /// Check the records of what was removed of the audit log.
    Audit(cmd::audit::Args),
    /// Import action files into the store or a running service.
    Import(cmd::import::ImportArgs),
    /// Read an organisation's actions, data tables and flows' names into a folder, with a first tollgate.toml.
    Pull(cmd::pull::Args),
    /// Export actions of the store or a running service as files.
    Export(cmd::import::ExportArgs),
    /// List the limits in force of a running service, and configure or forget what was learned of them.
    Limits(cmd::limits::Args),
    /// Take rows into data tables of a running service, and print them.
    Table(cmd::table::Args),
    /// Print a script that completes the command line in a shell.
    Completions(cmd::completions::Args),
    /// Write a manual page for each command.
    Man(cmd::completions::ManArgs),
}

fn main() -> ExitCode {
    colour::choose(std::env::args_os());
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(message) => {
            // An error means that nobody reads what is printed.
            let _ = message.print();
            let asked_for = !message.use_stderr();
            let exit = if asked_for {
                Exit::Done
            } else {
                Exit::Unusable
            };
            return exit.into();
        }
    };
    // Each connection is an open file. Where nothing more is to be had, the servers take fewer.
    let _ = tollgate_listen::raise_descriptor_limit();
    console::status(match cli.command {
        Command::Demo(args) => cmd::demo::run(args),
        Command::Serve(args) => cmd::serve::run(args),
        Command::Health(args) => cmd::health::run(&args),
        Command::Reload(args) => cmd::reload::run(args),
        Command::Config(args) => cmd::config::run(args),
        Command::Cluster(args) => cmd::cluster::run(args),
        Command::Emulate(args) => cmd::emulate::run(args),
        Command::Check(args) => cmd::check::run(&args),
        Command::Bench(args) => cmd::bench::run(&args),
        Command::Action(args) => cmd::action::run(args),
        Command::Workflow(args) => cmd::workflow::run(args),
        Command::Flow(args) => {
            console::errln!("tollgate flow is called tollgate workflow now; use that name");
            cmd::workflow::run(args)
        }
        Command::Plan(args) => cmd::plan::run(args),
        Command::Simulate(args) => cmd::simulate::run(args),
        Command::Init(args) => cmd::init::run(args),
        Command::Keys(args) => cmd::keys::run(args),
        Command::Audit(args) => cmd::audit::run(args),
        Command::Import(args) => cmd::import::import(args),
        Command::Pull(args) => cmd::pull::run(args),
        Command::Export(args) => cmd::import::export(args),
        Command::Limits(args) => cmd::limits::run(args),
        Command::Table(args) => cmd::table::run(args),
        Command::Completions(args) => cmd::completions::run(&args, Cli::command()),
        Command::Man(args) => cmd::completions::man(&args, Cli::command()),
    })
    .into()
}
