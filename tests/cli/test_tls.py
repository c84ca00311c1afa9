"""TLS between cameras and dcam-serve: who gets in, who is told what, and that nothing is lost."""

import contextlib
import os
import socket
import ssl
import subprocess
import threading

from harness import PATIENCE, SIGTERM, sha256
from tls_files import Authority, TlsTest, openssl

INIT = "0000 0005 00013edf72ab4f91 44000400"


class Conversations(TlsTest):
    def test_a_photo_over_tls_is_resumed_and_its_capture_is_plain(self):
        photo = self.file("a.jpg", 60_000)
        capture = self.folder / "c.pcap"
        server = self.serve_tls("--capture", capture)
        result = self.sim(server, "--tls", "--tls-ca", self.authority.certificate, "--cut", "20",
                          "--reconnect", "3", "--reconnect-delay", "0", f"photof={photo}")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(server.wait(), 0)
        self.assert_stored(photo)
        shown = self.run_tool("dcam-crc", "--dump", "--extract", self.folder, capture)
        self.assertEqual(shown.returncode, 0, shown.stdout)
        self.assertIn(sha256(photo), [sha256(path) for path in self.folder.glob("*photof*")])

    def test_records_of_every_size_and_several_commands_in_one(self):
        """A record of 16 KiB has many packets; one of a byte has a piece of one."""
        for size in (1, 7, 1030, 16384, 40000):
            self.fresh()
            server = self.serve_tls("--no-metadata", "-c", "1")
            camera = self.secure(server)
            camera.start_photo(30)
            content = self.random.randbytes(30 * 1024 - 50)
            recorded = []
            camera.send = recorded.append
            camera.data(content)
            whole = b"".join(recorded)
            for start in range(0, len(whole), size):
                camera.socket.sendall(whole[start:start + size])
            camera.ended()
            camera.close()
            self.assertEqual(server.wait(), 0, server.errors)
            self.assertEqual([path.read_bytes() == content for path in self.out.rglob("*.jpg")],
                             [True], size)

    def test_goodbye_and_bare_end_are_the_same_in_every_state(self):
        def said(camera):
            camera.init(0x04)
            camera.expect("0008 0007 2570686f746f66")

        def begun(camera):
            camera.start_photo(4)

        def in_mid_packet(camera):
            camera.start_photo(4)
            camera.socket.sendall(bytes.fromhex("0004 0402") + bytes(500))

        for state in (lambda camera: None, said, begun, in_mid_packet):
            for goodbye in (True, False):
                server = self.serve_tls("--no-metadata", "-k", "-v")
                camera = self.secure(server)
                state(camera)
                if goodbye:
                    with contextlib.suppress(OSError, ssl.SSLError):
                        camera.socket.settimeout(PATIENCE)
                        camera.socket.unwrap()
                else:
                    os.close(camera.socket.detach())
                server.expect("refused|disconnected")
                server.signal(SIGTERM)
                self.assertEqual(server.wait(), 0, server.errors)

    def test_plain_speech_on_a_tls_port_is_told_to_both(self):
        server = self.serve_tls("-k")
        for arguments in ((), ("--chunk", "1")):
            result = self.sim(server, *arguments, self.file("a.jpg", 2000))
            self.assertEqual(result.returncode, 3)
            self.assertEqual([line for line in result.stderr.splitlines() if "TLS" in line],
                             [f"dcam-sim: no conversation with 127.0.0.1:{server.port}: it speaks "
                              "TLS; give --tls"])
        server.expect("refused: a camera that speaks plain TCP to this TLS port")
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)
        self.assertEqual(len([line for line in server.lines if "refused" in line]), 1,
                         "once a minute")

    def test_tls_on_a_plain_port_is_told_to_both(self):
        server = self.serve("-k")
        result = self.sim(server, "--tls", self.file("a.jpg", 2000))
        self.assertEqual(result.returncode, 3)
        self.assertIn(f"no TLS with 127.0.0.1:{server.port}: it hung up; does it speak TLS?",
                      result.stderr)
        server.expect("refused: it speaks TLS to a plain port")

    def test_the_server_is_believed_by_its_authority_alone(self):
        server = self.serve_tls("-k")
        photo = self.file("a.jpg", 2000)
        other = Authority(self.folder, "other").certificate
        result = self.sim(server, "--tls", "--tls-ca", other, photo)
        self.assertEqual(result.returncode, 3)
        self.assertIn("no authority that is trusted here has signed the peer's certificate", result.stderr)
        server.expect("no TLS handshake: the peer knows no authority that has signed our certificate")
        for trust in ((), ("--tls-ca", self.authority.certificate)):
            result = self.sim(server, "--tls", *trust, photo)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual("unchecked" in result.stderr, not trust)

    def test_the_certificate_has_to_be_for_the_name_that_is_connected_to(self):
        photo = self.file("a.jpg", 2000)
        authority = Authority(self.folder)
        name, address = "is for another name", "is for another address"
        for subject, also, by_name, by_address in (
                ("localhost", "", "", ""), ("camera.example", "", name, ""),
                ("localhost", "DNS:camera.example", name, ""), ("x", "DNS:localhost,DNS:y", "", ""),
                ("localhost", "IP:127.0.0.1", "", ""), ("localhost", "IP:127.0.0.2", "", address),
                ("x", "IP:127.0.0.1,IP:::1", name, "")):
            certificate, key = authority.sign(subject, also=also)
            server = self.serve("--tls-cert", certificate, "--tls-key", key, "-k")
            for host, wrong in (("localhost", by_name), ("LOCALHOST", by_name), ("127.0.0.1", by_address)):
                with self.subTest(subject=subject, also=also, host=host):
                    result = self.run_tool("dcam-sim", "--tls", "--tls-ca", authority.certificate,
                                           f"{host}:{server.port}", photo)
                    self.assertEqual(result.returncode, 3 if wrong else 0, result.stderr)
                    self.assertIn(wrong, result.stderr)
            result = self.run_tool("dcam-sim", "--tls", f"localhost:{server.port}", photo)
            self.assertEqual(result.returncode, 0, result.stderr)  # nobody asked who it is
            server.stop()

    def test_the_server_is_asked_for_by_its_name(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        asked = []
        context.sni_callback = lambda _, name, __: asked.append(name)
        for host in ("localhost", "127.0.0.1"):
            with socket.create_server(("127.0.0.1", 0)) as listener:
                camera = self.start("dcam-sim", "--tls", f"{host}:{listener.getsockname()[1]}",
                                    self.file("a.jpg", 2000))
                with context.wrap_socket(listener.accept()[0], server_side=True) as connection:
                    connection.recv(1)
                camera.wait()
        self.assertEqual(asked, ["localhost", None])


class Versions(TlsTest):
    def client(self, server, *arguments, data=b"Q\n"):
        return subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}",
                               *arguments], input=data, capture_output=True, timeout=PATIENCE)

    def makes(self, server, *arguments):
        """Whether such a client comes to terms with a server."""
        said = self.client(server, *arguments).stdout
        return b"Cipher is (NONE)" not in said and b"Cipher is" in said

    def permissive(self, *certificates):
        """A server that takes whatever there is in OpenSSL."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
        for certificate in certificates:
            context.load_cert_chain(*certificate)
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    peer = listener.accept()[0]
                    with contextlib.suppress(OSError), context.wrap_socket(peer, server_side=True) as secure:
                        secure.recv(1)

        threading.Thread(target=serve, daemon=True).start()
        return type("", (), {"port": listener.getsockname()[1]})

    def test_versions_and_ciphers(self):
        """Of what is refused another server with the same keys would have taken each."""
        certificate, key = self.authority.sign("rsa", newkey=("-newkey", "rsa:2048"))
        server, of_rsa = self.serve_tls("-k"), self.serve("-k", "--tls-cert", certificate, "--tls-key", key)
        for arguments in (("-tls1_2",), ("-tls1_3",), ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"),
                          ("-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305")):
            self.assertTrue(self.makes(server, *arguments), arguments)
        permissive = self.permissive((self.certificate, self.key), (certificate, key))
        for refuses, version, cipher in (
                (server, "-tls1", "ALL"), (server, "-tls1_1", "ALL"), (server, "-tls1_2", "eNULL"),
                (server, "-tls1_2", "aNULL"), (server, "-tls1_2", "SHA1"),
                (server, "-tls1_2", "ECDHE-ECDSA-AES128-SHA256"), (of_rsa, "-tls1_2", "kRSA"),
                (of_rsa, "-tls1_2", "ECDHE-RSA-AES128-SHA")):
            arguments = version, "-cipher", f"{cipher}:@SECLEVEL=0"
            self.assertTrue(self.makes(permissive, *arguments), arguments)
            self.assertFalse(self.makes(refuses, *arguments), arguments)
        server.expect("no TLS handshake: there is no version of TLS in common, 1.2 and 1.3 here")

    def test_no_renegotiation_and_no_resumed_session(self):
        server = self.serve_tls("-k")
        result = self.client(server, "-tls1_2", data=b"R\n")
        self.assertIn(b"no renegotiation", result.stderr)
        for version in ("-tls1_2", "-tls1_3"):
            session = self.folder / "session"
            self.client(server, version, "-sess_out", session)
            if session.exists():
                self.assertNotIn(b"Reused", self.client(server, version, "-sess_in",
                                                        session).stdout)


class ClientCertificates(TlsTest):
    def test_a_certificate_of_the_right_authority_that_is_valid(self):
        server = self.serve_tls("-k", "-v", "--tls-client-ca", self.authority.certificate)
        photo = self.file("a.jpg", 2000)
        other = Authority(self.folder, "other")
        result = self.sim(server, "--tls", "--tls-cert", *self.camera_files(), photo)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertNotEqual(self.sim(server, "--tls", photo).returncode, 0)
        for client, told in (
                (None, "the peer has shown no certificate"),
                (other.sign("stranger"), "no authority that is trusted here has signed the peer's certificate"),
                (self.authority.sign("old", first=-5, last=-1), "the peer's certificate has expired"),
                (self.authority.sign("early", first=1, last=3), "the peer's certificate is not valid yet")):
            with self.assertRaises(OSError):
                camera = self.secure(server, client)
                camera.send(INIT)
                self.assertEqual(camera.socket.recv(1), b"", told)
                raise ConnectionError("it hung up")
            server.expect(f"no TLS handshake: .*{told}")

    def camera_files(self):
        certificate, key = self.authority.sign("camera")
        return certificate, "--tls-key", key


class BadFiles(TlsTest):
    def refused(self, why, *arguments, status=3):
        result = self.run_tool("dcam-serve", "-p", "0", "-o", self.out, *arguments)
        self.assertEqual((result.returncode, result.stdout), (status, ""), result.stderr)
        self.assertIn(why, result.stderr)
        self.assertNotIn("listening", result.stderr)
        self.assertNotIn("MII", result.stderr)  # nothing of a key
        return result

    def test_each_is_named_before_anything_listens(self):
        def file(name, content):
            path = self.folder / name
            path.write_bytes(content)
            return path
        good, key = self.certificate, self.key
        self.authority = Authority(self.folder)
        other = self.authority.sign("other")[1]
        old, old_key = self.authority.sign("old", first=-3, last=-1)
        early, early_key = self.authority.sign("early", first=1, last=3)
        small, small_key = self.authority.sign("small", newkey=("-newkey", "rsa:1024"))
        locked = self.folder / "locked.key"
        openssl("pkey", "-in", key, "-aes128", "-passout", "pass:x", "-out", locked)
        der = self.folder / "a.der"
        openssl("x509", "-in", good, "-outform", "DER", "-out", der)
        text = file("text", b"hello\n")
        binary = file("binary", bytes(range(256)) * 10)
        large = file("large", b"x" * (1 << 20) + b"x")
        empty = file("empty", b"")
        cut = file("cut", good.read_bytes()[:-60])
        damaged = file("damaged", b"-----BEGIN PRIVATE KEY-----\nMII!\n-----END PRIVATE KEY-----\n")
        none = "no certificate in PEM form"
        for why, files in (
                (f"cannot read {self.folder}/missing: No such file", (self.folder / "missing", key)),
                (f"cannot read {self.folder}: Is a directory", (self.folder, key)),
                ("No such file", (good, self.folder / "missing")),
                ("Is a directory", (good, self.folder)),
                (none, (text, key)), (none, (binary, key)), (none, (empty, key)), (none, (der, key)),
                (none, (key, good)), ("more than 1 MiB", (large, key)),
                ("more than 1 MiB", (good, large)), (f"{cut}: ", (cut, key)),
                (f"{damaged}: the private key in it is damaged", (good, damaged)),
                ("no private key in PEM form", (good, good)),
                ("no private key in PEM form", (good, binary)),
                ("the key is encrypted", (good, locked)),
                (f"{other}: the key of another certificate than {good}", (good, other)),
                ("has expired on ", (old, old_key)), ("is not valid before ", (early, early_key)),
                ("ee key too small", (small, small_key))):
            self.refused(why, "--tls-cert", files[0], "--tls-key", files[1])
        both = ("--tls-cert", good, "--tls-key", key)
        for why, authority in (("No such file", self.folder / "missing"), (none, text), (none, key),
                               ("has expired on ", old)):
            self.refused(why, *both, "--tls-client-ca", authority)

    def test_keys_of_every_usual_kind(self):
        def made(name, *newkey):
            openssl("req", "-x509", "-nodes", "-days", "2", "-subj", f"/CN={name}", *newkey,
                    "-keyout", self.folder / f"{name}.key", "-out", self.folder / f"{name}.crt")
            return "--tls-cert", self.folder / f"{name}.crt", "--tls-key", self.folder / f"{name}.key"

        def curve(name):
            return "-newkey", "ec", "-pkeyopt", f"ec_paramgen_curve:{name}"
        for name, newkey in (("rsa", ("-newkey", "rsa:2048")), ("p384", curve("P-384")),
                             ("p521", curve("P-521")), ("edwards", ("-newkey", "ed25519")),
                             ("pss", ("-newkey", "rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"))):
            server = self.serve(*made(name, *newkey))
            result = self.sim(server, "--tls", self.file("a.jpg", 2000))
            self.assertEqual(result.returncode, 0, (name, result.stderr))
            server.stop()

    def test_the_order_of_a_chain(self):
        """What clients sort out themselves is taken; the server's own certificate has to be the first."""
        def file(name, *parts):
            path = self.folder / name
            path.write_bytes(b"".join(part.read_bytes() for part in parts))
            return path
        own, key = self.authority.sign("localhost", also="DNS:localhost")
        authority = self.authority.certificate
        other = Authority(self.folder, "other").certificate
        for chain in ((own,), (own, authority), (own, other, authority), (own, authority, own)):
            server = self.serve("--tls-cert", file("chain", *chain), "--tls-key", key)
            result = self.sim(server, "--tls", "--tls-ca", authority, self.file("a.jpg", 2000))
            self.assertEqual(result.returncode, 0, result.stderr)
            server.stop()
        chain = file("chain", authority, own)
        self.refused(f"{key}: the key of certificate 2 in {chain}, which has to be the first",
                     "--tls-cert", chain, "--tls-key", key)

    def test_options_that_do_not_go_together(self):
        for why, arguments in (
                ("--tls-key is missing", ("--tls-cert", "a")),
                ("--tls-cert that it belongs to is missing", ("--tls-key", "a")),
                ("without --tls-cert and --tls-key", ("--tls-client-ca", "a")),
                ("--tls-cert: '' is not accepted", ("--tls-cert", ""))):
            self.refused(why, *arguments, status=2)
        for arguments in (("--tls-ca", "a"), ("--tls", "--tls-cert", "a"), ("--tls", "--tls-key", "a")):
            self.assertEqual(self.run_tool("dcam-sim", *arguments, "localhost:1").returncode, 2)
        result = self.run_tool("dcam-sim", "--tls", "--tls-ca", "/missing", "localhost:1")
        self.assertEqual((result.returncode, result.stderr),
                         (3, "dcam-sim: cannot read /missing: No such file or directory\n"))
