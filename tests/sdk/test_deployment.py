"""What runs the service: systemd's unit, the container image, Kubernetes' manifests, and a restart of three nodes
behind a balancer that asks `/ready`.

The manifests are checked against the API's own schemas, the unit by systemd, the image is built offline and run; the
numbers in them are compared with what they follow from."""

import concurrent.futures
import http.client
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import tomllib
import unittest
import urllib.error
import urllib.request

import kubernetes_validate
import yaml
from test_limits import ACTION
from world import BINARY, CONFIG, ROOT, SECRET, Process, Served, free_port, tollgate

EXAMPLES = ROOT / "examples"
# The newest that the schemas are of, and the oldest that has all that the manifests use and is cared for.
KUBERNETES = ("1.37", "1.34")
# What closing takes after a drain that used all its time (crates/bin/tollgate/src/deadline.rs).
CLOSING = 2
# Only a hang takes so long.
PATIENCE = 120


def seconds(text):
    """A span of the configuration's."""
    number, unit = re.fullmatch(r"(\d+)(ms|s|m|h)", text).groups()
    return int(number) * {"ms": 0.001, "s": 1, "m": 60, "h": 3600}[unit]


def understood(text):
    """Has `config check` read a configuration whose folders are a scratch one's."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder)
        (path / "actions").mkdir()
        shutil.copy(EXAMPLES / "actions/Get-Queue-Counts.json", path / "actions")
        text = text.replace("/etc/tollgate-actions", "actions").replace("/var/lib/tollgate", folder)
        (path / "tollgate.toml").write_text(text)
        env = {"TOLLGATE_STORE_URL": "postgres://tollgate@db/tollgate"}
        return tollgate("config", "check", "--without-secrets", path / "tollgate.toml", env=env).stdout


class Kubernetes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        files = sorted((EXAMPLES / "kubernetes").glob("*.yaml"))
        cls.objects = [it for file in files for it in yaml.safe_load_all(file.read_text())]
        (cls.deployment,) = (it for it in cls.objects if it["kind"] == "Deployment")
        cls.pod = cls.deployment["spec"]["template"]["spec"]
        (cls.container,) = cls.pod["containers"]
        (config,) = (it for it in cls.objects if it["kind"] == "ConfigMap")
        cls.config = config["data"]["tollgate.toml"]
        cls.server = tomllib.loads(cls.config)["server"]

    def test_every_manifest_is_what_the_api_takes(self):
        for version in KUBERNETES:
            for it in self.objects:
                with self.subTest(version=version, kind=it["kind"]):
                    kubernetes_validate.validate(it, version, strict=True)

    def test_a_wrong_manifest_would_be_found(self):
        wrong = json.loads(json.dumps(self.deployment))
        wrong["spec"]["template"]["spec"]["terminationGracePeriod"] = 45
        with self.assertRaises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(wrong, KUBERNETES[0], strict=True)

    def test_the_configuration_is_understood(self):
        self.assertIn("is unready for 10s before it drains for 30s", understood(self.config))
        tokens = tomllib.loads(self.config)["client"][0]["max_tokens"]
        self.assertGreaterEqual(tokens, self.deployment["spec"]["replicas"])

    def test_the_numbers_follow_from_each_other(self):
        notice, drain = seconds(self.server["drain_notice"]), seconds(self.server["drain_timeout"])
        grace = self.pod["terminationGracePeriodSeconds"]
        self.assertTrue(notice + drain + CLOSING < grace <= notice + drain + 10, grace)
        readiness = self.container["readinessProbe"]
        noticed = readiness["periodSeconds"] * readiness["failureThreshold"] + readiness["timeoutSeconds"]
        self.assertLess(noticed, notice)
        self.assertNotIn("lifecycle", self.container, "the notice is the hook")

    def test_the_probes_ask_what_they_are_for(self):
        paths = {kind: self.container[kind]["httpGet"]["path"]
                 for kind in ("startupProbe", "readinessProbe", "livenessProbe")}
        self.assertEqual(paths, {"startupProbe": "/ready?require=store,lease", "readinessProbe": "/ready",
                                 "livenessProbe": "/live"})

    def test_an_update_takes_no_node_away_before_its_successor_is_there(self):
        self.assertEqual(self.deployment["spec"]["strategy"]["rollingUpdate"], {"maxSurge": 1, "maxUnavailable": 0})
        (budget,) = (it for it in self.objects if it["kind"] == "PodDisruptionBudget")
        self.assertEqual(budget["spec"]["maxUnavailable"], 1)

    def test_what_selects_finds_and_what_is_mounted_is_there(self):
        labels = self.deployment["spec"]["template"]["metadata"]["labels"]
        for it in self.objects:
            selector = it["spec"].get("selector") if "spec" in it else None
            if selector:
                self.assertLessEqual((selector.get("matchLabels") or selector).items(), labels.items(), it["kind"])
            if it["kind"] in ("Deployment", "Job"):
                pod = it["spec"]["template"]["spec"]
                (container,) = pod["containers"]
                volumes = {volume["name"] for volume in pod["volumes"]}
                self.assertEqual({mount["name"] for mount in container["volumeMounts"]}, volumes)
                self.assertTrue(pod["securityContext"]["runAsNonRoot"])
                self.assertEqual(container["securityContext"]["capabilities"], {"drop": ["ALL"]})
        port = self.server["listen"].rsplit(":")[-1]
        self.assertEqual(str(self.container["ports"][0]["containerPort"]), port)


class Systemd(unittest.TestCase):
    def unit(self, folder):
        """The unit, with the program where it is here."""
        text = (EXAMPLES / "systemd/tollgate.service").read_text()
        self.assertIn("ExecStart=/usr/local/bin/tollgate ", text)
        unit = pathlib.Path(folder) / "tollgate.service"
        unit.write_text(text.replace("/usr/local/bin/tollgate", str(pathlib.Path(BINARY).resolve())))
        return unit

    def test_systemd_takes_the_unit_and_finds_it_closed(self):
        with tempfile.TemporaryDirectory() as folder:
            unit = self.unit(folder)
            for arguments in (["verify"], ["security", "--offline=true", "--threshold=15", "--no-pager"]):
                command = ["systemd-analyze", *arguments, str(unit)]
                run = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
                self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
                # `verify` ends with 0 where it only warns, such as of a key that it doesn't know.
                self.assertNotIn("Unknown key", run.stderr)

    def test_the_configuration_is_understood_and_reads_what_the_unit_loads(self):
        config = (EXAMPLES / "systemd/tollgate.toml").read_text()
        self.assertIn("drains for 30s", understood(config))
        unit = (EXAMPLES / "systemd/tollgate.service").read_text()
        loaded = set(re.findall(r"^LoadCredential=(\w+):", unit, re.M))
        self.assertEqual(set(re.findall(r"/run/credentials/tollgate\.service/(\w+)", config)), loaded)
        self.assertIn("StateDirectory=tollgate\n", unit)


class Image(unittest.TestCase):
    """Built and run by buildah, without a network, as a user that is not root."""

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.path = pathlib.Path(cls.temporary.name)
        # Nothing of this machine's images is touched, and no file system of the kernel's is needed.
        cls.options = ["--root", str(cls.path / "store"), "--runroot", str(cls.path / "run"), "--storage-driver", "vfs"]
        build = [str(ROOT / "scripts/image"), BINARY, "tollgate:test", *cls.options]
        run = subprocess.run(build, capture_output=True, text=True, timeout=600, check=False)
        if run.returncode:
            raise AssertionError(run.stdout + run.stderr)

    def buildah(self, *arguments):
        command = ["buildah", *self.options, *arguments]
        run = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(run.returncode, 0, f"{arguments}: {run.stdout} {run.stderr}")
        return run.stdout.strip()

    @staticmethod
    def end(serving):
        if serving.poll() is None:
            for process in programs_of(serving.pid):
                os.kill(process, signal.SIGKILL)
        serving.wait(PATIENCE)
        serving.stdout.close()

    def test_it_has_a_health_check_a_user_and_a_place_for_what_stays(self):
        config = json.loads(self.buildah("inspect", "--type", "image", "tollgate:test"))["Docker"]["config"]
        self.assertEqual(config["User"], "65532:65532")
        self.assertEqual(config["StopSignal"], "SIGTERM")
        self.assertEqual(config["Healthcheck"]["Test"], ["CMD", "/tollgate", "health"])
        self.assertEqual(list(config["Volumes"]), ["/var/lib/tollgate"])
        self.assertEqual(config["Entrypoint"], ["/tollgate"])

    def test_it_serves_says_that_it_is_well_and_drains(self):
        etc = self.path / "etc"
        (etc / "actions").mkdir(parents=True)
        shutil.copy(EXAMPLES / "actions/Get-Weather.json", etc / "actions")
        (etc / "caller").write_text(secrets.token_hex(24))
        port = free_port()
        (etc / "tollgate.toml").write_text(f"""
[server]
listen = "127.0.0.1:{port}"
usage_file = "/var/lib/tollgate/tollgate.usage"
[[caller]]
client_id = "flows"
client_secret_file = "caller"
[[integration]]
name = "Web"
type = "custom-rest-actions"
actions = {{ folder = "actions" }}
""")
        container = self.buildah("from", "tollgate:test")
        run = ["run", "--isolation", "chroot", "--volume", f"{etc}:/etc/tollgate:ro", container, "--"]
        command = ["buildah", *self.options, *run, "/tollgate", "serve", "--config", "/etc/tollgate/tollgate.toml"]
        with open(self.path / "log", "w+") as log:
            serving = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
            self.addCleanup(self.end, serving)
            url = serving.stdout.readline().strip()
            log.seek(0)
            self.assertEqual(url, f"http://127.0.0.1:{port}", log.read())
        # As the health check does it, from within.
        ask = [*run, "/tollgate", "health", "--url", url]
        self.assertEqual(self.buildah(*ask), "ok")
        (process,) = programs_of(serving.pid)
        self.assertIn("Uid:\t65532\t65532", pathlib.Path(f"/proc/{process}/status").read_text())
        # As a runtime stops it: the process itself gets the signal.
        os.kill(process, signal.SIGTERM)
        self.assertEqual(serving.wait(PATIENCE), 0, (self.path / "log").read_text())


def programs_of(ancestor):
    """The image's programs that run below this process."""
    found = {}
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            arguments = (folder / "cmdline").read_bytes().split(b"\0")
            parent = int(re.search(r"^PPid:\t(\d+)", (folder / "status").read_text(), re.M)[1])
        except (OSError, TypeError):
            continue
        found[int(folder.name)] = (parent, arguments[0] == b"/tollgate")

    def descends(pid):
        while pid in found and pid != ancestor:
            pid = found[pid][0]
        return pid == ancestor

    return [pid for pid, (_, named) in found.items() if named and descends(pid)]


class Balancer:
    """Knows which nodes are ready, as a proxy of a cluster does: late, by asking every so often."""

    PERIOD = 0.1

    def __init__(self):
        self.ready, self.nodes, self.over = [], [], threading.Event()
        self.asking = threading.Thread(target=self.ask, daemon=True)
        self.asking.start()

    def ask(self):
        while not self.over.wait(self.PERIOD):
            self.ready = [node for node in list(self.nodes) if answers(f"{node.url}/ready")]

    def wait_for(self, nodes):
        until = time.monotonic() + PATIENCE
        while {node.url for node in self.ready} != {node.url for node in nodes}:
            if time.monotonic() > until:
                raise AssertionError(f"ready: {[node.url for node in self.ready]}")
            time.sleep(0.02)

    def stop(self):
        self.over.set()
        self.asking.join()


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except (OSError, http.client.HTTPException):
        return False


class RollingRestart(unittest.TestCase):
    """Three nodes are replaced one after the other under load, behind a balancer that tries nothing twice."""

    NOTICE = "drain_notice = \"2s\"\n"

    def start(self, number):
        """A node of its own; they share no limit here, since which node a call goes to is what is tried."""
        folder = self.world.path / f"node{number}"
        folder.mkdir()
        for name in ("actions", "pool.secret"):
            (folder / name).symlink_to(self.world.path / name)
        config = CONFIG.format(platform=self.world.platform.url, per_token=100000)
        config = "presets = []\n" + config.replace("[server]\n", f"[server]\n{self.NOTICE}")
        (folder / "tollgate.toml").write_text(config)
        env = {"TOLLGATE_TEST_SECRET": SECRET, "RUST_LOG": "warn"}
        return Process("serve", "--config", str(folder / "tollgate.toml"), env=env)

    def setUp(self):
        self.world = Served("--latency", "5ms..40ms", "--token-limit", "0", "--organisation-limit", "0")
        self.addCleanup(self.world.stop)
        (self.world.path / "actions" / "get-user.json").write_text(json.dumps(ACTION))
        self.balancer = Balancer()
        self.addCleanup(self.balancer.stop)

    def call(self, over):
        """Calls one after the other until it is over, on connections that are kept; gives how many were made and what
        failed. A caller with a connection to a node that isn't ready takes another at its next call, as who follows a
        balancer's list does."""
        connections, tokens, made, failed = {}, {}, 0, []
        turn = 0
        while not over.is_set():
            ready = self.balancer.ready
            node = ready[turn % len(ready)]
            turn += 1
            host = node.url.removeprefix("http://")
            try:
                if host not in tokens:
                    tokens[host] = login(node.url)
                connection = connections.setdefault(host, http.client.HTTPConnection(host, timeout=PATIENCE))
                token, action = tokens[host]
                connection.request("POST", f"/api/v2/integrations/actions/{action}/execute", b'{"ID": "u"}',
                                   {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
                answer = connection.getresponse()
                body = answer.read()
                made += 1
                if answer.status != 200:
                    failed.append((host, answer.status, body[:200]))
            except (OSError, http.client.HTTPException, urllib.error.URLError) as error:
                connections.pop(host, None)
                failed.append((host, repr(error)))
        for connection in connections.values():
            connection.close()
        return made, failed

    def test_no_call_is_lost_and_none_is_tried_twice(self):
        nodes = [self.start(number) for number in range(3)]
        self.addCleanup(lambda: [node.process.kill() for node in nodes])
        self.balancer.nodes = nodes
        self.balancer.wait_for(nodes)
        over = threading.Event()
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            callers = [pool.submit(self.call, over) for _ in range(6)]
            try:
                for number in range(3):
                    nodes.append(self.start(3 + number))
                    self.balancer.wait_for(nodes)
                    node = nodes[0]
                    node.process.send_signal(signal.SIGTERM)
                    self.assertEqual(node.process.wait(PATIENCE), 0)
                    node.process.stdout.close()
                    self.balancer.nodes = nodes = nodes[1:]
                    self.balancer.wait_for(nodes)
            finally:
                over.set()
            results = [caller.result() for caller in callers]
        failed = [failure for _, failures in results for failure in failures]
        made = sum(count for count, _ in results)
        print(f"\n{made} calls while three nodes were replaced, {len(failed)} failed")
        self.assertEqual(failed, [])
        self.assertGreater(made, 100)
        for node in nodes:
            self.assertEqual(node.stop(), 0)


def login(url):
    """A token, and the id of the action."""
    form = f"grant_type=client_credentials&client_id=flows&client_secret={SECRET.replace(' ', '+')}".encode()
    with urllib.request.urlopen(f"{url}/oauth/token", form) as answer:
        token = json.load(answer)["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    with urllib.request.urlopen(urllib.request.Request(f"{url}/api/v2/integrations/actions", headers=headers)) as answer:
        return token, json.load(answer)["entities"][0]["id"]


if __name__ == "__main__":
    unittest.main()
