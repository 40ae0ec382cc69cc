//! A configuration in words, for `tollgate config check`.

use crate::{
    Caller, CompositeBy, Config, Entrance, Gateway, Integration, Login, Organization, show_span,
};
use std::fmt::{self, Write as _};
use std::time::Duration;
use tollgate_engine::{Flow, LimitSpec, Mode};
use tollgate_model::{FlowId, LimitId, Rule};

impl Config {
    /// What was understood, a line for each thing; no secret among it.
    #[must_use]
    pub fn describe(&self) -> String {
        let mut text = String::new();
        // Writing to a String can't fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, out: &mut String) -> fmt::Result {
        let server = &self.server;
        let (listen, drain) = (server.listen, show_span(server.drain_timeout));
        let notice = match server.drain_notice {
            Duration::ZERO => String::new(),
            notice => format!("is unready for {} before it ", show_span(notice)),
        };
        let tls = if server.tls.is_some() {
            " with TLS"
        } else {
            ""
        };
        writeln!(
            out,
            "listens on {listen}{tls}; {notice}drains for {drain} at the most"
        )?;
        let callers = self.callers.iter();
        let callers: Vec<_> = callers.map(|caller| caller.client_id.as_str()).collect();
        writeln!(out, "callers: {}", callers.join(", "))?;
        self.write_organization(out)?;
        if let Some(store) = &self.store {
            // The URL may hold a password; its kind says enough.
            let url = store.url.expose();
            let kind = url.split_once(':').map_or("", |(kind, _)| kind);
            writeln!(out, "store: {kind}; changes through the API are kept")?;
            self.write_jobs(out)?;
        }
        if let Some(cluster) = &self.cluster {
            let (kind, lease) = (cluster.kind(), show_span(cluster.lease));
            let node = cluster.node.as_deref().unwrap_or("its host's name");
            writeln!(out, "cluster: {kind}, as node {node}; leases of {lease}")?;
        }
        if let Some(proxy) = &self.proxy {
            let exceptions = proxy.exceptions.len();
            let address = &proxy.address;
            writeln!(
                out,
                "upstream through the proxy {address}, {exceptions} exceptions"
            )?;
        }
        for client in &self.engine.clients {
            let limits = client.token_limits.iter().map(show);
            let limits: Vec<_> = limits.chain(self.named(&client.limits)).collect();
            let (name, tokens, limits) = (&client.name, client.max_tokens, limits.join(", "));
            writeln!(out, "client {name}: up to {tokens} tokens, each {limits}")?;
        }
        for integration in &self.integrations {
            self.write_integration(integration, out)?;
        }
        for gateway in &self.gateways {
            self.write_gateway(gateway, out)?;
        }
        self.write_composites(out)?;
        for (id, flow) in self.engine.flows.with_ids() {
            self.write_flow(id, flow, out)?;
        }
        Ok(())
    }

    fn write_organization(&self, out: &mut String) -> fmt::Result {
        let of = &self.organization;
        if *of == Organization::default() {
            return Ok(());
        }
        let (name, id, divisions) = (&of.name, &of.id, of.divisions().count());
        writeln!(out, "organisation: {name}, {id}; {divisions} divisions")?;
        for role in &of.roles {
            let grants: Vec<_> = role.grants.iter().map(|it| it.as_str()).collect();
            let grants = if grants.is_empty() {
                "nothing".to_owned()
            } else {
                grants.join(", ")
            };
            writeln!(out, "role {}, {}: grants {grants}", role.name, role.id)?;
        }
        Ok(())
    }

    fn write_jobs(&self, out: &mut String) -> fmt::Result {
        let Some(jobs) = &self.jobs else {
            return Ok(());
        };
        let (keep, at_once) = (show_span(jobs.keep), jobs.at_once);
        writeln!(
            out,
            "jobs: {at_once} at once, kept for {keep} after their ends"
        )?;
        for caller in &self.callers {
            if let Some(callback) = &caller.callback {
                let hosts = callback.access.hosts.join(", ");
                writeln!(
                    out,
                    "  ends of {}'s may be told to: {hosts}",
                    caller.client_id
                )?;
            }
        }
        Ok(())
    }

    fn write_flow(&self, id: FlowId, flow: &Flow, out: &mut String) -> fmt::Result {
        let Flow {
            name,
            priority,
            weight,
            ..
        } = flow;
        write!(out, "flow {name}: priority {priority}, weight {weight}")?;
        if let Some(share) = flow.guarantee {
            let limit = self.engine.limits.get(share.limit.index());
            let name = limit.map_or("", |limit| limit.name.as_str());
            write!(out, ", {} calls of {name} guaranteed", share.slots)?;
        }
        let default = if id == self.default_flow {
            "; of callers that name none"
        } else {
            ""
        };
        let (queued, mode) = (flow.max_queued, in_shadow(flow.mode));
        writeln!(out, ", {queued} may wait{mode}{default}")?;
        Ok(())
    }

    fn write_composites(&self, out: &mut String) -> fmt::Result {
        for composite in &self.composites {
            let (name, of) = (&composite.name, &composite.integration);
            let does = match &composite.by {
                CompositeBy::Calls(by) => {
                    let calls = by.calls.iter().map(|call| call.action.as_str());
                    format!("calls {}", calls.collect::<Vec<_>>().join(", "))
                }
                CompositeBy::Workflow(workflow) => format!("runs the workflow {workflow}"),
            };
            writeln!(out, "composite {name} of {of}: {does}")?;
        }
        Ok(())
    }

    fn write_integration(&self, integration: &Integration, out: &mut String) -> fmt::Result {
        let engine = &self.engine;
        let route = &engine.routes[integration.routes.route.index()];
        let base = integration.base_url.as_ref();
        let base = base.map_or(String::new(), |url| format!(" at {url}"));
        let (name, kind) = (&integration.name, integration.kind.id);
        writeln!(out, "integration {name}: {kind}{base}")?;
        if let Some(pool) = route.pool.and_then(|pool| engine.pools.get(pool.index())) {
            let clients = pool.clients.iter();
            let clients = clients.filter_map(|client| engine.clients.get(client.index()));
            let names: Vec<_> = clients.map(|client| client.name.as_str()).collect();
            writeln!(out, "  tokens of: {}", names.join(", "))?;
        }
        match &integration.login {
            Some(Login::Basic { user_name, .. }) => {
                writeln!(out, "  logs in as the user {user_name}")?;
            }
            Some(Login::ClientCredentials { client, .. }) => {
                let (id, url) = (&client.client_id, &client.token_url);
                writeln!(out, "  logs in as the client {id} at {url}")?;
            }
            None => {}
        }
        if let Some(folder) = &integration.folder {
            writeln!(out, "  actions: {}", folder.display())?;
        }
        for limit in self.named(&route.limits) {
            writeln!(out, "  limit: {limit}")?;
        }
        for of in &integration.routes.endpoints {
            let own = &engine.routes[of.route.index()].limits[route.limits.len()..];
            for limit in self.named(own) {
                writeln!(out, "  limit of {}: {limit}", of.endpoint)?;
            }
        }
        Ok(())
    }

    fn write_gateway(&self, gateway: &Gateway, out: &mut String) -> fmt::Result {
        let at = match &gateway.entrance {
            Entrance::Listener(address) if gateway.tls.is_some() => {
                format!("{address} with TLS of its own")
            }
            Entrance::Listener(address) => address.to_string(),
            Entrance::Host(host) => format!("the host {host}"),
            Entrance::Prefix(path) => format!("{path}/…"),
            Entrance::UnknownPaths => "paths that the service doesn't have".to_owned(),
        };
        let may = |caller: &&Caller| !caller.pass_through.is_empty();
        let callers = self.callers.iter().filter(may);
        let callers: Vec<_> = callers.map(|caller| caller.client_id.as_str()).collect();
        let callers = match callers.as_slice() {
            [] => "nobody: no caller has pass_through".to_owned(),
            some => some.join(", "),
        };
        let integration = &gateway.integration;
        writeln!(out, "gateway at {at} to {integration}, for {callers}")
    }

    fn named<'a>(&'a self, ids: &'a [LimitId]) -> impl Iterator<Item = String> + 'a {
        ids.iter()
            .filter_map(|id| self.engine.limits.get(id.index()))
            .map(|limit| {
                let left = limit.leave;
                let left = left.map_or(0, |leave| leave.of(limit.rule.allowed()));
                match left {
                    0 => show(limit),
                    left => format!("{}, {left} left free", show(limit)),
                }
            })
    }
}

/// `name: 300 in 60s (token)`.
fn in_shadow(mode: Mode) -> &'static str {
    match mode {
        Mode::Enforce => "",
        Mode::Shadow => ", in shadow",
    }
}

fn show(limit: &LimitSpec) -> String {
    let rule = match limit.rule {
        Rule::Window {
            allowed,
            period,
            counted_within,
        } => {
            let bound =
                counted_within.map(|bound| format!(", counted within {}", show_span(bound)));
            format!(
                "{allowed} in {}{}",
                show_span(period),
                bound.unwrap_or_default()
            )
        }
        Rule::Concurrency { allowed } => format!("{allowed} at once"),
    };
    let mode = in_shadow(limit.mode);
    format!("{} {rule} ({}){mode}", limit.name, limit.scope.as_str())
}
