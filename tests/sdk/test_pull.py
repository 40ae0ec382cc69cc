"""`tollgate pull`: an organisation, filled with the vendor's SDK, becomes a folder; and what stands in the way.

A tollgate over a store is the organisation. Between it and the command a relay plays what the real platform does and a
tollgate doesn't: short pages, templates by their address, refusals, no answer at all.
"""

import concurrent.futures
import http.server
import json
import os
import pathlib
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

import PureCloudPlatformClientV2 as sdk

from stored import EXAMPLE, Stored, login, properties, request
from world import CORPUS, ROOT, Process, WebServer, tollgate

QUEUE = "11111111-2222-4333-8444-555555555555"
HIDDEN = "never to be seen 4711"
LONG = "long " * 40 + "name"
WORKFLOW = """
workflow:
  name: Night shift
  defaultLanguage: en-us
  startUpRef: /workflow/states/state[main]
  states:
    - state:
        name: Main
        refId: main
        actions:
          - endWorkflow:
              name: End
"""
SCHEMA = {
    "$schema": "http://json-schema.org/draft-04/schema#", "type": "object", "required": ["key"],
    "additionalProperties": False,
    "properties": {"key": {"type": "string", "title": "number"}, "vip": {"type": "boolean", "default": False}},
}


def example(name, **more):
    return {**json.loads(EXAMPLE.read_text()), "name": name, **more}


def web_action(name):
    file = json.loads((ROOT / "examples/actions/Look-Up-Order.json").read_text())
    return {**file, "name": name}


def run(*arguments, **more):
    """Runs a command, which may fail."""
    return tollgate(*arguments, status=None, **more)


def tree(folder):
    """All files but git's, with their bytes."""
    files = (path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


class Organisation(Stored):
    """A tollgate that stands for an organisation."""

    def __init__(self):
        super().__init__(log="warn")
        client = self.login()
        self.api = sdk.IntegrationsApi(client)
        self.architect = sdk.ArchitectApi(client)

    def integration(self, name, kind, config, credential):
        made = self.api.post_integrations(body={"name": name, "integrationType": {"id": kind}})
        credential = self.api.post_integrations_credentials(
            body={"name": name, "type": {"name": credential[0]}, "credentialFields": credential[1]}
        )
        place = credential.type.name
        body = {"version": 1, "name": name, "properties": config, "credentials": {place: {"id": credential.id}}}
        self.api.put_integration_config_current(made.id, body=body)
        self.api.patch_integration(made.id, body={"intendedState": "ENABLED"})
        return made.id

    def integrations(self):
        self.platform_id = self.integration(
            "Platform / main", "purecloud-data-actions", properties(self.platform.url),
            ("pureCloudOAuthClient", {"clientId": "demo", "clientSecret": "emulated"}),
        )
        self.web_id = self.integration(
            "Web services", "custom-rest-actions", {"allowedHosts": ["shop.example", "login.example"]},
            ("userDefinedOAuth", {"clientId": "c", "clientSecret": HIDDEN, "loginUrl": "https://login.example/t"}),
        )

    def fill(self):
        self.integrations()
        self.ids = {}
        names = ["Get Wait", "a/b", "..", "Größe — 100 %", LONG]
        for name in names:
            made = self.api.post_integrations_actions(body=example(name, integrationId=self.platform_id))
            self.ids[name] = made.id
        secure = example("Secure", integrationId=self.platform_id, secure=True)
        self.api.post_integrations_actions(body=secure)
        web = self.api.post_integrations_actions(body={**web_action("Order"), "integrationId": self.web_id})
        self.ids["Order"] = web.id
        self.api.post_integrations_actions_drafts(body=example("Yet to be", integrationId=self.platform_id))
        self.api.post_integrations_action_draft(self.ids["a/b"])
        self.architect.post_flows_datatables(body={"name": "VIPs: all", "description": "d", "schema": SCHEMA})
        token = login(self.service.url, (self.admin["client_id"], self.admin["client_secret"]))
        status, text = request(self.service.url, "POST", "/api/v2/tollgate/workflows", token, WORKFLOW)
        assert status == 200, text

    def pull(self, out, *more, url=None, admin=None):
        admin = admin or self.admin
        return run(
            "pull", "--url", url or self.service.url, "--client-id", admin["client_id"],
            "--client-secret-env", "TOLLGATE_TEST_SECRET", "--out", out, *more,
            env={**os.environ, "TOLLGATE_TEST_SECRET": admin["client_secret"]},
        )


class Relay(WebServer):
    """Passes requests to a service, and lets `self.play` answer or change what comes."""

    def __init__(self, to):
        self.to, self.seen = to, []
        # Path to an answer of its own: status, headers, body. None: pass it on.
        self.play = lambda path: None
        self.change = lambda path, body: body
        self.rewrite = lambda path: path
        relay = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                relay.answer(self, None)

            def do_POST(self):
                relay.answer(self, self.rfile.read(int(self.headers["Content-Length"])))

            def log_message(self, *_):
                pass

        super().__init__(Handler)

    def answer(self, handler, body):
        self.seen.append(handler.path)
        played = self.play(handler.path)
        if played is None:
            played = self.forward(handler, body)
        status, headers, body = played
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        try:
            handler.wfile.write(body)
        except OSError:
            pass

    def forward(self, handler, body):
        path = self.rewrite(handler.path)
        ask = urllib.request.Request(self.to + path, body, method=handler.command)
        for name in ("Authorization", "Content-Type"):
            if handler.headers[name]:
                ask.add_header(name, handler.headers[name])
        try:
            with urllib.request.urlopen(ask, timeout=30) as answer:
                return answer.status, {}, self.change(handler.path, answer.read())
        except urllib.error.HTTPError as error:
            return error.code, {}, error.read()


class APull(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = Organisation()
        cls.addClassCleanup(cls.world.end)
        cls.world.fill()
        cls.relay = Relay(cls.world.service.url)
        cls.addClassCleanup(cls.relay.stop)

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.out = pathlib.Path(folder.name) / "org"
        self.relay.play = lambda path: None
        self.relay.change = lambda path, body: body
        self.relay.rewrite = lambda path: path
        self.relay.seen.clear()

    def pull(self, *more, out=None, **where):
        return self.world.pull(out or self.out, *more, **where)

    def pulled(self, *more, **where):
        done = self.pull(*more, **where)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def git(self, *arguments):
        done = subprocess.run(["git", *arguments], cwd=self.out, capture_output=True, text=True, check=True)
        return done.stdout

    def commit(self):
        self.git("init", "--quiet")
        self.git("add", "--all")
        self.git("-c", "user.name=t", "-c", "user.email=t@t.example", "commit", "--quiet", "-m", "pulled")

    def test_a_folder_that_the_other_commands_take(self):
        done = self.pulled()
        files = tree(self.out)
        platform = "actions/Platform %2F main/"
        for name in ("Get Wait", "a%2Fb", "%2E%2E", "Größe %E2%80%94 100 %25", "Secure"):
            self.assertIn(f"{platform}{name}.json", files)
        names = {json.loads(text)["name"] for file, text in files.items() if file.startswith(platform)}
        self.assertEqual(names, {"Get Wait", "a/b", "..", "Größe — 100 %", LONG, "Secure"})
        self.assertIn("actions/Web services/Order.json", files)
        logins = [file for file, text in files.items()
                  if file.startswith("actions/") and json.loads(text)["actionType"] == "customAuth"]
        self.assertEqual(logins, ["actions/Web services/Custom Auth.json"])
        self.assertEqual(json.loads(files[f"{platform}Secure.json"])["secure"], True)
        self.assertEqual(sorted(file for file in files if file.startswith("drafts/")),
                         ["drafts/Platform %2F main/Yet to be.json", "drafts/Platform %2F main/a%2Fb.json"])
        table = json.loads(files["tables/VIPs%3A all.json"])
        # A schema is shown under its table's name and description.
        schema = {**SCHEMA, "title": "VIPs: all", "description": "d"}
        self.assertEqual(table, {"name": "VIPs: all", "description": "d", "schema": schema})
        flows = json.loads(files["flows.json"])
        self.assertEqual([(flow["name"], flow["type"]) for flow in flows], [("Night shift", "WORKFLOW")])
        # As the vendor exports it, in its order; the file that was imported has no more.
        text = json.loads(files[f"{platform}a%2Fb.json"])
        self.assertEqual(json.dumps(text), json.dumps({**example("a/b"), "secure": False}))
        for file, text in files.items():
            self.assertNotIn(HIDDEN.encode(), text, file)
            self.assertTrue(text.endswith(b"\n") and not text.endswith(b"\n\n"), file)

        validated = run("action", "validate", self.out / "actions", self.out / "drafts")
        self.assertEqual(validated.returncode, 0, validated.stdout + validated.stderr)
        checked = run("config", "check", "--without-secrets", self.out / "tollgate.toml")
        self.assertEqual(checked.returncode, 0, checked.stderr)
        self.assertIn("8 actions", checked.stdout)
        self.assertIn("is a beginning", done.stderr)

    def test_a_second_pull_changes_no_byte(self):
        self.pulled()
        self.commit()
        for more in ([], ["--force"]):
            done = self.pulled(*more)
            self.assertEqual(done.stdout, "")
            self.assertEqual(self.git("status", "--porcelain"), "")
        done = self.pull("--check")
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)

    def test_what_has_changed_there_and_nothing_else(self):
        made = self.world.api.post_integrations_actions(
            body=example("To be edited", integrationId=self.world.platform_id))
        gone = self.world.api.post_integrations_actions(
            body=example("To be deleted", integrationId=self.world.platform_id))
        self.pulled()
        own = self.out / "actions/Platform %2F main/mine.json"
        own.write_text(json.dumps(example("Mine")))
        config = self.out / "tollgate.toml"
        config.write_text(config.read_text() + "# mine\n")
        self.commit()
        changed = example("To be edited")["config"]
        changed["request"]["requestUrlTemplate"] += "?x=" + HIDDEN.replace(" ", "")
        self.world.api.patch_integrations_action(made.id, body={"version": 1, "config": changed})
        self.world.api.delete_integrations_action(gone.id)
        try:
            before = tree(self.out)
            done = self.pull("--check")
            self.assertEqual(done.returncode, 1)
            lines = [line.split(f" {self.out}/") for line in done.stdout.splitlines()]
            edited = "actions/Platform %2F main/To be edited.json"
            deleted = "actions/Platform %2F main/To be deleted.json"
            self.assertEqual(lines, [["gone    ", deleted],
                                     ["changed ", f"{edited}: config.request.requestUrlTemplate"]])
            told = json.loads(self.pull("--check", "--json").stdout)
            self.assertEqual(told["differences"], [
                {"file": deleted, "change": "gone"},
                {"file": edited, "change": "changed", "fields": ["config.request.requestUrlTemplate"]},
            ])
            # Without --force a file that says something else stops all of it.
            done = self.pull()
            self.assertEqual(done.returncode, 1)
            self.assertIn("--force", done.stderr)
            self.assertNotIn(HIDDEN.replace(" ", ""), done.stdout + done.stderr)
            self.assertEqual(tree(self.out), before)
            self.pulled("--force")
            status = self.git("-c", "core.quotePath=false", "status", "--porcelain")
            wanted = [" M .tollgate-pull.json", f' D "{deleted}"', f' M "{edited}"']
            self.assertEqual(sorted(status.splitlines()), sorted(wanted))
            diff = self.git("diff", "--unified=0", "--", edited).splitlines()
            lines = [line for line in diff if line[0] in "+-" and line[:3] not in ("+++", "---")]
            self.assertEqual(len(lines), 2, diff)
            self.assertTrue(own.exists())
        finally:
            self.world.api.delete_integrations_action(made.id)

    def test_the_round_trip(self):
        self.pulled()
        self.commit()
        other = Organisation()
        self.addCleanup(other.end)
        other.integrations()
        admin = other.admin
        env = {**os.environ, "TOLLGATE_TEST_SECRET": admin["client_secret"]}
        place = ["--url", other.service.url, "--client-id", admin["client_id"],
                 "--client-secret-env", "TOLLGATE_TEST_SECRET"]
        for folder, name in (("Platform %2F main", "Platform / main"), ("Web services", "Web services")):
            for stage, more in (("actions", []), ("drafts", ["--draft"])):
                files = sorted((self.out / stage / folder).glob("*.json"))
                if files:
                    done = run("import", *files, "--integration", name, *more, *place, env=env)
                    self.assertEqual(done.returncode, 0, done.stderr)
        other.architect.post_flows_datatables(body=json.loads((self.out / "tables/VIPs%3A all.json").read_text()))
        done = other.pull(self.out, "--force")
        self.assertEqual(done.returncode, 0, done.stderr)
        # The workflow wasn't brought there, and each emulated platform has an address of its own.
        self.assertEqual(self.git("diff", "--name-only").splitlines(), ["flows.json", "integrations.json"])
        changed = self.git("diff", "--unified=0", "integrations.json")
        changed = [line for line in changed.splitlines() if line.startswith("+ ")]
        self.assertTrue(all("Url" in line for line in changed), changed)

    def test_what_was_pulled_can_be_served(self):
        self.pulled()
        config = self.out / "tollgate.toml"
        text = config.read_text().replace('client_id = "FILL-IN"', 'client_id = "demo"')
        self.assertNotIn('"FILL-IN"', text)
        config.write_text(text.replace("127.0.0.1:8080", "127.0.0.1:0"))
        secrets = {
            "TOLLGATE_CALLER_SECRET": "mzr0-Vb7c-9QwX-lk2P", "PLATFORM_MAIN_CLIENT_SECRET": "emulated",
            "WEB_SERVICES_API_KEY": "k", "WEB_SERVICES_CLIENT_ID": "c", "WEB_SERVICES_CLIENT_SECRET": "s",
            "WEB_SERVICES_LOGIN_URL": "https://login.example/t",
        }
        checked = run("config", "check", config, env={**os.environ, **secrets})
        self.assertEqual(checked.returncode, 0, checked.stderr)
        service = Process("serve", "--config", str(config), env={**secrets, "RUST_LOG": "warn"})
        try:
            token = login(service.url, ("flows", secrets["TOLLGATE_CALLER_SECRET"]))
            listed = request(service.url, "GET", "/api/v2/integrations/actions?name=Gr%C3%B6%C3%9Fe", token)[1]
            action = json.loads(listed)["entities"][0]["id"]
            path = f"/api/v2/integrations/actions/{action}/execute"
            status, text = request(service.url, "POST", path, token, {"queueId": QUEUE})
            self.assertEqual(status, 200, text)
        finally:
            self.assertEqual(service.stop(), 0)

    def test_a_caller_with_fewer_rights(self):
        self.pulled()
        before = tree(self.out)
        oauth = sdk.OAuthApi(self.world.login())
        made = oauth.post_oauth_clients(
            body={"name": "few", "authorizedGrantType": "CLIENT-CREDENTIALS", "roleIds": ["execute"],
                  "accessTokenValiditySeconds": 600})
        few = {"client_id": made.id, "client_secret": made.secret}
        done = self.pulled("--force", admin=few)
        self.assertIn("the configuration of the integration \"Platform / main\" can't be read (403", done.stderr)
        # What it may not read isn't gone.
        self.assertEqual(tree(self.out), before)
        done = self.pull("--strict", admin=few, out=self.out / "new")
        self.assertEqual(done.returncode, 1)
        self.assertFalse((self.out / "new").exists())
        # The first configuration is made of what is known.
        self.pulled(admin=few, out=self.out / "new")
        checked = run("config", "check", "--without-secrets", self.out / "new/tollgate.toml")
        self.assertEqual(checked.returncode, 0, checked.stderr)

    def test_parts_that_are_forbidden(self):
        self.pulled()
        before = tree(self.out)
        forbidden = json.dumps({"message": "You need \x1b[31mflow:view", "code": "missing.permissions"}).encode()
        for part, path in [("flows", "/api/v2/flows?"), ("data tables", "/api/v2/flows/datatables?"),
                           ("drafts of actions", "/api/v2/integrations/actions/drafts?"),
                           ("integrations, and so their actions,", "/api/v2/integrations?"),
                           ('the action "a/b"', f"/api/v2/integrations/actions/{self.world.ids['a/b']}?")]:
            with self.subTest(part):
                self.relay.play = lambda asked: (403, {}, forbidden) if asked.startswith(path) else None
                done = self.pulled("--force", url=self.relay.url)
                self.assertIn(f"note: {part} can't be read (403: You need [31mflow:view)", done.stderr)
                self.assertEqual(tree(self.out), before)
                self.assertEqual(self.pull("--check", url=self.relay.url).returncode, 0)
                self.assertEqual(self.pull("--check", "--strict", url=self.relay.url).returncode, 1)

    def test_pages_and_pauses(self):
        self.pulled()
        before = tree(self.out)
        self.relay.rewrite = lambda path: path.replace("pageSize=100", "pageSize=2")
        refused = {"/api/v2/flows?pageSize=100&pageNumber=1": [429, 429],
                   "/api/v2/integrations?pageSize=100&pageNumber=1": [503], "/oauth/token": [429]}

        def play(path):
            if refused.get(path):
                return refused[path].pop(), {"Retry-After": "1"}, b"{}"

        self.relay.play = play
        started = time.monotonic()
        self.pulled("--force", url=self.relay.url)
        self.assertGreater(time.monotonic() - started, 4, "each refusal named a second")
        self.assertEqual(tree(self.out), before)
        pages = [path for path in self.relay.seen if path.startswith("/api/v2/integrations/actions?")]
        self.assertEqual(len(pages), 4, pages)

        # A window that is nearly used is waited for.
        calm = {"inin-ratelimit-count": "270", "inin-ratelimit-allowed": "300", "inin-ratelimit-reset": "2"}
        listing = b'{"entities": [], "pageCount": 1}'
        self.relay.play = lambda path: (200, calm, listing) if path.startswith("/api/v2/flows?") else None
        started = time.monotonic()
        self.pull("--check", url=self.relay.url)
        self.assertGreater(time.monotonic() - started, 2)

        # One that never ends is not.
        self.relay.play = lambda path: (429, {"Retry-After": "3600"}, b"") if "flows?" in path else None
        done = self.pull("--force", url=self.relay.url)
        self.assertEqual(done.returncode, 1)
        self.assertIn("asks to wait 3600 s", done.stderr)

    def test_the_platforms_own_ways(self):
        self.pulled()
        before = tree(self.out)

        def change(path, body):
            if not path.startswith("/api/v2/"):
                return body
            try:
                value = json.loads(body)
            except ValueError:
                return body
            # Lists without a number of pages, and an action that the vendor ships.
            value.pop("pageCount", None)
            if path.startswith("/api/v2/integrations/actions?") and "pageNumber=1&" in path:
                value["entities"].append({"id": "static_-_1", "name": "S", "integrationId": self.world.platform_id})
            config, contract = value.get("config"), value.get("contract")
            if isinstance(config, dict) and isinstance(contract, dict):
                if config["request"].pop("requestTemplate", None) is not None:
                    config["request"]["requestTemplateUri"] = "/elsewhere"
                if config["response"].pop("successTemplate", None) is not None:
                    config["response"]["successTemplateUri"] = "/elsewhere"
                contract["output"]["successSchemaUri"] = "/elsewhere"
                # Another order each time.
                config["request"] = dict(reversed(config["request"].items()))
                schema = contract["input"]["inputSchema"]
                schema["properties"] = dict(reversed(schema.get("properties", {}).items()))
            return json.dumps(value).encode()

        self.relay.change = change
        done = self.pulled("--force", url=self.relay.url)
        self.assertIn("1 action is left out that the vendor ships", done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertEqual(tree(self.out), before)

        # The login at an address of its own.
        done = self.pull("--check", "--token-url", f"{self.world.service.url}/oauth/token", url=self.relay.url)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("/oauth/token", self.relay.seen[-1])

    def test_what_cannot_run_here_is_kept_apart(self):
        function = {"id": "custom_-_f", "name": "F", "integrationId": "i"}
        shown = {**function, "secure": False,
                 "config": {"request": {"requestUrlTemplate": "f", "requestType": "POST"}, "response": {}},
                 "contract": {"input": {"inputSchema": {}}, "output": {"successSchema": {}}}}
        lists = {
            "/api/v2/integrations?": [{"id": "i", "name": "Functions", "integrationType": {"id": "function-data-actions"}},
                                      {"id": "w", "name": "Hook", "integrationType": {"id": "webhook"}}],
            "/api/v2/integrations/actions?": [function],
        }

        def play(path):
            if not path.startswith("/api/v2/"):
                return None
            if path.startswith("/api/v2/integrations/actions/custom_-_f?"):
                return 200, {}, json.dumps(shown).encode()
            for begin, entities in lists.items():
                if path.startswith(begin):
                    return 200, {}, json.dumps({"entities": entities, "pageCount": 1}).encode()
            if "config/current" in path:
                return 200, {}, b'{"properties": {}, "credentials": {}}'
            return 200, {}, b'{"entities": [], "pageCount": 1}'

        self.relay.play = play
        done = self.pulled(url=self.relay.url)
        self.assertIn("refused/Functions/F.json: can't be executed here", done.stderr)
        self.assertEqual(set(tree(self.out)),
                         {".tollgate-pull.json", "refused/Functions/F.json", "integrations.json", "flows.json"})
        self.assertIn("tollgate.toml was not made", done.stderr)

    def test_what_is_no_answer(self):
        def hang(path):
            if path.startswith("/api/v2/flows?"):
                time.sleep(3)
                return 200, {}, b"{}"

        last = "/api/v2/flows?"
        answers = {
            "not JSON": (200, {"Content-Type": "text/html"}, b"<html>Sign in</html>"),
            "no page of a list": (200, {}, b'{"hello": []}'),
            "is no page": (200, {}, b'{"entities": [{"name": "no id"}]}'),
            "tried 3 times": (200, {"Content-Length": "1000", "Connection": "close"}, b'{"entities"'),
            "302 Found": (302, {"Location": "https://elsewhere.example/"}, b""),
            "500 Internal Server Error: no message": (500, {}, b"\xff\xfe"),
            "401 Unauthorized: who?": (401, {}, b'{"message": "who?"}'),
        }
        plays = {word: lambda path, answer=answer: answer if path.startswith(last) else None
                 for word, answer in answers.items()}
        plays["tried 3 times: "] = hang

        def pull(nth, play):
            """Over a relay of its own, since most of the time is the pauses before another try."""
            relay, out = Relay(self.world.service.url), self.out.with_name(f"org{nth}")
            self.addCleanup(relay.stop)
            relay.play, started = play, time.monotonic()
            done = self.pull("--timeout", "1s", out=out, url=relay.url)
            return relay.url, out, done, time.monotonic() - started

        with concurrent.futures.ThreadPoolExecutor(len(plays)) as pool:
            pulls = list(pool.map(pull, range(len(plays)), plays.values()))
        for word, (url, out, done, took) in zip(plays, pulls):
            with self.subTest(word):
                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertIn(f"GET {url}{last}", done.stderr)
                self.assertIn(word, done.stderr)
                self.assertLess(took, 30)
                self.assertFalse(out.exists(), "nothing was written")

    def test_logins_and_folders_that_cannot_be_used(self):
        wrong = {**self.world.admin, "client_secret": HIDDEN}
        done = self.pull(admin=wrong)
        self.assertEqual(done.returncode, 1)
        self.assertIn("check the client id and its secret", done.stderr)
        self.assertNotIn(HIDDEN, done.stderr)
        done = self.pull(url=self.world.service.url + "/nowhere")
        self.assertIn("--region or --token-url", done.stderr)
        for url in ("api.example", "https://user:secret@api.example", "ftp://api.example", "https://h/?x=1"):
            done = self.pull(url=url)
            self.assertEqual(done.returncode, 64, url)
            self.assertNotIn("secret@", done.stderr)
        # A file in the place of a folder stops all of it.
        self.out.mkdir()
        (self.out / "tables").write_text("mine")
        done = self.pull("--force")
        self.assertEqual(done.returncode, 64, done.stderr)
        self.assertEqual(tree(self.out), {"tables": b"mine"})
        # A manifest that leads out of the folder removes nothing there.
        outside = self.out.parent / "outside.json"
        outside.write_text("{}")
        for file in ("../outside.json", str(outside), "tollgate.toml"):
            (self.out / ".tollgate-pull.json").write_text(json.dumps({"files": [file]}))
            done = self.pull("--force")
            self.assertEqual(done.returncode, 64, done.stderr)
            self.assertIn("no list of pulled files", done.stderr)
        self.assertTrue(outside.exists())


class TheCorpus(unittest.TestCase):
    """Others' actions, made from the vendor's exports, are pulled as the vendor's exports are."""

    def test_files_are_as_the_vendor_exports_them(self):
        if not CORPUS.exists():
            self.skipTest(f"{CORPUS} is absent: nothing of others' to try")
        world = Organisation()
        self.addCleanup(world.end)
        world.integrations()
        ids = {"purecloud-data-actions": world.platform_id, "custom-rest-actions": world.web_id}
        token = login(world.service.url, (world.admin["client_id"], world.admin["client_secret"]))
        exported = {}
        for number, path in enumerate(sorted(CORPUS.rglob("*.json"))):
            try:
                text = path.read_text(encoding="utf-8-sig")
                file = json.loads(text)
            except ValueError:
                continue
            if not isinstance(file, dict) or file.get("integrationType") not in ids or file["actionType"] != "custom":
                continue
            # Many have the same name.
            name = f"{number} {file['name']}"
            new = {**file, "name": name, "integrationId": ids[file["integrationType"]]}
            status, answer = request(world.service.url, "POST", "/api/v2/integrations/actions", token, new)
            if status == 400:
                continue
            self.assertEqual(status, 200, answer)
            # The text of the file itself, but for the name; a few were formatted by somebody since.
            own = json.dumps(file["name"], ensure_ascii=False), json.dumps(name, ensure_ascii=False)
            exported[name] = text.strip().replace(*own, 1)
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder)
            done = world.pull(out)
            self.assertEqual(done.returncode, 0, done.stderr)
            pulled = {json.loads(text)["name"]: text.decode() for file, text in tree(out).items()
                      if file.startswith("actions/")}
            for name, text in exported.items():
                # As text: the order of fields is part of what must be equal.
                wanted = {"secure": False, **json.loads(text)}
                wanted["secure"] = wanted.pop("secure")
                self.assertEqual(json.dumps(json.loads(pulled[name])), json.dumps(wanted), name)
            same = sum(pulled[name] == text + "\n" for name, text in exported.items())
            checked = run("config", "check", "--without-secrets", out / "tollgate.toml")
            self.assertEqual(checked.returncode, 0, checked.stderr)
        print(f"{len(exported)} pulled, {same} of them with the bytes of the vendor's export")
        self.assertGreater(same, 50)


if __name__ == "__main__":
    unittest.main()
