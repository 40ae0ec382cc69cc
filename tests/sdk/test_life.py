"""A whole life with the vendor's Python SDK, none of whose code is changed."""

import json
import os
import subprocess
import unittest

import PureCloudPlatformClientV2 as sdk
from PureCloudPlatformClientV2.rest import ApiException

from stored import EXAMPLE, Stored, login, properties, request
from world import BINARY, CORPUS, ROOT

QUEUE = "11111111-2222-4333-8444-555555555555"


def status_and_code(raised):
    body = json.loads(raised.exception.body)
    assert body["status"] == raised.exception.status, body
    return raised.exception.status, body["code"]


class ALife(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = Stored()
        client = cls.world.login()
        cls.api = sdk.IntegrationsApi(client)
        cls.oauth = sdk.OAuthApi(client)
        cls.architect = sdk.ArchitectApi(client)

    @classmethod
    def tearDownClass(cls):
        statuses = cls.world.stop()
        assert statuses == (0, 0), statuses

    def integration(self, name):
        """An enabled platform integration with credentials."""
        credential = self.api.post_integrations_credentials(
            body={
                "name": name,
                "type": {"name": "pureCloudOAuthClient"},
                "credentialFields": {"clientId": "demo", "clientSecret": "emulated"},
            }
        )
        made = self.api.post_integrations(
            body={"name": name, "integrationType": {"id": "purecloud-data-actions"}}
        )
        self.assertEqual((made.intended_state, made.reported_state.code), ("DISABLED", "INACTIVE"))
        config = self.api.get_integration_config_current(made.id)
        self.assertEqual(config.version, 1)
        config = self.api.put_integration_config_current(
            made.id,
            body={
                "version": config.version,
                "name": name,
                "properties": properties(self.world.platform.url),
                "advanced": {},
                "credentials": {"pureCloudOAuthClient": {"id": credential.id}},
            },
        )
        self.assertEqual(config.version, 2)
        enabled = self.api.patch_integration(made.id, body={"intendedState": "ENABLED"})
        self.assertEqual((enabled.intended_state, enabled.reported_state.code), ("ENABLED", "ACTIVE"))
        return enabled, credential

    def test_a_whole_life(self):
        integration, credential = self.integration("A life")
        self.assertIn("A life", [it.name for it in self.api.get_integrations(page_size=100).entities])

        expanded = self.api.get_integration(integration.id, expand=["config.properties", "config.credentials"])
        self.assertEqual(expanded.config.current.version, 2)
        self.assertIn("baseUrl", expanded.config.current.properties)
        self.assertIsNone(self.api.get_integration(integration.id).config)

        # An export file becomes a draft.
        file = json.loads(EXAMPLE.read_text())
        draft = self.api.post_integrations_actions_drafts(body={**file, "integrationId": integration.id})
        self.assertEqual(draft.version, 1)
        self.assertTrue(self.api.get_integrations_action_draft_validation(draft.id).valid)
        tested = self.api.post_integrations_action_draft_test(draft.id, body={"queueId": QUEUE})
        self.assertTrue(tested.success, tested)
        shown = {operation.name: operation.result for operation in tested.operations}
        self.assertIn(QUEUE, shown["Resolve execution URL via template"]["url"])
        refused = self.api.post_integrations_action_draft_test(draft.id, body={"queueId": 7})
        self.assertFalse(refused.success)
        self.assertEqual(refused.error.details[0].error_code, "ACTION.PROCESSING")
        broken = {**file["config"], "request": {**file["config"]["request"], "requestUrlTemplate": "/x/${input.}#if("}}
        changed = self.api.patch_integrations_action_draft(draft.id, body={"version": 1, "config": broken})
        self.assertEqual(changed.version, 2)
        invalid = self.api.get_integrations_action_draft_validation(draft.id)
        self.assertFalse(invalid.valid)
        with self.assertRaises(ApiException) as raised:
            self.api.post_integrations_action_draft_publish(draft.id, body={"version": 2})
        self.assertEqual(status_and_code(raised), (400, "action.invalid"))
        self.api.patch_integrations_action_draft(draft.id, body={"version": 2, "config": file["config"]})
        with self.assertRaises(ApiException) as raised:
            self.api.patch_integrations_action_draft(draft.id, body={"version": 2, "name": "late"})
        self.assertEqual(status_and_code(raised), (409, "version.conflict"))
        published = self.api.post_integrations_action_draft_publish(draft.id, body={"version": 3})
        self.assertEqual((published.id, published.version), (draft.id, 1))

        output = self.api.post_integrations_action_execute(published.id, body={"queueId": QUEUE})
        self.assertIsInstance(next(iter(output.values())), int)

        # Its parts, its category, and the next version through a draft of it.
        schema = self.api.get_integrations_action_schema(published.id, "inputSchema.json")
        self.assertIn("queueId", schema.properties)
        self.assertIn("A life", [it.name for it in self.api.get_integrations_actions_categories().entities])
        again = self.api.post_integrations_action_draft(published.id)
        self.assertEqual(again.name, file["name"])
        self.api.delete_integrations_action_draft(published.id)
        renamed = self.api.patch_integrations_action(published.id, body={"version": 1, "name": "Renamed"})
        self.assertEqual((renamed.name, renamed.version), ("Renamed", 2))
        with self.assertRaises(ApiException) as raised:
            self.api.patch_integrations_action(published.id, body={"version": 1, "name": "Stale"})
        self.assertEqual(status_and_code(raised), (409, "version.conflict"))
        self.assertEqual(self.api.get_integrations_action(published.id).name, "Renamed")

        # Disabled, it says so; used things stay; then all of it goes.
        self.api.patch_integration(integration.id, body={"intendedState": "DISABLED"})
        with self.assertRaises(ApiException) as raised:
            self.api.post_integrations_action_execute(published.id, body={"queueId": QUEUE})
        self.assertEqual(status_and_code(raised), (409, "integration.not.active"))
        for call, name in [
            (self.api.delete_integrations_credential, credential.id),
            (self.api.delete_integration, integration.id),
        ]:
            with self.assertRaises(ApiException) as raised:
                call(name)
            self.assertEqual(status_and_code(raised), (409, "in.use"))
        self.api.delete_integrations_action(published.id)
        self.api.delete_integration(integration.id)
        self.api.delete_integrations_credential(credential.id)
        with self.assertRaises(ApiException) as raised:
            self.api.get_integration(integration.id)
        self.assertEqual(status_and_code(raised), (404, "not.found"))

    def test_pages_of_many(self):
        integration, _ = self.integration("Many")
        file = json.loads(EXAMPLE.read_text())
        for number in range(7):
            body = {**file, "name": f"Action {number}", "integrationId": integration.id}
            self.api.post_integrations_actions(body=body)
        names, number = [], 1
        while True:
            page = self.api.get_integrations_actions(category="Many", page_size=3, page_number=number)
            names += [action.name for action in page.entities]
            if number >= page.page_count:
                break
            number += 1
        self.assertEqual(names, [f"Action {number}" for number in range(7)])
        two = [action.id for action in page.entities] + [self.api.get_integrations_actions(name="Action 3").entities[0].id]
        found = self.api.get_integrations_actions(ids=two, sort_by="name", sort_order="desc").entities
        self.assertEqual([action.name for action in found], ["Action 6", "Action 3"])
        self.assertEqual((page.total, page.page_count), (7, 3))

    def test_lists_heed_every_parameter(self):
        def web_service(name):
            return self.api.post_integrations(body={"name": name, "integrationType": {"id": "custom-rest-actions"}})

        made = [web_service(f"Heeded {letter}") for letter in "cAb"]
        ids = [it.id for it in made]
        self.api.patch_integration(ids[0], body={"intendedState": "enabled"}, page_size=25, page_number=1)

        def integrations(**query):
            return [it.name[-1] for it in self.api.get_integrations(ids=ids, **query).entities]

        self.assertEqual(integrations(), ["A", "b", "c"])
        self.assertEqual(integrations(sort_by="intendedState"), ["A", "b", "c"])
        self.assertEqual(integrations(sort_by="id"), [it.name[-1] for it in sorted(made, key=lambda it: it.id)])
        self.assertEqual(integrations(reported_state="Active"), ["c"])
        self.assertEqual(integrations(reported_state="INACTIVE", integration_type="custom-rest-actions"), ["A", "b"])
        self.assertEqual(integrations(integration_type="purecloud-data-actions"), [])
        shown = self.api.get_integrations(ids=ids, expand=["config.notes"]).entities
        self.assertTrue(all(it.config.current.name == it.name for it in shown))
        for wrong in ({"expand": ["wheels"]}, {"sort_by": "wheels"}, {"reported_state": "wheels"}, {"next_page": "x"}):
            with self.assertRaises(ApiException) as raised:
                self.api.get_integrations(**wrong)
            self.assertEqual(status_and_code(raised), (400, "bad.request"))

        request = {"requestUrlTemplate": "https://example.com", "requestType": "GET"}
        schema = {"type": "object", "properties": {}}

        def action(name, secure, category):
            return {"name": name, "category": category, "secure": secure, "integrationId": ids[1],
                    "config": {"request": request}, "contract": {"input": {"inputSchema": schema},
                                                                 "output": {"successSchema": schema}}}

        wanted = [("c", True, "Heeded One"), ("A", False, "Heeded One"), ("b", False, "heeded one")]
        both = {
            self.api.get_integrations_actions: [self.api.post_integrations_actions(body=action(*it)) for it in wanted],
            self.api.get_integrations_actions_drafts: [
                self.api.post_integrations_actions_drafts(body=action(*it)) for it in wanted],
        }
        self.api.patch_integrations_action(both[self.api.get_integrations_actions][1].id,
                                           body={"version": 1, "name": "A"})
        for listed, things in both.items():
            def names(**query):
                return [it.name for it in listed(category="HEEDED one", **query).entities]

            self.assertEqual(names(), ["A", "b", "c"], "a category in any case, names in any case")
            self.assertEqual(names(sort_order="desc"), ["c", "b", "A"])
            self.assertEqual(names(sort_by="secure"), ["A", "b", "c"])
            self.assertEqual(names(sort_by="secure", sort_order="descending"), ["c", "b", "A"])
            self.assertEqual(names(secure="true"), ["c"])
            self.assertEqual(names(name="B"), ["b"])
            self.assertEqual(names(ids=f"{things[0].id},{things[1].id}"), ["A", "c"])
            self.assertEqual(names(include_auth_actions="true"), ["A", "b", "c"])
            self.assertEqual(listed(category="Heeded", include_config=True).entities, [])
        self.assertEqual([it.name for it in self.api.get_integrations_actions(
            category="heeded one", sort_by="version").entities], ["b", "c", "A"])
        categories = self.api.get_integrations_actions_categories(secure="true", sort_by="name", sort_order="desc")
        self.assertIn("Heeded One", [it.name for it in categories.entities])
        types = self.api.get_integrations_types(page_size=100, sort_by="name").entities
        self.assertEqual([it.name for it in types], sorted(it.name for it in types))
        self.assertFalse(self.api.get_integrations_type("custom-rest-actions").non_installable)
        self.assertTrue(self.api.get_integrations_type("aws-lambda-data-actions").non_installable)

        # A contract of no properties has none flattened either.
        flat = self.api.get_integrations_action(both[self.api.get_integrations_actions][0].id, flatten=True).contract
        self.assertEqual((flat.input.input_schema, flat.input.input_schema_flattened.properties), (None, {}))
        self.assertEqual(flat.output.success_schema_flattened.schema.type, "object")
        self.assertEqual(flat.output.success_schema_flattened.array_properties, [])

        # What was read whole can be sent back whole.
        read = self.api.get_integration(ids[1], expand=["config"])
        self.assertEqual(self.api.patch_integration(ids[1], body=read).name, read.name)
        current = self.api.get_integration_config_current(ids[1])
        self.assertEqual(self.api.put_integration_config_current(ids[1], body=current).version, current.version + 1)

    def test_a_limit_of_the_integration_refuses_at_once(self):
        integration, _ = self.integration("Scarce")
        config = self.api.get_integration_config_current(integration.id)
        scarce = {**config.properties, "requestsPerMinute": 1}
        credentials = {"pureCloudOAuthClient": {"id": config.credentials["pureCloudOAuthClient"].id}}
        self.api.put_integration_config_current(
            integration.id,
            body={"version": config.version, "name": "Scarce", "properties": scarce, "credentials": credentials},
        )
        file = json.loads(EXAMPLE.read_text())
        made = self.api.post_integrations_actions(body={**file, "integrationId": integration.id})
        client = self.world.login()
        client.set_default_header("Tollgate-Deadline", "1s")
        api = sdk.IntegrationsApi(client)
        api.post_integrations_action_execute(made.id, body={"queueId": QUEUE})
        with self.assertRaises(ApiException) as raised:
            api.post_integrations_action_execute(made.id, body={"queueId": QUEUE})
        self.assertEqual(status_and_code(raised), (429, "too.many.requests"))
        params = json.loads(raised.exception.body)["messageParams"]
        self.assertEqual(params["tollgateCode"], "deadline.cannot.be.met")
        self.assertEqual(params["limit"], "Scarce.requests.per.minute")

    def test_a_caller_has_roles_and_its_calls_are_counted(self):
        made = self.oauth.post_oauth_clients(
            body={"name": "flows", "authorizedGrantType": "CLIENT-CREDENTIALS", "roleIds": ["execute"],
                  "accessTokenValiditySeconds": 600}
        )
        self.assertEqual(made.state, "active")
        self.assertIn(made.id, [it.id for it in self.oauth.get_oauth_clients().entities])
        client = self.world.client().get_client_credentials_token(made.id, made.secret)
        api = sdk.IntegrationsApi(client)
        self.assertIsNotNone(api.get_integrations_actions())
        with self.assertRaises(ApiException) as raised:
            sdk.OAuthApi(client).get_oauth_clients()
        self.assertEqual(status_and_code(raised), (403, "missing.permissions"))
        summary = self.oauth.get_oauth_client_usage_summary(made.id, days="1")
        rows = self.oauth.get_oauth_client_usage_query_result(summary.execution_id, made.id).results
        self.assertEqual(sum(row.requests for row in rows), 2)
        renewed = self.oauth.post_oauth_client_secret(made.id)
        self.assertNotEqual(renewed.secret, made.secret)
        with self.assertRaises(ApiException) as raised:
            api.get_integrations_actions()
        self.assertEqual(raised.exception.status, 401)
        self.oauth.delete_oauth_client(made.id)

    def test_a_data_table(self):
        schema = {
            "$schema": "http://json-schema.org/draft-04/schema#", "type": "object", "required": ["key"],
            "additionalProperties": False,
            "properties": {
                "key": {"type": "string", "$id": "/properties/key", "title": "queue"},
                "count": {"type": "integer", "title": "count", "default": 0},
                "open": {"type": "boolean", "title": "open", "default": False},
            },
        }
        table = self.architect.post_flows_datatables(body={"name": "Cache", "schema": schema})
        self.architect.post_flows_datatable_rows(table.id, data_table_row={"key": "a", "count": 3})
        self.architect.post_flows_datatable_rows(table.id, data_table_row={"key": "b ü", "open": True})
        row = self.architect.get_flows_datatable_row(table.id, "b ü", showbrief=False)
        self.assertEqual(row, {"key": "b ü", "count": 0, "open": True})
        with self.assertRaises(ApiException) as raised:
            self.architect.post_flows_datatable_rows(table.id, data_table_row={"key": "a"})
        self.assertEqual(status_and_code(raised), (409, "already.exists"))
        with self.assertRaises(ApiException) as raised:
            self.architect.post_flows_datatable_rows(table.id, data_table_row={"key": "c", "count": "3"})
        self.assertEqual(status_and_code(raised), (400, "bad.request"))
        self.architect.put_flows_datatable_row(table.id, "a", body={"key": "a", "count": 4})
        rows = self.architect.get_flows_datatable_rows(table.id, showbrief=False)
        self.assertEqual([row["key"] for row in rows.entities], ["a", "b ü"])
        self.assertEqual(rows.entities[0]["count"], 4)
        self.architect.delete_flows_datatable_row(table.id, "a")
        with self.assertRaises(ApiException) as raised:
            self.architect.delete_flows_datatable(table.id)
        self.assertEqual(status_and_code(raised), (409, "in.use"))
        self.architect.delete_flows_datatable(table.id, force=True)

    def test_rows_go_to_a_file_and_back(self):
        schema = {"type": "object", "required": ["key"], "additionalProperties": False,
                  "properties": {"key": {"type": "string"}, "count": {"type": "integer"}}}
        table = self.architect.post_flows_datatables(body={"name": "Rows", "schema": schema})
        place = ["--url", self.world.service.url, "--client-id", self.world.admin["client_id"],
                 "--client-secret-env", "ADMIN"]
        env = {**os.environ, "ADMIN": self.world.admin["client_secret"]}
        rows = [{"key": "a", "count": 1}, {"key": "b ü/c", "count": 2}]
        file = self.world.config.parent / "rows.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        for _ in range(2):
            self.world.tollgate("table", "import", "Rows", str(file), *place, env=env)
        printed = self.world.tollgate("table", "export", table.id, *place, env=env).stdout
        self.assertEqual([json.loads(line) for line in printed.splitlines()], rows)
        self.architect.delete_flows_datatable(table.id, force=True)

    def test_the_command_line_imports_and_exports(self):
        integration, _ = self.integration("Files")
        secret = {"ADMIN": self.world.admin["client_secret"]}
        remote = ["--url", self.world.service.url, "--client-id", self.world.admin["client_id"],
                  "--client-secret-env", "ADMIN"]
        direct = ["--config", str(self.world.config)]
        files = [f for f in sorted((ROOT / "examples/actions").glob("*.json"))
                 if json.loads(f.read_text())["integrationType"] == "purecloud-data-actions"]
        for place in (remote, direct, remote):
            self.world.tollgate("import", *map(str, files), "--integration", "Files", *place,
                                env={**os.environ, **secret})
            for number, source in enumerate((remote, direct)):
                to = self.world.path / f"out-{number}"
                self.world.tollgate("export", "--integration", integration.id, "--to", str(to), *source,
                                    env={**os.environ, **secret})
                # As text: the order of fields is part of what must be equal.
                written = sorted(json.dumps(json.loads(f.read_text())) for f in to.iterdir())
                self.assertEqual(written, sorted(json.dumps(json.loads(f.read_text())) for f in files))
                for file in to.iterdir():
                    file.unlink()
        self.assertEqual((self.world.path / "tollgate.keys").stat().st_mode & 0o777, 0o600)
        refused = subprocess.run([BINARY, "init", *direct], capture_output=True, text=True)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("first administrator already", refused.stderr)


class TheCorpus(unittest.TestCase):
    """Everything of others' that can be executed comes back as it went in."""

    def test_round_trips(self):
        if not CORPUS.exists():
            self.skipTest(f"{CORPUS} is absent: nothing of others' to try")
        files = []
        for path in sorted(CORPUS.rglob("*.json")):
            try:
                file = json.loads(path.read_text(encoding="utf-8-sig"))
            except ValueError:
                continue
            if isinstance(file, dict) and {"integrationType", "config", "contract"} <= file.keys():
                files.append(file)
        world = Stored()
        try:
            base = world.service.url
            token = login(base, (world.admin["client_id"], world.admin["client_secret"]))

            def integration(kind, name):
                body = {"name": name, "integrationType": {"id": kind}}
                return json.loads(request(base, "POST", "/api/v2/integrations", token, body)[1])["id"]

            ids = {kind: integration(kind, kind) for kind in ("purecloud-data-actions", "custom-rest-actions")}
            tried, refused = 0, 0
            for number, file in enumerate(files):
                if file["integrationType"] not in ids:
                    continue
                to = ids[file["integrationType"]]
                if file.get("actionType") == "customAuth":
                    # An integration has one login.
                    to = integration(file["integrationType"], f"login {number}")
                # A category of its own: many files have the same name.
                new = {**file, "integrationId": to, "category": f"{number}"}
                status, text = request(base, "POST", "/api/v2/integrations/actions", token, new)
                if status == 400:
                    refused += 1
                    continue
                self.assertEqual(status, 200, text)
                path = f"/api/v2/tollgate/actions/{json.loads(text)['id']}/export"
                exported = request(base, "GET", path, token)[1]
                # As text: the order of fields is part of what must be equal. `secure` is always written.
                wanted = {**file, "secure": file.get("secure", False)}
                self.assertEqual(json.dumps(json.loads(exported)), json.dumps(wanted))
                tried += 1
            print(f"{tried} round trips, {refused} refused as not executable")
            self.assertGreater(tried, 50)
        finally:
            world.stop()


class ALimit(unittest.TestCase):
    def test_429_of_a_caller_says_when_to_come_back(self):
        # Not through the SDK, which would wait for Retry-After by itself.
        world = Stored(server="caller_requests_per_minute = 5")
        try:
            base = world.service.url
            token = login(base, (world.admin["client_id"], world.admin["client_secret"]))
            statuses = [request(base, "GET", "/api/v2/integrations/types", token)[0] for _ in range(6)]
            self.assertEqual(statuses, [200] * 5 + [429])
            body = json.loads(request(base, "GET", "/api/v2/integrations/types", token)[1])
            self.assertEqual(body["code"], "too.many.requests.retry.after")
            self.assertRegex(body["message"], r"Retry the request in \[\d+\] seconds")
        finally:
            world.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
