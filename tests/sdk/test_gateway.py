"""Programs as they are, with nothing but their gateway setting: the vendor's SDKs, curl, a client like Terraform's.

Each pages through users, asks for an analytics query and uploads 50 MB through a gateway, at more than one token's
rate, and the platform answers no 429.
"""

import base64
import concurrent.futures
import contextlib
import hashlib
import http.client
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import threading
import time
import unittest

import doors
from doors import curl
from world import SECRET, Served, WebServer, sdk_client

HERE = pathlib.Path(__file__).parent
PER_TOKEN, TOKENS = 60, 4
# A busy organisation in small: the period of all windows, its own limit and that of each token.
PERIOD, ORGANISATION, BUSY_TOKEN = 3, 120, 15
UPLOAD = 50 * 1024 * 1024
CONFIG = """
[server]
listen = "127.0.0.1:0"
drain_timeout = "5s"

[[limit]]
name = "org.app.user.rate.per.minute"
allowed = {organisation}
period = "{period}s"

[[caller]]
client_id = "program"
client_secret_env = "TOLLGATE_TEST_SECRET"
pass_through = [
    "GET /api/v2/users", "GET /api/v2/users/{{id}}", "POST /api/v2/analytics/conversations/details/query",
    "POST /api/v2/uploads/{{name}}",
]

[[client]]
name = "pool"
client_id = "demo"
client_secret_file = "pool.secret"
token_url = "{platform}/oauth/token"
max_tokens = {tokens}
token_rate = {{ allowed = {per_token}, period = "{period}s" }}

[[client]]
name = "files"
client_id = "demo"
client_secret_file = "pool.secret"
token_url = "{files}/oauth/token"
max_tokens = 1

[[integration]]
name = "Platform"
type = "purecloud-data-actions"
base_url = "{platform}"
clients = ["pool"]
actions = {{ folder = "actions" }}

[[integration]]
name = "Files"
type = "purecloud-data-actions"
base_url = "{files}"
clients = ["files"]

[[gateway]]
integration = "Platform"
listen = "127.0.0.1:0"

[[gateway]]
integration = "Files"
path = "/files"
max_body_bytes = 60_000_000
"""


class Files(http.server.BaseHTTPRequestHandler):
    """Grants tokens, and answers an upload with its length and its hash."""

    protocol_version = "HTTP/1.1"
    seen = []

    def do_POST(self):
        if self.path == "/oauth/token":
            self.rfile.read(int(self.headers["Content-Length"]))
            return self.answer({"access_token": "of-the-files-0123456789", "expires_in": 3600})
        digest, length = hashlib.sha256(), 0
        for part in self.parts():
            digest.update(part)
            length += len(part)
        self.seen.append((self.headers["Authorization"], self.headers["Content-Length"], length))
        self.answer({"length": length, "sha256": digest.hexdigest()})

    def parts(self):
        if self.headers["Content-Length"]:
            left = int(self.headers["Content-Length"])
            while left:
                part = self.rfile.read(min(left, 1 << 16))
                left -= len(part)
                yield part
            return
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def answer(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class World(Served):
    def __init__(self, organisation=10_000, per_token=PER_TOKEN, tokens=TOKENS, period=60, alignment="first-call"):
        self.files = WebServer(Files)
        super().__init__(
            "--latency", "5ms", "--token-limit", f"{per_token}/{period}s",
            "--organisation-limit", f"{organisation}/{period}s", "--alignment", alignment,
        )
        self.serve(
            CONFIG, files=self.files.url, per_token=per_token, tokens=tokens, organisation=organisation, period=period
        )
        self.gateway = self.service.process.stdout.readline().split()[0]

    def memory(self):
        """Bytes that the service has held at the most."""
        status = pathlib.Path(f"/proc/{self.service.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) * 1024

    def stop(self):
        statuses = super().stop()
        self.files.stop()
        return statuses


def logged_in(url, path=""):
    """An SDK client of the program that may pass through."""
    return sdk_client(url, path).get_client_credentials_token("program", SECRET)


class Programs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World()

    @classmethod
    def tearDownClass(cls):
        counts = cls.world.counts()
        statuses = cls.world.stop()
        assert statuses == (0, 0), statuses
        assert not any(counts["limited"].values()), counts
        # More than one token's rate was asked for, and was had.
        assert counts["admitted"] > PER_TOKEN, counts
        print(f"{counts['admitted']} calls over {len(counts['tokens'])} tokens, 0 answered 429")

    def setUp(self):
        Files.seen.clear()

    def uploaded(self, answer, body):
        self.assertEqual(answer["length"], len(body))
        self.assertEqual(answer["sha256"], hashlib.sha256(body).hexdigest())
        self.assertEqual([(token, length) for token, _, length in Files.seen], [("Bearer of-the-files-0123456789", len(body))])
        self.assertLess(self.world.memory(), 120 * 1024 * 1024, "an upload is never held whole")

    def test_python_sdk(self):
        import PureCloudPlatformClientV2 as sdk

        client = logged_in(self.world.gateway)
        users, page = [], 1
        while True:
            answer = sdk.UsersApi(client).get_users(page_size=25, page_number=page)
            users += answer.entities
            if page == answer.page_count:
                break
            page += 1
        self.assertEqual((len(users), page), (1200, 48))
        self.assertEqual(len({user.id for user in users}), 1200)
        query = sdk.ConversationQuery()
        query.interval = "2026-01-05T00:00:00.000Z/2026-01-06T00:00:00.000Z"
        found = sdk.AnalyticsApi(client).post_analytics_conversations_details_query(query)
        self.assertEqual(found.total_hits, 1)
        files = logged_in(self.world.service.url, "files")
        text = "x" * UPLOAD
        header = {"Content-Type": "application/json", "Accept": "application/json"}
        answer = files.call_api(
            "/api/v2/uploads/{name}", "POST", path_params={"name": "a b"}, header_params=header, body=text,
            response_type="object", auth_settings=["PureCloud OAuth"],
        )
        self.uploaded(answer, json.dumps(text).encode())
        with self.assertRaises(sdk.rest.ApiException) as refused:
            sdk.UsersApi(client).delete_user("7")
        self.assertEqual(refused.exception.status, 403)
        self.assertIn("gateway.not.listed", refused.exception.body)

    def test_javascript_sdk(self):
        environment = {
            **os.environ,
            "GATEWAY_URL": self.world.gateway,
            "SERVICE_URL": self.world.service.url,
            "TOLLGATE_CLIENT_SECRET": SECRET,
        }
        done = subprocess.run(
            ["node", "gateway.cjs"], cwd=HERE, env=environment, capture_output=True, text=True, timeout=120
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        answer = json.loads(done.stdout.splitlines()[-1])
        self.assertEqual((answer["users"], answer["hits"]), (1200, 1))
        self.uploaded(answer["upload"], b'"' + b"x" * UPLOAD + b'"')

    def test_curl(self):
        self.assertIsNotNone(shutil.which("curl"), "apt-get install curl")
        run = lambda *arguments: subprocess.run(
            ["curl", "-sS", "--fail-with-body", *arguments], check=True, capture_output=True, timeout=120
        ).stdout
        login = f"{self.world.gateway}/login/oauth/token"
        token = json.loads(run("-u", f"program:{SECRET}", "-d", "grant_type=client_credentials", login))["access_token"]
        bearer = ("-H", f"Authorization: Bearer {token}")
        pages = (f"{self.world.gateway}/api/v2/users?pageSize=100&pageNumber={page}" for page in range(1, 13))
        users = [user["id"] for page in pages for user in json.loads(run(*bearer, page))["entities"]]
        self.assertEqual(len(set(users)), 1200)
        query = f"{self.world.gateway}/api/v2/analytics/conversations/details/query"
        found = json.loads(run(*bearer, "--json", '{"interval": "2026-01-05/2026-01-06"}', query))
        self.assertEqual(found["totalHits"], 1)
        body = os.urandom(UPLOAD)
        file = pathlib.Path(self.world.folder.name) / "upload"
        file.write_bytes(body)
        upload = f"{self.world.service.url}/files/api/v2/uploads/raw"
        # With a length, and in pieces; curl asks with Expect: 100-continue before it sends either.
        for framing in [(), ("-H", "Transfer-Encoding: chunked")]:
            Files.seen.clear()
            sent = run(*bearer, *framing, "-H", "Content-Type: application/octet-stream", "--data-binary", f"@{file}", upload)
            self.uploaded(json.loads(sent), body)
            self.assertEqual(Files.seen[0][1] is None, bool(framing))

    def test_curl_hears_of_an_upload_that_is_refused_while_it_comes(self):
        bearer = f"Authorization: Bearer {self.token()}"
        file = pathlib.Path(self.world.folder.name) / "refused"
        with open(file, "wb") as upload:
            upload.truncate(60_000_001)
        for version, path, code in [
            (version, path, code)
            for version in ("--http2-prior-knowledge", "--http1.1")
            for path, code in (("uploads/long", "request.entity.too.large"), ("other", "gateway.not.listed"))
        ]:
            url = f"{self.world.service.url}/files/api/v2/{path}"
            for _ in range(5):
                status, _, _, body, complaint = curl(
                    version, "-H", bearer, "-H", "Content-Type: application/octet-stream", "--data-binary", f"@{file}", url
                )
                self.assertEqual((status, complaint), (0, ""), (version, path))
                self.assertEqual(json.loads(body)["code"], code)
        self.assertEqual(Files.seen, [])

    def token(self):
        _, answer = doors.token(self.world.gateway, "program", SECRET)
        return answer["access_token"]

    def test_a_client_like_terraforms(self):
        """Go's net/http: one login, HTTP/1.1 kept alive, many requests at once, gzip, and a retry by Retry-After."""
        host = self.world.gateway.removeprefix("http://")
        basic = base64.b64encode(f"program:{SECRET}".encode()).decode()
        connection = http.client.HTTPConnection(host)
        self.addCleanup(connection.close)
        form = {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/oauth/token", "grant_type=client_credentials", form)
        token = json.load(connection.getresponse())["access_token"]
        headers = {
            "Authorization": f"Bearer {token}", "Accept-Encoding": "gzip", "User-Agent": "Go-http-client/1.1",
        }

        def page(number):
            with contextlib.closing(http.client.HTTPConnection(host)) as own:
                own.request("GET", f"/api/v2/users?pageSize=25&pageNumber={number}", headers=headers)
                answer = own.getresponse()
                return answer.status, len(json.load(answer)["entities"])

        with concurrent.futures.ThreadPoolExecutor(10) as pool:
            self.assertEqual(set(pool.map(page, range(1, 49))), {(200, 25)})
        query = json.dumps({"interval": "2026-01-05/2026-01-06"})
        connection.request("POST", "/api/v2/analytics/conversations/details/query", query, {**headers, "Content-Type": "application/json"})
        self.assertEqual(json.load(connection.getresponse())["totalHits"], 1)
        body = b"x" * UPLOAD
        files = http.client.HTTPConnection(self.world.service.url.removeprefix("http://"))
        self.addCleanup(files.close)
        files.request("POST", "/files/api/v2/uploads/raw", body, {**headers, "Content-Type": "application/octet-stream"})
        self.uploaded(json.load(files.getresponse()), body)


class Saturation(unittest.TestCase):
    """The vendor's SDK asks for more than the organisation has: all of it is used, and no call is answered 429."""

    def saturate(self, alignment):
        import PureCloudPlatformClientV2 as sdk

        world = World(ORGANISATION, BUSY_TOKEN, ORGANISATION // BUSY_TOKEN + 2, PERIOD, alignment)
        try:
            client = logged_in(world.gateway)
            ended = threading.Event()

            def call():
                users = sdk.UsersApi(client)
                while not ended.is_set():
                    users.get_user("7")

            with concurrent.futures.ThreadPoolExecutor(24) as pool:
                calls = [pool.submit(call) for _ in range(24)]
                time.sleep(5.5 * PERIOD)
                ended.set()
            for done in calls:
                done.result()
            counts = world.counts()
        finally:
            self.assertEqual(world.stop(), (0, 0))
        self.assertFalse(any(counts["limited"].values()), counts)
        # The first window is one of learning, the last one was not full yet. How much is used depends on the machine
        # as well: 100 % on a quiet one, in each alignment.
        whole = counts["windows"][1:-1]
        used = sum(whole) / (len(whole) * ORGANISATION)
        print(f"{alignment}: {used:.2%} of the organisation's quota used in {len(whole)} windows, 0 answered 429")
        self.assertGreaterEqual(len(whole), 3, counts["windows"])
        self.assertGreaterEqual(used, 0.9, counts["windows"])

    def test_first_call(self):
        self.saturate("first-call")

    def test_wall_clock(self):
        self.saturate("wall-clock")

    def test_phase_per_key(self):
        self.saturate("phase-per-key")


if __name__ == "__main__":
    unittest.main()
