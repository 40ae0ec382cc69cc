//! The one binary.

mod cmd;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Executes data actions over pools of tokens, obeying every limit at once.
#[derive(Parser)]
#[command(name = "tollgate", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show the main job: the same load with one token and retries, and through tollgate.
    Demo(cmd::demo::Args),
    /// Run the service.
    Serve(cmd::serve::Args),
    /// Check a configuration file.
    Config(cmd::config::Args),
    /// Run the emulated platform.
    Emulate(cmd::emulate::Args),
    /// Validate, render and translate action files without a network.
    Action(cmd::action::Args),
    /// Make the key file, the store and its first administrator.
    Init(cmd::init::Args),
    /// Look at and rotate the keys that seal the store's secrets.
    Keys(cmd::keys::Args),
    /// Import action files into the store or a running service.
    Import(cmd::import::ImportArgs),
    /// Export actions of the store or a running service as files.
    Export(cmd::import::ExportArgs),
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Demo(args) => cmd::demo::run(args),
        Command::Serve(args) => cmd::serve::run(args),
        Command::Config(args) => cmd::config::run(args),
        Command::Emulate(args) => cmd::emulate::run(args),
        Command::Action(args) => cmd::action::run(args),
        Command::Init(args) => cmd::init::run(args),
        Command::Keys(args) => cmd::keys::run(args),
        Command::Import(args) => cmd::import::import(args),
        Command::Export(args) => cmd::import::export(args),
    }
}
