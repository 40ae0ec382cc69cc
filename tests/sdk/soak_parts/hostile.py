"""The hostile part of a soak's traffic. Each kind is one request, or one connection that is kept for a while."""

import os
import random
import socket
import threading
import time
import traceback

from soak_parts.caller import GONE, Caller
from soak_parts.load import ACTIONS, QUEUE
from soak_parts.upstream import HOSTILE

# Of all requests.
SHARE = 0.05
# Silent connections at once, and how long each is kept.
SILENT, KEPT = 60, 15
DEEP = "[" * 100_000
BOMB = '{"$serde_json::private::RawValue": "' + "[" * 10_000 + '"}'
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"


class Hostile:
    """Keeps at its share of what `load` has done."""

    def __init__(self, world, load):
        self.world, self.load, self.silent, self.dripping = world, load, [], []
        self.caller = Caller(world, world.stored_login)
        self.author = Caller(world, world.admin_login)
        self.chance = random.Random(11)
        self.kinds = [self.bomb, self.deep_file, self.huge, self.garbage, self.smuggle, self.many_headers, self.hang_up,
                      self.guess, self.guess, self.heavy, self.pattern, self.quiet, self.preface, self.drip,
                      self.never_read] + [self.upstream] * 6 + [self.second_upstream] * 2
        self.thread = threading.Thread(target=self.keep_at, daemon=True)

    def keep_at(self):
        while not self.load.stopping.is_set():
            total = sum(self.load.statuses.values())
            self.tend()
            if self.load.done["hostile"] > total * SHARE:
                time.sleep(0.1)
                continue
            kind = self.chance.choice(self.kinds)
            status = "cut off"
            try:
                status = kind()
            except GONE:
                pass  # as it may be
            except Exception:
                self.load.wrong.append(traceback.format_exc())
            self.load.done["hostile"] += 1
            self.load.statuses[f"hostile {kind.__name__}", status] += 1
        for _, connection in self.silent:
            connection.close()

    def connect(self):
        host, port = self.world.url.removeprefix("http://").split(":")
        return socket.create_connection((host, int(port)), 5)

    def raw(self, *parts):
        """Writes, and gives the status of the first answer."""
        with self.connect() as connection:
            connection.settimeout(2)
            for part in parts:
                connection.sendall(part)
            words = connection.recv(4096).split(b" ", 2)
            return int(words[1]) if len(words) > 2 else "no answer"

    def keep(self, first=b"", drips=b""):
        connection = self.connect()
        connection.sendall(first)
        connection.setblocking(False)
        self.silent.append((time.monotonic() + KEPT, connection))
        if drips:
            self.dripping.append((connection, iter(drips)))

    def tend(self):
        """A byte more on each connection that drips; the oldest are closed."""
        for it in list(self.dripping):
            try:
                it[0].send(bytes([next(it[1])]))
            except (OSError, StopIteration):
                self.dripping.remove(it)
        while self.silent and (self.silent[0][0] < time.monotonic() or len(self.silent) > SILENT):
            self.silent.pop(0)[1].close()

    def head(self, more="", path=None, token=True):
        path = path or f"{ACTIONS}/{self.world.action}/execute"
        bearer = f"Authorization: Bearer {self.caller.token}\r\n" if token and self.caller.token else ""
        return f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{bearer}{more}\r\n".encode()

    def execute(self, action, body):
        return self.caller.call("POST", f"{ACTIONS}/{action}/execute", body, **{"Tollgate-Deadline": "1s"})[0]

    def bomb(self):
        return self.execute(self.world.action, self.chance.choice([BOMB, DEEP, '{"queueId": ' + BOMB + "}"]))

    def deep_file(self):
        body = self.chance.choice([DEEP, BOMB, '{"name": ' + DEEP])
        path = self.chance.choice([ACTIONS, f"{ACTIONS}/drafts", "/api/v2/flows/datatables", "/api/v2/tollgate/flows"])
        return self.author.call("POST", path, body)[0]

    def huge(self):
        length = 20_000_000
        return self.raw(self.head(f"Content-Length: {length}\r\n"), *[b"x" * 65536] * (length // 65536))

    def garbage(self):
        return self.raw(os.urandom(2000))

    def smuggle(self):
        hidden = b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n"
        return self.raw(self.head("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n"), b"0\r\n\r\n", hidden)

    def many_headers(self):
        return self.raw(self.head("".join(f"X-{number}: {'a' * 100}\r\n" for number in range(5_000))))

    def hang_up(self):
        text = f'{{"queueId": "{QUEUE}"}}'.encode()
        with self.connect() as connection:
            connection.sendall(self.head(f"Content-Length: {len(text)}\r\n") + text)

    def guess(self):
        name = self.chance.choice([self.world.stored_login[0], self.world.file_login[0], "nobody"])
        status = Caller(self.world, (name, f"guess {self.chance.random()}")).login()
        if status == 200:
            self.load.wrong.append(f"{name} was logged in by a guess")
        return status

    def heavy(self):
        return self.execute(self.world.heavy, {"list": list(range(2_000))})

    def pattern(self):
        return self.execute(self.world.pattern, {"text": "a" * self.chance.choice([12, 30, 5_000]) + "!"})

    def upstream(self):
        return self.execute(self.world.web["http1"], {"path": self.chance.choice(HOSTILE)})

    def second_upstream(self):
        return self.execute(self.world.web["http2"], {"path": "turns"})

    def quiet(self):
        self.keep(self.chance.choice([b"", b"P", b"POST / HTTP/1.1\r\nHost: a\r\n"]))

    def preface(self):
        self.keep(PREFACE)

    def drip(self):
        self.keep(self.head("Content-Length: 1000\r\n"), b" " * 1000)

    def never_read(self):
        path = f"/api/v2/flows/datatables/{self.world.table}/rows?pageSize=500&showbrief=false"
        one = self.head(path=path).replace(b"POST", b"GET", 1)
        self.keep(one * 20)
