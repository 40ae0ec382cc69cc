//! Limits in shadow: those that calls are counted under, and that hold none back.
//!
//! They are taken out of the lists of all that asks whether a call may start, and kept here. So nothing that decides
//! has to know of them; only what takes and gives back slots does.

use crate::{Config, Mode};
use tollgate_model::{ClientId, FlowId, LimitId, RouteId, Table};

/// The limits in shadow that calls pass, by what names them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counted {
    /// By `RouteId`, by `ClientId` and by `FlowId`.
    routes: Vec<Vec<LimitId>>,
    clients: Vec<Vec<LimitId>>,
    flows: Vec<Vec<LimitId>>,
    /// Whether there are any.
    any: bool,
}

impl Counted {
    /// Moves the limits in shadow of entries that are new in the tables from their lists to this one.
    pub(crate) fn take_out(&mut self, config: &mut Config) {
        let limits = &config.limits;
        let in_shadow = |limit: &LimitId| {
            let limit = limits.get(limit.index());
            limit.is_some_and(|limit| limit.mode == Mode::Shadow)
        };
        move_new(
            &mut self.routes,
            &mut config.routes,
            |it| &mut it.limits,
            in_shadow,
        );
        move_new(
            &mut self.clients,
            &mut config.clients,
            |it| &mut it.limits,
            in_shadow,
        );
        move_new(
            &mut self.flows,
            &mut config.flows,
            |it| &mut it.limits,
            in_shadow,
        );
        let mut lists = self.routes.iter().chain(&self.clients).chain(&self.flows);
        self.any = lists.any(|list| !list.is_empty());
    }

    /// A route of the engine's own takes the place of another one for some of its calls.
    pub(crate) fn copy_route(&mut self, from: RouteId, to: RouteId) {
        if self.any {
            self.routes[to.index()] = self.routes[from.index()].clone();
        }
    }

    /// Those that such a call passes, by what names them; none where nothing is in shadow.
    pub(crate) fn of(
        &self,
        route: RouteId,
        client: Option<ClientId>,
        flow: FlowId,
    ) -> Option<[&[LimitId]; 3]> {
        self.any.then(|| {
            [
                list(&self.routes, route.index()),
                client.map_or(&[][..], |client| list(&self.clients, client.index())),
                list(&self.flows, flow.index()),
            ]
        })
    }
}

fn list(lists: &[Vec<LimitId>], at: usize) -> &[LimitId] {
    lists.get(at).map_or(&[], |list| list)
}

/// Takes what is in shadow out of the limits of those entries that have no list yet.
fn move_new<I, T>(
    lists: &mut Vec<Vec<LimitId>>,
    table: &mut Table<I, T>,
    limits: impl Fn(&mut T) -> &mut Vec<LimitId>,
    in_shadow: impl Fn(&LimitId) -> bool,
) {
    for entry in table.iter_mut().skip(lists.len()) {
        let moved = limits(entry).extract_if(.., |limit| in_shadow(limit));
        lists.push(moved.collect());
    }
}
