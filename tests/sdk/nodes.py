"""Several nodes in front of one emulated platform."""

import glob
import json
import os
import pathlib
import signal
import tempfile
import time
import urllib.parse
import urllib.request
from email.utils import parsedate_to_datetime

from test_limits import ACTION
from world import SECRET, Process, tollgate

CONFIG = """presets = []

[server]
listen = "127.0.0.1:0"
drain_timeout = "5s"
usage_file = "{key}.usage"

{cluster}
[[caller]]
client_id = "operator"
roles = ["execute", "administer"]
flows = ["*"]
client_secret_env = "TOLLGATE_TEST_SECRET"

[[flow]]
name = "first"
priority = 0

[[flow]]
name = "rest"
priority = 1
default = true

[[limit]]
name = "org.rate"
scope = "organisation"
allowed = {allowed}
period = "{period}s"

[[client]]
name = "pool"
client_id = "demo"
client_secret_file = "pool.secret"
token_url = "{platform}/oauth/token"
max_tokens = {max_tokens}
token_rate = {{ allowed = {of_token}, period = "{period}s" }}

[[integration]]
name = "Platform"
type = "purecloud-data-actions"
base_url = "{platform}"
clients = ["pool"]
actions = {{ folder = "actions" }}
"""
CLUSTER = """[cluster]
url = "{store}"
node = "{name}"
lease = "{lease}s"
longest_pause = "5s"
"""


class Node:
    """One process of the service. Its key is the test's word for it, its name the cluster's."""

    def __init__(self, cluster, key, name=None):
        self.key, self.furthest = key, 0
        config = cluster.path / f"{key}.toml"
        config.write_text(cluster.config(key, name or key))
        self.clock = cluster.path / f"{key}.clock"
        env = {"TOLLGATE_TEST_SECRET": SECRET, "RUST_LOG": "warn,tollgate_cluster=info"}
        if cluster.has_false_clocks:
            env |= false_clock(self.clock)
        with open(cluster.path / f"{key}.log", "a") as log:
            self.process = Process("serve", "--config", str(config), env=env, stderr=log)
        self.url = self.process.url
        host, port = self.url.removeprefix("http://").split(":")
        self.address = (host, int(port))
        form = {"grant_type": "client_credentials", "client_id": "operator", "client_secret": SECRET}
        with urllib.request.urlopen(f"{self.url}/oauth/token", urllib.parse.urlencode(form).encode()) as answer:
            self.token = json.load(answer)["access_token"]
        request = urllib.request.Request(f"{self.url}/api/v2/integrations/actions", headers=self.headers())
        with urllib.request.urlopen(request) as answer:
            self.action = json.load(answer)["entities"][0]["id"]

    def headers(self):
        return {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}

    def get(self, path):
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}{path}", headers=self.headers())) as answer:
            return json.load(answer)

    def tokens(self):
        """The client's tokens that the node uses, and those that it may use."""
        limits = self.get("/api/v2/tollgate/limits?pageSize=100")["entities"]
        cluster = self.get("/api/v2/tollgate/cluster")
        of_tokens = [limit["parts"] for limit in cluster["limits"] if limit["key"] == "tokens:pool"]
        part = sum(part["slots"] for parts in of_tokens for part in parts if part["member"] == cluster["member"])
        return sum(limit.get("client") == "pool" for limit in limits), part

    def send(self, which):
        self.process.process.send_signal(which)

    def end(self, which=signal.SIGTERM):
        """Ends it, if it runs, by a signal; gives its exit status."""
        if self.process.process.poll() is None:
            self.send(which)
            self.send(signal.SIGCONT)
        status = self.process.process.wait(30)
        self.process.process.stdout.close()
        return status

    def step_clock(self, seconds):
        """Sets its wall clock so many seconds off, and waits until that is so. It is seen by the date of an answer if it is
        ahead of all before: otherwise `hyper` goes on to show the latest."""
        self.clock.write_text(f"{seconds:+d}\n")
        if seconds <= self.furthest:
            time.sleep(2)
            return
        self.furthest = seconds
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with urllib.request.urlopen(f"{self.url}/health") as answer:
                date = parsedate_to_datetime(answer.headers["Date"])
            if abs(date.timestamp() - time.time() - seconds) < 60:
                return
            time.sleep(0.2)
        raise AssertionError(f"{self.key}'s wall clock was not stepped: {date}")


def false_clock(file):
    """What gives a process a wall clock that follows a file; its monotonic clocks and its time since boot are the machine's."""
    file.write_text("+0\n")
    libraries = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    if not libraries:
        raise RuntimeError("libfaketime is not installed (apt-get install faketime)")
    return {"LD_PRELOAD": libraries[0], "FAKETIME_TIMESTAMP_FILE": str(file), "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


class Cluster:
    """The emulated platform, which allows 50 calls a second in periods, and nodes that share them.

    Without a store they share nothing. The verbs of `faults` are methods of this and of the store. `serving` are the nodes
    that a load balancer would choose from: it knows at once of a node that has died or is to end."""

    def __init__(self, store, period=6, nodes="abc", alignment="first-call", false_clocks=False,
                 max_tokens=1, of_token=0):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        (self.path / "actions").mkdir()
        (self.path / "actions" / "get-user.json").write_text(json.dumps(ACTION))
        (self.path / "pool.secret").write_text("emulated\n")
        (self.path / "pool.secret").chmod(0o600)
        self.store, self.allowed, self.period = store, 50 * period, period
        # With limits of seconds a short one, so that what ends with it is seen soon; with a minute's, the usual one.
        self.lease = 20 if period < 60 else 60
        self.has_false_clocks = false_clocks
        self.max_tokens, self.of_token = max_tokens, of_token
        self.all, self.serving = {}, {}
        with open(self.path / "platform.log", "w") as log:
            self.platform = Process(
                "emulate", "--client", "demo:emulated", "--latency", "5ms..40ms",
                "--token-limit", f"{of_token}/{period}s" if of_token else "0",
                "--organisation-limit", f"{self.allowed}/{period}s", "--alignment", alignment, stderr=log,
            )
        try:
            if store:
                config = self.path / "init.toml"
                config.write_text(self.config("init", "init"))
                tollgate("cluster", "init", "--config", config, env={**os.environ, "TOLLGATE_TEST_SECRET": SECRET})
            for key in nodes:
                self.start(key)
        except BaseException:
            self.stop()
            raise

    def config(self, key, name):
        cluster = CLUSTER.format(store=self.store.url_for(key), name=name, lease=self.lease) if self.store else ""
        return CONFIG.format(
            key=key, cluster=cluster, platform=self.platform.url, allowed=self.allowed, period=self.period,
            max_tokens=self.max_tokens, of_token=self.of_token or 100000,
        )

    def platform_counts(self):
        with urllib.request.urlopen(f"{self.platform.url}/_emulator/counts") as answer:
            return json.load(answer)

    def start(self, key, name=None):
        self.all[key] = self.serving[key] = Node(self, key, name)

    def kill(self, key):
        self.serving.pop(key).end(signal.SIGKILL)

    def drain(self, key):
        status = self.serving.pop(key).end()
        if status != 0:
            raise AssertionError(f"{key} ended with {status}")

    def restart(self, key):
        self.drain(key)
        self.start(key)

    def pause(self, key):
        self.all[key].send(signal.SIGSTOP)

    def go_on(self, key):
        self.all[key].send(signal.SIGCONT)

    def clock(self, key, hours):
        self.all[key].step_clock(int(float(hours) * 3600))

    def logs(self):
        """The last lines of each node's log."""
        logs = {path.stem: path.read_text().splitlines()[-12:] for path in sorted(self.path.glob("*.log"))}
        return "\n".join(f"{key}: {line}" for key, lines in logs.items() for line in lines)

    def stop(self):
        try:
            for node in self.all.values():
                node.end(signal.SIGKILL)
        finally:
            self.platform.stop()
            self.folder.cleanup()
