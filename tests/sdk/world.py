"""Starts the emulated platform and the service as a user would, and logs the vendor's SDK in."""

import http.server
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("TOLLGATE_BINARY", str(ROOT / "target/debug/tollgate"))
CORPUS = ROOT.parent / "shared" / "corpus"
SECRET = "only for this test"

CONFIG = """
[server]
listen = "127.0.0.1:0"
drain_timeout = "5s"
records_file = "records.jsonl"

[[caller]]
client_id = "flows"
flows = ["*"]
client_secret_env = "TOLLGATE_TEST_SECRET"

[[client]]
name = "pool"
client_id = "demo"
client_secret_file = "pool.secret"
token_url = "{platform}/oauth/token"
max_tokens = 2
token_rate = {{ allowed = {per_token}, period = "60s" }}

[[integration]]
name = "PureCloud Data Actions"
type = "purecloud-data-actions"
base_url = "{platform}"
clients = ["pool"]
actions = {{ folder = "actions" }}

[[flow]]
name = "voice"
priority = 0

[[flow]]
name = "email"
priority = 1
default = true
"""


class Process:
    """A server that prints its URL first."""

    def __init__(self, *arguments, env=None, stderr=None):
        self.process = subprocess.Popen(
            [BINARY, *arguments],
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            env={**os.environ, **(env or {})},
        )
        self.url = self.process.stdout.readline().strip()
        if not self.url.startswith(("http://", "https://")):
            raise RuntimeError(f"{arguments}: no URL, exit status {self.process.wait(10)}")

    def stop(self):
        """Asks it to end; gives its exit status."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(15)
        self.process.stdout.close()
        return status


def tollgate(*arguments, status=0, **more):
    """Runs a command, which ends with this status, or with any if that is None; gives what it printed."""
    command = [BINARY, *map(str, arguments)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **more)
    if status not in (None, run.returncode):
        raise AssertionError(f"{arguments}: {run.returncode} {run.stdout} {run.stderr}")
    return run


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def sdk_client(url, path=""):
    """An SDK client of what is at this address, not logged in."""
    import PureCloudPlatformClientV2 as sdk
    from PureCloudPlatformClientV2.gateway_configuration import GatewayConfiguration

    protocol, _, address = url.partition("://")
    host, port = address.split(":")
    client = sdk.api_client.ApiClient()
    client.gateway_configuration = GatewayConfiguration(
        host=host, protocol=protocol, port=int(port), path_params_login=path, path_params_api=path
    )
    return client


class WebServer:
    """A web server of a test's own on this machine, which answers by a handler; over TLS where a context is given."""

    def __init__(self, handler, context=None, host="127.0.0.1"):
        self.server = http.server.ThreadingHTTPServer((host, 0), handler)
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_port
        self.url = f"http{'s' if context else ''}://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Served:
    """A folder with the pool's secret, the emulated platform, and a service in front of it."""

    def __init__(self, *emulate, folder=None):
        """`emulate`: options of the emulator. The service isn't there before `serve`."""
        self.folder = folder or tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        (self.path / "actions").mkdir(exist_ok=True)
        (self.path / "pool.secret").write_text("emulated\n")
        (self.path / "pool.secret").chmod(0o600)
        self.config = self.path / "tollgate.toml"
        self.platform = Process("emulate", "--client", "demo:emulated", *emulate)
        self.service = None

    def serve(self, config, env=None, stderr=None, **values):
        """Starts the service over a configuration, in which the values stand, and the platform's address if it
        isn't one of them."""
        self.config.write_text(config.format(**{"platform": self.platform.url, **values}))
        env = {"TOLLGATE_TEST_SECRET": SECRET, "RUST_LOG": "warn", **(env or {})}
        self.service = Process("serve", "--config", str(self.config), env=env, stderr=stderr)
        self.url = self.service.url

    def counts(self):
        with urllib.request.urlopen(f"{self.platform.url}/_emulator/counts") as answer:
            return json.load(answer)

    def stop(self):
        """Ends what was started; gives the exit statuses, the service's first."""
        statuses = tuple(process.stop() for process in (self.service, self.platform) if process)
        self.folder.cleanup()
        return statuses


class World(Served):
    """Actions of a platform whose tokens have so many calls a minute, and an SDK client."""

    def __init__(self, actions, per_token=300):
        super().__init__("--latency", "5ms", "--token-limit", f"{per_token}/60s")
        for file in actions:
            shutil.copy(file, self.path / "actions")
        self.serve(CONFIG, per_token=per_token)

    def client(self):
        """An SDK client that is not logged in."""
        return sdk_client(self.url)

    def login(self):
        return self.client().get_client_credentials_token("flows", SECRET)
