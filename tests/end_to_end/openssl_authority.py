"""A certificate authority driven by the openssl command line: a root, an issuing CA, and answers to requests."""

import pathlib

from harness import openssl

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
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
crlDistributionPoints = URI:http://pki.example.net/x.crl
"""


class OpensslAuthority:
    def __init__(self, folder, name="Far"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.serial = 1000
        (self.folder / "extensions.cnf").write_text(EXTENSIONS)
        self._key("root")
        self._key("issuing")
        self._request("root", f"/O={name}/CN={name} Root CA")
        self._request("issuing", f"/O={name}/CN={name} Issuing CA")
        openssl(
            "x509", "-req", "-in", self.path("root.csr"), "-signkey", self.path("root.key"), "-days", 3650, "-sha256",
            "-extfile", self.path("extensions.cnf"), "-extensions", "root", "-out", self.path("root.pem"),
        )
        self._sign("issuing", "root", "issuing", 3000)
        self.path("chain.pem").write_bytes(self.path("issuing.pem").read_bytes() + self.path("root.pem").read_bytes())

    def path(self, name):
        return self.folder / name

    def pin(self):
        text = openssl("x509", "-in", self.path("root.pem"), "-noout", "-fingerprint", "-sha256").decode()
        return "sha256:" + text.strip().split("=")[1].replace(":", "").lower()

    def _key(self, name):
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", self.path(f"{name}.key"))

    def _request(self, name, subject):
        openssl("req", "-new", "-key", self.path(f"{name}.key"), "-subj", subject, "-out", self.path(f"{name}.csr"))

    def _sign(self, name, issuer, section, days, extra=""):
        self.serial += 1
        extensions = self.path(f"{name}.cnf")
        extensions.write_text(EXTENSIONS.replace(f"[{section}]\n", f"[{section}]\n{extra}"))
        openssl(
            "x509", "-req", "-in", self.path(f"{name}.csr"), "-CA", self.path(f"{issuer}.pem"), "-CAkey", self.path(f"{issuer}.key"),
            "-set_serial", self.serial, "-days", days, "-sha256", "-extfile", extensions, "-extensions", section, "-out", self.path(f"{name}.pem"),
        )

    def answer(self, request, names, days=365):
        """The PEM of a certificate for the request file, with these DNS names."""
        return self.answer_by("issuing", request, names, days)

    def other_issuing(self):
        """A second issuing CA under the same root: answer_by signs with it, and no chain file knows it."""
        self._key("second")
        self._request("second", "/O=Far/CN=Far Second Issuing CA")
        self._sign("second", "root", "issuing", 3000)
        return self.path("second.pem").read_bytes()

    def answer_by(self, issuer, request, names, days=365):
        """As answer(), signed by root, issuing or second; with days below zero it has expired."""
        self.path("leaf.csr").write_bytes(pathlib.Path(request).read_bytes())
        self._sign("leaf", issuer, "leaf", days, "subjectAltName = " + ", ".join(f"DNS:{name}" for name in names) + "\n")
        return self.path("leaf.pem").read_bytes()

    def stranger(self, subject, names):
        """The PEM of a certificate whose key nobody asked for."""
        self._key("stranger")
        self._request("stranger", subject)
        return self.answer(self.path("stranger.csr"), names)

    def bundle(self, *pems, form="DER"):
        """A PKCS#7 of the certificates."""
        joined = self.path("joined.pem")
        joined.write_bytes(b"".join(pems))
        return openssl("crl2pkcs7", "-nocrl", "-certfile", joined, "-outform", form)
