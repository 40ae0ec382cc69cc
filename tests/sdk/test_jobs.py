"""Executions that are carried out later: taken in with 202, polled, cancelled, tried again, told to their callers."""

import http.server
import json
import os
import pathlib
import signal
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

from postgres import Postgres, programs
from standardwebhooks import Webhook
from stored import login
from world import Process, WebServer, tollgate

SECRET = "only for this test"
KEY = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
JOBS = "/api/v2/tollgate/jobs"
LATER = {"Prefer": "respond-async"}

CONFIG = """
[server]
listen = "127.0.0.1:0"
drain_timeout = "5s"

[store]
url = "{store}"
key_file = "tollgate.keys"

[jobs]
{jobs}

[[caller]]
client_id = "flows"
flows = ["voice"]
client_secret_env = "TOLLGATE_TEST_SECRET"
[caller.callback]
allowed_hosts = ["127.0.0.1"]
allowed_schemes = ["http"]
allowed_ports = ["{port}"]
allowed_networks = ["127.0.0.0/8"]
secret_env = "TOLLGATE_TEST_KEY"

[[caller]]
client_id = "few"
client_secret_env = "TOLLGATE_TEST_SECRET"
[caller.callback]
allowed_hosts = ["127.0.0.1"]
allowed_schemes = ["http"]
allowed_ports = ["{port}"]
allowed_networks = ["127.0.0.0/8"]
secret_env = "TOLLGATE_TEST_KEY"

[[caller]]
client_id = "other"
client_secret_env = "TOLLGATE_TEST_SECRET"

[[caller]]
client_id = "admin"
roles = ["administer"]
client_secret_env = "TOLLGATE_TEST_SECRET"

[[flow]]
name = "voice"
priority = 0

[[integration]]
name = "Shop"
type = "custom-rest-actions"
actions = {{ folder = "actions" }}
allowed_networks = ["127.0.0.0/8"]
allowed_schemes = ["http"]
allowed_ports = ["{port}"]
"""


class Upstream(http.server.BaseHTTPRequestHandler):
    """A shop that answers as it is told, and a receiver of messages. Both keep what they were asked."""

    protocol_version = "HTTP/1.1"
    lock = threading.Lock()

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        shop = self.server.shop
        with self.lock:
            kind = shop.messages if self.path.startswith("/hook") else shop.asked
            kind.append((self.path, dict(self.headers.items()), body))
            told = shop.told.get(self.path, [])
            status = told.pop(0) if told else 200
        if status == "hold":
            shop.held.set()
            shop.go_on.wait(60)
            status = 200
        text = json.dumps({"path": self.path, "status": status}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        try:
            self.wfile.write(text)
        except OSError:
            pass  # who asked is gone, as the test wants it

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


def action(name, method, port):
    return {
        "name": name, "integrationType": "custom-rest-actions", "actionType": "custom", "secure": False,
        "config": {
            "request": {"requestUrlTemplate": f"http://127.0.0.1:{port}/{name}/${{input.item}}", "requestType": method,
                        "headers": {}, "requestTemplate": "{}"},
            "response": {"translationMap": {"path": "$.path"}, "successTemplate": '{"path": ${path}}'},
            "timeoutSeconds": 20,
        },
        "contract": {
            "input": {"inputSchema": {"type": "object", "required": ["item"],
                                      "properties": {"item": {"type": "string"}}}},
            "output": {"successSchema": {"type": "object", "properties": {"path": {"type": "string"}}}},
        },
    }


class Shop:
    """A folder, a shop, and the service in front of it."""

    def __init__(self, store="sqlite:tollgate.db", jobs=""):
        self.asked, self.messages, self.told = [], [], {}
        self.held, self.go_on = threading.Event(), threading.Event()
        self.web = WebServer(Upstream)
        self.web.server.shop = self
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        (self.path / "actions").mkdir()
        for name, method in (("read", "GET"), ("order", "POST")):
            (self.path / f"actions/{name}.json").write_text(json.dumps(action(name, method, self.web.port)))
        self.config = self.path / "tollgate.toml"
        self.config.write_text(CONFIG.format(store=store, jobs=jobs, port=self.web.port))
        self.env = {**os.environ, "TOLLGATE_TEST_SECRET": SECRET, "TOLLGATE_TEST_KEY": KEY, "RUST_LOG": "info"}
        tollgate("init", "--config", self.config, env=self.env)
        self.start()

    def start(self):
        self.log = open(self.path / "service.log", "ab")
        self.service = Process("serve", "--config", str(self.config), env=self.env, stderr=self.log)
        self.tokens = {}

    def kill(self):
        self.service.process.kill()
        self.service.process.wait(10)
        self.service.process.stdout.close()
        self.log.close()

    def stop(self):
        self.go_on.set()
        status = None
        if self.service.process.poll() is None:
            status = self.service.stop()
        self.log.close()
        self.web.stop()
        self.folder.cleanup()
        return status

    def request(self, method, path, body=None, caller="flows", headers=()):
        """Status, headers and body of one request, whatever the status."""
        if caller not in self.tokens:
            self.tokens[caller] = login(self.service.url, (caller, SECRET))
        request = urllib.request.Request(self.service.url + path, method=method)
        for name, value in {"Authorization": f"Bearer {self.tokens[caller]}", **dict(headers)}.items():
            request.add_header(name, value)
        data = None if body is None else json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, data, timeout=60) as answer:
                status, headers, text = answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            status, headers, text = error.code, error.headers, error.read()
        return status, headers, json.loads(text) if text else None

    def execute(self, name, item, headers=(), caller="flows"):
        path = f"/api/v2/tollgate/actions/Shop/{name}/execute"
        return self.request("POST", path, {"item": item}, caller, headers)

    def later(self, name, item, headers=()):
        """The id of a job that was taken in."""
        status, _, job = self.execute(name, item, {**LATER, **dict(headers)})
        if status != 202:
            raise AssertionError(f"{status} {job}")
        return job["id"]

    def job(self, id, caller="flows"):
        return self.request("GET", f"{JOBS}/{id}", caller=caller)[2]

    def until(self, id, wanted, within=90):
        """The job, once that holds for it."""
        until = time.monotonic() + within
        while True:
            job = self.job(id)
            if wanted(job):
                return job
            if time.monotonic() > until:
                raise AssertionError(job)
            time.sleep(0.05)

    def ended(self, id, within=90):
        return self.until(id, lambda job: job["state"] not in ("QUEUED", "PENDING"), within)

    def calls_of(self, item):
        return sum(path.endswith(f"/{item}") for path, _, _ in self.asked)


def until(what, within=60):
    end = time.monotonic() + within
    while not what():
        if time.monotonic() > end:
            raise AssertionError("it didn't happen")
        time.sleep(0.05)


class Jobs(unittest.TestCase):
    def setUp(self):
        self.shop = Shop(jobs="waiting_each = 5\nmax_answer_bytes = 4000")
        self.addCleanup(self.shop.stop)

    def test_an_execution_is_taken_in_and_answered_later(self):
        status, headers, job = self.shop.execute("read", "one", LATER)
        self.assertEqual((status, headers["Preference-Applied"]), (202, "respond-async"))
        self.assertEqual(headers["Location"], job["selfUri"])
        self.assertEqual(job["selfUri"], f"{JOBS}/{job['id']}")
        self.assertEqual((job["flow"], job["clientId"]), ("later", "flows"))
        done = self.shop.ended(job["id"])
        direct = self.shop.execute("read", "one")[2]
        self.assertEqual((done["state"], done["status"], done["result"]), ("FULFILLED", 200, direct))
        self.assertEqual((done["attempts"], "error" in done), (1, False))
        for time_of in ("submissionDate", "startDate", "completionDate", "expirationDate", "deadline"):
            self.assertRegex(done[time_of], r"^\d{4}-.*Z$")
        # By id, as the vendor's path has it, and as a flow of the caller's own.
        actions = self.shop.request("GET", "/api/v2/integrations/actions?name=order")[2]["entities"]
        path = f"/api/v2/integrations/actions/{actions[0]['id']}/execute"
        status, _, job = self.shop.request(
            "POST", path, {"item": "two"}, headers={"Prefer": "wait=5, Respond-Async", "Tollgate-Flow": "voice"})
        self.assertEqual((status, job["flow"]), (202, "voice"))
        self.assertEqual(self.shop.ended(job["id"])["state"], "FULFILLED")

    def test_what_is_wrong_is_said_at_once(self):
        path = "/api/v2/tollgate/actions/Shop/read/execute"
        for body, headers, part in (
            ({}, LATER, "contract"),
            ({"item": "a"}, {**LATER, "Tollgate-Flow": "none"}, "flow"),
            ({"item": "a"}, {**LATER, "Tollgate-Errors": "inline"}, "tollgate-errors"),
            ({"item": "a"}, {**LATER, "Tollgate-Deadline": "721h"}, "720h"),
            ({"item": "a"}, {"Tollgate-Callback": "http://127.0.0.1/"}, "respond-async"),
            ({"item": "a"}, {**LATER, "Tollgate-Callback": "http://127.0.0.1:1/"}, "port"),
            ({"item": "a"}, {**LATER, "Tollgate-Callback": f"http://localhost:{self.shop.web.port}/"}, "localhost"),
            ({"item": "a"}, {**LATER, "Tollgate-Callback": "nowhere"}, "URL"),
        ):
            status, _, error = self.shop.request("POST", path, body, headers=headers)
            self.assertEqual(status, 400, error)
            self.assertIn(part, error["message"])
        status, _, error = self.shop.execute("read", "a", {**LATER, "Tollgate-Callback": "http://127.0.0.1/"}, "other")
        self.assertEqual(status, 400)
        self.assertIn("[caller.callback]", error["message"])
        self.assertEqual(self.shop.execute("none", "a", LATER)[0], 404)
        self.assertEqual(self.shop.execute("read", "a", LATER, "admin")[0], 403)
        self.assertEqual(self.shop.asked, [])
        self.assertEqual(self.shop.request("GET", JOBS)[2]["total"], 0)

    def test_a_job_is_its_callers(self):
        id = self.shop.later("read", "mine")
        self.shop.ended(id)
        self.assertEqual(self.shop.request("GET", f"{JOBS}/{id}", caller="other")[0], 404)
        self.assertEqual(self.shop.request("DELETE", f"{JOBS}/{id}", caller="other")[0], 404)
        self.assertEqual(self.shop.job(id, "admin")["state"], "FULFILLED")
        self.assertEqual(self.shop.request("GET", JOBS, caller="other")[2]["total"], 0)
        self.assertEqual(self.shop.request("GET", f"{JOBS}?all=true", caller="other")[0], 403)
        for path, caller in ((JOBS, "flows"), (f"{JOBS}?all=true&state=fulfilled", "admin")):
            found = self.shop.request("GET", path, caller=caller)[2]
            self.assertEqual([it["id"] for it in found["entities"]], [id])
            self.assertNotIn("result", found["entities"][0])
        self.assertEqual(self.shop.request("GET", f"{JOBS}?state=none")[0], 400)
        self.assertEqual(self.shop.request("GET", f"{JOBS}/none")[0], 404)

    def test_what_may_pass_is_tried_again_and_what_was_perhaps_done_is_not(self):
        self.shop.told["/read/a"] = [500, 503]
        self.shop.told["/order/b"] = [500]
        self.shop.told["/order/c"] = [404]
        read, order, missing = self.shop.later("read", "a"), self.shop.later("order", "b"), self.shop.later("order", "c")
        done = self.shop.ended(order)
        direct_code = done["error"]["messageParams"]["tollgateCode"]
        self.assertEqual((done["state"], done["status"], direct_code), ("FAILED", 502, "upstream.error"))
        self.assertEqual(done["errorMessage"], done["error"]["message"])
        self.assertEqual((self.shop.ended(missing)["status"], self.shop.calls_of("b")), (404, 1))
        again = self.shop.until(read, lambda job: job["attempts"] > 1 or job["state"] == "QUEUED")
        self.assertIn(again["state"], ("QUEUED", "PENDING"))
        self.assertEqual(again["error"]["status"], 502, "how the last try ended")
        # 503 is tried again by the engine itself.
        done = self.shop.ended(read)
        self.assertEqual((done["state"], done["attempts"], done["result"]), ("FULFILLED", 2, {"path": "/read/a"}))

    def test_a_job_that_waits_can_be_cancelled_and_one_under_way_cannot(self):
        self.shop.told["/read/held"] = ["hold"]
        self.shop.told["/read/failing"] = [500] * 20
        held, failing = self.shop.later("read", "held"), self.shop.later("read", "failing")
        self.assertTrue(self.shop.held.wait(30))
        status, _, error = self.shop.request("DELETE", f"{JOBS}/{held}")
        self.assertEqual((status, error["code"]), (409, "job.under.way"))
        self.assertEqual(self.shop.request("GET", f"{JOBS}/{held}")[1]["Retry-After"], "1")
        self.shop.until(failing, lambda job: job["state"] == "QUEUED" and job["attempts"] >= 3)
        self.assertEqual(self.shop.request("DELETE", f"{JOBS}/{failing}")[0], 204)
        calls = self.shop.calls_of("failing")
        self.assertEqual(self.shop.job(failing)["state"], "CANCELLED")
        wanted = {"interval": "2020-01-01T00:00:00Z/2100-01-01T00:00:00Z",
                  "filters": [{"property": "Action", "value": "cancel"}]}
        noted = self.shop.request("POST", "/api/v2/audits/query/realtime", wanted, "admin")[2]["entities"]
        self.assertIn(failing, json.dumps(noted))
        self.assertEqual(len(noted), 1, "who cancels is noted")
        self.shop.go_on.set()
        self.assertEqual(self.shop.ended(held)["state"], "FULFILLED")
        status, _, error = self.shop.request("DELETE", f"{JOBS}/{failing}")
        self.assertEqual((status, error["code"]), (409, "job.ended"))
        self.assertEqual(self.shop.calls_of("failing"), calls)

    def test_a_deadline_ends_a_jobs_tries(self):
        self.shop.told["/read/late"] = [500] * 50
        id = self.shop.later("read", "late", {"Tollgate-Deadline": "3s"})
        done = self.shop.ended(id)
        self.assertEqual((done["state"], done["status"]), ("EXPIRED", 502), "with how its last try ended")
        self.assertGreaterEqual(done["attempts"], 2)

    def test_jobs_have_bounds(self):
        self.shop.told["/read/x"] = ["hold"] * 5
        for _ in range(5):
            self.shop.later("read", "x")
        status, headers, error = self.shop.execute("read", "x", LATER)
        self.assertEqual((status, error["messageParams"]["tollgateCode"]), (429, "jobs.full"))
        self.assertTrue(headers["Retry-After"])
        self.assertEqual(self.shop.execute("read", "y", LATER, "other")[0], 202)
        self.shop.go_on.set()
        item = "long" * 1500
        until(lambda: self.shop.request("GET", f"{JOBS}?state=FULFILLED")[2]["total"] == 5)
        done = self.shop.ended(self.shop.later("read", item))
        self.assertEqual((done["state"], done["status"]), ("FAILED", 400))
        self.assertIn("max_answer_bytes", done["errorMessage"])

    def test_what_a_job_was_given_is_sealed_and_an_end_is_audited(self):
        self.shop.told["/read/0700111222"] = [500] * 3
        id = self.shop.later("read", "0700111222", {"Tollgate-Callback": f"{self.shop.web.url}/hook?key=hush"})
        self.shop.ended(id)
        files = b"".join(file.read_bytes() for file in self.shop.path.glob("tollgate.db*"))
        self.assertIn(id.encode(), files)
        logged = (self.shop.path / "service.log").read_bytes()
        for hidden in (b"0700111222", b"hush", KEY[6:].encode()):
            self.assertNotIn(hidden, files)
            self.assertNotIn(hidden, logged)
        span = {"interval": "2020-01-01/2100-01-01", "filters": [{"property": "EntityType", "value": "execution"}]}

        def audited():
            found = self.shop.request("POST", "/api/v2/audits/query/realtime", span, "admin")[2]["entities"]
            return sorted(it["action"] for it in found if it["context"].get("job") == id)

        until(lambda: audited() == ["Execute", "Queue"])


class Callbacks(unittest.TestCase):
    def setUp(self):
        self.shop = Shop()
        self.addCleanup(self.shop.stop)

    def test_an_end_is_told_and_its_signature_is_what_the_standard_says(self):
        self.shop.told["/hook"] = [500]
        good = self.shop.later("read", "a", {"Tollgate-Callback": f"{self.shop.web.url}/hook"})
        done = self.shop.until(good, lambda job: job["callback"]["state"] != "WAITING")
        self.assertEqual(done["callback"], {"state": "DELIVERED", "attempts": 2, "status": 200})
        self.assertEqual(len(self.shop.messages), 2)
        for path, headers, body in self.shop.messages:
            told = Webhook(KEY).verify(body, {name.lower(): value for name, value in headers.items()})
            self.assertEqual((path, told["type"]), ("/hook", "job.fulfilled"))
            self.assertEqual(headers["webhook-id"], good)
            self.assertEqual((told["data"]["id"], told["data"]["result"]), (good, {"path": "/read/a"}))
            with self.assertRaises(Exception):
                Webhook(KEY).verify(body + " ", {name.lower(): value for name, value in headers.items()})
        # Whoever is gone for good isn't called again.
        self.shop.told["/hook/gone"], self.shop.told["/order/b"] = [410], [404]
        id = self.shop.later("order", "b", {"Tollgate-Callback": f"{self.shop.web.url}/hook/gone"})
        done = self.shop.until(id, lambda job: job["callback"]["state"] != "WAITING")
        self.assertEqual(done["callback"], {"state": "FAILED", "attempts": 1, "status": 410})
        told = json.loads(self.shop.messages[-1][2])
        self.assertEqual((told["type"], told["data"]["error"]["status"]), ("job.failed", 404))

    def test_a_redirect_is_not_followed(self):
        self.shop.told["/hook"] = [302]
        id = self.shop.later("read", "a", {"Tollgate-Callback": f"{self.shop.web.url}/hook"})
        done = self.shop.until(id, lambda job: job["callback"]["attempts"] > 0 and "status" in job["callback"])
        self.assertEqual(done["callback"]["status"], 302)

    def test_a_message_outlives_the_service(self):
        self.shop.told["/hook"] = ["hold"]
        id = self.shop.later("read", "a", {"Tollgate-Callback": f"{self.shop.web.url}/hook"})
        self.assertTrue(self.shop.held.wait(30))
        self.shop.kill()
        self.shop.go_on.set()
        self.shop.start()
        self.shop.until(id, lambda job: job["callback"]["state"] == "DELIVERED")
        self.assertGreaterEqual(len(self.shop.messages), 2, "at least once")
        self.assertEqual({headers["webhook-id"] for _, headers, _ in self.shop.messages}, {id})


class Many(unittest.TestCase):
    """One caller has many jobs, another a few."""

    def setUp(self):
        self.shop = Shop(jobs="at_once = 8")
        self.addCleanup(self.shop.stop)

    def test_one_callers_jobs_keep_no_other_waiting(self):
        many = [f"slow{number}" for number in range(40)]
        self.shop.told.update({f"/read/{item}": ["hold"] * 9 for item in many})
        for item in many:
            self.shop.later("read", item)
        self.assertTrue(self.shop.held.wait(30))
        id = self.shop.execute("read", "quick", LATER, "few")[2]["id"]
        until(lambda: self.shop.job(id, "few")["state"] == "FULFILLED")
        found = self.shop.request("GET", f"{JOBS}?pageSize=100&state=QUEUED")[2]["entities"]
        self.assertTrue([job for job in found if job["attempts"] == 0], "it was before others that came earlier")

    def test_one_callers_dead_receiver_keeps_no_other_waiting(self):
        self.shop.told["/hook/dead"] = ["hold"] * 200
        for number in range(60):
            self.shop.later("read", f"n{number}", {"Tollgate-Callback": f"{self.shop.web.url}/hook/dead"})
        until(lambda: self.shop.request("GET", f"{JOBS}?state=FULFILLED")[2]["total"] == 60)
        self.assertTrue(self.shop.held.wait(30))
        headers = {**LATER, "Tollgate-Callback": f"{self.shop.web.url}/hook/alive"}
        id = self.shop.execute("read", "quick", headers, "few")[2]["id"]
        until(lambda: self.shop.job(id, "few")["callback"]["state"] == "DELIVERED")
        found = self.shop.request("GET", f"{JOBS}?pageSize=100")[2]["entities"]
        self.assertTrue([job for job in found if job["callback"]["attempts"] == 0], "it was before earlier ones")


class Ends(unittest.TestCase):
    """The service ends, as it should and as it shouldn't."""

    def test_what_is_under_way_is_put_back_by_a_drain(self):
        shop = Shop()
        self.addCleanup(shop.stop)
        shop.told["/read/held"] = ["hold"]
        shop.told["/read/quick"] = [500]
        shop.told["/order/once"] = ["hold"]
        held, quick, once = shop.later("read", "held"), shop.later("read", "quick"), shop.later("order", "once")
        until(lambda: shop.calls_of("held") and shop.calls_of("once"))
        began = time.monotonic()
        shop.service.process.send_signal(signal.SIGTERM)
        shop.service.process.wait(30)
        self.assertLess(time.monotonic() - began, 20, "it doesn't wait for what hangs")
        shop.service.process.stdout.close()
        shop.log.close()
        shop.start()
        self.assertEqual([shop.ended(id)["state"] for id in (held, quick)], ["FULFILLED"] * 2)
        self.assertEqual(shop.calls_of("held"), 2, "at least once")
        # What was sent and may not be sent twice isn't.
        done = shop.ended(once)
        self.assertEqual((done["state"], done["status"], shop.calls_of("once")), ("FAILED", 502, 1))
        self.assertIn("may have been carried out", done["errorMessage"])
        self.assertIn("put back", (shop.path / "service.log").read_text())

    def test_a_job_whose_flow_is_no_more_goes_behind_the_others(self):
        shop = Shop()
        self.addCleanup(shop.stop)
        shop.told["/read/held"] = ["hold"]
        id = shop.later("read", "held", {"Tollgate-Flow": "voice"})
        self.assertTrue(shop.held.wait(30))
        shop.kill()
        text = shop.config.read_text().replace('flows = ["voice"]', "")
        text = text.replace('name = "voice"', 'name = "first"\ndefault = true')
        shop.config.write_text(text.replace("[server]", '[server]\nrecords_file = "records.jsonl"', 1))
        shop.start()
        self.assertEqual(shop.ended(id)["state"], "FULFILLED")
        records = shop.path / "records.jsonl"
        until(lambda: records.exists() and records.read_text())
        self.assertNotIn("first", records.read_text())

    def test_without_a_store_there_are_no_jobs(self):
        shop = Shop()
        self.addCleanup(shop.stop)
        self.assertEqual(shop.service.stop(), 0)
        shop.log.close()
        text = shop.config.read_text()
        for begin, end in (("[store]", "[[caller]]"), ("[caller.callback]", "[[caller]]\nclient_id = \"other\"")):
            begin, end = text.index(begin), text.index(end)
            text = text[:begin] + text[end:]
        shop.config.write_text(text)
        shop.start()
        status, _, error = shop.execute("read", "a", LATER)
        self.assertEqual((status, error["code"]), (409, "no.store"))
        self.assertEqual(shop.execute("read", "a")[0], 200)
        self.assertEqual(shop.request("GET", JOBS)[2]["total"], 0)
        self.assertEqual(shop.request("GET", f"{JOBS}/some")[0], 404)

    def test_two_nodes_carry_each_job_out_once(self):
        if programs() is None:
            self.assertFalse(os.environ.get("TOLLGATE_REQUIRE_POSTGRES"), "PostgreSQL is not installed")
            self.skipTest("PostgreSQL is not installed")
        server = Postgres()
        self.addCleanup(server.stop)
        shop = Shop(store=f"{server.url}?sslmode=disable")
        self.addCleanup(shop.stop)
        text = shop.config.read_text()
        second = shop.path / "second.toml"
        second.write_text(text.replace("drain_timeout", 'usage_file = "second.usage"\ndrain_timeout', 1))
        other = Process("serve", "--config", str(second), env=shop.env, stderr=shop.log)
        self.addCleanup(other.stop)
        ids = [shop.later("order", f"n{number}") for number in range(60)]
        for id in ids:
            self.assertEqual(shop.ended(id)["state"], "FULFILLED")
        self.assertEqual(len(shop.asked), len(ids))


if __name__ == "__main__":
    unittest.main(verbosity=2)
