"""Three processes that share a limit over a real store: none of it twice, whatever is killed, stopped, cut off or
restarted. `scripts/faults` has all faults, and waits until all is well again."""

import unittest
from concurrent.futures import ThreadPoolExecutor

import stores
from faults import FAULTS, compare, suffer
from load import EVEN, drive
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


if __name__ == "__main__":
    unittest.main()
