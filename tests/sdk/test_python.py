"""The vendor's Python SDK against the service, and real actions of others'."""

import json
import pathlib
import subprocess
import tempfile
import unittest

import PureCloudPlatformClientV2 as sdk
from PureCloudPlatformClientV2.rest import ApiException

from world import BINARY, CORPUS, ROOT, World

EXAMPLES = sorted((ROOT / "examples/actions").glob("*.json"))


def of_platform(files):
    return [file for file in files if json.loads(file.read_text())["integrationType"] == "purecloud-data-actions"]


class TheExamples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World(of_platform(EXAMPLES))
        cls.api = sdk.IntegrationsApi(cls.world.login())

    @classmethod
    def tearDownClass(cls):
        statuses = cls.world.stop()
        assert statuses == (0, 0), statuses

    def id_of(self, name):
        found = self.api.get_integrations_actions(name=name).entities
        self.assertEqual([action.name for action in found], [name])
        return found[0].id

    def test_lists_pages_and_gets(self):
        first = self.api.get_integrations_actions(page_size=3, page_number=1)
        self.assertEqual(first.total, len(of_platform(EXAMPLES)))
        self.assertEqual(len(first.entities), 3)
        names = []
        for number in range(1, first.page_count + 1):
            page = self.api.get_integrations_actions(page_size=3, page_number=number)
            names += [action.name for action in page.entities]
        self.assertEqual(len(set(names)), first.total)
        self.assertEqual(names, sorted(names))
        action = self.api.get_integrations_action(first.entities[0].id, expand="contract", include_config=True)
        self.assertEqual(action.category, "PureCloud Data Actions")
        self.assertEqual(action.contract.input.input_schema.type, "object")
        self.assertIn(action.config.request.request_type, ["GET", "POST", "PUT", "PATCH", "DELETE"])

    def test_shows_a_contract_in_architects_form(self):
        action = self.id_of("Find-Contact-By-Number")
        flat = self.api.get_integrations_action(action, expand="contract", flatten=True).contract
        self.assertIsNone(flat.input.input_schema)
        self.assertEqual(flat.input.input_schema_flattened.type, "object")
        self.assertIsNone(flat.output.success_schema)
        shown = flat.output.success_schema_flattened
        self.assertEqual(shown.schema.properties["contacts.id"]["type"], "array")
        self.assertEqual(shown.array_properties, ["contacts"])

    def test_executes(self):
        queue = "11111111-2222-4333-8444-555555555555"
        output = self.api.post_integrations_action_execute(self.id_of("Get-Estimated-Wait-Time"), {"queueId": queue})
        self.assertIsInstance(next(iter(output.values())), int)

    def test_tells_each_step(self):
        queue = "11111111-2222-4333-8444-555555555555"
        result = self.api.post_integrations_action_test(self.id_of("Get-Estimated-Wait-Time"), {"queueId": queue})
        self.assertTrue(result.success)
        self.assertEqual([operation.step for operation in result.operations], list(range(1, 10)))
        self.assertTrue(all(operation.success for operation in result.operations))
        results = {operation.name: operation.result for operation in result.operations}
        url = results["Resolve execution URL via template"]["url"]
        self.assertTrue(url.startswith("/api/v2/") and queue in url, url)
        sent = results["Make request"]
        self.assertEqual(sent["request"]["url"], self.world.platform.url + url)
        self.assertEqual(sent["request"]["headers"]["Authorization"], "[redacted] (a token of the pool)")
        self.assertEqual((sent["status"], sent["headers"]["content-type"]), (200, "application/json"))
        self.assertEqual(results["Validate output against schema"], result.final_result)
        for found in results["Apply translation map"].values():
            self.assertEqual(found.keys(), {"path", "value"})
        failed = self.api.post_integrations_action_test(self.id_of("Get-Estimated-Wait-Time"), {"queueId": 7})
        self.assertFalse(failed.success)
        self.assertEqual([operation.success for operation in failed.operations], [False])
        self.assertEqual(failed.error.code, "bad.request")
        self.assertEqual(failed.error.details[0].error_code, "ACTION.PROCESSING")

    def error(self, call, *arguments):
        with self.assertRaises(ApiException) as raised:
            call(*arguments)
        body = json.loads(raised.exception.body)
        self.assertEqual(body["status"], raised.exception.status)
        self.assertTrue({"message", "code", "contextId", "details", "errors"} <= body.keys())
        return raised.exception.status, body

    def test_errors_are_understood(self):
        status, body = self.error(self.api.get_integrations_action, "custom_-_nothing")
        self.assertEqual((status, body["code"]), (404, "not.found"))
        action = self.id_of("Get-Estimated-Wait-Time")
        status, body = self.error(self.api.post_integrations_action_execute, action, {"queueId": 7})
        self.assertEqual((status, body["code"]), (400, "bad.request"))
        self.assertEqual(body["details"], [{"errorCode": "ACTION.PROCESSING"}])
        self.assertEqual(body["messageParams"], {"tollgateCode": "action.input.invalid"})
        self.assertIn("queueId", body["errors"][0]["message"])

    def test_wrong_secret_and_no_token(self):
        with self.assertRaises(ApiException) as raised:
            self.world.client().get_client_credentials_token("flows", "wrong")
        self.assertEqual(raised.exception.status, 401)
        status, body = self.error(sdk.IntegrationsApi(self.world.client()).get_integrations_actions)
        self.assertEqual((status, body["code"]), (401, "authentication.required"))


class TheErrors(unittest.TestCase):
    """What fails, as the SDK reads it: by executing, and by testing."""

    BROKEN = {
        "Mapping": ({"response": {"translationMap": {}, "successTemplate": "{\"a\": ${nothing}}"}},
                    400, "bad.request", "ACTION.PROCESSING", "action.response.invalid", "Apply success template"),
        "Contract": ({"response": {"translationMap": {}, "successTemplate": "[]"}},
                     400, "bad.request", "ACTION.PROCESSING", "action.response.invalid",
                     "Validate output against schema"),
        "Request": ({"request": {"requestUrlTemplate": "/api/v2/a b", "requestType": "GET", "headers": {}}},
                    400, "bad.request", "ACTION.PROCESSING", "action.request.invalid",
                    "Resolve execution URL via template"),
        "Upstream": ({"request": {"requestUrlTemplate": "/api/v2/flows/datatables/none/rows/none", "requestType": "GET", "headers": {}}},
                     404, "not.found", "ACTION.REMOTE_ENDPOINT", "upstream.error", "Make request"),
    }

    def test_each_has_status_code_and_detail(self):
        whole = json.loads((ROOT / "examples/actions/Get-Estimated-Wait-Time.json").read_text())
        with tempfile.TemporaryDirectory() as folder:
            files = []
            for name, (change, *_) in self.BROKEN.items():
                files.append(pathlib.Path(folder) / f"{name}.json")
                files[-1].write_text(json.dumps({**whole, "name": name, "config": {**whole["config"], **change}}))
            world = World(files)
        self.addCleanup(world.stop)
        api = sdk.IntegrationsApi(world.login())
        inputs = {"queueId": "11111111-2222-4333-8444-555555555555"}
        for name, (_, status, code, detail, own, step) in self.BROKEN.items():
            with self.subTest(name):
                action = api.get_integrations_actions(name=name).entities[0].id
                with self.assertRaises(ApiException) as raised:
                    api.post_integrations_action_execute(action, inputs)
                error = json.loads(raised.exception.body)
                self.assertEqual((raised.exception.status, error["status"], error["code"]), (status, status, code))
                self.assertEqual(error["details"], [{"errorCode": detail}])
                self.assertEqual(error["messageParams"]["tollgateCode"], own)
                told = api.post_integrations_action_test(action, inputs)
                self.assertEqual((told.success, told.final_result), (False, None))
                last = told.operations[-1]
                self.assertEqual((last.name, last.success), (step, False))
                for read in (told.error, last.error):
                    self.assertEqual((read.status, read.code, read.message), (status, code, error["message"]))
                    self.assertEqual(read.details[0].error_code, detail)
                    self.assertEqual(read.message_params["tollgateCode"], own)


class TheLimits(unittest.TestCase):
    def test_a_refusal_names_limit_and_instant(self):
        world = World(of_platform(EXAMPLES), per_token=3)
        try:
            client = world.login()
            client.set_default_header("Tollgate-Flow", "voice")
            client.set_default_header("Tollgate-Deadline", "2s")
            api = sdk.IntegrationsApi(client)
            action = api.get_integrations_actions(name="Get-Estimated-Wait-Time").entities[0].id
            inputs = {"queueId": "11111111-2222-4333-8444-555555555555"}
            for _ in range(6):
                api.post_integrations_action_execute(action, inputs)
            with self.assertRaises(ApiException) as raised:
                api.post_integrations_action_execute(action, inputs)
            body = json.loads(raised.exception.body)
            self.assertEqual((raised.exception.status, body["code"]), (429, "too.many.requests"))
            self.assertEqual(body["messageParams"]["tollgateCode"], "deadline.cannot.be.met")
            self.assertEqual(body["messageParams"]["limit"], "client.credentials.token.rate.per.minute")
            self.assertGreater(int(body["messageParams"]["earliestStartMillis"]), 2000)
            counts = world.counts()
            self.assertEqual((counts["admitted"], sum(counts["limited"].values())), (6, 0))
            client.set_default_header("Tollgate-Flow", "fax")
            with self.assertRaises(ApiException) as raised:
                api.post_integrations_action_execute(action, inputs)
            self.assertEqual(raised.exception.status, 400)
            self.assertIn("email, voice", json.loads(raised.exception.body)["message"])
        finally:
            world.stop()


class TheRecords(unittest.TestCase):
    def test_the_simulator_replays_what_was_executed(self):
        world = World(of_platform(EXAMPLES))
        try:
            api = sdk.IntegrationsApi(world.login())
            action = api.get_integrations_actions(name="Get-Estimated-Wait-Time").entities[0].id
            for _ in range(5):
                api.post_integrations_action_execute(action, {"queueId": "11111111-2222-4333-8444-555555555555"})
        finally:
            world.service.stop()
            world.platform.stop()
        records = pathlib.Path(world.folder.name) / "records.jsonl"
        scenario = ROOT / "examples/scenarios/start.toml"
        command = [BINARY, "simulate", scenario, "--from", records, "--policy", "tollgate", "--json"]
        run = subprocess.run(command, capture_output=True, text=True, timeout=60)
        world.folder.cleanup()
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("5 calls replayed", run.stderr)
        json.loads(run.stdout)


class TheCachingArticle(unittest.TestCase):
    """The worked example of the vendor's article: a count is read and cached in a data table."""

    def test_inserts_and_updates_a_row(self):
        files = sorted((CORPUS / "caching-in-flows").glob("*.json"))
        if not files:
            self.skipTest(f"{CORPUS} is absent: nothing of others' to try")
        world = World(files)
        try:
            api = sdk.IntegrationsApi(world.login())
            ids = {action.name: action.id for action in api.get_integrations_actions().entities}
            self.assertEqual(len(ids), 3)
            queue = "5a6b0c1e-0000-4000-8000-000000000001"
            counts = api.post_integrations_action_execute(ids["Get On Queue Agent Counts"], {"queueId": queue})
            self.assertEqual(len(counts["counts"]), len(counts["statuses"]))
            row = {"key": queue, "Updated": "2026-01-05T09:00:00.000Z", "AgentsIdle": True}
            self.assertEqual(api.post_integrations_action_execute(ids["Insert IVR Cache Entry"], row), row)
            row["Updated"], row["AgentsIdle"] = "2026-01-05T09:05:00.000Z", False
            self.assertEqual(api.post_integrations_action_execute(ids["Update IVR Cache Entry"], row), row)
            with self.assertRaises(ApiException) as raised:
                api.post_integrations_action_execute(ids["Insert IVR Cache Entry"], row)
            body = json.loads(raised.exception.body)
            self.assertEqual((raised.exception.status, body["code"]), (409, "general.conflict"))
            self.assertEqual(body["details"], [{"errorCode": "ACTION.REMOTE_ENDPOINT"}])
            self.assertEqual(body["messageParams"]["upstreamStatus"], "409")
            self.assertEqual(world.counts()["admitted"], 4)
        finally:
            world.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
