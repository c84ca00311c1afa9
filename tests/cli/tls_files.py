"""Certificates for the tests, made anew by openssl where they are used."""

import datetime
import functools
import pathlib
import socket
import ssl
import subprocess
import tempfile

from harness import PATIENCE, Camera, ToolTest

CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")


def openssl(*arguments, **options):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True,
                          text=True, **options).stdout


class Authority:
    """Signs certificates; its own is `.certificate`."""

    def __init__(self, folder, name="authority"):
        self.folder = pathlib.Path(folder)
        self.certificate = self.folder / f"{name}.crt"
        self.key = self.folder / f"{name}.key"
        openssl("req", "-x509", "-nodes", *CURVE, "-days", "2", "-subj", f"/CN={name}",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign",
                "-keyout", self.key, "-out", self.certificate)

    def sign(self, name, newkey=CURVE, first=-1, last=2, also=""):
        """A certificate and its key, valid from day `first` to `last` as seen from now; `also` as
        openssl has subjectAltName."""
        certificate = self.folder / f"{name}.crt"
        key = self.folder / f"{name}.key"
        request = self.folder / f"{name}.csr"
        openssl("req", "-nodes", *newkey, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        index = self.folder / "index.txt"
        index.write_text("")
        settings = self.folder / "ca.cnf"
        settings.write_text(f"[ca]\ndefault_ca=c\n[c]\ndatabase={index}\nnew_certs_dir={self.folder}\n"
                            "default_md=sha256\npolicy=p\nrand_serial=yes\n[p]\ncommonName=supplied\n" +
                            (f"[x]\nsubjectAltName={also}\n" if also else ""))

        def day(offset):
            moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=offset)
            return moment.strftime("%Y%m%d%H%M%SZ")
        openssl("ca", "-batch", "-notext", "-config", settings, "-cert", self.certificate,
                "-keyfile", self.key, "-in", request, "-out", certificate,
                "-startdate", day(first), "-enddate", day(last), *(["-extensions", "x"] if also else []))
        return certificate, key


def fingerprint(certificate):
    """As openssl prints it: pairs of upper case digits, colons between."""
    return openssl("x509", "-in", certificate, "-noout", "-sha256",
                   "-fingerprint").strip().split("=")[1]


@functools.cache
def of_this_process():
    """An authority and a server's certificate and key that all tests of a process share."""
    folder = tempfile.TemporaryDirectory(prefix="dualcam-tls-")
    authority = Authority(folder.name)
    certificate, key = authority.sign("localhost")
    authority.kept = folder  # until the process ends
    return authority, certificate, key


class TlsTest(ToolTest):
    def setUp(self):
        super().setUp()
        self.authority, self.certificate, self.key = of_this_process()

    def serve_tls(self, *arguments, **options):
        return self.serve("--tls-cert", self.certificate, "--tls-key", self.key, *arguments,
                          **options)

    def context(self, client=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(self.authority.certificate)
        if client:
            context.load_cert_chain(*client)
        return context

    def connect(self, server):
        plain = socket.create_connection(("127.0.0.1", server.port), PATIENCE)
        self.addCleanup(plain.close)
        return plain

    def secure(self, server, client=None):
        """A camera made by hand whose socket is TLS."""
        camera = Camera(server)
        camera.socket = self.context(client).wrap_socket(camera.socket, suppress_ragged_eofs=True)
        self.addCleanup(camera.close)
        return camera
