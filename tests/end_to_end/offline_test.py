"""An authority reached by carrying files: the request in the outbox, answers of every form in the inbox, wrong ones named."""

import json
import pathlib
import shutil
import subprocess

import harness
from harness import openssl
from openssl_authority import OpensslAuthority

FLEET = """
apiVersion: edgecert/v1
kind: CertificateAuthority
metadata: {{name: far}}
spec:
  offline: {{outbox: outbox, inbox: inbox}}
  chain: {{file: chain.p7b, roots: ["{pin}"]}}
---
apiVersion: edgecert/v1
kind: CertificateTemplate
metadata: {{name: web-server}}
spec: {{key: {{exportable: true}}}}
---
apiVersion: edgecert/v1
kind: Site
metadata: {{name: field}}
spec:
  subject: {{organization: Example, country: NL}}
  authority: far
  template: web-server
  store: {{directory: "stores/${{server.name}}"}}
---
apiVersion: edgecert/v1
kind: EdgePool
metadata: {{name: edge}}
spec:
  site: field
  fqdn: edge.example.net
  servers:
    - {{name: one, fqdn: one.example.net}}
    - {{name: two, fqdn: two.example.net}}
  certificates:
    - {{name: internal, roles: [internal], friendlyName: Inside, names: [edge.example.net, other.example.net]}}
"""
NAMES = ["edge.example.net", "other.example.net"]


class Offline(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.authority = OpensslAuthority(self.folder / "far")
        self.fleet = self.folder / "fleet"
        self.fleet.mkdir()
        (self.fleet / "chain.p7b").write_bytes(self.authority.bundle(self.authority.path("chain.pem").read_bytes()))
        (self.fleet / "fleet.yaml").write_text(FLEET.format(pin=self.authority.pin()))
        self.request = self.fleet / "outbox" / "edge" / "internal.csr"
        self.text = self.fleet / "outbox" / "edge" / "internal.txt"
        self.inbox = self.fleet / "inbox" / "edge"

    def ask(self):
        result = self.run_program("apply", "--yes", "fleet", status=3)
        self.assertTrue(self.request.exists(), result)
        self.assertTrue(self.inbox.is_dir(), "a person is told to put the answer there")
        self.inbox.mkdir(parents=True, exist_ok=True)
        return result

    def drop(self, name, data):
        for old in self.inbox.iterdir():
            old.unlink()
        (self.inbox / name).write_bytes(data)

    def good(self):
        return self.authority.answer(self.request, NAMES)

    def assert_converged(self):
        self.run_program("apply", "--yes", "fleet", status=0)
        prints = {self.assert_serves(self.fleet / "stores" / server, "internal", self.authority.path("root.pem")) for server in ("one", "two")}
        self.assertEqual(len(prints), 1)
        self.run_program("plan", "fleet", "--detailed-exitcode", status=0)

    def test_the_request_says_what_was_asked_and_the_text_tells_a_person_what_to_do(self):
        self.ask()
        openssl("req", "-in", self.request, "-noout", "-verify")
        text = openssl("req", "-in", self.request, "-noout", "-text").decode()
        for words in ("CN = edge.example.net", "O = Example", "DNS:edge.example.net", "DNS:other.example.net", "TLS Web Server Authentication"):
            self.assertIn(words, text)
        public = openssl("req", "-in", self.request, "-noout", "-pubkey")
        der = openssl("pkey", "-pubin", "-outform", "DER", data=public)
        spki = openssl("dgst", "-sha256", "-r", data=der).decode().split()[0]
        self.assertIn(spki, self.text.read_text().replace(":", "").lower())
        self.assertIn(str(self.inbox), self.text.read_text())

    def test_plan_and_apply_say_what_is_awaited_and_do_nothing_more(self):
        self.ask()
        before = self.tree(self.fleet)
        for command in (["plan", "fleet"], ["apply", "--yes", "fleet"], ["status", "fleet"], ["drift", "fleet"]):
            result = self.run_program(*command, status=3 if command[0] != "drift" else None)
            self.assertIn("internal", result.out)
            self.assertIn("inbox", result.out, command)
        self.assertEqual(self.tree(self.fleet), before)

    def test_the_open_request_is_shown(self):
        self.ask()
        self.assert_schema("observation", self.run_program("observe", "fleet").json())
        document = self.run_program("request", "-f", "fleet", "edge/internal", "--format", "json").json()
        self.assert_schema("request", document)
        self.assertEqual(document["requests"][0]["request"].split(), self.request.read_text().split())
        self.assertTrue(document["requests"][0]["key_present"])
        pem = self.run_program("request", "-f", "fleet", "edge/internal").out
        self.assertIn("CN = edge.example.net", openssl("req", "-noout", "-text", data=pem.encode()).decode())

    def test_answers_of_every_form_are_taken(self):
        self.ask()
        leaf = self.good()
        der = openssl("x509", "-outform", "DER", data=leaf)
        issuing = self.authority.path("issuing.pem").read_bytes()
        root = self.authority.path("root.pem").read_bytes()
        windows = leaf.replace(b"\n", b"\r\n")
        forms = {
            "DER .cer": ("internal.cer", der),
            "PEM .cer": ("internal.cer", leaf),
            "DER .crt": ("internal.crt", der),
            "PEM .crt": ("internal.crt", leaf),
            "PEM with the line ends of Windows": ("internal.cer", windows),
            "PEM with text around it": ("internal.pem", b"Bag Attributes\n" + openssl("x509", "-text", data=leaf) + b"bye\n"),
            "PEM, leaf first": ("internal.pem", leaf + issuing),
            "PEM, leaf first, with root": ("internal.pem", leaf + issuing + root),
            "PEM, leaf last": ("internal.pem", issuing + leaf),
            "PEM, leaf last, with root": ("internal.pem", root + issuing + leaf),
            "DER .p7b, leaf alone": ("internal.p7b", self.authority.bundle(leaf)),
            "DER .p7b, leaf first": ("internal.p7b", self.authority.bundle(leaf, issuing)),
            "DER .p7b, leaf last, with root": ("internal.p7b", self.authority.bundle(root, issuing, leaf)),
            "PEM .p7b, leaf first, with root": ("internal.p7b", self.authority.bundle(leaf, issuing, root, form="PEM")),
            "PEM .p7b, leaf last": ("internal.p7b", self.authority.bundle(issuing, leaf, form="PEM")),
        }
        saved = self.folder / "saved"
        shutil.copytree(self.fleet, saved, symlinks=True)
        for what, (name, data) in forms.items():
            with self.subTest(form=what):
                shutil.rmtree(self.fleet)
                shutil.copytree(saved, self.fleet, symlinks=True)
                self.drop(name, data)
                self.assert_converged()
                self.assertEqual((self.inbox / name).read_bytes(), data)
                place = self.fleet / "stores" / "one" / "roles" / "internal"
                self.assertEqual((place / "fullchain.pem").read_bytes().split(), (leaf + issuing).split())

    def test_wrong_answers_are_named_and_a_better_one_needs_no_retry(self):
        self.ask()
        leaf = self.good()
        issuing = self.authority.path("issuing.pem").read_bytes()
        other = OpensslAuthority(self.folder / "other", "Other")
        self.authority.other_issuing()
        last_year = self.authority.stranger("/C=NL/O=Example/CN=edge.example.net", NAMES)
        bundle = self.authority.bundle(leaf, issuing)
        wrong = {
            "rubbish": ("internal.cer", b"this is no certificate", "neither PEM nor DER"),
            "nothing in it": ("internal.cer", b"", "is empty"),
            "half a PEM": ("internal.cer", leaf[: len(leaf) // 2], "still being copied"),
            "half a DER bundle": ("internal.p7b", bundle[: len(bundle) // 2], "still being copied"),
            "the request itself": ("internal.pem", self.request.read_bytes(), "no certificate in it"),
            "the chain without the leaf": ("internal.pem", self.authority.path("chain.pem").read_bytes(), "only CA certificates"),
            "last year's answer, for another key": ("internal.cer", last_year, "with another key"),
            "a certificate that has expired": ("internal.cer", self.authority.answer_by("issuing", self.request, NAMES, -1), "it expired"),
            "a name missing": ("internal.cer", self.authority.answer(self.request, ["edge.example.net"]), "it lacks the name other.example.net"),
            "another root": ("internal.cer", other.answer(self.request, NAMES), "CN=Other Issuing CA,O=Other is not in the declared chain"),
            "another root, chain and all": (
                "internal.p7b", self.authority.bundle(other.answer(self.request, NAMES), other.path("chain.pem").read_bytes()), "CN=Other Issuing CA,O=Other is not in the declared chain",
            ),
            "an issuer that nobody knows": ("internal.cer", self.authority.answer_by("second", self.request, NAMES), "CN=Far Second Issuing CA,O=Far is not in the declared chain"),
        }
        for what, (name, data, words) in wrong.items():
            with self.subTest(wrong=what):
                self.drop(name, data)
                result = self.run_program("apply", "--yes", "fleet", status=3)
                self.assertIn(str(self.inbox / name), result.out)
                self.assertIn(words, result.out)
                self.assertEqual((self.inbox / name).read_bytes(), data)
                for role in (self.fleet / "stores").rglob("roles/internal"):
                    self.fail(f"{role} was assigned")
        self.drop("internal.cer", leaf)
        self.assert_converged()

    def test_the_second_round_waits_like_the_first_with_the_old_answer_still_in_its_place(self):
        self.ask()
        self.drop("internal.cer", self.good())
        self.assert_converged()
        path = self.fleet / "fleet.yaml"
        path.write_text(path.read_text().replace("names: [", "names: [third.example.net, ", 1))
        before = self.request.read_bytes()
        result = self.run_program("apply", "--yes", "fleet", status=3)
        self.assertNotEqual(self.request.read_bytes(), before)
        for words in (str(self.request), str(self.inbox / "internal.cer"), "made for another request"):
            self.assertIn(words, result.out)
        self.drop("internal.cer", self.authority.answer(self.request, [*NAMES, "third.example.net"]))
        self.assert_converged()

    def test_looking_at_an_emptied_store_makes_no_folder(self):
        self.ask()
        holder = self.run_program("request", "-f", "fleet", "edge/internal", "--format", "json").json()["requests"][0]["holder"]
        shutil.rmtree(self.fleet / "stores" / holder)
        self.run_program("plan", "fleet", status=3)
        self.run_program("drift", "fleet", status=None)
        self.assertFalse((self.fleet / "stores" / holder).exists())

    def test_an_answer_can_be_imported_by_hand(self):
        self.ask()
        answer = self.folder / "answer.p7b"
        answer.write_bytes(self.authority.bundle(self.good(), self.authority.path("issuing.pem").read_bytes()))
        holder = self.run_program("request", "-f", "fleet", "edge/internal", "--format", "json").json()["requests"][0]["holder"]
        self.run_program("import", "-f", "fleet", f"edge/{holder}/internal", answer)
        self.assert_converged()

    def test_an_import_goes_on_in_the_session_that_it_looked_in(self):
        manifest = self.fleet / "fleet.yaml"
        node = f"echo $0 >> sessions; exec '{harness.PROGRAM}' node --directory '{self.fleet}/stores/'$0"
        manifest.write_text(manifest.read_text().replace('{directory: "stores/${server.name}"}', f"{{command: [sh, -c, {json.dumps(node)}, '${{server.name}}']}}"))
        self.ask()
        holder = self.holder()
        sessions = self.folder / "sessions"
        sessions.unlink()
        self.run_program("import", "-f", "fleet", f"edge/{holder}/internal", self.write("answer.cer", self.good()))
        self.assertEqual(sorted(sessions.read_text().split()), ["one", "two"])

    def holder(self):
        return self.run_program("request", "-f", "fleet", "edge/internal", "--format", "json").json()["requests"][0]["holder"]

    def test_an_answer_that_is_not_what_is_declared_is_refused_and_its_request_stays(self):
        self.ask()
        other = OpensslAuthority(self.folder / "other", "Other")
        wrong = {
            "a name missing": (self.authority.answer(self.request, ["edge.example.net"]), "it lacks the name other.example.net"),
            "expired": (self.authority.answer_by("issuing", self.request, NAMES, -1), "it expired"),
            "another root": (other.answer(self.request, NAMES), "is not in the declared chain"),
        }
        address = f"edge/{self.holder()}/internal"
        before = self.tree(self.fleet / "stores")
        for what, (data, words) in wrong.items():
            with self.subTest(wrong=what):
                result = self.run_program("import", "-f", "fleet", address, self.write("answer.cer", data), status=1)
                self.assertIn(words, result.err)
                self.assertEqual(self.tree(self.fleet / "stores"), before)
        self.run_program("import", "-f", "fleet", address, self.write("answer.cer", self.good()))
        self.assert_converged()

    def test_of_several_certificates_in_the_file_the_one_that_answers_is_imported(self):
        self.ask()
        short = self.authority.answer(self.request, NAMES, days=-1)
        good = self.good()
        answer = self.write("answer.pem", self.authority.path("chain.pem").read_bytes() + short + good)
        imported = self.run_program("import", "-f", "fleet", f"edge/{self.holder()}/internal", answer).out.strip()
        der = openssl("x509", "-outform", "DER", data=good)
        self.assertEqual(openssl("dgst", "-sha256", "-r", data=der).decode().split()[0], imported)
        self.assert_converged()

    def change_names_and_back(self):
        """The first request is given up for another one, and counts again when its names are back."""
        path = self.fleet / "fleet.yaml"
        text = path.read_text()
        first = self.request.read_bytes()
        path.write_text(text.replace("other.example.net]", "other.example.net, third.example.net]"))
        self.run_program("apply", "--yes", "fleet", status=3)
        self.assertNotEqual(self.request.read_bytes(), first)
        path.write_text(text)
        return first

    def test_a_request_that_counts_again_is_shown_and_can_be_answered(self):
        self.ask()
        first = self.change_names_and_back()
        shown = self.run_program("request", "-f", "fleet", "edge/internal", "--format", "json").json()
        self.assert_schema("request", shown)
        self.assertEqual([each["request"].split() for each in shown["requests"]], [first.decode().split()])
        self.assertNotEqual(shown["requests"][0]["phase"], "abandoned")
        request = self.write("first.csr", first)
        answer = self.write("answer.cer", self.authority.answer(request, NAMES))
        self.run_program("import", "-f", "fleet", f"edge/{shown['requests'][0]['holder']}/internal", answer)
        self.assert_converged()

    def test_a_request_that_counts_again_can_be_cancelled(self):
        self.ask()
        first = self.change_names_and_back()
        self.run_program("request", "--cancel", "-f", "fleet", "edge/internal")
        self.run_program("request", "--cancel", "-f", "fleet", "edge/internal", status=1)
        self.run_program("apply", "--yes", "fleet", status=3)
        self.assertNotEqual(self.request.read_bytes(), first)

    def test_an_answer_for_another_key_cannot_be_imported(self):
        self.ask()
        answer = self.write("answer.cer", self.authority.stranger("/CN=edge.example.net", NAMES))
        before = self.tree(self.fleet / "stores")
        result = self.run_program("import", "-f", "fleet", "edge/one/internal", answer, status=1)
        self.assertIn("open request", result.err)
        self.assertEqual(self.tree(self.fleet / "stores"), before)

    def test_a_cancelled_request_is_asked_anew(self):
        self.ask()
        first = self.request.read_bytes()
        self.run_program("request", "--cancel", "-f", "fleet", "edge/internal")
        self.run_program("request", "--cancel", "-f", "fleet", "edge/internal", status=1)
        self.run_program("apply", "--yes", "fleet", status=3)
        self.assertNotEqual(self.request.read_bytes(), first)
        self.drop("internal.cer", self.good())
        self.assert_converged()

    def test_without_a_pin_nothing_is_trusted_and_the_plan_says_what_to_pin(self):
        path = self.fleet / "fleet.yaml"
        path.write_text(path.read_text().replace(f', roots: ["{self.authority.pin()}"]', ""))
        result = self.run_program("apply", "--yes", "fleet", status=3)
        self.assertIn(self.authority.pin().removeprefix("sha256:"), result.out)
        self.assertFalse(list(pathlib.Path(self.fleet).rglob("root.pem")))
        shown = self.run_program("chain", "-f", "fleet", "far").out
        self.assertIn(self.authority.pin(), shown)

    def test_the_example_runs(self):
        example = harness.SOURCE / "examples" / "offline" / "run"
        done = subprocess.run([example, harness.PROGRAM], env=self.environment, cwd=self.folder, capture_output=True, timeout=120, check=False)
        said = done.stdout.decode()
        self.assertEqual(done.returncode, 0, said + done.stderr.decode())
        self.assertIn("it lacks the name www.example.net", said)
        self.assertEqual(said.count("certificate.pem: OK"), 2)


if __name__ == "__main__":
    harness.main()
