"""The organisation, its divisions and its roles, and whose a token is, with the vendor's Python SDK."""

import json
import unittest

import PureCloudPlatformClientV2 as sdk
from PureCloudPlatformClientV2.rest import ApiException

from stored import Stored
from world import World

ID = "0f6d5c4e-2b1a-4c3d-9e8f-7a6b5c4d3e2f"
HOME = "1f6d5c4e-2b1a-4c3d-9e8f-7a6b5c4d3e2f"
SALES = "2f6d5c4e-2b1a-4c3d-9e8f-7a6b5c4d3e2f"
ADMIN = "3f6d5c4e-2b1a-4c3d-9e8f-7a6b5c4d3e2f"
AGENT = "4f6d5c4e-2b1a-4c3d-9e8f-7a6b5c4d3e2f"
ORGANIZATION = f"""
[organization]
id = "{ID}"
name = "Acme"
default_country_code = "DE"
[[organization.division]]
id = "{SALES}"
name = "Sales"
[[organization.division]]
id = "{HOME}"
name = "All"
home = true
[[organization.role]]
id = "{ADMIN}"
name = "Master Admin"
grants = ["execute", "author", "administer"]
[[organization.role]]
id = "{AGENT}"
name = "Agent"
grants = []
"""


class AnOrganization(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = Stored(server=ORGANIZATION)
        cls.client = cls.world.login()

    @classmethod
    def tearDownClass(cls):
        statuses = cls.world.stop()
        assert statuses == (0, 0), statuses

    def test_who_it_is(self):
        me = sdk.OrganizationApi(self.client).get_organizations_me()
        self.assertEqual((me.id, me.name, me.default_country_code, me.state), (ID, "Acme", "DE", "active"))
        products = sdk.AuthorizationApi(self.client).get_authorization_products()
        self.assertEqual((products.total, products.entities), (0, []))

    def test_its_divisions(self):
        api = sdk.AuthorizationApi(self.client)
        home = api.get_authorization_divisions_home()
        self.assertEqual((home.id, home.name, home.home_division), (HOME, "All", True))
        listed = api.get_authorization_divisions()
        self.assertEqual([it.name for it in listed.entities], ["All", "Sales"])
        self.assertEqual([it.home_division for it in listed.entities], [True, False])
        by_id = api.get_authorization_divisions(id=[SALES], object_count=False)
        self.assertEqual([it.id for it in by_id.entities], [SALES])
        by_name = api.get_authorization_divisions(name="sal", sort_by="id")
        self.assertEqual([it.id for it in by_name.entities], [SALES])
        sales = api.get_authorization_division(SALES.upper())
        self.assertEqual((sales.id, sales.self_uri), (SALES, f"/api/v2/authorization/divisions/{SALES}"))
        for ask, status, words in [
            (lambda: api.get_authorization_division(ID), 404, "[[organization.division]]"),
            (lambda: api.get_authorization_divisions(object_count=True), 400, "objectCount"),
        ]:
            with self.assertRaises(ApiException) as raised:
                ask()
            self.assertEqual(raised.exception.status, status)
            self.assertIn(words, json.loads(raised.exception.body)["message"])

    def test_its_roles(self):
        api = sdk.AuthorizationApi(self.client)
        listed = api.get_authorization_roles(user_count=False)
        names = ["administer", "Agent", "author", "execute", "Master Admin", "view"]
        self.assertEqual([it.name for it in listed.entities], names)
        found = api.get_authorization_roles(name="Master Admin").entities
        self.assertEqual([it.id for it in found], [ADMIN])
        self.assertEqual(api.get_authorization_role("execute").id, "execute")
        with self.assertRaises(ApiException) as raised:
            api.get_authorization_role(ID)
        self.assertEqual(raised.exception.status, 404)
        self.assertIn("[[organization.role]]", raised.exception.body)

    def test_whose_a_token_is(self):
        api = sdk.TokensApi(self.client)
        token = api.get_tokens_me(preserve_idle_ttl=True)
        self.assertEqual((token.organization.id, token.organization.name), (ID, "Acme"))
        self.assertEqual(token.home_organization.id, ID)
        client = token.o_auth_client
        self.assertEqual(client.id, self.world.admin["client_id"])
        self.assertEqual(client.name, sdk.OAuthApi(self.client).get_oauth_client(client.id).name)
        self.assertEqual(client.organization.id, ID)
        api.head_tokens_me()
        own = self.world.login()
        sdk.TokensApi(own).delete_tokens_me()
        with self.assertRaises(ApiException) as raised:
            sdk.TokensApi(own).head_tokens_me()
        self.assertEqual(raised.exception.status, 401)

    def test_no_token_has_a_user(self):
        with self.assertRaises(ApiException) as raised:
            sdk.UsersApi(self.client).get_users_me(expand=["presence"])
        self.assertEqual(raised.exception.status, 400)
        self.assertIn("requires a user context", raised.exception.body)


class WithoutAConfiguredOne(unittest.TestCase):
    def test_there_is_a_home_division_all_the_same(self):
        world = World([])
        self.addCleanup(world.stop)
        client = world.login()
        me = sdk.OrganizationApi(client).get_organizations_me()
        home = sdk.AuthorizationApi(client).get_authorization_divisions_home()
        self.assertEqual((me.name, me.default_country_code, home.name), ("tollgate", "US", "Home"))
        token = sdk.TokensApi(client).get_tokens_me()
        self.assertEqual((token.o_auth_client.id, token.organization.id), ("flows", me.id))


if __name__ == "__main__":
    unittest.main()
