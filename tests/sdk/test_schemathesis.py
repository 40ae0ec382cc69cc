"""schemathesis over the description, on both stores: no 5xx, no status and no answer that isn't described.

Bounded in examples and in time. What ends the caller's own token is left out: all that followed would be
401. Ids of things that are there are given, so that not all requests end at a 404.
"""

import json
import os
import pathlib
import subprocess
import sys
import unittest

from postgres import Postgres, programs
from stored import EXAMPLE, Stored, login, properties, request

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
ROOT = pathlib.Path(__file__).resolve().parents[2]


class TheDescription(unittest.TestCase):
    def test_holds_on_sqlite(self):
        self.holds("sqlite:tollgate.db")

    def test_holds_on_postgres(self):
        if programs() is None:
            self.assertFalse(os.environ.get("TOLLGATE_REQUIRE_POSTGRES"), "PostgreSQL is not installed")
            self.skipTest("PostgreSQL is not installed")
        server = Postgres()
        try:
            self.holds(server.url)
        finally:
            server.stop()

    def holds(self, url):
        world = Stored(url=url, server="caller_requests_per_minute = 1000000", log="warn")
        try:
            base = world.service.url
            served = json.loads(request(base, "GET", "/api/v2/openapi.json")[1])
            self.assertEqual(served, json.loads((ROOT / "openapi.json").read_text()))
            token = login(base, (world.admin["client_id"], world.admin["client_secret"]))
            # Something of each kind, so that ids taken out of answers lead somewhere.
            ids = self.fill(base, token, world.platform.url)
            known = "".join(f'"path.{name}" = "{value}"\n' for name, value in ids.items())
            # What is there is asked for, but not deleted.
            spared = '[[operations]]\ninclude-method = "DELETE"\n[operations.parameters]\n' + "".join(
                f'"path.{name}" = "nothing"\n' for name in ids)
            (world.path / "schemathesis.toml").write_text(f"[parameters]\n{known}\n{spared}")
            command = [
                str(pathlib.Path(sys.executable).with_name("schemathesis")), "run", f"{base}/api/v2/openapi.json",
                "--header", f"Authorization: Bearer {token}",
                "--checks", CHECKS,
                "--max-examples", os.environ.get("TOLLGATE_SCHEMATHESIS_EXAMPLES", "15"),
                "--phases", "examples,fuzzing",
                "--seed", "1", "--workers", "2", "--request-timeout", "10",
                "--exclude-operation-id", "deleteTokensMe",
                "--exclude-operation-id", "postOauthToken",
            ]
            run = subprocess.run(command, capture_output=True, text=True, timeout=240, cwd=world.path)
            self.assertEqual(run.returncode, 0, run.stdout[-6000:] + run.stderr[-2000:])
            print(run.stdout[-600:])
        finally:
            world.stop()

    def fill(self, base, token, platform):
        def done(method, path, body):
            status, text = request(base, method, path, token, body)
            self.assertLess(status, 300, text)
            return json.loads(text)

        integration = done("POST", "/api/v2/integrations",
                           {"name": "One", "integrationType": {"id": "purecloud-data-actions"}})
        credential = done("POST", "/api/v2/integrations/credentials", {
            "name": "One", "type": {"name": "pureCloudOAuthClient"},
            "credentialFields": {"clientId": "demo", "clientSecret": "emulated"}})
        done("PUT", f"/api/v2/integrations/{integration['id']}/config/current", {
            "version": 1, "properties": properties(platform),
            "credentials": {"pureCloudOAuthClient": {"id": credential["id"]}}})
        file = json.loads(EXAMPLE.read_text())
        action = done("POST", "/api/v2/integrations/actions", {**file, "integrationId": integration["id"]})
        done("POST", f"/api/v2/integrations/actions/{action['id']}/draft", None)
        table = done("POST", "/api/v2/flows/datatables", {
            "name": "One", "schema": {"type": "object", "properties": {"key": {"type": "string"}}}})
        done("POST", f"/api/v2/flows/datatables/{table['id']}/rows", {"key": "one"})
        client = done("POST", "/api/v2/oauth/clients", {"name": "One", "roleIds": ["execute"]})
        query = done("POST", f"/api/v2/oauth/clients/{client['id']}/usage/query",
                     {"interval": "2020-01-01/2100-01-01"})
        return {
            "integrationId": integration["id"], "credentialId": credential["id"], "actionId": action["id"],
            "datatableId": table["id"], "rowId": "one", "clientId": client["id"],
            "executionId": query["executionId"], "typeId": "custom-rest-actions", "configType": "properties",
            "fileName": "inputschema.json",
        }


if __name__ == "__main__":
    unittest.main(verbosity=2)
