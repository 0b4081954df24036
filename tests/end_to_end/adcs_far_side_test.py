"""An AD CS that fails while it is asked, or lies: what is said of it, and that nothing of it is installed or trusted."""

import base64
import os
import pathlib
import time

import certsrv_world
from certsrv_world import CertsrvWorld
from harness import openssl


class Fetches(CertsrvWorld):
    """The CA has issued, and the certificate does not come."""

    def setUp(self):
        super().setUp()
        self.declare()

    def mended(self, **knobs):
        """The next run takes the certificate, with no word from anybody; the CA is not asked a second time."""
        self.store.turn(**knobs)
        self.apply()
        self.assert_converged()
        self.assertEqual(len(self.records()), 1)

    def test_a_connection_that_ends_while_the_certificate_is_fetched(self):
        self.store.turn(cut=["certnew.cer"])
        self.assertIn("broke off", self.apply(status=1).out)
        self.assert_nothing_installed()
        self.mended(cut=[])

    def test_a_server_error_while_the_certificate_is_fetched(self):
        self.store.turn(status={"certnew.cer": 503})
        self.assertIn("answers with status 503", self.apply(status=1).out)
        self.mended(status={})

    def test_a_password_that_changed_between_submission_and_fetch(self):
        self.store.turn(status={"certnew.cer": 401})
        self.assertIn("refused the account CONTOSO\\svc-edge (401)", self.apply(status=1).out)
        self.mended(status={})

    def test_a_body_over_the_cap_instead_of_the_certificate(self):
        self.store.turn(large=["certnew.cer"])
        self.assertIn("answers with more than 5 MiB", self.apply(status=1).out)
        self.mended(large=[])

    def test_a_page_without_meaning_instead_of_the_certificate_is_kept(self):
        nonsense = self.write("nonsense.html", "<html>Good morning</html>")
        self.store.turn(served={"certnew.cer": str(nonsense)})
        result = self.apply(status=3)
        self.assertIn("the page about request 7 is not understood", result.out)
        self.assertIn(nonsense.read_bytes(), [page.read_bytes() for page in self.pages()])
        self.assertTrue(any(str(page) in result.out for page in self.pages()), result.out)
        self.mended(served={})

    def test_a_web_host_that_lost_its_ca_between_submission_and_fetch(self):
        page = self.write("lost.html", "<html><p id=locErrTitle>x</p><dl><dt>COM:<dd>0x800706ba</dl></html>")
        self.store.turn(served={"certnew.cer": str(page)})
        self.assertIn("RPC_S_SERVER_UNAVAILABLE (0x800706ba)", self.apply(status=1).out)
        self.mended(served={})

    def test_a_chain_that_does_not_come_with_the_certificate_is_taken_from_the_ca_itself(self):
        self.store.turn(cut=["certnew.p7b?ReqID=7&Enc=bin"])
        self.mended()
        self.assertIn(("certnew.p7b", "ReqID=7&Enc=bin", 0), [(exchange["page"], exchange["query"], exchange["status"]) for exchange in self.exchanges()])

    def test_revoked_between_submission_and_fetch(self):
        apply = self.halted_at(4, "before")
        self.store.decide(7, "revoke")
        self.released()
        apply.wait()
        result = self.apply(status=3)
        self.assertIn("request 7 was issued and then revoked", result.out)
        self.assertIn("--retry ams/internal", result.out)
        self.assert_nothing_installed()
        self.apply("--retry", "ams/internal")
        self.assert_converged()
        self.assertEqual(len(self.records()), 2)


class Lies(CertsrvWorld):
    def refused(self, words, status=3):
        result = self.apply(status=status)
        self.assertIn(words, result.out)
        self.assert_nothing_installed()
        return result

    def test_the_certificate_of_another_request(self):
        self.declare(pools=("fra",))
        self.apply()
        theirs = self.write("theirs.cer", self.store.certificate(7))
        self.store.turn(served={"certnew.cer": str(theirs)})
        self.declare()
        self.refused("made for another request, with another key")
        self.store.turn(served={})
        self.apply()
        self.assert_converged()

    def bundle(self, name, pem, numbers):
        return self.write(name, openssl("crl2pkcs7", "-nocrl", "-certfile", self.copies(pem, numbers), "-outform", "DER"))

    def test_a_bundle_with_more_certificates_than_anybody_has(self):
        self.declare()
        for count, words in ((1000, "more than 64 certificates"), (5000, "a bundle of more than 1 MiB")):
            leaf = self.bundle("many.p7b", self.store.path("root.pem"), range(count))
            self.store.turn(served={"certnew.cer": str(leaf)})
            self.refused("what the CA gives as the certificate of request 7 cannot be read: " + words)

    def copies(self, pem, numbers):
        """Certificates that differ from one of ours in the serial number alone, and so bear nobody's signature."""
        der = openssl("x509", "-in", pem, "-outform", "DER")
        serial = bytes.fromhex(openssl("x509", "-in", pem, "-noout", "-serial").decode().strip().split("=")[1])
        self.assertEqual(der.count(serial), 1)
        made = (der.replace(serial, serial[:-4] + number.to_bytes(4, "big")) for number in numbers)
        return self.write("copies.pem", b"".join(b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(one) + b"-----END CERTIFICATE-----\n" for one in made))

    def test_a_chain_of_thousands_of_its_own_name_costs_no_time(self):
        self.store._key("self")
        self.store._sign("self", "/O=Contoso/CN=Contoso Root CA", "issuing", "root", 3000)
        served = {"certcarc.asp": str(self.write("renewed.html", "<script>var nRenewals=31;</script>"))}
        for renewal in range(32):
            bundle = self.bundle(f"chain-{renewal}.p7b", self.store.path("self.pem"), range(64 * renewal, 64 * renewal + 64))
            served[f"certnew.p7b?ReqID=CACert&Renewal={renewal}&Enc=bin"] = str(bundle)
        self.store.turn(served=served)
        self.declare()
        before = os.times().children_user
        self.refused("gives more than 100 certificates as its chain", status=1)
        self.assertLess(os.times().children_user - before, 20)

    def test_a_number_of_renewals_that_nobody_can_have_is_bounded(self):
        page = self.write("renewed.html", "<script>var nRenewals=4294967297;</script>")
        self.store.turn(served={"certcarc.asp": str(page)})
        self.declare()
        self.apply(status=1)
        self.assertLess(len(self.exchanges()), 100)

    def test_a_chain_whose_signatures_do_not_hold_is_refused(self):
        self.store.turn(forged=True)
        self.declare()
        result = self.refused("the chain does not hold", status=None)
        self.assertNotEqual(result.status, 0)
        self.assertEqual(self.records(), [])
        self.assertFalse(list(self.fleet.rglob("root.pem")))

    def test_a_page_of_a_million_tags_is_read_in_no_time_and_kept(self):
        page = self.write("tags.html", b"<p id=locx>" * 400000 + b"<!--" * 100000)
        self.store.turn(served={"certfnsh.asp": str(page)})
        self.declare()
        before = time.monotonic()
        self.refused("the page that answers the request is not understood")
        self.assertLess(time.monotonic() - before, certsrv_world.PATIENCE)
        self.assertEqual([pathlib.Path(kept).stat().st_size for kept in self.pages()], [page.stat().st_size])


if __name__ == "__main__":
    certsrv_world.main()
