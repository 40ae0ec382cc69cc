// Calls the vendor's JavaScript SDK by name, for test_lists.py: a line of its input is a call,
// {"api", "operation", "path": [...], "query": {...}}, a line of its output what that came to.
const readline = require("node:readline");
const platform = require("purecloud-platform-client-v2");

const { TOLLGATE_URL, TOLLGATE_CLIENT_ID, TOLLGATE_CLIENT_SECRET } = process.env;

async function main() {
  const client = platform.ApiClient.instance;
  const { hostname, port } = new URL(TOLLGATE_URL);
  client.setGateway({ host: hostname, protocol: "http", port: Number(port), path_params_login: "", path_params_api: "" });
  await client.loginClientCredentialsGrant(TOLLGATE_CLIENT_ID, TOLLGATE_CLIENT_SECRET);
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { api, operation, path, query } = JSON.parse(line);
    // The SDK throws the answer's body.
    const came = await new platform[api]()[operation](...path, query).then(
      (answer) => ({ answer }), (error) => ({ status: error.status, message: error.message }));
    process.stdout.write(`${JSON.stringify(came)}\n`);
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
