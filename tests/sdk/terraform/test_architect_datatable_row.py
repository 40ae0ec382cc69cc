"""genesyscloud_architect_datatable_row: a row's life as the provider leads it, and its export.

Before a plan the provider fills in what the configuration leaves out of a row: the column's default, and without one the
zero of its type. The service has to answer exactly this, or each plan proposes a change.
"""

import unittest
import urllib.parse

from provider import Resource, over_each_store

TABLES = "/api/v2/flows/datatables"
ZERO = {"boolean": False, "string": "", "integer": 0, "number": 0}
SCHEMA = {
    "$schema": "http://json-schema.org/draft-04/schema#", "type": "object", "required": ["key"],
    "additionalProperties": False,
    "properties": {
        "key": {"$id": "/properties/key", "type": "string", "displayOrder": 0},
        "open": {"$id": "/properties/open", "type": "boolean", "displayOrder": 1},
        "note": {"$id": "/properties/note", "type": "string", "displayOrder": 2},
        "count": {"$id": "/properties/count", "type": "integer", "default": 7, "displayOrder": 3},
        "share": {"$id": "/properties/share", "type": "number", "displayOrder": 4},
    },
}


def planned(schema, given):
    """The row that the provider plans."""
    row = dict(given)
    for name, column in schema["properties"].items():
        if name != "key" and name not in row:
            row[name] = column["default"] if "default" in column else ZERO[column["type"]]
    return row


class Row(Resource):
    def setUp(self):
        made = self.provider.post(TABLES, {"name": "Rows", "schema": SCHEMA})
        self.table = self.done(made)["id"]
        self.schema = self.done(self.provider.get(f"{TABLES}/{self.table}?expand=schema"))["schema"]

    def tearDown(self):
        self.done(self.provider.delete(f"{TABLES}/{self.table}?force=true"), 204)

    def path(self, key):
        return f"{TABLES}/{self.table}/rows/{urllib.parse.quote(key, safe='')}"

    def state(self, key):
        """What the provider keeps of a row: all but its key."""
        row = self.done(self.provider.get(f"{self.path(key)}?showbrief=false"))
        self.assertEqual(row.pop("key"), key)
        return row

    def test_a_row_is_made_read_changed_and_deleted(self):
        for key in ("+49 30 12345", "a/b?c%d"):
            for given in ({}, {"note": "x"}, {"open": True, "note": "", "count": -1, "share": 0.25}):
                self.done(self.provider.post(f"{TABLES}/{self.table}/rows", {**given, "key": key}))
                self.assertEqual(self.state(key), planned(self.schema, given))
                given = {**given, "count": 8}
                self.done(self.provider.put(self.path(key), {**given, "key": key}))
                self.assertEqual(self.state(key), planned(self.schema, given))
                self.done(self.provider.delete(self.path(key)), 204)
                self.gone(f"{self.path(key)}?showbrief=false")

    def test_a_column_that_is_added_later_is_no_drift_of_older_rows(self):
        self.done(self.provider.post(f"{TABLES}/{self.table}/rows", {"key": "old"}))
        wider = {**SCHEMA, "properties": {**SCHEMA["properties"],
                 "late": {"$id": "/properties/late", "type": "boolean", "default": True, "displayOrder": 5}}}
        self.done(self.provider.put(f"{TABLES}/{self.table}", {"id": self.table, "name": "Rows", "schema": wider}))
        self.assertEqual(self.state("old"), planned(wider, {}))

    def test_the_export_finds_the_rows_of_all_tables(self):
        for number in range(5):
            self.done(self.provider.post(f"{TABLES}/{self.table}/rows", {"key": f"k{number}"}))
        found = []
        for table in self.pages(TABLES):
            rows = f"{TABLES}/{table['id']}/rows"
            first = self.done(self.provider.get(f"{rows}?pageNumber=1&pageSize=2&showbrief=false"))
            found += first["entities"]
            for number in range(2, first["pageCount"] + 1):
                page = self.provider.get(f"{rows}?pageNumber={number}&pageSize=2&showbrief=false")
                found += self.done(page)["entities"]
        self.assertEqual(found, [{**planned(SCHEMA, {}), "key": f"k{number}"} for number in range(5)])


SQLite, PostgreSQL = over_each_store(Row)
del Row

if __name__ == "__main__":
    unittest.main(verbosity=2)
