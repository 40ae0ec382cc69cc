// A whole life with the vendor's JavaScript SDK, none of whose code is changed. Started by
// test_javascript.py, which gives addresses and secrets in the environment.
const assert = require("node:assert/strict");
const fs = require("node:fs");
const platform = require("purecloud-platform-client-v2");

const { TOLLGATE_URL, TOLLGATE_CLIENT_ID, TOLLGATE_CLIENT_SECRET, PLATFORM_URL, ACTION_FILE } = process.env;
const QUEUE = "11111111-2222-4333-8444-555555555555";

async function fails(status, code, call) {
  const error = await call.then(() => assert.fail(`expected ${status}`), (error) => error);
  // The SDK throws the answer's body.
  assert.equal(error.status, status, JSON.stringify(error.message));
  assert.equal(error.code, code);
  return error;
}

async function main() {
  const client = platform.ApiClient.instance;
  const { hostname, port } = new URL(TOLLGATE_URL);
  client.setGateway({ host: hostname, protocol: "http", port: Number(port), path_params_login: "", path_params_api: "" });
  await client.loginClientCredentialsGrant(TOLLGATE_CLIENT_ID, TOLLGATE_CLIENT_SECRET);

  const api = new platform.IntegrationsApi();
  const credential = await api.postIntegrationsCredentials({
    body: {
      name: "js",
      type: { name: "pureCloudOAuthClient" },
      credentialFields: { clientId: "demo", clientSecret: "emulated" },
    },
  });
  const made = await api.postIntegrations({ body: { name: "JS", integrationType: { id: "purecloud-data-actions" } } });
  const current = await api.getIntegrationConfigCurrent(made.id);
  const config = {
    version: current.version,
    name: "JS",
    properties: { baseUrl: PLATFORM_URL, tokenUrl: `${PLATFORM_URL}/oauth/token`, allowedNetworks: ["127.0.0.0/8"] },
    advanced: {},
    credentials: { pureCloudOAuthClient: { id: credential.id } },
  };
  await api.putIntegrationConfigCurrent(made.id, { body: config });
  await fails(409, "version.conflict", api.putIntegrationConfigCurrent(made.id, { body: config }));
  const enabled = await api.patchIntegration(made.id, { body: { intendedState: "ENABLED" } });
  assert.equal(enabled.reportedState.code, "ACTIVE");

  const file = JSON.parse(fs.readFileSync(ACTION_FILE, "utf8"));
  const draft = await api.postIntegrationsActionsDrafts({ ...file, integrationId: made.id });
  assert.equal((await api.getIntegrationsActionDraftValidation(draft.id)).valid, true);
  const told = await api.postIntegrationsActionDraftTest(draft.id, { queueId: QUEUE });
  assert.equal(told.success, true);
  const shown = Object.fromEntries(told.operations.map(({ name, result }) => [name, result]));
  assert.equal(shown["Make request"].request.url, PLATFORM_URL + shown["Resolve execution URL via template"].url);
  assert.deepEqual(shown["Validate output against schema"], told.finalResult);
  const untold = await api.postIntegrationsActionDraftTest(draft.id, { queueId: 7 });
  assert.equal(untold.success, false);
  assert.equal(untold.error.details[0].errorCode, "ACTION.PROCESSING");
  await fails(409, "version.conflict", api.postIntegrationsActionDraftPublish(draft.id, { version: 7 }));
  const published = await api.postIntegrationsActionDraftPublish(draft.id, { version: draft.version });
  const output = await api.postIntegrationsActionExecute(published.id, { queueId: QUEUE });
  assert.equal(typeof Object.values(output)[0], "number");
  const broken = await fails(400, "bad.request", api.postIntegrationsActionExecute(published.id, { queueId: 7 }));
  assert.deepEqual(broken.details, [{ errorCode: "ACTION.PROCESSING" }]);
  assert.equal(broken.messageParams.tollgateCode, "action.input.invalid");
  const response = { ...file.config.response, successTemplate: "{\"a\": ${nothing}}" };
  const bad = await api.postIntegrationsActions({
    ...file, name: "Bad", config: { ...file.config, response }, integrationId: made.id,
  });
  const unmapped = await fails(400, "bad.request", api.postIntegrationsActionExecute(bad.id, { queueId: QUEUE }));
  assert.equal(unmapped.details[0].errorCode, "ACTION.PROCESSING");
  assert.match(unmapped.message, /nothing/);
  const failed = (await api.postIntegrationsActionTest(bad.id, { queueId: QUEUE })).operations.at(-1);
  assert.deepEqual([failed.name, failed.success, failed.error.code], ["Apply success template", false, "bad.request"]);
  await api.deleteIntegrationsAction(bad.id);

  for (let number = 0; number < 4; number++) {
    await api.postIntegrationsActions({ ...file, name: `Action ${number}`, integrationId: made.id });
  }
  const names = [];
  for (let pageNumber = 1, pages = 1; pageNumber <= pages; pageNumber++) {
    const page = await api.getIntegrationsActions({ category: "JS", pageSize: 2, pageNumber });
    pages = page.pageCount;
    names.push(...page.entities.map((action) => action.name));
  }
  assert.equal(new Set(names).size, 5);

  await fails(409, "in.use", api.deleteIntegration(made.id));
  const all = await api.getIntegrationsActions({ category: "JS", pageSize: 100 });
  for (const action of all.entities) await api.deleteIntegrationsAction(action.id);
  await api.deleteIntegration(made.id);
  await api.deleteIntegrationsCredential(credential.id);
  await fails(404, "not.found", api.getIntegration(made.id));

  // The rest of this minute's requests, and then the one too many.
  let last;
  for (let number = 0; number < 100 && last?.status !== 429; number++) {
    last = await api.postIntegrationsActionExecute("none", {}).then(() => assert.fail(), (error) => error);
  }
  assert.equal(last.status, 429);
  assert.equal(last.code, "too.many.requests.retry.after");
  console.log("a whole life");
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
