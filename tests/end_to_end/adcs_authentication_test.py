"""Who one is to an AD CS: NTLM as Samba does it, Kerberos as MIT and Apache do it, client certificates; and whom one trusts."""

import os
import shutil
import unittest

import certsrv_world
from certsrv_world import PASSWORD, CertsrvWorld
from kerberos_realm import Realm

NTLM = "{method: ntlm, username: 'CONTOSO\\svc-edge', password: {env: EDGECERT_CA_PASSWORD}}"


class Basic(CertsrvWorld):
    def test_the_password_comes_from_a_variable_a_file_or_a_command(self):
        secret = self.write("secret", PASSWORD + "\r\n")
        program = self.write("give", f"#!/bin/sh\nenv > {self.folder}/seen\necho '{PASSWORD}'\n")
        program.chmod(0o755)
        for number, source in enumerate(("{env: EDGECERT_CA_PASSWORD}", f"{{file: {secret}}}", f"{{command: [{program}]}}")):
            with self.subTest(source=source):
                pool = f"pool{number}"
                self.declare(pools=(pool,), auth=certsrv_world.BASIC.replace("{env: EDGECERT_CA_PASSWORD}", source))
                self.apply()
                self.assert_converged((pool,))

    def test_a_password_that_is_not_where_it_should_be_is_said_and_nothing_is_sent(self):
        for source, words in (("{env: NOT_SET}", "NOT_SET, which is not set"), ("{file: nowhere}", "nowhere"), ("{command: [/bin/false]}", "/bin/false")):
            with self.subTest(source=source):
                self.declare(auth=certsrv_world.BASIC.replace("{env: EDGECERT_CA_PASSWORD}", source))
                self.assertIn(words, self.apply(status=1).out)
        self.assertEqual(self.exchanges(), [])

    def test_a_wrong_password_and_a_method_that_is_not_offered_are_told_apart(self):
        self.store.turn(users={"CONTOSO\\svc-edge": "another"})
        self.declare()
        result = self.apply(status=1)
        self.assertIn("refused the account CONTOSO\\svc-edge (401): basic was tried, the server offers Basic", result.out)
        self.assertNotIn("Extended Protection", result.out)
        self.store.turn(auth="ntlm")
        result = self.apply(status=1)
        self.assertIn("does not take the method basic (401): the server offers NTLM", result.out)
        self.assertEqual(self.records(), [])


@unittest.skipUnless(shutil.which("ntlm_auth"), "Samba's ntlm_auth (package winbind) is not installed")
class Ntlm(CertsrvWorld):
    def setUp(self):
        super().setUp()
        self.store.turn(auth="ntlm")

    def test_a_pool_converges_by_ntlm(self):
        self.declare(auth=NTLM)
        self.apply()
        self.assert_converged()
        self.assertEqual(len(self.records()), 1)
        self.assertIn("svc-edge", self.records()[0]["who"])
        self.run_program("check", "fleet")

    def test_a_wrong_password_is_refused_and_extended_protection_is_named(self):
        self.store.turn(users={"CONTOSO\\svc-edge": "another"})
        self.declare(auth=NTLM)
        result = self.apply(status=1)
        self.assertIn("(401): ntlm was tried, the server offers NTLM", result.out)
        self.assertIn("Extended Protection", result.out)
        self.assertEqual(self.records(), [])

    def test_a_submission_that_is_lost_after_the_handshake_is_not_sent_again(self):
        self.store.turn(drop="after")
        self.declare(auth=NTLM)
        self.apply(status=3)
        self.assertEqual(len(self.records()), 1)
        self.apply(status=3)
        self.assertEqual(len(self.records()), 1)
        self.store.turn(drop="")
        self.apply("--request-id", "ams/internal=7")
        self.assert_converged()


@unittest.skipUnless(os.path.exists("/usr/sbin/krb5kdc") and os.path.exists("/usr/lib/apache2/modules/mod_auth_gssapi.so"),
                     "krb5-kdc, apache2 or libapache2-mod-auth-gssapi is not installed")
class Kerberos(CertsrvWorld):
    def setUp(self):
        super().setUp()
        self.store.turn(auth="none")
        self.folder.chmod(0o755)
        self.stop(self.simulator)
        behind = self.start("127.0.0.1:0", "--plain")
        self.realm = Realm(self.folder / "realm")
        self.addCleanup(self.realm.stop)
        port = self.realm.front(behind.replace("localhost", "127.0.0.1"), self.store.path("web.pem"), self.store.path("web.key"))
        self.url = f"https://localhost:{port}/certsrv/"
        self.environment["KRB5_CONFIG"] = str(self.realm.path("krb5.conf"))
        self.environment["KRB5CCNAME"] = f"FILE:{self.realm.path('nothing')}"
        self.declare(auth="{method: negotiate}")

    def test_a_pool_converges_with_a_ticket(self):
        self.environment["KRB5CCNAME"] = self.realm.ticket()
        self.apply()
        self.assert_converged()
        self.assertEqual([record["who"] for record in self.records()], ["svc-edge@EDGE.TEST"])
        self.assertIn("the Kerberos ticket may use the enrolment pages", self.run_program("check", "fleet").out)

    def test_a_pool_converges_with_a_keytab(self):
        self.environment["KRB5_CLIENT_KTNAME"] = f"FILE:{self.realm.path('client.keytab')}"
        self.apply()
        self.assert_converged()
        self.assertEqual([record["who"] for record in self.records()], ["svc-edge@EDGE.TEST"])

    def test_without_a_ticket_kerberos_is_quoted_and_nothing_is_sent(self):
        result = self.apply(status=1)
        self.assertIn("there is no Kerberos ticket for localhost", result.out)
        self.assertIn("kinit", result.out)
        self.assertEqual(self.records(), [])


class ClientCertificate(CertsrvWorld):
    def setUp(self):
        super().setUp()
        self.store.turn(auth="certificate")
        self.certificate, self.key = self.store.client_certificate("svc-edge")

    def test_a_pool_converges_with_a_client_certificate(self):
        self.declare(auth=f'{{method: certificate, certificate: "{self.certificate}", key: "{self.key}"}}')
        self.apply()
        self.assert_converged()
        self.assertEqual([record["who"] for record in self.records()], ["svc-edge"])

    def test_an_encrypted_key_needs_its_password_and_asks_nobody(self):
        locked = self.folder / "locked.key"
        certsrv_world.harness.openssl("pkcs8", "-topk8", "-in", self.key, "-out", locked, "-passout", f"pass:{PASSWORD}")
        self.declare(auth=f'{{method: certificate, certificate: "{self.certificate}", key: "{locked}"}}')
        self.assertIn("the client certificate or its key cannot be used", self.apply(status=1).out)
        self.declare(auth=f'{{method: certificate, certificate: "{self.certificate}", key: "{locked}", password: {{env: EDGECERT_CA_PASSWORD}}}}')
        self.apply()
        self.assert_converged()


class Trust(CertsrvWorld):
    def refused(self, kind, *words):
        self.stop(self.simulator)
        self.store.web_certificate(kind)
        self.url = self.start()
        self.declare()
        result = self.apply(status=1)
        for each in words:
            self.assertIn(each, result.out)
        self.assertEqual(self.exchanges(), [])

    def test_a_web_certificate_for_another_name(self):
        self.refused("other-name", "is for another name")

    def test_a_web_certificate_that_has_expired(self):
        self.refused("expired", "has expired, by the clock here", "clock of this machine")

    def test_a_web_certificate_that_is_not_valid_yet(self):
        self.refused("not-yet", "is not valid yet, by the clock here")

    def test_the_certificate_of_a_ca_as_web_certificate(self):
        self.refused("ca", "is not made for web servers; often it is the CA's own certificate")

    def test_a_web_certificate_of_nobody_one_knows(self):
        self.refused("untrusted", "ends in no root that is trusted here", "the root of its web certificate?")

    def test_what_the_environment_trusts_does_not_count_and_what_the_system_trusts_is_not_added(self):
        text = (self.folder / "ca" / "root.pem").read_bytes()
        everybody = self.write("everybody.pem", text)
        for name in ("SSL_CERT_FILE", "CURL_CA_BUNDLE"):
            self.environment[name] = str(everybody)
        stranger = certsrv_world.Store(self.folder / "stranger")
        self.declare(web_root=stranger.path("root.pem"))
        self.assertIn("ends in no root that is trusted here", self.apply(status=1).out)


if __name__ == "__main__":
    certsrv_world.main()
