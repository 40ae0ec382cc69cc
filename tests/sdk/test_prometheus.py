"""A real Prometheus logs in, scrapes a service, and says what was called; examples/monitoring is checked by promtool."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

import yaml

from test_limits import ACTION
from world import ROOT, SECRET, Served, free_port, tollgate

MONITORING = ROOT / "examples/monitoring"
# Bounds only how long a broken service keeps the test from failing.
PATIENCE = 120
NAME = re.compile(r"\b(?:tollgate|process)[_:][a-z0-9_:]+")

CONFIG = """presets = []

[server]
listen = "127.0.0.1:0"
drain_timeout = "2s"
usage_file = "usage"
records_file = "records.jsonl"

[store]
url = "sqlite:tollgate.db"
key_file = "keys"

[[caller]]
client_id = "operator"
roles = ["execute", "administer"]
flows = ["*"]
client_secret_env = "TOLLGATE_TEST_SECRET"

[[caller]]
client_id = "monitor"
roles = ["view"]
client_secret_env = "TOLLGATE_TEST_SECRET"

[[flow]]
name = "voice"
priority = 0

[[flow]]
# Of the same class: a lower one leaves free what the first may ask for.
name = "email"
priority = 0
default = true

[[limit]]
name = "org.rate"
scope = "organisation"
allowed = 40
period = "1h"

[[client]]
name = "pool"
client_id = "demo"
client_secret_file = "pool.secret"
token_url = "{platform}/oauth/token"
max_tokens = 2

[[integration]]
name = "Platform"
type = "purecloud-data-actions"
base_url = "{platform}"
clients = ["pool"]
actions = {{ folder = "actions" }}
"""


def metrics():
    """The metrics of docs/metrics.md, which are those of the code, with their kinds."""
    rows = re.findall(r"^\| `((?:tollgate|process)_\w+)` \| (\w+) \|", (ROOT / "docs/metrics.md").read_text(), re.M)
    return dict(rows)


def promtool(*arguments, **more):
    """Runs it; gives what it said. It has nothing to complain of."""
    run = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE,
                         check=False, **more)
    if run.returncode:
        raise AssertionError(f"promtool {arguments}: {run.returncode}\n{run.stdout}{run.stderr}")
    return run.stdout + run.stderr


def expressions():
    """Each expression of the rules and of the dashboard, as Prometheus gets it."""
    for group in yaml.safe_load((MONITORING / "tollgate.rules.yml").read_text())["groups"]:
        for rule in group["rules"]:
            yield rule["expr"]
    board = json.loads((MONITORING / "grafana.json").read_text())
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            text = target["expr"].replace("$__rate_interval", "5m").replace("$__range", "1h")
            yield text.replace("$instance", ".*").replace("$flow", ".*")


class Files(unittest.TestCase):
    def test_promtool_checks_and_tests_the_rules(self):
        promtool("check", "rules", MONITORING / "tollgate.rules.yml")
        promtool("test", "rules", MONITORING / "tollgate.tests.yml")

    def test_the_configuration_is_good(self):
        with tempfile.TemporaryDirectory() as folder:
            for file in MONITORING.glob("*.yml"):
                (pathlib.Path(folder) / file.name).write_text(file.read_text())
            (pathlib.Path(folder) / "tollgate.secret").write_text(SECRET)
            promtool("check", "config", pathlib.Path(folder) / "prometheus.yml")

    def test_each_expression_is_of_metrics_that_there_are(self):
        kinds, known = metrics(), set()
        for name, kind in kinds.items():
            known |= {f"{name}_{part}" for part in ("bucket", "sum", "count")} if kind == "histogram" else {name}
        rules = yaml.safe_load((MONITORING / "tollgate.rules.yml").read_text())["groups"]
        known |= {rule["record"] for group in rules for rule in group["rules"] if "record" in rule}
        found, groups = set(), []
        for number, expression in enumerate(expressions()):
            found |= set(NAME.findall(expression))
            groups.append({"record": f"expression:number{number}", "expr": expression})
        self.assertGreater(len(groups), 40)
        self.assertEqual(found - known, set())
        # What a dashboard's expression says is read by Prometheus itself.
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "all.yml"
            file.write_text(yaml.safe_dump({"groups": [{"name": "all", "rules": groups}]}))
            promtool("check", "rules", file)


class Prometheus:
    """A Prometheus of this configuration, which is written into a folder."""

    def __init__(self, folder, config):
        self.url = f"http://127.0.0.1:{free_port()}"
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        promtool("check", "config", folder / "prometheus.yml")
        self.log = open(folder / "prometheus.log", "w+")
        self.process = subprocess.Popen(
            ["prometheus", "--config.file", str(folder / "prometheus.yml"), "--storage.tsdb.path", str(folder / "data"),
             "--web.listen-address", self.url.removeprefix("http://"), "--log.level", "warn"],
            stdout=self.log, stderr=self.log,
        )

    def get(self, path, **query):
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(query)}", timeout=30) as answer:
            return json.load(answer)["data"]

    def value(self, query):
        """The value of a query with one result; none if it has none."""
        result = self.get("query", query=query)["result"]
        assert len(result) <= 1, result
        return float(result[0]["value"][1]) if result else None

    def value_when(self, query, wanted):
        """Waits until the query has this value."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                found = self.value(query)
            except (urllib.error.URLError, ConnectionError) as error:
                found = error
            if found == wanted:
                return
            if time.monotonic() > until:
                self.log.seek(0)
                raise AssertionError(f"{query}: {found}, not {wanted}; {self.log.read()}")
            time.sleep(0.2)

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()


class Scrape(unittest.TestCase):
    def setUp(self):
        self.world = Served("--latency", "5ms", "--token-limit", "0", "--organisation-limit", "0")
        self.addCleanup(self.world.stop)
        (self.world.path / "actions/get-user.json").write_text(json.dumps(ACTION))
        self.world.config.write_text(CONFIG.format(platform=self.world.platform.url))
        tollgate("init", "--config", self.world.config, env={**os.environ, "TOLLGATE_TEST_SECRET": SECRET})
        self.world.serve(CONFIG)
        self.token = self.login("operator")
        self.action = self.request("GET", "/api/v2/integrations/actions")[1]["entities"][0]["id"]

    def login(self, client):
        form = {"grant_type": "client_credentials", "client_id": client, "client_secret": SECRET}
        with urllib.request.urlopen(f"{self.world.url}/oauth/token", urllib.parse.urlencode(form).encode()) as answer:
            return json.load(answer)["access_token"]

    def request(self, method, path, body=None, **headers):
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", **headers}
        body = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.world.url}{path}", body, headers, method=method)
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def call(self, flow):
        headers = {"Tollgate-Flow": flow, "Tollgate-Deadline": "60s"}
        return self.request("POST", f"/api/v2/integrations/actions/{self.action}/execute", {"ID": "7"}, **headers)[0]

    def prometheus(self):
        """A Prometheus as the example configures it, but for addresses, and in a hurry."""
        config = yaml.safe_load((MONITORING / "prometheus.yml").read_text())
        config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        config["rule_files"] = [str(MONITORING / "tollgate.rules.yml")]
        job = config["scrape_configs"][0]
        (self.world.path / "tollgate.secret").write_text(SECRET)
        job["oauth2"] |= {"client_secret_file": "tollgate.secret", "token_url": f"{self.world.url}/oauth/token"}
        job["static_configs"] = [{"targets": [self.world.url.removeprefix("http://")]}]
        prometheus = Prometheus(self.world.path, config)
        self.addCleanup(prometheus.stop)
        return prometheus

    def test_a_real_prometheus_says_what_was_called(self):
        prometheus = self.prometheus()
        prometheus.value_when('up{job="tollgate"}', 1)
        self.assertEqual([self.call("voice") for _ in range(15)], [200] * 15)
        self.assertEqual([self.call("email") for _ in range(10)], [200] * 10)
        prometheus.value_when('sum(tollgate_calls_total{flow="voice", outcome="answered"})', 15)
        prometheus.value_when("sum(tollgate_calls_total)", 25)
        for query, wanted in [
            ('tollgate_limit_held{limit="org.rate", scope="organisation"}', 25),
            ('tollgate_limit_allowed{limit="org.rate"}', 40),
            ("tollgate:limit_used:ratio", 25 / 40),
            ("sum(tollgate_call_waiting_seconds_count)", 25),
            ('tollgate_upstream_answers_total{integration="Platform", class="2xx"}', 25),
            ('tollgate_upstream_answers_total{integration="Platform", class="429"}', 0),
            ("sum(tollgate_refusals_total)", None),
            ("tollgate_store_up", 1),
            ("tollgate_build_info", 1),
        ]:
            prometheus.value_when(query, wanted)
        self.assertGreater(prometheus.value("process_cpu_seconds_total{job='tollgate'}"), 0)
        self.assertGreaterEqual(prometheus.value("sum(tollgate_tokens{state='open'})"), 1)
        # The limit is lowered below what is used: nothing more is sent.
        self.assertEqual(self.lower("org.rate", 20), (204, None))
        self.assertEqual([self.call("voice") for _ in range(3)], [429] * 3)
        prometheus.value_when('tollgate_limit_allowed{limit="org.rate"}', 20)
        prometheus.value_when(
            'sum(tollgate_refusals_total{flow="voice", limit="org.rate", reason="deadline.cannot.be.met"})', 3)
        prometheus.value_when("sum(tollgate_calls_total)", 28)
        self.check_targets(prometheus)
        # What the lines say that the simulator plays agrees with it.
        lines = (self.world.path / "records.jsonl").read_text().splitlines()
        self.assertEqual(len(lines), 28)

    def lower(self, name, allowed):
        return self.request("PUT", "/api/v2/tollgate/limits", {"name": name, "allowed": allowed})

    def check_targets(self, prometheus):
        """No scrape has failed, and Prometheus knows what each metric of the documentation is."""
        for target in prometheus.get("targets")["activeTargets"]:
            self.assertEqual((target["health"], target["lastError"]), ("up", ""))
        for query in ("min_over_time(up{job='tollgate'}[5m])", "min(scrape_samples_scraped) > bool 100"):
            self.assertEqual(prometheus.value(query), 1)
        known = {}
        for name in metrics():
            for entry in prometheus.get("targets/metadata", metric=name):
                known[name] = entry["type"]
            # OpenMetrics calls a counter, and an info, without what ends its series' names.
            base = re.sub("_(total|info)$", "", name)
            for entry in prometheus.get("targets/metadata", metric=base):
                known[name] = entry["type"]
        self.assertEqual(known, metrics())

    def test_promtool_has_nothing_to_complain_of(self):
        self.call("voice")
        request = urllib.request.Request(
            f"{self.world.url}/metrics", headers={"Authorization": f"Bearer {self.token}", "Accept": "text/plain"})
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
        run = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, timeout=PATIENCE,
                             check=False)
        self.assertEqual((run.returncode, run.stdout + run.stderr), (0, b""))


if __name__ == "__main__":
    unittest.main()
