//! What a file comes to.

use crate::{
    Access, CacheRule, Callback, CallerBounds, CallerLogins, ClusterConfig, Composite, Cors,
    Document, FileUse, Gateway, IntegrationRoutes, Jobs, ListenerTls, LogConfig, Organization,
    Role, SharedLimits, Store, TraceConfig,
};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tollgate_action::TypeFacts;
use tollgate_model::FlowId;
use tollgate_secret::Secret;
use tollgate_settings::Places;
use tollgate_upstream::{Bounds, ClientCredentials, Endpoint, Network, Proxy, Url};

/// A whole configuration, ready to be served.
#[derive(Clone, Debug)]
pub struct Config {
    /// How errors call the file.
    pub file: String,
    /// Of the file's text the SHA-256, in hexadecimal digits, cut to [`Config::DIGEST`]: two nodes that show the same have
    /// the same file.
    pub digest: String,
    /// Where its fields stand.
    pub places: Places,
    /// The text's tables, to be compared with those of another text.
    pub document: Document,
    /// Whether secrets may be absent: they are empty then. Such a configuration can't be served.
    pub without_secrets: bool,
    /// The service's own side.
    pub server: Server,
    /// Who may call the service.
    pub callers: Vec<Caller>,
    /// The organisation that the service speaks for.
    pub organization: Organization,
    /// Credentials of `engine.clients`, in the same order.
    pub clients: Vec<ClientCredentials>,
    /// What the actions call; an integration's place is its `RouteId` in `engine.routes`.
    pub integrations: Vec<Integration>,
    /// Doors through which requests pass as they are.
    pub gateways: Vec<Gateway>,
    /// The flow of callers that name none.
    pub default_flow: FlowId,
    /// The engine's tables.
    pub engine: tollgate_engine::Config,
    /// By the ids of `engine.limits`: what a limit belongs to, which tells it from others of its name; empty for the
    /// file's shared limits.
    pub limit_owners: Vec<String>,
    /// Bounds of the calls upstream.
    pub upstream: Bounds,
    /// Certificate authorities trusted beside the public ones, each as PEM text.
    pub extra_roots_pem: Vec<Vec<u8>>,
    /// The proxy that calls and token fetches leave through.
    pub proxy: Option<Proxy>,
    /// Where what is changed through the API lives; without it nothing can be.
    pub store: Option<Store>,
    /// The nodes that share limits with this one; without it there are none.
    pub cluster: Option<ClusterConfig>,
    /// What the log says, and how it is written.
    pub log: LogConfig,
    /// Where spans of calls go; without it they go where OpenTelemetry's own variables say, or nowhere.
    pub trace: Option<TraceConfig>,
    /// How executions are carried out later; there if there is a store.
    pub jobs: Option<Jobs>,
    /// Shared limits that integrations of the store pass.
    pub shared_limits: SharedLimits,
    /// Actions whose answers are kept; none unless the file says so.
    pub caches: Vec<CacheRule>,
    /// Actions whose answers are made of other actions' answers.
    pub composites: Vec<Composite>,
    /// The files that it names beside those of its folders.
    pub files: Vec<FileUse>,
    /// What is most likely a mistake, a line for each: files with secrets that others may read, fields that have a
    /// new name, and entries of `pass_through` by which nothing passes.
    pub warnings: Vec<String>,
}

/// The service's own side: where it listens, and its bounds.
#[derive(Clone, Debug)]
pub struct Server {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Whether the files of the configuration are looked at, and read anew when they change.
    pub watch: bool,
    /// How TLS is spoken there; without it, it is left to a proxy in front.
    pub tls: Option<ListenerTls>,
    /// Whose pages browsers let call; none of other origins unless the file says so.
    pub cors: Option<Cors>,
    /// How long the service says that it isn't ready and takes calls all the same, once it is told to stop and before it
    /// drains.
    pub drain_notice: Duration,
    /// How long executions under way may take to end once the service is told to stop.
    pub drain_timeout: Duration,
    /// Longest request body taken, in bytes.
    pub max_body_bytes: usize,
    /// Connections at once, and never more than half of the descriptors that the process may have; further
    /// ones take the place of one that waits for its caller, or are answered 503.
    pub max_connections: usize,
    /// How long a caller may take to send a request's head, the first one's from the connection's begin on.
    pub header_timeout: Duration,
    /// How long a connection may be without a request.
    pub idle_timeout: Duration,
    /// How long a caller may take for each 16 KiB of an answer.
    pub write_timeout: Duration,
    /// Pause between two pings of an HTTP/2 connection.
    pub http2_ping_interval: Duration,
    /// Requests at once on one HTTP/2 connection.
    pub http2_max_streams: u32,
    /// Bytes of answers, in all, that callers haven't taken yet.
    pub max_untaken_bytes: usize,
    /// How long a caller may take to send a request's body.
    pub body_timeout: Duration,
    /// Bytes a second that a body has to come with on the average, once `header_timeout` has passed.
    pub body_bytes_per_second: u32,
    /// Life of the tokens given to callers.
    pub token_life: Duration,
    /// Tokens of callers alive at once; beyond it the oldest ends.
    pub max_tokens: usize,
    /// Requests of one caller in a minute; further ones are answered 429.
    pub caller_requests_per_minute: u32,
    /// Requests of one caller at once; further ones are answered 429.
    pub caller_requests_at_once: u32,
    /// Wrong logins in a minute from one address, and at one id; further ones are answered 429.
    pub wrong_logins_per_minute: u32,
    /// Proxies whose `X-Forwarded-For` is believed; none unless the file says so.
    pub trusted_proxies: Vec<Network>,
    /// Where the use of the limits is kept, so that a restart knows it.
    pub usage_file: PathBuf,
    /// Bytes of what was seen second by second and minute by minute: in memory, and as many on disk.
    pub history_bytes: usize,
    /// Where each execution is noted for the planner; nowhere unless the file says so.
    pub records_file: Option<PathBuf>,
    /// Folder of workflow files; none unless the file says so.
    pub workflow_folder: Option<PathBuf>,
    /// Runs of workflows at once.
    pub max_workflow_runs: usize,
    /// Bytes of kept answers.
    pub cache_bytes: usize,
    /// The threads that calculate what takes long, and what may wait for them.
    pub calculations: Calculations,
}

impl Config {
    /// Digits of [`Config::digest`].
    pub const DIGEST: usize = 16;

    /// How TLS is spoken at each listener that has settings of its own, the service's first.
    pub fn listener_tls(&self) -> impl Iterator<Item = &ListenerTls> {
        let gateways = self.gateways.iter();
        self.server
            .tls
            .iter()
            .chain(gateways.filter_map(|it| it.tls.as_ref()))
    }
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            watch: false,
            tls: None,
            cors: None,
            drain_notice: Duration::ZERO,
            drain_timeout: Duration::from_secs(30),
            max_body_bytes: tollgate_action::MAX_REQUEST_BYTES,
            max_connections: 10_000,
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(90),
            write_timeout: Duration::from_secs(30),
            http2_ping_interval: Duration::from_secs(20),
            http2_max_streams: 250,
            max_untaken_bytes: 256 * 1024 * 1024,
            body_timeout: Duration::from_secs(30),
            body_bytes_per_second: 1024,
            token_life: Duration::from_secs(86_400),
            max_tokens: 10_000,
            caller_requests_per_minute: 60_000,
            caller_requests_at_once: 10_000,
            wrong_logins_per_minute: 60,
            trusted_proxies: Vec::new(),
            usage_file: PathBuf::from("tollgate.usage"),
            history_bytes: 32 * 1024 * 1024,
            records_file: None,
            workflow_folder: None,
            max_workflow_runs: 10_000,
            cache_bytes: 64 * 1024 * 1024,
            calculations: Calculations::default(),
        }
    }
}

/// The threads that calculate what takes long, and what may wait for them.
#[derive(Clone, Copy, Debug)]
pub struct Calculations {
    /// Threads; at least one.
    pub threads: usize,
    /// Calculations of one integration that may wait.
    pub waiting_each: usize,
    /// Calculations of all integrations that may wait.
    pub waiting: usize,
    /// The longest that one calculation may run.
    pub time: Duration,
}

impl Default for Calculations {
    fn default() -> Self {
        Self {
            threads: 2,
            waiting_each: 32,
            waiting: 1_000,
            time: Duration::from_secs(2),
        }
    }
}

/// Somebody who may call the service.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Its id.
    pub client_id: String,
    /// How it may log in.
    pub logins: CallerLogins,
    /// Networks that it may call from; none listed means everywhere.
    pub networks: Vec<Network>,
    /// What it may do.
    pub roles: BTreeSet<Role>,
    /// Names of the integrations where it may; `None` means everywhere.
    pub integrations: Option<BTreeSet<String>>,
    /// Names of the flows that it may call as beside its default flow; `*` means every flow.
    pub flows: BTreeSet<String>,
    /// The flow of its calls that name none; `None` means that of the service.
    pub default_flow: Option<String>,
    /// How much it may ask for, where that is not what `[server]` says of all callers.
    pub bounds: CallerBounds,
    /// The requests that it may pass through gateways; none unless the file says so.
    pub pass_through: Vec<Endpoint>,
    /// Where the ends of its jobs may be told; nowhere unless the file says so.
    pub callback: Option<Callback>,
}

/// An instance of an integration type.
#[derive(Clone, Debug)]
pub struct Integration {
    /// Its name; part of its actions' ids.
    pub name: String,
    /// Its type; one that is served.
    pub kind: &'static TypeFacts,
    /// Host and path that its actions' paths are appended to; there unless their URLs are whole.
    pub base_url: Option<Url>,
    /// How it logs in, unless one of its actions does that.
    pub login: Option<Login>,
    /// What `${credentials.x}` gives its actions.
    pub credentials: BTreeMap<String, Secret>,
    /// Folder of its action files; none if it has none, and requests pass through to it alone.
    pub folder: Option<PathBuf>,
    /// The engine's routes for its calls.
    pub routes: IntegrationRoutes,
    /// Where its calls may go.
    pub access: Access,
}

/// How an integration below a base URL of its own logs in. Its `Debug` shows no secret.
#[derive(Clone, Debug)]
pub enum Login {
    /// A user's name and password go with each call, as Basic credentials.
    Basic {
        /// The user.
        user_name: String,
        /// The password.
        password: Secret,
    },
    /// OAuth 2.0 client credentials: a token goes with each call.
    ClientCredentials {
        /// The client, and where it gets tokens.
        client: ClientCredentials,
        /// What it asks for.
        scope: Option<String>,
        /// Whether the endpoint is told of the client in the form instead of a header.
        in_body: bool,
    },
}
