//! All metrics, in the order in which they are shown. `docs/metrics.md` has the table that is made of them.
//!
//! Names are Prometheus' way: base units, the unit in the name, `_total` of what only grows (*documented*: "Metric and
//! label naming", OpenMetrics 1.0).

use super::metric::{Kind, Metric, Unit};

const fn metric(
    (kind, unit): (Kind, Unit),
    name: &'static str,
    labels: &'static [&'static str],
    help: &'static str,
) -> Metric {
    Metric {
        name,
        kind,
        unit,
        labels,
        help,
    }
}

const COUNTER: (Kind, Unit) = (Kind::Counter, Unit::None);
const GAUGE: (Kind, Unit) = (Kind::Gauge, Unit::None);
const SECONDS: (Kind, Unit) = (Kind::Gauge, Unit::Seconds);
const HISTOGRAM: (Kind, Unit) = (Kind::Histogram, Unit::Seconds);

macro_rules! metrics {
    ($($metric:ident: $kind:expr, $name:literal, [$($label:literal),*], $help:literal;)*) => {
        $(
            #[doc = $help]
            pub static $metric: Metric = metric($kind, $name, &[$($label),*], $help);
        )*

        /// All of them.
        pub static ALL: &[&Metric] = &[$(&$metric),*];
    };
}

metrics! {
    // Calls.
    CALLS: COUNTER, "tollgate_calls_total", ["flow", "integration", "action", "outcome"],
        "Calls that have ended, by how: answered, cached (another call made the output), refused (a limit \
         held it off), failed, composite (its calls count by themselves), abandoned (its caller left)";
    CALL_WAITING: HISTOGRAM, "tollgate_call_waiting_seconds", ["flow", "integration", "action"],
        "How long calls waited for their first send, or in vain; without those that were refused at once or \
         cached";
    CALL_UPSTREAM: HISTOGRAM, "tollgate_call_upstream_seconds", ["flow", "integration", "action"],
        "From the first send to the upstream's answer, whatever its status, retries included";
    CALL_WHOLE: HISTOGRAM, "tollgate_call_whole_seconds", ["flow", "integration", "action"],
        "From the request to the output, of calls that have one";
    CALL_RETRIES: COUNTER, "tollgate_call_retries_total", ["flow", "integration", "action"],
        "Requests that were sent again: attempts beyond the first of each call";
    CACHE_OUTPUTS: COUNTER, "tollgate_cache_outputs_total", ["flow", "integration", "action", "source"],
        "Outputs of actions that are kept, by where they came from: call (the upstream), shared (another call \
         under way), fresh, stale (both kept)";
    REFUSALS: COUNTER, "tollgate_refusals_total", ["flow", "limit", "reason"],
        "Calls that were refused, by the limit that held them off (empty where none did) and the reason, in \
         the words of tollgateCode";
    FAILURES: COUNTER, "tollgate_failures_total", ["flow", "integration", "reason"],
        "Calls that failed, composites included, by the reason in the words of tollgateCode";
    UPSTREAM_ANSWERS: COUNTER, "tollgate_upstream_answers_total", ["integration", "class"],
        "Attempts by what the upstream answered: 2xx, 3xx, 4xx (but 429), 429, 5xx, none (lost, too late, or \
         given up); logins of its own included";

    // Flows.
    FLOW_QUEUED: GAUGE, "tollgate_flow_queued", ["flow"],
        "Calls that wait for a start";
    FLOW_UNDER_WAY: GAUGE, "tollgate_flow_under_way", ["flow"],
        "Calls that are sent and not answered yet";
    FLOW_OLDEST: SECONDS, "tollgate_flow_oldest_seconds", ["flow"],
        "How long the oldest call has waited of which nothing was sent yet; 0 if none waits";

    // Limits.
    LIMIT_ALLOWED: GAUGE, "tollgate_limit_allowed", ["limit", "scope"],
        "Calls that the limit allows, in a period or at once, as is in force";
    LIMIT_CONFIGURED: GAUGE, "tollgate_limit_configured", ["limit", "scope"],
        "The same as configured; none of a learned limit";
    LIMIT_HELD: GAUGE, "tollgate_limit_held", ["limit", "scope"],
        "Slots of the limit that are held now, others' included";
    LIMIT_FOREIGN: GAUGE, "tollgate_limit_foreign", ["limit", "scope"],
        "Slots of these that others hold, as far as headers have told";
    LIMIT_CLOSED: SECONDS, "tollgate_limit_closed_seconds", ["limit", "scope"],
        "Until the limit opens again that a 429 has closed; 0 if it is open";
    LIMIT_PERIOD: SECONDS, "tollgate_limit_period_seconds", ["limit", "scope"],
        "The limit's period; none of a limit on calls at once";
    LIMITS: GAUGE, "tollgate_limits", [],
        "Limits that there are, those without figures of their own included";
    LIMITS_LEARNED: GAUGE, "tollgate_limits_learned", ["source"],
        "Numbers of limits that nobody has configured: told by headers, or learned from refusals or latency";
    CLOSINGS: GAUGE, "tollgate_closings", ["kind"],
        "What a 429 has closed and has not opened yet: limit, token, client, route (an endpoint, or an \
         upstream with all of its own)";
    HEADERS_IGNORED: COUNTER, "tollgate_headers_ignored_total", [],
        "Rate-limit headers that spoke of no limit of the call, or of several, or could not be true";

    // Tokens.
    TOKENS: GAUGE, "tollgate_tokens", ["client", "state"],
        "Access tokens of a client: open, closed (by a 429), fetching";
    TOKEN_TROUBLE: GAUGE, "tollgate_token_trouble", ["client"],
        "Whether the client's last token could not be had";
    TOKEN_LIMIT_ALLOWED: GAUGE, "tollgate_token_limit_allowed", ["client", "limit"],
        "Calls that a limit of each token allows, summed over the client's tokens";
    TOKEN_LIMIT_HELD: GAUGE, "tollgate_token_limit_held", ["client", "limit"],
        "Slots of a limit of each token that are held now, summed over the client's tokens";
    TOKEN_LIMIT_FOREIGN: GAUGE, "tollgate_token_limit_foreign", ["client", "limit"],
        "Slots of these that others hold, as far as headers have told";

    // The service.
    ENGINE_STEPS: COUNTER, "tollgate_engine_steps_total", [],
        "Messages and timers that the engine's task has taken up";
    ENGINE_LAG: HISTOGRAM, "tollgate_engine_lag_seconds", [],
        "How long calls lay in the inbox of the engine's task";
    RELOAD_SUCCESSFUL: GAUGE, "tollgate_config_last_reload_successful", [],
        "Whether the configuration was taken over when it was last read";
    RELOAD_SUCCESS: SECONDS, "tollgate_config_last_reload_success_timestamp_seconds", [],
        "When the configuration that runs was taken over, in seconds of the Unix time";
    STORE_UP: GAUGE, "tollgate_store_up", [],
        "Whether the store answered when it was last asked; there where a store is";
    STORE_OPERATION: HISTOGRAM, "tollgate_store_operation_seconds", ["kind"],
        "How long the store took, failures included: read, or change";
    JOURNAL_WAITING: GAUGE, "tollgate_journal_waiting", ["kind"],
        "What waits to be written to the store: entries of the audit log, counters of calls";
    JOURNAL_LOST: COUNTER, "tollgate_journal_lost_total", ["kind"],
        "Entries of the audit log and counted calls that found no room to wait for the store";
    JOBS_WAITING: GAUGE, "tollgate_jobs_waiting", [],
        "Jobs in the store that wait to be carried out; the same on all nodes of a store";
    RECORDS_LOST: COUNTER, "tollgate_records_lost_total", [],
        "Lines of the records file that were not written";
    SPANS: COUNTER, "tollgate_spans_total", ["outcome"],
        "Spans of traces, by what became of them: sent (the collector has taken them), lost (no room to wait for it, or it \
         didn't take them). Not there without `[trace]`";
    LOG_LOST: COUNTER, "tollgate_log_lines_lost_total", [],
        "Lines of the log that were not written";
    BUILD: (Kind::Info, Unit::None), "tollgate_build_info", ["version"],
        "The version that runs";

    // Limits that several nodes share. A node without `[cluster]` has none of them.
    LEASE_SLOTS: GAUGE, "tollgate_lease_slots", ["limit"],
        "Slots of the limit that are this node's";
    LEASE_WANTED: GAUGE, "tollgate_lease_wanted_slots", ["limit"],
        "Slots of the limit that this node would use";
    LEASE_REMAINING: SECONDS, "tollgate_lease_remaining_seconds", [],
        "Until this node's leases end, all at once; 0 if they have";
    LEASE_EXCHANGES: COUNTER, "tollgate_lease_exchanges_total", ["outcome"],
        "Tries to exchange with the coordination store: done, changed (another node was faster, made anew), \
         failed, in_doubt (whether it was made isn't known)";
    LEASE_ROUND_TRIP: HISTOGRAM, "tollgate_lease_round_trip_seconds", [],
        "How long the coordination store took to answer, or to fail";
    LEASE_EXCHANGE_AGE: SECONDS, "tollgate_lease_last_exchange_age_seconds", [],
        "Since an exchange with the coordination store last ended well; since the start if none has";
    LEASE_DOUBTS: COUNTER, "tollgate_lease_doubts_total", ["why"],
        "Exchanges of this node in which the cluster's value was not trusted, by the reason";
    LEASE_LEARNING: GAUGE, "tollgate_lease_learning", [],
        "Whether the cluster's value is learned anew";
    LEASE_LEARNING_REMAINING: SECONDS, "tollgate_lease_learning_remaining_seconds", [],
        "Until all of the value is known; 0 if it is";
    LEASE_LIMITS: GAUGE, "tollgate_lease_limits", [],
        "Limits that are shared";
    LEASE_MEMBERS: GAUGE, "tollgate_lease_cluster_members", [],
        "Processes that share the limits, as this node saw it last; take the maximum over the nodes";
    LEASE_ALLOWED: GAUGE, "tollgate_lease_cluster_allowed_slots", ["limit"],
        "What the limit allows in all; the maximum over the nodes";
    LEASE_FREE: GAUGE, "tollgate_lease_cluster_free_slots", ["limit"],
        "Slots of the limit that no node has; the maximum over the nodes";
    LEASE_RETURNING: GAUGE, "tollgate_lease_cluster_returning_slots", ["limit"],
        "Slots of the limit that no node sends under, and calls may still count under; the maximum over the \
         nodes";
    LEASE_UNKNOWN: GAUGE, "tollgate_lease_cluster_unknown_slots", ["limit"],
        "Slots of the limit that no node is known to have, while the value is learned anew; the maximum over \
         the nodes";

    // The process, by the names that Prometheus' own clients use; on Linux.
    PROCESS_CPU: (Kind::Counter, Unit::Seconds), "process_cpu_seconds_total", [],
        "Processor time that the process has taken";
    PROCESS_MEMORY: (Kind::Gauge, Unit::Bytes), "process_resident_memory_bytes", [],
        "Memory of the process that is in the machine's";
    PROCESS_FDS: GAUGE, "process_open_fds", [],
        "Files and connections that the process has open";
    PROCESS_MAX_FDS: GAUGE, "process_max_fds", [],
        "Files and connections that it may have open";
    PROCESS_START: SECONDS, "process_start_time_seconds", [],
        "When the process started, in seconds since 1970";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_say_kind_and_unit() {
        let mut names = BTreeSet::new();
        for metric in ALL {
            assert!(metric.base().is_some(), "{}", metric.name);
            assert!(names.insert(metric.name), "{} twice", metric.name);
            let of_us = metric.name.starts_with("tollgate_") || metric.name.starts_with("process_");
            assert!(of_us, "{}", metric.name);
            let total = metric.name.ends_with("_total");
            assert_eq!(total, metric.kind == Kind::Counter, "{}", metric.name);
            assert!(!metric.help.ends_with('.') && !metric.help.is_empty());
        }
    }
}
