"""The service that is soaked: its configuration, its store, what is made in it beforehand, its process."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from doors import Authority
from soak_parts.caller import GONE, Caller
from soak_parts.load import ACTIONS
from stored import EXAMPLE, Stored
from world import Process

HERE = pathlib.Path(__file__).resolve().parent
SECRET = "known to nobody but this soak"
# The emulated platform's limits, which the service is told.
PER_WINDOW, PER_TOKEN, AT_ONCE = 300, 60, 40
LIMIT = "org.app.user.rate.per.minute"
CONFIG = f"""
[server]
listen = "127.0.0.1:0"
drain_timeout = "5s"
records_file = "records.jsonl"

[store]
url = "{{url}}"
key_file = "tollgate.keys"

[[caller]]
client_id = "file"
client_secret_file = "caller.secret"
flows = ["voice", "email"]

[[limit]]
name = "{LIMIT}"
allowed = {PER_WINDOW}
period = "10s"

[[limit]]
name = "actions.concurrent.executions.max"
concurrent = {AT_ONCE}

[[client]]
name = "pool"
client_id = "demo"
client_secret_file = "pool.secret"
token_url = "{{platform}}/oauth/token"
max_tokens = 4
token_rate = {{{{ allowed = {PER_TOKEN}, period = "10s" }}}}

[[integration]]
name = "From the file"
type = "purecloud-data-actions"
base_url = "{{platform}}"
clients = ["pool"]
actions = {{{{ folder = "actions" }}}}

[[flow]]
name = "voice"
priority = 0

[[flow]]
name = "email"
priority = 1
default = true
"""
FLOW = """
workflow:
  name: Soaked
  defaultLanguage: en-us
  startUpRef: /workflow/states/state[main]
  variables:
    - stringVariable: {name: Flow.Queue, initialValue: {noValue: true}, isInput: true, isOutput: false}
  states:
    - state:
        name: Main
        refId: main
        actions:
          - callData:
              name: Ask
              timeout: {lit: {seconds: 10}}
              category: {From the file: {dataAction: {Get-Estimated-Wait-Time: {inputs: {queueId: {exp: Flow.Queue}}}}}}
          - endWorkflow: {name: End, exitReason: {noValue: true}}
"""
# Two thousand times two thousand rounds, and a pattern that backtracks.
HEAVY = "#foreach($a in $input.list)#foreach($b in $input.list)#set($c = \"$a$b\")#end#end{}"
BACKTRACKS = "^(a|a?)+(?=b)(\\1)$"


class Soaked(Stored):
    """`Stored` over the soak's configuration, beside a hostile upstream."""

    def __init__(self, url):
        self.folder = tempfile.TemporaryDirectory(prefix="tollgate-soak-")
        self.path = pathlib.Path(self.folder.name)
        self.platform = Process(
            "emulate", "--client", "demo:emulated", "--client", "second:emulated", "--alignment", "phase-per-key",
            "--token-limit", f"{PER_TOKEN}/10s", "--organisation-limit", f"{PER_WINDOW}/10s",
            "--concurrency", str(AT_ONCE), "--latency", "10ms..200ms", "--slow", "1")
        self.config = self.path / "tollgate.toml"
        self.config.write_text(CONFIG.format(url=url, platform=self.platform.url))
        (self.path / "actions").mkdir()
        (self.path / "actions" / EXAMPLE.name).write_text(EXAMPLE.read_text())
        (self.path / "caller.secret").write_text(SECRET)
        (self.path / "pool.secret").write_text("emulated")
        for name in ("caller.secret", "pool.secret"):
            (self.path / name).chmod(0o600)
        Authority(self.path, "ca").issue("server", "server", "subjectAltName=IP:127.0.0.1")
        self.upstream = subprocess.Popen(
            [sys.executable, "-m", "soak_parts.upstream", self.path / "server.pem", self.path / "server.key"],
            cwd=HERE.parent, stdout=subprocess.PIPE, text=True)
        try:
            self.begin()
        except BaseException:
            # Nothing of it outlives the test.
            self.end_upstream()
            self.platform.process.kill()
            if self.log:
                self.log.flush()
                print((self.path / "service.log").read_text(), file=sys.stderr)
            raise

    def begin(self):
        self.ports = json.loads(self.upstream.stdout.readline())
        made = self.tollgate("init", "--config", str(self.config))
        self.admin = dict(line.split("=", 1) for line in made.stdout.split())
        self.log_level, self.log = "warn", None
        self.file_login = ("file", SECRET)
        self.admin_login = (self.admin["client_id"], self.admin["client_secret"])
        self.limit, self.per_window = LIMIT, PER_WINDOW
        self.lock = threading.Lock()
        self.start()

    @property
    def url(self):
        return self.service.url

    @property
    def pid(self):
        return self.service.process.pid

    def prepare(self):
        """What the load needs."""
        self.caller = Caller(self, self.admin_login)
        self.action_file = json.loads(EXAMPLE.read_text())
        credential = self.made("/api/v2/integrations/credentials", {
            "name": "second", "type": {"name": "pureCloudOAuthClient"},
            "credentialFields": {"clientId": "second", "clientSecret": "emulated"}})
        self.integration = self.enabled("Stored", "purecloud-data-actions", {
            "baseUrl": self.platform.url, "tokenUrl": f"{self.platform.url}/oauth/token",
            "allowedNetworks": ["127.0.0.0/8"], "maxTokens": 3, "tokenRequestsPerMinute": PER_TOKEN},
            {"pureCloudOAuthClient": {"id": credential}})
        self.action = self.made(ACTIONS, {**self.action_file, "name": "Renamed 1", "integrationId": self.integration})
        web = self.enabled("Hostile", "custom-rest-actions", {
            "allowedNetworks": ["127.0.0.1"], "allowedPorts": [str(port) for port in self.ports.values()],
            "allowedSchemes": ["http", "https"], "trustedRoots": (self.path / "ca.pem").read_text()}, {})
        self.web = {
            port: self.web_action(web, port, f"{scheme}://127.0.0.1:{self.ports[port]}/$input.path")
            for port, scheme in (("http1", "http"), ("http2", "https"))}
        address = f"http://127.0.0.1:{self.ports['http1']}/ok"
        self.heavy = self.web_action(web, "heavy", address, template=HEAVY)
        self.pattern = self.web_action(web, "pattern", address, text={"type": "string", "pattern": BACKTRACKS})
        self.table = self.made("/api/v2/flows/datatables", {"name": "Soak", "schema": {
            "type": "object", "properties": {"key": {"type": "string"}, "twice": {"type": "string"}}}})
        self.flow = self.made("/api/v2/tollgate/workflows", FLOW, **{"Content-Type": "application/yaml"})
        client = self.answer("POST", "/api/v2/oauth/clients", {
            "name": "soak", "authorizedGrantType": "CLIENT-CREDENTIALS", "roleIds": ["execute"],
            "tollgateFlows": ["voice", "email"]})
        self.stored_login = (client["id"], client["secret"])
        listed = self.answer("GET", f"{ACTIONS}?pageSize=100")["entities"]
        self.file_action = next(it["id"] for it in listed if it["name"] == self.action_file["name"])

    def web_action(self, integration, name, url, template="", text=None):
        inputs = {"type": "object", "properties": {"text": text or {"type": "string"}, "path": {"type": "string"},
                                                   "list": {"type": "array", "items": {"type": "integer"}}}}
        return self.made(ACTIONS, {
            "name": name, "integrationId": integration,
            "config": {
                "request": {"requestUrlTemplate": url, "requestType": "POST", "requestTemplate": template},
                "response": {"translationMap": {}, "successTemplate": "{\"answer\": ${rawResult}}"},
                "timeoutSeconds": 2},
            "contract": {"input": {"inputSchema": inputs},
                         "output": {"successSchema": {"type": "object", "properties": {}}}}})

    def enabled(self, name, kind, properties, credentials):
        made = self.made("/api/v2/integrations", {"name": name, "integrationType": {"id": kind}})
        path = f"/api/v2/integrations/{made}"
        self.answer("PUT", f"{path}/config/current", {
            "version": 1, "properties": properties, "credentials": credentials})
        state = self.answer("PATCH", path, {"intendedState": "ENABLED"})["reportedState"]
        if state["code"] != "ACTIVE":
            raise RuntimeError(f"integration {name}: {state}")
        return made

    def made(self, path, body, **headers):
        return self.answer("POST", path, body, **headers)["id"]

    def answer(self, method, path, body=None, **headers):
        status, answer = self.caller.call(method, path, body, **headers)
        if status is None or status >= 300:
            raise RuntimeError(f"{method} {path}: {status} {answer}")
        return answer

    def restart(self, bound):
        """Starts it again; gives the seconds until it answered a request of a caller's, at the most `bound` and some."""
        started = time.monotonic()
        while True:
            try:
                self.start()
                break
            except RuntimeError:
                # Its store may be away; it ended by itself.
                if time.monotonic() > started + bound:
                    raise
                time.sleep(0.3)
        caller = Caller(self, self.file_login)
        while time.monotonic() < started + 2 * bound:
            try:
                status, _ = caller.call("GET", "/api/v2/tollgate/flows")
                if status == 200:
                    break
            except GONE:
                time.sleep(0.05)
        return time.monotonic() - started

    def usage(self):
        """Resident kibibytes, and descriptors, of the process of now."""
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(resident.split()[1]), len(os.listdir(f"/proc/{self.pid}/fd"))

    def counts(self):
        with urllib.request.urlopen(f"{self.platform.url}/_emulator/counts", timeout=30) as answer:
            return json.load(answer)

    def end(self):
        self.end_upstream()
        super().end()

    def end_upstream(self):
        self.upstream.kill()
        self.upstream.wait(10)
        self.upstream.stdout.close()
