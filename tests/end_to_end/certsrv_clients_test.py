"""The simulated enrolment pages are what other people's clients expect: their regular expressions find in them what they look for.

The expressions are those that public clients of the enrolment pages are known to use: they are facts about the wire, and the only way to
know that our simulator does not merely agree with our own reader.
"""

import re
import sys
import unittest

import harness

sys.path.insert(0, str(harness.SOURCE / "tests" / "support" / "certsrv"))

from pages import LANGUAGES, Pages  # noqa: E402  # pylint: disable=wrong-import-position

ISSUED = (r"certnew.cer\?ReqID=(\d+)&", r"certnew.cer\?ReqID=([0-9]+)&", r'location="certnew.cer\?ReqID=(.*?)&', r"ReqID=(\d+)")
PENDING = (r"Your Request Id is (\d+).", r"Your Request Id is ([0-9]+)")
DENIED = r'The disposition message is "([^"]+)'
DISPOSITION = r"Disposition message:[^\t]+\t\t([^\r\n]+)"
LAST_STATUS = r"LastStatus:[^\t]+\t\t([^\r\n]+)"
RENEWALS = r"var nRenewals=(\d+);"
REASON = "Denied by Policy Module  0x80094800, The request was for a template that is not supported."


def without_comments(page):
    return re.sub(r"<!--.*?-->", "", page.decode(), flags=re.DOTALL)


class Clients(unittest.TestCase):
    def setUp(self):
        self.pages = Pages("en")

    def test_issued(self):
        page = without_comments(self.pages.issued(42))
        for expression in ISSUED:
            self.assertEqual(re.search(expression, page)[1], "42", expression)
        self.assertNotRegex(page, "Certificate Pending")

    def test_pending(self):
        page = without_comments(self.pages.pending(42))
        self.assertNotRegex(page, ISSUED[0])
        self.assertIn("Certificate Pending", page)
        for expression in PENDING:
            self.assertEqual(re.search(expression, page)[1], "42", expression)

    def test_denied(self):
        page = without_comments(self.pages.denied(42, REASON))
        self.assertNotRegex(page, ISSUED[0])
        self.assertNotIn("Certificate Pending", page)
        self.assertIn("Certificate Request Denied", page)
        said = re.search(DENIED, page)[1]
        self.assertTrue(said.startswith("Denied by Policy Module  0x80094800,"), said)

    def test_the_page_with_the_disposition(self):
        for state, message in ((5, "Taken Under Submission"), (2, "Denied by CONTOSO\\officer  0x80094014")):
            page = without_comments(self.pages.disposition(42, state, message, "0x80094014"))
            self.assertEqual(re.search(DISPOSITION, page)[1], message)
            self.assertEqual(re.search(LAST_STATUS, page)[1], "0x80094014")

    def test_renewals(self):
        self.assertEqual(re.search(RENEWALS, without_comments(self.pages.renewals(2)))[1], "2")
        self.assertIsNone(re.search(RENEWALS, without_comments(self.pages.renewals(0))))

    def test_other_languages_keep_ids_numbers_and_hresults_and_nothing_else(self):
        for language in set(LANGUAGES) - {"en"}:
            pages = Pages(language)
            pending = without_comments(pages.pending(42))
            self.assertNotRegex(pending, PENDING[0], language)
            self.assertIn("locInfoReqID", pending)
            self.assertIn("42", pending)
            denied = without_comments(pages.denied(42, REASON))
            self.assertNotRegex(denied, DENIED, language)
            self.assertIn("0x80094800", denied)


if __name__ == "__main__":
    harness.main()
