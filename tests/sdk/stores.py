"""Coordination stores of a test's own: from Debian's packages, in temporary folders, on the loopback or in a namespace.

Each has the verbs of `faults` as methods."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

from namespaces import Namespace
from postgres import Postgres, programs
from world import free_port


def until(ready, what, seconds=30):
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise RuntimeError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


class Alone:
    """A server without a second one. In a namespace each node has a way of its own to it."""

    def __init__(self, server, namespace):
        self.server, self.namespace = server, namespace

    def host(self, node):
        return self.namespace.address(node) if self.namespace else "127.0.0.1"

    def kill(self):
        self.server.kill()

    def start(self):
        self.server.start()

    def cut(self, *nodes):
        """Nothing passes between the store and these nodes, or all, from now on."""
        self.namespace.cut(*nodes)

    def mend(self):
        self.namespace.mend()

    def stop(self):
        self.server.stop()
        if self.namespace:
            self.namespace.stop()


class OnPostgres(Alone):
    """PostgreSQL."""

    def __init__(self, namespace=None):
        super().__init__(Postgres(namespace) if namespace else Postgres(), namespace)

    def url_for(self, node):
        return f"postgres://postgres@{self.host(node)}:{self.server.port}/postgres?sslmode=disable"

    def round_trips(self):
        """Scans of the table: a read or a swap is one. (Of transactions there are more: each listener has one for each hint.)"""
        scans = "SELECT coalesce(sum(seq_scan + coalesce(idx_scan, 0)), 0) FROM pg_stat_user_tables"
        return int(query(self.server, f"{scans} WHERE relname = 'tollgate_coordination'"))

    def empty(self):
        """Starts it without anything that it had."""
        shutil.rmtree(pathlib.Path(self.server.folder.name) / "data")
        self.server.initialise()
        self.server.start()

    def wipe(self):
        query(self.server, "DELETE FROM tollgate_coordination")

    def freeze(self):
        self.server.freeze()

    def thaw(self):
        self.server.thaw()

    def stop(self):
        if self.server.process.poll() is None:
            self.server.thaw()
        super().stop()


def query(server, statement):
    command = [*server.prefix, programs() / "psql", "-qAt", "-h", "127.0.0.1", "-p", str(server.port), "-U", "postgres", "-c", statement]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd="/").stdout.strip()


def revision(server):
    return int(query(server, "SELECT revision FROM tollgate_coordination"))


class OnPair:
    """PostgreSQL with a standby that follows without being waited for."""

    def __init__(self):
        self.primary = Postgres()
        self.standby = Postgres(of=self.primary)

    def url_for(self, _):
        return f"postgres://postgres@127.0.0.1:{self.primary.port},127.0.0.1:{self.standby.port}/postgres"

    def lag(self):
        """The standby hears nothing any more: what is written from now on is lost."""
        query(self.standby, "ALTER SYSTEM SET primary_conninfo = ''")
        query(self.standby, "SELECT pg_reload_conf()")
        until(lambda: query(self.standby, "SELECT count(*) FROM pg_stat_wal_receiver") == "0", "the standby hears on")

    def kill(self):
        self.last = revision(self.primary)
        self.primary.kill()

    def promote(self):
        lost = self.last - revision(self.standby)
        if lost <= 0:
            raise AssertionError("the standby has all that the primary had")
        query(self.standby, "SELECT pg_promote()")
        print(f"  the standby takes over, {lost} revisions behind", flush=True)

    def stop(self):
        self.standby.stop()
        self.primary.stop()


class Redis:
    """A Redis server. It keeps what it had only if that is asked for."""

    def __init__(self, *options, namespace=None, keeps=False):
        self.folder = tempfile.TemporaryDirectory()
        self.prefix = namespace.prefix if namespace else []
        self.socket = f"{self.folder.name}/redis.sock"
        self.options = [
            *options, "--bind", "0.0.0.0" if namespace else "127.0.0.1", "--protected-mode", "no", "--dir", self.folder.name,
            "--unixsocket", self.socket, "--save", "",
            *(["--appendonly", "yes", "--appendfsync", "always"] if keeps else []),
        ]
        for tries_left in reversed(range(5)):
            self.port = free_port()
            try:
                return self.start()
            except RuntimeError:
                # Another server may have taken the port meanwhile.
                if not tries_left:
                    raise

    def start(self):
        command = [*self.prefix, "redis-server", "--port", str(self.port), *self.options]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=self.folder.name)
        # By its own socket, so that nobody else answers for it.
        ready = lambda: self.ask("ping").strip() == "PONG" or self.process.poll() is not None
        until(ready, "Redis answers")
        if self.process.poll() is not None:
            raise RuntimeError("Redis has ended")

    def ask(self, *command):
        asked = subprocess.run(["redis-cli", "-s", self.socket, *command], capture_output=True, text=True, check=False)
        return asked.stdout

    def kill(self):
        self.process.kill()
        self.process.wait(10)

    def stop(self):
        self.kill()
        self.folder.cleanup()


class OnRedis(Alone):
    """Redis."""

    def __init__(self, namespace=None, keeps=False):
        super().__init__(Redis(namespace=namespace, keeps=keeps), namespace)

    def url_for(self, node):
        return f"redis://{self.host(node)}:{self.server.port}/0"

    def round_trips(self):
        """Scripts: a read or a swap is one."""
        counted = re.search(r"cmdstat_eval:calls=(\d+)", self.server.ask("info", "commandstats"))
        return int(counted[1]) if counted else 0

    def wipe(self):
        self.server.ask("flushall")


class OnSentinels:
    """Redis with two replicas and three Sentinels, which see a death after a second."""

    def __init__(self):
        self.primary = Redis()
        self.servers = [self.primary]
        self.servers += [Redis("--replicaof", "127.0.0.1", str(self.primary.port)) for _ in range(2)]
        self.folder, self.sentinels = tempfile.TemporaryDirectory(), []
        until(lambda: self.primary.ask("info", "replication").count("state=online") == 2, "the replicas follow")
        for number in range(3):
            port, file = free_port(), pathlib.Path(self.folder.name) / f"{number}.conf"
            file.write_text(
                f"bind 127.0.0.1\nport {port}\ndir {self.folder.name}\n"
                f"sentinel monitor main 127.0.0.1 {self.primary.port} 2\n"
                "sentinel down-after-milliseconds main 1000\nsentinel failover-timeout main 5000\n"
            )
            run = subprocess.Popen(["redis-server", file, "--sentinel"], stdout=subprocess.DEVNULL)
            self.sentinels.append((port, run))
        until(self.know_all, "the Sentinels know of all")

    def know_all(self):
        for port, _ in self.sentinels:
            ask = ["redis-cli", "-p", str(port), "sentinel", "master", "main"]
            words = subprocess.run(ask, capture_output=True, text=True, check=False).stdout.split()
            known = dict(zip(words[::2], words[1::2]))
            if known.get("num-slaves") != "2" or known.get("num-other-sentinels") != "2":
                return False
        return True

    def url_for(self, _):
        hosts = ",".join(f"127.0.0.1:{port}" for port, _ in self.sentinels)
        return f"redis+sentinel://{hosts}/main"

    def kill(self):
        self.primary.kill()

    def stop(self):
        for _, run in self.sentinels:
            run.kill()
            run.wait(10)
        for server in self.servers:
            server.stop()
        self.folder.cleanup()


def postgres():
    return OnPostgres()


def postgres_apart():
    return OnPostgres(Namespace("abc"))


def redis():
    return OnRedis()


def redis_that_keeps():
    return OnRedis(keeps=True)


def redis_apart():
    return OnRedis(Namespace("abc"))


APART = [postgres_apart, redis_apart]


def may_make_namespaces():
    return os.getuid() == 0
