//! Recorded calls in the place of a scenario's own.

use super::{Flow, Scenario};
use crate::action::{Action, ActionId};
use crate::arrivals::{Arrivals, Spacing};
use crate::latency::Latency;
use crate::records::{Record, Records};
use std::time::Duration;

impl Scenario {
    /// This scenario's limits, under recorded calls. Flows and actions are found by name; those that
    /// the scenario doesn't have are added, with the answer times recorded.
    #[must_use]
    pub fn replaying(&self, records: &Records) -> Self {
        let mut scenario = self.clone();
        let measured = |action: usize| {
            let own = records
                .lines
                .iter()
                .filter(|it| it.action.index() == action);
            let seconds = own.filter_map(|it| Some(it.latency?.as_secs_f64()));
            Latency::measured(seconds.collect())
        };
        let action_of: Vec<ActionId> = records
            .actions()
            .iter()
            .enumerate()
            .map(|(at, name)| {
                let known = scenario.actions.iter().position(|it| it.name == *name);
                let place = known.unwrap_or_else(|| {
                    scenario.actions.push(Action::usual(name));
                    scenario.actions.len() - 1
                });
                if let Some(latency) = measured(at) {
                    scenario.actions[place].latency = latency;
                }
                // Recorded calls say nothing of their inputs, so nothing can be found in a cache.
                scenario.actions[place].cache = None;
                ActionId(place as u32)
            })
            .collect();
        let flow_of: Vec<u32> = records
            .flows()
            .iter()
            .map(|name| {
                let known = scenario.flows.iter().position(|it| it.name == *name);
                known.unwrap_or_else(|| {
                    scenario.flows.push(unknown_flow(name, &scenario.flows));
                    scenario.flows.len() - 1
                }) as u32
            })
            .collect();
        let lines = records.lines.iter().map(|record| Record {
            flow: flow_of[record.flow as usize],
            action: action_of[record.action.index()],
            ..record.clone()
        });
        let lines: Vec<Record> = lines.collect();
        let span = lines.last().map_or(Duration::ZERO, |last| last.at) + Duration::from_millis(1);
        scenario.replay = Some(lines.into());
        for flow in &mut scenario.flows {
            flow.arrivals = Arrivals::constant(0.0, Spacing::Even);
        }
        if scenario.warm_up * 2 > span {
            scenario.warm_up = Duration::ZERO;
        }
        scenario.duration = span - scenario.warm_up;
        scenario
    }
}

/// In the last of the classes there are.
fn unknown_flow(name: &str, others: &[Flow]) -> Flow {
    Flow {
        priority: others.iter().map(|flow| flow.priority).max().unwrap_or(0),
        ..Flow::silent(name)
    }
}
