"""A disk that is full, with everything on it: store, usage file, records and log.

The service stays up, calls go on, changes are refused, and nothing acknowledged is lost: while the disk is full, after
a `kill -9` and a start in the middle of it, and once there is room again."""

import json
import os
import pathlib
import subprocess
import tempfile
import time
import unittest
import urllib.request

from acknowledged import Load, World
from soak_parts import checks
from stored import Stored, request

SERVER = """
usage_file = "tollgate.usage"
records_file = "tollgate.records"
"""


class Disk:
    """A file system of 24 MiB in memory; none where this process may not mount."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", self.path]
        self.mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0

    def fill(self):
        """To the last byte, however much others write meanwhile."""
        with open(self.path / "ballast", "ab", buffering=0) as ballast:
            for size in (65536, 4096, 1):
                try:
                    while True:
                        ballast.write(b"x" * size)
                except OSError:
                    pass

    def make_room(self):
        (self.path / "ballast").unlink()

    def free(self):
        return os.statvfs(self.path).f_bavail

    def end(self):
        if self.mounted:
            subprocess.run(["umount", "-l", self.path], check=False)
        self.folder.cleanup()


class FullDisk(World):
    def setUp(self):
        super().setUp()
        self.disk = Disk()
        self.addCleanup(self.disk.end)
        if not self.disk.mounted:
            self.assertFalse(os.environ.get("TOLLGATE_REQUIRE_MOUNT"), "a small file system can't be mounted")
            self.skipTest("a small file system can't be mounted here (it takes root)")

    def wait_for_refusal(self):
        before = self.refused
        self.wait_for("refused change", lambda: self.refused > before)

    def test_calls_go_on_and_nothing_is_lost(self):
        # At this level every request writes lines, so that the log meets the full disk all the time.
        self.stored = Stored(log="tollgate=debug,info", server=SERVER, folder=self.disk.path)
        try:
            self.prepare()
            for killed in (False, True):
                load = Load(self)
                self.wait_for_progress()
                self.troubled = True
                self.disk.fill()
                self.wait_for_refusal()
                # Longer than between two writes of the usage file.
                time.sleep(2.5)
                self.wait_for_executions()
                self.assertEqual(request(self.stored.service.url, "GET", "/health")[0], 200)
                self.assertEqual(self.disk.free(), 0)
                if killed:
                    self.stored.kill()
                    load.join()
                    self.stored.start()
                    self.check()
                    load = Load(self)
                    # What was used isn't known, so the limits are held for their minute.
                    self.wait_for_executions()
                self.disk.make_room()
                self.wait_for_progress()
                load.join()
                self.troubled = False
                self.check()
            self.stored.kill()
            self.stored.start()
            self.check()
            self.assertEqual(self.wrong, [])
            with urllib.request.urlopen(f"{self.stored.platform.url}/_emulator/counts") as counts:
                self.assertEqual(checks.limited(json.load(counts)), [])
            print(f"{len(self.rows)} rows, {len(self.published)} publications, version {self.version}, {self.executed} "
                  f"executions acknowledged, {self.refused} changes refused meanwhile; none lost")
        finally:
            self.stored.end()


if __name__ == "__main__":
    unittest.main(verbosity=2)
