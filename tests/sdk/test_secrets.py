"""What the service was given in confidence is in nothing that it wrote: logs at their loudest, the store's
files, every answer. Each secret is a text of its own, so finding one says which."""

import http.server
import json
import unittest

from stored import EXAMPLE, Stored, login, properties, request
from world import WebServer

ACTIONS = "/api/v2/integrations/actions"
QUEUE = "11111111-2222-4333-8444-555555555555"
SECRETS = {
    "a platform client's secret": "emulated-7f3a",
    "a wrong client's secret": "wrong-platform-91c2",
    "a login's secret": "login-secret-5d17",
    "what a login answers": "login-token-0b68",
    "a password": "password-33e9",
    "a key of one's own": "own-key-a4f5",
    "a key that is replaced": "old-key-12d0",
    "a caller's wrong secret": "guess-6c6e",
}


class Upstream(http.server.BaseHTTPRequestHandler):
    """Logs in, echoes what it is sent, and fails in some ways."""

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        if self.path == "/login":
            self.answer(200, {"access_token": SECRETS["what a login answers"], "expires_in": 60})
        else:
            self.answer(401, {"error": "no"})

    def do_GET(self):
        sent = {name: value for name, value in self.headers.items()}
        if self.path.startswith("/fails"):
            self.answer(500, {"sent": sent})
        elif self.path.startswith("/breaks"):
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
            self.close_connection = True
        else:
            self.answer(200, {"sent": "ok"})

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class Secrets(unittest.TestCase):
    def setUp(self):
        self.upstream = WebServer(Upstream)
        self.address = self.upstream.url
        self.answers = []

    def tearDown(self):
        self.upstream.stop()

    def call(self, method, path, body=None, token=None):
        status, text = request(self.base, method, path, token or self.token, body)
        self.answers.append(f"{method} {path}: {status} {text}")
        try:
            return status, json.loads(text)
        except ValueError:
            return status, text

    def done(self, method, path, body=None):
        status, answer = self.call(method, path, body)
        self.assertLess(status, 300, answer)
        return answer

    def integration(self, name, kind, credential, fields, allowed):
        made = self.done("POST", "/api/v2/integrations", {"name": name, "integrationType": {"id": kind}})
        new = {"name": name, "type": {"name": credential}, "credentialFields": fields}
        credential_id = self.done("POST", "/api/v2/integrations/credentials", new)["id"]
        path = f"/api/v2/integrations/{made['id']}"
        self.done("PUT", f"{path}/config/current", {
            "version": 1, "properties": allowed, "credentials": {credential: {"id": credential_id}}})
        self.done("PATCH", path, {"intendedState": "ENABLED"})
        for shown in (path, f"{path}/config/current", f"/api/v2/integrations/credentials/{credential_id}"):
            self.done("GET", shown)
        return made["id"], credential_id

    def web_action(self, integration, name, path, headers, secure=False):
        return self.done("POST", ACTIONS, {
            "name": name, "integrationId": integration, "secure": secure,
            "config": {
                "request": {"requestUrlTemplate": self.address + path, "requestType": "GET", "headers": headers},
                "response": {"translationMap": {}, "successTemplate": "${rawResult}"},
            },
            "contract": {"input": {"inputSchema": {"type": "object", "properties": {}}},
                         "output": {"successSchema": {"type": "object", "properties": {}}}},
        })["id"]

    def run_all(self, world):
        loopback = {"allowedNetworks": ["127.0.0.0/8"], "allowedSchemes": ["http"], "allowedPorts": ["1-65535"]}
        of_platform = properties(world.platform.url)
        actions = []
        for name, secret in (("Good", "a platform client's secret"), ("Bad", "a wrong client's secret")):
            fields = {"clientId": "demo", "clientSecret": SECRETS[secret]}
            made, _ = self.integration(name, "purecloud-data-actions", "pureCloudOAuthClient", fields, of_platform)
            file = json.loads(EXAMPLE.read_text())
            actions.append(self.done("POST", ACTIONS, {**file, "integrationId": made, "name": name})["id"])
        fields = {"loginUrl": self.address + "/login", "clientId": "id", "clientSecret": SECRETS["a login's secret"]}
        made, _ = self.integration("Login", "custom-rest-actions", "userDefinedOAuth", fields, loopback)
        bearer = {"Authorization": "Bearer ${authResponse.access_token}"}
        actions += [self.web_action(made, f"L{path}", path, bearer) for path in ("/ok", "/breaks")]
        fields = {"userName": "user", "password": SECRETS["a password"]}
        made, _ = self.integration("Basic", "custom-rest-actions", "basicAuth", fields, loopback)
        actions += [self.web_action(made, f"B{path}", path, {}) for path in ("/ok", "/fails", "/breaks")]
        made, credential = self.integration(
            "Own", "custom-rest-actions", "userDefined", {"key": SECRETS["a key that is replaced"]}, loopback)
        self.done("PUT", f"/api/v2/integrations/credentials/{credential}", {
            "type": {"name": "userDefined"}, "credentialFields": {"key": SECRETS["a key of one's own"]}})
        key = {"X-Key": "${credentials.key}"}
        actions += [self.web_action(made, f"O{path}", path, key) for path in ("/ok", "/fails", "/breaks")]
        # Templates that fail on a secret, or can't be sent with one in them.
        actions.append(self.web_action(made, "O1", "/${credentials.key.substring(99)}", key))
        actions.append(self.web_action(made, "O2", "/ok", {"X": "${credentials.key}\n"}))
        ends = []
        for action in actions:
            body = {"queueId": QUEUE} if action in actions[:2] else {}
            for verb in ("execute", "test"):
                status, _ = self.call("POST", f"{ACTIONS}/{action}/{verb}", body)
                ends.append(status)
            for part in ("", "?includeConfig=true&expand=contract", "/templates/successTemplate.vm"):
                self.call("GET", f"{ACTIONS}/{action}{part}")
        self.assertIn(200, ends)
        self.assertIn(502, ends)
        for path in ("/api/v2/integrations", "/api/v2/integrations/credentials", f"{ACTIONS}?includeAuthActions=true",
                     "/api/v2/oauth/clients", "/api/v2/tollgate/limits"):
            self.done("GET", path)
        self.done("POST", "/api/v2/audits/query/realtime", {"interval": "2020-01-01/2100-01-01", "pageSize": 500})
        wrong = (world.admin["client_id"], SECRETS["a caller's wrong secret"])
        status, text = request(self.base, "POST", "/oauth/token", body="grant_type=client_credentials", basic=wrong)
        self.answers.append(text)
        self.assertEqual(status, 401)
        # A secret in a place where none belongs is in the answer's message at the most by its kind.
        misplaced = {"name": "x", "type": {"name": "basicAuth"}, "credentialFields": {"password": [SECRETS["a password"]]}}
        self.assertEqual(self.call("POST", "/api/v2/integrations/credentials", misplaced)[0], 400)

    def test_are_found_nowhere(self):
        world = Stored(log="trace", platform="demo:" + SECRETS["a platform client's secret"])
        try:
            self.base = world.service.url
            self.token = login(self.base, (world.admin["client_id"], world.admin["client_secret"]))
            self.run_all(world)
            caller = json.loads(request(self.base, "POST", "/api/v2/oauth/clients", self.token,
                                        {"name": "c", "roleIds": ["execute"]})[1])
            token = login(self.base, (caller["id"], caller["secret"]))
            world.tollgate("keys", "add", "--config", str(world.config))
            self.assertEqual(world.service.stop(), 0)
            world.start()
            rotated = world.tollgate("keys", "rotate", "--config", str(world.config)).stdout
            self.assertIn("left: 0", rotated)
            keys = [line.split(":", 1)[1] for line in (world.path / "tollgate.keys").read_text().split()]
            hidden = {**SECRETS, "the administrator's secret": world.admin["client_secret"], "its token": self.token,
                      "a caller's secret": caller["secret"], "its own token": token,
                      "a sealing key": keys[0], "the old sealing key": keys[1]}
            self.base = world.service.url
            self.token = login(self.base, (world.admin["client_id"], world.admin["client_secret"]))
            listed = self.done("GET", f"{ACTIONS}?category=Good")["entities"]
            self.done("POST", f"{ACTIONS}/{listed[0]['id']}/execute", {"queueId": QUEUE})
            self.assertEqual(world.service.stop(), 0)
            places = {path.name: path.read_bytes() for path in world.path.rglob("*")
                      if path.is_file() and path.name not in ("tollgate.keys",)}
            self.assertIn("service.log", places)
            self.assertGreater(len(places["service.log"]), 10_000, "the log is loud")
            self.assertTrue(any(name.startswith("tollgate.db") for name in places))
            stored = b"".join(text for name, text in places.items() if name.startswith("tollgate.db"))
            self.assertIn(b"customAuth_-_", stored, "what is searched is the store")
            places["answers"] = "\n".join(self.answers).encode()
            found = [f"{what} in {name}" for name, text in places.items()
                     for what, secret in hidden.items() if secret.encode() in text]
            self.assertEqual(found, [])
        finally:
            world.end()


if __name__ == "__main__":
    unittest.main(verbosity=2)
