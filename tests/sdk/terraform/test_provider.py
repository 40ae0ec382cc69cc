"""How the provider starts: `provider.go`, `division.go`.

Before it looks at a resource it logs in and asks for the organisation, whose country it needs, and for its products; the
home division is asked for once, where a resource names none.
"""

import unittest

from provider import Resource, over_each_store

HOME = "1f6d5c4e-2b1a-4c3d-9e8f-7a6b5c4d3e2f"


class TheProvider(Resource):
    settings = f"""
    [organization]
    id = "0f6d5c4e-2b1a-4c3d-9e8f-7a6b5c4d3e2f"
    name = "Acme"
    default_country_code = "DE"
    [[organization.division]]
    id = "{HOME}"
    name = "Home"
    home = true
    """

    def test_it_starts(self):
        organization = self.done(self.provider.get("/api/v2/organizations/me"))
        self.assertEqual(organization["defaultCountryCode"], "DE")
        self.assertEqual((organization["name"], organization["state"]), ("Acme", "active"))
        products = self.done(self.provider.get("/api/v2/authorization/products"))
        self.assertEqual([it["id"] for it in products["entities"]], [])
        self.assertEqual(products["total"], 0)
        home = self.done(self.provider.get("/api/v2/authorization/divisions/home"))
        self.assertEqual(home["id"], HOME)

    def test_a_division_by_its_name(self):
        """The data source genesyscloud_auth_division; every parameter is sent that isn't empty."""
        path = "/api/v2/authorization/divisions?pageSize=100&pageNumber=1&objectCount=false&name=Home"
        found = self.done(self.provider.get(path))["entities"]
        self.assertEqual([(it["id"], it["name"], it["homeDivision"]) for it in found], [(HOME, "Home", True)])


OnSQLite, OnPostgreSQL = over_each_store(TheProvider)
del TheProvider


if __name__ == "__main__":
    unittest.main()
