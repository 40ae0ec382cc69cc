//! What a check comes to.

use crate::finding::{Finding, Level, Rule};
use std::collections::BTreeSet;

/// Which of the two an item is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// A workflow.
    Flow,
    /// A data action.
    Action,
}

/// One workflow or data action, and what was found about it.
#[derive(Clone, Debug)]
pub struct Item {
    /// Which of the two it is.
    pub part: Part,
    /// The file that it is written in.
    pub file: String,
    /// What it is: a workflow's type, such as `inboundCall`, `data action` or `function action`.
    pub kind: String,
    /// Its name; what Terraform calls it where the name isn't known.
    pub name: String,
    /// Whether that is its name, and not what Terraform calls it.
    pub is_named: bool,
    /// What Terraform calls it, if Terraform deploys it.
    pub address: Option<String>,
    /// What was found about it.
    pub findings: Vec<Finding>,
    /// Why it wasn't looked into; none if it was.
    pub skipped: Option<String>,
}

/// What one item came to, the best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Verdict {
    /// Nothing stands against it.
    Valid,
    /// Nothing stands against what could be checked of it.
    Partly,
    /// It wasn't looked into.
    Skipped,
    /// It works, with something to know about.
    Warned,
    /// It uses what tollgate doesn't know.
    Unsupported,
    /// It can't work as it is.
    Invalid,
    /// Its file can't be read.
    Unreadable,
}

impl Verdict {
    /// The word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Partly => "partly checked",
            Self::Skipped => "not looked into",
            Self::Warned => "warnings",
            Self::Unsupported => "unsupported",
            Self::Invalid => "errors",
            Self::Unreadable => "unreadable",
        }
    }
}

impl Verdict {
    /// What findings come to.
    #[must_use]
    pub fn of<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Verdict {
        let worst = findings.into_iter().map(verdict).max();
        worst.unwrap_or(Verdict::Valid)
    }

    /// Whether it lets a check fail; a strict one fails by warnings, and by what tollgate doesn't know, too.
    #[must_use]
    pub fn fails(self, strict: bool) -> bool {
        self >= Verdict::Invalid || strict && self >= Verdict::Warned
    }
}

impl Item {
    /// What it came to.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match (Verdict::of(&self.findings), &self.skipped) {
            (Verdict::Valid | Verdict::Partly, Some(_)) => Verdict::Skipped,
            (worst, _) => worst,
        }
    }
}

fn verdict(finding: &Finding) -> Verdict {
    match (finding.level, finding.rule) {
        (Level::Error, rule) if rule.is_unreadable() => Verdict::Unreadable,
        (Level::Error, _) => Verdict::Invalid,
        (Level::Unsupported, _) => Verdict::Unsupported,
        (Level::Warning, _) => Verdict::Warned,
        (Level::Note, Rule::TerraformUnknown) => Verdict::Partly,
        (Level::Note, _) => Verdict::Valid,
    }
}

/// What a folder's check comes to.
#[derive(Clone, Default, Debug)]
pub struct Report {
    /// Workflows and data actions, in the order of their files.
    pub items: Vec<Item>,
    /// What was found that belongs to no one of them: in `.tf` files, and files that can't be read.
    pub others: Vec<Finding>,
}

impl Report {
    /// All findings, each once, in the order of files and lines.
    #[must_use]
    pub fn findings(&self) -> Vec<&Finding> {
        let of_items = self.items.iter().flat_map(|item| &item.findings);
        let all: BTreeSet<&Finding> = of_items.chain(&self.others).collect();
        all.into_iter().collect()
    }

    /// The worst of all that was found.
    #[must_use]
    pub fn worst(&self) -> Verdict {
        let of_items = self.items.iter().flat_map(|item| &item.findings);
        Verdict::of(of_items.chain(&self.others))
    }
}
