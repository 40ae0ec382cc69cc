"""Several nodes in front of one emulated platform, and a load on them."""

import asyncio
import itertools
import json
import os
import pathlib
import random
import signal
import tempfile
import time
import urllib.parse
import urllib.request

from test_limits import ACTION
from world import SECRET, Process, tollgate

CONFIG = """presets = []

[server]
listen = "127.0.0.1:0"
drain_timeout = "5s"
usage_file = "{name}.usage"

[cluster]
url = "{store}"
node = "{name}"
lease = "{lease}"
longest_pause = "{pause}"

[[caller]]
client_id = "operator"
roles = ["execute", "administer"]
client_secret_env = "TOLLGATE_TEST_SECRET"

[[limit]]
name = "org.rate"
scope = "organisation"
allowed = {allowed}
period = "{period}"

[[client]]
name = "pool"
client_id = "demo"
client_secret_file = "pool.secret"
token_url = "{platform}/oauth/token"
max_tokens = 1
token_rate = {{ allowed = 100000, period = "60s" }}

[[integration]]
name = "Platform"
type = "purecloud-data-actions"
base_url = "{platform}"
clients = ["pool"]
actions = {{ folder = "actions" }}
"""


class Node:
    """One process of the service."""

    def __init__(self, cluster, name):
        self.cluster, self.name = cluster, name
        config = cluster.path / f"{name}.toml"
        config.write_text(CONFIG.format(name=name, **cluster.values))
        self.log = open(cluster.path / f"{name}.log", "a")
        env = {"TOLLGATE_TEST_SECRET": SECRET, "RUST_LOG": "warn,tollgate_cluster=info"}
        self.process = Process("serve", "--config", str(config), env=env, stderr=self.log)
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

    def signal(self, which):
        self.process.process.send_signal(which)

    def kill(self):
        self.process.process.kill()
        self.process.process.wait(10)
        self.end()

    def end(self):
        self.process.process.stdout.close()
        self.log.close()


class Cluster:
    """The emulated platform, which allows so many calls in a period, and nodes that share them."""

    def __init__(self, store, allowed=600, period="6s", names=("a", "b", "c"), alignment="first-call", lease="20s"):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        (self.path / "actions").mkdir()
        (self.path / "actions" / "get-user.json").write_text(json.dumps(ACTION))
        (self.path / "pool.secret").write_text("emulated\n")
        (self.path / "pool.secret").chmod(0o600)
        self.platform = Process(
            "emulate", "--client", "demo:emulated", "--latency", "5ms..40ms", "--token-limit", "0",
            "--organisation-limit", f"{allowed}/{period}", "--alignment", alignment,
        )
        self.allowed, self.period = allowed, float(period.removesuffix("s"))
        self.values = {"store": store, "platform": self.platform.url, "lease": lease, "pause": "5s",
                       "allowed": allowed, "period": period}
        self.nodes = {}
        config = self.path / "init.toml"
        config.write_text(CONFIG.format(name="init", **self.values))
        tollgate("cluster", "init", "--config", config, env={**os.environ, "TOLLGATE_TEST_SECRET": SECRET})
        for name in names:
            self.start(name)

    def start(self, name):
        self.nodes[name] = Node(self, name)
        return self.nodes[name]

    def counts(self):
        with urllib.request.urlopen(f"{self.platform.url}/_emulator/counts") as answer:
            return json.load(answer)

    def stop(self):
        for node in self.nodes.values():
            if node.process.process.poll() is None:
                node.signal(signal.SIGCONT)
                node.process.stop()
                node.end()
        self.platform.stop()
        self.folder.cleanup()


class Load:
    """Calls that come at random, each node its share of a rate, and what became of them."""

    def __init__(self, cluster, seed=1, deadline_ms=1500):
        self.cluster, self.random, self.deadline = cluster, random.Random(seed), deadline_ms
        self.idle = {}

    async def call(self, node):
        body = json.dumps({"ID": str(self.random.random())})
        head = "".join(f"{key}: {value}\r\n" for key, value in node.headers().items())
        request = (
            f"POST /api/v2/integrations/actions/{node.action}/execute HTTP/1.1\r\nHost: n\r\n{head}"
            f"Tollgate-Deadline: {self.deadline}ms\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        ).encode()
        writer = None
        try:
            async with asyncio.timeout(20):
                idle = self.idle.setdefault(node.address, [])
                reader, writer = idle.pop() if idle else await asyncio.open_connection(*node.address)
                writer.write(request)
                answer = await reader.readuntil(b"\r\n\r\n")
                length = next(line for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length:"))
                await reader.readexactly(int(length.split(b":")[1]))
                idle.append((reader, writer))
        except (OSError, TimeoutError, asyncio.IncompleteReadError, StopIteration):
            # A node that was killed or stands still.
            if writer:
                writer.close()

    async def run(self, seconds, rate, shares):
        """`shares` gives each node's part of the rate at so many seconds from now."""
        begun, tasks, at = time.monotonic(), set(), 0.0
        while at < seconds:
            at += self.random.expovariate(rate)
            await asyncio.sleep(max(0.0, begun + at - time.monotonic()))
            parts = shares(at)
            (name,) = self.random.choices(list(parts), list(parts.values()))
            node = self.cluster.nodes.get(name)
            if node:
                task = asyncio.create_task(self.call(node))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)
        for _, writer in itertools.chain.from_iterable(self.idle.values()):
            writer.close()


def measure(cluster, seconds, rate, shares, during=None, seed=1):
    """Drives the cluster; `during` is run beside it. Gives the part of the quota that was used, and answers 429."""
    load = Load(cluster, seed)
    before = cluster.counts()

    async def both():
        beside = asyncio.create_task(during()) if during else None
        await load.run(seconds, rate, shares)
        if beside:
            await beside

    asyncio.run(both())
    after = cluster.counts()
    admitted = after["admitted"] - before["admitted"]
    limited = sum(after["limited"].values()) - sum(before["limited"].values())
    return admitted / (cluster.allowed * seconds / cluster.period), limited
