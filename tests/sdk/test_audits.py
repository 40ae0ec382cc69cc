"""Who changed what, as audit scripts written for the platform ask for it."""

import json
import unittest

import PureCloudPlatformClientV2 as sdk
from PureCloudPlatformClientV2.rest import ApiException

from stored import Stored

EVER = "2020-01-01T00:00:00Z/2100-01-01T00:00:00Z"


class Audits(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = Stored()
        client = cls.world.login()
        cls.api = sdk.AuditApi(client)
        integrations = sdk.IntegrationsApi(client)
        cls.made = integrations.post_integrations(
            body={"name": "Audited", "integrationType": {"id": "custom-rest-actions"}})
        integrations.patch_integration(cls.made.id, body={"name": "Renamed"})
        oauth = sdk.OAuthApi(client)
        cls.client = oauth.post_oauth_clients(body={"name": "Audited", "authorizedGrantType": "CLIENT-CREDENTIALS"})
        oauth.post_oauth_client_secret(cls.client.id)

    @classmethod
    def tearDownClass(cls):
        statuses = cls.world.stop()
        assert statuses == (0, 0), statuses

    def realtime(self, **more):
        return self.api.post_audits_query_realtime(body={"interval": EVER, **more}, expand=["user"])

    def filtered(self, *filters, **more):
        filters = [{"property": name, "value": value} for name, value in filters]
        return [(it.service_name, it.entity_type, it.action) for it in self.realtime(filters=filters, **more).entities]

    def refused(self, words, **more):
        with self.assertRaises(ApiException) as raised:
            self.realtime(**more)
        self.assertEqual(raised.exception.status, 400)
        self.assertIn(words, json.loads(raised.exception.body)["message"])

    def test_services_have_the_platforms_names(self):
        for mapping in (self.api.get_audits_query_servicemapping(),
                        self.api.get_audits_query_realtime_servicemapping()):
            services = {it.name: {of.name: of.actions for of in it.entities} for it in mapping.services}
            self.assertEqual(sorted(services),
                             ["Architect", "Datatables", "Integrations", "PeoplePermissions", "Tollgate"])
            self.assertIn("NewSecret", services["PeoplePermissions"]["OAuthClient"])
        for name, entities in services.items():
            found = self.realtime(serviceName=name.upper(), pageSize=500).entities
            self.assertEqual({it.service_name for it in found} - {name}, set(), name)
            for entry in found:
                self.assertIn(entry.action, entities[entry.entity_type])
        self.refused("Integrations", serviceName="Bogus")

    def test_an_entry_is_told_as_the_platform_tells_one(self):
        filters = [{"property": "EntityId", "value": self.made.id}, {"property": "Action", "value": "CREATE"}]
        (entry,) = self.realtime(filters=filters).entities
        own = self.world.admin["client_id"]
        self.assertEqual((entry.service_name, entry.entity_type, entry.action, entry.level, entry.status),
                         ("Integrations", "Integration", "Create", "USER", "SUCCESS"))
        self.assertEqual((entry.entity.id, entry.entity.name, entry.entity.self_uri),
                         (self.made.id, "Audited", f"/api/v2/integrations/{self.made.id}"))
        self.assertEqual((entry.client.id, entry.client.self_uri), (own, f"/api/v2/oauth/clients/{own}"))

    def test_filters(self):
        made = ("Integrations", "Integration", "Create")
        updated = ("Integrations", "Integration", "Update")
        self.assertEqual(self.filtered(("EntityType", "integration")), [updated, made], "the newest first")
        for order, expected in (("ascending", [made, updated]), ("Descending", [updated, made])):
            sort = [{"name": "Timestamp", "sortOrder": order}]
            self.assertEqual(self.filtered(("EntityType", "INTEGRATION"), sort=sort), expected)
        either = self.filtered(("Action", "create"), ("Action", "Update"), ("EntityType", "Integration"))
        self.assertEqual(either, [updated, made], "one of those of a property must fit")
        self.assertEqual(self.filtered(("Action", "newsecret")), [("PeoplePermissions", "OAuthClient", "NewSecret")])
        own = self.world.admin["client_id"]
        self.assertIn(made, self.filtered(("ClientId", own)))
        for nobody in (("ClientId", self.client.id), ("UserId", own), ("TrusteeOrganizationId", own)):
            self.assertEqual(self.filtered(nobody), [])
        self.assertEqual(self.filtered(("EntityType", "Integration"), serviceName="Architect"), [])
        self.refused("Integration, ", filters=[{"property": "EntityType", "value": "Queue"}])
        self.refused("UserId", filters=[{"property": "Bogus", "value": "x"}])
        self.refused("Timestamp", sort=[{"name": "UserId", "sortOrder": "ascending"}])
        self.refused("one entry", sort=[{"name": "Timestamp"}, {"name": "Timestamp"}])

    def test_a_query_is_fetched_part_by_part(self):
        body = {"interval": EVER, "serviceName": "integrations", "sort": [{"name": "Timestamp"}],
                "filters": [{"property": "EntityType", "value": "Integration"}]}
        asked = self.api.post_audits_query(body=body)
        found = self.api.get_audits_query_transaction_id(asked.id)
        for it in (asked, found):
            self.assertEqual((it.state, it.interval, it.service_name), ("Succeeded", EVER, "integrations"))
            self.assertEqual([of.value for of in it.filters], ["Integration"])
        self.assertEqual(asked.start_date, found.start_date)
        seen, cursor = [], None
        while True:
            more = {"cursor": cursor} if cursor else {}
            part = self.api.get_audits_query_transaction_id_results(asked.id, page_size=1, allow_redirect=True, **more)
            self.assertEqual((part.id, part.page_size, len(part.entities)), (asked.id, 1, 1))
            seen += [it.action for it in part.entities]
            cursor = part.cursor
            if not cursor:
                break
        self.assertEqual(seen, ["Update", "Create"])
        for ask, status in [(lambda: self.api.get_audits_query_transaction_id("bogus"), 404),
                            (lambda: self.api.get_audits_query_transaction_id_results(asked.id, cursor="b"), 400),
                            (lambda: self.api.post_audits_query(body={**body, "serviceName": "x"}), 400)]:
            with self.assertRaises(ApiException) as raised:
                ask()
            self.assertEqual(raised.exception.status, status)

    def test_what_else_a_request_changed(self):
        newest = self.realtime(filters=[{"property": "Action", "value": "NewSecret"}]).entities[0]
        related = self.api.post_audits_query_realtime_related(body={"auditId": newest.id})
        self.assertNotIn(newest.id, [it.id for it in related.entities])
        with self.assertRaises(ApiException) as raised:
            self.api.post_audits_query_realtime_related(body={"auditId": "999999"})
        self.assertEqual(raised.exception.status, 404)


if __name__ == "__main__":
    unittest.main()
