"""Peers that begin TLS and do not mean it: slow ones, halves, garbage, many at once."""

import contextlib
import os
import socket
import ssl
import unittest
import unittest.mock

from harness import PATIENCE, SIGTERM, Camera, sanitized
from tls_files import TlsTest

AT_ONCE = 32  # handshakes


def hello():
    """What a client that knows TLS says first."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


class Hostile(TlsTest):
    def descriptors(self, server):
        return len(os.listdir(f"/proc/{server.process.pid}/fd"))

    def memory(self, server):
        with open(f"/proc/{server.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))

    def a_good_camera_is_served(self, server):
        result = self.sim(server, "--tls", "--tls-ca", self.authority.certificate,
                          self.file("a.jpg", 3000))
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_halves_and_garbage_cost_themselves_alone(self):
        server = self.serve_tls("-k")
        self.a_good_camera_is_served(server)
        whole = hello()
        said = [whole[:size] for size in (1, 3, 4, 5, 6, 9, 43, 44, len(whole) - 1, len(whole))]
        said += [whole + self.random.randbytes(300),           # it goes on with nonsense
                 whole[:3] + b"\xff\xff" + whole[5:],           # a record that is too long
                 whole[:3] + b"\0\0" + whole[5:],               # and an empty one
                 whole[:5] + b"\x02" + whole[6:],               # a server's hello
                 b"\x16\x03\x00" + whole[3:], b"\x16\x03\x01" * 2000,
                 b"\x15\x03\x01\0\2\2\x28", b"\x16\x03\x03\0\1\0" * 500]
        for _ in range(20):
            damaged = bytearray(whole)
            for _ in range(4):
                damaged[self.random.randrange(5, len(whole))] ^= 1 << self.random.randrange(8)
            said.append(bytes(damaged))
        before = self.descriptors(server)
        for bytes_ in said:
            with Camera(server) as peer:
                with contextlib.suppress(OSError):  # the server may have hung up at any time
                    peer.send(bytes_)
                    peer.socket.shutdown(socket.SHUT_WR)
                with contextlib.suppress(OSError):
                    peer.ended()
        self.a_good_camera_is_served(server)
        self.assertLessEqual(self.descriptors(server), before + 3)
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0, server.errors)

    def test_a_hello_byte_by_byte_is_a_hello(self):
        server = self.serve_tls("-k", "--no-metadata")
        context = self.context()
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = context.wrap_bio(incoming, outgoing)
        with Camera(server) as peer:
            for _ in range(20):
                try:
                    client.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    for byte in outgoing.read():
                        peer.send(bytes([byte]))
                    incoming.write(peer.socket.recv(65536))
            self.assertIn(client.version(), ("TLSv1.2", "TLSv1.3"))

    def test_many_that_do_not_go_on_do_not_keep_a_camera_out(self):
        server = self.serve_tls("-k")
        with contextlib.ExitStack() as stack:
            for _ in range(AT_ONCE + 8):
                stack.enter_context(Camera(server)).send(hello()[:100])
            self.a_good_camera_is_served(server)  # the slow ones make room after 3 s

    def promised(self):
        """KiB: of OpenSSL 3.0 a connection needs 13 itself, of 3.5 it needs 21."""
        return 21 if "OpenSSL 3.0." in self.run_tool("dcam-serve", "--version").stdout else 28

    def needed(self, server, context, count):
        """KiB of each of so many connections that have nothing to do."""
        with contextlib.ExitStack() as stack:
            def connect():
                peer = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), PATIENCE))
                return stack.enter_context(context.wrap_socket(peer))
            for _ in range(30):  # what the first ones need comes once
                connect()
            before = self.memory(server)
            for _ in range(count):
                connect()
            return (self.memory(server) - before) / count / 1024

    def test_what_an_idle_connection_takes(self):
        """Whatever kind of key it began with: that is of no use any more."""
        # memory that was given back counts for nothing, with the sanitizers neither
        sparing = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=0"
                                   ":thread_local_quarantine_size_kb=0"}
        for curve in None, "secp521r1":  # None: what this OpenSSL likes best
            with self.subTest(curve), unittest.mock.patch.dict(os.environ, sparing):
                server = self.serve_tls("-k")
                context = self.context()
                if curve:
                    context.set_ecdh_curve(curve)
                # the sanitizers need memory as well
                self.assertLessEqual(self.needed(server, context, 300), 128 if sanitized() else self.promised())


if __name__ == "__main__":
    unittest.main()
