"""genesyscloud_integration_credential: written in place, its type included; exported by cursor."""

from provider import Resource, over_each_store

CREDENTIALS = "/api/v2/integrations/credentials"
FIELDS = {
    "basicAuth": {"userName": "a", "password": "hidden 4711"},
    "pureCloudOAuthClient": {"clientId": "a", "clientSecret": "hidden 4711"},
    "userDefined": {"anything": "hidden 4711"},
    # Not one that anything here can call with, yet a plan of a whole organisation has it.
    "amazonWebServicesARN": {"ARN": "arn:aws:iam::1:role/hidden 4711"},
}


class IntegrationCredential(Resource):
    def body(self, name, kind):
        return {"name": name, "type": {"name": kind}, "credentialFields": FIELDS[kind]}

    def read(self, id):
        """readCredential: what its state holds afterwards."""
        status, shown, _ = answer = self.provider.get(f"{CREDENTIALS}/{id}")
        self.done(answer)
        self.assertNotIn("4711", str(shown))
        return {"name": shown["name"], "type": {"name": shown["type"]["name"]}}

    def export(self):
        """getAllIntegrationCreds: by the id of the last one, until there are none."""
        found, after = [], ""
        while True:
            page = self.done(self.provider.get(f"{CREDENTIALS}/listing?after={after}&pageSize=200"))
            if not page["entities"]:
                return found
            found += page["entities"]
            after = page["entities"][-1]["id"]

    def test_a_life(self):
        for kind in FIELDS:
            body = self.body(f"TF {kind}", kind)
            id = self.done(self.provider.post(CREDENTIALS, body))["id"]
            self.assert_no_drift(body, self.read(id), ["name", "type.name"])
            body = self.body("TF renamed", "userDefined" if kind != "userDefined" else "basicAuth")
            self.done(self.provider.put(f"{CREDENTIALS}/{id}", body))
            self.assert_no_drift(body, self.read(id), ["name", "type.name"])
            self.assertIn(id, [it["id"] for it in self.export()])
            self.done(self.provider.delete(f"{CREDENTIALS}/{id}"), 204)
            self.gone(f"{CREDENTIALS}/{id}")

    def test_another_type_needs_its_own_fields(self):
        id = self.done(self.provider.post(CREDENTIALS, self.body("TF", "userDefined")))["id"]
        body = {**self.body("TF", "basicAuth"), "credentialFields": {"anything": "x"}}
        status, refused, _ = self.provider.put(f"{CREDENTIALS}/{id}", body)
        self.assertEqual((status, refused["message"]), (400, "credentialFields.userName: missing or empty."))
        self.assertEqual(self.read(id)["type"]["name"], "userDefined")
        body = {"name": "TF", "type": {"name": "basicAuth"}}
        status, refused, _ = self.provider.put(f"{CREDENTIALS}/{id}", body)
        self.assertEqual((status, refused["message"]), (400, "credentialFields.userName: missing or empty."))
        self.done(self.provider.delete(f"{CREDENTIALS}/{id}"), 204)

    def test_the_export_reads_every_configuration(self):
        made = [self.done(self.provider.post(CREDENTIALS, self.body(f"TF {n:03}", "userDefined")))["id"]
                for n in range(203)]
        exported = [it["id"] for it in self.export()]
        self.assertEqual(sorted(made), exported, "each once")
        page = self.done(self.provider.get(f"{CREDENTIALS}/listing?pageSize=100"))
        forth = self.done(self.provider.get(page["nextUri"]))
        back = self.done(self.provider.get(forth["previousUri"]))
        self.assertEqual(back["entities"], page["entities"])
        self.assertEqual([it["id"] for it in page["entities"] + forth["entities"]], exported[:200])
        self.assertNotIn("previousUri", page)
        self.assertNotIn("nextUri", self.done(self.provider.get(forth["nextUri"])))
        for wrong in ("pageSize=201", "after=a%20b", "after=a&before=b"):
            self.assertEqual(self.provider.get(f"{CREDENTIALS}/listing?{wrong}")[0], 400, wrong)
        # It asks for the configuration of every integration, to name a credential by who uses it.
        for integration in self.pages("/api/v2/integrations"):
            self.done(self.provider.get(f"/api/v2/integrations/{integration['id']}/config/current"))
        for id in made:
            self.done(self.provider.delete(f"{CREDENTIALS}/{id}"), 204)


SQLite, PostgreSQL = over_each_store(IntegrationCredential)
del IntegrationCredential
