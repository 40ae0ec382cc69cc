"""An integration's own certificate authority, and its certificate of ours, over real TLS."""

import http.server
import json
import pathlib
import ssl
import tempfile
import unittest

from doors import Authority
from stored import Stored, login, request
from world import WebServer

ACTIONS = "/api/v2/integrations/actions"


class Who(http.server.BaseHTTPRequestHandler):
    """Says who calls."""

    def do_GET(self):
        subject = dict(pair[0] for pair in self.connection.getpeercert()["subject"])
        text = json.dumps({"who": subject["commonName"]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class Tls(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        authority = Authority(self.path, "ca")
        authority.issue("server", "server", "subjectAltName=IP:127.0.0.1")
        authority.issue("client", "client", "extendedKeyUsage=clientAuth")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path / "server.pem", self.path / "server.key")
        context.load_verify_locations(self.path / "ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        self.server = WebServer(Who, context)
        self.world = Stored(log="warn")

    def tearDown(self):
        self.world.stop()
        self.server.stop()
        self.folder.cleanup()

    def done(self, method, path, body=None):
        status, text = request(self.world.service.url, method, path, self.token, body)
        self.assertLess(status, 300, text)
        return json.loads(text)

    def test_authority_and_certificate_are_the_integrations_own(self):
        self.token = login(self.world.service.url, (self.world.admin["client_id"], self.world.admin["client_secret"]))
        port = str(self.server.port)
        allowed = {"allowedNetworks": ["127.0.0.1"], "allowedPorts": [port]}
        roots = {"trustedRoots": (self.path / "ca.pem").read_text()}
        pem = (self.path / "client.pem").read_text() + (self.path / "client.key").read_text()
        certificate = self.done("POST", "/api/v2/integrations/credentials", {
            "name": "ours", "type": {"name": "userDefined"}, "credentialFields": {"pem": pem}})["id"]
        ends = {}
        for name, properties, credentials in [
            ("nothing", allowed, {}),
            ("authority", {**allowed, **roots}, {}),
            ("certificate", allowed, {"clientCertificate": {"id": certificate}}),
            ("both", {**allowed, **roots}, {"clientCertificate": {"id": certificate}}),
        ]:
            made = self.done("POST", "/api/v2/integrations", {
                "name": name, "integrationType": {"id": "custom-rest-actions"}, "intendedState": "ENABLED"})
            self.done("PUT", f"/api/v2/integrations/{made['id']}/config/current", {
                "version": 1, "properties": properties, "credentials": credentials})
            action = self.done("POST", ACTIONS, {
                "name": name, "integrationId": made["id"],
                "config": {
                    "request": {"requestUrlTemplate": f"https://127.0.0.1:{port}/", "requestType": "GET"},
                    "response": {"translationMap": {"who": "$.who"}, "successTemplate": "{\"who\": ${who}}"},
                },
                "contract": {"input": {"inputSchema": {"type": "object", "properties": {}}},
                             "output": {"successSchema": {"type": "object", "properties": {}}}},
            })["id"]
            status, text = request(self.world.service.url, "POST", f"{ACTIONS}/{action}/execute", self.token, {})
            ends[name] = status, json.loads(text).get("who")
        self.assertEqual(ends["nothing"], (502, None), "an authority that isn't public is not trusted")
        self.assertEqual(ends["certificate"], (502, None))
        self.assertEqual(ends["authority"], (502, None), "the upstream wants a certificate")
        self.assertEqual(ends["both"], (200, "client"))
        wrong = {**allowed, "trustedRoots": "no PEM"}
        made = self.done("POST", "/api/v2/integrations", {
            "name": "wrong", "integrationType": {"id": "custom-rest-actions"}, "intendedState": "ENABLED"})
        self.done("PUT", f"/api/v2/integrations/{made['id']}/config/current", {"version": 1, "properties": wrong})
        state = self.done("GET", f"/api/v2/integrations/{made['id']}")["reportedState"]
        self.assertEqual(state["code"], "ERROR", state)


if __name__ == "__main__":
    unittest.main(verbosity=2)
