"""OAuth clients as the platform's tools write them: roles by GUIDs, other grants, the last administrator, usage."""

import json
import os
import unittest

import PureCloudPlatformClientV2 as sdk
from PureCloudPlatformClientV2.rest import ApiException

from stored import Stored, request
from test_organization import ADMIN, AGENT, HOME, ID, ORGANIZATION, SALES
from world import SECRET

CALLER = """
[[caller]]
client_id = "operator"
client_secret_env = "TOLLGATE_TEST_SECRET"
roles = ["administer"]
"""


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = Stored(server=ORGANIZATION)
        cls.client = cls.world.login()
        cls.api = sdk.OAuthApi(cls.client)

    @classmethod
    def tearDownClass(cls):
        statuses = cls.world.stop()
        assert statuses == (0, 0), statuses

    def make(self, **fields):
        return self.api.post_oauth_clients(
            body={"name": "One", "authorizedGrantType": "CLIENT-CREDENTIALS", **fields})

    def refused(self, status, code, ask):
        with self.assertRaises(ApiException) as raised:
            ask()
        body = json.loads(raised.exception.body)
        self.assertEqual((raised.exception.status, body["code"]), (status, code), body)
        return body["message"]

    def as_client(self, made):
        return self.world.client().get_client_credentials_token(made.id, made.secret)

    def test_a_role_of_the_platform_grants_what_the_file_says(self):
        for role, division, allowed in [(ADMIN, HOME, True), (ADMIN, "*", True), ("administer", HOME, True),
                                        (ADMIN.upper(), HOME.upper(), True), (ADMIN, SALES, False),
                                        (AGENT, HOME, False)]:
            with self.subTest(role=role, division=division):
                made = self.make(roleDivisions=[{"roleId": role, "divisionId": division}])
                found = self.api.get_oauth_client(made.id)
                self.assertEqual([(it.role_id, it.division_id) for it in found.role_divisions], [(role, division)])
                status, text = request(self.world.service.url, "GET", f"/api/v2/oauth/clients/{made.id}",
                                       self.client.access_token)
                self.assertEqual("tollgateNotes" in json.loads(text), not allowed, text)
                theirs = sdk.OAuthApi(self.as_client(made))
                if allowed:
                    self.assertEqual(theirs.get_oauth_client(made.id).id, made.id)
                else:
                    self.refused(403, "missing.permissions", lambda: theirs.get_oauth_client(made.id))

    def test_what_is_not_configured_is_refused_by_name(self):
        stranger = "99999999-2b1a-4c3d-9e8f-7a6b5c4d3e2f"
        for role, division, words in [(stranger, HOME, "[[organization.role]]"),
                                      (ADMIN, stranger, "[[organization.division]]"),
                                      ("execute", stranger, "[[organization.division]]")]:
            message = self.refused(400, "bad.request", lambda: self.make(
                roleDivisions=[{"roleId": role, "divisionId": division}]))
            self.assertIn(words, message)
            self.assertIn(stranger, message)
            self.assertTrue(message.startswith("roleDivisions: "), message)

    def test_other_grants_are_kept_and_get_no_token(self):
        made = self.make(authorizedGrantType="CODE", registeredRedirectUri=["https://a.example/x"], scope=["users"])
        self.assertEqual((made.authorized_grant_type, made.registered_redirect_uri, made.scope),
                         ("CODE", ["https://a.example/x"], ["users"]))
        status, text = request(self.world.service.url, "POST", "/oauth/token", basic=(made.id, made.secret),
                               body="grant_type=client_credentials")
        self.assertEqual((status, json.loads(text)["error"]), (400, "unauthorized_client"))
        self.assertIn("CODE", json.loads(text)["error_description"])
        status, text = request(self.world.service.url, "POST", "/oauth/token", basic=(made.id, "wrong"),
                               body="grant_type=client_credentials")
        self.assertEqual((status, json.loads(text)["error"]), (401, "invalid_client"))

    def test_the_last_administrator_stays(self):
        own = self.world.admin["client_id"]
        # Others of these tests that may administer everything would do.
        for client in self.api.get_oauth_clients().entities:
            if client.id != own:
                self.api.delete_oauth_client(client.id)
        me = self.api.get_oauth_client(own)
        body = {"name": me.name, "authorizedGrantType": "CLIENT-CREDENTIALS"}
        roles = [{"roleId": it.role_id, "divisionId": it.division_id} for it in me.role_divisions]
        code = "last.administrator"
        self.refused(409, code, lambda: self.api.delete_oauth_client(own))
        for change in ({"roleDivisions": roles, "state": "inactive"}, {"roleIds": ["execute"]},
                       {"roleDivisions": [{"roleId": "administer", "divisionId": SALES}]}):
            self.refused(409, code, lambda: self.api.put_oauth_client(own, body={**body, **change}))
        self.make(roleDivisions=[{"roleId": ADMIN, "divisionId": SALES}])
        self.refused(409, code, lambda: self.api.delete_oauth_client(own))
        other = self.make(roleDivisions=[{"roleId": ADMIN, "divisionId": HOME}])
        self.api.put_oauth_client(own, body={**body, "roleDivisions": roles, "description": "not the last"})
        theirs = sdk.OAuthApi(self.as_client(other))
        theirs.put_oauth_client(own, body={**body, "roleDivisions": roles, "state": "inactive"})
        self.refused(409, code, lambda: theirs.delete_oauth_client(other.id))
        theirs.put_oauth_client(own, body={**body, "roleDivisions": roles, "state": "active"})
        self.api.delete_oauth_client(other.id)

    def test_who_made_it_has_an_address(self):
        made = self.make()
        own = self.world.admin["client_id"]
        self.assertEqual((made.created_by.id, made.created_by.self_uri), (own, f"/api/v2/oauth/clients/{own}"))
        first = self.api.get_oauth_client(own)
        self.assertEqual((first.created_by.id, first.created_by.self_uri), ("cli", None))

    def test_the_list_is_whole(self):
        for _ in range(27):
            self.make(name="Many")
        whole = self.api.get_oauth_clients()
        self.assertEqual((len(whole.entities), whole.page_count), (whole.total, 1))
        self.assertGreater(whole.total, 27)
        status, text = request(self.world.service.url, "GET", "/api/v2/oauth/clients?pageSize=10&name=many",
                               self.client.access_token)
        page = json.loads(text)
        self.assertEqual((len(page["entities"]), page["total"], page["pageCount"]), (10, 27, 3))

    def test_usage_by_weeks_and_months(self):
        made = self.make(roleIds=["execute"])
        theirs = sdk.OAuthApi(self.as_client(made))
        self.refused(403, "missing.permissions", theirs.get_oauth_clients)
        for granularity, metrics in [("Week", ["Requests", "Status400"]), ("Month", []), ("Day", ["Requests"])]:
            asked = self.api.post_oauth_client_usage_query(made.id, body={
                "interval": "2025-01-01T00:00:00Z/2100-01-01T00:00:00Z", "granularity": granularity,
                "metrics": metrics, "groupBy": ["OAuthClientId"]})
            rows = self.api.get_oauth_client_usage_query_result(asked.execution_id, made.id).results
            self.assertEqual([(it.requests, it.organization_id, it.client_name) for it in rows], [(1, ID, "One")])
            self.assertEqual(rows[0].status200, None if metrics else 0)
            self.assertEqual(rows[0].date.day if granularity == "Month" else 1, 1)
            if granularity == "Week":
                self.assertEqual(rows[0].date.weekday(), 0, "a Monday")
        message = self.refused(400, "bad.request", lambda: self.api.post_oauth_client_usage_query(made.id, body={
            "interval": "1990-01-01T00:00:00Z/2100-01-01T00:00:00Z", "granularity": "Week"}))
        self.assertIn("400 weeks", message)
        self.refused(400, "bad.request", lambda: self.api.post_oauth_client_usage_query(made.id, body={
            "interval": "2025-01-01/2026-01-01", "metrics": ["Status600"]}))


class WithAnAdministratorInTheFile(unittest.TestCase):
    def test_the_last_of_the_store_may_go(self):
        os.environ["TOLLGATE_TEST_SECRET"] = SECRET
        self.addCleanup(os.environ.pop, "TOLLGATE_TEST_SECRET")
        world = Stored(server=CALLER)
        self.addCleanup(world.end)
        api = sdk.OAuthApi(world.login())
        api.delete_oauth_client(world.admin["client_id"])


if __name__ == "__main__":
    unittest.main()
