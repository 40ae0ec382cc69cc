"""genesyscloud_integration_custom_auth_action: made by the configuration, changed by the plan, gone with its integration."""

from actions import ACTIONS, CONTRACT, INTEGRATIONS, REQUEST, RESPONSE, Actions
from provider import over_each_store

CREDENTIALS = f"{INTEGRATIONS}/credentials"


class IntegrationCustomAuthAction(Actions):
    def credential(self):
        return self.done(self.provider.post(CREDENTIALS, {
            "name": "TF login", "type": {"name": "userDefinedOAuth"},
            "credentialFields": {"loginUrl": "https://example.com", "clientId": "a", "clientSecret": "b"},
        }))["id"]

    def checked(self, integration):
        """isIntegrationAndCredTypesCorrect: what must be so for an integration to have such an action."""
        shown = self.done(self.provider.get(f"{INTEGRATIONS}/{integration}?pageSize=1&pageNumber=1"))
        self.assertEqual(shown["integrationType"]["id"], "custom-rest-actions")
        config = self.done(self.provider.get(f"{INTEGRATIONS}/{integration}/config/current"))
        credential = self.done(self.provider.get(f"{CREDENTIALS}/{config['credentials']['basicAuth']['id']}"))
        self.assertEqual(credential["type"]["name"], "userDefinedOAuth")

    def get(self, id):
        return self.done(self.provider.get(f"{ACTIONS}/{id}?includeConfig=true&flatten=true"))

    def update(self, id, config, name=None):
        seen = self.get(id)
        body = {"name": name or seen["name"], "version": seen["version"], "config": config}
        return self.done(self.provider.patch(f"{ACTIONS}/{id}", body))

    def read(self, id):
        return self.state(self.get(id), f"{ACTIONS}/{id}")

    def test_a_life(self):
        credential = self.credential()
        integration = self.integration("TF login", credentials={"basicAuth": {"id": credential}})
        self.checked(integration)
        id = f"customAuth_-_{integration}"
        self.assertEqual(self.get(id)["version"], 1)
        self.assertNotIn(id, [it["id"] for it in self.pages(f"{ACTIONS}")])

        for config, name in [
            ({"request": {**REQUEST, "requestUrlTemplate": "https://example.com/token"}, "response": RESPONSE}, None),
            ({"request": {**REQUEST, "requestUrlTemplate": "https://example.com/token"}, "response": {}}, "TF's own"),
        ]:
            changed = self.update(id, config, name)
            state = self.read(id)
            self.assertEqual((state["name"], state["integrationId"]), (changed["name"], integration))
            self.assert_config(config, state)
        # The export has those that were changed: of version 2 or later.
        exported = [it for it in self.pages(f"{ACTIONS}?includeAuthActions=true") if it["id"].startswith("customAuth")]
        self.assertEqual([(it["id"], it["version"]) for it in exported], [(id, 3)])

        # The resource's delete does nothing; the integration's takes the action along.
        self.done(self.provider.delete(f"{INTEGRATIONS}/{integration}"))
        self.gone(f"{ACTIONS}/{id}")
        self.done(self.provider.delete(f"{CREDENTIALS}/{credential}"), 204)

    def test_other_actions_are_what_keeps_the_integration(self):
        credential = self.credential()
        integration = self.integration("TF login in use", credentials={"basicAuth": {"id": credential}})
        body = {"name": "TF other", "category": "TF", "integrationId": integration, "secure": False,
                "contract": CONTRACT, "config": {"request": REQUEST, "response": {}}}
        other = self.done(self.provider.post(ACTIONS, body))["id"]
        status, refused, _ = self.provider.delete(f"{INTEGRATIONS}/{integration}")
        self.assertEqual((status, refused["code"]), (409, "in.use"))
        self.assertIn(other, refused["message"])
        self.done(self.provider.delete(f"{ACTIONS}/{other}"), 204)
        self.done(self.provider.delete(f"{INTEGRATIONS}/{integration}"))
        self.done(self.provider.delete(f"{CREDENTIALS}/{credential}"), 204)

    def test_an_action_without_a_request_is_refused(self):
        credential = self.credential()
        integration = self.integration("TF login without one", credentials={"basicAuth": {"id": credential}})
        seen = self.get(f"customAuth_-_{integration}")
        body = {"name": seen["name"], "version": 1, "config": {"request": {}, "response": {}}}
        status, refused, _ = self.provider.patch(f"{ACTIONS}/{seen['id']}", body)
        self.assertEqual((status, refused["code"]), (400, "action.invalid"))
        self.assertIn("config.request.requestUrlTemplate", refused["message"])
        self.done(self.provider.delete(f"{INTEGRATIONS}/{integration}"))
        self.done(self.provider.delete(f"{CREDENTIALS}/{credential}"), 204)


SQLite, PostgreSQL = over_each_store(IntegrationCustomAuthAction)
del IntegrationCustomAuthAction
