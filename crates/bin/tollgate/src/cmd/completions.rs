//! `tollgate completions` and `tollgate man`: what a shell and a reader of manuals get, made from the same description
//! of the command line as `--help`.

use super::{output, stored};
use crate::console::{Stdout, outln};
use crate::exit::Exit;
use anyhow::Context as _;
use clap::Command;
use clap_complete::Shell;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The day that the pages tell, as a page has to: that of the last change in what they have in common.
const WRITTEN: &str = "2026-11-30";

/// Prints a script that completes the command line in a shell.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The shell.
    shell: Shell,
}

/// Writes a manual page for each command, or prints that of tollgate itself.
#[derive(clap::Args)]
pub(crate) struct ManArgs {
    /// Folder to write the pages into, such as ~/.local/share/man/man1; made if it isn't there. Without it the first
    /// page goes to stdout.
    folder: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, mut command: Command) -> Exit {
    let name = command.get_name().to_owned();
    clap_complete::generate(args.shell, &mut command, name, &mut Stdout);
    Exit::Done
}

pub(crate) fn man(args: &ManArgs, command: Command) -> Exit {
    stored::report("man", pages(args, command))
}

fn pages(args: &ManArgs, mut command: Command) -> anyhow::Result<()> {
    // Gives each command its whole name, `tollgate config check`.
    command.build();
    let Some(folder) = &args.folder else {
        let (_, page) = page(&command)?;
        Stdout.write_all(page.as_bytes())?;
        return Ok(());
    };
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    write_all(&command, folder)
}

/// The page of a command, and those of all below it.
fn write_all(command: &Command, folder: &Path) -> anyhow::Result<()> {
    let (name, page) = page(command)?;
    let path = folder.join(name);
    output::write(&path, &page, true)?;
    outln!("{}", path.display());
    let below = command.get_subcommands();
    let mut below = below.filter(|it| !it.is_hide_set() && it.get_name() != "help");
    below.try_for_each(|command| write_all(command, folder))
}

/// A page and the name of its file.
fn page(command: &Command) -> anyhow::Result<(String, String)> {
    let name = command.get_display_name().unwrap_or(command.get_name());
    let man = clap_mangen::Man::new(command.clone())
        .title(name.to_uppercase())
        .date(WRITTEN)
        .source(format!("tollgate {}", env!("CARGO_PKG_VERSION")))
        .manual("tollgate");
    let mut page = Vec::new();
    man.render(&mut page)?;
    Ok((man.get_filename(), String::from_utf8(page)?))
}
