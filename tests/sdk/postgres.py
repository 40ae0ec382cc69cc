"""A PostgreSQL server for a test, from Debian's packages."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time


def programs():
    """The newest installation, or one in the path; none if there is none."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda it: int(it.parts[-3]))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return pathlib.Path(initdb).resolve().parent if initdb else None


class Postgres:
    """Runs until it is stopped, as a user that it accepts."""

    def __init__(self, namespace=None, of=None):
        """In a network namespace it listens everywhere, and trusts all that reaches it. `of`: the server that it follows."""
        self.folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(self.folder.name)
        self.prefix, self.listens = [], "127.0.0.1"
        if namespace:
            self.prefix, self.listens = namespace.prefix, "*"
        if os.getuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
            self.prefix = [*self.prefix, "setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups",
                           "--pdeathsig=KILL"]
        if of:
            self.copy(of)
        else:
            self.initialise()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"
        self.start()

    def initialise(self):
        """Makes its data, where there is none."""
        data = pathlib.Path(self.folder.name) / "data"
        initdb = [*self.prefix, programs() / "initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8",
                  "--locale=C", "--no-sync", "-D", data]
        subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, cwd="/")
        if self.listens == "*":
            with open(data / "pg_hba.conf", "a") as rules:
                rules.write("host all all 0.0.0.0/0 trust\n")

    def copy(self, other):
        """Takes the data of another server, which it follows from its start on."""
        data = pathlib.Path(self.folder.name) / "data"
        copy = [*self.prefix, programs() / "pg_basebackup", "--write-recovery-conf", "--no-sync", "--checkpoint=fast",
                "--username=postgres", "--host=127.0.0.1", f"--port={other.port}", "-D", data]
        subprocess.run(copy, check=True, stdout=subprocess.DEVNULL, cwd="/")

    def start(self):
        """Starts it, again if it was halted, over the data that it had."""
        at, folder = programs(), pathlib.Path(self.folder.name)
        command = [*self.prefix, at / "postgres", "-D", folder / "data", "-k", folder, "-p", str(self.port), "-h", self.listens]
        ready = [*self.prefix, at / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        self.process = None
        for _ in range(200):
            # It ends at once while an orphan of a killed one still has its memory.
            if self.process is None or self.process.poll() is not None:
                self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
            if subprocess.run(ready, cwd="/").returncode == 0:
                return
            time.sleep(0.1)
        raise RuntimeError("PostgreSQL does not answer")

    def stop(self):
        self.halt()
        self.folder.cleanup()

    def halt(self):
        # As it asks to be ended at once; what it held may be thrown away.
        if self.process.poll() is not None:
            return
        subprocess.run([*self.prefix, "kill", "-QUIT", str(self.process.pid)], check=False)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)

    def kill(self):
        """All its processes at once, as when the machine loses its power; its disk keeps what it had."""
        for process in self.family():
            os.kill(process, signal.SIGKILL)
        self.process.wait(10)

    def freeze(self):
        """Its processes stop where they are: connections stay open, and nothing comes."""
        for process in self.family():
            os.kill(process, signal.SIGSTOP)

    def thaw(self):
        for process in self.family():
            os.kill(process, signal.SIGCONT)

    def family(self):
        """The postmaster first, so that it starts no further ones, and then its children."""
        mine = str(self.process.pid)
        children = subprocess.run(["pgrep", "-P", mine], capture_output=True, text=True, check=False)
        return [int(it) for it in [mine, *children.stdout.split()]]
