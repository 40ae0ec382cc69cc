"""Three processes that share a limit over a real store: none of it twice, whatever is killed, stopped, cut off or
restarted. `scripts/faults` has all faults, and waits until all is well again."""

import unittest
from concurrent.futures import ThreadPoolExecutor

import stores
from faults import FAULTS, Site, compare, suffer
from load import EVEN, Pattern, drive
from nodes import Cluster

# They mostly wait.
SIDE_BY_SIDE = 3


class Nodes(unittest.TestCase):
    def test_nodes_that_share_nothing_are_found(self):
        cluster = Cluster(None, nodes="ab")
        self.addCleanup(cluster.stop)
        self.assertGreater(drive(cluster, 7, EVEN).limited, 0)

    def test_three_use_as_much_as_one(self):
        for row in compare(stores.redis, "first-call", windows=1):
            with self.subTest(nodes=row["nodes"], load=row["load"]):
                self.assertEqual(row["limited"], 0)
                # What it is on a machine that does nothing else stands in docs/cluster.md.
                self.assertGreater(row["of one"], 0.5)

    def test_no_fault_lets_more_through_than_the_limit(self):
        chosen = [fault for fault in FAULTS if fault.short]
        if not stores.may_make_namespaces():
            print("skipped, as only root makes network namespaces: nodes that are cut off")
            chosen = [fault for fault in chosen if fault.store not in stores.APART]
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            outcomes = {fault.name: pool.submit(suffer, fault, fault.short) for fault in chosen}
        for name, outcome in outcomes.items():
            with self.subTest(name):
                outcome = outcome.result()
                print(f"{name}: {' | '.join(outcome.cells())} {outcome.codes}", flush=True)
                self.assertEqual(outcome.wrong(is_whole=False), [], outcome.logs)

    def test_a_killed_nodes_tokens_are_used_again(self):
        # Half of what six tokens of 60 in 6 s carry, nearly all of it at the first of the nodes.
        skewed = Pattern("80:10:10", lambda at: 0.6, lambda at: [8, 1, 1], 0.6)
        with Site(stores.redis, max_tokens=6, of_token=60) as cluster:
            def tokens():
                used, parts = zip(*(node.tokens() for _, node in sorted(cluster.serving.items())))
                return sum(used), parts

            def issued():
                return len(cluster.platform_counts()["tokens"])

            self.assertEqual(drive(cluster, 12, skewed).limited, 0)
            used, parts = tokens()
            self.assertLessEqual(used, 6)
            self.assertEqual(sum(parts), 6)
            self.assertGreater(parts[0], 2)
            before = issued()
            # The process that succeeds it says that it is dead, so nobody waits for the end of its lease.
            cluster.kill("a")
            cluster.start("a")
            stores.until(lambda: sum(tokens()[1]) == 6, "the tokens of a process that was killed are its successor's", 10)
            self.assertEqual(drive(cluster, 12, skewed).limited, 0)
            used, parts = tokens()
            self.assertLessEqual(used, 6)
            self.assertGreater(parts[0], 2)
            print(f"{used} tokens are used, of {parts}; {issued()} were issued, {before} before one died", flush=True)
            self.assertLessEqual(issued(), before + 6)
            # Of one that stays away they are the others' when its lease has ended, after 20 s.
            cluster.kill("a")
            self.assertLess(sum(tokens()[1]), 6)
            stores.until(lambda: sum(tokens()[1]) == 6, "the tokens of a node that died are the others'", 60)
            self.assertLessEqual(tokens()[0], 6)


if __name__ == "__main__":
    unittest.main()
