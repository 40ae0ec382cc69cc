"""`kill -9` under load, twenty times on each store: what was acknowledged is there, nothing is half-written."""

import json
import os
import random
import signal
import threading
import time
import unittest

from postgres import Postgres, programs
from stored import EXAMPLE, Stored, login, properties, request

KILLS = int(os.environ.get("TOLLGATE_KILLS", "20"))
ACTIONS = "/api/v2/integrations/actions"
QUEUE = "11111111-2222-4333-8444-555555555555"


class Load:
    """Writers and executors, until the service is gone. Notes what was acknowledged, never less."""

    def __init__(self, base, token, world):
        self.base, self.token, self.world = base, token, world
        self.threads = [
            threading.Thread(target=self.until_it_is_gone, args=(work,), daemon=True)
            for work in (self.insert, self.insert, self.rename, self.publish, self.execute)
        ]

    def until_it_is_gone(self, work):
        while True:
            try:
                work()
            except OSError:
                return
            except Exception as error:  # http.client's, of an answer that broke off
                if "http.client" in type(error).__module__:
                    return
                self.world.wrong.append(repr(error))
                return

    def call(self, method, path, body=None):
        status, text = request(self.base, method, path, self.token, body)
        if status >= 500:
            self.world.wrong.append(f"{method} {path}: {status} {text}")
        return status, json.loads(text) if text else None

    def insert(self):
        key = f"row {self.world.next():06}"
        status, _ = self.call("POST", f"/api/v2/flows/datatables/{self.world.table}/rows", {"key": key, "twice": key * 2})
        if status == 200:
            self.world.rows.add(key)

    def rename(self):
        path = f"{ACTIONS}/{self.world.action}"
        _, now = self.call("GET", path)
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


class Crash(unittest.TestCase):
    def setUp(self):
        self.rows, self.drafted, self.published, self.wrong = set(), set(), set(), []
        self.version, self.executed, self.count = 1, 0, 0
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
        rows = {row["key"]: row for row in self.pages(f"/api/v2/flows/datatables/{self.table}/rows?showbrief=false&")}
        self.assertEqual(self.rows - rows.keys(), set(), "acknowledged rows are there")
        for key, row in rows.items():
            self.assertEqual(row["twice"], key * 2, "no row is half-written")
        action = self.done("GET", f"{ACTIONS}/{self.action}")
        self.assertGreaterEqual(action["version"], self.version)
        self.assertEqual(action["name"], f"Renamed {action['version']}", "version and name are of one write")
        actions = {it["id"] for it in self.pages(f"{ACTIONS}?")}
        drafts = {it["id"] for it in self.pages(f"{ACTIONS}/drafts?")}
        self.assertEqual(self.published - actions, set(), "what was published is there")
        self.assertEqual(self.drafted - actions - drafts, set(), "what was drafted is there")
        self.assertEqual(actions & drafts, set(), "nothing is published and still a draft")
        span = {"interval": "2020-01-01/2100-01-01", "filters": [
            {"property": "Action", "value": "publish"}, {"property": "EntityType", "value": "action"}]}
        audited = self.done("POST", "/api/v2/audits/query/realtime", span)["total"]
        self.assertEqual(audited, len(actions) - 1, "each publication has its entry, and no entry is of none")

    def wait_for_progress(self):
        """However slow the machine is: something was acknowledged in this round, in the first of each kind."""
        before, until = len(self.rows), time.monotonic() + 60
        while not (len(self.rows) > before and self.published and self.executed):
            self.assertLess(time.monotonic(), until, f"no progress: {self.wrong}")
            time.sleep(0.01)

    def crash(self, url):
        # Small numbers, so that a run can be repeated.
        chance = random.Random(7)
        self.stored = Stored(url=url, log="warn")
        try:
            self.prepare()
            for _ in range(KILLS):
                load = Load(self.stored.service.url, self.token, self)
                for thread in load.threads:
                    thread.start()
                self.wait_for_progress()
                time.sleep(chance.uniform(0, 0.7))
                self.stored.kill()
                for thread in load.threads:
                    thread.join(20)
                self.stored.start()
                self.check()
            self.assertEqual(self.wrong, [])
            self.assertGreaterEqual(len(self.rows), KILLS)
            print(f"{KILLS} kills: {len(self.rows)} rows, {len(self.published)} publications, version "
                  f"{self.version}, {self.executed} executions acknowledged; none lost")
        finally:
            self.stored.end()

    def test_sqlite(self):
        self.crash("sqlite:tollgate.db")

    def test_postgres(self):
        if programs() is None:
            self.assertFalse(os.environ.get("TOLLGATE_REQUIRE_POSTGRES"), "PostgreSQL is not installed")
            self.skipTest("PostgreSQL is not installed")
        server = Postgres()
        try:
            self.crash(server.url)
        finally:
            server.stop()

    def test_a_store_that_is_away(self):
        if programs() is None:
            self.assertFalse(os.environ.get("TOLLGATE_REQUIRE_POSTGRES"), "PostgreSQL is not installed")
            self.skipTest("PostgreSQL is not installed")
        server = Postgres()
        self.stored = Stored(url=server.url, log="error")
        try:
            self.prepare()
            base = self.stored.service.url
            execute = f"{ACTIONS}/{self.action}/execute"
            self.assertEqual(request(base, "POST", execute, self.token, {"queueId": QUEUE})[0], 200)
            server.halt()
            # Longer than an answer of the store is believed while it can be asked.
            time.sleep(2.5)
            self.assertEqual(request(base, "POST", execute, self.token, {"queueId": QUEUE})[0], 200, "calls go on")
            path = f"/api/v2/flows/datatables/{self.table}/rows"
            status, text = request(base, "POST", path, self.token, {"key": "a", "twice": "b"})
            self.assertEqual((status, json.loads(text)["code"]), (503, "store.unavailable"))
            self.assertNotIn(str(server.port), text, "the database's own words are for the log")
        finally:
            self.stored.end()
            server.stop()

    def test_a_silent_store_holds_up_neither_calls_nor_the_end(self):
        if programs() is None:
            self.assertFalse(os.environ.get("TOLLGATE_REQUIRE_POSTGRES"), "PostgreSQL is not installed")
            self.skipTest("PostgreSQL is not installed")
        server = Postgres()
        self.stored = Stored(url=server.url, log="error")
        try:
            self.prepare()
            base = self.stored.service.url
            execute = f"{ACTIONS}/{self.action}/execute"
            self.assertEqual(request(base, "POST", execute, self.token, {"queueId": QUEUE})[0], 200)
            server.freeze()
            # Longer than an answer of the store is believed while it can be asked.
            time.sleep(2.5)
            for _ in range(10):
                self.assertEqual(request(base, "POST", execute, self.token, {"queueId": QUEUE})[0], 200, "calls go on")
            path = f"/api/v2/flows/datatables/{self.table}/rows"
            self.assertEqual(request(base, "POST", path, self.token, {"key": "a", "twice": "b"})[0], 503)
            # The drain_timeout is 5 s; the service's own end takes 2 s more at the most, a slow machine some.
            self.stored.service.process.send_signal(signal.SIGTERM)
            self.stored.service.process.wait(30)
        finally:
            server.thaw()
            self.stored.end()
            server.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
