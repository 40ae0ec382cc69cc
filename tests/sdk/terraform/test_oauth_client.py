"""genesyscloud_oauth_client: `resource_genesyscloud_oauth_client.go`, its proxy and its utils."""

import unittest

from provider import Resource, over_each_store

HOME = "1f6d5c4e-2b1a-4c3d-9e8f-7a6b5c4d3e2f"
SALES = "2f6d5c4e-2b1a-4c3d-9e8f-7a6b5c4d3e2f"
ADMIN = "3f6d5c4e-2b1a-4c3d-9e8f-7a6b5c4d3e2f"
CLIENTS = "/api/v2/oauth/clients"
READ = ["name", "description", "accessTokenValiditySeconds", "authorizedGrantType", "state", "registeredRedirectUri",
        "scope"]


def roles(client):
    return sorted((it["roleId"], it["divisionId"]) for it in client["roleDivisions"])


class AnOAuthClient(Resource):
    settings = f"""
    [organization]
    id = "0f6d5c4e-2b1a-4c3d-9e8f-7a6b5c4d3e2f"
    [[organization.division]]
    id = "{HOME}"
    name = "Home"
    home = true
    [[organization.division]]
    id = "{SALES}"
    name = "Sales"
    [[organization.role]]
    id = "{ADMIN}"
    name = "Admin"
    grants = ["administer"]
    """

    def life(self, written, changed):
        """Create, read, update, read and delete, as the provider does."""
        token = self.done(self.provider.get("/api/v2/tokens/me"))
        self.assertTrue(token["OAuthClient"]["organization"]["id"])
        made = self.done(self.provider.post(CLIENTS, written))
        self.assertTrue(made["secret"])
        path = f"{CLIENTS}/{made['id']}"
        for now in (written, changed):
            if now is changed:
                self.done(self.provider.put(path, changed))
            found = self.done(self.provider.get(path))
            whole = {"registeredRedirectUri": [], "scope": [], "roleDivisions": [], **now}
            self.assert_no_drift(whole, found, READ)
            self.assertEqual(roles(found), roles(whole))
            self.assertNotIn("secret", found)
        self.done(self.provider.put(path, {**changed, "state": "inactive"}))
        self.done(self.provider.delete(path), 204)
        self.gone(path)

    def test_client_credentials_with_roles_of_the_platform(self):
        written = {
            "name": "Terraform", "description": "Made by Terraform", "accessTokenValiditySeconds": 600,
            "authorizedGrantType": "CLIENT-CREDENTIALS", "state": "active",
            "roleDivisions": [{"roleId": ADMIN, "divisionId": HOME}],
        }
        changed = {**written, "name": "Renamed", "accessTokenValiditySeconds": 86400,
                   "roleDivisions": [{"roleId": ADMIN, "divisionId": SALES}, {"roleId": "execute", "divisionId": HOME}]}
        self.life(written, changed)

    def test_a_code_authorization(self):
        """The provider's own example."""
        written = {
            "name": "Example Client", "description": "For example purposes only", "accessTokenValiditySeconds": 600,
            "authorizedGrantType": "CODE", "state": "active", "scope": ["users:readonly", "analytics"],
            "registeredRedirectUri": ["https://example.com/auth"],
        }
        changed = {**written, "registeredRedirectUri": ["https://example.com/auth", "https://example.com/auth2"]}
        self.life(written, changed)

    def test_a_credential_of_an_integration_with_it(self):
        made = self.done(self.provider.post(CLIENTS, {"name": "Pool", "authorizedGrantType": "CLIENT-CREDENTIALS",
                                                      "accessTokenValiditySeconds": 600, "state": "active"}))
        credential = self.done(self.provider.post("/api/v2/integrations/credentials", {
            "name": "Pool", "type": {"name": "pureCloudOAuthClient"},
            "credentialFields": {"clientId": made["id"], "clientSecret": made["secret"]}}))
        self.assertEqual(credential["name"], "Pool")

    def test_all_are_exported(self):
        """The provider asks for the list, and again for each further page that it is told of."""
        names = {f"Exported {number}" for number in range(30)}
        for name in names:
            self.done(self.provider.post(CLIENTS, {"name": name, "authorizedGrantType": "CLIENT-CREDENTIALS"}))
        first = self.done(self.provider.get(CLIENTS))
        found = list(first["entities"])
        for _ in range(2, first["pageCount"] + 1):
            found += self.done(self.provider.get(CLIENTS))["entities"]
        ids = [it["id"] for it in found]
        self.assertEqual(len(ids), len(set(ids)), "none twice")
        self.assertEqual(len(ids), first["total"])
        self.assertLessEqual(names, {it["name"] for it in found})


OnSQLite, OnPostgreSQL = over_each_store(AnOAuthClient)
del AnOAuthClient


if __name__ == "__main__":
    unittest.main()
