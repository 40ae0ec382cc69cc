"""The service over a store, made by `tollgate init`, in front of the emulated platform."""

import base64
import json
import pathlib
import tempfile
import urllib.error
import urllib.request

from world import ROOT, Process, sdk_client, tollgate

CONFIG = """
[server]
listen = "127.0.0.1:0"
drain_timeout = "5s"
{server}

[store]
url = "{url}"
key_file = "tollgate.keys"
"""


class Stored:
    """A folder with a configuration, a store and its first administrator; and a service over it."""

    def __init__(self, url="sqlite:tollgate.db", server="", log="info", platform="demo:emulated", folder=None,
                 before=None):
        """`before` is given the folder before anything is read in it."""
        self.folder = tempfile.TemporaryDirectory(dir=folder)
        self.path = pathlib.Path(self.folder.name)
        if before:
            before(self.path)
        self.config = self.path / "tollgate.toml"
        self.config.write_text(CONFIG.format(url=url, server=server))
        self.log_level = log
        made = self.tollgate("init", "--config", str(self.config))
        self.admin = dict(line.split("=", 1) for line in made.stdout.split())
        self.platform = Process("emulate", "--client", platform, "--latency", "2ms")
        self.log = None
        self.start()

    def tollgate(self, *arguments, **more):
        return tollgate(*arguments, **more)

    def start(self):
        if self.log:
            self.log.close()
        self.log = open(self.path / "service.log", "ab")
        self.service = Process(
            "serve", "--config", str(self.config), env={"RUST_LOG": self.log_level}, stderr=self.log
        )

    def kill(self):
        self.service.process.kill()
        self.service.process.wait(10)
        self.service.process.stdout.close()
        self.log.close()

    def client(self):
        """An SDK client that is not logged in."""
        return sdk_client(self.service.url)

    def login(self):
        return self.client().get_client_credentials_token(self.admin["client_id"], self.admin["client_secret"])

    def end(self):
        """Ends what still runs, however it ended."""
        if self.service.process.poll() is None:
            self.kill()
        self.log.close()
        self.platform.stop()
        self.folder.cleanup()

    def stop(self):
        statuses = self.service.stop(), self.platform.stop()
        self.log.close()
        self.folder.cleanup()
        return statuses


# Long enough for what works; what can't, such as a wrong credential of the platform, needn't wait.
SOON = {"Tollgate-Deadline": "5s"}


def send(method, url, data=None, headers=None):
    """Status, body and headers of the answer to one request, whatever the status; the body is bytes."""
    asked = urllib.request.Request(url, data, headers or {}, method=method)
    try:
        answer = urllib.request.urlopen(asked, timeout=60)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return answer.status, answer.read(), answer.headers


def request(base, method, path, token=None, body=None, basic=None, headers=SOON):
    """Status and body of one request, whatever the status."""
    sent = {}
    if token:
        sent["Authorization"] = f"Bearer {token}"
    if basic:
        sent["Authorization"] = "Basic " + base64.b64encode(":".join(basic).encode()).decode()
    data = None
    if body is not None:
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        sent["Content-Type"] = content_type(path)
    status, text, _ = send(method, base + path, data, {**sent, **headers})
    return status, text.decode()


def content_type(path):
    """What the operation of a path takes; a text goes out as it is."""
    if path == "/oauth/token":
        return "application/x-www-form-urlencoded"
    return "application/yaml" if path.startswith("/api/v2/tollgate/workflows") else "application/json"


def login(base, basic):
    status, text = request(base, "POST", "/oauth/token", body="grant_type=client_credentials", basic=basic)
    if status != 200:
        raise RuntimeError(f"login: {status} {text}")
    return json.loads(text)["access_token"]


EXAMPLE = ROOT / "examples/actions/Get-Estimated-Wait-Time.json"


def properties(platform):
    """Of an integration that calls the emulated platform on this machine."""
    return {"baseUrl": platform, "tokenUrl": f"{platform}/oauth/token", "allowedNetworks": ["127.0.0.0/8"]}
