"""Certificates for the tests, made anew by openssl where they are used."""

import datetime
import functools
import pathlib
import subprocess
import tempfile

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
                "-keyout", self.key, "-out", self.certificate)

    def sign(self, name, newkey=CURVE, first=-1, last=2):
        """A certificate and its key, valid from day `first` to `last` as seen from now."""
        certificate = self.folder / f"{name}.crt"
        key = self.folder / f"{name}.key"
        request = self.folder / f"{name}.csr"
        openssl("req", "-nodes", *newkey, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        index = self.folder / "index.txt"
        index.write_text("")
        settings = self.folder / "ca.cnf"
        settings.write_text(f"[ca]\ndefault_ca=c\n[c]\ndatabase={index}\nnew_certs_dir={self.folder}\n"
                            "default_md=sha256\npolicy=p\nrand_serial=yes\n[p]\ncommonName=supplied\n")

        def day(offset):
            moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=offset)
            return moment.strftime("%Y%m%d%H%M%SZ")
        openssl("ca", "-batch", "-notext", "-config", settings, "-cert", self.certificate,
                "-keyfile", self.key, "-in", request, "-out", certificate,
                "-startdate", day(first), "-enddate", day(last))
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
