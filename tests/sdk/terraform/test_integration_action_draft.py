"""genesyscloud_integration_action_draft: made, changed and thrown away; the provider never publishes it."""

from actions import ACTIONS, CONTRACT, INTEGRATIONS, REQUEST, RESPONSE, Actions
from provider import over_each_store


class IntegrationActionDraft(Actions):
    def read(self, id):
        path = f"{ACTIONS}/{id}/draft"
        shown = self.done(self.provider.get(f"{path}?expand=contract&flatten=false&includeConfig=true"))
        self.assertIn("timeoutSeconds", shown["config"], "a config is taken to be there")
        return self.state(shown, path)

    def test_a_life(self):
        integration = self.integration("TF drafts")
        body = {
            "name": "TF draft", "category": "TF drafts", "integrationId": integration, "secure": False,
            "contract": CONTRACT, "config": {"request": REQUEST, "response": RESPONSE, "timeoutSeconds": 9},
        }
        id = self.done(self.provider.post(f"{ACTIONS}/drafts", body))["id"]
        state = self.read(id)
        fields = ["name", "category", "integrationId", "secure", "contract", "config.timeoutSeconds"]
        self.assert_no_drift(body, state, fields)
        self.assert_config(body["config"], state)
        flat = self.done(self.provider.get(f"{ACTIONS}/{id}/draft?expand=contract&flatten=true"))["contract"]
        self.assertEqual((set(flat["input"]), set(flat["output"])),
                         ({"inputSchemaFlattened"}, {"successSchemaFlattened"}))
        self.assertEqual(set(flat["output"]["successSchemaFlattened"]), {"schema", "arrayProperties"})
        self.assertIn(id, [it["id"] for it in self.pages(f"{ACTIONS}/drafts")])
        found = self.pages(f"{ACTIONS}/drafts?name=TF%20draft")
        self.assertEqual([it["id"] for it in found], [id])

        change = {**body, "name": "TF renamed", "secure": True, "version": state["version"]}
        del change["integrationId"]
        change["config"] = {"request": {**REQUEST, "requestTemplate": ""}, "response": {}, "timeoutSeconds": 9}
        self.done(self.provider.patch(f"{ACTIONS}/{id}/draft", change))
        state = self.read(id)
        self.assert_no_drift(change, state, ["name", "category", "secure", "contract", "config.timeoutSeconds"])
        self.assert_config(change["config"], state)

        self.done(self.provider.delete(f"{ACTIONS}/{id}/draft"), 204)
        self.gone(f"{ACTIONS}/{id}/draft?expand=contract&flatten=false&includeConfig=true")
        self.done(self.provider.delete(f"{INTEGRATIONS}/{integration}"))


SQLite, PostgreSQL = over_each_store(IntegrationActionDraft)
del IntegrationActionDraft
