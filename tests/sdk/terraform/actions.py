"""What the resources of actions have in common."""

from provider import Resource, at

INTEGRATIONS = "/api/v2/integrations"
ACTIONS = f"{INTEGRATIONS}/actions"

REQUEST = {
    "requestUrlTemplate": "https://example.com/${input.id}",
    "requestTemplate": "{\"id\": \"${input.id}\"}",
    "requestType": "POST",
    "headers": {"X-Id": "${input.id}"},
}
RESPONSE = {
    "translationMap": {"name": "$.name"},
    "translationMapDefaults": {"name": "\"nobody\""},
    "successTemplate": "{\"name\": ${name}}",
}
CONTRACT = {
    "input": {"inputSchema": {
        "$schema": "http://json-schema.org/draft-04/schema#", "type": "object", "required": ["id"],
        "properties": {"id": {"type": "string"}}, "additionalProperties": True,
    }},
    "output": {"successSchema": {"type": "object", "properties": {"name": {"type": "string"}}}},
}


class Actions(Resource):
    def integration(self, name, **config):
        made = self.done(self.provider.post(INTEGRATIONS, {"integrationType": {"id": "custom-rest-actions"}}))
        path = f"{INTEGRATIONS}/{made['id']}/config/current"
        self.done(self.provider.put(path, {"name": name, "version": 1, **config}))
        return made["id"]

    def template(self, path, name):
        """One of the two templates, which the provider asks for with any media type."""
        status, text, headers = self.provider.get(f"{path}/templates/{name}", accept="*/*")
        self.assertEqual(status, 200, f"at 404 the provider forgets the resource: {text}")
        self.assertEqual(headers["Content-Type"], "text/plain; charset=utf-8")
        return text or ""

    def state(self, shown, path):
        """What readIntegrationAction and its likes make of an action: the templates in their blocks."""
        config = shown.get("config") or {}
        request, success = (self.template(path, name) for name in ("requesttemplate.vm", "successtemplate.vm"))
        if config.get("request") is not None:
            # It looks at the address without a look whether it is there.
            self.assertIsInstance(config["request"]["requestUrlTemplate"], str)
            config["request"] = {**config["request"], "requestTemplate": request}
        if config.get("response") is not None:
            config["response"] = {**config["response"], "successTemplate": success}
        return {**shown, "config": config}

    def assert_config(self, sent, state):
        """What the plan says of the blocks is what is read; what it leaves out, the provider takes as it is read."""
        for block in ("request", "response"):
            for field, value in sent[block].items():
                self.assertEqual(value, at(state, f"config.{block}.{field}") or type(value)(), f"{block}.{field}")
