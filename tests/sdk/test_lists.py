"""Every list, paged, filtered and sorted by the vendor's Python and JavaScript SDKs, on both stores.

What a list is asked is data (`LISTS`). Both SDKs are asked the same and must be told the same.
"""

import dataclasses
import json
import os
import pathlib
import re
import subprocess
import unittest

import PureCloudPlatformClientV2 as sdk
from PureCloudPlatformClientV2.rest import ApiException

from difference import camel
from postgres import Postgres, programs
from stored import EXAMPLE, Stored, login, request

HERE = pathlib.Path(__file__).parent
# In the order of lists: by Unicode's numbers, whatever their case. Every list of named things has them.
NAMES = ["a b", "alpha", "Beta", "Zebra", "Ärger", "ästhetisch"]
WORKFLOW = """
workflow:
  name: {name}
  startUpRef: /workflow/states/state[only]
  states:
    - state:
        name: only
        refId: only
        actions:
          - endWorkflow:
              name: End
              exitReason:
                noValue: true
"""


@dataclasses.dataclass
class List:
    """A list, and what it can be asked."""

    api: str
    operation: str  # as the SDK for Python has it
    path: tuple = ()  # names of World's ids
    sorts: tuple = ()  # fields
    filters: dict = dataclasses.field(default_factory=dict)  # parameter: (value, names that are found)
    order: tuple = ("asc", "desc")
    pages: bool = True
    name: str = "name"  # what tells its things apart

    def __str__(self):
        return self.operation


NAMED = {"name": ("B*T", ["Beta"])}
LISTS = [
    List("IntegrationsApi", "get_integrations", sorts=("name", "id"),
         filters={"integrationType": ("custom-rest-actions", NAMES), "reportedState": ("inactive", NAMES)}),
    List("IntegrationsApi", "get_integrations_actions", sorts=("name",),
         filters={**NAMED, "secure": ("true", ["Zebra"]), "category": ("Beta", ["Beta"])}),
    List("IntegrationsApi", "get_integrations_actions_drafts", sorts=("name",), filters=NAMED),
    List("IntegrationsApi", "get_integrations_actions_categories", sorts=("name",)),
    List("IntegrationsApi", "get_integrations_credentials"),
    List("IntegrationsApi", "get_integrations_types", sorts=("name", "id")),
    List("OAuthApi", "get_oauth_clients", pages=False),
    List("ArchitectApi", "get_flows", sorts=("name", "id"), filters={**NAMED, "type": ("workflow", NAMES)}),
    List("ArchitectApi", "get_flows_divisionviews", sorts=("name", "id"), filters=NAMED),
    List("ArchitectApi", "get_flow_versions", path=("flow",), name="id"),
    List("ArchitectApi", "get_flows_datatables", sorts=("name", "id"), filters={"name": ("Ä*", ["Ärger", "ästhetisch"])},
         order=("ascending", "descending")),
    List("ArchitectApi", "get_flows_datatables_divisionviews", sorts=("name", "id"),
         filters={"name": ("Ä*", ["Ärger", "ästhetisch"])}, order=("ascending", "descending")),
    List("ArchitectApi", "get_flows_datatable_rows", path=("table",), sorts=(None,), name="key",
         order=("ascending", "descending")),
]


def snake(name):
    return re.sub("[A-Z]", lambda it: f"_{it.group().lower()}", name)


class Python:
    """Calls by the SDK for Python."""

    def __init__(self, world):
        self.client = world.login()

    def call(self, of, path, query):
        method = getattr(getattr(sdk, of.api)(self.client), of.operation)
        answer = method(*path, **{snake(name): value for name, value in query.items()})
        return self.client.sanitize_for_serialization(answer)

    def end(self):
        pass


class JavaScript:
    """Calls by the SDK for JavaScript, in one process of Node."""

    def __init__(self, world):
        environment = {**os.environ, "TOLLGATE_URL": world.service.url, "TOLLGATE_CLIENT_ID": world.admin["client_id"],
                       "TOLLGATE_CLIENT_SECRET": world.admin["client_secret"]}
        self.node = subprocess.Popen(["node", "lists.cjs"], cwd=HERE, env=environment, text=True,
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def call(self, of, path, query):
        call = {"api": of.api, "operation": camel(of.operation), "path": path, "query": query}
        self.node.stdin.write(json.dumps(call) + "\n")
        self.node.stdin.flush()
        came = json.loads(self.node.stdout.readline())
        if "answer" not in came:
            raise ApiException(status=came["status"], reason=came["message"])
        return came["answer"]

    def end(self):
        self.node.stdin.close()
        self.node.wait(10)
        self.node.stdout.close()


class EveryList:
    """Over a store, which subclasses name."""

    @classmethod
    def setUpClass(cls):
        cls.world = Stored(url=cls.url(), server="caller_requests_per_minute = 1000000", log="warn")
        cls.ids = cls.fill()
        cls.sdks = [Python(cls.world), JavaScript(cls.world)]

    @classmethod
    def tearDownClass(cls):
        for one in cls.sdks:
            one.end()
        cls.world.stop()

    @classmethod
    def fill(cls):
        """Things of each kind, by names; not in their order."""
        base = cls.world.service.url
        token = login(base, (cls.world.admin["client_id"], cls.world.admin["client_secret"]))

        def done(method, path, body):
            status, text = request(base, method, path, token, body)
            assert status < 300, (path, text)
            return json.loads(text)

        ids = {}
        action = json.loads(EXAMPLE.read_text())
        action.pop("integrationType", None)
        for name in reversed(NAMES):
            integration = done("POST", "/api/v2/integrations",
                               {"name": name, "integrationType": {"id": "custom-rest-actions"}})
            done("POST", "/api/v2/integrations/credentials", {
                "name": name, "type": {"name": "basicAuth"}, "credentialFields": {"userName": "a", "password": "b"}})
            whole = {**action, "name": name, "integrationId": integration["id"], "secure": name == "Zebra"}
            for path in ("actions", "actions/drafts"):
                done("POST", f"/api/v2/integrations/{path}", {**whole, "category": name})
            done("POST", "/api/v2/oauth/clients", {"name": name, "roleIds": ["execute"],
                                                   "authorizedGrantType": "CLIENT-CREDENTIALS"})
            table = done("POST", "/api/v2/flows/datatables", {
                "name": name, "schema": {"type": "object", "properties": {"key": {"type": "string"}}}})
            flow = done("POST", "/api/v2/tollgate/workflows", WORKFLOW.format(name=json.dumps(name)))
        for key in reversed(NAMES):
            done("POST", f"/api/v2/flows/datatables/{table['id']}/rows", {"key": key})
        for _ in NAMES[1:]:
            done("POST", "/api/v2/tollgate/workflows", WORKFLOW.format(name=json.dumps(NAMES[0])))
        return {"table": table["id"], "flow": flow["id"]}

    def each(self, check):
        """Each list by each SDK: the check is given the list, and what calls it."""
        for of in LISTS:
            path = [self.ids[name] for name in of.path]
            for one in self.sdks:
                with self.subTest(list=str(of), sdk=type(one).__name__):
                    check(of, lambda **query: one.call(of, path, query))

    def names(self, of, answer):
        return [it[of.name] for it in answer["entities"]]

    def test_pages_put_together_are_the_whole(self):
        def check(of, call):
            whole = call(pageSize=200) if of.pages else call()
            self.assertGreaterEqual(len(whole["entities"]), len(NAMES))
            self.assertEqual(whole["total"], len(whole["entities"]))
            if not of.pages:
                self.assertEqual(whole["pageCount"], 1)
                return
            together, number, count = [], 1, 1
            while number <= count:
                page = call(pageSize=2, pageNumber=number)
                self.assertEqual((page["pageNumber"], page["pageSize"]), (number, 2))
                together += self.names(of, page)
                number, count = number + 1, page["pageCount"]
            self.assertEqual(together, self.names(of, whole))
            self.assertEqual(self.names(of, call(pageSize=2, pageNumber=count + 1)), [])

        self.each(check)

    def test_sorts(self):
        def check(of, call):
            for field in of.sorts:
                sort = {"sortBy": field} if field else {}
                if "sort_order" not in sdk_parameters(of):
                    self.assertEqual(len(self.names(of, call(**sort))), len(self.names(of, call())))
                    continue
                up, down = (call(**sort, sortOrder=order, pageSize=200) for order in of.order)
                self.assertEqual(self.names(of, up), self.names(of, down)[::-1])
                if field == "name":
                    known = [name for name in self.names(of, up) if name in NAMES]
                    self.assertEqual(known, [name for name in NAMES if name in known])
                elif of.name == "key":
                    # Keys differ by their case.
                    self.assertEqual(self.names(of, up), sorted(NAMES))
                elif field == "id":
                    found = [it["id"] for it in up["entities"]]
                    self.assertEqual(found, sorted(found, key=str.lower))

        self.each(check)

    def test_filters(self):
        def check(of, call):
            for parameter, (value, expected) in of.filters.items():
                found = sorted(self.names(of, call(**{parameter: value}, pageSize=200)))
                self.assertEqual(found, sorted(expected), parameter)

        self.each(check)

    def test_what_is_no_parameter_is_refused_by_name(self):
        base = self.world.service.url
        token = login(base, (self.world.admin["client_id"], self.world.admin["client_secret"]))
        document = json.loads(request(base, "GET", "/api/v2/openapi.json")[1])
        asked = 0
        for path, item in document["paths"].items():
            operation = item.get("get")
            if operation is None or "security" in operation:
                continue
            path = re.sub(r"\{\w+\}", "x", path)
            status, text = request(base, "GET", f"{path}?notThere=1", token)
            self.assertEqual((status, "notThere" in text), (400, True), f"{path} {text}")
            asked += 1
        self.assertGreater(asked, 40)


def sdk_parameters(of):
    """The parameters that the SDK's function names."""
    function = getattr(getattr(sdk, of.api), of.operation)
    return re.findall(r":param [^:]+? (\w+):", function.__doc__)


class OnSqlite(EveryList, unittest.TestCase):
    @classmethod
    def url(cls):
        return "sqlite:tollgate.db"


class OnPostgres(EveryList, unittest.TestCase):
    @classmethod
    def url(cls):
        if programs() is None:
            if os.environ.get("TOLLGATE_REQUIRE_POSTGRES"):
                raise RuntimeError("PostgreSQL is not installed")
            raise unittest.SkipTest("PostgreSQL is not installed")
        cls.server = Postgres()
        cls.addClassCleanup(cls.server.stop)
        return cls.server.url


if __name__ == "__main__":
    unittest.main(verbosity=2)
