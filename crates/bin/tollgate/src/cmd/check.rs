//! `tollgate check`: a folder of workflows, data actions and Terraform, checked as a whole.
//!
//! The report goes to stdout in every format; what keeps the command itself from working goes to stderr.

mod json;
mod junit;
mod sarif;
mod text;

use super::folder::{Folder, prefix};
use super::input;
use crate::console::{errln, out};
use crate::exit::Exit;
use crate::progress::Progress;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tollgate_repository::{Finding, Options, Report, Verdict, read};

/// Longest list of known names, in bytes.
const MAX_KNOWN: u64 = 4 * 1024 * 1024;

/// Check a folder of flows, data actions and Terraform as a whole
///
/// Looked at are, in the folder and all below: flows in Archy's YAML, data actions as the vendor exports them, and
/// what .tf files deploy: genesyscloud_flow with its substitutions, and genesyscloud_integration_action. Each is
/// checked by itself, and whether they fit together: that each data action and flow that a flow calls exists,
/// with those inputs and outputs. Names that begin with a dot, node_modules and __pycache__ are passed over.
///
/// Exit status: 0 where nothing is wrong, warnings aside; 1 for errors, with --strict also for warnings and for what
/// tollgate doesn't know; 2 where something in the folder can't be read; 64 where the folder or another thing that
/// the command line names can't be used.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder.
    folder: PathBuf,
    /// How the report is printed.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Let warnings, and what tollgate doesn't know, end with status 1.
    #[arg(long)]
    strict: bool,
    /// Let a call of something that is neither in the folder nor known be an error; it is a warning otherwise.
    #[arg(long)]
    closed: bool,
    /// A file with the names of data actions and flows that the organisation has besides the folder's, one a
    /// line; # begins a comment.
    #[arg(long, value_name = "FILE")]
    known: Option<PathBuf>,
    /// A value for a placeholder of flows that Terraform doesn't deploy, as NAME=VALUE. May be repeated.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// A value for a variable of Terraform, as NAME=VALUE. May be repeated.
    #[arg(long = "var", value_name = "NAME=VALUE")]
    var: Vec<String>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    /// A table, then all that was found.
    Text,
    /// An object with everything.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// JUnit's XML, for test reports.
    Junit,
}

pub(crate) fn run(args: &Args) -> Exit {
    match check(args) {
        Ok(report) => {
            let root = prefix(&args.folder);
            out!("{}", args.format.print(&report, &root, args.strict));
            if matches!(args.format, Format::Text) {
                text::verdict(&report, &args.folder, args.strict).print();
            }
            status(&report, args.strict)
        }
        Err(message) => {
            errln!("tollgate check: {message}");
            Exit::Unusable
        }
    }
}

impl Format {
    fn print(self, report: &Report, root: &str, strict: bool) -> String {
        match self {
            Format::Text => text::print(report, root),
            Format::Json => json::print(report, root),
            Format::Sarif => sarif::print(report, root),
            Format::Junit => junit::print(report, root, strict),
        }
    }
}

/// Checks the folder; or why it can't be.
fn check(args: &Args) -> Result<Report, String> {
    let options = Options {
        substitutions: input::pairs("--set", &args.set)?,
        variables: input::pairs("--var", &args.var)?,
        known: match &args.known {
            Some(path) => known(path)?,
            None => BTreeSet::new(),
        },
        closed: args.closed,
    };
    let (folder, faults) = Folder::open(&args.folder)?;
    let progress = Progress::at("checking");
    let mut report = read(&folder, &options).check();
    drop(progress);
    let faults = faults.into_iter();
    let faults = faults.map(|(file, why)| Finding::unreadable(&file, why));
    report.others.extend(faults);
    Ok(report)
}

fn known(path: &Path) -> Result<BTreeSet<String>, String> {
    let text = input::read(path, MAX_KNOWN)?;
    let names = text.lines().map(|line| {
        let comment = if line.starts_with('#') {
            Some(0)
        } else {
            line.find(" #")
        };
        line[..comment.unwrap_or(line.len())].trim().to_owned()
    });
    Ok(names.filter(|name| !name.is_empty()).collect())
}

fn status(report: &Report, strict: bool) -> Exit {
    match report.worst() {
        Verdict::Unreadable => Exit::Unjudged,
        worst => Exit::of(!worst.fails(strict)),
    }
}
