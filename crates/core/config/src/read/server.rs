//! `[server]`, `[upstream]` and `[[caller]]`.

use super::flows::Flows;
use super::integrations::Tables;
use super::{Reading, access, cors, jobs, logins, pem, proxy, tls, unique_name};
use crate::{Calculations, Caller, CallerBounds, FileUse, Server};
use std::ops::RangeInclusive;
use std::time::Duration;
use tollgate_settings::Section;
use tollgate_upstream::{Bounds, Proxy};

/// What was seen takes so much: from a day of a small service to all that a machine has.
const HISTORY_BYTES: RangeInclusive<u64> = 1024 * 1024..=16 * 1024 * 1024 * 1024;
const MILLISECOND: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3600);
/// The platform's own range of token lives.
const TOKEN_LIFE: (Duration, Duration) = (Duration::from_secs(300), Duration::from_secs(172_800));
/// The most threads that calculate: far more than a machine has processors, far fewer than it has memory for.
const MAX_THREADS: u64 = 1024;

/// What all ways upstream have in common.
#[derive(Default)]
pub(super) struct Upstream {
    pub(super) bounds: Bounds,
    /// Certificate authorities, each as PEM text.
    pub(super) roots: Vec<Vec<u8>>,
    pub(super) proxy: Option<Proxy>,
}

pub(super) fn read(root: &Section<'_, '_>, source: &Reading<'_>) -> (Server, Upstream) {
    let upstream = read_upstream(root, source);
    (read_server(root, source), upstream)
}

fn read_server(root: &Section<'_, '_>, source: &Reading<'_>) -> Server {
    let default = Server::default();
    let default = Server {
        usage_file: source.folder.join(&default.usage_file),
        ..default
    };
    let Some(section) = root.section("server") else {
        return default;
    };
    let span = |key, usual| section.span(key, MILLISECOND..=HOUR).unwrap_or(usual);
    let end = |key, usual| section.span(key, Duration::ZERO..=HOUR).unwrap_or(usual);
    let size = |key, usual| section.size(key).unwrap_or(usual);
    let count = |key, usual| section.count(key, 1).unwrap_or(usual);
    let path = |key| {
        let written = section.text(key);
        written.map(|written| source.folder.join(written.value))
    };
    let renamed = |old, new| section.renamed(old, new, |warning| source.warn(warning));
    let address = "an address and a port such as \"127.0.0.1:8080\"";
    let listen = section.parsed("listen", address, |text| text.parse().ok());
    let life = section.span("token_life", TOKEN_LIFE.0..=TOKEN_LIFE.1);
    let server = Server {
        listen: listen.map_or(default.listen, |listen| listen.value),
        tls: tls::read(&section, source),
        watch: section.flag("watch").unwrap_or(default.watch),
        cors: cors::read(&section),
        drain_notice: end("drain_notice", default.drain_notice),
        drain_timeout: end("drain_timeout", default.drain_timeout),
        max_body_bytes: size("max_body_bytes", default.max_body_bytes),
        max_connections: size("max_connections", default.max_connections),
        header_timeout: span("header_timeout", default.header_timeout),
        idle_timeout: span("idle_timeout", default.idle_timeout),
        write_timeout: span("write_timeout", default.write_timeout),
        http2_ping_interval: span("http2_ping_interval", default.http2_ping_interval),
        http2_max_streams: count("http2_max_streams", default.http2_max_streams),
        max_untaken_bytes: size("max_untaken_bytes", default.max_untaken_bytes),
        body_timeout: span("body_timeout", default.body_timeout),
        body_bytes_per_second: count("body_bytes_per_second", default.body_bytes_per_second),
        token_life: life.unwrap_or(default.token_life),
        max_tokens: size("max_tokens", default.max_tokens),
        caller_requests_per_minute: section
            .count("caller_requests_per_minute", 1)
            .unwrap_or(default.caller_requests_per_minute),
        caller_requests_at_once: count("caller_requests_at_once", default.caller_requests_at_once),
        wrong_logins_per_minute: count("wrong_logins_per_minute", default.wrong_logins_per_minute),
        trusted_proxies: section.read_each("trusted_proxies"),
        usage_file: path("usage_file").unwrap_or(default.usage_file),
        history_bytes: history_bytes(&section).unwrap_or(default.history_bytes),
        records_file: path("records_file"),
        workflow_folder: path(renamed("flow_folder", "workflow_folder")),
        max_workflow_runs: size(
            renamed("max_flow_runs", "max_workflow_runs"),
            default.max_workflow_runs,
        ),
        cache_bytes: size("cache_bytes", default.cache_bytes),
        calculations: calculations(&section, default.calculations),
    };
    section.finish();
    server
}

fn history_bytes(section: &Section<'_, '_>) -> Option<usize> {
    let bytes = section.whole("history_bytes", HISTORY_BYTES)?;
    usize::try_from(bytes).ok()
}

fn calculations(section: &Section<'_, '_>, default: Calculations) -> Calculations {
    let threads = section.whole("calculation_threads", 1..=MAX_THREADS);
    let threads = threads.and_then(|threads| usize::try_from(threads).ok());
    let size = |key, usual| section.size(key).unwrap_or(usual);
    Calculations {
        threads: threads.unwrap_or(default.threads),
        waiting_each: size("calculations_waiting_each", default.waiting_each),
        waiting: size("calculations_waiting", default.waiting),
        time: section
            .span("calculation_time", MILLISECOND..=HOUR)
            .unwrap_or(default.time),
    }
}

/// Notes the files that the service writes.
pub(super) fn note_files(server: &Server, source: &Reading<'_>) {
    let beside = ["limits", "lock", "new"];
    source.note(FileUse::written_with(
        "server.usage_file",
        &server.usage_file,
        &beside,
    ));
    if let Some(records) = &server.records_file {
        source.note(FileUse::written_and(
            "server.records_file",
            records,
            &[".1"],
        ));
    }
}

fn read_upstream(root: &Section<'_, '_>, source: &Reading<'_>) -> Upstream {
    let default = Bounds::default();
    let Some(section) = root.section("upstream") else {
        return Upstream::default();
    };
    let span = |key, usual| section.span(key, MILLISECOND..=HOUR).unwrap_or(usual);
    let size = |key, usual| section.size(key).unwrap_or(usual);
    let bounds = Bounds {
        max_response_bytes: size("max_response_bytes", default.max_response_bytes),
        max_response_header_bytes: size(
            "max_response_header_bytes",
            default.max_response_header_bytes,
        ),
        max_interim_answers: section
            .count("max_interim_answers", 0)
            .unwrap_or(default.max_interim_answers),
        connect_timeout: span("connect_timeout", default.connect_timeout),
        pool_idle_timeout: span("idle_timeout", default.pool_idle_timeout),
        pool_max_idle_per_host: size("max_idle_per_host", default.pool_max_idle_per_host),
        connection_max_age: span("connection_max_age", default.connection_max_age),
        streams_per_connection: size("streams_per_connection", default.streams_per_connection),
        ping_interval: span("ping_interval", default.ping_interval),
        ping_timeout: span("ping_timeout", default.ping_timeout),
        token_timeout: span("token_timeout", default.token_timeout),
        ..default
    };
    let roots = pem::trusted_roots(&section, source);
    let proxy = proxy::read(&section, source).or(None);
    section.finish();
    Upstream {
        bounds,
        roots,
        proxy,
    }
}

/// `stored`: callers may come from the store, so the file needs none.
pub(super) fn read_callers(
    root: &Section<'_, '_>,
    source: &Reading<'_>,
    (tables, flows): (&mut Tables, &mut Flows),
    stored: bool,
) -> Vec<Caller> {
    let integrations = tables.integrations.iter();
    let names: Vec<_> = integrations.map(|one| one.name.clone()).collect();
    // What is a caller's own is nobody else's to name.
    let shared_flows = tables.engine.flows.iter();
    let shared_flows: Vec<_> = shared_flows.map(|flow| flow.name.clone()).collect();
    let mut taken = Vec::new();
    let mut callers: Vec<Caller> = Vec::new();
    for section in root.sections("caller") {
        let client_id = unique_name(&section, "client_id", &mut taken);
        let logins = logins::read(&section, source, &client_id);
        let networks = section.read_each("allowed_networks");
        let (roles, integrations) = access::read_roles(&section, &names);
        let own_flow = flows.add_own(&section, &client_id, tables);
        let (flows, default_flow) = access::read_flows(&section, &shared_flows);
        let bounds = CallerBounds {
            per_minute: section.count("requests_per_minute", 1),
            at_once: section.count("requests_at_once", 1),
        };
        let pass_through = section.read_each("pass_through");
        let callback = jobs::read_callback(&section, source, stored);
        callers.extend(logins.map(|logins| Caller {
            client_id,
            logins,
            networks,
            roles,
            integrations,
            flows,
            default_flow: own_flow.or(default_flow),
            bounds,
            pass_through,
            callback,
        }));
        section.finish();
    }
    logins::check_distinct(root, &callers);
    if !root.has("caller") && !stored {
        root.missing(
            "caller",
            "a table: without [[caller]] nobody could call the service",
        );
    }
    callers
}
