"""Runs the blocks of README.md and docs/ as they stand, in a scratch folder.

A block of the language `sh` or `python` is run, each document's in their order and in one folder that looks
like a clone of this repository, with `tollgate` on the path. Only the ports 8080 and 9000 are replaced by
free ones. A block that can't be run says so and why, where its reader sees it:

    # Not run by the tests: WHY

A `yaml`, `toml` or `json` block whose first line is a comment with a path is that file, for the blocks after
it; a `csv` block is `records.csv`.
"""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("TOLLGATE_BINARY", ROOT / "target/debug/tollgate"))
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
EXCUSE = re.compile(r"^# Not run by the tests: \S.*\.$")
# Only shows something.
DATA = {"mermaid", "yaml", "hcl", "toml", "json", "csv", "text", "sql", "ini", "nginx", "promql"}
SECRET = "a secret of the documentation's test"
# Only a hang takes so long.
HANG = 300


def blocks(document):
    """Language, first line's number and text of each fenced block; indented ones lose their indent."""
    found, open_block = [], None
    for number, line in enumerate(document.read_text().splitlines(), 1):
        fence = re.match(r"^(\s*)```(\S*)\s*$", line)
        if open_block is None and fence:
            open_block = (fence[2], number + 1, fence[1], [])
        elif fence:
            language, first, _, lines = open_block
            found.append((language, first, "\n".join(lines) + "\n"))
            open_block = None
        elif open_block is not None:
            open_block[3].append(line.removeprefix(open_block[2]))
    if open_block is not None:
        raise AssertionError(f"{document.name}:{open_block[1]}: the block isn't closed")
    return found


def free_ports():
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return {"8080": str(one.getsockname()[1]), "9000": str(other.getsockname()[1])}


class Scratch:
    """A folder like a clone, and one shell that all blocks of a document are typed into."""

    def __init__(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.temporary.name)
        self.ports = free_ports()
        shutil.copytree(ROOT / "examples", self.folder / "examples")
        for file in (self.folder / "examples").rglob("*.toml"):
            file.write_text(self.placed(file.read_text()))
        # What somebody has exported from the platform.
        shutil.copytree(ROOT / "examples/actions", self.folder / "actions")
        (self.folder / "bin").mkdir()
        (self.folder / "bin/tollgate").symlink_to(BINARY.resolve())
        self.variables = self.folder / "variables"
        self.variables.write_text("")
        self.processes = []

    def placed(self, text):
        return re.sub(r"\b(8080|9000)\b", lambda port: self.ports[port[0]], text)

    def start(self, text):
        """Runs a block; gives its status and output. What it leaves running lives until the end."""
        # Exported variables outlast a block, as in a shell that is left open.
        script = (
            f"set -a; . '{self.variables}'; set +a; set -euo pipefail\n{self.placed(text)}\n"
            f"export -p > '{self.variables}'\n"
        )
        output = tempfile.TemporaryFile("w+")
        process = subprocess.Popen(
            ["bash", "-c", script],
            cwd=self.folder,
            env={**os.environ, "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.processes.append(process)
        return process, output

    def shell(self, text):
        process, output = self.start(text)
        with output:
            status = process.wait(HANG)
            output.seek(0)
            return status, output.read()

    def serves(self, text):
        """Runs a block whose last command is a server; gives what it said once it has an address."""
        process, output = self.start(text)
        with output:
            for _ in range(HANG * 10):
                status = process.poll()
                output.seek(0)
                said = output.read()
                if status is not None or "http://" in said:
                    break
                time.sleep(0.1)
            return status, said

    def stop(self):
        for process in self.processes:
            try:
                # Each is a group of its own, with what it left running.
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait(HANG)
        self.temporary.cleanup()


class Documentation(unittest.TestCase):
    def test_every_block_says_what_it_is(self):
        for document in DOCUMENTS:
            for language, line, text in blocks(document):
                place = f"{document.name}:{line}"
                self.assertIn(language, DATA | {"sh", "python"}, place)
                if "Not run by" in text:
                    self.assertRegex(text.splitlines()[0], EXCUSE, place)

    def run_document(self, document):
        scratch = Scratch()
        self.addCleanup(scratch.stop)
        ran = 0
        for language, line, text in blocks(document):
            first = text.splitlines()[0]
            place = f"{document.name}:{line}"
            if EXCUSE.match(first):
                continue
            named = re.match(r"^# (\S+/\S+\.\w+)$", first)
            if language == "csv":
                (scratch.folder / "records.csv").write_text(text)
            elif language in DATA:
                if named:
                    (scratch.folder / named[1]).write_text(scratch.placed(text))
            elif language == "python":
                self.serve(scratch)
                text = text.replace("the caller's secret", SECRET)
                (scratch.folder / "block.py").write_text(scratch.placed(text))
                status, output = scratch.shell(f"'{sys.executable}' block.py")
                self.assertEqual(status, 0, f"{place}: {output}")
                ran += 1
            elif re.match(r"tollgate (serve|emulate)\b[^&]*$", text.splitlines()[-1]):
                status, output = scratch.serves(text)
                self.assertIsNone(status, f"{place}: {output}")
                self.assertIn("http://", output, place)
                ran += 1
            else:
                status, output = scratch.shell(text)
                self.assertEqual(status, 0, f"{place}: {output}")
                ran += 1
        return ran

    def serve(self, scratch):
        """The service that a block of another language calls: the README's."""
        status, output = scratch.shell(
            f"export TOLLGATE_CALLER_SECRET={SECRET!r} TOLLGATE_POOL_SECRET=emulated\n"
            "tollgate emulate --port 9000 &\n"
            "tollgate serve --config examples/emulated.toml &\n"
            "curl -sS --retry 20 --retry-connrefused --retry-delay 1 http://127.0.0.1:8080/health\n"
        )
        self.assertEqual(status, 0, output)


def test_of(document):
    def test(self):
        runs = any(language in ("sh", "python") for language, _, _ in blocks(document))
        ran = self.run_document(document)
        self.assertEqual(ran > 0, runs, "nothing was run")

    return test


for document in DOCUMENTS:
    setattr(Documentation, f"test_{document.stem.lower()}", test_of(document))

if __name__ == "__main__":
    unittest.main()
