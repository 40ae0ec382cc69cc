//! Members: processes that share the limits.

use crate::StoreTime;
use crate::time::Nanos;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// One process that shares the limits: a node's name, and what no other process has.
///
/// The name is for people. Two processes of one name are two members, so a pod that was replaced and the one that
/// replaces it never take each other's part, whatever they are called.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MemberId {
    name: String,
    process: u64,
}

impl MemberId {
    /// The process that drew this number at its start, called so.
    #[must_use]
    pub fn new(name: impl Into<String>, process: u64) -> Self {
        let name = name.into();
        Self { name, process }
    }

    /// The number that the process drew.
    #[must_use]
    pub fn process(&self) -> u64 {
        self.process
    }

    /// What the node is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{:016x}", self.name, self.process)
    }
}

impl FromStr for MemberId {
    type Err = NotAMember;

    fn from_str(text: &str) -> Result<Self, NotAMember> {
        let (name, process) = text.rsplit_once('/').ok_or(NotAMember)?;
        let process = u64::from_str_radix(process, 16).map_err(|_| NotAMember)?;
        Ok(Self::new(name, process))
    }
}

/// A text that names no member.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotAMember;

impl fmt::Display for NotAMember {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member is a node's name and a number, such as a/00000000000000ff")
    }
}

impl From<MemberId> for String {
    fn from(member: MemberId) -> Self {
        member.to_string()
    }
}

impl TryFrom<String> for MemberId {
    type Error = NotAMember;

    fn try_from(text: String) -> Result<Self, NotAMember> {
        text.parse()
    }
}

/// What the value knows of a member.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Member {
    /// The number of the try that was processed last.
    pub(crate) sequence: u64,
    /// When that was.
    pub(crate) at: StoreTime,
    /// How long leases last from then.
    pub(crate) lease: Nanos,
    /// The turn of the last notice that it was told.
    #[serde(default)]
    pub(crate) turn: u64,
}

impl Member {
    /// The member's leases have surely ended at the node by then.
    pub(crate) fn until(&self) -> StoreTime {
        self.at + self.lease.span()
    }
}
