"""A soak: mixed load with hostile traffic, the service killed again and again, its database too; see CONTRIBUTING.md.

    python soak.py --seconds 3600 --kill-every 60
    python soak.py --seconds 3600 --kill-every 60 --store postgres

It ends with 0 if everything that it checks held. `--sabotage` breaks one of these things on purpose, so that it must
not."""

import argparse
import collections
import itertools
import json
import pathlib
import socket
import sqlite3
import sys
import threading
import time

from postgres import Postgres, programs
from soak_parts import checks
from soak_parts.caller import Caller
from soak_parts.hostile import SHARE, Hostile
from soak_parts.load import ACTIONS, Load, pages
from soak_parts.proxy import Proxy
from soak_parts.service import Soaked

WORK = ["executions (file)", "executions (stored)", "executions (http1)", "executions (http2)", "rows", "edits", "limits",
        "publications", "runs ended", "reads", "hostile"]
SABOTAGE = ["lost row", "limited", "panic", "descriptors", "late", "ended", "limit", "audit"]
# A process younger than this is still filling its memory.
YOUNG = 3


class Soak:
    def __init__(self, options):
        self.options, self.failures = options, []
        self.samples, self.restarts = collections.defaultdict(list), []
        self.kills, self.troubles, self.begun = 0, collections.Counter(), time.monotonic()
        self.database, self.proxy = None, None
        url = "sqlite:tollgate.db"
        if options.store == "postgres":
            self.database = Postgres()
            self.proxy = Proxy(self.database.port)
            url = f"postgres://postgres@127.0.0.1:{self.proxy.port}/postgres?sslmode=disable"
        self.world = Soaked(url)
        self.born = time.monotonic()

    def say(self, text):
        print(f"{time.monotonic() - self.begun:7.1f} s  {text}", flush=True)

    def wrong(self, failures):
        self.failures += failures
        for failure in failures:
            self.say(f"WRONG: {failure}")

    def run(self):
        self.world.prepare()
        self.load = Load(self.world)
        self.hostile = Hostile(self.world, self.load)
        self.load.start()
        self.hostile.thread.start()
        self.say(f"begun on {self.options.store}: {self.options.seconds} s, a kill every {self.options.kill_every} s")
        until, told = self.begun + self.options.seconds, 0
        next_kill = time.monotonic() + self.options.kill_every
        next_trouble = time.monotonic() + self.options.kill_every / 2
        troubles = itertools.cycle([self.cut, self.mute, self.kill_database])
        while time.monotonic() < until:
            time.sleep(0.5)
            self.look()
            if self.proxy and time.monotonic() > next_trouble:
                next(troubles)()
                next_trouble += self.options.kill_every
            if self.options.kill_every and time.monotonic() > next_kill:
                self.kill()
                next_kill += self.options.kill_every
            if time.monotonic() > self.begun + told * 60:
                told += 1
                self.tell()
            self.sabotage_midway(until)
        self.load.stop()

    def look(self):
        if self.world.service.process.poll() is not None:
            status = self.world.service.process.returncode
            self.wrong([f"the service ended by itself with {status}: {self.log()[-500:]}"])
            self.begin_anew()
        elif time.monotonic() > self.born + YOUNG:
            for what, value in zip(checks.GROWTH, self.world.usage()):
                self.samples[what].append(value)

    def kill(self):
        self.world.kill()
        self.kills += 1
        self.begin_anew()

    def begin_anew(self):
        if self.options.sabotage == "late":
            time.sleep(0.1)
            self.restarts.append(self.world.restart(self.options.bound) + self.options.bound)
        else:
            self.restarts.append(self.world.restart(self.options.bound))
        self.born = time.monotonic()

    def cut(self):
        self.troubles["connections cut"] += self.proxy.cut()

    def mute(self):
        self.proxy.mute()
        self.troubles["muted"] += 1
        time.sleep(min(8, self.options.kill_every / 4))
        self.proxy.unmute()

    def kill_database(self):
        self.database.halt()
        self.troubles["killed"] += 1
        time.sleep(min(3, self.options.kill_every / 4))
        self.database.start()

    def log(self):
        return (self.world.path / "service.log").read_text(errors="replace")

    def tell(self):
        done, seen = self.load.done, {what: values[-1] for what, values in self.samples.items() if values}
        executed = sum(number for kind, number in done.items() if kind.startswith("executions"))
        self.say(f"{self.kills} kills, {executed} executions, {done['rows']} rows, {done['publications']} publications, "
                 f"{done['hostile']} hostile; {seen}")

    def sabotage_midway(self, until):
        """What it does must be found, each by its own check."""
        kind, left = self.options.sabotage, until - time.monotonic()
        if kind == "descriptors" and left < self.options.seconds / 2 and not hasattr(self, "idle"):
            self.idle = threading.Thread(target=self.hold_descriptors, daemon=True)
            self.idle.start()
        elif kind == "ended" and left < self.options.seconds / 2 and not self.troubles["sabotage"]:
            self.troubles["sabotage"] += 1
            self.world.service.process.kill()

    def hold_descriptors(self):
        held = []
        while not self.load.stopping.is_set():
            try:
                host, port = self.world.url.removeprefix("http://").split(":")
                held.append(socket.create_connection((host, int(port)), 1))
            except OSError:
                time.sleep(0.1)
            for old in held[:-400]:
                old.close()
            held = held[-400:]
            time.sleep(0.002)

    def sabotage_at_the_end(self, caller):
        kind, noted = self.options.sabotage, self.load.acknowledged
        if kind == "lost row":
            key = next(iter(noted.rows)).replace(" ", "%20")
            caller.call("DELETE", f"/api/v2/flows/datatables/{self.world.table}/rows/{key}")
        elif kind == "limited":
            self.exceed()
        elif kind == "panic":
            with open(self.world.path / "service.log", "a") as log:
                log.write("thread 'main' panicked at src/sabotage.rs:1:1:\n")
        elif kind == "limit":
            caller.call("PUT", "/api/v2/tollgate/limits", {"name": self.world.limit, "allowed": 7})
            noted.allowed = noted.allowed or self.world.per_window
        elif kind == "audit":
            noted.publications.add("00000000-0000-4000-8000-000000000000")

    def exceed(self):
        """Past the service, with a token of one's own."""
        platform = type("Platform", (), {"url": self.world.platform.url})
        caller = Caller(platform, ("demo", "emulated"))
        for _ in range(400):
            caller.call("GET", "/api/v2/routing/queues/x")

    def check(self):
        caller, noted = Caller(self.world, self.world.admin_login), self.load.acknowledged
        self.wrong(self.load.wrong[:20])
        self.sabotage_at_the_end(caller)
        rows = {row["key"]: row for row in pages(
            caller, f"/api/v2/flows/datatables/{self.world.table}/rows?showbrief=false&")}
        self.wrong(checks.lost("rows", noted.rows, rows) + checks.undone("rows", noted.removed_rows, rows))
        self.wrong([f"row {key} is half-written" for key, row in rows.items() if row["twice"] != key * 2][:5])
        actions = {it["id"] for it in pages(caller, f"{ACTIONS}?")}
        self.wrong(checks.lost("actions", noted.actions, actions))
        self.wrong(checks.undone("actions", noted.removed_actions, actions))
        _, action = caller.call("GET", f"{ACTIONS}/{self.world.action}")
        self.wrong(checks.same("an action's name", f"Renamed {action['version']}", action["name"]))
        self.wrong(checks.same("an action's version", True, action["version"] >= noted.version))
        limits = {it["name"]: it["allowed"] for it in caller.call("GET", "/api/v2/tollgate/limits?pageSize=100")[1]["entities"]}
        if noted.allowed is not None:
            self.wrong(checks.same("a limit", noted.allowed, limits[self.world.limit]))
        self.wrong(checks.lost("publications' audit entries", noted.publications, self.audited(caller)))
        self.wrong(checks.limited(self.world.counts()))
        self.wrong(checks.back_in_time(self.restarts, self.options.bound))
        self.wrong(checks.at_work(self.load.done, WORK))
        for what, samples in self.samples.items():
            self.wrong(checks.flat(what, samples))
        started = time.monotonic()
        status = self.world.service.stop()
        self.wrong(checks.same("the exit status after SIGTERM", 0, status))
        self.say(f"ended {time.monotonic() - started:.1f} s after SIGTERM")
        self.wrong(checks.quiet(self.log()))
        if self.options.store == "sqlite":
            with sqlite3.connect(self.world.path / "tollgate.db") as store:
                found = store.execute("PRAGMA integrity_check").fetchall()
            self.wrong(checks.same("the store's integrity", [("ok",)], found))

    def audited(self, caller):
        """Ids of the actions that were published, by the audit log."""
        query = {"interval": "2020-01-01/2100-01-01", "pageSize": 500, "filters": [
            {"property": "Action", "value": "publish"}, {"property": "EntityType", "value": "action"}]}
        found, number = set(), 1
        while True:
            _, page = caller.call("POST", "/api/v2/audits/query/realtime", {**query, "pageNumber": number})
            found |= {it["entity"]["id"] for it in page["entities"]}
            if number >= page["pageCount"]:
                return found
            number += 1

    def summary(self):
        done, statuses = self.load.done, self.load.statuses
        series = []
        for what, samples in self.samples.items():
            first, last = checks.quarters(samples)
            series.append(f"{what} {first:.0f} -> {last:.0f}")
            step = max(len(samples) // 12, 1)
            self.say(f"{what}: {' '.join(f'{value:.0f}' for value in samples[::step])}")
        answered = collections.Counter()
        for (kind, status), number in sorted(statuses.items(), key=str):
            answered[kind] += number
        said = collections.Counter(line.split("ERROR", 1)[1][:100] for line in self.log().splitlines() if "ERROR" in line)
        for line, number in said.most_common(5):
            self.say(f"{number} x ERROR{line}")
        self.say("answers: " + ", ".join(f"{kind} {status}: {number}" for (kind, status), number in sorted(
            statuses.items(), key=str)))
        counts = self.world.counts()
        executed = sum(number for kind, number in done.items() if kind.startswith("executions"))
        total = sum(answered.values()) or 1
        troubles = "".join(f", {number} {what}" for what, number in self.troubles.items())
        print(f"soak on {self.options.store}: {self.options.seconds} s, {self.kills} kills{troubles}; {total} requests, "
              f"{done['hostile'] / total:.1%} hostile (of {SHARE:.0%}), {executed} executions, {done['rows']} rows, "
              f"{done['publications']} publications, {done['runs ended']} runs; platform: {counts['admitted']} calls, "
              f"{sum(counts['limited'].values())} x 429; restarts up to {max(self.restarts, default=0):.1f} s; "
              f"{', '.join(series)}; {'HELD' if not self.failures else f'{len(self.failures)} WRONG'}", flush=True)

    def end(self):
        if hasattr(self, "load"):
            self.load.stopping.set()
        if self.options.keep:
            self.options.keep.mkdir(parents=True, exist_ok=True)
            (self.options.keep / "service.log").write_text(self.log())
        self.world.end()
        if self.proxy:
            self.proxy.stop()
            self.database.stop()


def soaked(arguments=None):
    """Everything that was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--kill-every", type=float, default=60, help="seconds; 0 for never")
    parser.add_argument("--store", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--bound", type=float, default=20, help="seconds from a restart to answers")
    parser.add_argument("--keep", type=pathlib.Path, help="a folder for the service's log")
    parser.add_argument("--sabotage", choices=SABOTAGE)
    options = parser.parse_args(arguments)
    if options.store == "postgres" and programs() is None:
        parser.error("PostgreSQL is not installed")
    soak = Soak(options)
    try:
        soak.run()
        soak.check()
        soak.summary()
    finally:
        soak.end()
    return soak.failures


if __name__ == "__main__":
    sys.exit(1 if soaked() else 0)
