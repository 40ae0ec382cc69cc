//! Which flows a caller may name, and the one that it calls as when it names none.
//!
//! Other calls wait behind a flow's priority and share, so a caller can't choose them freely: a caller calls
//! as its default flow and as the flows that are listed for it. A name that is not among them is answered
//! alike whether there is such a flow or not, by one look into the caller's own list.

use std::collections::BTreeMap;
use std::sync::Arc;
use tollgate_engine::Flow;
use tollgate_model::{FlowId, Table};

/// Stands for every flow in a list.
pub const EVERY: &str = "*";

/// The flows of the configuration file.
#[derive(Debug)]
pub struct Lanes {
    by_name: BTreeMap<String, FlowId>,
    /// By the flows' ids.
    names: Vec<String>,
    default: FlowId,
}

/// The flows that one caller may name.
#[derive(Clone, Debug)]
pub struct OwnLanes {
    by_name: Arc<BTreeMap<String, FlowId>>,
    default: FlowId,
}

impl Lanes {
    /// The flows of the engine's table, and that of calls which name none. A flow without a name is one that the
    /// configuration had before.
    #[must_use]
    pub fn new(flows: &Table<FlowId, Flow>, default: FlowId) -> Self {
        let flows_there = flows.with_ids().filter(|(_, flow)| !flow.name.is_empty());
        let named = flows_there.map(|(id, flow)| (flow.name.clone(), id));
        Self {
            by_name: named.collect(),
            names: flows.iter().map(|flow| flow.name.clone()).collect(),
            default,
        }
    }

    /// The id of a flow by its name; of the default flow if there is none of that name.
    pub fn of_run(&self, name: &str) -> FlowId {
        self.by_name.get(name).copied().unwrap_or(self.default)
    }

    /// Whether there is such a flow.
    pub fn has(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// The flow's name.
    pub fn name(&self, id: FlowId) -> &str {
        self.names.get(id.index()).map_or("", String::as_str)
    }

    /// The flows of a caller: the listed ones and its default. A name that is no flow on this node is passed
    /// over, since the nodes' configurations may differ.
    pub fn own<'a>(
        &self,
        listed: impl IntoIterator<Item = &'a String>,
        default: Option<&str>,
    ) -> OwnLanes {
        let default = default.map_or(self.default, |name| self.of_run(name));
        let mut by_name = BTreeMap::new();
        for name in listed {
            if name == EVERY {
                by_name.clone_from(&self.by_name);
            } else if let Some(id) = self.by_name.get(name) {
                by_name.insert(name.clone(), *id);
            }
        }
        by_name.insert(self.name(default).to_owned(), default);
        OwnLanes {
            by_name: Arc::new(by_name),
            default,
        }
    }
}

impl OwnLanes {
    /// The flow that a call names, or the caller's default; none if the name is not the caller's.
    pub fn pick(&self, name: Option<&str>) -> Option<FlowId> {
        match name {
            None => Some(self.default),
            Some(name) => self.by_name.get(name).copied(),
        }
    }

    /// The flow that a run of this workflow calls as: the one of its name, if the caller may name that one, else the
    /// caller's default.
    pub fn of_run(&self, workflow: &str) -> FlowId {
        self.by_name.get(workflow).copied().unwrap_or(self.default)
    }

    /// The names that the caller may give.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_has_its_default_and_what_is_listed() {
        let mut flows = Table::default();
        let [voice, email, _] = ["voice", "email", "sms"].map(|name| {
            flows.add(Flow {
                name: name.to_owned(),
                ..Flow::default()
            })
        });
        let lanes = Lanes::new(&flows, email);
        let names = |listed: &[&str], default| {
            let listed: Vec<_> = listed.iter().map(|it| (*it).to_owned()).collect();
            let own = lanes.own(&listed, default);
            (
                own.names().map(str::to_owned).collect::<Vec<_>>(),
                own.pick(None),
            )
        };
        assert_eq!(names(&[], None), (vec!["email".to_owned()], Some(email)));
        assert_eq!(names(&["sms", "fax"], Some("voice")).0, ["sms", "voice"]);
        assert_eq!(names(&["sms"], Some("voice")).1, Some(voice));
        assert_eq!(names(&["*"], None).0.len(), 3);
        let own = lanes.own(&[], None);
        assert_eq!(own.pick(Some("voice")), own.pick(Some("no such flow")));
    }
}
