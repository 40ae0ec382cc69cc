"""genesyscloud_architect_datatable: a data table's life as the provider leads it, and its export.

The provider's own plan of a table has its columns in order, with a default as a text; what it makes of an answer is
compared with that, as a second plan does.
"""

import unittest

from provider import Resource, over_each_store

TABLES = "/api/v2/flows/datatables"
DIVISION = "11111111-2222-3333-4444-555555555555"
COLUMNS = [
    {"name": "key", "type": "string", "title": "Number"},
    {"name": "open", "type": "boolean", "title": "", "default": "true"},
    {"name": "count", "type": "integer", "title": "How many", "default": "7"},
    {"name": "share", "type": "number", "title": ""},
    {"name": "note", "type": "string", "title": "", "default": "none"},
]
# How the provider reads the text of a default.
DEFAULTS = {"boolean": lambda text: text == "true", "integer": int, "number": float, "string": str}


def schema(columns):
    """The schema that the provider makes of a plan's columns."""
    properties = {}
    for order, column in enumerate(columns):
        said = {"$id": f"/properties/{column['name']}", "type": column["type"], "title": column["title"],
                "displayOrder": order}
        if "default" in column:
            said["default"] = DEFAULTS[column["type"]](column["default"])
        properties[column["name"]] = said
    return {"$schema": "http://json-schema.org/draft-04/schema#", "type": "object", "required": ["key"],
            "properties": properties, "additionalProperties": False}


def as_text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def columns(schema):
    """The plan's columns that the provider makes of an answer's schema."""
    ordered = sorted(schema["properties"].items(), key=lambda it: it[1].get("displayOrder", 0))
    found = []
    for name, said in ordered:
        column = {"name": name, "type": said["type"], "title": said.get("title", "")}
        if "default" in said:
            column["default"] = as_text(said["default"])
        found.append(column)
    return found


class Datatable(Resource):
    settings = f"""
    [[organization.division]]
    id = "11111111-2222-3333-4444-000000000000"
    name = "Home"
    home = true
    [[organization.division]]
    id = "{DIVISION}"
    name = "Sales"
    """

    def state(self, id):
        """What the provider keeps of a table."""
        read = self.done(self.provider.get(f"{TABLES}/{id}?expand=schema"))
        return {"name": read["name"], "division_id": read["division"]["id"],
                "description": read.get("description"), "columns": columns(read["schema"])}

    def test_a_table_is_made_read_changed_and_deleted(self):
        made = self.done(self.provider.post(TABLES, {
            "name": "Hours", "description": "when we are there", "division": {"id": DIVISION},
            "schema": schema(COLUMNS)}))
        id = made["id"]
        plan = {"name": "Hours", "division_id": DIVISION, "description": "when we are there", "columns": COLUMNS}
        self.assert_no_drift(plan, self.state(id), plan)
        self.assertEqual(self.done(self.provider.get(f"{TABLES}/{id}?expand=schema"))["division"]["name"], "Sales")

        more = [*COLUMNS, {"name": "late", "type": "boolean", "title": "", "default": "false"}]
        self.done(self.provider.put(f"{TABLES}/{id}", {
            "id": id, "name": "Opening", "description": "changed", "division": {"id": DIVISION},
            "schema": schema(more)}))
        plan = {"name": "Opening", "division_id": DIVISION, "description": "changed", "columns": more}
        self.assert_no_drift(plan, self.state(id), plan)
        # Without a division in the plan the provider sends none, and the table stays where it is.
        self.done(self.provider.put(f"{TABLES}/{id}", {"id": id, "name": "Opening", "schema": schema(more)}))
        self.assertEqual(self.state(id)["division_id"], DIVISION)

        self.done(self.provider.post(f"{TABLES}/{id}/rows", {"key": "a"}))
        self.done(self.provider.delete(f"{TABLES}/{id}?force=true"), 204)
        self.gone(f"{TABLES}/{id}?expand=")

    def test_a_table_without_division_and_description_is_at_home(self):
        home = self.done(self.provider.get("/api/v2/authorization/divisions/home"))
        made = self.done(self.provider.post(TABLES, {"name": "Plain", "schema": schema(COLUMNS[:1])}))
        state = self.state(made["id"])
        self.assertEqual((state["division_id"], state["description"] or ""), (home["id"], ""))
        self.done(self.provider.delete(f"{TABLES}/{made['id']}?force=true"), 204)

    def test_the_export_finds_all_tables_page_by_page(self):
        ids = []
        for number in range(3):
            made = self.provider.post(TABLES, {"name": f"Table {number}", "schema": schema(COLUMNS)})
            ids.append(self.done(made)["id"])
        first = self.done(self.provider.get(f"{TABLES}?pageNumber=1&pageSize=2"))
        found = list(first["entities"])
        for number in range(2, first["pageCount"] + 1):
            found += self.done(self.provider.get(f"{TABLES}?pageNumber={number}&pageSize=2"))["entities"]
        self.assertLessEqual(set(ids), {table["id"] for table in found})
        self.assertEqual(len(found), first["total"])
        # The data source asks by name, and takes the one whose name is the same.
        named = self.done(self.provider.get(f"{TABLES}?pageNumber=1&pageSize=100&name=Table%201"))
        self.assertEqual([it["name"] for it in named["entities"]], ["Table 1"])
        for id in ids:
            self.done(self.provider.delete(f"{TABLES}/{id}?force=true"), 204)


SQLite, PostgreSQL = over_each_store(Datatable)
del Datatable

if __name__ == "__main__":
    unittest.main(verbosity=2)
