"""What of the platform's API isn't here: passed on by the gateway that gets it, else told in words."""

import inspect
import json
import re
import unittest

import PureCloudPlatformClientV2 as sdk
from PureCloudPlatformClientV2.rest import ApiException

from stored import request
from world import ROOT, SECRET, Served, sdk_client

CONFIG = """
[server]
listen = "127.0.0.1:0"
drain_timeout = "5s"

[[caller]]
client_id = "program"
client_secret_env = "TOLLGATE_TEST_SECRET"
pass_through = ["GET /api/v2/users", "GET /api/v2/integrations/clientapps", "PUT /api/v2/organizations/me"]

[[client]]
name = "pool"
client_id = "demo"
client_secret_file = "pool.secret"
token_url = "{platform}/oauth/token"
max_tokens = 1

[[integration]]
name = "Platform"
type = "purecloud-data-actions"
base_url = "{platform}"
clients = ["pool"]
actions = {{ folder = "actions" }}
"""
GATEWAY = """
[[gateway]]
integration = "Platform"
unknown_paths = true
"""


class World:
    def __init__(self, config):
        self.served = Served()
        self.served.serve(config)
        self.client = sdk_client(self.served.url).get_client_credentials_token("program", SECRET)

    def ask(self, method, path):
        status, text = request(self.served.url, method, path, self.client.access_token)
        return status, json.loads(text) if text.startswith("{") else text


class PassedOn(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World(CONFIG + GATEWAY)

    @classmethod
    def tearDownClass(cls):
        statuses = cls.world.served.stop()
        assert statuses == (0, 0), statuses

    def test_one_address_has_all_of_the_api(self):
        users = sdk.UsersApi(self.world.client).get_users(page_size=25)
        self.assertTrue(users.entities, "the platform's")
        me = sdk.OrganizationApi(self.world.client).get_organizations_me()
        self.assertEqual(me.name, "tollgate", "this service's own")
        self.assertGreater(self.world.served.counts()["admitted"], 0)

    def test_no_method_of_an_own_path_is_asked_in_a_circle(self):
        # Without a token and with one: the service goes on.
        for path in ("/api/v2/tokens/me", "/api/v2/tokens/me/", "/oauth/token"):
            for method in ("PUT", "POST", "PATCH", "DELETE", "GET"):
                if (method, path) in (("DELETE", "/api/v2/tokens/me"), ("DELETE", "/api/v2/tokens/me/")):
                    continue
                for token in (None, self.world.client.access_token):
                    status, text = request(self.world.served.url, method, path, token)
                    self.assertLess(status, 500, (method, path, text))
        self.assertEqual(request(self.world.served.url, "PUT", "/api/v2/tokens/me")[0], 405)

    def test_what_looks_like_ours_alone_is_not_passed_on(self):
        for path in ("/api/v2/%74ollgate/x", "/api/v2/Tollgate/x"):
            status, _ = self.world.ask("GET", path)
            self.assertEqual(status, 404, path)

    def test_the_callers_list_decides(self):
        with self.assertRaises(ApiException) as raised:
            sdk.RoutingApi(self.world.client).get_routing_queues()
        body = json.loads(raised.exception.body)
        self.assertEqual((raised.exception.status, body["code"]), (403, "gateway.not.listed"))

    def test_a_path_that_looks_like_one_of_ours_goes_on_too(self):
        status, _ = self.world.ask("GET", "/api/v2/integrations/clientapps")
        self.assertNotIn(status, (401, 403), "the platform answers it")
        status, body = self.world.ask("GET", "/api/v2/integrations/clientapp")
        self.assertEqual((status, body["code"]), (404, "not.found"), "an id of ours")

    def test_a_method_that_is_not_here_goes_on_too(self):
        before = self.world.served.counts()
        self.world.ask("PUT", "/api/v2/organizations/me")
        status, body = self.world.ask("DELETE", "/api/v2/organizations/me")
        self.assertEqual((status, body["code"]), (403, "gateway.not.listed"))
        self.assertNotEqual(self.world.served.counts(), before)

    def test_what_is_nobodys_to_pass(self):
        for path in ("/api/v2/tollgate/novelty", "/novelty", "/api/v3/users"):
            status, body = self.world.ask("GET", path)
            self.assertEqual((status, body["code"]), (404, "not.found"), path)
        status, body = self.world.ask("POST", "/api/v2/notifications/channels")
        self.assertEqual((status, body["code"]), (501, "gateway.notifications"))
        status, _ = request(self.world.served.url, "GET", "/api/v2/users")
        self.assertEqual(status, 401)


class Told(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World(CONFIG)

    @classmethod
    def tearDownClass(cls):
        statuses = cls.world.served.stop()
        assert statuses == (0, 0), statuses

    def test_whose_it_is_and_what_to_do(self):
        status, body = self.world.ask("GET", "/api/v2/routing/queues")
        self.assertEqual(status, 404)
        for words in ("(Routing)", "unknown_paths = true", "pass_through"):
            self.assertIn(words, body["message"])
        status, body = self.world.ask("PUT", "/api/v2/organizations/me")
        self.assertEqual((status, body["code"]), (405, "method.not.allowed"))
        self.assertIn("(Organization)", body["message"])

    def test_no_path_of_the_platforms_is_taken_for_an_id(self):
        ours = json.loads((ROOT / "openapi.json").read_text())["paths"]
        taken = [path for path in sorted(platform_paths() - set(ours)) if any(swallows(own, path) for own in ours)]
        self.assertTrue(taken)
        for path in taken:
            with self.subTest(path=path):
                status, body = self.world.ask("GET", path)
                self.assertEqual(status, 404)
                self.assertIn("it may be the platform's", body["message"])


def platform_paths():
    """All paths of the platform's, from the vendor's SDK."""
    paths = set()
    for name, api in inspect.getmembers(sdk, inspect.isclass):
        if name.endswith("Api"):
            paths.update(re.findall(r"resource_path = '(.*?)'", inspect.getsource(api)))
    return paths


def swallows(own, path):
    """Whether a path with a fixed part fits one of ours that has a variable there."""
    parts = list(zip(own.split("/"), path.split("/")))
    same = len(own.split("/")) == len(path.split("/"))
    variable = [part.startswith("{") for part in own.split("/")]
    return same and all(is_any or mine == theirs for is_any, (mine, theirs) in zip(variable, parts)) and any(
        is_any and not theirs.startswith("{") for is_any, (_, theirs) in zip(variable, parts))


if __name__ == "__main__":
    unittest.main()
