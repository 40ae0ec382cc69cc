"""What a soak does all the time: executions, edits, rows, runs of flows; and notes what was acknowledged."""

import collections
import json
import random
import threading
import time
import traceback

from soak_parts.caller import GONE, Caller

ACTIONS = "/api/v2/integrations/actions"
QUEUE = "11111111-2222-4333-8444-555555555555"
# Actions that exist at once beside the first ones.
PUBLISHED = 30
# What no request of the load is to be answered, whatever happens.
NEVER = (400, 401, 403, 404, 500)


class Acknowledged:
    """What is there, and what is gone, as far as the service has said so. Never more."""

    def __init__(self):
        self.lock = threading.Lock()
        self.rows, self.removed_rows = set(), set()
        self.actions, self.removed_actions, self.publications = set(), set(), set()
        self.version, self.allowed, self.count = 1, None, 0

    def next(self):
        with self.lock:
            self.count += 1
            return self.count


class Load:
    """`world` has `url`, the callers' logins and the ids of what was made beforehand."""

    def __init__(self, world):
        self.world, self.acknowledged = world, Acknowledged()
        self.done, self.statuses = collections.Counter(), collections.Counter()
        self.wrong, self.stopping = [], threading.Event()
        admin, file, stored = world.admin_login, world.file_login, world.stored_login
        workers = [(self.execute_file, file)] * 5 + [(self.execute_stored, stored)] * 2 + [
            (self.execute_web, stored), (self.insert, admin), (self.remove, admin), (self.rename, admin),
            (self.publish, admin), (self.set_limit, admin), (self.run_flow, admin), (self.read, admin)]
        self.threads = [
            threading.Thread(target=self.keep_at, args=(number, *it), daemon=True) for number, it in enumerate(workers)
        ]

    def start(self):
        for thread in self.threads:
            thread.start()

    def stop(self):
        """Lets what is under way end; what doesn't is wrong."""
        self.stopping.set()
        until = time.monotonic() + 90
        for thread in self.threads:
            thread.join(max(until - time.monotonic(), 0))
        if any(thread.is_alive() for thread in self.threads):
            self.wrong.append("a call was never answered")

    def keep_at(self, seed, work, basic):
        caller, chance = Caller(self.world, basic), random.Random(seed)
        while not self.stopping.is_set():
            try:
                work(caller, chance)
            except GONE:
                time.sleep(0.2)
            except Exception:
                self.wrong.append(traceback.format_exc())
                time.sleep(1)

    def call(self, caller, kind, method, path, body=None, **headers):
        status, answer = caller.call(method, path, body, **headers)
        self.statuses[kind, status] += 1
        if status in NEVER:
            self.wrong.append(f"{method} {path}: {status} {answer}")
        self.done[kind] += 200 <= status < 300
        return status, answer

    def execute(self, caller, chance, kind, action, body):
        deadline = {"Tollgate-Deadline": chance.choice(["500ms", "2s", "8s"]),
                    "Tollgate-Flow": chance.choice(["voice", "email"])}
        status, _ = self.call(caller, kind, "POST", f"{ACTIONS}/{action}/execute", body, **deadline)
        time.sleep(chance.uniform(0, 0.3) if status == 200 else 0.3)

    def execute_file(self, caller, chance):
        self.execute(caller, chance, "executions (file)", self.world.file_action, {"queueId": QUEUE})

    def execute_stored(self, caller, chance):
        self.execute(caller, chance, "executions (stored)", self.world.action, {"queueId": QUEUE})

    def execute_web(self, caller, chance):
        port = chance.choice(["http1", "http2"])
        self.execute(caller, chance, f"executions ({port})", self.world.web[port], {"path": "ok"})

    def insert(self, caller, chance):
        key = f"row {self.acknowledged.next():07}"
        row = {"key": key, "twice": key * 2}
        status, _ = self.call(caller, "rows", "POST", f"/api/v2/flows/datatables/{self.world.table}/rows", row)
        if status == 200:
            self.acknowledged.rows.add(key)
        time.sleep(chance.uniform(0, 0.2))

    def remove(self, caller, chance):
        rows = self.acknowledged.rows
        if len(rows) > 500:
            # Whether it is there is not known until it is said to be gone.
            key = rows.pop()
            path = f"/api/v2/flows/datatables/{self.world.table}/rows/{key.replace(' ', '%20')}"
            status, _ = self.call(caller, "removed rows", "DELETE", path)
            if status in (200, 202, 204):
                self.acknowledged.removed_rows.add(key)
        time.sleep(chance.uniform(0, 0.3))

    def rename(self, caller, chance):
        path = f"{ACTIONS}/{self.world.action}"
        status, now = self.call(caller, "reads", "GET", path)
        if status == 200:
            name = f"Renamed {now['version'] + 1}"
            status, answer = self.call(caller, "edits", "PATCH", path, {"version": now["version"], "name": name})
            if status == 200:
                self.acknowledged.version = answer["version"]
        time.sleep(chance.uniform(0.2, 1))

    def publish(self, caller, chance):
        noted = self.acknowledged
        new = {**self.world.action_file, "name": f"Published {noted.next()}", "integrationId": self.world.integration}
        status, draft = self.call(caller, "drafts", "POST", f"{ACTIONS}/drafts", new)
        if status == 200:
            path = f"{ACTIONS}/{draft['id']}/draft/publish"
            status, _ = self.call(caller, "publications", "POST", path, {"version": 1})
            if status == 200:
                noted.actions.add(draft["id"])
                noted.publications.add(draft["id"])
        if len(noted.actions) > PUBLISHED:
            gone = noted.actions.pop()
            if self.call(caller, "removed actions", "DELETE", f"{ACTIONS}/{gone}")[0] in (200, 202, 204):
                noted.removed_actions.add(gone)
        time.sleep(chance.uniform(0.2, 1))

    def set_limit(self, caller, chance):
        # Never more than the platform's own.
        self.acknowledged.allowed, allowed = None, chance.randint(self.world.per_window // 2, self.world.per_window)
        body = {"name": self.world.limit, "allowed": allowed}
        if self.call(caller, "limits", "PUT", "/api/v2/tollgate/limits", body)[0] in (200, 204):
            self.acknowledged.allowed = allowed
        time.sleep(chance.uniform(2, 4))

    def run_flow(self, caller, chance):
        body = {"flowId": self.world.flow, "inputData": {"Flow.Queue": QUEUE}}
        status, run = self.call(caller, "runs begun", "POST", "/api/v2/flows/executions", body)
        until = time.monotonic() + 20
        while status == 200 and time.monotonic() < until:
            time.sleep(0.2)
            # It ends with its process.
            status, now = caller.call("GET", f"/api/v2/flows/executions/{run['id']}")
            if status == 200 and now["status"] in ("COMPLETED", "FAILED"):
                self.done["runs ended"] += 1
                break
        time.sleep(chance.uniform(0, 0.5))

    def read(self, caller, chance):
        path = chance.choice([
            f"{ACTIONS}?pageSize=100", "/api/v2/tollgate/limits", "/api/v2/tollgate/flows", "/api/v2/openapi.json",
            f"/api/v2/flows/datatables/{self.world.table}/rows?pageSize=500&showbrief=false", "/api/v2/integrations"])
        self.call(caller, "reads", "GET", path)
        time.sleep(chance.uniform(0, 0.5))


def pages(caller, path):
    """All entities of a list."""
    found, number = [], 1
    while True:
        status, page = caller.call("GET", f"{path}pageSize=500&pageNumber={number}")
        if status != 200:
            raise RuntimeError(f"{path}: {status} {json.dumps(page)}")
        found += page["entities"]
        if number >= page["pageCount"]:
            return found
        number += 1
