"""`kill -9` under load, twenty times on each store: what was acknowledged is there, nothing is half-written.

On PostgreSQL, the same while the database is killed, says nothing, and loses its connections."""

import json
import os
import random
import signal
import time
import unittest

from acknowledged import ACTIONS, QUEUE, Load, World
from postgres import Postgres, programs
from soak_parts.proxy import Proxy
from stored import Stored, request

KILLS = int(os.environ.get("TOLLGATE_KILLS", "20"))


class Crash(World):
    def crash(self, url):
        # Small numbers, so that a run can be repeated.
        chance = random.Random(7)
        self.stored = Stored(url=url, log="warn")
        try:
            self.prepare()
            for _ in range(KILLS):
                load = Load(self)
                self.wait_for_progress()
                time.sleep(chance.uniform(0, 0.7))
                self.stored.kill()
                load.join()
                self.stored.start()
                self.check()
            self.check_jobs()
            self.assertEqual(self.wrong, [])
            self.assertGreaterEqual(len(self.rows), KILLS)
            self.assertGreaterEqual(len(self.jobs), KILLS)
            print(f"{KILLS} kills: {len(self.rows)} rows, {len(self.published)} publications, version "
                  f"{self.version}, {self.executed} executions and {len(self.jobs)} jobs acknowledged; none lost")
        finally:
            self.stored.end()

    def postgres(self):
        if programs() is None:
            self.assertFalse(os.environ.get("TOLLGATE_REQUIRE_POSTGRES"), "PostgreSQL is not installed")
            self.skipTest("PostgreSQL is not installed")
        return Postgres()

    def test_sqlite(self):
        self.crash("sqlite:tollgate.db")

    def test_postgres(self):
        server = self.postgres()
        try:
            self.crash(server.url)
        finally:
            server.stop()

    def test_troubles_of_a_database(self):
        """Killed, muted, cut off, alone and with the service: executions go on, and nothing acknowledged is lost."""
        server = self.postgres()
        way = Proxy(server.port)
        self.stored = Stored(url=f"postgres://postgres@127.0.0.1:{way.port}/postgres?sslmode=disable", log="error")
        chance = random.Random(7)

        def killed():
            server.kill()
            self.wait_for_executions()
            server.start()

        def killed_with_the_service():
            server.kill()
            self.stored.kill()
            server.start()

        def muted():
            way.mute()
            # Long enough for writers to give up on it: a write's `timeout` is 5 s.
            before = self.refused
            self.wait_for("refused change", lambda: self.refused > before)
            self.wait_for_executions()
            way.unmute()

        def muted_with_the_service():
            way.mute()
            self.wait_for_executions()
            self.stored.kill()
            way.unmute()

        def cut():
            for _ in range(5):
                way.cut()
                self.wait_for_executions()

        try:
            self.prepare()
            for trouble in (killed, killed_with_the_service, muted, cut, muted_with_the_service) * max(1, KILLS // 10):
                load = Load(self)
                self.wait_for_progress()
                time.sleep(chance.uniform(0, 0.7))
                self.troubled = True
                trouble()
                if self.stored.service.process.poll() is None:
                    self.wait_for_progress()
                load.join()
                self.troubled = False
                if self.stored.service.process.poll() is not None:
                    self.assertIn("service", trouble.__name__, "it ended by itself")
                    self.stored.start()
                self.check()
            self.check_jobs()
            self.assertEqual(self.wrong, [])
            print(f"{len(self.rows)} rows, {len(self.published)} publications, version {self.version}, {self.executed} "
                  f"executions and {len(self.jobs)} jobs acknowledged, {self.refused} changes refused meanwhile; none lost")
        finally:
            self.stored.end()
            way.stop()
            server.stop()

    def test_a_store_that_is_away(self):
        server = self.postgres()
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
        server = self.postgres()
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
