"""A hostile upstream: HTTP/1.1 in the clear and HTTP/2 over TLS. Run as a program; its first line is a JSON object
with both ports. The path chooses what an HTTP/1.1 connection does; HTTP/2 streams take turns in misbehaving."""

import asyncio
import gzip
import itertools
import json
import ssl
import struct
import sys

OK = b'{"ok": true}'
DEEP = b"[" * 100_000
BOMB = b'{"$serde_json::private::RawValue": "' + b"[" * 20_000 + b'"}'


def answer(body, status="200 OK", headers=""):
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return head.encode() + body


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
# What is written, and whether the connection is closed afterwards.
WHOLE = {
    "ok": (answer(OK), False),
    "no-answer": (b"", True),
    "cut-short": (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{", True),
    "garbage": (b"\x00\xff" * 500, True),
    "two-lengths": (b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\nContent-Length: 5\r\n\r\n" + OK, True),
    "second-answer": (answer(OK) + answer(b'{"poisoned": true}'), False),
    "bad-chunk": (CHUNKED + b"FFFFFFFFFFFFFFFFF\r\n" + OK, True),
    "many-headers": (answer(OK, headers="".join(f"X-{n}: {n}\r\n" for n in range(5_000))), False),
    "deep": (answer(DEEP), False),
    "bomb": (answer(BOMB), False),
    "unicode": (answer(b'{"a": "\xff\xfe\\ud800"}'), False),
    "gzip": (answer(gzip.compress(b"0" * 10_000_000), headers="Content-Encoding: gzip\r\n"), False),
    "large": (answer(b'"' + b"x" * 4_000_000 + b'"'), False),
    "wide": (answer(b"[" + b"[]," * 100_000 + b"[]]"), False),
    "error": (answer(b"no", "500 Oh"), False),
    "closed": (answer(b"no", "429 Too Many", "Retry-After: 1\r\n"), False),
    "redirect": (answer(b"", "302 Found", "Location: http://169.254.169.254/\r\n"), False),
}
ENDLESS = {
    "endless": (CHUNKED, b"1000\r\n" + b"a" * 4096 + b"\r\n", 0),
    "drip": (CHUNKED, b"1\r\na\r\n", 0.3),
    "drip-head": (b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n", 0.3),
    "endless-head": (b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"a" * 4096 + b"\r\n", 0),
    "interim": (b"", b"HTTP/1.1 103 Early Hints\r\nX-A: b\r\n\r\n", 0.001),
    "mute": (b"", b"", 1),
}
HOSTILE = sorted((WHOLE.keys() | ENDLESS.keys()) - {"ok"})
# No call waits for longer.
LONGEST = 30


async def http1(reader, writer):
    while True:
        head = await reader.readuntil(b"\r\n\r\n")
        path = head.split(b" ", 2)[1].decode().lstrip("/").split("?")[0]
        length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        if length:
            await reader.readexactly(int(length[0].split(b":")[1]))
        if path in ENDLESS:
            first, again, pause = ENDLESS[path]
            writer.write(first)
            until = asyncio.get_running_loop().time() + LONGEST
            while asyncio.get_running_loop().time() < until:
                writer.write(again)
                await writer.drain()
                await asyncio.sleep(pause)
            return
        text, close = WHOLE.get(path, WHOLE["ok"])
        writer.write(text)
        await writer.drain()
        if close:
            return


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY = 0, 1, 3, 4, 6, 7
# `:status: 200`, of HPACK's static table.
STATUS_200 = b"\x88"
TURNS = itertools.cycle(["ok"] * 8 + ["refused", "ok", "goaway", "ok", "cut", "ok", "mute", "ok", "unknown", "garbage"])


async def http2(reader, writer):
    await reader.readexactly(len(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
    writer.write(frame(SETTINGS, 0, 0))
    while True:
        head = await reader.readexactly(9)
        length, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
        stream = int.from_bytes(head[5:], "big") & 0x7FFFFFFF
        payload = await reader.readexactly(length)
        if kind == SETTINGS and not flags & 1:
            writer.write(frame(SETTINGS, 1, 0))
        elif kind == PING and not flags & 1:
            writer.write(frame(PING, 1, 0, payload))
        elif kind == HEADERS:
            turn = next(TURNS)
            if turn == "ok":
                writer.write(frame(HEADERS, 4, stream, STATUS_200) + frame(DATA, 1, stream, OK))
            elif turn == "refused":
                writer.write(frame(RST_STREAM, 0, stream, struct.pack(">I", 7)))
            elif turn == "goaway":
                writer.write(frame(GOAWAY, 0, 0, struct.pack(">II", max(stream - 2, 0), 0)))
                await writer.drain()
                return
            elif turn == "cut":
                writer.write(frame(HEADERS, 4, stream, STATUS_200) + frame(DATA, 0, stream, OK[:5]))
                writer.write(frame(RST_STREAM, 0, stream, struct.pack(">I", 2)))
            elif turn == "unknown":
                writer.write(frame(0xFA, 0, stream, b"x" * 100))
                writer.write(frame(HEADERS, 4, stream, STATUS_200) + frame(DATA, 1, stream, OK))
            elif turn == "garbage":
                writer.write(b"\xff" * 100)
                await writer.drain()
                return
        await writer.drain()


def serve(protocol):
    async def connection(reader, writer):
        try:
            await protocol(reader, writer)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError, ValueError):
            pass  # the other side's end of it
        finally:
            writer.close()

    return connection


async def main(certificate, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["h2"])
    plain = await asyncio.start_server(serve(http1), "127.0.0.1", 0, limit=1 << 20)
    secure = await asyncio.start_server(serve(http2), "127.0.0.1", 0, ssl=context)
    ports = {name: server.sockets[0].getsockname()[1] for name, server in (("http1", plain), ("http2", secure))}
    print(json.dumps(ports), flush=True)
    await asyncio.gather(plain.serve_forever(), secure.serve_forever())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
