"""A service with the callers, certificates and ways out that a test names, and what calls it."""

import base64
import http.client
import json
import os
import pathlib
import shutil
import subprocess
import time

from world import ROOT, Served, tollgate

LIST = "/api/v2/integrations/actions"

CONFIG = """
[server]
listen = "127.0.0.1:0"
drain_timeout = "5s"
{server}

{callers}

[[client]]
name = "pool"
client_id = "demo"
client_secret_env = "POOL_SECRET"
token_url = "{platform}/oauth/token"

[upstream]
{upstream}

[[integration]]
name = "PureCloud Data Actions"
type = "purecloud-data-actions"
base_url = "{platform}"
clients = ["pool"]
actions = {{ folder = "actions" }}
{integration}
"""


def curl(*arguments):
    """What curl got: its exit status, the version of HTTP, the answer's status and body, and its complaint."""
    form = "\n%{http_version} %{response_code}"
    run = subprocess.run(["curl", "--silent", "--show-error", "--max-time", "20", "-w", form, *arguments],
                         capture_output=True, text=True)
    body, _, end = run.stdout.rpartition("\n")
    version, _, status = end.partition(" ")
    return run.returncode, version, int(status or 0), body, run.stderr


def basic(name, secret):
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}


def ask(url, path=LIST, method="GET", body=None, headers=None, context=None):
    """Status and body of one answer, over a connection of its own."""
    secure, _, address = url.partition("://")
    if secure == "https":
        connection = http.client.HTTPSConnection(address, timeout=20, context=context)
    else:
        connection = http.client.HTTPConnection(address, timeout=20)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None
    finally:
        connection.close()


def token(url, name, secret, headers=None, context=None):
    """Status and body of a login for a token."""
    headers = {**basic(name, secret), "Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
    return ask(url, "/oauth/token", "POST", "grant_type=client_credentials", headers, context)


class Doors(Served):
    """A service with these callers, and its log."""

    def __init__(self, callers, server="", upstream="", integration="", env=None, folder=None, latency="1ms",
                 name=None):
        super().__init__("--latency", latency, folder=folder)
        shutil.copy(ROOT / "examples/actions/Find-Queue-By-Name.json", self.path / "actions")
        self.env = {"POOL_SECRET": "emulated", "RUST_LOG": "info", **(env or {})}
        self.log = open(self.path / "service.log", "ab")
        called = self.platform.url.replace("127.0.0.1", name or "127.0.0.1")
        self.serve(CONFIG, self.env, self.log, platform=called, callers=callers, server=server, upstream=upstream,
                   integration=integration)

    def logged(self):
        return (self.path / "service.log").read_text()

    def check(self, *options):
        """What `config check` says of the configuration: its exit status, and its complaints."""
        run = tollgate("config", "check", *options, self.config, status=None, env={**os.environ, **self.env})
        return run.returncode, run.stderr

    def stop(self):
        """Ends it all; gives the service's exit status."""
        status, _ = super().stop()
        self.log.close()
        return status


def within(seconds, done):
    """Waits until `done` gives something that is true, and gives that."""
    until = time.monotonic() + seconds
    while True:
        found = done()
        if found:
            return found
        if time.monotonic() > until:
            raise AssertionError(f"not done within {seconds} s")
        time.sleep(0.1)


class Authority:
    """A certificate authority of our own, in a folder."""

    def __init__(self, folder, name="authority"):
        self.folder, self.name = pathlib.Path(folder), name
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                     "-days", "30", "-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}",
                     "-addext", "basicConstraints=critical,CA:TRUE")
        self.pem = self.folder / f"{name}.pem"

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, cwd=self.folder, capture_output=True)

    def issue(self, file, common_name, extensions="subjectAltName=IP:127.0.0.1,DNS:localhost", days=30):
        """A certificate of this name, and its key; gives their paths."""
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                     "-keyout", f"{file}.key", "-out", f"{file}.csr", "-subj", f"/CN={common_name}")
        (self.folder / f"{file}.ext").write_text(extensions)
        self.openssl("x509", "-req", "-in", f"{file}.csr", "-CA", f"{self.name}.pem", "-CAkey", f"{self.name}.key",
                     "-CAcreateserial", "-days", str(days), "-out", f"{file}.pem", "-extfile", f"{file}.ext")
        (self.folder / f"{file}.key").chmod(0o600)
        return self.folder / f"{file}.pem", self.folder / f"{file}.key"
