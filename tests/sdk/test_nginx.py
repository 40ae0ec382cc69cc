"""Two nodes behind nginx, configured as docs/operations.md says, restarted under load: no call is lost or doubled."""

import collections
import http.client
import http.server
import json
import pathlib
import re
import shutil
import subprocess
import threading
import time
import unittest

from postgres import Postgres
from stored import CONFIG, Stored, login, request
from world import ROOT, Process, WebServer, free_port

NGINX = "/usr/sbin/nginx"
ACTIONS = "/api/v2/integrations/actions"
CALLERS, RESTARTS = 12, 5


class Upstream(http.server.BaseHTTPRequestHandler):
    """Counts what it is asked for."""

    protocol_version = "HTTP/1.1"
    seen, lock = collections.Counter(), threading.Lock()

    def do_POST(self):
        with self.lock:
            self.seen[json.loads(self.rfile.read(int(self.headers["Content-Length"])))["id"]] += 1
        time.sleep(0.01)
        self.send_response(200)
        self.send_header("Content-Length", "11")
        self.end_headers()
        self.wfile.write(b'{"ok":true}')

    def log_message(self, *_):
        pass


class Node:
    """A further node over the store of the first, on a port that it keeps."""

    def __init__(self, folder, key_file, url):
        self.port = free_port()
        folder.mkdir()
        shutil.copy(key_file, folder)
        self.config = folder / "tollgate.toml"
        text = CONFIG.format(server="", url=url).replace("127.0.0.1:0", f"127.0.0.1:{self.port}")
        self.config.write_text(text)
        self.start()

    def start(self):
        self.process = Process("serve", "--config", str(self.config), env={"RUST_LOG": "warn"})

    def end(self):
        self.process.process.kill()
        self.process.process.wait(10)
        self.process.process.stdout.close()

    def restart(self):
        """Gives the exit status of the one that ended."""
        status = self.process.stop()
        self.start()
        return status


def configuration(folder, port, nodes):
    """What docs/operations.md shows, with this test's addresses."""
    text = (ROOT / "docs/operations.md").read_text()
    shown = re.search(r"```nginx\n(.*?)```", text, re.S).group(1)
    for name, actual in [("listen 80;", f"listen 127.0.0.1:{port};"), ("10.0.0.1:8080", f"127.0.0.1:{nodes[0].port}"),
                         ("10.0.0.2:8080", f"127.0.0.1:{nodes[1].port}")]:
        assert name in shown, name
        shown = shown.replace(name, actual)
    temporary = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in
                         ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    return (f"daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 2;\n"
            f"events {{}}\nhttp {{ access_log off; {temporary}\n{shown}\n}}\n")


@unittest.skipUnless(pathlib.Path(NGINX).exists(), "nginx is Debian's package of that name")
class BehindNginx(unittest.TestCase):
    def setUp(self):
        self.postgres = Postgres()
        self.addCleanup(self.postgres.stop)
        self.upstream = WebServer(Upstream)
        self.addCleanup(self.upstream.stop)
        self.world = Stored(url=self.postgres.url, log="warn")
        self.addCleanup(self.world.end)
        key_file = self.world.path / "tollgate.keys"
        self.nodes = [Node(self.world.path / name, key_file, self.postgres.url) for name in ("a", "b")]
        for node in self.nodes:
            self.addCleanup(node.end)
        self.port = free_port()
        folder = self.world.path / "nginx"
        folder.mkdir()
        (folder / "nginx.conf").write_text(configuration(folder, self.port, self.nodes))
        self.nginx = subprocess.Popen([NGINX, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"])
        self.addCleanup(self.nginx.wait)
        self.addCleanup(self.nginx.terminate)
        self.token = login(self.world.service.url, (self.world.admin["client_id"], self.world.admin["client_secret"]))

    def done(self, method, path, body):
        status, text = request(self.world.service.url, method, path, self.token, body)
        self.assertLess(status, 300, text)
        return json.loads(text)

    def publish(self):
        port = str(self.upstream.port)
        made = self.done("POST", "/api/v2/integrations", {
            "name": "Counting", "integrationType": {"id": "custom-rest-actions"}, "intendedState": "ENABLED"})
        self.done("PUT", f"/api/v2/integrations/{made['id']}/config/current", {"version": 1, "credentials": {},
            "properties": {"allowedNetworks": ["127.0.0.1"], "allowedSchemes": ["http"], "allowedPorts": [port]}})
        return self.done("POST", ACTIONS, {
            "name": "Count", "integrationId": made["id"],
            "config": {
                "request": {"requestUrlTemplate": f"http://127.0.0.1:{port}/", "requestType": "POST",
                            "requestTemplate": '{"id": "${input.id}"}'},
                "response": {"translationMap": {}, "successTemplate": "${rawResult}"},
            },
            "contract": {"input": {"inputSchema": {"type": "object", "properties": {"id": {"type": "string"}}}},
                         "output": {"successSchema": {"type": "object", "properties": {}}}},
        })["id"]

    def call(self, number, action):
        """Executes over a connection to nginx that is kept, until the test ends."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        count = 0
        while not self.stopping.is_set():
            count += 1
            body = json.dumps({"id": f"{number}-{count}"})
            connection.request("POST", f"{ACTIONS}/{action}/execute", body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            self.statuses[answer.status] += 1
            if answer.status != 200:
                self.lost.append((answer.status, text))
        connection.close()

    def test_restarts_lose_and_double_nothing(self):
        action = self.publish()
        # Others see a change within about a second.
        time.sleep(3)
        self.statuses, self.lost, self.stopping = collections.Counter(), [], threading.Event()
        callers = [threading.Thread(target=self.call, args=(number, action)) for number in range(CALLERS)]
        for caller in callers:
            caller.start()
        ended = []
        for round in range(RESTARTS):
            time.sleep(1.5)
            ended.append(self.nodes[round % 2].restart())
        time.sleep(1.5)
        self.stopping.set()
        for caller in callers:
            caller.join(90)
        print(f"\n{sum(self.statuses.values())} calls, {RESTARTS} restarts: {dict(self.statuses)}", end=" ")
        self.assertEqual(self.lost, [])
        self.assertEqual(ended, [0] * RESTARTS)
        self.assertEqual({count for count in Upstream.seen.values()}, {1}, "each is carried out once")
        self.assertEqual(len(Upstream.seen), self.statuses[200])


if __name__ == "__main__":
    unittest.main()
