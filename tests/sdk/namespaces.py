"""A network namespace for a server, with a way of its own to it for each of several clients: any of them can be cut."""

import itertools
import os
import subprocess

NUMBERS = itertools.count()


def run(*command):
    subprocess.run(command, check=True, capture_output=True, text=True)


class Namespace:
    """Needs root. What it made is removed by `stop`, and with it all of its interfaces."""

    def __init__(self, clients):
        number = next(NUMBERS)
        # An interface's name has 15 letters at the most.
        self.name, self.clients = f"tg{os.getpid()}x{number}", clients
        self.prefix = ["ip", "netns", "exec", self.name]
        # A net of benchmarks (RFC 2544), which no machine routes elsewhere.
        self.net = f"198.{18 + os.getpid() % 2}.{(os.getpid() // 2 + 16 * number) % 256}"
        run("ip", "netns", "add", self.name)
        try:
            run("ip", "-n", self.name, "link", "set", "lo", "up")
            for place, client in enumerate(clients):
                self.join(place, self.name[-13:] + client)
            run(*self.prefix, "nft", "add table inet way; add set inet way cut { type ifname; };"
                "add chain inet way in { type filter hook input priority 0; };"
                "add chain inet way out { type filter hook output priority 0; };"
                "add rule inet way in iifname @cut drop; add rule inet way out oifname @cut drop")
        except subprocess.CalledProcessError as error:
            self.stop()
            raise RuntimeError(f"{error.cmd}: {error.stderr}") from error

    def join(self, place, interface):
        here, there = f"{interface}0", f"{interface}1"
        run("ip", "link", "add", here, "type", "veth", "peer", "name", there, "netns", self.name)
        run("ip", "addr", "add", f"{self.net}.{4 * place + 1}/30", "dev", here)
        run("ip", "link", "set", here, "up")
        run("ip", "-n", self.name, "addr", "add", f"{self.net}.{4 * place + 2}/30", "dev", there)
        run("ip", "-n", self.name, "link", "set", there, "up")

    def address(self, client):
        """Where a client finds the server; what is no client goes the first one's way."""
        return f"{self.net}.{4 * max(self.clients.find(client), 0) + 2}"

    def cut(self, *clients):
        """What comes from and goes to these clients, or all, is dropped without a word from now on."""
        names = ", ".join(f'"{self.name[-13:]}{client}1"' for client in clients or self.clients)
        run(*self.prefix, "nft", f"add element inet way cut {{ {names} }}")

    def mend(self):
        run(*self.prefix, "nft", "flush set inet way cut")

    def stop(self):
        """To be called when nothing runs in it any more."""
        run("ip", "netns", "del", self.name)
