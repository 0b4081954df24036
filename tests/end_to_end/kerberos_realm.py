"""A Kerberos realm on the loopback: an MIT KDC, and an Apache that wants a ticket before it passes anything on."""

import os
import pathlib
import shutil
import socket
import subprocess
import time

REALM = "EDGE.TEST"
PATIENCE = 60
MODULES = "/usr/lib/apache2/modules"


def free_port():
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return place.getsockname()[1]


def accepts(port):
    with socket.socket() as place:
        place.settimeout(1)
        return place.connect_ex(("127.0.0.1", port)) == 0


class Realm:
    """Everything in one folder; stop() ends what was started."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.folder.chmod(0o755)
        self.port = free_port()
        self.started = []
        self.environment = {**os.environ, "KRB5_CONFIG": str(self.path("krb5.conf")), "KRB5_KDC_PROFILE": str(self.path("kdc.conf"))}
        self.path("krb5.conf").write_text(
            f"[libdefaults]\n default_realm = {REALM}\n dns_lookup_kdc = false\n dns_lookup_realm = false\n dns_canonicalize_hostname = false\n rdns = false\n"
            f"[realms]\n {REALM} = {{\n  kdc = tcp/127.0.0.1:{self.port}\n }}\n[domain_realm]\n localhost = {REALM}\n"
        )
        self.path("kdc.conf").write_text(
            f"[kdcdefaults]\n kdc_listen = 127.0.0.1:{self.port}\n kdc_tcp_listen = 127.0.0.1:{self.port}\n"
            f"[realms]\n {REALM} = {{\n  database_name = {self.path('principal')}\n  key_stash_file = {self.path('stash')}\n"
            f"  acl_file = {self.path('acl')}\n }}\n[logging]\n kdc = FILE:{self.path('kdc.log')}\n"
        )
        self.run("/usr/sbin/kdb5_util", "create", "-s", "-r", REALM, "-P", "a master key of a test")
        self.admin("addprinc -pw ticket-please svc-edge")
        self.admin("addprinc -randkey HTTP/localhost")
        self.admin(f"ktadd -k {self.path('http.keytab')} HTTP/localhost")
        self.path("http.keytab").chmod(0o644)
        self.admin(f"ktadd -norandkey -k {self.path('client.keytab')} svc-edge")
        self.begin(["/usr/sbin/krb5kdc", "-n"], self.port)

    def path(self, name):
        return self.folder / name

    def run(self, *argv, data=None):
        done = subprocess.run(argv, input=data, env=self.environment, capture_output=True, timeout=PATIENCE, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{argv}: {done.stdout.decode()}{done.stderr.decode()}")
        return done.stdout

    def admin(self, query):
        return self.run("/usr/sbin/kadmin.local", "-r", REALM, "-q", query)

    def begin(self, argv, port):
        process = subprocess.Popen(argv, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.started.append(process)
        deadline = time.monotonic() + PATIENCE
        while not accepts(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"{argv[0]} does not answer: {process.stderr.read().decode() if process.poll() is not None else ''}")
            time.sleep(0.05)

    def stop(self):
        for process in self.started:
            process.terminate()
            process.wait()
            process.stderr.close()

    def ticket(self):
        """A ticket cache, for KRB5CCNAME."""
        cache = f"FILE:{self.path('tickets')}"
        self.run("/usr/bin/kinit", "-c", cache, "svc-edge", data=b"ticket-please\n")
        return cache

    def front(self, behind, certificate, key):
        """An Apache over TLS that lets through to `behind` whoever has a ticket; its port."""
        port = free_port()
        web = self.path("apache")
        web.mkdir()
        for source, name in ((certificate, "web.pem"), (key, "web.key")):
            shutil.copy(source, web / name)
        modules = ["mpm_prefork", "authn_core", "authz_core", "authz_user", "ssl", "proxy", "proxy_http", "headers", "auth_gssapi"]
        user = "User www-data\nGroup www-data\n" if os.geteuid() == 0 else ""
        (web / "apache.conf").write_text(
            "".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so\n" for name in modules)
            + f"{user}ServerName localhost\nServerRoot {web}\nDefaultRuntimeDir {web}\nPidFile {web}/pid\nErrorLog {web}/error.log\nMutex posixsem\n"
            f"Listen 127.0.0.1:{port}\nStartServers 2\n"
            f"<VirtualHost *:{port}>\n SSLEngine on\n SSLCertificateFile {web}/web.pem\n SSLCertificateKeyFile {web}/web.key\n"
            f" <Location /certsrv/>\n  AuthType GSSAPI\n  AuthName certsrv\n  GssapiCredStore keytab:{self.path('http.keytab')}\n  GssapiAllowedMech krb5\n"
            "  Require valid-user\n  RequestHeader set X-Remote-User expr=%{REMOTE_USER}\n"
            f"  ProxyPass {behind}\n </Location>\n</VirtualHost>\n"
        )
        self.begin(["/usr/sbin/apache2", "-f", str(web / "apache.conf"), "-DFOREGROUND"], port)
        return port
