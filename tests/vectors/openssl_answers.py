"""What the openssl command line says of certificates, requests, bundles and PFX files, field by field as our reader names them: out of its texts,
and out of its listing of the DER where a text leaves something out."""

import base64
import calendar
import functools
import hashlib
import ipaddress
import os
import re
import subprocess
import time

# In both commands: OIDs and not names of attributes, one a line, nothing in a value that could be taken for the next.
ATTRIBUTES = ["-nameopt", "esc_2253,esc_ctrl,utf8,sep_multiline,oid"]
EXTENSIONS = "subjectAltName,basicConstraints,extendedKeyUsage,subjectKeyIdentifier,authorityKeyIdentifier,crlDistributionPoints"
LEFT_OUT = "no_header,no_version,no_serial,no_issuer,no_validity,no_subject,no_sigdump,no_extensions"
KNOWN = {"2.5.4.3": "CN", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.6": "C"}
# The usages that a manifest calls by name (RFC 5280 section 4.2.1.12); others by OID.
USAGES = {"1.3.6.1.5.5.7.3.1": "serverAuth", "1.3.6.1.5.5.7.3.2": "clientAuth", "1.3.6.1.5.5.7.3.3": "codeSigning",
          "1.3.6.1.5.5.7.3.4": "emailProtection", "1.3.6.1.5.5.7.3.8": "timeStamping", "1.3.6.1.5.5.7.3.9": "OCSPSigning",
          "2.5.29.37.0": "anyExtendedKeyUsage"}
DIGESTS = r"sha3-\d+|sha\d+|md\d+"


def openssl(*arguments, data=None):
    """Output and words of the openssl command line; the output is None when it refuses."""
    done = subprocess.run(["openssl", *map(str, arguments)], input=data or b"", capture_output=True, timeout=60, check=False,
                          env={"PATH": os.environ["PATH"], "LC_ALL": "C", "OPENSSL_CONF": "/dev/null"})
    return done.stdout if done.returncode == 0 else None, done.stderr


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def blocks(text, label):
    """The bytes of each PEM block with this label."""
    return [base64.b64decode(block) for block in re.findall(rb"-----BEGIN %s-----(.*?)-----END" % label, text, re.S)]


def key_in(text):
    """The hash of the public key that openssl printed, or None."""
    found = blocks(text, b"PUBLIC KEY")
    return sha256(found[0]) if found else None


def form(path):
    return "PEM" if b"-----BEGIN " in path.read_bytes() else "DER"


@functools.cache
def oids():
    """Long name to OID, of all objects that openssl knows."""
    listed = re.findall(r"^\S+ = (.*), ([\d.]+)$", openssl("list", "-objects")[0].decode(), re.M)
    return dict(listed)


def elements(der, *more):
    """(depth, tag, all its bytes) of each element, as openssl lists them."""
    listed = openssl("asn1parse", "-inform", "DER", *more, data=der)[0].decode(errors="replace")
    found = re.findall(r"^ *(\d+):d=(\d+) +hl=(\d+) l= *(\d+) (?:prim|cons): (.*)$", listed, re.M)
    return [(int(depth), tag.strip(), slice(int(at), int(at) + int(head) + int(length)), int(at)) for at, depth, head, length, tag in found]


def sections(text):
    """Heading of each extension in a text to what stands under it."""
    found, heading, indent = {}, None, 0
    for line in text.splitlines():
        inner = len(line) - len(line.lstrip(" "))
        if heading is not None and inner > indent:
            found[heading] += line.strip() + "\n"
        elif started := re.fullmatch(r" *X509v3 ([A-Za-z ]+): ?(critical)?", line):
            heading, indent = started[1], inner
            found[heading] = ""
        else:
            heading = None
    return found


def subject(shown):
    """As values, of lines with an attribute each: the first of a known type fills its field, whatever is left stands under its OID."""
    known, other = {}, []
    for oid, value in re.findall(r"^ *(\d[\d.]*)=(.*)$", shown, re.M):
        raw = re.sub(rb"\\([0-9A-F]{2}|.)", lambda one: bytes.fromhex(one[1].decode()) if len(one[1]) == 2 else one[1], value.encode(errors="surrogateescape"))
        text = raw.decode(errors="surrogateescape")
        if oid in KNOWN and not known.get(KNOWN[oid]):
            known[KNOWN[oid]] = text
        else:
            other.append(f"{oid}={text}")
    return [f"{name}={known[name]}" for name in KNOWN.values() if known.get(name)] + sorted(other)


def names(found):
    text = found.get("Subject Alternative Name", "")
    return sorted(re.findall(r"DNS:([^,\n]*)", text) + [str(ipaddress.ip_address(one)) for one in re.findall(r"IP Address:([0-9A-F.:]+)", text)])


def usages(found):
    listed = [one for one in found.get("Extended Key Usage", "").strip().split(", ") if one]
    dotted = [oids().get(one, one) for one in listed]
    return sorted({USAGES.get(one, one) for one in dotted})


def key_kind(text):
    algorithm = re.search(r"Public Key Algorithm: (\S+)", text)[1]
    bits = re.search(r"Public-Key: \((\d+) bit\)", text)
    if algorithm in ("rsaEncryption", "rsassaPss") and bits:
        return f"rsa {bits[1]}"
    curve = re.search(r"NIST CURVE: P-(256|384)$", text, re.M)
    return f"ecdsa p{curve[1]}" if curve else "other"


def digest(text):
    """Of the first signature algorithm in a text; one without a digest is its own name."""
    name = re.search(r"Signature Algorithm: (.+)", text)[1].strip()
    if name == "rsassaPss":
        return re.search(r"Hash Algorithm: (\S+)", text)[1]
    named = re.search(DIGESTS, name.lower())
    return named[0] if named else name.lower()


def key_id(found, which):
    shown = re.match(r"(?:keyid:)?([0-9A-F:]+)$", found.get(which, ""), re.M)
    return shown[1].replace(":", "").lower() if shown else ""


def other_names(der, parts):
    """How many alternative names are neither DNS names nor addresses."""
    for index, (_, tag, _, _) in enumerate(parts):
        if tag == "OBJECT            :X509v3 Subject Alternative Name":
            octets = next(part for part in parts[index + 1:] if part[1].startswith("OCTET STRING"))
            return sum(depth == 1 and tag not in ("cont [ 2 ]", "cont [ 7 ]") for depth, tag, _, _ in elements(der, "-strparse", octets[3]))
    return 0


def signs_itself(path):
    """Does a certificate's own key verify it? Its purposes, its dates and its strength are not asked about."""
    return openssl("verify", "-check_ss_sig", "-no_check_time", "-ignore_critical", "-auth_level", "0", "-trusted", path, path)[0] is not None


def certificate(path):
    words = ["x509", "-in", path, "-inform", form(path), "-serial", "-subject", "-issuer", "-dates", "-nameopt", "RFC2253", "-fingerprint", "-sha256"]
    data, _ = openssl(*words, "-pubkey")
    data = data or openssl(*words)[0]  # a key that openssl cannot use takes the rest with it
    if data is None:
        return None
    text = data.decode(errors="surrogateescape")
    more = openssl("x509", "-in", path, "-inform", form(path), "-noout", "-subject", "-issuer", *ATTRIBUTES, "-text", "-certopt", LEFT_OUT,
                   "-ext", EXTENSIONS)[0].decode(errors="surrogateescape")
    holder, by = more.split("        Signature Algorithm: ")[0].split("issuer=")
    found = sections(more)

    def field(name):
        return re.search(rf"^{name}=(.*)$", text, re.M)[1]

    def date(name):
        shown = field(name)
        return calendar.timegm(time.strptime(shown, "%b %d %H:%M:%S %Y %Z")) if shown != "Bad time value" else None

    der = blocks(data, b"CERTIFICATE")[0]
    parts = elements(der)
    outside = [der[where] for depth, _, where, _ in parts if depth == 1][1]
    inside = [der[where] for depth, tag, where, _ in parts if depth == 2 and tag == "SEQUENCE"]  # algorithm, issuer, validity, subject, key
    return {"sha256": field("sha256 Fingerprint").replace(":", "").lower(), "sha1": hashlib.sha1(der).hexdigest(), "der": sha256(der),
            "serial": field("serial").lower(), "subject": field("subject"), "issuer": field("issuer"),
            "subjectValues": subject(holder), "issuerValues": subject(by),
            "subjectDer": sha256(inside[3]), "issuerDer": sha256(inside[1]),
            "notBefore": date("notBefore"), "notAfter": date("notAfter"), "names": names(found), "otherNames": other_names(der, parts),
            "key": key_in(data), "keyKind": key_kind(more), "pssKey": "Public Key Algorithm: rsassaPss" in more, "digest": digest(more),
            "oneAlgorithm": outside == inside[0], "selfSigned": inside[1] == inside[3] and signs_itself(path), "usages": usages(found), "authority": "CA:TRUE" in found.get("Basic Constraints", ""),
            "crlPoints": bool(found.get("CRL Distribution Points")), "subjectKeyId": key_id(found, "Subject Key Identifier"),
            "authorityKeyId": key_id(found, "Authority Key Identifier")}


def request(path):
    data, words = openssl("req", "-in", path, "-inform", form(path), "-verify", "-noout", "-pubkey", "-text", *ATTRIBUTES)
    if data is None or b"verify OK" not in words:  # it ends with 0 in any case
        return None
    text = data.decode(errors="surrogateescape")
    found = sections(text)
    shown = text.split("Subject:")[1].split("Subject Public Key Info:")[0]
    return {"key": key_in(data), "subjectValues": subject(shown), "names": names(found), "usages": usages(found), "keyKind": key_kind(text),
            "digest": digest(text)}


def bundle(path):
    data, _ = openssl("pkcs7", "-in", path, "-inform", form(path), "-print_certs")
    return None if data is None else {"certificates": [sha256(der) for der in blocks(data, b"CERTIFICATE")]}


def password(path):
    if "no-pwd" in path.name or path.name == "no-password.p12":
        return ""
    return "cryptography" if path.name.startswith(("cert-", "no-cert-key")) else "password"


def pfx(path):
    data, _ = openssl("pkcs12", "-in", path, "-passin", f"pass:{password(path)}", "-noenc")
    if data is None:
        return None
    held = re.search(rb"-----BEGIN PRIVATE KEY-----.*?-----END PRIVATE KEY-----\n", data, re.S)
    public = openssl("pkey", "-pubout", data=held[0])[0] if held else None
    bags = [bag for bag in data.split(b"Bag Attributes")[1:] if blocks(bag, b"CERTIFICATE")]
    with_key = [bag for bag in bags if b"localKeyID: " in bag]
    held_by = {sha256(blocks(bag, b"CERTIFICATE")[0]): bag in with_key for bag in bags}
    name = re.search(rb"friendlyName: (.*)", b"".join(with_key) or data)
    return {"certificate": next((one for one, own in held_by.items() if own), None), "key": public and key_in(public),
            "friendlyName": name[1].decode() if name else "", "chain": sorted(one for one, own in held_by.items() if not own)}
