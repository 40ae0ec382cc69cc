"""A short soak on each store, and that a soak's checks find what they are for. The long one: CONTRIBUTING.md."""

import os
import unittest

import soak
from postgres import programs
from soak_parts import checks


class Checks(unittest.TestCase):
    """What `--sabotage` can't do to a running service; and that what is well passes."""

    def test_lost_and_back(self):
        self.assertEqual(checks.lost("rows", {"a"}, {"a", "b"}), [])
        self.assertEqual(checks.lost("rows", {"a", "c"}, {"a"}), ["1 acknowledged rows lost: ['c']"])
        self.assertEqual(checks.undone("rows", {"a"}, {"b"}), [])
        self.assertEqual(checks.undone("rows", {"a"}, {"a"}), ["1 removed rows are back: ['a']"])
        self.assertEqual(checks.same("a limit", 3, 3), [])
        self.assertNotEqual(checks.same("a limit", 3, 4), [])

    def test_growth(self):
        memory, open_files = checks.GROWTH
        self.assertEqual(checks.flat(memory, [100_000 + at % 7 for at in range(400)]), [])
        self.assertNotEqual(checks.flat(memory, [100_000 + 400 * at for at in range(400)]), [], "it grows all the time")
        self.assertNotEqual(checks.flat(open_files, [50] * 100 + [200] * 100), [])
        self.assertNotEqual(checks.flat(open_files, [50]), [], "nothing is known")
        self.assertEqual(checks.flat(open_files, [50] * 100 + [900] + [50] * 100), [], "for a moment")

    def test_limits_panics_and_idleness(self):
        self.assertEqual(checks.limited({"admitted": 7, "limited": {"token": 0}}), [])
        self.assertNotEqual(checks.limited({"admitted": 7, "limited": {"token": 1}}), [])
        self.assertNotEqual(checks.limited({"admitted": 0, "limited": {"token": 0}}), [])
        self.assertEqual(checks.quiet("a\nb"), [])
        self.assertNotEqual(checks.quiet("a\nthread 'x' panicked at y\n"), [])
        self.assertEqual(checks.back_in_time([1, 2], 3), [])
        self.assertNotEqual(checks.back_in_time([1, 4], 3), [])
        self.assertEqual(checks.at_work({"rows": 1}, ["rows"]), [])
        self.assertNotEqual(checks.at_work({"rows": 0}, ["rows", "edits"]), [])


class Short(unittest.TestCase):
    def test_sqlite(self):
        self.assertEqual(soak.soaked(["--seconds", "60", "--kill-every", "10"]), [])

    def test_postgres(self):
        if programs() is None:
            self.assertFalse(os.environ.get("TOLLGATE_REQUIRE_POSTGRES"), "PostgreSQL is not installed")
            self.skipTest("PostgreSQL is not installed")
        self.assertEqual(soak.soaked(["--seconds", "60", "--kill-every", "10", "--store", "postgres"]), [])

    def test_a_lost_row_is_found(self):
        wrong = soak.soaked(["--seconds", "20", "--kill-every", "8", "--sabotage", "lost row"])
        self.assertEqual([it.split(":")[0] for it in wrong], ["1 acknowledged rows lost"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
