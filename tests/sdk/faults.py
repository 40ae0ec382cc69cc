"""What each fault of a node, of the store and of the network between them costs nodes that share a limit.

    scripts/faults [NAME...] [--windows SECONDS] [--alignment NAME] [--list]

runs those that are named, or all, and prints a table; any answer 429 of the platform fails. With `--windows 60` limits are
a minute's, as the platform's are. `test_cluster` runs some of the same, shorter."""

import argparse
import asyncio
import faulthandler
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field

import stores
from load import BURSTS, BURSTS_AT_ONE, EVEN, ROTATING, drive
from nodes import Cluster

ALIGNMENTS = ["first-call", "wall-clock", "phase-per-key"]


@dataclass(frozen=True)
class Fault:
    """What is done, by the second: a verb of `Cluster`, or `store` and a verb of the store's, and its arguments."""

    name: str
    store: object
    steps: dict
    # How long it is driven: by `scripts/faults`, and by `test_cluster` if it is run there.
    seconds: int
    short: int | None = None
    # Of the limit, what is used at the least: from the first step on; and at the end, if that is waited for. Load that
    # rotates every 6 s uses some 86 % without any fault.
    during: float = 0.4
    after: float = 0.9
    # For how many seconds a node may refuse all first-class calls: until its lease is renewed, or until a node that comes
    # to others which use the whole limit has a part of it.
    refuses: float = 0.0
    nodes: str = "abc"
    pattern: object = EVEN
    alignment: str = "first-call"
    more: dict = field(default_factory=dict)


FAULTS = [
    Fault("nothing happens", stores.redis, {}, 36),
    # Nodes.
    Fault("a node is killed, and started again", stores.postgres, {6: "kill b", 8: "start b"}, 90, 24, during=0.7, refuses=8),
    Fault("a node is killed, and stays away", stores.redis, {6: "kill b"}, 150),
    Fault("a node stands still for 25 s", stores.postgres, {6: "pause a", 31: "go_on a"}, 160, 40, refuses=9),
    Fault("a node stands still for 90 s", stores.redis, {6: "pause a", 96: "go_on a"}, 170, refuses=9,
          alignment="wall-clock"),
    Fault("three nodes are restarted in turn", stores.postgres, {6: "restart a", 12: "restart b", 18: "restart c"}, 42, 30,
          refuses=3),
    Fault("from one node to five, and back", stores.redis,
          {6: "start b", 9: "start c", 12: "start d", 15: "start e", 30: "drain e", 32: "drain d", 34: "drain c", 36: "drain b"},
          54, refuses=3, nodes="a"),
    Fault("a second node of the same name", stores.postgres, {6: "start b2 b"}, 36, refuses=3, alignment="phase-per-key"),
    Fault("wall clocks are stepped by two days, both ways", stores.redis,
          {6: "clock a 48", 9: "clock b -48", 15: "clock a -1", 18: "clock b 0", 20: "clock a 0"}, 42,
          more={"false_clocks": True}),
    # The store.
    Fault("PostgreSQL is killed, and back with its data after 4 s", stores.postgres,
          {6: "store kill", 10: "store start"}, 48, alignment="wall-clock"),
    Fault("PostgreSQL is killed, and back empty", stores.postgres, {6: "store kill", 7: "store empty"}, 48),
    Fault("PostgreSQL loses the value", stores.postgres, {6: "store wipe"}, 42, after=0.75, pattern=ROTATING),
    Fault("PostgreSQL stands still for 10 s", stores.postgres, {6: "store freeze", 16: "store thaw"}, 48),
    Fault("a standby of PostgreSQL's takes over, without what was written last", stores.OnPair,
          {6: "store lag", 10: "store kill", 12: "store promote"}, 54, 30, alignment="phase-per-key"),
    Fault("Redis is killed, and back with its data after 4 s", stores.redis_that_keeps,
          {6: "store kill", 10: "store start"}, 48),
    Fault("Redis is killed, and back empty after 4 s", stores.redis, {6: "store kill", 10: "store start"}, 48, 24,
          after=0.75, pattern=ROTATING, alignment="wall-clock"),
    Fault("Redis fails over, by Sentinels", stores.OnSentinels, {6: "store kill"}, 48, alignment="phase-per-key"),
    Fault("Redis is away for longer than a lease, and back empty", stores.redis, {6: "store kill", 36: "store start"}, 160,
          during=0.0, refuses=20),
    Fault("PostgreSQL is away for longer than a lease, and back with its data", stores.postgres,
          {6: "store kill", 36: "store start"}, 160, during=0.0, refuses=20),
    # The network.
    Fault("a node is cut off from PostgreSQL for 10 s", stores.postgres_apart, {6: "store cut a", 16: "store mend"}, 42),
    Fault("a node is cut off from PostgreSQL for 40 s", stores.postgres_apart, {6: "store cut a", 46: "store mend"}, 160, 60,
          refuses=40),
    Fault("a node is cut off from Redis for 40 s", stores.redis_apart, {6: "store cut b", 46: "store mend"}, 160,
          refuses=40, alignment="wall-clock"),
    Fault("all nodes are cut off from PostgreSQL for 10 s", stores.postgres_apart, {6: "store cut", 16: "store mend"}, 42),
    Fault("all nodes are cut off from Redis for 10 s", stores.redis_apart, {6: "store cut", 16: "store mend"}, 42),
    Fault("all nodes are cut off from PostgreSQL for 40 s", stores.postgres_apart, {6: "store cut", 46: "store mend"}, 150,
          refuses=40),
]
# What three nodes use at the least, of what one node does: windows of 6 s are as short as the loads' changes.
LEAST = {EVEN.name: 0.9, ROTATING.name: 0.8, BURSTS.name: 0.8, BURSTS_AT_ONE.name: 0.6}
COLUMNS = ["use during it", "at the end", "all of it again after", "first class refused for", "429"]


def do(cluster, step):
    """Does one step."""
    verb, *arguments = step.split()
    target = cluster
    if verb == "store":
        target, verb, *arguments = cluster.store, *arguments
    getattr(target, verb)(*arguments)


class Site:
    """A store and a cluster, which end with it."""

    def __init__(self, store, **more):
        self.store = store()
        try:
            self.cluster = Cluster(self.store, **more)
        except BaseException:
            self.store.stop()
            raise

    def __enter__(self):
        return self.cluster

    def __exit__(self, *_):
        try:
            self.cluster.stop()
        finally:
            self.store.stop()


@dataclass(frozen=True)
class Outcome:
    """What a fault did."""

    fault: Fault
    during: float
    after: float
    full: float | None
    refused_for: float
    refused: int
    limited: int
    codes: dict
    logs: str

    def cells(self):
        full = "not yet" if self.full is None else f"{self.full:.0f} s"
        refused = f"{self.refused_for:.1f} s ({self.refused})" if self.refused else "never"
        return [f"{self.during:.0%}", f"{self.after:.0%}", full, refused, str(self.limited)]

    def wrong(self, is_whole):
        """What is not as the fault says; what depends on the machine's speed, too, only after the whole time."""
        fault, wrong = self.fault, []
        if self.limited:
            wrong.append(f"{self.limited} answers 429")
        if self.during < fault.during:
            wrong.append(f"{self.during:.1%} of the limit used")
        if is_whole and self.after < fault.after:
            wrong.append(f"{self.after:.1%} of the limit used at the end")
        if is_whole and self.refused_for > fault.refuses:
            wrong.append(f"first-class calls refused for {self.refused_for:.1f} s")
        return wrong


def suffer(fault, seconds, period=6):
    """Runs a fault for some seconds; with longer windows it begins later by so much, and goes on for four of them more."""
    later = period - 6
    steps = {at + later: step for at, step in fault.steps.items()}
    seconds += 4 * later
    with Site(fault.store, nodes=fault.nodes, alignment=fault.alignment, period=period, **fault.more) as cluster:
        done = []

        async def beside(record):
            for at, step in steps.items():
                await asyncio.sleep(max(0.0, at - record.now()))
                done.append(record.now())
                await asyncio.to_thread(do, cluster, step)
            done.append(record.now())

        record = drive(cluster, seconds, fault.pattern, beside)
        end = record.times[-1]
        first, last = (done[0], done[-1]) if steps else (period, end)
        until = min(max(last, first + 2 * period) + period, end)
        longest, refused = record.refused_for()
        return Outcome(
            fault,
            during=record.used(first, until),
            after=record.used(end - 3 * period, end),
            full=record.full_from(first),
            refused_for=longest,
            refused=refused,
            limited=record.limited,
            codes=record.codes(),
            logs=cluster.logs(),
        )


def compare(store, alignment, windows, period=6):
    """What three nodes use of the limit beside one node, in one run."""
    rows = []
    with Site(store, nodes="a", alignment=alignment, period=period) as cluster:
        alone = {}
        for nodes in ["a", "abc"]:
            for key in nodes[1:]:
                cluster.start(key)
            if nodes[1:]:
                # A node that comes has its part once calls of the one before are over.
                drive(cluster, 2 * period, EVEN)
            for pattern in [EVEN, ROTATING, BURSTS, BURSTS_AT_ONE]:
                trips = cluster.store.round_trips()
                record = drive(cluster, (windows + 1) * period, pattern)
                trips = cluster.store.round_trips() - trips
                used = record.used(period, record.times[-1])
                alone.setdefault(pattern.name, used)
                calls = record.admitted[-1] - record.admitted[0]
                rows.append({
                    "alignment": alignment, "nodes": len(nodes), "load": pattern.name, "used": used,
                    "of one": used / alone[pattern.name], "trips": trips / calls,
                    "median": record.waits(0.5, period), "p99": record.waits(0.99, period), "refused": record.refused_for()[1],
                    "limited": record.limited,
                })
                print("  " + ", ".join(f"{key} {value:.3f}" if isinstance(value, float) else f"{key} {value}"
                                       for key, value in rows[-1].items()), flush=True)
    return rows


def table(heads, rows):
    return "\n".join("| " + " | ".join(row) + " |" for row in [heads, ["---"] * len(heads), *rows])


def main():
    parser = argparse.ArgumentParser(prog="scripts/faults", description="Faults of several nodes, with real processes.")
    parser.add_argument("name", nargs="*", help="a part of a fault's name, or `compare`: three nodes beside one")
    parser.add_argument("--windows", type=int, default=6, metavar="SECONDS", help="the limit's period (6)")
    parser.add_argument("--alignment", choices=ALIGNMENTS, help="`compare` with this one alone of the platform's windows")
    parser.add_argument("--list", action="store_true", help="names them")
    args = parser.parse_args()
    chosen = [fault for fault in FAULTS if not args.name or any(name in fault.name for name in args.name)]
    if args.list:
        print("\n".join(["compare", *(fault.name for fault in FAULTS)]))
        return 0
    # What was started is stopped and removed, too, when this is ended.
    faulthandler.register(signal.SIGUSR1)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    rows, failed = [], []
    if not args.name or "compare" in args.name:
        for store, alignment in zip([stores.redis, stores.postgres, stores.redis], ALIGNMENTS):
            if args.alignment not in (None, alignment):
                continue
            compared = compare(store, alignment, 4 if args.windows == 6 else 2, args.windows)
            failed += [f"compare: {row}" for row in compared if row["limited"] or row["of one"] < LEAST[row["load"]]]
    for fault in chosen:
        begun = time.monotonic()
        try:
            outcome = suffer(fault, fault.seconds, args.windows)
        except (AssertionError, OSError, RuntimeError, subprocess.SubprocessError) as error:
            failed.append(f"{fault.name}: {error!r}")
            print(f"  FAILED: {failed[-1]}", flush=True)
            continue
        rows.append([fault.name, *outcome.cells()])
        print(f"{' | '.join(rows[-1])} [{time.monotonic() - begun:.0f} s] {outcome.codes}", flush=True)
        wrong = outcome.wrong(True)
        if wrong:
            failed.append(f"{fault.name}: {'; '.join(wrong)}")
            print(f"  FAILED: {failed[-1]}\n{outcome.logs}", flush=True)
    print(table(["fault", *COLUMNS], rows))
    print("\n".join(f"FAILED: {line}" for line in failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
