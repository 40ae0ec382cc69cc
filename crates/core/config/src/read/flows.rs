//! `[[flow]]`.

use super::integrations::Tables;
use super::{limits, resolve, unique_name};
use crate::Jobs;
use tollgate_engine::{Flow, Guarantee, LimitSpec, Mode};
use tollgate_model::{FlowId, LimitId, Rule, Table};
use tollgate_settings::Section;

/// Name of the flow that is added when the file marks none as the default.
const DEFAULT: &str = "default";
/// Stands for every flow in a caller's list, and so is the name of none that is a caller's own.
const EVERY: &str = "*";
/// Executions of one flow that may wait, unless the file says.
pub(super) const DEFAULT_QUEUE: usize = 10_000;

/// What was read of flows.
pub(super) struct Flows {
    /// The flow of callers that name none.
    pub(super) default: FlowId,
    /// Whether the file has no such flow, so that it was added.
    is_added: bool,
    shares: Shares,
}

/// What may be guaranteed, which is the limits that flows share, and how many calls of each are.
struct Shares {
    limits: Table<LimitId, LimitSpec>,
    out: Vec<u64>,
}

/// Adds the flows to the engine's.
pub(super) fn read(root: &Section<'_, '_>, tables: &mut Tables) -> Flows {
    let limits = tables.engine.limits.clone();
    let out = vec![0; limits.len()];
    let mut shares = Shares { limits, out };
    let mut names = Vec::new();
    let mut named = None;
    let mut marked = None;
    for section in root.sections("flow") {
        let name = unique_name(&section, "name", &mut names);
        let priority = section
            .whole("priority", 0..=u8::MAX.into())
            .and_then(|n| u8::try_from(n).ok());
        let limits = tables.add_limits(&format!("flow {name}"), limits::read_flows(&section));
        let flow = Flow {
            name,
            priority: priority.unwrap_or(0),
            weight: weight(&section),
            guarantee: shares.guarantee(&section, "guaranteed"),
            max_queued: section.size("max_queued").unwrap_or(DEFAULT_QUEUE),
            limits,
            mode: limits::mode(&section),
        };
        let is_named = flow.name == DEFAULT;
        let id = tables.engine.flows.add(flow);
        if is_named {
            named = Some(id);
        }
        if section.flag("default") == Some(true)
            && let Some(first) = marked.replace(id)
        {
            let flows = &tables.engine.flows;
            let [first, second] = [first, id].map(|id| flows[id.index()].name.as_str());
            section.reject(
                &section.here(()),
                format!("expected one default flow, found two: {first:?} and {second:?}"),
            );
        }
        section.finish();
    }
    let of_file = marked.or(named);
    let default = of_file.unwrap_or_else(|| {
        let unnamed = unnamed(&tables.engine.flows);
        tables.engine.flows.add(unnamed)
    });
    Flows {
        default,
        is_added: of_file.is_none(),
        shares,
    }
}

impl Flows {
    /// Adds a caller's own flow, named after its client id, if it has `class`, `weight` or `guarantee`. That is its
    /// default flow.
    pub(super) fn add_own(
        &mut self,
        caller: &Section<'_, '_>,
        client_id: &str,
        tables: &mut Tables,
    ) -> Option<String> {
        let given = ["class", "weight", "guarantee"].map(|key| caller.has(key));
        if !given.contains(&true) {
            return None;
        }
        caller.refuse("default_flow", || {
            "class, weight and guarantee give the caller a flow of its own, which is its default flow; remove one or \
             the other"
                .to_owned()
        });
        let mut flows = tables.engine.flows.iter();
        let reserved = [EVERY, Jobs::FLOW].contains(&client_id);
        let is_taken = reserved || flows.any(|flow| flow.name == client_id);
        if let Some(placed) = caller.text("client_id").filter(|_| is_taken) {
            let message = format!(
                "class, weight and guarantee give the caller a flow of its own of this name, and there is a flow \
                 {client_id:?}; call that otherwise, or say default_flow = {client_id:?} in their place"
            );
            caller.reject(&placed, message);
        }
        let class = caller.whole("class", 0..=u8::MAX.into());
        let class = class.and_then(|n| u8::try_from(n).ok()).unwrap_or(0);
        tables.engine.flows.add(Flow {
            name: client_id.to_owned(),
            priority: class,
            weight: weight(caller),
            guarantee: self.shares.guarantee(caller, "guarantee"),
            max_queued: DEFAULT_QUEUE,
            ..Flow::default()
        });
        let default = tables.engine.flows.get_mut(self.default.index());
        if let Some(default) = default.filter(|_| self.is_added) {
            default.priority = default.priority.max(class);
        }
        Some(client_id.to_owned())
    }
}

fn weight(section: &Section<'_, '_>) -> u32 {
    let weight = section.whole("weight", 1..=1_000_000);
    weight.and_then(|n| u32::try_from(n).ok()).unwrap_or(1)
}

/// The flow of callers that name none: in the last of the classes there are, without a share.
fn unnamed(flows: &[Flow]) -> Flow {
    Flow {
        name: DEFAULT.to_owned(),
        priority: flows.iter().map(|flow| flow.priority).max().unwrap_or(0),
        weight: 1,
        guarantee: None,
        max_queued: DEFAULT_QUEUE,
        ..Flow::default()
    }
}

impl Shares {
    /// `guaranteed = { limit = "…", calls = 600 }`, or what `key` calls it; all of them together must fit the limit.
    fn guarantee(&mut self, flow: &Section<'_, '_>, key: &'static str) -> Option<Guarantee> {
        let (limits, shared_out) = (&self.limits, &mut self.out);
        let section = flow.section(key)?;
        let wanted = section.needed("limit", "\"NAME of a limit\"");
        let slots = section.count("calls", 1);
        if !section.has("calls") {
            section.missing("calls", "a number of calls per window of the limit");
        }
        let guarantee = wanted.and_then(|wanted| {
            let windowed = |limit: &&LimitSpec| matches!(limit.rule, Rule::Window { .. });
            let names: Vec<_> = limits
                .iter()
                .filter(windowed)
                .map(|limit| limit.name.clone())
                .collect();
            resolve(&section, &wanted, "limit with a period", &names)?;
            let (id, limit) = limits
                .with_ids()
                .find(|(_, limit)| limit.name == wanted.value)?;
            if limit.mode == Mode::Shadow {
                let message = format!(
                    "{:?} is in shadow, and keeps nobody from its calls, so that none of them can be guaranteed",
                    limit.name
                );
                section.reject(&wanted, message);
            }
            let shared = shared_out.get_mut(id.index())?;
            *shared += u64::from(slots?);
            let allowed = limit.rule.allowed();
            if *shared > u64::from(allowed) {
                let message = format!(
                    "{} calls are guaranteed in all, but {} allows {allowed}",
                    *shared, limit.name
                );
                section.reject(&wanted, message);
            }
            Some(Guarantee {
                limit: id,
                slots: slots?,
            })
        });
        section.finish();
        guarantee
    }
}
