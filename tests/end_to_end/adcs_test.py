"""Enrolment at AD CS: issued, pending, denied, ambiguous, each through a restart, on the stores and on the screen."""

import pathlib
import re
import subprocess

import certsrv_world
import harness
from certsrv_world import CertsrvWorld
from harness import openssl


class Outcomes(CertsrvWorld):
    def test_two_pools_converge_and_a_second_run_finds_nothing(self):
        self.declare(pools=("ams", "fra"))
        result = self.apply()
        self.assert_converged(("ams", "fra"))
        self.assertEqual([record["state"] for record in self.records()], [3, 3])
        record = self.records()[0]
        self.assertEqual(record["attributes"], {"CertificateTemplate": "WebServer"})
        self.assertEqual(record["who"], "CONTOSO\\svc-edge")
        self.assertTrue(all("Mozilla/5.0" in exchange["agent"] for exchange in self.exchanges()))
        before = len(self.records())
        result = self.apply()
        self.assertIn("Nothing left to do", result.out)
        self.assertEqual(len(self.records()), before)

    def test_pending_waits_for_an_officer_through_runs_and_is_then_taken(self):
        self.store.turn(approval=True)
        self.declare()
        result = self.apply(status=3)
        self.assertIn("an officer of contoso (request 7)", result.out)
        self.assertIn("certutil -resubmit 7", result.out)
        self.assert_nothing_installed()
        for _ in range(2):
            self.apply(status=3)
        shown = self.run_program("request", "-f", "fleet", "ams/internal").out + self.run_program("status", "fleet", status=3).out
        self.assertIn("7", shown)
        self.assertEqual(len(self.records()), 1)
        self.store.decide(7, "approve")
        self.apply()
        self.assert_converged()
        self.assertEqual(len(self.records()), 1)

    def restarted(self):
        """The CA is another process, and so is everything that runs from now on, in a folder of its own."""
        port = self.url.split(":")[2].split("/")[0]
        self.stop(self.simulator)
        self.start(f"127.0.0.1:{port}")
        return self.another_controller("elsewhere")

    def test_pending_is_found_by_another_controller_and_after_a_restart_of_the_ca(self):
        self.store.turn(approval=True)
        self.declare()
        self.apply(status=3)
        elsewhere = self.restarted()
        self.assertIn("an officer of contoso (request 7)", self.run_program("apply", "--yes", "fleet", cwd=elsewhere, status=3).out)
        self.store.decide(7, "approve")
        self.run_program("apply", "--yes", "fleet", cwd=elsewhere)
        self.assert_converged()
        self.assertEqual(len(self.records()), 1)

    def test_a_denial_is_known_to_another_controller_which_does_not_ask_again(self):
        self.store.turn(deny="0x80094012")
        self.declare()
        self.apply(status=3)
        self.store.turn(deny="")
        elsewhere = self.restarted()
        result = self.run_program("apply", "--yes", "fleet", cwd=elsewhere, status=3)
        self.assertIn("CERTSRV_E_TEMPLATE_DENIED (0x80094012)", result.out)
        self.assertEqual(len(self.records()), 1)
        self.run_program("apply", "--yes", "--retry", "ams/internal", "fleet", cwd=elsewhere)
        self.assert_converged()
        self.assertEqual(len(self.records()), 2)

    def test_an_ambiguous_request_is_known_to_another_controller_which_can_answer(self):
        self.store.turn(drop="after")
        self.declare()
        self.apply(status=3)
        self.store.turn(drop="")
        elsewhere = self.restarted()
        result = self.run_program("apply", "--yes", "fleet", cwd=elsewhere, status=3)
        self.assertIn("--request-id ams/internal=ID", result.out)
        self.run_program("apply", "--yes", "--request-id", "ams/internal=7", "fleet", cwd=elsewhere)
        self.assert_converged()
        self.assertEqual(len(self.records()), 1)

    def test_wait_polls_with_progress_until_an_officer_approves(self):
        self.store.turn(approval=True, polls=4)
        self.declare()
        result = self.apply("--wait", "5m")
        spans = [float(span) for span in re.findall(r"waiting for an officer of contoso \(request 7\), next look in ([0-9.]+) s", result.err)]
        self.assertGreaterEqual(len(spans), 2, result.err)
        self.assertEqual(spans, sorted(spans), "the interval grows")
        self.assertGreater(spans[-1], spans[0])
        self.assert_converged()
        self.assertEqual(len(self.records()), 1)

    def test_denied_says_why_and_what_helps_and_is_tried_again_only_when_told(self):
        self.store.turn(deny="0x80094012")
        self.declare()
        for _ in range(2):
            result = self.apply(status=3)
            for words in ("CERTSRV_E_TEMPLATE_DENIED (0x80094012)", "may not enrol", "a reason that only the authority knows", "Enroll on the template", "--retry ams/internal"):
                self.assertIn(words, result.out)
        self.assertEqual(len(self.records()), 1)
        self.store.turn(deny="")
        self.apply(status=3)
        self.assertEqual(len(self.records()), 1)
        self.apply("--retry", "ams/internal")
        self.assert_converged()
        self.assertEqual(len(self.records()), 2)

    def test_denied_is_tried_again_when_the_declaration_changes(self):
        self.store.turn(deny="0x80094012")
        self.declare()
        self.apply(status=3)
        self.store.turn(deny="")
        path = self.fleet / "fleet.yaml"
        path.write_text(path.read_text().replace("edge02.ams.contoso.net]", "edge02.ams.contoso.net, new.contoso.net]"))
        self.apply()
        self.assert_converged()

    def test_denied_for_its_template_is_tried_again_when_another_one_is_declared(self):
        self.declare(template="Web Server")
        for _ in range(2):
            result = self.apply(status=3)
            self.assertIn("CERTSRV_E_UNSUPPORTED_CERT_TYPE", result.out)
        self.assertEqual(len(self.records()), 1)
        self.declare(template="WebServer")
        result = self.apply()
        self.assertIn("it was denied for the template Web Server, and now WebServer is declared", result.out)
        self.assert_converged()
        self.assertEqual(len(self.records()), 2)

    def test_an_officer_denies_a_pending_request(self):
        self.store.turn(approval=True)
        self.declare()
        self.apply(status=3)
        self.store.turn(denyAtPoll="0x80094014")
        result = self.apply(status=3)
        self.assertIn("request 7 was denied, CERTSRV_E_ADMIN_DENIED_REQUEST (0x80094014)", result.out)
        self.store.turn(denyAtPoll="", approval=False)
        self.apply(status=3)
        self.assertEqual(len(self.records()), 1)
        self.apply("--retry", "ams/internal")
        self.assert_converged()

    def test_issued_and_revoked_at_once_is_not_installed(self):
        self.store.turn(revoke=True)
        self.declare()
        result = self.apply(status=3)
        self.assertIn("request 7 was issued and then revoked", result.out)
        self.assert_nothing_installed()
        self.assertEqual(len(self.records()), 1)

    def assert_ambiguous(self, result):
        self.assertIn("certutil -view -restrict \"CommonName=ams.contoso.net\"", result.out)
        self.assertIn("--request-id ams/internal=ID", result.out)
        self.assertIn("--resubmit ams/internal", result.out)
        self.assert_nothing_installed()
        self.apply(status=3)

    def test_a_connection_lost_after_the_submission_waits_for_a_person_who_knows_the_id(self):
        self.store.turn(drop="after")
        self.declare()
        self.assert_ambiguous(self.apply(status=3))
        self.assertEqual([record["state"] for record in self.records()], [3])
        self.store.turn(drop="")
        self.apply(status=3)
        self.apply("--request-id", "ams/internal=7")
        self.assert_converged()
        self.assertEqual(len(self.records()), 1)

    def test_a_connection_lost_before_the_submission_is_resubmitted_by_a_person(self):
        self.store.turn(drop="before")
        self.declare()
        self.assert_ambiguous(self.apply(status=3))
        self.assertEqual(self.records(), [])
        self.store.turn(drop="")
        self.apply(status=3)
        self.assertEqual(self.records(), [])
        self.apply("--resubmit", "ams/internal")
        self.assert_converged()
        self.assertEqual(len(self.records()), 1)

    def test_a_wrong_request_id_is_corrected_by_the_right_one(self):
        self.declare(pools=("fra",))
        self.apply()
        self.store.turn(drop="after")
        self.declare(pools=("ams", "fra"))
        self.apply(status=3)
        self.store.turn(drop="")
        result = self.apply("--request-id", "ams/internal=7", status=3)
        self.assertIn("made for another request", result.out)
        self.assert_nothing_installed()
        for wrong, words in (("4711", "the CA knows no request 4711"), ("seven", "`seven` is no request id of AD CS, which is a number"),
                             ("-1", "which is a number"), ("99999999999", "which is a number"), ("8&Enc=bin", "which is a number")):
            result = self.apply("--request-id", f"ams/internal={wrong}", status=None)
            self.assertIn(words, result.out + result.err)
            self.assert_nothing_installed()
        self.apply("--request-id", "ams/internal=8")
        self.assert_converged(("ams", "fra"))
        self.assertEqual(len(self.records()), 2)

    def test_a_page_that_is_not_understood_is_kept_whole_and_named(self):
        self.store.turn(rubbish=True)
        self.declare()
        result = self.apply(status=3)
        self.assertEqual(len(self.pages()), 1)
        self.assertIn(str(self.pages()[0]), result.out)
        self.assertIn(b"There is no word in here", self.pages()[0].read_bytes())
        self.assertEqual(self.pages()[0].stat().st_mode & 0o777, 0o600)
        self.assertIn(str(self.pages()[0]), next(pathlib.Path(self.folder / "log" / "edgecert" / "runs").glob("*.jsonl")).read_text())
        self.store.turn(rubbish=False)
        self.apply("--request-id", "ams/internal=7")
        self.assert_converged()

    def test_a_web_host_that_does_not_reach_its_ca_is_asked_again_by_the_next_run(self):
        self.store.turn(error="0x800706ba")
        self.declare()
        result = self.apply(status=1)
        self.assertIn("RPC_S_SERVER_UNAVAILABLE (0x800706ba)", result.out)
        self.store.turn(error="")
        self.apply()
        self.assert_converged()
        self.assertEqual(len(self.records()), 1)

    def test_an_error_page_is_no_reason_to_try_again(self):
        self.store.turn(error="0x80070057")
        self.declare()
        result = self.apply(status=3)
        self.assertIn("E_INVALIDARG (0x80070057)", result.out)
        self.apply("--retry", "ams/internal", status=3)
        self.store.turn(error="")
        self.apply("--retry", "ams/internal")
        self.assert_converged()

    def test_a_converged_pool_needs_no_ca(self):
        self.declare()
        self.apply()
        self.stop(self.simulator)
        result = self.run_program("plan", "fleet", "--detailed-exitcode")
        self.assertIn("nobody answers at localhost", result.out)

    def test_the_password_is_nowhere(self):
        self.store.turn(auth="basic", users={"CONTOSO\\svc-edge": "wrong now"})
        self.declare()
        result = self.apply(status=1)
        self.run_program("check", "fleet", status=1)
        for text in (result.out, result.err):
            self.assertNotIn(certsrv_world.PASSWORD, text)
        for path in self.folder.rglob("*"):
            if path.is_file() and "ca" not in path.relative_to(self.folder).parts:
                self.assertNotIn(certsrv_world.PASSWORD.encode(), path.read_bytes(), path)

    def test_the_example_runs(self):
        example = harness.SOURCE / "examples" / "adcs" / "run"
        done = subprocess.run([example, harness.PROGRAM], env=self.environment, cwd=self.folder, capture_output=True, timeout=300, check=False)
        said = done.stdout.decode()
        self.assertEqual(done.returncode, 0, said + done.stderr.decode())
        self.assertEqual(said.count("certificate.pem: OK"), 4)
        self.assertIn("an officer of contoso-issuing (request 7)", said)
        self.assertIn("CERTSRV_E_ADMIN_DENIED_REQUEST", said)

    def test_the_certificate_is_what_openssl_reads(self):
        self.declare()
        self.apply()
        text = openssl("x509", "-in", self.fleet / "stores" / "ams-edge01" / "roles" / "internal" / "certificate.pem", "-noout", "-text").decode()
        for words in ("CN = ams.contoso.net", "DNS:edge02.ams.contoso.net", "CN = Contoso Issuing CA", "TLS Web Server Authentication"):
            self.assertIn(words, text)


if __name__ == "__main__":
    certsrv_world.main()
