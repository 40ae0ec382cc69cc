"""A load on several nodes, and what became of it."""

import asyncio
import bisect
import http.client
import itertools
import json
import random
import threading
import time
from dataclasses import dataclass

# Of the calls, the part that is first class.
FIRST = 0.2


@dataclass(frozen=True)
class Pattern:
    """How calls arrive. `rate` gives calls as a multiple of the limit, `parts` the nodes' parts in their order; both at a
    time in periods from the beginning."""

    name: str
    rate: object
    parts: object
    most: float


def rotate(at):
    turn = int(at) % 3
    parts = [70, 20, 10]
    return parts[-turn:] + parts[:-turn]


def burst(at):
    """Half of the limit is asked for evenly; nearly all of it once more within a tenth of each period."""
    return 8.5 if 0.4 <= at % 1 < 0.5 else 0.5


def burst_at(at):
    """Bursts come at one node, another one each time."""
    if burst(at) < 1:
        return [1, 1, 1]
    return [[1, 0, 0], [0, 1, 0], [0, 0, 1]][int(at) % 3]


EVEN = Pattern("even", lambda at: 1.6, lambda at: [1] * 5, 1.6)
ROTATING = Pattern("70:20:10, rotating every period", lambda at: 1.6, rotate, 1.6)
BURSTS = Pattern("bursts", burst, lambda at: [1] * 5, 8.5)
BURSTS_AT_ONE = Pattern("bursts, each at one node", burst, burst_at, 8.5)


@dataclass(frozen=True)
class Call:
    """What became of a call: begun after so many seconds, and `code` is `200`, tollgate's own, or `none`: no answer."""

    begun: float
    took: float
    node: str
    is_first: bool
    code: str


class Record:
    """What the platform counted, sampled, and what became of the calls, by seconds from the beginning of a load."""

    def __init__(self, cluster):
        self.cluster, self.calls = cluster, []
        self.times, self.admitted, self.limited = [], [], 0
        self.begun = time.monotonic()
        self.platform = http.client.HTTPConnection(cluster.platform.url.removeprefix("http://"), timeout=20)
        self.ending, self.failed = threading.Event(), None
        self.thread = threading.Thread(target=self.sample, daemon=True)
        self.thread.start()

    def now(self):
        return time.monotonic() - self.begun

    def sample(self):
        try:
            while not self.ending.wait(0.05):
                self.count()
        except Exception as error:
            self.failed = error

    def count(self):
        self.platform.request("GET", "/_emulator/counts")
        counts = json.load(self.platform.getresponse())
        self.times.append(self.now())
        self.admitted.append(counts["admitted"])
        self.limited = sum(counts["limited"].values())

    def end(self):
        """Ends the record with a last count. Without all counts it says nothing, so it fails then."""
        self.ending.set()
        self.thread.join(30)
        if self.failed:
            raise self.failed
        self.count()
        self.platform.close()

    def used(self, begin, end):
        """The part of the limit that was used between two times. It counts whole limits, and how long they took, from
        when the count first had the value that it had at the beginning: so it matters little where windows begin. What lies
        behind the last of them counts, but for a window: nothing may have been used for long by then."""
        counts, allowed = self.admitted, self.cluster.allowed
        at = lambda when: max(bisect.bisect_right(self.times, when) - 1, 0)
        first, last = counts[at(begin)], counts[at(end)]
        whole = (last - first) // allowed
        if whole == 0:
            return (last - first) / allowed * self.cluster.period / (end - begin)
        reached = lambda count: self.times[bisect.bisect_left(counts, count)]
        until = max(reached(first + whole * allowed), end - self.cluster.period)
        return whole * self.cluster.period / (until - reached(first))

    def full_from(self, since):
        """How long after a time the limit was used to nine tenths, and stayed so; none if it isn't at the end."""
        period, end = self.cluster.period, self.times[-1]
        full = None
        while end - 2 * period > since and self.used(end - 2 * period, end) >= 0.9:
            full, end = end - 2 * period, end - period / 4
        return max(0.0, full - since) if full else None

    def waits(self, part, since):
        """How long first-class calls took that were answered 200: this part of them at most so many seconds."""
        waits = sorted(it.took for it in self.calls if it.is_first and it.code == "200" and it.begun >= since)
        return waits[min(int(len(waits) * part), len(waits) - 1)] if waits else 0.0

    def refused_for(self):
        """The longest time that a node refused all first-class calls that it answered, and how many were refused."""
        longest, refused = 0.0, 0
        for _, calls in itertools.groupby(sorted(self.calls, key=lambda it: (it.node, it.begun)), lambda it: it.node):
            since = None
            for call in calls:
                if not call.is_first or call.code == "none":
                    continue
                if call.code == "200":
                    since = None
                    continue
                refused += 1
                since = call.begun if since is None else since
                longest = max(longest, call.begun - since)
        return longest, refused

    def codes(self):
        codes = {}
        for call in self.calls:
            codes[call.code] = codes.get(call.code, 0) + 1
        return codes


def choose(nodes, parts, chosen):
    """The node that has this part, between 0 and 1, of the sum of parts; any if none that is there has a part."""
    parts = parts[: len(nodes)]
    if not any(parts):
        parts = [1] * len(nodes)
    sums = list(itertools.accumulate(parts))
    return nodes[min(bisect.bisect_right(sums, chosen * sums[-1]), len(nodes) - 1)]


class Load:
    """Calls that come at random, and what became of them."""

    def __init__(self, cluster, seed=1):
        self.cluster, self.random, self.idle = cluster, random.Random(seed), {}
        self.record = Record(cluster)

    async def call(self, node, is_first):
        # A first-class call waits for the next window, if need be; another only for a quarter of one.
        deadline = self.cluster.period * (1.4 if is_first else 0.25)
        body = json.dumps({"ID": str(time.monotonic_ns())})
        head = "".join(f"{key}: {value}\r\n" for key, value in node.headers().items())
        request = (
            f"POST /api/v2/integrations/actions/{node.action}/execute HTTP/1.1\r\nHost: n\r\n{head}"
            f"Tollgate-Flow: {'first' if is_first else 'rest'}\r\nTollgate-Deadline: {int(deadline * 1000)}ms\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()
        begun, code, writer = self.record.now(), "none", None
        idle = self.idle.setdefault(node.address, [])
        try:
            async with asyncio.timeout(deadline + 2):
                reader, writer = idle.pop() if idle else await asyncio.open_connection(*node.address)
                writer.write(request)
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = next(line for line in head.split(b"\r\n") if line.startswith(b"content-length:"))
                answer = await reader.readexactly(int(length.split(b":")[1]))
                code = head.split(b" ")[1].decode()
                idle.append((reader, writer))
                if code != "200":
                    code = json.loads(answer).get("messageParams", {}).get("tollgateCode", code)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, StopIteration):
            # A node that was killed or stands still.
            if writer:
                writer.close()
        self.record.calls.append(Call(begun, self.record.now() - begun, node.key, is_first, code))

    async def run(self, seconds, pattern):
        tasks, at, period = set(), 0.0, self.cluster.period
        most = pattern.most * self.cluster.allowed / period
        while at < seconds:
            at += self.random.expovariate(most)
            await asyncio.sleep(max(0.0, at - self.record.now()))
            is_there = self.random.random() * pattern.most < pattern.rate(at / period)
            is_first, chosen = self.random.random() < FIRST, self.random.random()
            nodes = [node for _, node in sorted(self.cluster.serving.items())]
            if not is_there or not nodes:
                continue
            task = asyncio.create_task(self.call(choose(nodes, pattern.parts(at / period), chosen), is_first))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)
        for _, writer in itertools.chain.from_iterable(self.idle.values()):
            writer.close()


def drive(cluster, seconds, pattern, beside=None, seed=1):
    """Drives the cluster, with a task beside that is given the record; gives the record."""
    load = Load(cluster, seed)

    async def both():
        await asyncio.gather(load.run(seconds, pattern), *([beside(load.record)] if beside else []))

    try:
        asyncio.run(both())
    finally:
        load.record.end()
    return load.record
