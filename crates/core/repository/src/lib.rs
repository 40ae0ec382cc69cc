//! A folder of workflows, data actions and Terraform, read and checked as a whole.
//!
//! **What this decides.** Which files of a folder are workflows (Archy's YAML) and data actions (the export's
//! JSON), what its `.tf` files deploy, whether each of them is valid, and whether they fit together: each data
//! action that a workflow calls exists, with those inputs and outputs, and so do the workflows that it calls.
//! **What it does not:** how files are found on a disk ([`Files`]), how findings are printed, what a workflow or
//! an action means (`tollgate-architect`, `tollgate-action`).
//!
//! **Inputs and outputs.** [`read`] makes a [`Repository`] of [`Files`] and [`Options`]; [`Repository::check`]
//! makes a [`Report`] of that.
//!
//! **Policy.** What isn't known is no error. A value that Terraform knows only when it deploys leaves what depends
//! on it unchecked, and a note says so. Two exceptions are known, where a name isn't told from one that isn't there:
//! a name that a file declares which isn't read (Terraform's JSON syntax, a key twice in one object, broken text),
//! and what is made of a block beyond the first thousand, are errors where something refers to them. A call of
//! something that isn't in the folder is a warning, since the organisation may have it; [`Options::closed`] says that
//! the folder has all, and makes it an error. A file that doesn't look like a workflow or an action is none of ours,
//! whatever it is; one that does and can't be read is an error.
//!
//! **Invariants.** *Bounded*: every file, expression, value and list of findings. *Pure*: the same files give the
//! same report. *Placed*: every finding names its file, and its line where it has one.
//!
//! Tested in `tests/`: by example, with hostile files, and on the corpus.

mod actions;
mod contract;
mod files;
mod finding;
mod flows;
mod looks;
mod report;
mod repository;
pub mod terraform;

pub use files::{Files, Unreadable};
pub use finding::{Finding, Level, Rule};
pub use report::{Item, Part, Report, Verdict};
pub use repository::{Options, Repository, read};
