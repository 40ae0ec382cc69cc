"""A page of another origin, in a real browser, calls the service with the vendor's JavaScript SDK, none of whose code
is changed: `[server.cors]`. The page logs in, lists, executes, passes a request through a gateway, and reads the heads
of answers. The same page of an origin that the configuration doesn't name is shown nothing.

Skipped where there is no Chromium, unless TOLLGATE_REQUIRE_BROWSER is set.
"""

import http.server
import json
import os
import pathlib
import queue
import shutil
import subprocess
import tempfile
import unittest

from doors import Doors, curl
from world import SECRET, WebServer

HERE = pathlib.Path(__file__).parent
SDK = HERE / "node_modules/purecloud-platform-client-v2/dist/web-cjs/purecloud-platform-client-v2.min.js"
CHROMIUM = next(filter(shutil.which, ["chromium", "chromium-browser", "google-chrome"]), None)

CALLERS = """
[[caller]]
client_id = "page"
client_secret_env = "PAGE_SECRET"
roles = ["execute"]
pass_through = ["GET /api/v2/users"]
"""
GATEWAY = """
[[gateway]]
integration = "PureCloud Data Actions"
path = "/platform"
"""

PAGE = b'<!doctype html><meta charset="utf-8"><script src="/sdk.js"></script><script src="/page.js"></script>'
# The SDK itself refuses to log in by client credentials in a browser, so the page does that.
SCRIPT = """
const url = %s, secret = %s;
async function run() {
  const form = new URLSearchParams({ grant_type: "client_credentials", client_id: "page", client_secret: secret });
  const granted = await fetch(`${url}/oauth/token`, { method: "POST", body: form });
  const token = (await granted.json()).access_token;
  const platform = require("platformClient");
  const client = platform.ApiClient.instance;
  const { hostname, port } = new URL(url);
  client.setGateway({ host: hostname, protocol: "http", port: Number(port), path_params_login: "", path_params_api: "" });
  client.setAccessToken(token);
  const api = new platform.IntegrationsApi();
  const { entities } = await api.getIntegrationsActions({ name: "find" });
  const output = await api.postIntegrationsActionExecute(entities[0].id, { name: "Support" });
  const refused = await api.postIntegrationsActionExecute(entities[0].id, { name: 7 }).catch((error) => error);
  const headers = { Authorization: `Bearer ${token}`, "Tollgate-Deadline": "5s", "Content-Type": "application/json" };
  const action = `${url}/api/v2/integrations/actions/${entities[0].id}`;
  const body = JSON.stringify({ name: "Support" });
  const direct = await fetch(`${action}/execute`, { method: "POST", headers, body });
  const tagged = await fetch(action, { headers });
  const stale = await fetch(action, { method: "DELETE", headers: { ...headers, "If-Match": '"99-x"' } });
  const passed = await fetch(`${url}/platform/api/v2/users?pageSize=1&pageNumber=1`, { headers });
  return {
    names: entities.map((it) => it.name), total: output.total, refused: refused.code,
    name: direct.headers.get("ININ-Correlation-Id"), waited: direct.headers.get("Tollgate-Waited"),
    tag: tagged.headers.get("ETag"), stale: stale.status, users: (await passed.json()).entities.length,
  };
}
run().then((found) => ({ found }), (error) => ({ failed: String(error?.message ?? JSON.stringify(error)) }))
  .then((result) => fetch("/report", { method: "POST", body: JSON.stringify(result) }));
"""


class Page:
    """A web server with the page; what the page reports is in `reports`."""

    def __init__(self):
        files = self.files = {"/": ("text/html", PAGE), "/sdk.js": ("text/javascript", SDK.read_bytes())}
        reports = self.reports = queue.Queue()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.answer(*files.get(self.path, ("text/plain", b"")))

            def do_POST(self):
                reports.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.answer("text/plain", b"")

            def answer(self, kind, body):
                self.send_response(200)
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = WebServer(Handler)
        self.origin = self.server.url

    def of(self, url):
        """The script calls the service at that address."""
        script = SCRIPT % (json.dumps(url), json.dumps(SECRET))
        self.files["/page.js"] = ("text/javascript", script.encode())

    def visited(self):
        """What the page reports once a browser has opened it."""
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            browser = subprocess.Popen(
                [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
                 "--disable-background-networking", "--disable-component-update", f"--user-data-dir={profile}",
                 "--remote-debugging-port=0", f"{self.origin}/"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            try:
                return self.reports.get(timeout=90)
            finally:
                browser.terminate()
                browser.wait(30)


class Browser(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.page, cls.stranger = Page(), Page()
        server = f'[server.cors]\norigins = ["{cls.page.origin}"]'
        cls.doors = Doors(CALLERS, server=server, integration=GATEWAY, env={"PAGE_SECRET": SECRET})
        cls.page.of(cls.doors.url)
        cls.stranger.of(cls.doors.url)

    @classmethod
    def tearDownClass(cls):
        cls.page.server.stop()
        cls.stranger.server.stop()
        assert cls.doors.stop() == 0

    @unittest.skipIf(CHROMIUM is None and not os.environ.get("TOLLGATE_REQUIRE_BROWSER"), "there is no Chromium")
    def test_a_page_of_another_origin(self):
        report = self.page.visited()
        self.assertIn("found", report, report)
        found = report["found"]
        self.assertEqual((found["names"], found["refused"]), (["Find-Queue-By-Name"], "bad.request"))
        self.assertGreaterEqual(found["total"], 1)
        self.assertEqual((len(found["name"]), found["users"]), (36, 1))
        self.assertRegex(found["tag"], r'^"\d+-[0-9a-f]{32}(-gzip)?"$')
        self.assertGreaterEqual(int(found["waited"]), 0)
        # It may not change the action; it may ask.
        self.assertEqual(found["stale"], 403)
        report = self.stranger.visited()
        self.assertIn("Failed to fetch", report.get("failed", ""), report)

    def test_what_a_browser_is_told(self):
        """The same with curl: of a preflight, of an answer, and of one that passed through."""
        paths = "/api/v2/integrations/actions", "/oauth/token", "/platform/api/v2/users"
        asks = ("-H", "Access-Control-Request-Method: POST", "-H", "Access-Control-Request-Headers: authorization")
        for path in paths:
            url = self.doors.url + path
            for origin, allowed in (self.page.origin, True), (self.stranger.origin, False):
                for asked in (("-X", "OPTIONS", *asks), ()):
                    code, _, _, body, problem = curl("-D", "-", "-H", f"Origin: {origin}", *asked, url)
                    self.assertEqual(code, 0, problem)
                    head = body.lower()
                    self.assertEqual(f"access-control-allow-origin: {origin}" in head, allowed, body)
                    self.assertNotIn("access-control-allow-credentials", head)
        # What isn't a preflight is not the layer's to answer.
        status = curl("-X", "OPTIONS", "-H", f"Origin: {self.page.origin}", f"{self.doors.url}{paths[0]}")[2]
        self.assertEqual(status, 204)


if __name__ == "__main__":
    unittest.main(verbosity=2)
