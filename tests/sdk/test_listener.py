"""TLS on the service's own listener: who is let in by certificate, and certificates that change under load."""

import http.client
import os
import pathlib
import shutil
import signal
import socket
import ssl
import tempfile
import threading
import time
import unittest

import PureCloudPlatformClientV2 as sdk

from doors import LIST, Authority, Doors, ask, basic, curl, token, within
from world import sdk_client, tollgate

FLOWS = "flows-secret-7f3a91c2"
CALLERS = """
[[caller]]
client_id = "flows"
client_secret_env = "FLOWS"
logins = ["oauth", "basic"]
{more}
"""
BY_CERTIFICATE = """
[[caller]]
client_id = "batch"
logins = ["certificate"]
certificate_names = ["batch.example.com", "spiffe://example.com/batch"]
"""
TLS = """
header_timeout = "2s"
{bounds}
[server.tls]
certificate = "server.pem"
key = "server.key"
{more}
"""


class Secured:
    """A service with TLS by an authority of its own."""

    def __init__(self, tls="", callers="", days=30, bounds=""):
        folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(folder.name)
        self.authority = Authority(self.path)
        self.authority.issue("server", "one", days=days)
        self.authority.issue("batch", "batch.example.com", "extendedKeyUsage=clientAuth")
        callers, tls = CALLERS.format(more=callers), TLS.format(more=tls, bounds=bounds)
        self.doors = Doors(callers, tls, env={"FLOWS": FLOWS}, folder=folder)
        self.url = self.doors.url

    def context(self, certificate=None):
        context = ssl.create_default_context(cafile=self.authority.pem)
        if certificate:
            context.load_cert_chain(self.path / f"{certificate}.pem", self.path / f"{certificate}.key")
        return context

    def serial(self):
        """The serial number of the certificate that a new connection gets."""
        host, port = self.url.removeprefix("https://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as plain:
            with self.context().wrap_socket(plain, server_hostname=host) as secure:
                return secure.getpeercert()["serialNumber"]

    def replace(self, *arguments, **more):
        """A new certificate in the place of the served one, the key first."""
        self.authority.issue("next", *arguments, **more)
        shutil.move(self.path / "next.key", self.path / "server.key")
        shutil.move(self.path / "next.pem", self.path / "server.pem")

    def stop(self):
        return self.doors.stop()


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.it = Secured()
        cls.url = cls.it.url

    @classmethod
    def tearDownClass(cls):
        assert cls.it.stop() == 0

    def test_python_and_the_sdk_over_tls_1_2_and_1_3(self):
        for version in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
            context = self.it.context()
            context.minimum_version = context.maximum_version = version
            self.assertEqual(ask(self.url, headers=basic("flows", FLOWS), context=context)[0], 200)
        old = self.it.context()
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        with self.assertRaises(ssl.SSLError):
            ask(self.url, context=old)
        with self.assertRaises(ssl.SSLCertVerificationError):
            ask(self.url, context=ssl.create_default_context())
        # The SDK keeps one context for all its clients.
        self.trust(str(self.it.authority.pem))
        self.addCleanup(self.trust, None)
        client = sdk_client(self.url).get_client_credentials_token("flows", FLOWS)
        self.assertEqual(sdk.IntegrationsApi(client).get_integrations_actions().total, 1)

    def trust(self, authority):
        sdk.configuration.ssl_ca_cert, sdk.configuration.ssl_context = authority, None

    def test_curl_gets_http_2_and_http_1(self):
        common = ["--cacert", str(self.it.authority.pem), "-u", f"flows:{FLOWS}", self.url + LIST]
        self.assertEqual(curl("--http2", *common)[:3], (0, "2", 200))
        self.assertEqual(curl("--http1.1", *common)[:3], (0, "1.1", 200))
        # 60: the authority isn't known.
        self.assertEqual(curl(self.url + LIST)[0], 60)

    def test_the_command_line_trusts_ssl_cert_file(self):
        def listed(authorities):
            return tollgate(
                "limits", "list", "--url", self.url, "--client-id", "flows", "--client-secret-env", "FLOWS",
                status=None, env={**os.environ, "FLOWS": FLOWS, "SSL_CERT_FILE": str(authorities)})
        good = listed(self.it.authority.pem)
        self.assertEqual(good.returncode, 0, good.stderr)
        self.assertNotEqual(listed(self.it.path / "server.key").returncode, 0)
        self.assertIn("SSL_CERT_FILE: /nowhere", listed("/nowhere").stderr)

    def test_who_speaks_no_tls_is_closed_and_who_says_nothing_too(self):
        status, _, _, body, _ = curl(self.url.replace("https", "http") + LIST)
        self.assertNotEqual(status, 0, body)
        host, port = self.url.removeprefix("https://").split(":")
        began = time.monotonic()
        with socket.create_connection((host, int(port)), timeout=20) as silent:
            self.assertEqual(silent.recv(1), b"", "the handshake has header_timeout, 2 s")
        self.assertGreater(time.monotonic() - began, 1)


class Places(unittest.TestCase):
    def test_handshakes_that_dont_end_keep_nobody_out(self):
        it = Secured(bounds="max_connections = 4")
        self.addCleanup(it.stop)
        host, port = it.url.removeprefix("https://").split(":")
        began = time.monotonic()
        silent = [socket.create_connection((host, int(port)), timeout=20) for _ in range(8)]
        self.addCleanup(lambda: [it.close() for it in silent])
        for one in silent[::2]:
            one.sendall(b"\x16\x03\x01\x02\x00\x01")
        self.assertEqual(ask(it.url, headers=basic("flows", FLOWS), context=it.context())[0], 200)
        self.assertLess(time.monotonic() - began, 2, "the places were free before header_timeout had passed")

    def test_who_takes_no_answers_is_cut(self):
        it = Secured(bounds='write_timeout = "1s"')
        self.addCleanup(it.stop)
        host, port = it.url.removeprefix("https://").split(":")
        plain = socket.socket()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        plain.settimeout(20)
        plain.connect((host, int(port)))
        with it.context().wrap_socket(plain, server_hostname=host) as secure:
            # More than the system buffers on the way.
            secure.sendall(b"GET /api/v2/openapi.json HTTP/1.1\r\nHost: here\r\n\r\n" * 100)

            def cut():
                try:
                    return secure.send(b"\r\n") == 0
                except OSError:
                    return True
            within(20, cut)


class Certificates(unittest.TestCase):
    def ends(self, it, certificate, headers=None):
        try:
            return ask(it.url, headers=headers, context=it.context(certificate))[0]
        except (ssl.SSLError, ConnectionError, http.client.RemoteDisconnected):
            return "turned away"

    def make(self, it):
        it.authority.issue("mail", "mail.example.com", "extendedKeyUsage=clientAuth")
        it.authority.issue("dns", "another", "subjectAltName=DNS:elsewhere.example.com,DNS:batch.example.com")
        it.authority.issue("uri", "another", "subjectAltName=URI:spiffe://example.com/batch")
        it.authority.issue("late", "batch.example.com", "extendedKeyUsage=serverAuth")
        Authority(it.path, "stranger").issue("strange", "batch.example.com", "extendedKeyUsage=clientAuth")

    def test_a_certificate_opens_to_its_caller_alone(self):
        it = Secured('client_authorities = "authority.pem"', BY_CERTIFICATE)
        self.addCleanup(it.stop)
        self.make(it)
        good = basic("flows", FLOWS)
        for certificate, headers, end in [
            ("batch", None, 200),
            ("dns", None, 200),
            ("uri", None, 200),
            ("mail", None, 401),
            ("strange", None, "turned away"),
            ("late", None, "turned away"),
            (None, None, 401),
            (None, good, 200),
            ("mail", good, 200),
            ("batch", basic("flows", "wrong"), 401),
            ("batch", {"Authorization": "Bearer wrong"}, 401),
        ]:
            with self.subTest(certificate=certificate, headers=headers):
                self.assertEqual(self.ends(it, certificate, headers), end)
        certificate = ["--cert", str(it.path / "batch.pem"), "--key", str(it.path / "batch.key")]
        for version in "2", "1.1":
            ended = curl(f"--http{version}", "--cacert", str(it.authority.pem), *certificate, it.url + LIST)
            self.assertEqual(ended[:3], (0, version, 200))

    def test_a_certificate_may_be_required_of_everybody(self):
        it = Secured('client_authorities = "authority.pem"\nrequire_client_certificate = true', BY_CERTIFICATE)
        self.addCleanup(it.stop)
        self.make(it)
        good = basic("flows", FLOWS)
        for certificate, headers, end in [("batch", None, 200), (None, good, "turned away"), ("mail", good, 200)]:
            with self.subTest(certificate=certificate):
                self.assertEqual(self.ends(it, certificate, headers), end)


class Renewal(unittest.TestCase):
    def test_a_new_certificate_under_load_fails_no_request(self):
        it = Secured()
        self.addCleanup(it.stop)
        done, failures, counts = threading.Event(), [], {"kept": 0, "new": 0}
        given = token(it.url, "flows", FLOWS, context=it.context())[1]["access_token"]
        headers = {"Authorization": f"Bearer {given}"}

        def kept():
            connection = http.client.HTTPSConnection(it.url.removeprefix("https://"), timeout=20, context=it.context())
            connection.connect()
            first = connection.sock
            while not done.is_set():
                connection.request("GET", LIST, headers=headers)
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200 or connection.sock is not first:
                    raise RuntimeError(f"{answer.status}, or the connection was dropped")
                counts["kept"] += 1
            connection.close()

        def new():
            while not done.is_set():
                if ask(it.url, headers=headers, context=it.context())[0] != 200:
                    raise RuntimeError("refused")
                counts["new"] += 1

        def watched(work):
            try:
                work()
            except Exception as error:  # Whatever it is, a caller would have seen it.
                failures.append(repr(error))
                done.set()

        threads = [threading.Thread(target=watched, args=(work,)) for work in (kept, kept, new)]
        for thread in threads:
            thread.start()
        serials = [it.serial()]
        for nth in range(3):
            it.replace(f"number {nth}")
            it.doors.service.process.send_signal(signal.SIGHUP)
            serials.append(within(30, lambda: it.serial() != serials[-1] and it.serial()))
        done.set()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.assertEqual(len(set(serials)), 4)
        self.assertGreater(min(counts.values()), 0, counts)
        print(f"three certificates, {counts['kept']} requests on kept connections and {counts['new']} on new ones, "
              "none failed")

    def test_files_are_followed_without_a_signal_and_broken_ones_change_nothing(self):
        it = Secured()
        self.addCleanup(it.stop)
        first = it.serial()
        (it.path / "server.pem").write_text("no certificate")
        within(30, lambda: "new connections get the certificate that was there before" in it.doors.logged())
        self.assertEqual(it.serial(), first)
        health = ["--cacert", str(it.authority.pem), it.url + "/health"]
        self.assertRegex(curl(*health)[3], "^ok\nserver.tls: the files can't be used, so new connections get")
        self.assertIn("server.pem: holds no PEM certificate", it.doors.logged())
        it.replace("the next")
        second = within(30, lambda: it.serial() != first and it.serial())
        self.assertEqual(curl(*health)[3], "ok\n")
        it.authority.issue("other", "another key's")
        shutil.copy(it.path / "other.key", it.path / "server.key")
        within(30, lambda: "the private key is not the first certificate's" in it.doors.logged())
        self.assertEqual(it.serial(), second)
        self.assertEqual(it.doors.logged().count("there before: "), 2, "each is told once")
        self.assertNotIn("PRIVATE KEY", it.doors.logged())

    def test_an_end_that_is_near_is_warned_of(self):
        it = Secured(days=3)
        self.addCleanup(it.stop)
        self.assertRegex(it.doors.logged(), r"WARN.*\[server.tls\] certificate: certificate 1 expires at .*; renew it")
        status, said = it.doors.check()
        self.assertEqual(status, 0)
        self.assertIn("[server.tls] certificate: certificate 1 expires at", said)
        it.replace("long")
        self.assertNotIn("expires at", it.doors.check()[1])
        (it.path / "server.key").chmod(0o644)
        self.assertRegex(it.doors.check()[1], r"server.tls.key: .*others may read it")
        (it.path / "server.key").chmod(0o666)
        status, said = it.doors.check()
        self.assertEqual(status, 64)
        self.assertRegex(said, r"server.tls.key: .*others may write it")


class Gateways(unittest.TestCase):
    """Gateways with listeners of their own: TLS as at the service's, or by files of theirs."""

    USERS = "/api/v2/users?pageSize=1"
    CALLER = """
[[caller]]
client_id = "program"
client_secret_env = "FLOWS"
logins = ["basic"]
pass_through = ["GET /api/v2/users"]
"""
    GATEWAY = """
[[gateway]]
integration = "PureCloud Data Actions"
listen = "127.0.0.1:0"
"""

    def start(self, server, gateways):
        folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(folder.name)
        self.ours, self.theirs = Authority(self.path), Authority(self.path, "theirs")
        self.ours.issue("server", "one")
        self.theirs.issue("gate", "two")
        self.theirs.issue("batch", "batch", "extendedKeyUsage=clientAuth")
        doors = Doors(self.CALLER, server, integration=gateways, env={"FLOWS": FLOWS}, folder=folder)
        self.addCleanup(doors.stop)
        urls = [doors.service.process.stdout.readline().split()[0] for _ in range(gateways.count("listen ="))]
        return doors, urls

    def get(self, url, authority=None, certificate=None):
        context = ssl.create_default_context(cafile=authority.pem) if authority else None
        if certificate:
            context.load_cert_chain(self.path / f"{certificate}.pem", self.path / f"{certificate}.key")
        try:
            return ask(url, self.USERS, headers=basic("program", FLOWS), context=context)[0]
        except (ssl.SSLError, ConnectionError, http.client.RemoteDisconnected):
            return "turned away"

    def test_each_speaks_the_services_tls_or_its_own(self):
        own = '[gateway.tls]\ncertificate = "gate.pem"\nkey = "gate.key"\nclient_authorities = "theirs.pem"\n' \
              "require_client_certificate = true\n"
        tls = '[server.tls]\ncertificate = "server.pem"\nkey = "server.key"\n'
        doors, (shared, alone) = self.start(tls, self.GATEWAY + self.GATEWAY + own)
        for url in doors.url, shared, alone:
            self.assertTrue(url.startswith("https://"), url)
        self.assertEqual(self.get(shared, self.ours), 200)
        self.assertEqual(self.get(shared, self.theirs), "turned away")
        self.assertEqual(self.get(alone, self.theirs), "turned away")
        self.assertEqual(self.get(alone, self.theirs, "batch"), 200)
        self.assertEqual(self.get(alone, self.ours, "batch"), "turned away")
        basic_login = ["-u", f"program:{FLOWS}", "--cacert", str(self.theirs.pem)]
        certificate = ["--cert", str(self.path / "batch.pem"), "--key", str(self.path / "batch.key")]
        ended = curl("--http2", *basic_login, *certificate, alone + self.USERS)
        self.assertEqual(ended[:3], (0, "2", 200), ended)

        # Both certificates are followed, each by itself; what is wrong with one leaves the other alone.
        def serial():
            host, port = shared.removeprefix("https://").split(":")
            with socket.create_connection((host, int(port)), timeout=10) as plain:
                context = ssl.create_default_context(cafile=self.ours.pem)
                with context.wrap_socket(plain, server_hostname=host) as secure:
                    return secure.getpeercert()["serialNumber"]
        first = serial()
        (self.path / "gate.pem").write_text("no certificate")
        self.ours.issue("next", "three")
        shutil.move(self.path / "next.key", self.path / "server.key")
        shutil.move(self.path / "next.pem", self.path / "server.pem")
        doors.service.process.send_signal(signal.SIGHUP)
        within(30, lambda: serial() != first)
        within(30, lambda: "gate.pem: holds no PEM certificate" in doors.logged())
        self.assertEqual(self.get(alone, self.theirs, "batch"), 200)
        health = ["--cacert", str(self.ours.pem), doors.url + "/health"]
        # The signal's reload has read the broken file, too.
        self.assertRegex(curl(*health)[3], r"^ok\nconfiguration: .*\ngateway\[2\].tls: the files can't be used")
        self.theirs.issue("gate", "four")
        doors.service.process.send_signal(signal.SIGHUP)
        within(30, lambda: curl(*health)[3] == "ok\n")
        self.assertEqual(self.get(alone, self.theirs, "batch"), 200)

    def test_a_gateway_alone_may_speak_tls(self):
        own = '[gateway.tls]\ncertificate = "gate.pem"\nkey = "gate.key"\n'
        doors, (alone,) = self.start("", self.GATEWAY + own)
        self.assertTrue(doors.url.startswith("http://") and alone.startswith("https://"), alone)
        self.assertEqual(self.get(alone, self.theirs), 200)
        good = doors.config.read_text()
        for old, new, said in [
            ('listen = "127.0.0.1:0"\n[gateway.tls]', 'path = "/g"\n[gateway.tls]', "gateway[1].tls: takes listen"),
            ('"gate.key"', '"batch.key"', "gateway[1].tls.key: expected a readable PEM file"),
            ('key = "gate.key"', "", "gateway[1].tls.key: missing"),
        ]:
            self.assertIn(old, good)
            doors.config.write_text(good.replace(old, new))
            status, text = doors.check()
            self.assertEqual(status, 64, text)
            self.assertIn(said, text)


class WrongConfigurations(unittest.TestCase):
    def test_each_is_refused_with_its_field(self):
        it = Secured()
        self.addCleanup(it.stop)
        it.doors.env["WEAK"] = "0123456789abcdef0123"
        good = it.doors.config.read_text()
        for old, new, said in [
            ('key = "server.key"', "", "server.tls.key: missing"),
            ('"server.pem"', '"nowhere.pem"', "server.tls.certificate: expected a readable PEM file"),
            ('"server.key"', '"batch.key"', "server.tls.key: .*is not the first certificate's"),
            ('key = "server.key"', 'key = "server.key"\nrequire_client_certificate = true',
             "server.tls.require_client_certificate: takes client_authorities"),
            ('logins = ["oauth", "basic"]', 'logins = ["oauth", "certificate"]\ncertificate_names = ["x"]',
             '"flows" logs in by a certificate, but none is asked for'),
            ('logins = ["oauth", "basic"]', 'logins = ["api-key"]\napi_key_env = "FLOWS"',
             "client_secret_env: is not used"),
            ('logins = ["oauth", "basic"]',
             'logins = ["api-key"]\napi_key_env = "FLOWS"\n[[caller]]\nclient_id = "two"\nlogins = ["api-key"]\n'
             'api_key_env = "FLOWS"', '"flows" and "two" have the same API key; give each its own'),
            ('logins = ["oauth", "basic"]', 'logins = ["oauth", "api-key"]\napi_key_env = "WEAK"',
             "api_key_env: the secret is too weak"),
            ('logins = ["oauth", "basic"]', 'logins = ["magic"]', "expected oauth, basic, api-key or certificate"),
            ('logins = ["oauth", "basic"]', 'logins = ["oauth", "api-key"]', "api_key_env: missing"),
            ('logins = ["oauth", "basic"]', 'allowed_networks = ["10.0.0.0/99"]', "allowed_networks"),
        ]:
            with self.subTest(new=new):
                self.assertIn(old, good)
                it.doors.config.write_text(good.replace(old, new))
                status, text = it.doors.check()
                self.assertEqual(status, 64, text)
                self.assertRegex(text, said)


if __name__ == "__main__":
    unittest.main(verbosity=2)
