"""Calls and token fetches through an HTTP proxy, which alone knows the upstreams' names."""

import asyncio
import base64
import http.server
import json
import pathlib
import ssl
import tempfile
import threading
import unittest

from doors import LIST, Authority, Doors, ask, basic
from world import WebServer

FLOWS = "flows-secret-7f3a91c2"
PASSWORD = "proxy-password-5d170b68"
CALLERS = """
[[caller]]
client_id = "flows"
client_secret_env = "FLOWS"
logins = ["basic"]
"""


class Proxy:
    """A proxy that opens tunnels and does nothing else, in a thread of its own; names that end with .test lead to
    this machine."""

    def __init__(self, login=None):
        self.login, self.targets, self.logins = login, [], []
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.server = self.run(asyncio.start_server(self.serve, "127.0.0.1", 0))
        self.port = self.server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    async def serve(self, reader, writer):
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            method, target, _ = head.split("\r\n")[0].split(" ")
            if method != "CONNECT":
                return await self.answer(writer, "405 Method Not Allowed")
            headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
            self.logins.append(headers.get("Proxy-Authorization"))
            if self.login and self.logins[-1] != "Basic " + base64.b64encode(self.login.encode()).decode():
                return await self.answer(writer, "407 Proxy Authentication Required")
            host, _, port = target.rpartition(":")
            self.targets.append(target)
            if host == "forbidden.test":
                return await self.answer(writer, "403 Forbidden")
            there = await asyncio.open_connection("127.0.0.1" if host.endswith(".test") else host, int(port))
            # In two parts, as a slow proxy sends it.
            writer.write(b"HTTP/1.1 200 Connection est")
            await writer.drain()
            writer.write(b"ablished\r\nVia: test\r\n\r\n")
            await asyncio.gather(self.copy(reader, there[1]), self.copy(there[0], writer))
        except (OSError, asyncio.IncompleteReadError, ValueError):
            pass
        finally:
            writer.close()

    async def answer(self, writer, status):
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()

    async def copy(self, reader, writer):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    def stop(self):
        if self.thread.is_alive():
            self.run(self.end())
            self.loop.call_soon_threadsafe(self.loop.stop)
            self.thread.join()
            self.loop.close()

    async def end(self):
        self.server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


class Upstream(http.server.BaseHTTPRequestHandler):
    """Answers over TLS, and counts."""

    calls = 0

    def do_GET(self):
        Upstream.calls += 1
        self.send_response(200)
        self.send_header("Content-Length", "14")
        self.end_headers()
        self.wfile.write(b'{"who":"here"}')

    def log_message(self, *_):
        pass


def action(name, url):
    return {
        "name": name, "integrationType": "custom-rest-actions", "actionType": "custom",
        "config": {
            "request": {"requestUrlTemplate": url, "requestType": "GET", "headers": {},
                        "requestTemplate": "${input.rawRequest}"},
            "response": {"translationMap": {"who": "$.who"}, "translationMapDefaults": {},
                         "successTemplate": "{\"who\": ${who}}"},
        },
        "contract": {"input": {"inputSchema": {"type": "object", "properties": {}}},
                     "output": {"successSchema": {"type": "object", "properties": {}}}},
    }


class Case(unittest.TestCase):
    def proxy(self, login=None):
        proxy = Proxy(login)
        self.addCleanup(proxy.stop)
        return proxy

    def doors(self, upstream, named=False, integration="", prepare=None, **env):
        folder = tempfile.TemporaryDirectory()
        if prepare:
            prepare(pathlib.Path(folder.name))
        doors = Doors(CALLERS, upstream=upstream, integration=integration, folder=folder,
                      env={"FLOWS": FLOWS, **env}, name="platform.test" if named else None)
        self.addCleanup(doors.stop)
        return doors

    def execute(self, doors, name="Find-Queue-By-Name", **more):
        """Status and body of the answer to an execution of an action, with these headers more."""
        headers = {**basic("flows", FLOWS), "Content-Type": "application/json", **more}
        found = ask(doors.url, f"{LIST}?name={name}", headers=headers)[1]["entities"][0]["id"]
        return ask(doors.url, f"{LIST}/{found}/execute", "POST", '{"name": "Support"}', headers)

    def run_action(self, doors, name="Find-Queue-By-Name", expected=200):
        status, body = self.execute(doors, name)
        self.assertEqual(status, expected, body)
        return body


class Platform(Case):
    def test_calls_and_tokens_leave_through_the_proxy(self):
        proxy = self.proxy()
        doors = self.doors(f'proxy = "{proxy.url}"', named=True)
        for _ in range(3):
            self.run_action(doors)
        # The name leads nowhere without the proxy, so every connection was the proxy's: one for the token, one for
        # the calls, which keep it; or one for both.
        port = doors.platform.url.rpartition(":")[2]
        self.assertEqual(set(proxy.targets), {f"platform.test:{port}"})
        self.assertLessEqual(len(proxy.targets), 3)
        self.assertEqual(set(proxy.logins), {None})
        print(f"a token and 3 calls, tunnels: {len(proxy.targets)}")

    def test_what_passes_through_a_gateway_leaves_through_the_proxy(self):
        callers = CALLERS + 'pass_through = ["GET /api/v2/users"]\n'
        gateway = '[[gateway]]\nintegration = "PureCloud Data Actions"\npath = "/g"\n'
        everybodys, own = self.proxy(), self.proxy()
        for upstream, integration, used, unused in [
            (f'proxy = "{everybodys.url}"', gateway, everybodys, own),
            (f'proxy = "{everybodys.url}"', f'proxy = "{own.url}"\n{gateway}', own, everybodys),
        ]:
            unused.targets.clear()
            doors = Doors(callers, upstream=upstream, integration=integration, env={"FLOWS": FLOWS},
                          name="platform.test")
            self.addCleanup(doors.stop)
            status, body = ask(doors.url, "/g/api/v2/users?pageSize=3", headers=basic("flows", FLOWS))
            self.assertEqual((status, len(body["entities"])), (200, 3), body)
            port = doors.platform.url.rpartition(":")[2]
            self.assertIn(f"platform.test:{port}", used.targets)
            self.assertLessEqual(set(unused.targets), {f"platform.test:{port}"})
            print(f"tunnels: {len(used.targets)} of the proxy used, {len(unused.targets)} of the other")

    def test_a_check_goes_the_same_way(self):
        proxy = self.proxy()
        doors = self.doors(f'proxy = "{proxy.url}"', named=True)
        status, said = doors.check("--online")
        self.assertEqual((status, len(set(proxy.targets))), (0, 1), said)

    def test_no_proxy_is_called_directly(self):
        proxy = self.proxy()
        self.run_action(self.doors(f'proxy = "{proxy.url}"'))
        self.assertGreater(len(proxy.targets), 0, "an address of this machine is no exception by itself")
        proxy = self.proxy()
        self.run_action(self.doors(f'proxy = "{proxy.url}"\nno_proxy = ["127.0.0.0/8", "*.internal"]'))
        self.assertEqual(proxy.targets, [])

    def test_credentials_of_the_proxy(self):
        proxy = self.proxy(f"tollgate:{PASSWORD}")
        good = f'proxy = "{proxy.url}"\nproxy_user = "tollgate"\nproxy_password_env = "PROXY"'
        doors = self.doors(good, named=True, PROXY=PASSWORD)
        self.run_action(doors)
        without = self.doors(f'proxy = "{proxy.url}"', named=True)
        said = self.fails(without)
        self.assertIn(f"the proxy 127.0.0.1:{proxy.port} asks for proxy_user and proxy_password_env (407)", said)
        wrong = self.doors(good, named=True, PROXY="wrong-" + PASSWORD)
        said = self.fails(wrong)
        self.assertIn("refuses proxy_user and its password (407)", said)
        for each in doors, without, wrong:
            self.assertNotIn(PASSWORD, each.logged())

    def fails(self, doors):
        """Where no token can be had, what the caller is told, and the log."""
        status, body = self.execute(doors, **{"Tollgate-Deadline": "3s"})
        self.assertGreaterEqual(status, 429, body)
        return json.dumps(body) + doors.logged()

    def test_a_dead_proxy_is_told_of(self):
        proxy = self.proxy()
        proxy.stop()
        doors = self.doors(f'proxy = "{proxy.url}"', named=True)
        self.assertIn(f"can't connect to the proxy 127.0.0.1:{proxy.port}", self.fails(doors))


WEB = """
[[integration]]
name = "Web"
type = "custom-rest-actions"
actions = {{ folder = "web" }}
allowed_networks = ["127.0.0.2/32"]
allowed_ports = ["{port}"]
trusted_roots = ["authority.pem"]
{proxy}
"""


class WebServices(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name)
        self.authority = Authority(self.path)
        self.authority.issue("server", "one", "subjectAltName=DNS:web.test,DNS:localhost,IP:127.0.0.2,IP:127.0.0.1")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path / "server.pem", self.path / "server.key")
        server = WebServer(Upstream, context, "0.0.0.0")
        self.addCleanup(server.stop)
        self.port = server.port

    def prepare(self, folder):
        (folder / "web").mkdir()
        (folder / "authority.pem").write_text(self.authority.pem.read_text())
        for name, host in [("named", "web.test"), ("address", "127.0.0.2"), ("local", "localhost"),
                           ("literal", "127.0.0.1"), ("forbidden", "forbidden.test")]:
            (folder / "web" / f"{name}.json").write_text(json.dumps(action(name, f"https://{host}:{self.port}/")))

    def targets(self, proxy):
        """The hosts of the tunnels to the web service: the platform's are of no interest here."""
        tunnels = [target.rpartition(":") for target in proxy.targets]
        return [host for host, _, port in tunnels if port == str(self.port)]

    def web(self, upstream, proxy=""):
        return self.doors(upstream, integration=WEB.format(port=self.port, proxy=proxy), prepare=self.prepare)

    def test_https_goes_through_and_the_guard_holds_where_it_can(self):
        proxy = self.proxy()
        doors = self.web(f'proxy = "{proxy.url}"')
        for name in "named", "address":
            self.assertEqual(self.run_action(doors, name), {"who": "here"})
        self.assertEqual(self.targets(proxy), ["web.test", "127.0.0.2"])
        # What is written as an address, and what a name leads to as far as this machine knows, is still checked.
        body = self.run_action(doors, "literal", expected=400)
        self.assertEqual(body["code"], "address.not.allowed", body)
        body = self.run_action(doors, "local", expected=502)
        self.assertIn("localhost is at 127.0.0.1, which is loopback", body["message"])
        self.assertEqual(self.targets(proxy), ["web.test", "127.0.0.2"])
        body = self.run_action(doors, "forbidden", expected=502)
        self.assertIn(f"opens no way to forbidden.test:{self.port} (403)", json.dumps(body))

    def test_an_integration_has_its_own_way_out(self):
        proxy, dead = self.proxy(), self.proxy()
        dead.stop()
        own = self.web(f'proxy = "{dead.url}"', f'proxy = "{proxy.url}"')
        self.assertEqual(self.run_action(own, "named"), {"who": "here"})
        self.assertEqual(self.targets(proxy), ["web.test"])
        direct = self.web(f'proxy = "{proxy.url}"', 'proxy = "none"')
        self.assertEqual(self.run_action(direct, "address"), {"who": "here"})
        self.assertEqual(self.targets(proxy), ["web.test"])
        body = self.run_action(direct, "named", expected=502)
        self.assertIn("no address for web.test", json.dumps(body))


class WrongConfigurations(Case):
    def test_each_is_refused_with_its_field(self):
        doors = self.doors("")
        good = doors.config.read_text()
        for upstream, said in [
            ('proxy = "https://proxy:3128"', "upstream.proxy: .*TLS to the proxy"),
            ('proxy = "proxy:3128"', "upstream.proxy: "),
            ('proxy = "http://user:hunter2@proxy"', "upstream.proxy: .*write proxy_user"),
            ('proxy = "http://p"\nproxy_password_env = "FLOWS"', "upstream.proxy_password_env: .*proxy_user"),
            ('proxy = "http://p"\nproxy_user = "u"', "upstream.proxy_password_env: missing"),
            ('proxy = "http://p"\nproxy_user = "u:v"\nproxy_password_env = "FLOWS"', "upstream.proxy_user: "),
            ('proxy = "http://p"\nproxy_user = "u"\nproxy_password = "hunter2"',
             "upstream.proxy_password: secrets are not written here"),
            ('proxy = "http://p"\nno_proxy = ["*.a.*"]', "upstream.no_proxy"),
            ('no_proxy = ["10.0.0.0/8"]', "upstream.no_proxy: is of no use"),
        ]:
            with self.subTest(upstream=upstream):
                doors.config.write_text(good.replace("[upstream]\n", f"[upstream]\n{upstream}\n"))
                status, text = doors.check()
                self.assertEqual(status, 64, text)
                self.assertRegex(text, said)
                self.assertNotIn("hunter2", text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
