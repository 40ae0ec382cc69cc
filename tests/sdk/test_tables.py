"""Import and export jobs of data tables, as scripts with the vendor's SDK use them: a job by the SDK, the file by plain
HTTP, without a token, to the URL that the job names. Over SQLite, and over PostgreSQL with a second node that takes what
the first one gave out."""

import json
import pathlib
import shutil
import tempfile
import time
import unittest

import PureCloudPlatformClientV2 as sdk
from PureCloudPlatformClientV2.rest import ApiException

from postgres import Postgres
from stored import Stored, send
from world import Process, sdk_client

LONG = 60
SCHEMA = {
    "type": "object", "required": ["key"], "additionalProperties": False,
    "properties": {
        "key": {"type": "string", "displayOrder": 0},
        "name": {"type": "string", "displayOrder": 1},
        "open": {"type": "boolean", "displayOrder": 2},
        "count": {"type": "integer", "default": 7, "displayOrder": 3},
    },
}


def form(text, field="file"):
    """A form as programs send one: body and headers."""
    parts = [
        "--limit", 'Content-Disposition: form-data; name="note"', "", "x",
        "--limit", f'Content-Disposition: form-data; name="{field}"; filename="rows.csv"', "Content-Type: text/csv",
        "", text, "--limit--", "",
    ]
    return "\r\n".join(parts).encode(), {"Content-Type": "multipart/form-data; boundary=limit"}


class Jobs:
    """The tests, over a store."""

    @classmethod
    def setUpClass(cls):
        cls.world = Stored(cls.store_url())
        cls.addClassCleanup(cls.world.end)

    def setUp(self):
        self.architect = sdk.ArchitectApi(self.world.login())
        made = self.architect.post_flows_datatables(body={"name": "VIPs", "schema": SCHEMA})
        self.table = made.id

    def tearDown(self):
        self.architect.delete_flows_datatable(self.table, force=True)

    def ended(self, ask):
        """The job when it has come to its end."""
        until = time.monotonic() + LONG
        while True:
            job = ask()
            if job.status in ("Succeeded", "Failed"):
                return job
            self.assertLess(time.monotonic(), until, job)
            time.sleep(0.05)

    def begin(self, mode="ReplaceAll", csv=True):
        begin = self.architect.post_flows_datatable_import_csv_jobs if csv else \
            self.architect.post_flows_datatable_import_jobs
        wanted = sdk.DataTableImportJob()
        wanted.import_mode = mode
        job = begin(self.table, wanted)
        self.assertEqual((job.status, job.import_mode), ("WaitingForUpload", mode))
        return job

    def bring(self, job, text):
        data = text if isinstance(text, bytes) else text.encode()
        status, body, _ = send("PUT", job.upload_uri, data, dict(job.upload_headers))
        self.assertEqual((status, body), (200, b""))

    def imported(self, text, mode="ReplaceAll", csv=True):
        job = self.begin(mode, csv)
        self.bring(job, text)
        return self.ended(lambda: self.architect.get_flows_datatable_import_job(self.table, job.id))

    def rows(self):
        page = self.architect.get_flows_datatable_rows(self.table, showbrief=False, page_size=500)
        return {row.pop("key"): row for row in page.entities}

    def exported(self):
        job = self.architect.post_flows_datatable_export_jobs(self.table)
        self.assertEqual(job.status, "Processing")
        ended = self.ended(lambda: self.architect.get_flows_datatable_export_job(self.table, job.id))
        self.assertEqual(ended.status, "Succeeded")
        return ended

    def test_rows_come_in_and_go_out(self):
        job = self.imported("key,open,name\r\na,true,\"x, \"\"y\"\"\"\r\nb ü,,\r\n")
        self.assertEqual((job.status, job.error_information), ("Succeeded", None))
        self.assertEqual((job.count_records_updated, job.count_records_deleted, job.count_records_failed), (2, 0, 0))
        self.assertEqual(job.owner.id, self.world.admin["client_id"])
        self.assertLessEqual(job.date_created, job.date_completed)
        self.assertIsNone(job.upload_uri, "there is nothing to be brought any more")
        self.assertEqual(self.rows(), {
            "a": {"open": True, "name": 'x, "y"', "count": 7}, "b ü": {"open": False, "name": "", "count": 7}})
        job = self.imported("key,count\nc,1\na,2\n", "Append")
        self.assertEqual((job.count_records_updated, job.count_records_deleted), (2, 0))
        self.assertEqual({key: row["count"] for key, row in self.rows().items()}, {"a": 2, "b ü": 7, "c": 1})
        job = self.imported("key,count\nc,3\n")
        self.assertEqual((job.count_records_updated, job.count_records_deleted), (1, 2))

        export = self.exported()
        self.assertEqual(export.count_records_processed, 1)
        status, text, headers = send("GET", export.download_uri)
        self.assertEqual((status, text.decode()), (200, 'key,name,open,count\r\nc,"",false,3\r\n'))
        self.assertEqual(headers["Content-Type"], "text/csv; charset=utf-8")
        self.assertEqual(self.imported(text.decode()).status, "Succeeded")
        listed = self.architect.get_flows_datatable_import_jobs(self.table)
        self.assertEqual((listed.total, listed.entities[0].status), (4, "Succeeded"))

    def test_a_wrong_file_changes_nothing_and_says_where(self):
        self.assertEqual(self.imported("key\nkept\n").status, "Succeeded")
        for mode in ("ReplaceAll", "Append"):
            job = self.imported("key,count,open\na,1,true\nb,many,true\n\nc,1\na,2,false\n", mode)
            self.assertEqual((job.status, job.count_records_failed), ("Failed", 3))
            error = job.error_information
            self.assertEqual((error.status, error.code), (400, "file.invalid"))
            self.assertEqual([it.message for it in error.errors], [
                'line 3, column "count": expected integer, found "many".',
                "line 5: 2 cells, but the first line names 3 columns.",
                'line 6, column "key": the key "a" stands in line 2 already.',
            ])
            self.assertTrue(error.message.startswith("Nothing was changed. line 3"), error.message)
            self.assertEqual(list(self.rows()), ["kept"])
        job = self.imported("key;count\na;1\n")
        self.assertIn("with a comma between two", job.error_information.message)
        self.assertEqual(self.imported("").status, "Failed")

    def test_older_scripts_post_a_form_and_may_send_json(self):
        job = self.begin(csv=False)
        body, headers = form("key,count\na,1\n")
        self.assertEqual(send("POST", job.upload_uri, body, {**headers, "Authorization": "Bearer any"})[0], 200)
        ended = self.ended(lambda: self.architect.get_flows_datatable_import_job(self.table, job.id))
        self.assertEqual((ended.status, list(self.rows())), ("Succeeded", ["a"]))
        for text in ('[{"key": "b"}, {"key": "c", "count": 2}]', '{"key": "b"}\n{"key": "c", "count": 2}\n'):
            self.assertEqual(self.imported(text, csv=False).status, "Succeeded")
            self.assertEqual({key: row["count"] for key, row in self.rows().items()}, {"b": 7, "c": 2})
        self.assertEqual(self.imported('[{"key": "b"}]').status, "Failed", "CSV alone was asked for")
        job = self.begin(csv=False)
        body, headers = form("key\na\n")
        status, text, _ = send("POST", job.upload_uri, body[:-20], headers)
        self.assertEqual((status, json.loads(text)["code"]), (400, "bad.request"))
        self.bring(job, "key\nwhole\n")
        self.ended(lambda: self.architect.get_flows_datatable_import_job(self.table, job.id))
        self.assertEqual(list(self.rows()), ["whole"])

    def test_a_link_is_good_for_what_it_was_made_for(self):
        job = self.begin()
        uploads, link = job.upload_uri.rsplit("/", 1)
        for wrong in ("x", link[:-1] + ("A" if link[-1] != "A" else "B"), f"{job.id}.{'A' * 43}"):
            status, text, _ = send("PUT", f"{uploads}/{wrong}", b"key\n")
            self.assertEqual((status, json.loads(text)["code"]), (404, "not.found"))
        downloads = f"{self.world.service.url}/api/v2/downloads"
        self.assertEqual(send("GET", f"{downloads}/{link}")[0], 404)
        self.bring(job, "key\na\n")
        status, text, _ = send("PUT", job.upload_uri, b"key\nother\n")
        self.assertEqual((status, json.loads(text)["code"]), (409, "already.uploaded"))
        packed = send("PUT", self.begin().upload_uri, b"x", {"Content-Encoding": "gzip"})
        self.assertEqual(packed[0], 415)

        export = self.exported()
        own = sdk.DownloadsApi(self.world.login())
        link = export.download_uri.rsplit("/", 1)[1]
        self.assertEqual(own.get_download(link, issue_redirect=False).url, export.download_uri)
        self.assertEqual(send("PUT", f"{uploads}/{link}", b"key\n")[0], 404)
        named = send("GET", export.download_uri + "?contentDisposition=inline")
        self.assertEqual(named[2]["Content-Disposition"], "inline")
        with self.assertRaises(ApiException) as raised:
            self.architect.get_flows_datatable_export_job(self.table, job.id)
        self.assertEqual(raised.exception.status, 404)
        log = (pathlib.Path(self.world.folder.name) / "service.log").read_text()
        self.assertNotIn(link.rsplit(".", 1)[1], log)

    def test_who_may_not_change_rows_gets_no_link_to_do_so(self):
        oauth = sdk.OAuthApi(self.world.login())
        made = oauth.post_oauth_clients({
            "name": "reader", "authorizedGrantType": "CLIENT-CREDENTIALS", "roleIds": ["execute"]})
        reader = sdk.ArchitectApi(self.world.client().get_client_credentials_token(made.id, made.secret))
        job = self.begin()
        self.assertIsNone(reader.get_flows_datatable_import_job(self.table, job.id).upload_uri)
        self.assertIsNotNone(self.architect.get_flows_datatable_import_job(self.table, job.id).upload_uri)
        with self.assertRaises(ApiException) as raised:
            reader.post_flows_datatable_import_csv_jobs(self.table, {"importMode": "Append"})
        self.assertEqual(raised.exception.status, 403)
        oauth.delete_oauth_client(made.id)

    def test_lists_are_filtered_and_sorted(self):
        self.imported("key\na\nb\nc\n")
        keys = self.architect.get_flows_datatable_rows(self.table, sort_order="descending", page_size=2)
        self.assertEqual([row["key"] for row in keys.entities], ["c", "b"])
        home = self.architect.get_flows_datatable(self.table).division.id
        for lists in (self.architect.get_flows_datatables, self.architect.get_flows_datatables_divisionviews):
            self.assertEqual([it.id for it in lists(division_id=["x", home]).entities], [self.table])
            self.assertEqual(lists(division_id=["nope"]).total, 0)
            self.assertEqual(lists(expand="schema").entities[0].schema.title, "VIPs")
        view = self.architect.get_flows_datatables_divisionview(self.table, expand="schema")
        self.assertEqual(view.schema.additional_properties, False)
        for body, field in (
            ({"name": "VIPs", "schema": {"properties": {"key": {"type": "string"}}}}, "schema.properties.name: missing"),
            ({"name": "VIPs", "schema": SCHEMA, "division": {"id": "nope"}}, "division.id: no division"),
        ):
            with self.assertRaises(ApiException) as raised:
                self.architect.put_flows_datatable(self.table, body)
            self.assertEqual(raised.exception.status, 400)
            self.assertIn(field, raised.exception.body)

    def large(self, rows):
        return "key,name\n" + "".join(f"k{number:06},{'x' * 40}\n" for number in range(rows))

    def test_a_killed_service_takes_the_import_up_again(self):
        self.imported("key\nold\n")
        job = self.begin()
        self.bring(job, self.large(20_000))
        self.world.kill()
        self.world.start()
        self.architect = sdk.ArchitectApi(self.world.login())
        ended = self.ended(lambda: self.architect.get_flows_datatable_import_job(self.table, job.id))
        self.assertEqual((ended.status, ended.count_records_updated), ("Succeeded", 20_000))
        self.assertEqual(ended.count_records_deleted, 1)
        status, text, _ = send("GET", self.exported().download_uri)
        self.assertEqual((status, text.decode().count("\r\n")), (200, 20_001))


class OnSQLite(Jobs, unittest.TestCase):
    @classmethod
    def store_url(cls):
        return "sqlite:tollgate.db"


class OnPostgreSQL(Jobs, unittest.TestCase):
    @classmethod
    def store_url(cls):
        cls.database = Postgres()
        cls.addClassCleanup(cls.database.stop)
        return cls.database.url

    def test_any_node_answers(self):
        # A node has a folder of its own; the store and its keys are the same.
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for name in ("tollgate.toml", "tollgate.keys"):
            shutil.copy2(self.world.path / name, folder.name)
        other = Process("serve", "--config", str(pathlib.Path(folder.name) / "tollgate.toml"))
        self.addCleanup(other.stop)
        client = sdk_client(other.url).get_client_credentials_token(
            self.world.admin["client_id"], self.world.admin["client_secret"])
        there = sdk.ArchitectApi(client)
        job = self.begin()
        link = job.upload_uri.replace(self.world.service.url, other.url)
        self.assertNotEqual(link, job.upload_uri)
        self.assertEqual(send("PUT", link, b"key\na\n")[0], 200)
        ended = self.ended(lambda: there.get_flows_datatable_import_job(self.table, job.id))
        self.assertEqual((ended.status, list(self.rows())), ("Succeeded", ["a"]))
        url = self.exported().download_uri.replace(self.world.service.url, other.url)
        self.assertEqual(send("GET", url)[1].decode().splitlines()[1], 'a,"",false,7')


if __name__ == "__main__":
    unittest.main(verbosity=2)
