//! What a check comes to.

use crate::finding::{Finding, Level, Rule};
use std::collections::BTreeSet;

/// One workflow or data action, and what was found about it.
#[derive(Clone, Debug)]
pub struct Item {
    /// The file that it is written in.
    pub file: String,
    /// What it is: a workflow's type, such as `inboundCall`, `data action` or `function action`.
    pub kind: String,
    /// Its name; what Terraform calls it where the name isn't known.
    pub name: String,
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

impl Item {
    /// What it came to.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let worst = self.findings.iter().map(verdict).max();
        match (worst.unwrap_or(Verdict::Valid), &self.skipped) {
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
        let all = self.findings().into_iter().map(verdict);
        all.max().unwrap_or(Verdict::Valid)
    }

    /// How many findings matter so much.
    #[must_use]
    pub fn count(&self, level: Level) -> usize {
        let all = self.findings();
        all.iter().filter(|finding| finding.level == level).count()
    }
}
