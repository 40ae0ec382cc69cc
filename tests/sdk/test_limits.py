"""A number that is not as configured: told by the API within seconds, adopted by one command, gone with a restart."""

import concurrent.futures
import json
import os
import pathlib
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

from world import BINARY, SECRET, Process

CONFIG = """# What we were told.
[server]
listen = "127.0.0.1:0"
drain_timeout = "2s"

[[caller]]
client_id = "operator"
roles = ["execute", "administer"]
client_secret_env = "TOLLGATE_TEST_SECRET"

[[client]]
name = "pool"
client_id = "demo"
client_secret_file = "pool.secret"
token_url = "{platform}/oauth/token"
max_tokens = 1
token_rate = {{ allowed = 30, period = "4s" }} # the vendor's page says so

[[integration]]
name = "Platform"
type = "purecloud-data-actions"
base_url = "{platform}"
clients = ["pool"]
actions = {{ folder = "actions" }}
"""
RATE = "client.credentials.token.rate.per.minute"
ACTION = {
    "name": "Get user",
    "integrationType": "purecloud-data-actions",
    "actionType": "custom",
    "config": {
        "request": {"requestUrlTemplate": "/api/v2/users/${input.ID}", "requestType": "GET", "headers": {}, "requestTemplate": ""},
        "response": {"translationMap": {}, "translationMapDefaults": {}, "successTemplate": "{\"ok\": true}"},
    },
    "contract": {
        "input": {"inputSchema": {"type": "object", "properties": {"ID": {"type": "string"}}, "required": ["ID"], "additionalProperties": True}},
        "output": {"successSchema": {"type": "object", "properties": {"ok": {"type": "boolean"}}, "additionalProperties": True}},
    },
    "secure": False,
}


class ANumberThatIsWrong(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        (self.root / "actions").mkdir()
        (self.root / "actions" / "get-user.json").write_text(json.dumps(ACTION))
        (self.root / "pool.secret").write_text("emulated\n")
        (self.root / "pool.secret").chmod(0o600)
        self.config = self.root / "tollgate.toml"
        self.platform = None
        self.env = {"TOLLGATE_TEST_SECRET": SECRET, "RUST_LOG": "warn"}
        self.log = open(self.root / "log", "w+")

    def emulate(self, token_limit):
        self.platform = Process(
            "emulate", "--client", "demo:emulated", "--latency", "5ms", "--jitter", "0ms",
            "--token-limit", token_limit, "--organisation-limit", "0",
        )
        self.config.write_text(CONFIG.format(platform=self.platform.url))
        self.config.chmod(0o640)

    def tearDown(self):
        if self.platform:
            self.platform.stop()
        self.log.close()
        self.folder.cleanup()

    def serve(self):
        service = Process("serve", "--config", str(self.config), env=self.env, stderr=self.log)
        body = urllib.parse.urlencode(
            {"grant_type": "client_credentials", "client_id": "operator", "client_secret": SECRET}
        ).encode()
        with urllib.request.urlopen(f"{service.url}/oauth/token", body) as answer:
            self.token = json.load(answer)["access_token"]
        return service

    def ask(self, service, path, body=None, method=None):
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(service.url + path, data, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def load(self, service, calls):
        """So many calls at once; some may be refused, for there is less quota than they need."""
        actions = self.ask(service, "/api/v2/integrations/actions")["entities"]
        path = f"/api/v2/integrations/actions/{actions[0]['id']}/execute"

        def call(number):
            try:
                return self.ask(service, path, {"ID": str(number)}) is not None
            except urllib.error.HTTPError as error:
                error.read()
                return False

        with concurrent.futures.ThreadPoolExecutor(calls) as pool:
            return sum(pool.map(call, range(calls)))

    def until(self, service, look, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = look()
            if found:
                return found
            self.load(service, 4)
        self.fail("not seen in time")

    def limits(self, *arguments, status=0):
        done = subprocess.run(
            [BINARY, "limits", *arguments, "--client-id", "operator", "--client-secret-env", "TOLLGATE_TEST_SECRET"],
            env={**os.environ, **self.env}, capture_output=True, text=True, timeout=60,
        )
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def warned(self):
        lines = (self.root / "log").read_text().splitlines()
        return [line for line in lines if f"for {RATE} of pool, configured 30" in line]

    def test_a_told_number_is_seen_adopted_and_gone(self):
        self.emulate("15/4s")
        service = self.serve()
        learned = lambda: self.ask(service, "/api/v2/tollgate/learned")["entities"]
        (it,) = self.until(service, learned)
        self.assertEqual((it["name"], it["of"], it["source"]), (RATE, "pool", "headers"), it)
        self.assertEqual((it["allowed"], it["configured"], it["periodMillis"]), (15, 30, 4000), it)
        shown = [it for it in self.ask(service, "/api/v2/tollgate/limits")["entities"] if it.get("client") == "pool"]
        self.assertEqual([it["allowed"] for it in shown], [15], shown)

        # What headers tell can't be forgotten; what nobody learned is not there.
        query = urllib.parse.urlencode({"name": RATE})
        for path, status in [(f"?{query}", 409), ("?name=none", 404), ("", 400)]:
            with self.assertRaises(urllib.error.HTTPError) as raised:
                self.ask(service, f"/api/v2/tollgate/learned{path}", method="DELETE")
            with raised.exception as error:
                self.assertEqual(error.code, status, error.read())

        lines = self.limits("list", "--url", service.url).stdout.splitlines()
        self.assertTrue(all(len(line) <= 80 for line in lines), lines)
        told = json.loads(self.limits("list", "--json", "--url", service.url).stdout)
        self.assertEqual(told["learned"][0]["allowed"], 15)

        place = ["--config", str(self.config), "--url", service.url]
        before = self.config.read_text()
        self.limits("adopt", "no such limit", *place, status=1)
        dry = self.limits("adopt", "--all", "--dry-run", *place)
        self.assertEqual(self.config.read_text(), before)
        done = self.limits("adopt", "--all", *place)
        self.assertEqual(dry.stdout, done.stdout)
        self.assertEqual(
            done.stdout.splitlines(),
            [
                '-token_rate = { allowed = 30, period = "4s" } # the vendor\'s page says so',
                '+token_rate = { allowed = 15, period = "4s" } # the vendor\'s page says so',
            ],
        )
        self.assertEqual(self.config.read_text(), before.replace("allowed = 30", "allowed = 15"))
        self.assertEqual(self.config.stat().st_mode & 0o777, 0o640)
        warned = self.until(service, self.warned)
        self.load(service, 4)
        self.assertEqual(service.stop(), 0)
        self.assertEqual(self.warned(), warned, "once")
        self.assertEqual(len(warned), 1, warned)
        self.assertIn("15 in 4s", warned[0])

        service = self.serve()
        self.assertGreater(self.load(service, 10), 0)
        self.assertEqual(self.ask(service, "/api/v2/tollgate/learned")["entities"], [])
        self.assertEqual(service.stop(), 0)

    def test_a_part_is_left_free_by_the_api_and_after_a_restart(self):
        self.emulate("30/4s")
        name = "org.app.user.rate.per.minute"
        service = self.serve()
        path = "/api/v2/tollgate/limits"
        free = lambda: {it["name"]: it["leftFree"] for it in self.ask(service, path)["entities"]}[name]
        self.assertEqual(free(), 0)
        for wrong in [{"leave": "100 %"}, {"leave": "10"}, {"leave": -1}, {"leave": 1.5}, {"leave": True}, {},
                      {"leave": 1, "client": "pool"}]:
            with self.assertRaises(urllib.error.HTTPError) as raised:
                self.ask(service, path, {"name": name, **wrong}, "PUT")
            with raised.exception as error:
                self.assertEqual(error.code, 400, wrong)
        self.ask(service, path, {"name": name, "leave": "10 %"}, "PUT")
        self.assertEqual(free(), 300)
        self.ask(service, path, {"name": name, "allowed": 1000}, "PUT")
        self.assertEqual(free(), 100)
        self.assertEqual(service.stop(), 0)
        service = self.serve()
        self.assertEqual(free(), 100)
        self.ask(service, path, {"name": name, "leave": 7}, "PUT")
        self.assertEqual(free(), 7)
        self.assertEqual(service.stop(), 0)

    def test_the_configured_number_is_the_most_where_the_file_says_so(self):
        self.emulate("60/4s")
        plain = self.config.read_text()
        service = self.serve()
        learned = lambda: self.ask(service, "/api/v2/tollgate/learned")["entities"]
        began = time.monotonic()
        (it,) = self.until(service, learned)
        self.assertEqual((it["allowed"], it["configured"]), (60, 30), it)
        took = time.monotonic() - began
        self.assertEqual(service.stop(), 0)
        of_limit = plain.replace('period = "4s"', 'period = "4s", follow = "configuration"')
        of_all = plain + '\n[learning]\nfollow = "configuration"\n'
        for text in [of_limit, of_all]:
            self.config.write_text(text)
            service = self.serve()
            end = time.monotonic() + 2 * took
            while time.monotonic() < end:
                self.load(service, 4)
            self.assertEqual(learned(), [])
            self.assertEqual(service.stop(), 0)


if __name__ == "__main__":
    unittest.main()
