"""Answers that are packed, in other charsets, or not JSON at all, through the running service.

The upstreams are nginx, which packs with its own modules, and Python's HTTP server, which sends what the real
tools made, byte for byte.
"""

import concurrent.futures
import gzip
import http.server
import json
import pathlib
import subprocess
import tempfile
import time
import unittest
import zlib

from stored import login, request
from test_nginx import NGINX
from world import Process, WebServer, free_port

SECRET = "a secret for this test alone"
BROTLI = pathlib.Path("/usr/lib/nginx/modules/ngx_http_brotli_filter_module.so")
ACTIONS = "/api/v2/integrations/actions"
MOST = 2 * 1024 * 1024

CONFIG = """
[server]
listen = "127.0.0.1:0"

[[caller]]
client_id = "flows"
client_secret_env = "TOLLGATE_TEST_SECRET"

[[integration]]
name = "Web services"
type = "custom-rest-actions"
actions = {{ folder = "actions" }}
allowed_networks = ["127.0.0.1/32"]
allowed_schemes = ["http"]
allowed_ports = [{ports}]
[integration.credentials]
key = {{ env = "TOLLGATE_TEST_KEY" }}
"""

KEY = "k3y-that-nobody-may-see"


def pack(tool, plain):
    return subprocess.run([tool, "-c"], input=plain, stdout=subprocess.PIPE, check=True).stdout


def bare(plain):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(plain) + packer.flush()


class Upstream(http.server.BaseHTTPRequestHandler):
    """Sends what is under a path: status, headers, body; keeps what it was asked."""

    protocol_version = "HTTP/1.1"
    pages, heads = {}, {}

    def answer(self):
        type(self).heads[self.path] = self.command, self.headers
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, headers, body = self.pages[self.path]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def log_message(self, *_):
        pass


def action(name, port, method="GET", response=None, template=None, headers=None):
    request = {"requestUrlTemplate": f"http://127.0.0.1:{port}/${{input.path}}", "requestType": method,
               "headers": headers or {}}
    if template is not None:
        request["requestTemplate"] = template
    return {
        "name": name, "integrationType": "custom-rest-actions", "actionType": "custom", "secure": False,
        "config": {"request": request, "response": response or {"successTemplate": "${rawResult}"}},
        "contract": {"input": {"inputSchema": {"type": "object", "properties": {"path": {"type": "string"}}}},
                     "output": {"successSchema": {"type": "object", "properties": {}}}},
    }


MAPPED = {"translationMap": {"name": "$.name", "many": "$.many[*]"},
          "translationMapDefaults": {"name": '"nobody"', "many": "[]"},
          "successTemplate": '{"name": ${name}, "many": ${many}}'}
TEXT = {"translationMap": {}, "successTemplate": '{"text": "$esc.jsonString($rawResult)"}'}


def nginx_configuration(folder, port):
    temporary = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in
                         ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    return f"""load_module {BROTLI};
        daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
        events {{}}
        http {{
            access_log {folder}/access.log; {temporary}
            default_type application/json; root {folder}/www;
            server {{
                listen 127.0.0.1:{port};
                location /gzip/ {{ gzip on; gzip_types *; gzip_min_length 1; alias {folder}/www/; }}
                location /br/ {{ brotli on; brotli_types *; brotli_min_length 1; alias {folder}/www/; }}
                location /plain/ {{ alias {folder}/www/; }}
            }}
        }}"""


@unittest.skipUnless(pathlib.Path(NGINX).exists() and BROTLI.exists(), "nginx and its brotli module are Debian's")
class Encodings(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        path = pathlib.Path(cls.folder.name)
        cls.addClassCleanup(cls.folder.cleanup)
        cls.upstream = WebServer(Upstream)
        cls.addClassCleanup(cls.upstream.stop)
        port, nginx_port = cls.upstream.port, free_port()
        (path / "www").mkdir()
        cls.page = json.dumps({"name": "Zoë 日本", "many": list(range(20_000))}, ensure_ascii=False)
        (path / "www" / "page.json").write_text(cls.page)
        (path / "nginx.conf").write_text(nginx_configuration(path, nginx_port))
        nginx = subprocess.Popen([NGINX, "-p", path, "-c", path / "nginx.conf", "-e", path / "error.log"])
        cls.addClassCleanup(nginx.wait)
        cls.addClassCleanup(nginx.terminate)
        (path / "actions").mkdir()
        key = {"X-Key": "${credentials.key}"}
        for made in [
            action("Map", port, response=MAPPED, headers=key),
            action("Text", port, response=TEXT, headers=key),
            action("Raw", port),
            action("Own", port, response=MAPPED, headers={"accept-encoding": "gzip;q=0.1"}),
            action("Nginx", nginx_port, response=MAPPED),
            action("Post", port, "POST"), action("Put", port, "PUT"), action("Patch", port, "PATCH"),
            action("Post nothing", port, "POST", template=""),
            action("Delete", port, "DELETE"),
            action("Delete with a body", port, "DELETE", template='{"why": "x"}'),
        ]:
            (path / "actions" / f"{made['name']}.json").write_text(json.dumps(made))
        config = path / "tollgate.toml"
        config.write_text(CONFIG.format(ports=f'"{port}", "{nginx_port}"'))
        env = {"TOLLGATE_TEST_SECRET": SECRET, "TOLLGATE_TEST_KEY": KEY, "RUST_LOG": "warn"}
        cls.service = Process("serve", "--config", str(config), env=env)
        cls.addClassCleanup(lambda: cls.service.stop())
        cls.token = login(cls.service.url, ("flows", SECRET))
        listed = json.loads(request(cls.service.url, "GET", f"{ACTIONS}?pageSize=100", cls.token)[1])
        cls.ids = {entity["name"]: entity["id"] for entity in listed["entities"]}

    def run_action(self, name, path, how="execute"):
        address = f"{ACTIONS}/{self.ids[name]}/{how}"
        status, text = request(self.service.url, "POST", address, self.token, {"path": path})
        return status, json.loads(text)

    def told(self, name, page, how="execute"):
        """What an action makes of a page: (status, headers, body)."""
        path = f"page-{len(Upstream.pages)}"
        Upstream.pages[f"/{path}"] = page
        return self.run_action(name, path, how)

    def good(self, name, headers, body):
        status, output = self.told(name, (200, headers, body))
        self.assertEqual(status, 200, (headers, output))
        return output

    def bad(self, name, page, *words, status=400):
        answered, error = self.told(name, page)
        self.assertEqual(answered, status, error)
        self.assertEqual(error["details"], [{"errorCode": "ACTION.REMOTE_ENDPOINT"}])
        for word in words:
            self.assertIn(word, error["message"])
        return error

    def test_nginx_packs_and_the_service_unpacks(self):
        for coding in ("gzip", "br", "plain"):
            status, output = self.run_action("Nginx", f"{coding}/page.json")
            self.assertEqual((status, output), (200, json.loads(self.page)))
        log = (pathlib.Path(self.folder.name) / "access.log").read_text()
        sent = {line.split()[6].split("/")[1]: int(line.split()[9]) for line in log.splitlines()}
        self.assertEqual(sent["plain"], len(self.page.encode()))
        for coding in ("gzip", "br"):
            self.assertLess(sent[coding], sent["plain"] // 2, "it was packed")

    def test_each_coding_is_unpacked(self):
        plain = self.page.encode()
        for coding, packed in [
            ("gzip", gzip.compress(plain)), ("x-gzip", gzip.compress(plain)), ("GZIP", pack("gzip", plain)),
            ("gzip", gzip.compress(plain[:1000]) + gzip.compress(plain[1000:])),
            ("deflate", zlib.compress(plain)), ("deflate", bare(plain)),
            ("br", pack("brotli", plain)), ("zstd", pack("zstd", plain)),
            ("identity", plain), ("", plain),
            ("gzip, br", pack("brotli", gzip.compress(plain))),
            ("deflate, zstd, gzip", gzip.compress(pack("zstd", zlib.compress(plain)))),
        ]:
            headers = {"Content-Type": "application/json", "Content-Encoding": coding}
            for name in ("Map", "Own"):
                self.assertEqual(self.good(name, headers, packed), json.loads(plain), coding)

    def test_what_is_asked_for(self):
        self.good("Map", {}, b"{}")
        _, headers = Upstream.heads[f"/page-{len(Upstream.pages) - 1}"]
        self.assertEqual(headers.get_all("Accept-Encoding"), ["gzip, deflate, br, zstd"])
        self.good("Own", {}, b"{}")
        _, headers = Upstream.heads[f"/page-{len(Upstream.pages) - 1}"]
        self.assertEqual(headers.get_all("Accept-Encoding"), ["gzip;q=0.1"])

    def test_what_can_not_be_unpacked_is_named(self):
        packed = gzip.compress(b'{"name": "x"}')
        for coding, body, words in [
            ("gzip", packed[:-1], ["gzip", "cut short"]), ("gzip", b'{"name": "x"}', ["gzip"]),
            ("br", packed, ["br"]), ("zstd", packed, ["zstd"]), ("deflate", packed, ["deflate"]),
            ("br", pack("brotli", packed)[:-2], ["br", "cut short"]),
            ("zstd", pack("zstd", packed)[:-2], ["zstd", "cut short"]),
            ("compress", packed, ["`compress`"]), ("gzip, utf-8", packed, ["`utf-8`"]),
            (", ".join(["gzip"] * 9), packed, ["more than 5 codings"]),
        ]:
            error = self.bad("Map", (200, {"Content-Encoding": coding}, body), "Content-Encoding", *words)
            self.assertEqual(error["messageParams"]["tollgateCode"], "action.response.invalid")

    def test_bombs_are_cut_at_the_bound_and_nobody_waits(self):
        zeros = bytes(16 * 1024 * 1024)
        # A gibibyte each.
        members, frames = gzip.compress(zeros) * 64, pack("zstd", zeros) * 64
        bombs = [("gzip", members), ("zstd", frames), ("br", pack("brotli", zeros)), ("deflate", bare(zeros)),
                 ("gzip, br", pack("brotli", members)), ("gzip, gzip", gzip.compress(members))]
        pages = []
        for number, (coding, bomb) in enumerate(bombs):
            Upstream.pages[f"/bomb-{number}"] = 200, {"Content-Encoding": coding}, bomb
            pages.append(f"bomb-{number}")
        Upstream.pages["/other"] = 200, {}, b'{"name": "x"}'
        before = self.most_memory()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            calls = [pool.submit(self.run_action, "Map", page) for page in pages * 4]
            begun, others = time.monotonic(), 0
            while others < 3 or not all(call.done() for call in calls):
                self.assertEqual(self.run_action("Map", "other")[0], 200)
                others += 1
                self.assertLess(time.monotonic() - begun, 120)
            for call in calls:
                status, error = call.result()
                self.assertEqual(status, 400, error)
                self.assertIn(f"longer than {MOST} bytes", error["message"])
        self.assertLess(self.most_memory() - before, 256 * 1024 * 1024)

    def most_memory(self):
        """Bytes that the service has held at the most."""
        text = pathlib.Path(f"/proc/{self.service.process.pid}/status").read_text()
        return 1024 * next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmHWM"))

    def test_charsets_are_honoured(self):
        written = json.dumps({"name": "Zoë", "many": []}, ensure_ascii=False)
        euro, japan = written.replace("ë", "€"), written.replace("Zoë", "日本")
        for text, charset, codec in [
            (written, "ISO-8859-1", "latin-1"), (euro, "windows-1252", "cp1252"), (euro, "iso-8859-15", "iso8859-15"),
            (japan, "Shift_JIS", "shift_jis"), (japan, '"euc-jp"', "euc_jp"), (japan, "GB18030", "gb18030"),
            (japan, "utf-16", "utf-16"), (japan, "UTF-16BE", "utf-16-be"), (japan, "utf-16le", "utf-16-le"),
            (japan, "utf-32", "utf-32"), (japan, "utf-8", "utf-8-sig"), (japan, "iso-8859-1", "utf-16"),
            (japan, None, "utf-8"), (japan, None, "utf-16"), (japan, None, "utf-16-be"), (japan, None, "utf-32-le"),
        ]:
            said = "application/json" + (f"; charset={charset}" if charset else "")
            output = self.good("Map", {"Content-Type": said}, text.encode(codec))
            self.assertEqual(output, json.loads(text), (charset, codec))
            packed = gzip.compress(text.encode(codec))
            self.good("Map", {"Content-Type": said, "Content-Encoding": "gzip"}, packed)
        output = self.good("Text", {"Content-Type": "text/plain"}, "Zoë".encode("latin-1"))
        self.assertEqual(output, {"text": "Zoë"})
        output = self.good("Text", {"Content-Type": "text/plain; charset=utf-16"}, "日本".encode("utf-16"))
        self.assertEqual(output, {"text": "日本"})

    def test_bytes_that_are_no_text_are_told(self):
        json_type = "application/json"
        self.bad("Map", (200, {"Content-Type": json_type}, b'{"name": "Zo\xeb"}'), "not UTF-8", "byte 12")
        said = f"{json_type}; charset=shift_jis"
        self.bad("Map", (200, {"Content-Type": said}, b'{"name": "\x93'), "Shift_JIS", "byte 10")
        self.bad("Map", (200, {"Content-Type": f"{json_type}; charset=cp850"}, b"{}"), "`cp850`", "Content-Type")

    def test_markup_and_text_go_through_the_raw_result(self):
        xml = '<?xml version="1.0" encoding="ISO-8859-1"?>\n<who a="b">Zoë &amp; "co"\t\\</who>'
        for said in ("application/xml", "text/xml", "application/soap+xml; action=x"):
            output = self.good("Text", {"Content-Type": said}, xml.encode("latin-1"))
            self.assertEqual(output, {"text": xml})
        self.assertEqual(self.good("Text", {"Content-Type": "text/plain"}, b"a\r\nb"), {"text": "a\r\nb"})

    def test_empty_bodies_let_the_defaults_stand(self):
        nothing = {"name": "nobody", "many": []}
        json_type = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        for page in [(204, {}, b""), (204, json_type, b""), (200, json_type, b""), (200, {}, b" \r\n\t"),
                     (202, {"Content-Encoding": "br"}, pack("brotli", b"")), (200, {}, b"\xef\xbb\xbf")]:
            self.assertEqual(self.told("Map", page), (200, nothing), page)
            self.assertEqual(self.told("Raw", page), (200, {}), page)

    def test_an_errors_body_is_shown_as_text(self):
        why = f"Zoë isn't here; the key was {KEY}."
        for headers, body in [
            ({"Content-Encoding": "gzip"}, gzip.compress(why.encode())),
            ({"Content-Encoding": "zstd, br"}, pack("brotli", pack("zstd", why.encode()))),
            ({"Content-Type": "text/plain; charset=utf-16"}, why.encode("utf-16")),
            ({"Content-Type": "text/plain"}, why.encode("latin-1")),
        ]:
            for name in ("Map", "Text"):
                error = self.bad(name, (404, headers, body), "404", status=404)
                shown = error["messageParams"]["upstreamBody"]
                self.assertTrue(shown.startswith("Zoë isn't here"), shown)
                self.assertNotIn(KEY, json.dumps(error))
        for charset in ("utf-8", "iso-8859-1"):
            page = 500, {"Content-Type": f"text/plain; charset={charset}"}, KEY.encode("utf-16-le")
            error = self.bad("Map", page, "500", status=502)
            self.assertNotIn("3-that", json.dumps(error).replace("\\u0000", ""))
            error = self.bad("Text", (200, *page[1:]), "zeros")
            self.assertNotIn("3-that", json.dumps(error).replace("\\u0000", ""))
        for headers, body, words in [
            ({"Content-Encoding": "compress"}, why.encode(), "compress"),
            ({"Content-Type": "text/plain; charset=utf-7"}, why.encode("utf-7"), "utf-7"),
            ({"Content-Encoding": "gzip"}, why.encode(), "gzip"),
        ]:
            error = self.bad("Map", (500, headers, body), "500", status=502)
            shown = error["messageParams"]["upstreamBody"]
            self.assertIn(words, shown)
            self.assertNotIn("Zoë", shown)

    def test_test_shows_and_outputs_lose_what_was_packed(self):
        said = json.dumps({"name": KEY, "many": ["Zoë"]}, ensure_ascii=False)
        for headers, body in [({"Content-Encoding": "gzip"}, gzip.compress(said.encode())),
                              ({"Content-Type": "text/plain; charset=utf-16"}, said.encode("utf-16"))]:
            status, told = self.told("Map", (200, headers, body), "test")
            self.assertEqual((status, told["success"]), (200, True), told)
            self.assertNotIn(KEY, json.dumps(told))
            self.assertIn("Zoë", json.dumps(told["operations"], ensure_ascii=False))
            self.assertNotIn(KEY, json.dumps(self.good("Map", headers, body)))
        status, told = self.told("Map", (200, {"Content-Encoding": "zstd"}, b"no"), "test")
        self.assertFalse(told["success"])
        self.assertIn("zstd", json.dumps(told["error"]))

    def test_requests_say_the_length_of_their_body(self):
        for name, length in [("Post", "0"), ("Put", "0"), ("Patch", "0"), ("Post nothing", "0"), ("Map", None),
                             ("Delete", None), ("Delete with a body", "12")]:
            self.good(name, {}, b"{}")
            method, headers = Upstream.heads[f"/page-{len(Upstream.pages) - 1}"]
            self.assertEqual(headers.get_all("Content-Length"), [length] if length else None, (name, method))
            self.assertIsNone(headers.get("Transfer-Encoding"))


if __name__ == "__main__":
    unittest.main()
