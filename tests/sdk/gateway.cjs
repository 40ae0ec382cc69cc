// A program with the vendor's JavaScript SDK, none of whose code is changed, behind a gateway. Started by
// test_gateway.py, which gives addresses and the secret in the environment.
const platform = require("purecloud-platform-client-v2");

const { GATEWAY_URL, SERVICE_URL, TOLLGATE_CLIENT_SECRET } = process.env;
const UPLOAD = 50 * 1024 * 1024;

async function behind(url, path) {
  const client = platform.ApiClient.instance;
  const { hostname, port } = new URL(url);
  client.setGateway({ host: hostname, protocol: "http", port: Number(port), path_params_login: path, path_params_api: path });
  await client.loginClientCredentialsGrant("program", TOLLGATE_CLIENT_SECRET);
  return client;
}

async function main() {
  await behind(GATEWAY_URL, "");
  const api = new platform.UsersApi();
  const ids = new Set();
  for (let page = 1, pages = 1; page <= pages; page++) {
    const answer = await api.getUsers({ pageSize: 100, pageNumber: page });
    pages = answer.pageCount;
    answer.entities.forEach((user) => ids.add(user.id));
  }
  const query = { interval: "2026-01-05T00:00:00.000Z/2026-01-06T00:00:00.000Z" };
  const found = await new platform.AnalyticsApi().postAnalyticsConversationsDetailsQuery(query);

  const client = await behind(SERVICE_URL, "files");
  const upload = await client.callApi(
    "/api/v2/uploads/{name}", "POST", { name: "js" }, {}, {}, {}, JSON.stringify("x".repeat(UPLOAD)),
    ["PureCloud OAuth"], ["application/json"], ["application/json"],
  );
  console.log(JSON.stringify({ users: ids.size, hits: found.totalHits, upload }));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
