"""A way to the database that can be cut, and muted: bytes stay where they are, and connections stay open."""

import socket
import threading


class Proxy:
    def __init__(self, port):
        self.target = ("127.0.0.1", port)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.open = threading.Event()
        self.open.set()
        self.lock, self.pairs = threading.Lock(), []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                caller, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.join, args=(caller,), daemon=True).start()

    def join(self, caller):
        self.open.wait()
        try:
            database = socket.create_connection(self.target, 5)
            database.settimeout(None)
        except OSError:
            caller.close()
            return
        pair = (caller, database)
        with self.lock:
            self.pairs.append(pair)
        for source, sink in (pair, pair[::-1]):
            threading.Thread(target=self.carry, args=(pair, source, sink), daemon=True).start()

    def carry(self, pair, source, sink):
        try:
            while data := source.recv(65536):
                self.open.wait()
                sink.sendall(data)
        except OSError:
            pass
        self.end(pair)

    def end(self, pair):
        with self.lock:
            if pair not in self.pairs:
                return
            self.pairs.remove(pair)
        for side in pair:
            try:
                side.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            side.close()

    def cut(self):
        """Ends all connections; gives how many."""
        pairs = list(self.pairs)
        for pair in pairs:
            self.end(pair)
        return len(pairs)

    def mute(self):
        self.open.clear()

    def unmute(self):
        self.open.set()

    def stop(self):
        self.listener.close()
        self.unmute()
        self.cut()
