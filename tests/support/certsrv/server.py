"""The enrolment pages over HTTP and TLS."""

import base64
import http.server
import json
import pathlib
import socket
import ssl
import subprocess
import threading
import time
import urllib.parse

from pages import Pages
from store import openssl

LARGE = b"<html>" + b"x" * (6 << 20)


def armoured(der):
    """As AD CS does it: PEM with the line ends of Windows, and a certificate's label on a bundle too."""
    text = base64.b64encode(der).decode()
    lines = [text[i : i + 64] for i in range(0, len(text), 64)]
    return "\r\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""]).encode()


def der_of(pem):
    return openssl("x509", "-outform", "DER", data=pem)


class NtlmHelper:
    """One connection's NTLM exchange, done by Samba's ntlm_auth; it needs no domain when it is given the account."""

    def __init__(self, user, password):
        self.process = subprocess.Popen(
            ["ntlm_auth", "--helper-protocol=squid-2.5-ntlmssp", f"--username={user}", f"--password={password}", "--configfile=/dev/null"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )

    def say(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().decode().strip()

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Simulated-certsrv/1"
    timeout = 120

    def setup(self):
        super().setup()
        self.user = ""      # signed in on this connection, by NTLM
        self.ntlm = None

    def finish(self):
        if self.ntlm:
            self.ntlm.close()
        super().finish()

    def log_message(self, format, *arguments):  # the log of exchanges says more
        pass

    @property
    def store(self):
        return self.server.store

    def do_GET(self):
        self.answer(b"")

    def do_POST(self):
        length = min(int(self.headers.get("Content-Length") or 0), 1 << 20)
        self.answer(self.rfile.read(length))

    def answer(self, body):
        self.knobs = self.store.knobs()
        self.pages = Pages(self.knobs["language"], self.knobs["ampersand"], self.knobs["charset"])
        path, _, query = self.path.partition("?")
        page = path.removeprefix("/certsrv/")
        if page == path:
            self.reply(404, b"")
            return
        if not self.signed_in():
            return
        number = self.server.begin()
        self.counted = True
        entry = {"n": number, "method": self.command, "page": page, "query": query, "who": self.user, "agent": self.headers.get("User-Agent", "")}
        try:
            self.halt(number, "before")
            status = self.page(page, dict(urllib.parse.parse_qsl(query)), body, number)
            entry["status"] = status
        finally:
            self.server.leave(self)
            self.server.note({**entry, "busy": self.busy})

    # ---- who it is

    def signed_in(self):
        methods = self.knobs["auth"].split(",")
        if methods == ["none"]:
            self.user = self.headers.get("X-Remote-User", "nobody") if self.server.behind_a_front else "nobody"
            return True
        if "certificate" in methods and isinstance(self.connection, ssl.SSLSocket) and self.connection.getpeercert():
            self.user = dict(pair for part in self.connection.getpeercert()["subject"] for pair in part)["commonName"]
            return True
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme == "Basic" and "basic" in methods:
            user, _, password = base64.b64decode(token).decode(errors="replace").partition(":")
            if password and self.knobs["users"].get(user) == password:
                self.user = user
                return True
        elif scheme == "NTLM" and "ntlm" in methods:
            return self.ntlm_step(token)
        elif self.user and "ntlm" in methods:
            return True
        self.refuse(["NTLM" if method == "ntlm" else 'Basic realm="certsrv"' for method in methods if method in ("ntlm", "basic")])
        return False

    def ntlm_step(self, token):
        (user, password), *_ = self.knobs["users"].items()
        if self.ntlm is None or self.user:
            self.ntlm = NtlmHelper(user.rpartition("\\")[2], password)
            self.user = ""
            answer = self.ntlm.say("YR " + token)
        else:
            answer = self.ntlm.say("KK " + token)
        kind, _, rest = answer.partition(" ")
        if kind == "TT":
            self.refuse(["NTLM " + rest])
            return False
        if kind == "AF":
            self.user = rest
            return True
        self.ntlm.close()
        self.ntlm = None
        self.refuse(["NTLM"])
        return False

    def refuse(self, schemes):
        self.send_response(401)
        for scheme in schemes:
            self.send_header("WWW-Authenticate", scheme)
        self.send_header("Content-Length", "0")
        self.end_headers()

    # ---- the pages

    def page(self, page, query, body, number):
        asked = {page, self.path.removeprefix("/certsrv/")}
        for status in (self.knobs["status"][each] for each in asked & set(self.knobs["status"])):
            self.reply(status, self.pages.rubbish(), location="https://elsewhere.example/" if 300 <= status < 400 else "")
            return status
        for served in (self.knobs["served"][each] for each in asked & set(self.knobs["served"])):
            self.reply(200, pathlib.Path(served).read_bytes())
            return 200
        if asked & set(self.knobs["cut"]):
            self.drop()
            return 0
        if asked & set(self.knobs["large"]):
            self.reply(200, LARGE)
            return 200
        if page == "":
            self.reply(200, self.pages.welcome())
        elif page == "certcarc.asp":
            self.reply(200, self.pages.renewals(self.store.newest()))
        elif page in ("certnew.cer", "certnew.p7b"):
            self.fetch(page, query, number)
        elif page == "certfnsh.asp" and self.command == "POST":
            self.submit(body, number)
        else:
            self.reply(404, b"")
            return 404
        return 200

    def submit(self, body, number):
        form = dict(urllib.parse.parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
        if form.get("Mode") == "chkpnd":
            self.check_pending(form)
            return
        if self.knobs["error"]:
            self.reply(200, self.pages.failed(self.knobs["error"]))
            return
        if self.knobs["drop"] == "before":
            self.drop()
            return
        attributes = dict(line.split(":", 1) for line in form.get("CertAttrib", "").replace("\r", "\n").split("\n") if ":" in line)
        record = self.store.submit(form.get("CertRequest", "").encode(), attributes, self.user)
        time.sleep(self.knobs["slow"])
        self.halt(number, "after")
        if self.knobs["drop"] == "after":
            self.drop()
        elif self.knobs["rubbish"]:
            self.reply(200, self.pages.rubbish())
        elif record["state"] in (3, 6):
            self.reply(200, self.pages.issued(record["id"]))
        elif record["state"] == 5:
            self.reply(200, self.pages.pending(record["id"]))
        else:
            self.reply(200, self.pages.denied(record["id"], record["message"]))

    def check_pending(self, form):
        record = self.store.poll(int(form.get("ReqID", "0")))
        if record and record["state"] == 5:
            self.reply(200, self.pages.still_pending(record["id"]))
        elif record and record["state"] == 3:
            self.reply(200, self.pages.issued(record["id"]))
        else:
            self.reply(200, self.pages.denied(record["id"], record["message"]) if record else self.pages.failed("0x80094002"))

    def fetch(self, page, query, number):
        bundle = page.endswith(".p7b")
        if query.get("ReqID") == "CACert":
            renewal = int(query.get("Renewal", "0"))
            if renewal > self.store.newest():
                self.reply(200, self.pages.failed("0x80070057"))
                return
            self.certificate(self.store.bundle(renewal) if bundle else der_of(self.store.path(f"ca-{renewal}.pem").read_bytes()), query, bundle)
            return
        record = self.store.poll(int(query["ReqID"])) if query.get("ReqID", "").isdigit() else None
        self.halt(number, "after")
        if record is None:
            self.reply(200, self.pages.failed("0x80094002"))
        elif record["state"] == 3:
            leaf = self.store.certificate(record["id"])
            self.certificate(self.store.bundle(record["ca"], leaf) if bundle else der_of(leaf), query, bundle)
        elif record["state"] == 6:
            self.reply(200, self.pages.revoked())
        else:
            self.reply(200, self.pages.disposition(record["id"], record["state"], record["message"], record["hresult"]))

    def certificate(self, der, query, bundle):
        kind = "application/x-pkcs7-certificates" if bundle else "application/pkix-cert"
        encoding = self.knobs["encoding"] or query.get("Enc")
        self.reply(200, armoured(der) if encoding == "b64" else der, "text/html" if self.knobs["html"] else kind)

    # ---- the wire

    def date_time_string(self, timestamp=None):
        return super().date_time_string((time.time() if timestamp is None else timestamp) + self.store.knobs()["clock"])

    def reply(self, status, body, kind="text/html", location=""):
        self.server.leave(self)  # whoever has the answer may come again before this thread goes on
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)

    def drop(self):
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def halt(self, number, when):
        """Waits where a test wants to have the client killed."""
        wanted = self.knobs["halt"]
        if wanted.get("at") != number or wanted.get("when", "before") != when:
            return
        mark = self.store.path("halted")
        mark.write_text(str(number))
        while mark.exists():
            time.sleep(0.02)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address, store, context, behind_a_front=False):
        super().__init__(address, Handler)
        self.store = store
        self.context = context
        self.behind_a_front = behind_a_front
        self.guard = threading.Lock()
        self.count = 0
        self.busy = 0

    def finish_request(self, request, client_address):
        """In a thread of its own: the TLS handshake must not keep others waiting."""
        request.settimeout(Handler.timeout)
        if self.context is None:
            super().finish_request(request, client_address)
            return
        try:
            secured = self.context.wrap_socket(request, server_side=True)
        except (OSError, ssl.SSLError):
            return
        try:
            super().finish_request(secured, client_address)
        finally:
            secured.close()

    def handle_error(self, request, client_address):
        pass  # clients that were killed; their exchanges are in the log

    def begin(self):
        with self.guard:
            self.count += 1
            self.busy += 1
            return self.count

    def leave(self, handler):
        with self.guard:
            if getattr(handler, "counted", False):
                handler.counted = False
                handler.busy = self.busy
                self.busy -= 1

    def note(self, entry):
        with self.guard, open(self.store.path("exchanges.jsonl"), "a", encoding="utf-8") as log:
            log.write(json.dumps(entry) + "\n")


def tls_context(store):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(store.path("web.pem"), store.path("web.key"))
    context.load_verify_locations(store.path("root.pem"))
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


def serve(store, host, port, plain=False, told=print):
    server = Server((host, port), store, None if plain else tls_context(store), behind_a_front=plain)
    name = "localhost" if host in ("127.0.0.1", "::1") else host
    told(f"{'http' if plain else 'https'}://{name}:{server.server_address[1]}/certsrv/")
    try:
        server.serve_forever(poll_interval=0.05)
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
