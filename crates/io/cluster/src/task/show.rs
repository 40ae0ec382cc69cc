//! The value and the node, as who wants to see them is told.

use crate::{MemberStatus, PartStatus, SharedStatus, Status};
use tollgate_lease::{Node, Value};

/// The value is this, directly after an exchange.
pub(super) fn show(value: &Value, node: &Node, status: &mut Status) {
    status.doubts = value.doubts();
    status.learning = value.learning();
    let members = value.members().map(|it| MemberStatus {
        member: it.member.to_string(),
        since: it.since,
        left: it.left,
    });
    status.members = members.collect();
    let limits = value.views().map(|view| SharedStatus {
        key: view.key.clone(),
        name: view.name.to_owned(),
        allowed: view.allowed,
        slots: node.slots(view.key),
        wanted: node.wanted(view.key),
        free: view.free,
        returning: view.returning,
        returned_in: view.returned_in,
        unknown: view.unknown,
        known_in: view.known_in,
        parts: value.parts(view.key).map(part).collect(),
    });
    status.limits = limits.collect();
}

fn part(it: tollgate_lease::PartView<'_>) -> PartStatus {
    PartStatus {
        member: it.member.to_string(),
        slots: it.slots,
        wants: it.wants,
    }
}

/// The node has and wants this, between two exchanges.
pub(super) fn follow(node: &Node, status: &mut Status) {
    for limit in &mut status.limits {
        limit.slots = node.slots(&limit.key);
        limit.wanted = node.wanted(&limit.key);
    }
}
