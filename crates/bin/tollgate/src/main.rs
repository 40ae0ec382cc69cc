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
    /// Compare with other limiters.
    Bench(cmd::bench::Args),
    /// Validate, render and translate action files without a network.
    Action(cmd::action::Args),
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Demo(args) => cmd::demo::run(args),
        Command::Serve(args) => cmd::serve::run(args),
        Command::Config(args) => cmd::config::run(args),
        Command::Emulate(args) => cmd::emulate::run(args),
        Command::Bench(args) => cmd::bench::run(args),
        Command::Action(args) => cmd::action::run(args),
    }
}
