"""genesyscloud_integration: made of its type alone, then configured, then enabled."""

from provider import Resource, over_each_store

INTEGRATIONS = "/api/v2/integrations"
# What the provider's read sets the state from; it takes each to be there.
READ = ["name", "notes", "properties", "advanced", "credentials"]


class Integration(Resource):
    def create(self, kind, config, state="ENABLED"):
        """createIntegration; gives the id."""
        made = self.done(self.provider.post(INTEGRATIONS, {"integrationType": {"id": kind}}))
        self.configure(made["id"], config)
        if state != "DISABLED":
            self.patch(made["id"], state)
        return made["id"]

    def configure(self, id, config):
        """updateIntegrationConfigFromResourceData: it fills in from what there is what the plan doesn't say."""
        path = f"{INTEGRATIONS}/{id}/config/current"
        now = self.done(self.provider.get(path))
        body = {
            "name": config.get("name") or now["name"],
            "notes": config.get("notes", ""),
            "properties": config.get("properties") or now["properties"],
            "advanced": config.get("advanced") or now["advanced"],
            "credentials": {place: {"id": of} for place, of in config.get("credentials", {}).items()},
        }
        version = self.done(self.provider.get(path))["version"]
        return self.done(self.provider.put(path, {**body, "version": version}))

    def patch(self, id, state):
        path = f"{INTEGRATIONS}/{id}?pageSize=25&pageNumber=1"
        return self.done(self.provider.patch(path, {"intendedState": state}))

    def read(self, id):
        """readIntegration: what its state holds afterwards."""
        shown = self.done(self.provider.get(f"{INTEGRATIONS}/{id}?pageSize=100&pageNumber=1"))
        config = self.done(self.provider.get(f"{INTEGRATIONS}/{shown['id']}/config/current"))
        for field in READ:
            self.assertIsNotNone(config[field], field)
        self.assertEqual(config["name"], shown["name"], "the name of the block in an export")
        return {
            "integration_type": shown["integrationType"]["id"],
            "intended_state": shown["intendedState"],
            "config": {
                **{field: config[field] for field in READ},
                "credentials": {place: of["id"] for place, of in config["credentials"].items()},
            },
        }

    def test_a_life(self):
        config = {"name": f"TF {self.store}", "notes": "by a plan", "properties": {"requestsPerMinute": 9}}
        id = self.create("custom-rest-actions", config)
        state = self.read(id)
        self.assertEqual(state["intended_state"], "ENABLED")
        self.assert_no_drift(config, state["config"], ["name", "notes", "properties"])

        # The data source finds it by the name that the configuration has given it.
        found = [it["id"] for it in self.pages(INTEGRATIONS) if it["name"] == config["name"]]
        self.assertEqual(found, [id])

        changed = {**config, "name": f"TF {self.store}, renamed", "notes": "", "advanced": {"a": [1]}}
        self.configure(id, changed)
        self.patch(id, "DISABLED")
        state = self.read(id)
        self.assertEqual(state["intended_state"], "DISABLED")
        self.assert_no_drift(changed, state["config"], ["name", "notes", "properties", "advanced"])
        self.assertEqual(self.read(id), state, "reading changes nothing")

        self.done(self.provider.delete(f"{INTEGRATIONS}/{id}"))
        self.gone(f"{INTEGRATIONS}/{id}?pageSize=100&pageNumber=1")

    def test_without_a_config_block(self):
        made = [self.done(self.provider.post(INTEGRATIONS, {"integrationType": {"id": "custom-rest-actions"}}))
                for _ in range(3)]
        names = [it["name"] for it in made]
        self.assertEqual(len(set(names)), 3)
        self.assertTrue(all(name.startswith("Web Services Data Actions") for name in names), names)
        for it in made:
            self.assertEqual(self.read(it["id"])["config"]["name"], it["name"])
            self.done(self.provider.delete(f"{INTEGRATIONS}/{it['id']}"))

    def test_credentials_in_its_places(self):
        credential = self.done(self.provider.post(f"{INTEGRATIONS}/credentials", {
            "name": "TF", "type": {"name": "basicAuth"},
            "credentialFields": {"userName": "a", "password": "b"},
        }))
        config = {"name": "TF with credentials", "credentials": {"basicAuth": credential["id"]}}
        id = self.create("custom-rest-actions", config)
        self.assert_no_drift(config, self.read(id)["config"], ["name", "credentials"])
        shown = self.done(self.provider.get(f"{INTEGRATIONS}/{id}/config/current"))["credentials"]["basicAuth"]
        self.assertEqual((shown["name"], shown["type"]["name"]), ("TF", "basicAuth"))
        self.configure(id, {"name": config["name"]})
        self.assertEqual(self.read(id)["config"]["credentials"], {})
        self.done(self.provider.delete(f"{INTEGRATIONS}/{id}"))
        self.done(self.provider.delete(f"{INTEGRATIONS}/credentials/{credential['id']}"), 204)

    def test_a_configuration_that_was_changed_meanwhile(self):
        id = self.create("custom-rest-actions", {"name": "TF in haste"}, "DISABLED")
        path = f"{INTEGRATIONS}/{id}/config/current"
        seen = self.done(self.provider.get(path))
        self.done(self.provider.patch(f"{INTEGRATIONS}/{id}", {"name": "TF, by another"}))
        late = {key: seen[key] for key in [*READ, "version"]}
        self.assertEqual(self.provider.put(path, late)[0], 409, "which the provider takes for: read again")
        self.configure(id, {"name": "TF in haste"})
        self.assertEqual(self.read(id)["config"]["name"], "TF in haste")
        self.done(self.provider.delete(f"{INTEGRATIONS}/{id}"))

    def test_a_new_name_takes_its_actions_along(self):
        id = self.create("custom-rest-actions", {"name": "TF before"})
        action = {
            "name": "Of it", "category": "TF before", "integrationId": id,
            "config": {"request": {"requestUrlTemplate": "https://example.com/x", "requestType": "GET"}},
            "contract": {"input": {"inputSchema": {"type": "object"}},
                         "output": {"successSchema": {"type": "object"}}},
        }
        made = self.done(self.provider.post(f"{INTEGRATIONS}/actions", action))
        self.configure(id, {"name": "TF after"})
        path = f"{INTEGRATIONS}/actions/{made['id']}"
        self.assertEqual(self.done(self.provider.get(path))["category"], "TF after")
        categories = self.pages(f"{INTEGRATIONS}/actions/categories")
        self.assertIn("TF after", [it["name"] for it in categories])
        self.assertNotIn("TF before", [it["name"] for it in categories])
        by_name = "/api/v2/tollgate/actions/{}/Of%20it/execute"
        self.assertEqual(self.provider.post(by_name.format("TF%20before"), {})[0], 404)
        status, body, _ = self.provider.post(by_name.format("TF%20after"), {})
        self.assertNotEqual(status, 404, body)
        self.done(self.provider.delete(path), 204)
        self.done(self.provider.delete(f"{INTEGRATIONS}/{id}"))


SQLite, PostgreSQL = over_each_store(Integration)
del Integration
