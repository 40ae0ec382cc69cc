"""Changes and executions under load, what was acknowledged of them, and that all of that is there later."""

import json
import threading
import time
import unittest

from stored import EXAMPLE, SOON, login, properties, request

ACTIONS = "/api/v2/integrations/actions"
JOBS = "/api/v2/tollgate/jobs"
# Jobs that are taken in under one load: few enough for the platform to carry all of them out at the end.
JOBS_EACH = 5
QUEUE = "11111111-2222-4333-8444-555555555555"


class Load:
    """Writers and executors, until the service is gone or they are told to end. Notes what was acknowledged.

    While the world is `troubled`, changes may be answered 503, for the store can't take them; executions may not."""

    def __init__(self, world):
        self.base, self.token, self.world = world.stored.service.url, world.token, world
        self.ending = threading.Event()
        self.jobs_left = JOBS_EACH
        self.threads = [
            threading.Thread(target=self.until_it_is_gone, args=(work,), daemon=True)
            for work in (self.insert, self.insert, self.rename, self.publish, self.execute, self.later)
        ]
        for thread in self.threads:
            thread.start()

    def join(self):
        """Until what was begun is answered, or has failed with the service."""
        self.ending.set()
        for thread in self.threads:
            thread.join(60)

    def until_it_is_gone(self, work):
        while not self.ending.is_set():
            try:
                work()
            except OSError:
                return
            except Exception as error:  # http.client's, of an answer that broke off
                if "http.client" in type(error).__module__:
                    return
                self.world.wrong.append(repr(error))
                return

    def call(self, method, path, body=None, headers=SOON):
        troubled = self.world.troubled
        status, text = request(self.base, method, path, self.token, body, headers=headers)
        # After a restart that holds the limits no token can be fetched for a while, either.
        excused = status == 503 and (troubled or self.world.troubled) and (
            not path.endswith("/execute") or "Prefer" in headers or '"no.token"' in text)
        if status >= 500 and not excused:
            self.world.wrong.append(f"{method} {path}: {status} {text}")
        if status == 503:
            self.world.refused += 1
            time.sleep(0.02)
        return status, json.loads(text) if text else None

    def insert(self):
        key = f"row {self.world.next():06}"
        status, _ = self.call("POST", f"/api/v2/flows/datatables/{self.world.table}/rows", {"key": key, "twice": key * 2})
        if status == 200:
            self.world.rows.add(key)

    def rename(self):
        path = f"{ACTIONS}/{self.world.action}"
        status, now = self.call("GET", path)
        if status != 200:
            return
        name = f"Renamed {now['version'] + 1}"
        status, answer = self.call("PATCH", path, {"version": now["version"], "name": name})
        if status == 200:
            self.world.version = answer["version"]

    def publish(self):
        new = {**self.world.file, "name": f"Published {self.world.next()}", "integrationId": self.world.integration}
        status, draft = self.call("POST", f"{ACTIONS}/drafts", new)
        if status != 200:
            return
        self.world.drafted.add(draft["id"])
        status, _ = self.call("POST", f"{ACTIONS}/{draft['id']}/draft/publish", {"version": 1})
        if status == 200:
            self.world.published.add(draft["id"])

    def execute(self):
        status, _ = self.call("POST", f"{ACTIONS}/{self.world.action}/execute", {"queueId": QUEUE})
        self.world.executed += status == 200

    def later(self):
        """Executions that are carried out later, some of them beside the rest of the load."""
        if self.jobs_left == 0:
            self.ending.wait(0.05)
            return
        self.jobs_left -= 1
        path = f"{ACTIONS}/{self.world.action}/execute"
        status, job = self.call("POST", path, {"queueId": QUEUE}, {"Prefer": "respond-async"})
        if status == 202:
            self.world.jobs.add(job["id"])
        self.ending.wait(0.05)


class World(unittest.TestCase):
    """What was acknowledged, and that the store has it. A test sets `stored`."""

    def setUp(self):
        self.rows, self.drafted, self.published, self.wrong = set(), set(), set(), []
        self.jobs = set()
        self.version, self.executed, self.refused, self.count = 1, 0, 0, 0
        self.troubled = False
        self.lock = threading.Lock()

    def next(self):
        with self.lock:
            self.count += 1
            return self.count

    def done(self, method, path, body=None):
        status, text = request(self.stored.service.url, method, path, self.token, body)
        self.assertLess(status, 300, text)
        return json.loads(text)

    def pages(self, path):
        found, number = [], 1
        while True:
            page = self.done("GET", f"{path}pageSize=500&pageNumber={number}")
            found += page["entities"]
            if number >= page["pageCount"]:
                return found
            number += 1

    def prepare(self):
        self.token = login(self.stored.service.url, (self.stored.admin["client_id"], self.stored.admin["client_secret"]))
        self.file = json.loads(EXAMPLE.read_text())
        self.integration = self.done("POST", "/api/v2/integrations", {
            "name": "Crash", "integrationType": {"id": "purecloud-data-actions"}})["id"]
        credential = self.done("POST", "/api/v2/integrations/credentials", {
            "type": {"name": "pureCloudOAuthClient"},
            "credentialFields": {"clientId": "demo", "clientSecret": "emulated"}})["id"]
        path = f"/api/v2/integrations/{self.integration}"
        self.done("PUT", f"{path}/config/current", {
            "version": 1, "credentials": {"pureCloudOAuthClient": {"id": credential}},
            "properties": properties(self.stored.platform.url)})
        self.done("PATCH", path, {"intendedState": "ENABLED"})
        new = {**self.file, "name": "Renamed 1", "integrationId": self.integration}
        self.action = self.done("POST", ACTIONS, new)["id"]
        kinds = {"key": {"type": "string"}, "twice": {"type": "string"}}
        self.table = self.done("POST", "/api/v2/flows/datatables", {
            "name": "Crash", "schema": {"type": "object", "properties": kinds}})["id"]

    def check(self):
        # After a trouble, the store's first connection may take a second try.
        tables = "/api/v2/flows/datatables"
        self.wait_for("answer of the store", lambda: request(self.stored.service.url, "GET", tables, self.token)[0] == 200)
        rows = {row["key"]: row for row in self.pages(f"/api/v2/flows/datatables/{self.table}/rows?showbrief=false&")}
        self.assertEqual(self.rows - rows.keys(), set(), "acknowledged rows are there")
        for key, row in rows.items():
            self.assertEqual(row["twice"], key * 2, "no row is half-written")
        action = self.done("GET", f"{ACTIONS}/{self.action}")
        self.assertGreaterEqual(action["version"], self.version)
        self.assertEqual(action["name"], f"Renamed {action['version']}", "version and name are of one write")
        # A publication that was written while its answer was lost is shown once the store has been looked at again.
        self.wait_for("action or draft of each that was drafted", lambda: not self.drafted - set().union(*self.listed()))
        actions, drafts = self.listed()
        self.assertEqual(self.published - actions, set(), "what was published is there")
        self.assertEqual(actions & drafts, set(), "nothing is published and still a draft")
        span = {"interval": "2020-01-01/2100-01-01", "filters": [
            {"property": "Action", "value": "publish"}, {"property": "EntityType", "value": "action"}]}
        audited = self.done("POST", "/api/v2/audits/query/realtime", span)["total"]
        self.assertEqual(audited, len(actions) - 1, "each publication has its entry, and no entry is of none")
        jobs = {job["id"] for job in self.pages(f"{JOBS}?")}
        self.assertEqual(self.jobs - jobs, set(), "acknowledged jobs are there")

    def check_jobs(self):
        """Every job that was acknowledged is carried out in the end; none has ended otherwise."""
        def states():
            jobs = {job["id"]: job["state"] for job in self.pages(f"{JOBS}?")}
            return {jobs.get(id) for id in self.jobs}

        self.wait_for("end of all jobs", lambda: states().isdisjoint({"QUEUED", "PENDING"}))
        self.assertEqual(states(), {"FULFILLED"})

    def listed(self):
        """The ids of all actions, and of all drafts."""
        actions = {it["id"] for it in self.pages(f"{ACTIONS}?")}
        return actions, {it["id"] for it in self.pages(f"{ACTIONS}/drafts?")}

    def wait_for(self, what, happened):
        """However slow the machine is; a restart may have held the limits for a minute."""
        until = time.monotonic() + 180
        while not happened():
            self.assertLess(time.monotonic(), until, f"no {what}: {self.wrong}")
            time.sleep(0.01)

    def wait_for_progress(self):
        """Something was acknowledged in this round, in the first of each kind."""
        before = len(self.rows)
        self.wait_for("progress", lambda: len(self.rows) > before and self.published and self.executed)

    def wait_for_executions(self):
        before = self.executed
        self.wait_for("executions", lambda: self.executed > before + 3)
