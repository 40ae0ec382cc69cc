"""Starts the emulated platform and the service as a user would, and logs the vendor's SDK in."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
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


class World:
    """A platform, a service in front of it, and an SDK client."""

    def __init__(self, actions, per_token=300):
        self.folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(self.folder.name)
        (folder / "actions").mkdir()
        for file in actions:
            shutil.copy(file, folder / "actions")
        (folder / "pool.secret").write_text("emulated\n")
        (folder / "pool.secret").chmod(0o600)
        self.platform = Process(
            "emulate", "--client", "demo:emulated", "--latency", "5ms", "--token-limit", f"{per_token}/60s"
        )
        config = folder / "tollgate.toml"
        config.write_text(CONFIG.format(platform=self.platform.url, per_token=per_token))
        self.service = Process(
            "serve", "--config", str(config), env={"TOLLGATE_TEST_SECRET": SECRET, "RUST_LOG": "warn"}
        )

    def client(self):
        """An SDK client that is not logged in."""
        import PureCloudPlatformClientV2 as sdk
        from PureCloudPlatformClientV2.gateway_configuration import GatewayConfiguration

        host, port = self.service.url.removeprefix("http://").split(":")
        client = sdk.api_client.ApiClient()
        client.gateway_configuration = GatewayConfiguration(
            host=host, protocol="http", port=int(port), path_params_login="", path_params_api=""
        )
        return client

    def login(self):
        return self.client().get_client_credentials_token("flows", SECRET)

    def counts(self):
        with urllib.request.urlopen(f"{self.platform.url}/_emulator/counts") as answer:
            return json.load(answer)

    def stop(self):
        statuses = self.service.stop(), self.platform.stop()
        self.folder.cleanup()
        return statuses
