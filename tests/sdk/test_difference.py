"""Nothing of the API differs from the vendor's Python SDK that has no reason in `differences.toml`."""

import unittest

from difference import PAGE, compare, page, table


class TheDocument(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.comparison, cls.reasons, cls.reasoned, cls.bare = compare()
        print("\n".join(table(cls.comparison, cls.bare)))

    def test_differs_for_a_reason_alone(self):
        self.assertEqual([], sorted(set(map(str, self.bare))))

    def test_every_reason_is_of_a_difference(self):
        self.assertEqual([], self.reasons.unused())

    def test_the_page_has_the_reasons(self):
        self.assertEqual(page(self.reasons), PAGE.read_text(), "tests/sdk/difference.py --write")

    def test_all_of_it_was_compared(self):
        # A name that the SDK's sources don't have any more would leave the comparison with less, and it would pass.
        self.assertGreater(len(self.comparison.operations), 60)
        for part, least in (("query", 100), ("request", 200), ("answer", 1000)):
            self.assertGreater(self.comparison.compared[part], least, part)


if __name__ == "__main__":
    unittest.main(verbosity=2)
