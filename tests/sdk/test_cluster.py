"""Three processes that share a limit over a real store: none of it twice, whatever is killed or paused."""

import asyncio
import signal
import subprocess
import tempfile
import time
import unittest

from nodes import Cluster, measure
from postgres import Postgres
from world import free_port

# A third more than the limit lets through.
RATE = 133


def even(_):
    return {"a": 1, "b": 1, "c": 1}


def rotating(at):
    shares = [70, 20, 10]
    turn = int(at / 6) % 3
    return dict(zip("abc", shares[turn:] + shares[:turn]))


class Redis:
    """A Redis server for a test, from Debian's package."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self):
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.folder.name, "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
        ping = ["redis-cli", "-p", str(self.port), "ping"]
        for _ in range(100):
            if subprocess.run(ping, capture_output=True, check=False).returncode == 0:
                return
            time.sleep(0.05)
        raise RuntimeError("Redis does not answer")

    def kill(self):
        self.process.kill()
        self.process.wait(10)

    def stop(self):
        self.kill()
        self.folder.cleanup()


class Nodes(unittest.TestCase):
    def drive(self, cluster, name, *arguments, **more):
        used, limited = measure(cluster, *arguments, **more)
        print(f"{name}: {used:.1%} of the limit, {limited} answers 429", flush=True)
        self.assertEqual(limited, 0, name)
        return used

    def cluster(self, store, alignment):
        cluster = Cluster(store.url, alignment=alignment)
        self.addCleanup(cluster.stop)
        return cluster

    def test_on_postgres_with_nodes_that_die_and_pause(self):
        store = Postgres()
        self.addCleanup(store.stop)
        cluster = self.cluster(store, "phase-per-key")
        a, b = cluster.nodes["a"], cluster.nodes["b"]
        self.drive(cluster, "even", 12, RATE, even)
        self.drive(cluster, "70:20:10, rotating every 6 s", 18, RATE, rotating)

        async def pause():
            await asyncio.sleep(3)
            a.signal(signal.SIGSTOP)
            await asyncio.sleep(25)
            a.signal(signal.SIGCONT)

        self.drive(cluster, "a node that stands still for longer than its lease", 36, RATE, even, during=pause)

        async def kill():
            await asyncio.sleep(2)
            await asyncio.to_thread(b.kill)
            await asyncio.sleep(2)
            await asyncio.to_thread(cluster.start, "b")

        self.drive(cluster, "a node killed and started again", 12, RATE, even, during=kill)

    def test_on_redis_that_forgets_everything(self):
        store = Redis()
        self.addCleanup(store.stop)
        cluster = self.cluster(store, "wall-clock")
        self.drive(cluster, "even", 12, RATE, even)

        async def restart():
            await asyncio.sleep(3)
            await asyncio.to_thread(store.kill)
            await asyncio.sleep(3)
            await asyncio.to_thread(store.start)

        used = self.drive(cluster, "a store killed, and empty again after 3 s", 18, RATE, rotating, during=restart)
        # Nobody stops; how much more is used is a matter of the machine, too.
        self.assertGreater(used, 0.5)


if __name__ == "__main__":
    unittest.main()
