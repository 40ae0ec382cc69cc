"""A caller of the service that keeps its connection and its token, and takes both anew when they are gone."""

import base64
import http.client
import json
import time

GONE = (OSError, http.client.HTTPException)


class Caller:
    """`service` has the URL of now; `basic` are an id and a secret."""

    def __init__(self, service, basic):
        self.service, self.basic = service, basic
        self.connection, self.url, self.token = None, None, None

    def request(self, method, path, body=None, headers=()):
        """Status and whole text of one answer."""
        url = self.service.url
        if self.connection is None or self.url != url:
            self.close()
            self.connection, self.url = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60), url
        try:
            self.connection.request(method, path, body, dict(headers))
            answer = self.connection.getresponse()
            text = answer.read()
            if answer.will_close:
                self.close()
            return answer.status, text
        except GONE:
            self.close()
            raise

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def login(self):
        basic = base64.b64encode(":".join(self.basic).encode()).decode()
        kind = {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"}
        status, text = self.request("POST", "/oauth/token", "grant_type=client_credentials", kind)
        if status == 200:
            self.token = json.loads(text)["access_token"]
        return status

    def call(self, method, path, body=None, **headers):
        """Status and JSON of one answer, with a token; logs in when it has none, or it is not valid any more."""
        text = None if body is None else body if isinstance(body, (bytes, str)) else json.dumps(body)
        for _ in range(3):
            if self.token is None and self.login() != 200:
                time.sleep(0.5)
                continue
            all_headers = {"Authorization": f"Bearer {self.token}", **headers}
            if body is not None:
                all_headers.setdefault("Content-Type", "application/json")
            status, answer = self.request(method, path, text, all_headers)
            if status != 401:
                return status, json.loads(answer) if answer else None
            self.token = None
        return 401, None
