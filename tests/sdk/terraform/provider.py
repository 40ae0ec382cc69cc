"""What the vendor's Terraform provider does at all of its resources, as HTTP.

Each module beside this one replays a resource: the requests are those that the provider sends, in its order, with the
query and the body that it sends, and what the provider reads of an answer is read. Its source says what these are:
github.com/MyPureCloud/terraform-provider-genesyscloud, in genesyscloud/RESOURCE, the files proxy and resource.

A resource's tests are written once, in a class below `Resource`, and run over each store:

    class Integration(Resource): ...
    SQLite, PostgreSQL = over_each_store(Integration)
    del Integration
"""

import json
import pathlib
import sys
import unittest

# The modules of the service's own tests lie one folder up.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from postgres import Postgres  # noqa: E402
from stored import Stored, login, send  # noqa: E402


class Provider:
    """The provider's HTTP client: one login, JSON both ways."""

    def __init__(self, base, basic):
        self.base = base
        self.token = login(base, basic)

    def get(self, path, accept="application/json"):
        return self.request("GET", path, accept=accept)

    def post(self, path, body=None):
        return self.request("POST", path, body)

    def put(self, path, body):
        return self.request("PUT", path, body)

    def patch(self, path, body):
        return self.request("PATCH", path, body)

    def delete(self, path):
        return self.request("DELETE", path)

    def request(self, method, path, body=None, accept="application/json"):
        """Status, body and headers of the answer. The body is what its JSON says, or a text, or None."""
        sent = {"Authorization": f"Bearer {self.token}", "Accept": accept}
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        status, text, headers = send(method, self.base + path, data, sent)
        is_json = headers.get("Content-Type", "").startswith("application/json")
        return status, json.loads(text) if text and is_json else text.decode() or None, headers


class Resource(unittest.TestCase):
    """A service with a store, and the provider logged in as its administrator."""

    store = None
    # Further tables of the configuration.
    settings = ""

    @classmethod
    def setUpClass(cls):
        url = "sqlite:tollgate.db"
        if cls.store == "postgresql":
            database = Postgres()
            cls.addClassCleanup(database.stop)
            url = database.url
        cls.world = Stored(url, server=cls.settings)
        cls.addClassCleanup(cls.world.end)
        admin = cls.world.admin
        cls.provider = Provider(cls.world.service.url, (admin["client_id"], admin["client_secret"]))

    @classmethod
    def tearDownClass(cls):
        statuses = cls.world.stop()
        assert statuses == (0, 0), statuses

    def done(self, answer, status=200):
        """The body of an answer that must have this status."""
        self.assertEqual(answer[0], status, answer[1])
        return answer[1]

    def pages(self, path, size=100):
        """A list as the provider reads it: page after page, until one is empty."""
        found, number = [], 1
        between = "&" if "?" in path else "?"
        while True:
            page = self.done(self.provider.get(f"{path}{between}pageSize={size}&pageNumber={number}"))
            if not page["entities"]:
                return found
            found += page["entities"]
            number += 1

    def gone(self, path):
        """Deleted is what answers 404: the provider asks until it does."""
        status, body, _ = self.provider.get(path)
        self.assertEqual((status, body["status"], body["code"]), (404, 404, "not.found"), body)

    def assert_no_drift(self, before, after, fields):
        """A second plan proposes nothing: what the provider reads is what it wrote, field by field."""
        for field in fields:
            self.assertEqual(at(before, field), at(after, field), field)


def at(value, field):
    """The value of a field such as `config.request.headers`; None where there is none."""
    for name in field.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def over_each_store(resource):
    """The tests of a resource over SQLite, and over PostgreSQL. What they are made of is to be deleted behind it: the
    loader of tests would run it too."""
    return tuple(
        type(f"{resource.__name__}On{name}", (resource,), {"store": store, "__module__": resource.__module__})
        for name, store in (("SQLite", "sqlite"), ("PostgreSQL", "postgresql"))
    )
