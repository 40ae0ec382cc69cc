//! `[[flow]]`.

use super::integrations::Tables;
use super::{limits, resolve, unique_name};
use tollgate_engine::{Flow, Guarantee, LimitSpec};
use tollgate_model::{FlowId, LimitId, Rule, Table};
use tollgate_settings::Section;

/// Name of the flow that is added when the file marks none as the default.
const DEFAULT: &str = "default";
/// Executions of one flow that may wait, unless the file says.
const DEFAULT_QUEUE: usize = 10_000;

/// Adds the flows to the engine's, and gives the one of callers that name none.
pub(super) fn read(root: &Section<'_, '_>, tables: &mut Tables) -> FlowId {
    // What may be guaranteed is the limits that flows share.
    let limits = tables.engine.limits.clone();
    let mut names = Vec::new();
    let mut named = None;
    let mut marked = None;
    let mut shared_out = vec![0u64; limits.len()];
    for section in root.sections("flow") {
        let name = unique_name(&section, "name", &mut names);
        let priority = section
            .whole("priority", 0..=u8::MAX.into())
            .and_then(|n| u8::try_from(n).ok());
        let flow = Flow {
            name,
            priority: priority.unwrap_or(0),
            weight: section
                .whole("weight", 1..=1_000_000)
                .and_then(|n| u32::try_from(n).ok())
                .unwrap_or(1),
            guarantee: guarantee(&section, &limits, &mut shared_out),
            max_queued: section.size("max_queued").unwrap_or(DEFAULT_QUEUE),
            limits: tables.add_limits(limits::read_flows(&section)),
        };
        let is_named = flow.name == DEFAULT;
        let id = tables.engine.flows.add(flow);
        if is_named {
            named = Some(id);
        }
        if section.flag("default") == Some(true) && marked.replace(id).is_some() {
            section.reject(
                &section.here(()),
                "expected one default flow, found a second".to_owned(),
            );
        }
        section.finish();
    }
    marked.or(named).unwrap_or_else(|| {
        let unnamed = unnamed(&tables.engine.flows);
        tables.engine.flows.add(unnamed)
    })
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

/// `guaranteed = { limit = "…", calls = 600 }`; all of them together must fit the limit.
fn guarantee(
    flow: &Section<'_, '_>,
    limits: &Table<LimitId, LimitSpec>,
    shared_out: &mut [u64],
) -> Option<Guarantee> {
    let section = flow.section("guaranteed")?;
    let wanted = section.text("limit");
    let slots = section.count("calls", 1);
    if !section.has("limit") {
        section.missing("limit", "\"NAME of a limit\"");
    }
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
