"""Flows in the vendor's cloud: wrapped actions are carried out by tollgate.

The emulated platform ← a tollgate with the actions ← a second tollgate that stands for the vendor's cloud. The wrapped
files and the custom authentication are imported into the second one, and executed there with the vendor's SDK.
"""

import http.server
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

import PureCloudPlatformClientV2 as sdk
from PureCloudPlatformClientV2.rest import ApiException

from stored import Stored, login, request
from world import CORPUS, ROOT, SECRET, Served, WebServer, free_port, sdk_client, tollgate

CONFIG = """
[server]
listen = "127.0.0.1:{port}"
drain_timeout = "5s"
workflow_folder = "workflows"

[[caller]]
client_id = "cloud"
client_secret_env = "TOLLGATE_TEST_SECRET"
flows = ["voice"]
default_flow = "email"

[[client]]
name = "pool"
client_id = "demo"
client_secret_file = "pool.secret"
token_url = "{platform}/oauth/token"
max_tokens = 10

[[client]]
name = "other"
client_id = "other"
client_secret_file = "pool.secret"
token_url = "{platform}/oauth/token"

[[integration]]
name = "Platform & more"
type = "purecloud-data-actions"
base_url = "{platform}"
clients = ["pool"]
actions = {{ folder = "platform" }}

[[integration]]
name = "One a minute"
type = "purecloud-data-actions"
base_url = "{platform}"
clients = ["other"]
actions = {{ folder = "limited" }}

[[integration.limit]]
name = "one"
allowed = 1
period = "60s"

[[integration]]
name = "Web Services Data Actions"
type = "custom-rest-actions"
actions = {{ folder = "web" }}
allowed_networks = ["127.0.0.0/8"]
allowed_schemes = ["http"]
allowed_ports = ["1-65535"]

[[composite]]
name = "Queue overview"
integration = "Platform & more"
outputs = {{ queueId = "$.queue.queueId", seconds = "$.wait.seconds", agents = "$.agents.statuses" }}
defaults = {{ agents = [] }}

[[composite.call]]
as = "queue"
action = "Find-Queue-By-Name"
inputs = {{ name = "$.input.name" }}

[[composite.call]]
as = "wait"
action = "Get-Estimated-Wait-Time"
inputs = {{ queueId = "$.queue.queueId" }}

[[composite.call]]
as = "agents"
action = "Get-On-Queue-Agents"
inputs = {{ queueId = "$.queue.queueId" }}
optional = true

[[composite]]
name = "First free queue"
integration = "Platform & more"
workflow = "First free queue"

[[flow]]
name = "voice"
priority = 0

[[flow]]
name = "email"
priority = 1
default = true
"""

# Calls the inline action, and leaves by how its call ended.
WORKFLOW = """
workflow:
  name: Ask
  defaultLanguage: en-us
  startUpRef: /workflow/states/state[main]
  variables:
    - stringVariable:
        name: Flow.queue
        initialValue: { noValue: true }
        isInput: true
        isOutput: false
    - booleanVariable:
        name: Flow.ok
        initialValue: { noValue: true }
        isInput: false
        isOutput: false
    - stringVariable:
        name: Flow.code
        initialValue: { noValue: true }
        isInput: false
        isOutput: true
    - integerVariable:
        name: Flow.seconds
        initialValue: { noValue: true }
        isInput: false
        isOutput: true
    - stringVariable:
        name: Flow.way
        initialValue: { lit: none }
        isInput: false
        isOutput: true
  states:
    - state:
        name: Main
        refId: main
        actions:
          - callData:
              name: Ask
              timeout:
                lit: { seconds: 30 }
              category:
                tollgate:
                  dataAction:
                    inline Limited:
                      inputs:
                        queueId: { exp: Flow.queue }
                      successOutputs:
                        ok: { var: Flow.ok }
                        code: { var: Flow.code }
                        result.OUTPUT: { var: Flow.seconds }
              outputs:
                success:
                  actions:
                    - decision:
                        name: Carried out?
                        condition: { exp: Flow.ok }
                        outputs:
                          "yes":
                            actions:
                              - updateData:
                                  statements:
                                    - string: { variable: Flow.way, value: { lit: answered } }
                          "no":
                            actions:
                              - updateData:
                                  statements:
                                    - string: { variable: Flow.way, value: { lit: refused } }
                failure:
                  actions:
                    - updateData:
                        statements:
                          - string: { variable: Flow.way, value: { lit: failed } }
          - endWorkflow: { name: End, exitReason: { noValue: true } }
"""

EXAMPLES = sorted((ROOT / "examples/actions").glob("*.json"))
OTHERS = sorted((CORPUS / "actions").glob("*.json"))
WAIT_TIME = ROOT / "examples/actions/Get-Estimated-Wait-Time.json"
QUEUE = "11111111-2222-4333-8444-555555555555"
INLINE = {"ok": bool, "code": str, "status": int, "retryAfterMillis": int, "message": str}


def type_of(file):
    return json.loads(file.read_text()).get("integrationType")


def changed(file, to, change):
    """Another action, made of a file's; gives its path."""
    action = json.loads(file.read_text())
    change(action)
    to.write_text(json.dumps(action))
    return to


class Slow(http.server.BaseHTTPRequestHandler):
    """Answers no request before the test is over."""

    over = threading.Event()

    def do_GET(self):
        self.over.wait(300)

    def log_message(self, *_):
        pass


class First(Served):
    """A tollgate with the actions, on a port that outlasts a restart."""

    def __init__(self):
        super().__init__("--client", "other:emulated", "--latency", "5ms")
        for folder in ("platform", "limited", "web", "workflows"):
            (self.path / folder).mkdir()
        workflow = (ROOT / "examples/composites/first-free-queue.yaml").read_text()
        workflow = workflow.replace("Platform:", '"Platform & more":')
        (self.path / "workflows/first-free-queue.yaml").write_text(workflow)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self):
        self.serve(CONFIG, port=self.port)
        self.token = login(self.url, ("cloud", SECRET))

    def post(self, path, body, headers):
        """Status and text of an answer."""
        return request(self.url, "POST", path, self.token, body, headers=headers)

    def execute(self, integration, name, inputs, flat=False, **headers):
        """Calls an action by its name."""
        names = "/".join(urllib.parse.quote(text, safe="") for text in (integration, name))
        path = f"/api/v2/tollgate/actions/{names}/execute{'?flatten=true' if flat else ''}"
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        status, text = self.post(path, inputs, headers)
        return status, json.loads(text)


class TheRoundTrip(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.slow = WebServer(Slow)
        cls.addClassCleanup(cls.slow.stop)
        cls.addClassCleanup(Slow.over.set)
        cls.first = First()
        cls.addClassCleanup(cls.first.stop)
        cls.out = cls.first.path / "out"
        cls.make_actions()
        cls.first.start()
        cls.make_composite()
        cls.second = Stored(log="warn")
        cls.addClassCleanup(cls.second.end)
        cls.client = cls.second.login()
        cls.api = sdk.IntegrationsApi(cls.client)
        cls.make_integration()
        page = cls.api.get_integrations_actions(page_size=500)
        assert page.page_count == 1
        cls.ids = {action.name: action.id for action in page.entities}

    @classmethod
    def wrap(cls, files, *options, status=0, to="files"):
        """Wraps the files; gives what became of each."""
        arguments = ["--url", cls.first.url, "--out", cls.out / to, "--json", *options]
        return json.loads(tollgate("action", "wrap", *files, *arguments, status=status).stdout)["files"]

    @classmethod
    def make_actions(cls):
        """The first tollgate's actions, and what is made of them."""
        folder = cls.first.path
        platform = [file for file in EXAMPLES + OTHERS if type_of(file) == "purecloud-data-actions"]
        cls.wrapped = cls.wrap(platform, "--integration", "Platform & more", status=1 if OTHERS else 0)
        for number, one in enumerate(cls.wrapped):
            if one["wrapped"]:
                shutil.copy(one["file"], folder / f"platform/{number}.json")

        def missing(action):
            action["name"] = "Missing"
            action["config"]["request"]["requestUrlTemplate"] = "/api/v2/flows/datatables/none/rows/none"

        def slow(action):
            action.update({"name": "Slow", "integrationType": "custom-rest-actions"})
            action["config"]["timeoutSeconds"] = 1
            action["config"]["request"]["requestUrlTemplate"] = f"{cls.slow.url}/slow"

        limited = changed(WAIT_TIME, folder / "limited/a.json", lambda action: action.update({"name": "Limited"}))
        strict = changed(WAIT_TIME, folder / "platform/strict.json", lambda action: action.update({"name": "Strict"}))

        # The vendor's cloud may have a contract that is older than ours.
        def loose(action):
            action["name"] = "Strict"
            action["contract"]["input"]["inputSchema"] = {"type": "object"}

        inline = ["--errors", "inline", "--prefix", "inline ", "--flow", "voice", "--deadline", "2s"]
        for file, integration in (
            (changed(WAIT_TIME, folder / "platform/missing.json", missing), "Platform & more"),
            (changed(strict, folder / "loose.json", loose), "Platform & more"),
            (WAIT_TIME, "Platform & more"),
            (ROOT / "examples/actions/Find-Contact-By-Number.json", "Platform & more"),
            (limited, "One a minute"),
        ):
            cls.wrap([file], "--integration", integration, *inline)
        cls.wrap([changed(WAIT_TIME, folder / "web/slow.json", slow)], *inline)

    @classmethod
    def make_composite(cls):
        """The composites as action files, and what is made of them."""
        files = []
        for name in ("Queue overview", "First free queue"):
            files.append(cls.first.path / f"{name}.json")
            files[-1].write_text(tollgate("config", "composite", cls.first.config, name).stdout)
        cls.wrap(files, "--integration", "Platform & more", "--flow", "voice", "--deadline", "20s")

    @classmethod
    def make_integration(cls):
        """What somebody does in the vendor's cloud: an integration with credentials, and the files."""
        credential = cls.api.post_integrations_credentials(body={
            "name": "tollgate", "type": {"name": "userDefinedOAuth"},
            "credentialFields": {"clientId": "cloud", "clientSecret": SECRET},
        })
        made = cls.api.post_integrations(body={"name": "tollgate", "integrationType": {"id": "custom-rest-actions"}})
        cls.integration = made.id
        reach = {"allowedNetworks": ["127.0.0.0/8"], "allowedSchemes": ["http"], "allowedPorts": ["1-65535"]}
        cls.api.put_integration_config_current(made.id, body={
            "version": 1, "name": "tollgate", "properties": reach, "advanced": {},
            "credentials": {"basicAuth": {"id": credential.id}},
        })
        enabled = cls.api.patch_integration(made.id, body={"intendedState": "ENABLED"})
        assert enabled.reported_state.code == "ACTIVE", enabled
        files = sorted((cls.out / "files").glob("*.json"))
        admin = cls.second.admin
        tollgate("import", *files, "--integration", "tollgate", "--url", cls.second.service.url, "--client-id",
                 admin["client_id"], "--client-secret-env", "ADMIN_SECRET",
                 env={**os.environ, "ADMIN_SECRET": admin["client_secret"]})

    def in_cloud(self, name, inputs, flat=False):
        return self.api.post_integrations_action_execute(self.ids[name], inputs, flatten=flat)

    def test_outputs_are_those_of_a_direct_call(self):
        if not OTHERS:
            print(f"{CORPUS} is absent: the examples alone are compared")
        compared, flattened, unanswered = 0, 0, []
        for one in self.wrapped:
            if not one["wrapped"]:
                continue
            with self.subTest(one["name"]):
                inputs = json.loads(tollgate("action", "example", one["file"]).stdout)
                status, direct = self.first.execute("Platform & more", one["name"], inputs)
                if status != 200:
                    unanswered.append(one["name"])
                    with self.assertRaises(ApiException):
                        self.in_cloud(one["name"], inputs)
                    continue
                try:
                    self.assertEqual(self.in_cloud(one["name"], inputs), direct)
                except ApiException:
                    # One that can be done only once, such as to insert a row.
                    again, _ = self.first.execute("Platform & more", one["name"], inputs)
                    self.assertEqual(again, 409)
                    continue
                compared += 1
                status, direct = self.first.execute("Platform & more", one["name"], inputs, flat=True)
                if status == 200:
                    self.assertEqual(self.in_cloud(one["name"], inputs, flat=True), direct)
                    flattened += 1
        wrapped = sum(one["wrapped"] for one in self.wrapped)
        print(f"{wrapped} of {len(self.wrapped)} wrapped; {compared} answers compared, {flattened} flattened; "
              f"the emulator has no answer for {len(unanswered)}: {', '.join(unanswered)}")
        self.assertGreaterEqual(compared, 8)
        self.assertGreaterEqual(flattened, 8)

    def test_a_composite_is_one_execution_for_three(self):
        inputs = {"name": "Support"}

        def ask(name, inputs):
            status, answer = self.first.execute("Platform & more", name, inputs)
            self.assertEqual(status, 200, answer)
            return answer

        queue = ask("Find-Queue-By-Name", inputs)
        self.assertTrue(queue["queueId"], queue)
        of_queue = {"queueId": queue["queueId"]}
        wanted = {
            "queueId": queue["queueId"],
            "seconds": ask("Get-Estimated-Wait-Time", of_queue)["seconds"],
            "agents": ask("Get-On-Queue-Agents", of_queue)["statuses"],
        }
        self.assertEqual(self.in_cloud("Queue overview", inputs), wanted)
        self.assertEqual(self.in_cloud("Queue overview", inputs, flat=True), wanted)

    def test_a_workflow_is_one_execution_for_as_many_as_it_takes(self):
        def ask(within):
            """What the composite gives where callers may wait so long, which is the same in both forms."""
            inputs = {"names": ["Support", "Sales"], "withinSeconds": within}
            answer = self.in_cloud("First free queue", inputs)
            self.assertEqual(self.in_cloud("First free queue", inputs, flat=True), answer)
            return answer

        free = ask(3600)
        self.assertEqual((free["name"], set(free)), ("Support", {"name", "queueId", "waitSeconds"}))
        self.assertEqual(ask(-2), {})

    def test_what_cannot_be_wrapped_is_told(self):
        for one in self.wrapped:
            if not one["wrapped"]:
                self.assertTrue(one["error"]["message"], one)
                self.assertNotIn(pathlib.Path(one["file"]), EXAMPLES)

    def assert_inline(self, answer, code, status):
        """An answer that says how a call without an output ended; gives it."""
        self.assertEqual({name: type(value) for name, value in answer.items()}, INLINE)
        self.assertEqual((answer["ok"], answer["code"], answer["status"]), (False, code, status))
        self.assertTrue(answer["message"])
        return answer

    def test_inline_an_output_is_the_result(self):
        ok = {"ok": True, "code": "ok", "status": 200, "retryAfterMillis": 0, "message": ""}
        for name, inputs in (("Get-Estimated-Wait-Time", {"queueId": QUEUE}),
                             ("Find-Contact-By-Number", {"number": "+13175550100"})):
            status, direct = self.first.execute("Platform & more", name, inputs)
            self.assertEqual(status, 200, direct)
            whole = {**ok, "result": direct}
            self.assertEqual(self.in_cloud(f"inline {name}", inputs), whole)
            status, flat = self.first.execute("Platform & more", name, inputs, flat=True)
            flat = {**ok, **{f"result.{key}": value for key, value in flat.items()}}
            self.assertEqual(self.in_cloud(f"inline {name}", inputs, flat=True), flat)
            for flattened, expected in ((False, whole), (True, flat)):
                asked = self.first.execute("Platform & more", name, inputs, flattened, Tollgate_Errors="inline")
                self.assertEqual(asked, (200, expected))

    def test_inline_ends_have_one_shape(self):
        queue = {"queueId": QUEUE}
        self.assert_inline(self.in_cloud("inline Missing", queue), "upstream.error", 404)
        self.assert_inline(self.in_cloud("inline Slow", queue), "execution.timeout", 504)
        self.assert_inline(self.in_cloud("inline Strict", {"queueId": 7}), "action.input.invalid", 400)
        flat = self.in_cloud("inline Missing", queue, flat=True)
        self.assert_inline(flat, "upstream.error", 404)
        path = f"/api/v2/tollgate/actions/{urllib.parse.quote('Platform & more')}/Missing/execute"
        status, text = self.first.post(path, "{", {"Tollgate-Errors": "inline"})
        self.assertEqual(status, 200)
        self.assert_inline(json.loads(text), "bad.request", 400)

    def test_a_flow_branches_on_how_the_call_ended(self):
        # The first call takes the minute's only place; the others can't make their deadline.
        output = next(iter(json.loads(WAIT_TIME.read_text())["contract"]["output"]["successSchema"]["properties"]))
        text = WORKFLOW.replace("OUTPUT", output)
        status, made = request(self.second.service.url, "POST", "/api/v2/tollgate/workflows",
                               self.client.access_token, text)
        self.assertEqual(status, 200, made)
        flow = json.loads(made)["id"]
        architect = sdk.ArchitectApi(self.client)

        def run():
            begun = architect.post_flows_executions({"flowId": flow, "inputData": {"Flow.queue": QUEUE}})
            for _ in range(3000):
                shown = architect.get_flows_execution(begun.id)
                if shown.status not in ("RUNNING", "QUEUED", "running"):
                    return shown
                time.sleep(0.02)
            raise AssertionError("the run doesn't end")

        first, second = run(), run()
        self.assertEqual((first.output_data["Flow.way"], first.output_data["Flow.code"]), ("answered", "ok"), first)
        status, direct = self.first.execute("Platform & more", "Get-Estimated-Wait-Time", {"queueId": QUEUE})
        self.assertEqual((status, direct[output]), (200, first.output_data["Flow.seconds"]))
        self.assertEqual(second.output_data["Flow.way"], "refused", second)
        self.assertEqual(second.output_data["Flow.code"], "deadline.cannot.be.met")
        refused = self.assert_inline(self.in_cloud("inline Limited", {"queueId": QUEUE}), "deadline.cannot.be.met", 429)
        # Though the caller has a deadline of its own, it learns when a later one could be met.
        self.assertTrue(2000 < refused["retryAfterMillis"] <= 61000, refused)

    def test_a_token_that_is_not_taken_any_more_is_renewed(self):
        inputs = {"queueId": QUEUE}
        before = self.in_cloud("Get-Estimated-Wait-Time", inputs)
        # Tokens of callers of the configuration file live in memory.
        old = {"Authorization": f"Bearer {self.first.token}"}
        self.assertEqual(self.first.service.stop(), 0)
        self.first.start()
        path = "/api/v2/tollgate/actions/none/none/execute"
        self.assertEqual(self.first.post(path, "{}", old)[0], 401)
        self.assertEqual(self.in_cloud("Get-Estimated-Wait-Time", inputs), before)

    def test_names_that_lead_nowhere_are_told(self):
        status, error = self.first.execute("Nowhere", "Missing", {})
        self.assertEqual((status, error["code"]), (404, "not.found"))
        self.assertIn('integration with the name or id "Nowhere"', error["message"])
        # No end of a call: whatever is asked for of those.
        status, error = self.first.execute("Platform & more", "No/where", {}, Tollgate_Errors="inline")
        self.assertEqual(status, 404)
        self.assertIn('"Platform & more" has no action with the name "No/where"', error["message"])
        status, error = self.first.execute("Platform & more", "Missing", {}, Tollgate_Errors="loud")
        self.assertEqual((status, error["code"]), (400, "bad.request"))
        self.assertIn("tollgate-errors", error["message"])
        status, error = self.first.execute("Platform & more", "Missing", {}, Authorization="Bearer none",
                                           Tollgate_Errors="inline")
        self.assertEqual(status, 401)
        # By its id an integration is found too.
        client = sdk_client(self.first.url).get_client_credentials_token("cloud", SECRET)
        ids = {it.name: it.id for it in sdk.IntegrationsApi(client).get_integrations().entities}
        status, answer = self.first.execute(ids["Platform & more"], "Get-Estimated-Wait-Time", {"queueId": QUEUE})
        self.assertEqual(status, 200, answer)

    def test_a_name_of_two_and_a_missing_right(self):
        file = json.loads((self.out / "files/inline Missing.json").read_text())
        made = []
        for category in ("one", "two"):
            new = {**file, "name": "Twice", "category": category, "integrationId": self.integration}
            made.append(self.api.post_integrations_actions(body=new).id)

        def execute(name, token):
            path = f"/api/v2/tollgate/actions/tollgate/{name}/execute"
            status, text = request(self.second.service.url, "POST", path, token, {},
                                   headers={"Tollgate-Errors": "inline"})
            return status, json.loads(text)

        status, error = execute("Twice", self.client.access_token)
        self.assertEqual((status, error["code"]), (409, "name.not.unique"))
        self.assertEqual(sorted(error["messageParams"]["ids"].split(",")), sorted(made))
        oauth = sdk.OAuthApi(self.client)
        author = oauth.post_oauth_clients({"name": "author", "authorizedGrantType": "CLIENT-CREDENTIALS",
                                           "roleIds": ["author"]})
        token = self.second.client().get_client_credentials_token(author.id, author.secret).access_token
        self.assertEqual(execute("inline%20Missing", token)[0], 403)
        # Who may call nothing there isn't told what is there.
        other = self.api.post_integrations(body={"name": "Other", "integrationType": {"id": "custom-rest-actions"}})
        elsewhere = oauth.post_oauth_clients({
            "name": "elsewhere", "authorizedGrantType": "CLIENT-CREDENTIALS",
            "roleDivisions": [{"roleId": "execute", "divisionId": other.id}]})
        token = self.second.client().get_client_credentials_token(elsewhere.id, elsewhere.secret).access_token
        answers = [execute(name, token) for name in ("inline%20Missing", "Twice", "nothing")]
        self.assertEqual([status for status, _ in answers], [404] * 3)
        self.assertEqual({error["message"] for _, error in answers}, {answers[0][1]["message"]})


class TheCommand(unittest.TestCase):
    """What is made, without a service."""

    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.folder = pathlib.Path(self.temporary.name)
        self.out = self.folder / "out"

    def wrap(self, files, *options, status=0):
        return tollgate("action", "wrap", *files, "--url", "https://tollgate.example/gate/", "--out", self.out,
                        *options, status=status)

    def test_files_are_valid_and_surprise_nobody(self):
        run = self.wrap([ROOT / "examples/actions"], "--flow", "voice", "--deadline", "2s", "--errors", "inline",
                        status=1)
        # One of them is secure.
        self.assertIn("14 wrapped, 1 not", run.stderr)
        self.assertIn("Look-Up-Order.json: secure: ", run.stderr)
        self.assertIn('flows = ["voice"]', run.stderr)
        self.assertIn("https://tollgate.example/gate/oauth/token", run.stderr)
        checked = tollgate("action", "validate", self.out)
        self.assertIn("15 valid, 0 refused, 0 warnings", checked.stderr)
        tollgate("check", self.out, "--strict")
        made = json.loads((self.out / "Get-Estimated-Wait-Time.json").read_text())
        request = made["config"]["request"]
        self.assertEqual(request["requestUrlTemplate"], "https://tollgate.example/gate/api/v2/tollgate/actions/"
                         "Genesys%20Cloud%20Data%20Actions/Get-Estimated-Wait-Time/execute")
        self.assertEqual(request["headers"], {
            "Authorization": "Bearer ${authResponse.access_token}", "Content-Type": "application/json",
            "Tollgate-Flow": "voice", "Tollgate-Deadline": "2s", "Tollgate-Errors": "inline"})
        timeout = json.loads(WAIT_TIME.read_text())["config"].get("timeoutSeconds", 60)
        self.assertEqual(made["config"]["timeoutSeconds"], min(60, timeout + 3))
        login = json.loads((self.out / "tollgate-login.json").read_text())
        self.assertEqual((login["actionType"], login["config"]["request"]["requestUrlTemplate"]),
                         ("customAuth", "https://tollgate.example/gate/oauth/token"))

    def test_nothing_is_written_over(self):
        self.wrap([WAIT_TIME])
        made = self.out / "Get-Estimated-Wait-Time.json"
        before = made.read_text()
        # The same again is nothing new; another one is refused as a whole.
        self.wrap([WAIT_TIME])
        other = ROOT / "examples/actions/Get-Weather.json"
        refused = self.wrap([other, WAIT_TIME], "--deadline", "3s", status=64)
        self.assertIn("Get-Estimated-Wait-Time.json is there already", refused.stderr)
        self.assertEqual(made.read_text(), before)
        self.assertFalse((self.out / "Get-Weather.json").exists())
        self.wrap([other, WAIT_TIME], "--deadline", "3s", "--force")
        self.assertIn('"3s"', made.read_text())
        self.assertEqual(sorted(file.name for file in self.out.iterdir()),
                         ["Get-Estimated-Wait-Time.json", "Get-Weather.json", "tollgate-login.json"])

    def test_what_cannot_be_wrapped_says_why(self):
        self.wrap([WAIT_TIME])
        cases = {
            "secure": lambda action: action.update({"secure": True}),
            "actionType": lambda action: action.update({"actionType": "customAuth"}),
            "integrationType": lambda action: action.update({"integrationType": "function-data-actions"}),
            "every call of it fails": lambda action: action["config"]["request"].update(
                {"requestUrlTemplate": "https://example.com/"}),
            "has this name too": lambda action: action.update({"name": "GET-estimated-WAIT-time"}),
            "contract.output.successSchema": lambda action: action["contract"].pop("output"),
        }
        files = [changed(WAIT_TIME, self.folder / f"{number}.json", change)
                 for number, change in enumerate(cases.values())]
        (self.folder / "broken.json").write_text("{")
        files = [WAIT_TIME, *files, self.out / WAIT_TIME.name, self.folder / "broken.json"]
        run = self.wrap(files, status=1)
        self.assertIn("1 wrapped, 8 not", run.stderr)
        for word in (*cases, "it is wrapped already", "broken.json:1:1"):
            self.assertIn(word, run.stderr)
        report = json.loads(self.wrap(files, "--json", status=1).stdout)
        self.assertEqual([one["wrapped"] for one in report["files"]], [True] + [False] * 8)
        mixed = self.wrap([WAIT_TIME, ROOT / "examples/actions/Get-Weather.json"], "--integration", "One",
                          "--json", "--force", status=1)
        self.assertEqual(json.loads(mixed.stdout)["files"][1]["error"]["field"], "integrationType")
        self.wrap([self.folder / "nowhere.json"], status=64)
        for options in (["--deadline", "soon"], ["--deadline", "60s"], ["--flow", "a$b"], ["--errors", "loud"]):
            self.wrap([WAIT_TIME], *options, status=64)
        for url in ("tollgate.example", "ftp://tollgate.example", "https://a:b@tollgate.example", "ftp://a:b@x",
                    "https://a:b@x:99999", "https://a/?b"):
            refused = tollgate("action", "wrap", WAIT_TIME, "--url", url, "--out", self.out, status=64)
            self.assertNotIn("a:b", refused.stderr)

    def test_a_login_in_the_clear_is_warned_of(self):
        for url, warned in [
            ("http://tollgate.example", True), ("http://10.1.2.3:8080", True), ("https://tollgate.example", False),
            ("http://127.0.0.1:8080", False), ("http://[::1]:8080", False), ("http://localhost:8080", False),
        ]:
            for more in [(), ("--json",), ("--terraform",)]:
                said = tollgate("action", "wrap", WAIT_TIME, "--url", url, "--force", "--out", self.out, *more).stderr
                self.assertEqual(f"warning: --url {url}" in said, warned, (url, more, said))

    def test_terraform_says_the_same(self):
        options = ["--errors", "inline", "--flow", "voice"]
        files = [*EXAMPLES, *OTHERS]
        run = self.wrap(files, *options, "--terraform", "--json", status=1)
        made = [one for one in json.loads(run.stdout)["files"] if one["wrapped"]]
        self.assertEqual(len(list(self.out.iterdir())), len(made) + 1)
        shared = (self.out / "tollgate.tf").read_text()
        for resource in ("credential", "custom_auth_action"):
            self.assertIn(f'resource "genesyscloud_integration_{resource}" "tollgate"', shared)
        checked = json.loads(tollgate("check", self.out, "--strict", "--format", "json").stdout)
        self.assertEqual(checked["verdict"], "valid")
        valid = json.loads(tollgate("action", "validate", self.out, "--json").stdout)
        self.assertEqual(sorted(one["name"] for one in valid), sorted(one["name"] for one in made))
        self.assertTrue(all(one["valid"] and not one["warnings"] for one in valid))
        for program in ("terraform", "tofu"):
            # The form alone: for more, each needs the vendor's provider.
            if shutil.which(program):
                subprocess.run([program, "fmt", "-check", "-diff", self.out], check=True)


if __name__ == "__main__":
    unittest.main(verbosity=2)
