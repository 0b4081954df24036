"""Every command's result after the quick start has converged: what it says, and its schema."""

import json
import xml.etree.ElementTree

import harness
from harness import openssl


class Results(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.fleet = self.quickstart()
        self.stores = self.fleet / "state" / "stores"

    def converge(self, *targets):
        self.run_program("apply", "--yes", "fleet", *[word for target in targets for word in ("--target", target)])

    def fingerprint(self, server, role, digest="sha256"):
        place = self.stores / server / "roles" / role / "certificate.pem"
        text = openssl("x509", "-in", place, "-noout", "-fingerprint", f"-{digest}").decode()
        return text.strip().split("=")[1].replace(":", "").lower()

    def test_validate_as_json(self):
        document = self.run_program("validate", "fleet", "--format", "json").json()
        self.assert_schema("validation", document)
        self.assertEqual((document["valid"], document["pools"], document["servers"]), (True, 3, 6))
        (self.fleet / "more.yaml").write_text("apiVersion: edgecert/v1\nkind: SanList\nmetadata: {name: x}\nspec: {dsn: []}\n")
        document = self.run_program("validate", "fleet", "--format", "json", status=1).json()
        self.assert_schema("validation", document)
        self.assertEqual(document["valid"], False)
        self.assertTrue(any(d["source"]["line"] == 4 and "dns" in d["hint"] + d["text"] for d in document["diagnostics"]))

    def test_plan_in_all_forms(self):
        self.assert_schema("plan", self.run_program("plan", "fleet", "--format", "json").json())
        text = self.run_program("plan", "fleet").out
        for words in ("ams-edge", "lon-edge", "+ "):
            self.assertIn(words, text)
        self.assertIn("ams-edge", self.run_program("plan", "fleet", "--format", "markdown").out)

    def test_check(self):
        self.converge()
        document = self.run_program("check", "fleet", "--format", "json").json()
        self.assert_schema("check", document)
        self.assertTrue(document["usable"])
        self.assertEqual(len([c for c in document["checks"] if c["check"] == "reach"]), 6)
        self.assertIn("authority/example-issuing", self.run_program("check", "fleet").out)

    def test_check_fails_when_a_server_cannot_be_reached(self):
        path = self.fleet / "london.yaml"
        path.write_text(path.read_text().replace("{name: edge02,", "{name: edge02, store: {command: [/nonexistent/ssh]},"))
        document = self.run_program("check", "fleet", "--format", "json", status=1).json()
        self.assert_schema("check", document)
        failed = [c["subject"] for c in document["checks"] if c["state"] == "failed"]
        self.assertIn("lon-edge/edge02", failed)

    def test_observations_before_and_after(self):
        self.assert_schema("observation", self.run_program("observe", "fleet").json())
        self.converge()
        document = self.run_program("observe", "fleet").json()
        self.assert_schema("observation", document)
        roles = document["pools"]["ams-edge"]["servers"]["edge02"]["store"]["roles"]
        self.assertIn(self.fingerprint("ams-edge/edge02", "internal"), [role["assigned"] for role in roles])
        self.assertNotIn("PRIVATE KEY", json.dumps(document))

    def test_status_before_and_after(self):
        before = self.run_program("status", "fleet", "--format", "json", status=None).json()
        self.assert_schema("status", before)
        self.converge()
        after = self.run_program("status", "fleet", "--format", "json").json()
        self.assert_schema("status", after)
        self.assertEqual([pool["pool"] for pool in after["pools"]], ["ams-edge", "ams-lab", "lon-edge"])
        certificate = after["pools"][0]["certificates"][0]
        states = {item["item"]: item["state"] for item in certificate["checklist"]}
        self.assertEqual(
            states,
            {"chain-trusted": "done", "request": "done", "issued": "done", "installed": "done", "transferred": "done", "assigned": "done", "verified": "not-needed"},
        )
        self.assertEqual(certificate["serving"]["sha256"], self.fingerprint("ams-edge/edge02", "internal"))
        self.assertIn(certificate["serving"]["days_left"], (364, 365))
        self.assertIn("[x] assigned", self.run_program("status", "fleet").out)

    def test_show_names_certificates_as_other_tools_do(self):
        self.converge("ams-edge")
        document = self.run_program("show", "-f", "fleet", "ams-edge/edge01", "--format", "json").json()
        self.assert_schema("show", document)
        shown = {c["name"]: c for c in document["servers"][0]["certificates"]}["internal"]
        place = self.stores / "ams-edge/edge01/roles/internal/certificate.pem"
        serial = openssl("x509", "-in", place, "-noout", "-serial").decode().strip().split("=")[1].lower()
        self.assertEqual(shown["certificate"]["sha256"], self.fingerprint("ams-edge/edge01", "internal"))
        self.assertEqual(shown["certificate"]["sha1"], self.fingerprint("ams-edge/edge01", "internal", "sha1"))
        self.assertEqual(shown["certificate"]["serial"].zfill(len(serial)), serial)
        self.assertEqual(bytes.fromhex(shown["certificate"]["serial_reversed"]), bytes.fromhex(serial)[::-1])
        self.assertEqual(shown["key"], "present")
        text = self.run_program("show", "-f", "fleet", "ams-edge/edge01").out
        for words in (shown["certificate"]["sha1"], shown["certificate"]["serial_reversed"], "rsa 2048, present, exportable"):
            self.assertIn(words, text)
        self.assertNotIn("PRIVATE", text)

    def test_observe_has_no_key_and_plans_the_same(self):
        self.converge()
        text = self.run_program("observe", "fleet").out
        self.assertEqual(json.loads(text)["format"], "edgecert.observation/1")
        self.assertNotIn("PRIVATE", text)

    def test_explain_tells_place_default_reason_and_why_not_more(self):
        self.converge()
        document = self.run_program("explain", "-f", "fleet", "ams-edge/internal", "--format", "json").json()
        self.assert_schema("explanation", document)
        fields = {field["name"]: field for field in document["fields"]}
        self.assertTrue(fields["subject"]["source"]["file"].endswith(".yaml"))
        self.assertIn("edge-int.ams.example.net", fields["names"]["observed"])
        self.assertEqual(document["steps"], [])
        self.assertTrue(any("not renewed before" in why for why in document["why_not_more"]))
        text = self.run_program("explain", "-f", "fleet", "ams-edge/internal", "--at", "2027-11-01").out
        self.assertIn("create-request", text)
        self.assertIn("because", text)
        late = self.run_program("explain", "-f", "fleet", "ams-edge/internal", "--at", "2028-08-15").out
        self.assertNotIn("is not renewed before", late)
        self.assertNotIn("nothing changes by itself before", late)
        for address in ("ams-edge", "ams-edge/edge01", "authority/example-issuing", "amsterdam"):
            self.run_program("explain", "-f", "fleet", address)

    def test_explain_calls_a_default_what_nobody_wrote(self):
        for address, field in (("ams-edge", "retire.after"), ("ams-edge", "rollout.maxUnavailable"), ("ams-edge", "requestOn"), ("ams-edge/edge01", "pfx"), ("ams-edge/edge01", "maintenance"), ("ams-edge/edge01", "absent")):
            line = next(line for line in self.run_program("explain", "-f", "fleet", address).out.splitlines() if line.strip().startswith(field))
            self.assertIn("(default)", line)
        path = self.fleet / "london.yaml"
        text = path.read_text().replace("{name: edge02,", "{name: edge02, maintenance: true,")
        path.write_text(text)
        fields = self.run_program("explain", "-f", "fleet", "lon-edge/edge02", "--format", "json").json()["fields"]
        source = next(field["source"] for field in fields if field["name"] == "maintenance")
        self.assertEqual(source["line"], 1 + next(i for i, line in enumerate(text.splitlines()) if "maintenance" in line))

    def line_of(self, name, part):
        return 1 + next(i for i, line in enumerate((self.fleet / name).read_text().splitlines()) if part in line)

    def test_explain_shows_the_line_that_says_it(self):
        fields = self.run_program("explain", "-f", "fleet", "ams-edge/edge01", "--format", "json").json()["fields"]
        store = next(field["source"] for field in fields if field["name"] == "store")
        self.assertEqual(store["line"], self.line_of("amsterdam.yaml", "  store: "))
        document = self.run_program("explain", "-f", "fleet", "ams-edge/external", "--format", "json").json()
        self.assert_schema("explanation", document)
        fields = {field["declared"]: field["source"] for field in document["fields"] if field["name"] in ("name", "names")}
        lines = {name: source["line"] for name, source in fields.items()}
        self.assertEqual(
            lines,
            {
                "access.ams.example.com, sip.ams.example.com, webconf.ams.example.com": self.line_of("certificates.yaml", "${pool.vars.webconf}"),
                "sip.ams.example.com": self.line_of("certificates.yaml", "sip.${pool.vars.domain}"),
            },
        )
        path = self.fleet / "certificates.yaml"
        self.converge("ams-edge")
        path.write_text(path.read_text().replace('dns: ["sip.', 'dns: [sips.ams.example.com, "sip.'))
        steps = self.run_program("plan", "fleet", "--target", "ams-edge", "--format", "json").json()["steps"]
        missing = [reason for step in steps for reason in step["reasons"] if reason["code"] == "name-missing"]
        self.assertTrue(missing)
        self.assertEqual({reason["source"]["line"] for reason in missing}, {self.line_of("certificates.yaml", "sips.")})

    def test_status_tells_of_chains_that_are_only_trusted_and_of_authorities(self):
        self.converge()
        other = self.fleet / "other.pem"
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", self.folder / "other.key", "-subj", "/CN=Other Root", "-days", "30", "-out", other)
        pin = openssl("x509", "-in", other, "-noout", "-fingerprint", "-sha256").decode().strip().split("=")[1].replace(":", "").lower()
        (self.fleet / "other.yaml").write_text(
            f"apiVersion: edgecert/v1\nkind: CertificateAuthority\nmetadata: {{name: other}}\nspec: {{chain: {{file: other.pem, roots: ['sha256:{pin}']}}}}\n"
        )
        path = self.fleet / "london.yaml"
        path.write_text(path.read_text().replace("  template: web-server\n", "  template: web-server\n  trust: [other]\n", 1))
        for done, state in ((0, "missing"), (2, "done")):
            document = self.run_program("status", "fleet", "--target", "lon-edge", "--format", "json").json()
            self.assert_schema("status", document)
            self.assertEqual(document["pools"][0]["further_trust"], [{"item": "chain-trusted", "state": state, "done": done, "of": 2, "text": "other"}])
            self.assertRegex(self.run_program("status", "fleet", "--target", "lon-edge").out, rf"trusted besides\n.*chain-trusted +{done} of 2, other\n")
            self.converge("lon-edge")
        authorities = {each["authority"]: each["next_change"] for each in document["authorities"]}
        self.assertEqual(set(authorities), {"example-issuing", "other"})
        self.assertRegex(authorities["example-issuing"], "^20")
        self.assertIn("nothing changes before " + authorities["example-issuing"], self.run_program("status", "fleet").out)
        self.assertIn("nothing to do until " + authorities["example-issuing"], self.run_program("plan", "fleet").out)

    def test_status_promises_no_rest_while_steps_are_due(self):
        self.converge()
        self.assertIn("nothing to do before", self.run_program("status", "fleet").out)
        (self.stores / "lon-edge/edge01/roles/internal").unlink()
        text = self.run_program("status", "fleet", "--target", "lon-edge", status=None).out
        self.assertNotIn("nothing to do before", text)

    def test_what_is_observed_has_no_age_at_another_date(self):
        self.converge("ams-edge")
        text = self.run_program("plan", "fleet", "--target", "ams-edge", "--at", "2028-08-15", status=None).out
        self.assertRegex(text, r"observed +20\d\d-")

    def test_explain_takes_the_id_of_a_step(self):
        plan = self.run_program("plan", "fleet", "--format", "json").json()
        step = plan["steps"][-1]
        text = self.run_program("explain", "-f", "fleet", step["id"][:16]).out
        self.assertIn(step["action"], text)

    def test_chain_from_the_authority_and_from_a_server(self):
        self.run_program("chain", "-f", "fleet", "example-issuing", status=1)
        self.converge("ams-edge")
        document = self.run_program("chain", "-f", "fleet", "example-issuing", "--format", "json", "--out", "chain.p7b").json()
        self.assert_schema("chain", document)
        self.assertEqual([c["kind"] for c in document["certificates"]], ["root", "intermediate"])
        listed = openssl("pkcs7", "-inform", "DER", "-in", self.folder / "chain.p7b", "-print_certs", "-noout").decode()
        self.assertEqual(listed.count("subject="), 2)
        stored = self.run_program("chain", "-f", "fleet", "authority/example-issuing", "--from", "ams-edge/edge02", "--format", "json").json()
        self.assertEqual(stored["certificates"], document["certificates"])
        self.assertIn("sha256:" + document["certificates"][0]["certificate"]["sha256"], self.run_program("chain", "-f", "fleet", "example-issuing").out)

    def test_drift_in_all_forms(self):
        self.converge()
        (self.stores / "lon-edge/edge01/roles/internal").unlink()
        self.assert_schema("drift", self.run_program("drift", "fleet", "--format", "json", status=2).json())
        self.assertIn("lon-edge", self.run_program("drift", "fleet", status=2).out)
        metrics = self.run_program("drift", "fleet", "--format", "prometheus", status=2).out
        self.assertIn("# TYPE edgecert_", metrics)
        xml.etree.ElementTree.fromstring(self.run_program("drift", "fleet", "--format", "junit", status=2).out)

    def test_graph_in_both_forms(self):
        self.assertIn("digraph", self.run_program("graph", "fleet").out)
        self.assertRegex(self.run_program("graph", "fleet", "--format", "mermaid").out, r"^(flowchart|graph) ")

    def test_log_tells_who_did_what(self):
        self.assertEqual(self.run_program("log").out.strip() != "", True)
        self.converge("ams-lab")
        text = self.run_program("log").out
        self.assertIn("apply", text)
        last = self.run_program("log", "last").out
        self.assertIn("ams-lab", last)
        listed = self.run_program("log", "--format", "json").json()
        self.assert_schema("runs", listed)
        records = list((self.folder / "log" / "edgecert" / "runs").glob("*.jsonl"))
        self.assertEqual(len(records), 1)
        self.assertEqual(records[0].stat().st_mode & 0o777, 0o600)
        self.run_program("log", "nothing-like-it", status=1)

    def test_log_last_is_the_run_that_began_last_also_within_a_second(self):
        runs = self.folder / "log" / "edgecert" / "runs"
        self.converge("ams-lab")
        for _ in range(3):
            before = set(runs.glob("*"))
            self.converge("ams-lab")
            self.write("password", "correct horse 9\n")
            self.run_program("export", "-f", "fleet", "ams-lab/internal", "--out", "x.pfx", "--password-file", "password", "--force", status=None)
            self.converge("ams-lab")
            newest = max(set(runs.glob("*")) - before, key=lambda path: path.stat().st_ctime_ns).stem
            self.assertTrue(self.run_program("log", "last").out.startswith(newest + "  "))
            self.assertEqual(self.run_program("log", "--format", "json").json()["runs"][0]["name"], newest)

    def test_log_counts_a_unit_that_waits_without_a_step(self):
        path = self.fleet / "london.yaml"
        path.write_text(path.read_text().replace("{name: edge02,", "{name: edge02, store: {command: [/nonexistent/ssh]},"))
        for _ in range(2):
            self.run_program("apply", "--yes", "--target", "lon-edge", "fleet", status=1)
        self.assertIn(" 1 waiting, ", self.run_program("log").out.splitlines()[0])

    def test_the_last_line_of_a_record_may_be_cut_off(self):
        self.converge("ams-lab")
        record = next((self.folder / "log" / "edgecert" / "runs").glob("*.jsonl"))
        record.write_bytes(record.read_bytes()[:-20])
        self.run_program("log")
        self.run_program("log", "last")

    def test_a_reader_that_leaves_early_is_no_crash(self):
        self.converge("ams-edge")
        process = self.start_program("show", "-f", "fleet", "ams-edge")
        process.stdout.close()
        self.assertIn(process.wait(timeout=60), (0, 1))


if __name__ == "__main__":
    harness.main()
