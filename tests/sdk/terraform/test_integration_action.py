"""genesyscloud_integration_action: published at once, with its blocks or without them."""

from actions import ACTIONS, CONTRACT, INTEGRATIONS, REQUEST, RESPONSE, Actions
from provider import over_each_store

DRIFT = ["name", "category", "integrationId", "secure", "contract", "config.timeoutSeconds"]


class IntegrationAction(Actions):
    def body(self, integration, name="TF action", **config):
        return {
            "name": name, "category": "TF actions", "integrationId": integration, "secure": False,
            "contract": CONTRACT, "config": {"request": REQUEST, "response": {}, **config},
        }

    def read(self, id):
        path = f"{ACTIONS}/{id}"
        shown = self.done(self.provider.get(f"{path}?expand=contract&includeConfig=true"))
        return self.state(shown, path)

    def update(self, id, body):
        """updateIntegrationAction: with the version that it has just read."""
        shown = self.done(self.provider.get(f"{ACTIONS}/{id}?expand=contract&includeConfig=true"))
        patch = {key: body[key] for key in ("name", "category", "config")}
        return self.done(self.provider.patch(f"{ACTIONS}/{id}", {**patch, "version": shown["version"]}))

    def delete(self, id, integration=None):
        self.done(self.provider.delete(f"{ACTIONS}/{id}"), 204)
        self.gone(f"{ACTIONS}/{id}?expand=contract&includeConfig=true")
        if integration:
            self.done(self.provider.delete(f"{INTEGRATIONS}/{integration}"))

    def test_a_life_with_both_blocks(self):
        integration = self.integration("TF actions of a life")
        body = self.body(integration, response=RESPONSE, timeoutSeconds=30)
        made = self.done(self.provider.post(ACTIONS, body))
        state = self.read(made["id"])
        self.assert_no_drift(body, state, DRIFT)
        self.assert_config(body["config"], state)

        body = self.body(integration, "TF renamed", response={**RESPONSE, "successTemplate": "${rawResult}"})
        body["config"]["request"] = {**REQUEST, "requestType": "PUT", "headers": {}}
        self.update(made["id"], body)
        state = self.read(made["id"])
        self.assert_no_drift(body, state, DRIFT)
        self.assert_config(body["config"], state)
        self.assertEqual(self.read(made["id"]), state, "reading changes nothing")
        self.delete(made["id"], integration)

    def test_without_a_response_block(self):
        integration = self.integration("TF actions without a response")
        request = {**REQUEST, "requestTemplate": "", "headers": {}}
        body = self.body(integration, request=request)
        made = self.done(self.provider.post(ACTIONS, body))
        state = self.read(made["id"])
        self.assert_no_drift(body, state, DRIFT)
        self.assertEqual(state["config"]["response"]["successTemplate"], "${rawResult}", "the answer as it is")
        self.assertEqual(state["config"]["request"]["requestTemplate"], "", "no body is sent")
        # The provider keeps what it has read, and sends it with the next update.
        self.update(made["id"], {**body, "config": state["config"]})
        self.assertEqual(self.read(made["id"])["config"], state["config"])
        self.delete(made["id"], integration)

    def test_without_a_request_block(self):
        integration = self.integration("TF actions without a request")
        body = self.body(integration, request={})
        status, refused, _ = self.provider.post(ACTIONS, body)
        self.assertEqual((status, refused["code"]), (400, "action.invalid"))
        self.assertIn("config.request.requestUrlTemplate", refused["message"])
        self.done(self.provider.delete(f"{INTEGRATIONS}/{integration}"))

    def test_names_are_not_unique(self):
        one, other = (self.integration(f"TF actions {n}") for n in "ab")
        made = [self.done(self.provider.post(ACTIONS, self.body(of)))["id"] for of in (one, one, other)]
        # The data source lists those of a name, and takes the one that there is.
        found = self.pages(f"{ACTIONS}?name=TF%20action")
        self.assertEqual(sorted(it["id"] for it in found), sorted(made))
        by_name = "/api/v2/tollgate/actions/TF%20actions%20{}/TF%20action/execute"
        status, refused, _ = self.provider.post(by_name.format("a"), {"id": "x"})
        self.assertEqual((status, refused["code"]), (409, "name.not.unique"))
        self.assertEqual(sorted(refused["messageParams"]["ids"].split(",")), sorted(made[:2]), refused)
        self.assertNotEqual(self.provider.post(by_name.format("b"), {"id": "x"})[1]["code"], "name.not.unique")
        for id in made:
            self.delete(id)
        for id in (one, other):
            self.done(self.provider.delete(f"{INTEGRATIONS}/{id}"))

    def test_the_export_lists_all(self):
        integration = self.integration("TF actions to export")
        made = [self.done(self.provider.post(ACTIONS, self.body(integration, f"TF {n}")))["id"] for n in range(103)]
        listed = {it["id"]: it for it in self.pages(ACTIONS)}
        self.assertEqual(set(made), set(listed))
        for id in made[:3]:
            self.assertEqual((listed[id]["category"], listed[id]["integrationId"]), ("TF actions", integration))
        for id in made:
            self.done(self.provider.delete(f"{ACTIONS}/{id}"), 204)
        self.done(self.provider.delete(f"{INTEGRATIONS}/{integration}"))

    def test_a_function_is_refused_in_clear_words(self):
        made = self.done(self.provider.post(INTEGRATIONS, {"integrationType": {"id": "function-data-actions"}}))
        body = {**self.body(made["id"], request={}), "category": "TF Function Data Actions"}
        status, refused, _ = self.provider.post(f"{ACTIONS}/drafts", body)
        self.assertEqual(status, 400, refused)
        self.assertIn("run its code behind an HTTPS address of your own", refused["message"])
        self.done(self.provider.delete(f"{INTEGRATIONS}/{made['id']}"))


SQLite, PostgreSQL = over_each_store(IntegrationAction)
del IntegrationAction
