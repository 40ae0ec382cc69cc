//! Places in the tables that the engine keeps for limits and routes of its own.
//!
//! The engine adds limits that it learned and routes for single endpoints at any time, and takes limits back
//! that it holds no more. A table only grows, so a block of each is set aside when the engine begins, whose
//! places are used again. Its size is the bound on what can be learned: when it is used up, nothing more is.

use crate::{Config, Route};
use std::ops::Range;
use tollgate_model::{Limit, LimitId, RouteId, Rule, Scope, tally};

/// The blocks, and which of their places are in use.
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnEntries {
    limits: Block,
    routes: Block,
}

/// A run of places.
#[derive(Clone, Debug, Default)]
struct Block {
    places: Range<u32>,
    /// Places that are free, the lowest last.
    free: Vec<u32>,
}

impl Block {
    fn new(from: usize, len: u32) -> Self {
        let from = tally(from);
        let places = from..from.saturating_add(len);
        Self {
            free: places.clone().rev().collect(),
            places,
        }
    }
}

impl OwnEntries {
    /// Appends the blocks to the tables.
    pub(crate) fn set_aside(config: &mut Config) -> Self {
        let own = Self {
            limits: Block::new(config.limits.len(), config.policy.learned_limits),
            routes: Block::new(config.routes.len(), config.policy.endpoint_routes),
        };
        for _ in own.limits.places.clone() {
            config.limits.add(unused_limit());
        }
        for _ in own.routes.places.clone() {
            config.routes.add(Route::default());
        }
        own
    }

    /// Whether the engine has learned this limit.
    pub(crate) fn has_limit(&self, limit: LimitId) -> bool {
        self.limits.places.contains(&limit.0)
    }

    /// Whether the place is kept for the engine, and not in use.
    pub(crate) fn is_unused_limit(&self, limit: LimitId) -> bool {
        self.has_limit(limit) && self.limits.free.contains(&limit.0)
    }

    /// A limit's place among those that a checkpoint tells of: all but the engine's own.
    pub(crate) fn recorded(&self, limit: LimitId) -> Option<u32> {
        let block = &self.limits.places;
        if block.contains(&limit.0) {
            return None;
        }
        let before = if limit.0 < block.start {
            0
        } else {
            tally(block.len())
        };
        Some(limit.0 - before)
    }

    pub(crate) fn take_limit(&mut self) -> Option<LimitId> {
        self.limits.free.pop().map(LimitId)
    }

    pub(crate) fn give_back_limit(&mut self, limit: LimitId) {
        debug_assert!(self.has_limit(limit) && !self.limits.free.contains(&limit.0));
        self.limits.free.push(limit.0);
    }

    /// Whether the route is one of the engine's own.
    pub(crate) fn has_route(&self, route: RouteId) -> bool {
        self.routes.places.contains(&route.0)
    }

    pub(crate) fn take_route(&mut self) -> Option<RouteId> {
        self.routes.free.pop().map(RouteId)
    }
}

/// What stands in a place that is not in use: a limit that no call passes. Without a period, for the longest
/// of those tells what "of late" means.
pub(crate) fn unused_limit() -> Limit {
    Limit {
        name: String::new(),
        scope: Scope::Host,
        rule: Rule::Concurrency { allowed: u32::MAX },
    }
}
