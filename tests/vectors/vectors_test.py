"""Reads the public vectors of Debian's python3-cryptography-vectors and asks openssl about the same files. Every disagreement is a row of
tests/data/vectors/disagreements.tsv that says why, and every row is a disagreement."""

import base64
import calendar
import collections
import concurrent.futures
import fnmatch
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from openssl_answers import bundle, certificate, openssl, password, pfx, request

READER = os.environ.get("EDGECERT_READ_VECTORS", "")
VECTORS = pathlib.Path("/usr/lib/python3/dist-packages/cryptography_vectors")
TABLE = pathlib.Path(__file__).resolve().parents[1] / "data" / "vectors" / "disagreements.tsv"
CERTIFICATES = VECTORS / "x509" / "PKITS_data" / "certs"
WITHIN_PKITS = calendar.timegm((2015, 1, 1, 0, 0, 0))  # its good certificates are valid from 2010 to 2030

Row = collections.namedtuple("Row", "read file field ours theirs why")


def pem_of(path):
    """A file in DER as a PEM block."""
    return f"-----BEGIN CERTIFICATE-----\n{base64.encodebytes(path.read_bytes()).decode()}-----END CERTIFICATE-----\n"


def files_in(*folders, kinds):
    return [path for folder in folders for path in sorted((VECTORS / folder).rglob("*")) if path.suffix in kinds and path.is_file()]


def read(questions):
    """Our reader's answers."""
    done = subprocess.run([READER], input="".join(json.dumps(question) + "\n" for question in questions), capture_output=True, text=True, timeout=600,
                          check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def at_once(ask, paths):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as threads:
        return list(threads.map(ask, paths))


def disagreements(kind, path, ours, theirs):
    """(read, file, field, ours, theirs) of each thing in which two readings differ; refusing is one thing, in whatever words."""
    where = (kind, str(path.relative_to(VECTORS)))
    if "refused" in ours or theirs is None:
        if ("refused" in ours) != (theirs is None):
            yield (*where, "-", ours.get("refused", "taken"), "refused" if theirs is None else "taken")
        return
    for field, value in theirs.items():
        mine = sorted(ours[field]) if field in ("names", "usages", "chain") else ours[field]
        if mine != value:
            yield (*where, field, *(" ".join(one) if isinstance(one, list) else str(one) for one in (mine, value)))


@unittest.skipUnless(READER, "EDGECERT_READ_VECTORS names no program")
class Vectors(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.assertTrue(VECTORS.is_dir(), "python3-cryptography-vectors is not installed")
        lines = TABLE.read_text().splitlines()
        self.rows = [Row(*line.split("\t")) for line in lines if line and not line.startswith("#")]

    def assert_explained(self, kind, found):
        """Every disagreement has its row, whose words are those seen, and every row its disagreement."""
        rows = {row: 0 for row in self.rows if row.read == kind}
        unexplained = []
        for one in found:
            fits = [row for row in rows if all(fnmatch.fnmatchcase(seen, said) for seen, said in zip(one, row))]
            for row in fits:
                rows[row] += 1
            if not fits:
                unexplained.append("\t".join(one))
        self.assertEqual(unexplained, [], "not in the table")
        self.assertEqual([row for row, times in rows.items() if times == 0], [], "in the table, and not seen")

    def compare(self, kind, paths, theirs, at_least, **more):
        self.assertGreaterEqual(len(paths), at_least)
        answers = read([{"read": kind, "file": str(path), **{name: of(path) for name, of in more.items()}} for path in paths])
        found = [one for path, ours, said in zip(paths, answers, at_once(theirs, paths)) for one in disagreements(kind, path, ours, said)]
        self.assert_explained(kind, found)

    def test_certificates(self):
        self.compare("certificate", files_in("x509", kinds={".pem", ".der", ".crt"}), certificate, at_least=550)

    def test_requests(self):
        self.compare("request", files_in("x509/requests", kinds={".pem", ".der"}), request, at_least=25)

    def test_bundles(self):
        self.compare("bundle", files_in("pkcs7", kinds={".pem", ".der", ".p7b"}), bundle, at_least=4)

    def test_pfx(self):
        self.compare("pfx", files_in("pkcs12", "x509/PKITS_data/pkcs12", kinds={".p12"}), pfx, at_least=435, password=password)

    def test_paths(self):
        """PKITS: the same path from the trust anchor, by us, by openssl, and by what the test suite says of it."""
        root = CERTIFICATES / "TrustAnchorRootCertificate.crt"
        leaves = sorted(CERTIFICATES.glob("*EE.crt"))
        issuers = [path for path in sorted(CERTIFICATES.glob("*.crt")) if path not in leaves]
        self.assertGreater(len(leaves), 200)
        answers = read([{"read": "path", "file": str(leaf), "intermediates": list(map(str, issuers)), "root": str(root), "at": WITHIN_PKITS}
                        for leaf in leaves])

        folder = pathlib.Path(tempfile.mkdtemp(prefix="edgecert-"))
        self.addCleanup(shutil.rmtree, folder)
        (folder / "root.pem").write_text(pem_of(root))
        (folder / "issuers.pem").write_text("".join(map(pem_of, issuers)))

        def verify(leaf):
            words = ("verify", "-show_chain", "-attime", WITHIN_PKITS, "-CAfile", folder / "root.pem", "-untrusted", folder / "issuers.pem")
            shown = openssl(*words, data=pem_of(leaf).encode())[0]
            return None if shown is None else {"length": shown.count(b"depth=")}

        theirs = at_once(verify, leaves)
        self.assert_explained("path", [one for leaf, ours, said in zip(leaves, answers, theirs) for one in disagreements("path", leaf, ours, said)])
        by_name = [None if leaf.name.startswith("Invalid") else {} for leaf in leaves]
        self.assert_explained("pkits", [one for leaf, ours, said in zip(leaves, answers, by_name) for one in disagreements("pkits", leaf, ours, said)])

    def test_every_file_is_read_as_everything(self):
        """Whatever it is: an answer, and no crash (the sanitizers watch)."""
        paths = [path for folder in ("x509", "pkcs7", "pkcs12") for path in sorted((VECTORS / folder).rglob("*")) if path.is_file()]
        self.assertGreater(len(paths), 1700)
        questions = [{"read": kind, "file": str(path), "password": "password"} for path in paths for kind in ("certificate", "request", "bundle", "pfx")]
        self.assertEqual(len(read(questions)), len(questions))


if __name__ == "__main__":
    unittest.main(verbosity=2)
