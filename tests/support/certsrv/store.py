"""The simulated authority's store: keys, certificates, knobs and every request, in a folder that survives any restart."""

import contextlib
import fcntl
import json
import os
import pathlib
import re
import subprocess
import time

EXTENSIONS = """
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[issuing]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[web]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth
subjectAltName = {web_names}
[client]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
"""

CA_CONFIGURATION = """
[ca]
default_ca = here
[here]
database = {folder}/index.txt
serial = {folder}/serial
new_certs_dir = {folder}
default_md = sha256
policy = any
[any]
commonName = supplied
"""

# What a test or a person can turn; a knob that is not in knobs.json is as it stands here.
KNOBS = {
    "templates": {"WebServer": "serverAuth"},  # CN -> extended key usages that the CA grants
    "approval": False,       # an officer has to approve
    "polls": None,           # approved by itself after so many polls
    "deny": "",              # every request is denied with this HRESULT
    "denyAtPoll": "",        # a pending one is denied at its next poll
    "revoke": False,         # what is issued is revoked at once
    "error": "",             # error page with this HRESULT instead of an answer to a submission
    "rubbish": False,        # a submission is carried out and answered with a page that means nothing
    "html": False,           # text/html around certificates
    "language": "en",
    "charset": "utf-8",
    "ampersand": "both",     # & in a script, &amp; in a link, or both
    "auth": "none",          # basic, ntlm, certificate; several with commas
    "users": {},             # user -> password
    "slow": 0,               # seconds that a submission takes
    "drop": "",              # before or after: the connection ends before or after the submission is carried out
    "order": "leaf-first",   # or root-first, in bundles
    "encoding": "",          # b64 or bin, whatever was asked for
    "truncate": False,       # bundles without what the issuing CA hangs from
    "forged": False,         # bundles whose issuing CA bears the right names and nobody's signature
    "wrongKey": False,       # certificates for another key
    "stranger": False,       # certificates by a CA that hangs from nothing that anybody knows
    "dropNames": [],         # DNS names that are not granted
    "usages": "",            # instead of the template's
    "subject": "",           # instead of the request's
    "days": 365,
    "digest": "sha256",
    # Pages below are named with their query or without: "certnew.cer", "certnew.cer?ReqID=7&Enc=b64".
    "large": [],             # pages that answer with more than anybody wants
    "served": {},            # page -> file: these bytes instead of an answer
    "cut": [],               # pages that are asked for and never answered: the connection ends
    "status": {},            # page -> HTTP status instead of an answer
    "clock": 0,              # seconds that the web server's clock is ahead
    "halt": {},              # {"at": N, "when": "before" or "after"}: the N-th exchange waits there until the file `halted` is taken away
}


def openssl(*arguments, data=None):
    done = subprocess.run(["openssl", *map(str, arguments)], input=data, capture_output=True, timeout=60)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {' '.join(map(str, arguments))}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def replace(path, data):
    beside = path.with_name(f".{path.name}.{os.getpid()}.{time.monotonic_ns()}")
    beside.write_bytes(data if isinstance(data, bytes) else data.encode())
    os.replace(beside, path)


class Store:
    def __init__(self, folder, hosts=("localhost", "ca.localhost", "127.0.0.1")):
        self.folder = pathlib.Path(folder)
        self.requests = self.folder / "requests"
        self.requests.mkdir(parents=True, exist_ok=True)
        with self.locked():
            if not self.path("web.pem").exists():
                self._make(hosts)

    def path(self, name):
        return self.folder / name

    @contextlib.contextmanager
    def locked(self):
        with open(self.folder / "lock", "a", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    # ---- the CA's own certificates

    def _make(self, hosts):
        names = ", ".join(("IP:" if re.fullmatch(r"[0-9.]+|.*:.*", host) else "DNS:") + host for host in hosts)
        self.path("extensions.cnf").write_text(EXTENSIONS.format(web_names=names))
        self._key("root")
        self._sign("root", "/O=Contoso/CN=Contoso Root CA", "root", "root", 7300)
        self._renew(0)
        self._key("web")
        self._sign("web", f"/CN={hosts[0]}", "web", "root", 3000)

    def _key(self, name):
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", self.path(f"{name}.key"))

    def _sign(self, name, subject, section, issuer, days):
        """A certificate of the authority's own, for the key of the same name."""
        request = openssl("req", "-new", "-key", self.path(f"{name}.key"), "-subj", subject)
        by = ["-signkey", self.path(f"{name}.key")] if issuer == name else ["-CA", self.path(f"{issuer}.pem"), "-CAkey", self.path(f"{issuer}.key")]
        made = openssl(
            "x509", "-req", *by, "-set_serial", "0x" + os.urandom(12).hex(), "-days", days, "-sha256",
            "-extfile", self.path("extensions.cnf"), "-extensions", section, data=request,
        )
        replace(self.path(f"{name}.pem"), made)

    def _renew(self, number):
        self._key(f"ca-{number}")
        self._sign(f"ca-{number}", "/DC=net/DC=contoso/CN=Contoso Issuing CA", "issuing", "root", 3600)

    def rekey(self):
        """A new key and certificate of the issuing CA, from now on used for what is issued."""
        with self.locked():
            self._renew(self.newest() + 1)

    def newest(self):
        return max(int(path.stem[3:]) for path in self.folder.glob("ca-*.pem"))

    def client_certificate(self, name):
        """A client certificate and its key: (certificate, key)."""
        self._key(name)
        self._sign(name, f"/CN={name}", "client", "root", 300)
        return self.path(f"{name}.pem"), self.path(f"{name}.key")

    def web_certificate(self, kind):
        """Another web certificate, of a kind that clients have to refuse: other-name, expired, not-yet, ca, untrusted."""
        extensions = self.path("extensions.cnf")
        if kind == "ca":  # as on many a host: the CA's own certificate, bound to the web site
            for end in ("pem", "key"):
                replace(self.path(f"web.{end}"), self.path(f"ca-0.{end}").read_bytes())
        elif kind == "other-name":
            extensions.write_text(EXTENSIONS.format(web_names="DNS:other.contoso.net"))
            self._sign("web", "/CN=other.contoso.net", "web", "root", 300)
        elif kind == "expired":
            self._sign("web", "/CN=localhost", "web", "root", -1)
        elif kind == "untrusted":
            self._sign("web", "/CN=localhost", "web", "web", 300)
        elif kind == "not-yet":
            self._not_yet()
        else:
            raise KeyError(kind)

    def _not_yet(self):
        """Only `openssl ca` can begin a certificate in the future."""
        configuration = self.path("ca.cnf")
        for name, text in (("index.txt", ""), ("serial", "77"), ("ca.cnf", CA_CONFIGURATION.format(folder=self.folder))):
            self.path(name).write_text(text)
        request = self.path("web.csr")
        request.write_bytes(openssl("req", "-new", "-key", self.path("web.key"), "-subj", "/CN=localhost"))
        openssl(
            "ca", "-batch", "-config", configuration, "-in", request, "-out", self.path("web.pem"), "-cert", self.path("root.pem"),
            "-keyfile", self.path("root.key"), "-startdate", "20400101000000Z", "-enddate", "20410101000000Z", "-notext",
            "-extfile", self.path("extensions.cnf"), "-extensions", "web",
        )

    def pin(self):
        text = openssl("x509", "-in", self.path("root.pem"), "-noout", "-fingerprint", "-sha256").decode()
        return "sha256:" + text.strip().split("=")[1].replace(":", "").lower()

    # ---- knobs

    def knobs(self):
        try:
            return {**KNOBS, **json.loads(self.path("knobs.json").read_text())}
        except FileNotFoundError:
            return dict(KNOBS)

    def turn(self, **knobs):
        unknown = set(knobs) - set(KNOBS)
        if unknown:
            raise KeyError(f"no such knob: {', '.join(sorted(unknown))}")
        with self.locked():
            path = self.path("knobs.json")
            turned = json.loads(path.read_text()) if path.exists() else {}
            replace(path, json.dumps({**turned, **knobs}, indent=2))

    # ---- requests

    def record(self, number):
        try:
            return json.loads((self.requests / f"{number:06d}.json").read_text())
        except FileNotFoundError:
            return None

    def all(self):
        return [json.loads(path.read_text()) for path in sorted(self.requests.glob("*.json"))]

    def _save(self, record):
        replace(self.requests / f"{record['id']:06d}.json", json.dumps(record))

    def certificate(self, number):
        return (self.requests / f"{number:06d}.pem").read_bytes()

    def submit(self, csr, attributes, who):
        """Takes a request in: its record, after the policy module has decided."""
        knobs = self.knobs()
        with self.locked():
            last = max((int(path.stem) for path in self.requests.glob("*.json")), default=6)
            record = {"id": last + 1, "who": who, "state": 5, "message": "Taken Under Submission", "hresult": "", "polls": 0, "submitted": int(time.time())}
            record["template"] = attributes.get("CertificateTemplate", "")
            record["attributes"] = attributes
            (self.requests / f"{record['id']:06d}.csr").write_bytes(csr)
            self._decide(record, knobs)
            self._save(record)
        return record

    def _decide(self, record, knobs):
        try:
            openssl("req", "-noout", "-verify", "-in", self.requests / f"{record['id']:06d}.csr")
        except RuntimeError:
            self._refuse(record, "0x80070057", "Error Parsing Request  The parameter is incorrect.")
            return
        if record["template"] not in knobs["templates"]:
            self._refuse(record, "0x80094800", f"The request was for a certificate template that is not supported here: {record['template']}.")
        elif knobs["deny"]:
            self._refuse(record, knobs["deny"], "a reason that only the authority knows")
        elif not knobs["approval"]:
            self._issue(record, knobs)

    @staticmethod
    def _refuse(record, hresult, why):
        record.update(state=2, hresult=hresult, message=f"Denied by Policy Module  {hresult}, {why}")

    def _issue(self, record, knobs):
        csr = self.requests / f"{record['id']:06d}.csr"
        newest = self.newest()
        text = openssl("req", "-in", csr, "-noout", "-text").decode(errors="replace")
        names = re.search(r"Subject Alternative Name:\s*(?:critical)?\s*\n\s*(.+)", text)
        granted = [name for name in (names[1].strip().split(", ") if names else []) if name.removeprefix("DNS:") not in knobs["dropNames"]]
        granted = [name.replace("IP Address:", "IP:") for name in granted]
        usages = knobs["usages"] or knobs["templates"][record["template"]]
        extensions = (
            "basicConstraints = critical, CA:FALSE\nkeyUsage = critical, digitalSignature, keyEncipherment\n"
            f"extendedKeyUsage = {usages}\nsubjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid\n"
            "crlDistributionPoints = URI:http://pki.contoso.net/contoso.crl\n" + (f"subjectAltName = {', '.join(granted)}\n" if granted else "")
        )
        file = self.requests / f".{record['id']:06d}.cnf"
        file.write_text(extensions)
        options = ["-subj", knobs["subject"]] if knobs["subject"] else []
        if knobs["wrongKey"]:
            stranger = self.path("stranger.pub")
            if not stranger.exists():
                self._key("stranger")
                stranger.write_bytes(openssl("pkey", "-in", self.path("stranger.key"), "-pubout"))
            options += ["-force_pubkey", stranger]
        by = self._stranger() if knobs["stranger"] else f"ca-{newest}"
        made = openssl(
            "x509", "-req", "-in", csr, "-CA", self.path(f"{by}.pem"), "-CAkey", self.path(f"{by}.key"),
            "-set_serial", "0x" + os.urandom(12).hex(), "-days", knobs["days"], f"-{knobs['digest']}", "-extfile", file, *options,
        )
        file.unlink()
        replace(self.requests / f"{record['id']:06d}.pem", made)
        record.update(state=6 if knobs["revoke"] else 3, message="Issued", hresult="", ca=newest)

    def _stranger(self):
        """A CA with the issuing CA's name and a key of its own, which signed itself."""
        if not self.path("stranger-ca.pem").exists():
            self._key("stranger-ca")
            self._sign("stranger-ca", "/DC=net/DC=contoso/CN=Contoso Issuing CA", "root", "stranger-ca", 3600)
        return "stranger-ca"

    def decide(self, number, what, hresult="0x80094014"):
        """An officer's word on a pending request: approve, deny or revoke."""
        with self.locked():
            record = self.record(number)
            if record is None:
                raise KeyError(f"no request {number}")
            if what == "approve" and record["state"] == 5:
                self._issue(record, self.knobs())
            elif what == "deny" and record["state"] == 5:
                record.update(state=2, hresult=hresult, message=f"Denied by CONTOSO\\officer  {hresult}")
            elif what == "revoke":
                record.update(state=6)
            self._save(record)
        return record

    def poll(self, number):
        """A look at a request, which may be the one that an officer was waiting for."""
        knobs = self.knobs()
        with self.locked():
            record = self.record(number)
            if record is None or record["state"] != 5:
                return record
            record["polls"] += 1
            if knobs["denyAtPoll"]:
                record.update(state=2, hresult=knobs["denyAtPoll"], message=f"Denied by CONTOSO\\officer  {knobs['denyAtPoll']}")
            elif knobs["polls"] is not None and record["polls"] > knobs["polls"]:
                self._issue(record, knobs)
            self._save(record)
        return record

    # ---- bundles

    def _forged(self, renewal):
        """The issuing CA's certificate with another last byte of its signature."""
        der = openssl("x509", "-in", self.path(f"ca-{renewal}.pem"), "-outform", "DER")
        return openssl("x509", "-inform", "DER", data=der[:-1] + bytes([der[-1] ^ 1]))

    def bundle(self, renewal, leaf=b""):
        """DER of a PKCS#7 with the chain of the CA's certificate of that number, and a leaf where there is one."""
        knobs = self.knobs()
        parts = [leaf, self._forged(renewal) if knobs["forged"] else self.path(f"ca-{renewal}.pem").read_bytes()]
        if not knobs["truncate"]:
            parts.append(self.path("root.pem").read_bytes())
        if knobs["order"] == "root-first":
            parts.reverse()
        return openssl("crl2pkcs7", "-nocrl", "-certfile", "/dev/stdin", "-outform", "DER", data=b"".join(parts))
