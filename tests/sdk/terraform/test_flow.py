"""`genesyscloud_flow`: a flow's file, published by a job, and exported by one."""

import unittest

from provider import Resource, over_each_store, send

# What a user's file has: comments, text beyond ASCII, and a placeholder that the provider fills before it uploads.
YAML = """# Opens the shop – ☎
workflow:
  name: "{{name}}"
  description: "as of {{day}}"
  startUpRef: /workflow/states/state[S]
  states:
    - state: { name: S, refId: S, actions: [{ endWorkflow: { name: End, exitReason: { noValue: true } } }] }
"""

WRONG = """workflow:
  name: Wrong
  startUpRef: /workflow/states/state[S]
  states:
    - state: { name: S, refId: S, actions: [{ endWorkflow: { name: End, exitReason: { exp: "1 +" } } }] }
"""


class Flow(Resource):
    def job(self, yaml):
        """The id of the job that has taken this file, which the provider sends without a token."""
        # The provider's SDK sends no body.
        job = self.done(self.provider.post("/api/v2/flows/jobs"))
        self.assertEqual(send("PUT", job["presignedUrl"], yaml.encode(), job["headers"])[0], 200)
        return job["id"]

    def state(self, id):
        """How the job ended. The provider asks for this once, and again after 15 seconds."""
        return self.done(self.provider.get(f"/api/v2/flows/jobs/{id}?expand=messages"))

    def apply(self, yaml):
        """Creates or updates the resource: its id, and what the provider keeps of it."""
        job = self.state(self.job(yaml))
        self.assertEqual(job["status"], "Success", job)
        return self.read(job["flow"]["id"])

    def read(self, id):
        flow = self.done(self.provider.get(f"/api/v2/flows/{id}?deleted=false"))
        return {"id": flow["id"], "name": flow["name"], "type": flow["type"],
                "version": flow["publishedVersion"]["id"]}

    def unlock(self, id):
        flow = self.done(self.provider.post(f"/api/v2/flows/actions/unlock?flow={id}"))
        self.assertEqual(flow["id"], id)

    def exported(self, id, version=None):
        """A flow's file, as the provider's export gets it."""
        flow = {"id": id} if version is None else {"id": id, "version": version}
        job = self.done(self.provider.post("/api/v2/flows/export/jobs", {"flows": [{"flow": flow}]}))
        self.assertEqual(job["totalFlows"], 1)
        for _ in range(45):
            job = self.done(self.provider.get(f"/api/v2/flows/export/jobs/{job['id']}?expand=messages"))
            if job["status"] != "Started":
                break
        self.assertEqual(job["status"], "Success", job)
        status, file, _ = send("GET", job["downloadUrl"])
        self.assertEqual(status, 200)
        return file

    def listed(self, query=""):
        """Flows as the provider's export lists them."""
        path = f"/api/v2/flows?pageSize=100&pageNumber=1&includeSchemas=true{query}"
        page = self.done(self.provider.get(path))
        self.assertEqual(page["pageCount"], 1)
        return {flow["id"]: flow for flow in page["entities"]}

    def test_created_read_updated_exported_and_deleted(self):
        first = YAML.replace("{{name}}", "Opening").replace("{{day}}", "Monday")
        created = self.apply(first)
        self.assertEqual((created["name"], created["type"], created["version"]), ("Opening", "WORKFLOW", "1.0"))
        self.assert_no_drift(created, self.read(created["id"]), ["id", "name", "type"])

        self.unlock(created["id"])
        second = first.replace("Monday", "Tuesday")
        updated = self.apply(second)
        self.assert_no_drift(created, updated, ["id", "name", "type"])
        self.assertEqual(updated["version"], "2.0")

        # The data source finds it by name and type, as a user writes that.
        found = self.listed("&name=Opening&type=workflow")
        self.assertEqual([flow["name"] for flow in found.values()], ["Opening"])
        # The export names the file by name and type, and downloads it.
        self.assertEqual(found[created["id"]]["inputSchema"]["type"], "object")
        self.assertEqual(self.exported(created["id"]), second.encode())
        self.assertEqual(self.exported(created["id"], "1.0"), first.encode())

        self.unlock(created["id"])
        self.done(self.provider.delete(f"/api/v2/flows/{created['id']}"), 204)
        self.gone(f"/api/v2/flows/{created['id']}?deleted=false")

    def test_a_file_that_is_wrong(self):
        job = self.state(self.job(WRONG))
        self.assertEqual(job["status"], "Failure")
        self.assertNotIn("flow", job)
        texts = [message["text"] for message in job["messages"] if message["type"] == "Error"]
        self.assertRegex(texts[0], r"^5:\d+: error: ")
        self.assertEqual(self.listed("&name=Wrong"), {})
        # No YAML at all, and no text.
        for data in ("]", "\udcff"):
            id = self.done(self.provider.post("/api/v2/flows/jobs"))
            send("PUT", id["presignedUrl"], data.encode(errors="surrogateescape"), id["headers"])
            self.assertEqual(self.state(id["id"])["status"], "Failure")

    def test_a_link_is_good_once_and_a_secret(self):
        job = self.done(self.provider.post("/api/v2/flows/jobs"))
        waiting = self.state(job["id"])
        self.assertEqual((waiting["status"], waiting["messages"]), ("Registered", []))
        url = job["presignedUrl"]
        self.assertEqual(send("PUT", url[:-1] + ("A" if url[-1] != "A" else "B"), b"x")[0], 404)
        yaml = YAML.replace("{{name}}", "Once").encode()
        self.assertEqual(send("PUT", url, yaml)[0], 200)
        self.assertEqual(self.state(job["id"])["status"], "Success")
        self.assertIn(send("PUT", url, yaml)[0], (404, 409))
        log = (self.world.path / "service.log").read_text()
        self.assertNotIn(url.rsplit("/", 1)[1], log)

    def test_a_flow_that_is_not_there(self):
        body = {"flows": [{"flow": {"id": "00000000-0000-4000-8000-000000000000"}}]}
        job = self.done(self.provider.post("/api/v2/flows/export/jobs", body))
        job = self.done(self.provider.get(f"/api/v2/flows/export/jobs/{job['id']}?expand=messages"))
        self.assertEqual(job["status"], "Failure")
        self.assertIn("00000000-0000-4000-8000-000000000000", job["messages"][0]["text"])
        self.assertNotIn("downloadUrl", job)
        self.gone("/api/v2/flows/jobs/00000000-0000-4000-8000-000000000000?expand=messages")

    def test_flows_that_are_there_are_checked(self):
        wrong = YAML.replace("endWorkflow", "fancyStep").replace("{{name}}", "Odd").replace("{{day}}", "now")
        self.apply(wrong)
        flow = {"flow": {"name": "Odd", "type": "WORKFLOW"}}
        job = self.done(self.provider.post("/api/v2/flows/validate/jobs", {"flows": [flow]}))
        job = self.done(self.provider.get(f"/api/v2/flows/validate/jobs/{job['id']}?expand=messages"))
        self.assertEqual((job["status"], job["command"]), ("Success", "Validate"))
        self.assertIn("`fancyStep`", job["messages"][0]["text"])
        self.assertEqual(job["messages"][0]["type"], "Warning")
        # Only what is asked for is told.
        path = f"/api/v2/flows/validate/jobs/{job['id']}"
        self.assertNotIn("messages", self.done(self.provider.get(path)))

    def test_what_is_not_done_is_refused(self):
        for path, body, named in [
            ("/api/v2/flows/jobs", {"createStubs": True}, "createStubs"),
            ("/api/v2/flows/export/jobs", {"flows": []}, "flows"),
            ("/api/v2/flows/export/jobs", {"flows": [{"flow": {"name": "x"}}]}, "type"),
            ("/api/v2/flows/export/jobs", {"flows": [{"flow": {"id": "x"}, "exportType": "Architect"}]}, "exportType"),
            ("/api/v2/flows/export/jobs", {"flows": [{"flow": {"id": "x", "version": "x"}}]}, "version"),
            ("/api/v2/flows/validate/jobs", {}, "flows"),
        ]:
            with self.subTest(path=path, body=body):
                error = self.done(self.provider.post(path, body), 400)
                self.assertIn(named, error["message"])


SQLite, PostgreSQL = over_each_store(Flow)
del Flow

if __name__ == "__main__":
    unittest.main()
