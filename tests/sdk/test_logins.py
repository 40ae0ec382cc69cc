"""How callers of the configuration file log in, in each way that it allows them, and where from."""

import unittest

import PureCloudPlatformClientV2 as sdk

from doors import LIST, Doors, ask, basic, curl, token
from world import sdk_client

FLOWS = "flows-secret-7f3a91c2"
SCRIPTS = "scripts-secret-5d170b68"
KEY = "an-api-key-33e9a4f512d0"
NEAR = "near-secret-6c6e8b1d42"
EVERY_WAY = "every-way-secret-0a9d4c"

CALLERS = """
[[caller]]
client_id = "flows"
client_secret_env = "FLOWS"

[[caller]]
client_id = "scripts"
client_secret_env = "SCRIPTS"
logins = ["basic"]

[[caller]]
client_id = "cron"
api_key_env = "KEY"
logins = ["api-key"]

[[caller]]
client_id = "every way"
client_secret_env = "EVERY_WAY"
api_key_env = "EVERY_WAY_KEY"
logins = ["oauth", "basic", "api-key"]

[[caller]]
client_id = "near"
client_secret_env = "NEAR"
api_key_env = "NEAR_KEY"
logins = ["oauth", "basic", "api-key"]
allowed_networks = ["10.1.0.0/16", "2001:db8::/32"]
"""
ENV = {"FLOWS": FLOWS, "SCRIPTS": SCRIPTS, "KEY": KEY, "NEAR": NEAR, "NEAR_KEY": "near-" + KEY,
       "EVERY_WAY": EVERY_WAY, "EVERY_WAY_KEY": "every-way-" + KEY}


def code(answer):
    return answer[0], (answer[1] or {}).get("code")


class Logins(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = Doors(CALLERS, "wrong_logins_per_minute = 1000", env=ENV)
        cls.url = cls.world.url

    @classmethod
    def tearDownClass(cls):
        assert cls.world.stop() == 0

    def test_each_way_opens_to_those_who_have_it_and_to_no_others(self):
        key = {"X-API-Key": KEY}
        for headers, expected in [
            (basic("scripts", SCRIPTS), (200, None)),
            (key, (200, None)),
            (basic("every way", EVERY_WAY), (200, None)),
            ({"X-API-Key": "every-way-" + KEY}, (200, None)),
            ({}, (401, "authentication.required")),
            ({"Authorization": "Basic nothing"}, (401, "authentication.required")),
            (basic("flows", FLOWS), (401, "bad.credentials")),
            (basic("scripts", FLOWS), (401, "bad.credentials")),
            (basic("nobody", SCRIPTS), (401, "bad.credentials")),
            (basic("cron", KEY), (401, "bad.credentials")),
            (basic("cron", ""), (401, "bad.credentials")),
            ({"X-API-Key": SCRIPTS}, (401, "bad.credentials")),
            ({"X-API-Key": ""}, (401, "bad.credentials")),
            ({"X-API-Key": KEY[:-1]}, (401, "bad.credentials")),
            # Whoever sends a wrong credential means it, whatever else there is.
            ({**key, **basic("scripts", "wrong")}, (401, "bad.credentials")),
            ({**key, "Authorization": "Bearer wrong"}, (401, "bad.credentials")),
        ]:
            with self.subTest(headers=headers):
                self.assertEqual(code(ask(self.url, headers=headers)), expected)
        for name, secret, status in [("flows", FLOWS, 200), ("every way", EVERY_WAY, 200), ("scripts", SCRIPTS, 401),
                                     ("cron", KEY, 401), ("cron", "", 401)]:
            with self.subTest(name=name):
                self.assertEqual(token(self.url, name, secret)[0], status)

    def test_curl_and_the_sdk_log_in(self):
        self.assertEqual(curl("-u", f"scripts:{SCRIPTS}", self.url + LIST)[:3], (0, "1.1", 200))
        self.assertEqual(curl("-H", f"X-API-Key: {KEY}", self.url + LIST)[:3], (0, "1.1", 200))
        client = sdk_client(self.url).get_client_credentials_token("flows", FLOWS)
        self.assertEqual(sdk.IntegrationsApi(client).get_integrations_actions().total, 1)

    def test_a_login_without_a_token_has_none_to_revoke(self):
        answer = ask(self.url, "/api/v2/tokens/me", "DELETE", headers={"X-API-Key": KEY})
        self.assertEqual(code(answer), (400, "bad.request"))
        given = token(self.url, "flows", FLOWS)[1]["access_token"]
        bearer = {"Authorization": f"Bearer {given}"}
        self.assertEqual(ask(self.url, "/api/v2/tokens/me", "DELETE", headers=bearer)[0], 204)
        self.assertEqual(code(ask(self.url, headers=bearer)), (401, "bad.credentials"))

    def test_a_forged_address_has_no_effect(self):
        forged = {"X-Forwarded-For": "10.1.2.3"}
        self.assertEqual(code(token(self.url, "near", NEAR, forged)), (403, "caller.address.not.allowed"))
        for headers in basic("near", NEAR), {"X-API-Key": "near-" + KEY}:
            self.assertEqual(code(ask(self.url, headers=headers)), (403, "caller.address.not.allowed"))
            self.assertEqual(code(ask(self.url, headers={**headers, **forged})), (403, "caller.address.not.allowed"))
        self.assertEqual(code(ask(self.url, headers=basic("near", "wrong"))), (401, "bad.credentials"))


class BehindAProxy(unittest.TestCase):
    def test_a_caller_is_bound_to_its_networks_for_logins_and_tokens_alike(self):
        world = Doors(CALLERS, 'trusted_proxies = ["127.0.0.1"]', env=ENV)
        self.addCleanup(world.stop)
        def from_(address):
            return {"X-Forwarded-For": address}
        inside, outside = from_("10.1.2.3"), from_("10.2.2.3")
        status, given = token(world.url, "near", NEAR, inside)
        self.assertEqual(status, 200, given)
        self.assertEqual(code(token(world.url, "near", NEAR, outside)), (403, "caller.address.not.allowed"))
        bearer = {"Authorization": f"Bearer {given['access_token']}"}
        for address, status in [("10.1.2.3", 200), ("2001:db8::7", 200), ("10.2.2.3", 403), ("2001:db9::7", 403),
                                ("10.1.2.3, 8.8.8.8", 403), ("8.8.8.8, 10.1.2.3", 200), ("no address", 403)]:
            for headers in bearer, basic("near", NEAR), {"X-API-Key": "near-" + KEY}:
                with self.subTest(address=address, headers=headers):
                    self.assertEqual(ask(world.url, headers={**headers, **from_(address)})[0], status)
        self.assertEqual(ask(world.url, headers=bearer)[0], 403, "the proxy's own address isn't allowed")


class Guesses(unittest.TestCase):
    def test_wrong_secrets_are_bounded_and_right_ones_go_on(self):
        world = Doors(CALLERS, 'wrong_logins_per_minute = 10\ntrusted_proxies = ["127.0.0.1"]', env=ENV)
        self.addCleanup(world.stop)
        good = basic("scripts", SCRIPTS), {"X-API-Key": KEY}
        for headers in good:
            self.assertEqual(ask(world.url, headers=headers)[0], 200)
        def guesses(forge, headers):
            ends = [ask(world.url, headers={**headers(nth), "X-Forwarded-For": forge(nth)}) for nth in range(30)]
            self.assertLessEqual({code(it) for it in ends},
                                 {(401, "bad.credentials"), (429, "too.many.requests.retry.after")})
            return sum(status == 401 for status, _ in ends)
        # Charges wear off, one in 6 s.
        self.assertLessEqual(guesses(lambda _: "10.9.0.1", lambda nth: {"X-API-Key": f"guess {nth}"}), 13)
        self.assertLessEqual(guesses(lambda _: "10.9.0.2", lambda nth: basic(f"id {nth}", "guess")), 13)
        self.assertLessEqual(guesses(lambda nth: f"10.8.0.{nth}", lambda nth: basic("scripts", f"guess {nth}")), 13)
        for headers in good:
            for address in "10.9.0.1", "10.9.0.2", "10.8.0.3":
                answer = ask(world.url, headers={**headers, "X-Forwarded-For": address})
                self.assertEqual(answer[0], 200, answer)


if __name__ == "__main__":
    unittest.main(verbosity=2)
