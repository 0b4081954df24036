"""What an AD CS may do besides: chains of every kind, certificates that are not what was asked for, pages of every language, limits."""

import os

import certsrv_world
from certsrv_world import CertsrvWorld
from harness import openssl


class Chains(CertsrvWorld):
    def test_without_a_pin_everybody_is_shown_what_to_pin_and_nothing_is_trusted(self):
        self.declare(chain="")
        result = self.run_program("plan", "fleet", status=3)
        self.assertIn(self.store.pin(), result.out)
        self.assertIn("chain.roots", result.out)
        shown = self.run_program("chain", "-f", "fleet", "contoso").out
        self.assertIn("pin", shown)
        self.assertIn(self.store.pin(), shown)
        self.assertIn("CN=Contoso Root CA", shown)
        self.apply(status=3)
        self.assertFalse(list(self.fleet.rglob("root.pem")))
        self.assertEqual(self.records(), [])

    def test_plan_shows_the_chain_that_it_would_trust(self):
        self.declare()
        result = self.run_program("plan", "fleet")
        for name in ("root", "ca-0"):
            about = openssl("x509", "-in", self.store.path(f"{name}.pem"), "-noout", "-fingerprint", "-sha256").decode()
            self.assertIn("sha256:" + about.split("=")[1].strip().replace(":", "").lower() + ", until 20", result.out)
        self.assertIn("trust CN=Contoso Root CA,O=Contoso as a root", result.out)

    def test_chain_shows_subjects_expiry_and_fingerprints_and_writes_a_bundle(self):
        self.declare()
        shown = self.run_program("chain", "-f", "fleet", "contoso", "--out", "chain.p7b").out
        for name in ("root", "ca-0"):
            fingerprint = openssl("x509", "-in", self.store.path(f"{name}.pem"), "-noout", "-fingerprint", "-sha256").decode().split("=")[1].strip().replace(":", "").lower()
            self.assertIn(fingerprint, shown)
        self.assertIn("CN=Contoso Issuing CA", shown)
        self.assertIn("(declared)", shown)
        self.assertEqual(openssl("pkcs7", "-inform", "DER", "-in", self.folder / "chain.p7b", "-print_certs").count(b"BEGIN CERTIFICATE"), 2)

    def test_root_goes_to_root_and_the_rest_to_intermediate_whatever_the_order_and_the_content_type(self):
        for order in ("leaf-first", "root-first"):
            with self.subTest(order=order):
                self.store.turn(order=order, html=True)
                self.declare(pools=(order[:4],))
                self.apply()
                store = self.fleet / "stores" / f"{order[:4]}-edge01"
                self.assertEqual(openssl("x509", "-in", store / "root.pem", "-noout", "-subject"), openssl("x509", "-in", self.store.path("root.pem"), "-noout", "-subject"))
                self.assertEqual((store / "root.pem").read_bytes().count(b"BEGIN"), 1)
                self.assertEqual((store / "intermediate.pem").read_bytes().count(b"BEGIN"), 1)

    def test_certificates_and_chains_are_read_in_any_encoding_whatever_was_asked_for(self):
        for encoding in ("b64", "bin"):
            with self.subTest(encoding=encoding):
                self.store.turn(encoding=encoding)
                self.declare(pools=(encoding,))
                self.apply()
                self.assert_converged((encoding,))

    def test_a_ca_that_gives_no_bundle_is_asked_for_its_certificate_and_this_is_told(self):
        nothing = self.write("nothing.html", "<html>")
        self.store.turn(served={"certnew.p7b?ReqID=CACert&Renewal=0&Enc=bin": str(nothing)})
        self.declare()
        result = self.apply(status=None)
        self.assertIn("the issuer that is missing: CN=Contoso Root CA", result.out)
        self.assertIn("the bundle of its certificate 0 cannot be used", result.out)
        self.assertEqual(self.records(), [])

    def test_a_chain_that_is_cut_short_is_refused_and_the_missing_issuer_named(self):
        self.store.turn(truncate=True)
        self.declare()
        for result in (self.run_program("plan", "fleet", status=None), self.run_program("chain", "-f", "fleet", "contoso", status=None)):
            self.assertIn("CN=Contoso Root CA", result.out)
            self.assertIn("missing", result.out)
        self.apply(status=None)
        self.assertFalse(list(self.fleet.rglob("root.pem")))
        self.assertEqual(self.records(), [])

    def test_a_chain_of_another_root_than_the_pinned_one_is_refused(self):
        self.declare(chain=f'  chain: {{roots: ["sha256:{"ab" * 32}"]}}')
        result = self.apply(status=None)
        self.assertIn("none of its certificates is a pinned root", result.out)
        self.assertEqual(self.records(), [])

    def test_a_re_keyed_ca_is_trusted_by_both_its_certificates_before_anything_of_the_new_one_is_installed(self):
        self.store.turn(approval=True)
        self.declare()
        self.apply(status=3)
        self.store.rekey()
        self.store.decide(7, "approve")
        self.apply()
        self.assert_converged()
        store = self.fleet / "stores" / "ams-edge01"
        self.assertEqual((store / "intermediate.pem").read_bytes().count(b"BEGIN"), 2)
        openssl("verify", "-partial_chain", "-trusted", self.store.path("ca-1.pem"), store / "roles" / "internal" / "certificate.pem")

    def test_a_chain_file_is_the_chain_and_a_renewed_ca_is_told(self):
        bundle = self.store.bundle(0)
        (self.fleet / "chain.p7b").write_bytes(bundle)
        self.declare(chain=f'  chain: {{file: chain.p7b, roots: ["{self.store.pin()}"]}}')
        self.apply()
        self.assert_converged()
        self.store.rekey()
        result = self.run_program("plan", "fleet")
        self.assertIn("lacks (renewed?)", result.out)
        self.assertIn("CN=Contoso Issuing CA", result.out)
        self.assert_converged()


class Granted(CertsrvWorld):
    def stopped(self, words):
        """Applies; the answer must not be installed, and the reason named."""
        result = self.apply(status=3)
        self.assertIn(words, result.out)
        self.assert_nothing_installed()
        self.assertEqual(len(self.records()), 1)
        self.apply(status=3)
        self.assertEqual(len(self.records()), 1)
        return result

    def mended(self, **knobs):
        self.store.turn(**knobs)
        self.apply("--resubmit", "ams/internal")
        self.assert_converged()

    def test_a_dropped_name_keeps_the_old_certificate_in_service(self):
        self.declare()
        self.apply()
        before = (self.fleet / "stores" / "ams-edge01" / "roles" / "internal").readlink()
        self.store.turn(dropNames=["new.contoso.net"])
        path = self.fleet / "fleet.yaml"
        path.write_text(path.read_text().replace("edge02.ams.contoso.net]", "edge02.ams.contoso.net, new.contoso.net]"))
        result = self.apply(status=3)
        self.assertIn("it lacks the name new.contoso.net", result.out)
        self.assertIn("--resubmit ams/internal", result.out)
        for server in ("edge01", "edge02"):
            self.assertEqual((self.fleet / "stores" / f"ams-{server}" / "roles" / "internal").readlink(), before)
        self.assertEqual(len(self.records()), 2)
        self.mended(dropNames=[])
        self.assertNotEqual((self.fleet / "stores" / "ams-edge01" / "roles" / "internal").readlink(), before)

    def test_a_wrong_public_key_is_never_installed(self):
        self.store.turn(wrongKey=True)
        self.declare()
        self.stopped("made for another request, with another key")
        self.mended(wrongKey=False)

    def test_a_changed_subject_stops_unless_the_authority_may_change_it(self):
        self.store.turn(subject="/O=Somebody/CN=ams.contoso.net")
        self.declare()
        self.stopped("its subject is CN=ams.contoso.net, O=Somebody, declared is CN=ams.contoso.net, O=Contoso, C=NL")
        self.declare(more="\n  match: {subject: commonName}")
        self.apply()
        self.assert_converged()

    def test_a_usage_that_was_asked_for_and_is_not_there_stops(self):
        self.store.turn(usages="clientAuth")
        self.declare()
        self.stopped("it lacks the usage serverAuth")
        self.mended(usages="")

    def test_a_weak_digest_stops(self):
        self.store.turn(digest="sha1")
        self.declare()
        self.stopped("it is signed with sha1")
        self.mended(digest="sha256")

    def test_a_shortened_validity_is_a_warning_and_under_the_minimum_it_stops(self):
        self.store.turn(days=100)
        self.declare(minimum="90d")
        result = self.apply()
        self.assert_converged()
        self.assertIn("the CA cut the validity to 100 d, asked for 365 d", result.out)

    def test_a_validity_under_the_minimum_stops(self):
        self.store.turn(days=60)
        self.declare(minimum="90d")
        self.stopped("it is valid for 60 d, declared is 90 d at least")
        self.mended(days=365)

    def test_a_certificate_by_a_ca_that_nobody_knows_stops(self):
        self.store.turn(stranger=True)
        self.declare()
        self.stopped("its issuer CN=Contoso Issuing CA,DC=contoso,DC=net is not in the declared chain of contoso")
        self.mended(stranger=False)

    def test_whatever_is_not_as_asked_keeps_the_old_certificate_in_service(self):
        self.declare(minimum="90d")
        self.apply()
        before = {path: path.readlink() for path in sorted(self.fleet.glob("stores/*/roles/internal"))}
        self.assertEqual(len(before), 2)
        path = self.fleet / "fleet.yaml"
        path.write_text(path.read_text().replace("edge02.ams.contoso.net]", "edge02.ams.contoso.net, new.contoso.net]"))
        told = ()
        for knob, good, words in (
            ("wrongKey", False, "with another key"), ("subject", "", "its subject is"), ("usages", "", "it lacks the usage serverAuth"),
            ("digest", "sha256", "it is signed with sha1"), ("days", 365, "it is valid for 60 d"), ("stranger", False, "is not in the declared chain"),
        ):
            with self.subTest(knob=knob):
                bad = {"wrongKey": True, "subject": "/CN=another.contoso.net", "usages": "clientAuth", "digest": "sha1", "days": 60, "stranger": True}[knob]
                self.store.turn(**{knob: bad})
                self.assertIn(words, self.apply(*told, status=3).out)
                self.store.turn(**{knob: good})
                self.assertEqual({path: path.readlink() for path in before}, before)
                told = ("--resubmit", "ams/internal")
        self.apply(*told)
        self.assert_converged()
        self.assertNotEqual({path: path.readlink() for path in before}, before)

    def test_an_unknown_template_is_denied_with_what_to_do(self):
        self.declare(template="Web Server")
        result = self.stopped("CERTSRV_E_UNSUPPORTED_CERT_TYPE (0x80094800)")
        self.assertIn("by its CN, not its display name", result.out)


class Pages(CertsrvWorld):
    def test_pages_in_other_languages_mean_the_same(self):
        for language, charset in (("de", "windows-1252"), ("fr", "utf-8"), ("ru", "windows-1251"), ("ja", "shift_jis"), ("en", "utf-16")):
            with self.subTest(language=language):
                self.store.turn(language=language, charset=charset, approval=True, deny="", ampersand="&" if language == "de" else "&amp;")
                self.declare(pools=(language,))
                result = self.apply(status=3)
                number = self.records()[-1]["id"]
                self.assertIn(f"(request {number})", result.out)
                self.store.decide(number, "approve")
                self.apply()
                self.assert_converged((language,))
                self.store.turn(deny="0x80094811")
                self.declare(pools=(language + "2",))
                result = self.apply(status=3)
                self.assertIn("CERTSRV_E_KEY_LENGTH (0x80094811)", result.out)
                self.assertIn("Denied by Policy Module", result.out)


class Limits(CertsrvWorld):
    def test_a_body_over_the_cap_is_refused_and_after_a_submission_it_is_ambiguous(self):
        self.store.turn(large=["certcarc.asp"])
        self.declare()
        result = self.apply(status=1)
        self.assertIn("answers with more than 5 MiB", result.out)
        self.assertEqual(self.records(), [])
        self.store.turn(large=["certfnsh.asp"])
        result = self.apply(status=3)
        self.assertIn("answers with more than 5 MiB", result.out)
        self.assertIn("--request-id", result.out)

    def test_a_redirect_is_not_followed_with_credentials(self):
        self.store.turn(status={"certcarc.asp": 302})
        self.declare()
        result = self.apply(status=1)
        self.assertIn("sends on to https://elsewhere.example/ (302)", result.out)
        self.store.turn(status={"certfnsh.asp": 302})
        self.apply(status=1)
        self.store.turn(status={})
        self.apply()
        self.assert_converged()

    def test_a_server_error_after_a_submission_is_ambiguous_and_its_page_kept(self):
        self.store.turn(status={"certfnsh.asp": 500})
        self.declare()
        result = self.apply(status=3)
        self.assertIn("status 500", result.out)
        self.assertIn("--resubmit ams/internal", result.out)
        self.assertEqual(len(self.pages()), 1)

    def test_a_slow_submission_is_waited_for(self):
        self.store.turn(slow=65 if os.environ.get("EDGECERT_LONG") else 3)
        self.declare()
        self.apply()
        self.assert_converged()

    def test_a_fleet_never_asks_more_at_once_than_it_may(self):
        pools = [f"pool{number}" for number in range(8)]
        self.store.turn(slow=0.2)
        self.declare(pools=pools)
        path = self.fleet / "fleet.yaml"
        path.write_text(path.read_text().replace("    tls:", "    limits: {concurrent: 2}\n    tls:"))
        self.apply("--parallel", "8")
        self.assert_converged(pools[:1])
        self.assertEqual(len(self.records()), len(pools))
        busiest = max(exchange["busy"] for exchange in self.exchanges())
        self.assertEqual(busiest, 2)

    def test_nobody_at_the_address_is_unreachable_and_sends_nothing(self):
        self.stop(self.simulator)
        self.declare()
        result = self.apply(status=1)
        self.assertIn("nobody answers at localhost", result.out)
        self.url = self.start()
        self.declare()
        self.apply()
        self.assert_converged()

    def test_check_tries_the_credentials_and_says_what_they_are_good_for(self):
        self.declare()
        result = self.run_program("check", "fleet")
        self.assertIn("CONTOSO\\svc-edge may use the enrolment pages", result.out)
        self.assertIn("Enroll on the template", result.out)
        for words in ("root sha256:", "intermediate sha256:", "CN=Contoso Issuing CA"):
            self.assertIn(words, result.out)
        self.store.turn(users={"CONTOSO\\svc-edge": "another"})
        result = self.run_program("check", "fleet", status=1)
        self.assertIn("(401)", result.out)
        self.assertEqual(self.records(), [])

    def test_check_says_when_a_clock_is_off(self):
        self.declare()
        self.assertNotIn("clock is", self.run_program("check", "fleet").out)
        for ahead, words in ((7200, " ahead of the one here"), (-7200, " behind the one here")):
            self.store.turn(clock=ahead)
            said = self.run_program("check", "fleet").out
            self.assertRegex(said, r"its clock is (2 h|1 h 59 min)[^,]*" + words)


if __name__ == "__main__":
    certsrv_world.main()
