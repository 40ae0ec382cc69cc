"""Workflows with the vendor's Python SDK: lists, versions, runs, what is done to them."""

import json
import time
import unittest

import PureCloudPlatformClientV2 as sdk
from PureCloudPlatformClientV2.rest import ApiException

from stored import Stored, login, request

# A file of the service's own.
OF_A_FILE = """
workflow:
  name: Night
  startUpRef: /workflow/states/state[S]
  states:
    - state: { name: S, refId: S, actions: [{ endWorkflow: { name: End, exitReason: { noValue: true } } }] }
"""

# Published through the API, and run.
WORKFLOW = """
workflow:
  name: {name}
  description: {description}
  startUpRef: /workflow/states/state[S]
  variables:
    - stringVariable: {{ name: Flow.Who, initialValue: {{ noValue: true }}, isInput: true, isOutput: false }}
    - integerVariable: {{ name: Flow.Length, initialValue: {{ lit: 0 }}, isInput: false, isOutput: true }}
  states:
    - state:
        name: S
        refId: S
        actions:
          - updateData:
              name: Count
              statements:
                - integer: {{ variable: Flow.Length, value: {{ exp: {value} }} }}
          - endWorkflow: {{ name: End, exitReason: {{ noValue: true }} }}
"""

SCHEMAS = (
    {"type": "object", "properties": {"Flow.Who": {"type": "string"}}, "additionalProperties": False},
    {"type": "object", "properties": {"Flow.Length": {"type": "integer"}}, "additionalProperties": False},
)

CALL = """
inboundCall:
  name: Alpha
  startUpRef: /inboundCall/tasks/task[T]
  tasks:
    - task: { name: T, refId: T, actions: [{ disconnect: { name: End } }] }
"""


class Flows(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = Stored(server='workflow_folder = "flows"', before=cls.write_file)
        cls.addClassCleanup(cls.world.end)
        cls.client = cls.world.login()
        cls.api = sdk.ArchitectApi(cls.client)
        admin = cls.world.admin
        cls.token = login(cls.world.service.url, (admin["client_id"], admin["client_secret"]))
        cls.began = time.time()
        cls.alpha = cls.publish(WORKFLOW.format(name="Alpha", description="First of all", value="Length(Flow.Who)"))
        cls.beta = cls.publish(WORKFLOW.format(name="beta", description="Second", value="1"))
        cls.call = cls.publish(CALL)

    @staticmethod
    def write_file(folder):
        (folder / "flows").mkdir()
        (folder / "flows/night.yaml").write_text(OF_A_FILE)

    @classmethod
    def publish(cls, yaml):
        status, text = request(cls.world.service.url, "POST", "/api/v2/tollgate/workflows", cls.token, yaml)
        assert status == 200, text
        return json.loads(text)

    def names(self, **filters):
        return [flow.name for flow in self.api.get_flows(sort_by="name", **filters).entities]

    def refused(self, status, call, *arguments, **named):
        with self.assertRaises(ApiException) as raised:
            call(*arguments, **named)
        body = json.loads(raised.exception.body)
        self.assertEqual(body["status"], status, body)
        return body["message"]

    def test_lists_filter(self):
        everything = ["Alpha", "Alpha", "beta", "Night"]
        self.assertEqual(self.names(), everything)
        self.assertEqual(self.names(type=["inboundcall"]), ["Alpha"])
        self.assertEqual(self.names(type=["INBOUNDCALL", "workflow"]), everything)
        self.assertEqual(self.names(name="LPH"), ["Alpha", "Alpha"])
        self.assertEqual(self.names(name="*eta*"), ["beta"])
        self.assertEqual(self.names(description="of all"), ["Alpha"])
        self.assertEqual(self.names(name_or_description="second"), ["beta"])
        self.assertEqual(self.names(publish_version_id="1.0"), everything)
        self.assertEqual(self.names(publish_version_id="7.0"), [])
        self.assertEqual(self.names(locked_by="somebody"), [])
        self.assertEqual(self.names(locked_by_client_id="something"), [])
        self.assertEqual(self.names(deleted=True), everything)
        self.assertEqual(self.names(published_after="2020-01-01"), ["Alpha", "Alpha", "beta"])
        self.assertEqual(self.names(published_before="2020-01-01"), [])
        home = self.api.get_flow(self.beta["id"]).division
        self.assertEqual(home.name, "Home")
        self.assertEqual(self.names(division_id=["other", home.id]), everything)
        self.assertEqual(self.names(division_id=["other"]), [])
        # Ids go before all other filters.
        self.assertEqual(self.names(id=[self.beta["id"], "none"], name="Alpha"), ["beta"])
        self.assertIn("type: expected", self.refused(400, self.api.get_flows, type=["bogus"]))
        self.assertIn("publishedAfter", self.refused(400, self.api.get_flows, published_after="soon"))
        self.assertIn("sortBy", self.refused(400, self.api.get_flows, sort_by="colour"))

    def test_lists_sort_and_page(self):
        ids = [flow.id for flow in self.api.get_flows().entities]
        self.assertEqual(ids, sorted(ids), "as the SDK says: by id")
        down = [flow.id for flow in self.api.get_flows(sort_order="desc").entities]
        self.assertEqual(down, ids[::-1])
        types = [flow.type for flow in self.api.get_flows(sort_by="type").entities]
        self.assertEqual(types, ["INBOUNDCALL", "WORKFLOW", "WORKFLOW", "WORKFLOW"])
        found, number = [], 1
        while True:
            page = self.api.get_flows(page_size=1, page_number=number)
            self.assertEqual((page.total, page.page_count), (4, 4))
            if not page.entities:
                break
            found += [flow.id for flow in page.entities]
            number += 1
        self.assertEqual(found, ids)

    def test_views_and_lookup(self):
        views = self.api.get_flows_divisionviews(type=["workflow"], sort_by="name", include_schemas=True).entities
        self.assertEqual([view.name for view in views], ["Alpha", "beta", "Night"])
        self.assertEqual(views[0].input_schema.properties, SCHEMAS[0]["properties"])
        plain = self.api.get_flows_divisionviews(name="beta").entities[0]
        self.assertEqual((plain.type, plain.input_schema), ("WORKFLOW", None))
        found = self.api.get_flows_lookup([self.beta["id"], self.call["id"]], sort_by="name").entities
        self.assertEqual([flow.name for flow in found], ["Alpha", "beta"])
        self.assertEqual(self.api.get_flows_lookup(["none"]).entities, [])
        self.assertIn("id: missing", self.refused(400, self.api.get_flows_lookup, [""]))

    def test_a_flow_has_what_is_known_of_it(self):
        flow = self.api.get_flow(self.alpha["id"], deleted=False)
        self.assertEqual((flow.name, flow.type, flow.description), ("Alpha", "WORKFLOW", "First of all"))
        self.assertEqual((flow.active, flow.system, flow.deleted), (True, False, False))
        self.assertEqual((flow.input_schema, flow.output_schema), SCHEMAS)
        version = flow.published_version
        self.assertEqual((version.id, version.type, version.debug), ("1.0", "PUBLISH", False))
        self.assertEqual(version.created_by_client.id, self.world.admin["client_id"])
        self.assertLess(abs(version.date_published.timestamp() - self.began), 600)
        self.assertEqual(version.date_saved, round(version.date_published.timestamp() * 1000))
        self.assertEqual((flow.saved_version.id, flow.checked_in_version.id), ("1.0", "1.0"))
        listed = self.api.get_flows(id=[flow.id]).entities[0]
        self.assertIsNone(listed.input_schema)
        listed = self.api.get_flows(id=[flow.id], include_schemas=True).entities[0]
        self.assertEqual((listed.input_schema, listed.output_schema), SCHEMAS)
        for link in (flow.self_uri, flow.division.self_uri, version.self_uri, version.created_by_client.self_uri):
            status, text = request(self.world.service.url, "GET", link, self.token)
            self.assertEqual(status, 200, text)

    def test_versions(self):
        yaml = WORKFLOW.format(name="Versions", description="one", value="1")
        id = self.publish(yaml)["id"]
        self.addCleanup(self.api.delete_flow, id)
        self.assertEqual(self.publish(yaml.replace("one", "two"))["id"], id, "its type and name tell which it is")
        done = self.api.post_flows_actions_publish(id, version="1.0")
        self.assertEqual((done.complete, done.action_name, done.action_status), (True, "PUBLISH", "SUCCESS"))
        flow = self.api.get_flow(id)
        self.assertEqual((flow.published_version.id, flow.description), ("3.0", "one"))
        versions = self.api.get_flow_versions(id).entities
        self.assertEqual([version.id for version in versions], ["3.0", "2.0", "1.0"])
        self.assertEqual(versions[2].date_published_end, versions[1].date_published)
        self.assertIsNone(versions[0].date_published_end)
        second = self.api.get_flow_versions(id, page_size=1, page_number=2)
        self.assertEqual(([version.id for version in second.entities], second.total), (["2.0"], 3))
        one = self.api.get_flow_version(id, "1.0")
        self.assertEqual((one.id, one.input_schema.properties), ("1.0", SCHEMAS[0]["properties"]))
        self.assertEqual(self.api.get_flow_version(id, "1").id, "1.0")
        self.refused(404, self.api.get_flow_version, id, "4.0")
        self.refused(404, self.api.get_flow_version, id, "latest")
        for ask in ((self.api.get_flow_latestconfiguration, id), (self.api.get_flow_version_configuration, id, "1.0")):
            self.assertIn("export/jobs", self.refused(404, *ask))

    def test_a_workflow_of_a_file(self):
        night = self.api.get_flows(name="Night").entities[0]
        self.assertEqual(night.published_version.id, "1.0")
        self.assertEqual([version.id for version in self.api.get_flow_versions(night.id).entities], ["1.0"])
        self.assertEqual(self.api.get_flow_version(night.id, "1.0").input_schema.properties, {})
        self.refused(404, self.api.get_flow_version, night.id, "2.0")
        self.assertEqual(self.api.post_flows_actions_unlock(night.id).name, "Night")
        for change in (self.api.delete_flow, self.api.post_flows_actions_deactivate):
            self.assertIn("configuration file", self.refused(409, change, night.id))
        status, text = request(self.world.service.url, "POST", "/api/v2/tollgate/workflows", self.token, OF_A_FILE)
        self.assertEqual((status, json.loads(text)["code"]), (409, "managed.by.configuration"))
        run = self.ended(self.api.post_flows_executions({"flowId": night.id, "flowVersion": "1.0"}).id)
        self.assertEqual(run.status, "COMPLETED")
        self.refused(404, self.api.post_flows_executions, {"flowId": night.id, "flowVersion": "2.0"})

    def ended(self, id):
        for _ in range(600):
            run = self.api.get_flows_execution(id)
            if run.status != "RUNNING":
                return run
            time.sleep(0.05)
        raise AssertionError("the run doesn't end")

    def test_runs(self):
        body = {"flowId": self.alpha["id"], "flowVersion": "1.0", "name": "mine", "inputData": {"Flow.Who": "abc"}}
        begun = self.api.post_flows_executions(body)
        self.assertEqual((begun.name, begun.flow_version.id), ("mine", "1.0"))
        run = self.ended(begun.id)
        self.assertEqual((run.name, run.status, run.output_data), ("mine", "COMPLETED", {"Flow.Length": 3}))
        self.assertEqual(run.flow_version.id, "1.0")
        self.assertIsNone(run.flow_error_info)
        for link in (begun.self_uri, run.flow_version.self_uri, begun.flow_version.self_uri):
            status, text = request(self.world.service.url, "GET", link, self.token)
            self.assertEqual(status, 200, text)
        # NOT_SET has no length: a step that fails, and nothing that handles it.
        run = self.ended(self.api.post_flows_executions({"flowId": self.alpha["id"], "flowVersion": ""}).id)
        self.assertEqual((run.status, run.flow_error_info.code), ("FAILED", "workflow.failed"))
        self.assertEqual(run.flow_error_info.message, run.completion_reason)
        wrong = self.refused(400, self.api.post_flows_executions, {**body, "flowVersion": "1.1"})
        self.assertEqual(wrong, 'flowVersion: expected a version such as 1.0, found "1.1".')
        self.refused(404, self.api.post_flows_executions, {**body, "flowVersion": "9.0"})

    def test_deactivated_until_it_is_published_again(self):
        yaml = WORKFLOW.format(name="On and off", description="x", value="1")
        id = self.publish(yaml)["id"]
        self.addCleanup(self.api.delete_flow, id)
        self.assertFalse(self.api.post_flows_actions_deactivate(id).active)
        self.assertFalse(self.api.get_flow(id).active)
        self.assertIn("deactivated", self.refused(409, self.api.post_flows_executions, {"flowId": id}))
        self.assertEqual(self.api.post_flows_actions_revert(id).published_version.id, "1.0")
        self.publish(yaml)
        self.assertTrue(self.api.get_flow(id).active)
        self.assertEqual(self.ended(self.api.post_flows_executions({"flowId": id}).id).status, "COMPLETED")

    def test_many_are_deleted_or_none(self):
        yaml = WORKFLOW.format(name="NAME", description="x", value="1")
        ids = [self.publish(yaml.replace("NAME", name))["id"] for name in ("To go 1", "To go 2")]
        self.refused(404, self.api.delete_flows, [*ids, "none"])
        self.assertEqual(len(self.names(name="To go")), 2)
        done = self.api.delete_flows(ids)
        self.assertEqual((done.action_name, done.action_status), ("DELETE", "SUCCESS"))
        self.assertEqual(self.names(name="To go"), [])
        self.refused(404, self.api.get_flow, ids[0])


if __name__ == "__main__":
    unittest.main()
