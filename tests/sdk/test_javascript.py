"""The vendor's JavaScript SDK does a whole life too; see life.cjs."""

import os
import pathlib
import subprocess
import unittest

from stored import EXAMPLE, Stored

HERE = pathlib.Path(__file__).parent


class JavaScript(unittest.TestCase):
    def test_a_whole_life(self):
        world = Stored(server="caller_requests_per_minute = 60")
        try:
            environment = {
                **os.environ,
                "TOLLGATE_URL": world.service.url,
                "TOLLGATE_CLIENT_ID": world.admin["client_id"],
                "TOLLGATE_CLIENT_SECRET": world.admin["client_secret"],
                "PLATFORM_URL": world.platform.url,
                "ACTION_FILE": str(EXAMPLE),
            }
            run = subprocess.run(
                ["node", "life.cjs"], cwd=HERE, env=environment, capture_output=True, text=True, timeout=90
            )
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertEqual(run.stdout.strip(), "a whole life")
        finally:
            world.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
