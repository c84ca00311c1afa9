"""--proxy-protocol: a balancer before the server says whose connection it is."""

import contextlib
import json
import socket
import ssl
import struct
import unittest

from harness import IMEI, SIGTERM, Camera, ToolTest
from tls_files import TlsTest

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
V1 = b"PROXY TCP4 192.0.2.7 198.51.100.1 54321 7050\r\n"


def v2(command=0x21, family=0x11, payload=None, extra=b""):
    if payload is None:
        payload = (socket.inet_aton("192.0.2.7") + socket.inet_aton("198.51.100.1")
                   + struct.pack(">HH", 54321, 7050))
    payload += extra
    return SIGNATURE + struct.pack(">BBH", command, family, len(payload)) + payload


V6 = v2(family=0x21, payload=socket.inet_pton(socket.AF_INET6, "2001:db8::7")
        + socket.inet_pton(socket.AF_INET6, "2001:db8::1") + struct.pack(">HH", 54321, 7050))
TLVS = struct.pack(">BH", 4, 300) + bytes(300) + struct.pack(">BH", 5, 4) + b"abcd"


class Proxy(ToolTest):
    imei = int(IMEI)

    def served(self, server, header, pieces=1):
        """A photo of another camera by a connection that begins with this header."""
        self.imei += 1
        size = len(header) // pieces
        with Camera(server) as camera:
            for begin in range(0, len(header), size):
                camera.send(header[begin:begin + size])
            camera.init(0x04, imei=self.imei)
            camera.expect("0008 0007 2570686f746f66")
            camera.send("0001 0006 00000001 0000")
            camera.expect("0002 0004 00000001")
            camera.send("0003 0004 00000001")
            camera.data(b"\xff\xd8" + self.random.randbytes(700))
            camera.expect("0009")
            camera.init(0, imei=self.imei)
            camera.expect("00000000")

    def ended(self, server):
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0, server.errors)
        return self.events(server.output) if server.output.startswith("{") else []

    def test_the_address_is_the_cameras(self):
        server = self.serve("-k", "--proxy-protocol", "--json", "--no-metadata")
        cases = ((V1, "192.0.2.7:54321"), (v2(), "192.0.2.7:54321"), (V6, "[2001:db8::7]:54321"),
                 (v2(extra=TLVS), "192.0.2.7:54321"),
                 (b"PROXY TCP6 2001:db8::7 2001:db8::1 54321 7050\r\n", "[2001:db8::7]:54321"))
        for header, _ in cases:
            self.served(server, header)
        for header, address in cases[:3]:  # the same byte by byte
            self.served(server, header, pieces=len(header))
        events = self.ended(server)
        wanted = [address for _, address in cases] + [address for _, address in cases[:3]]
        for name in ("connected", "file-done", "disconnected"):
            self.assertEqual([event["address"] for event in events if event["event"] == name], wanted)
        self.assertEqual(server.errors.count("connected from 192.0.2.7:54321"), 5)
        self.assertNotIn("127.0.0.1:", server.errors.partition("listening on")[2].partition("\n")[2])

    def test_a_balancer_that_does_not_say_for_whom(self):
        server = self.serve("-k", "--proxy-protocol", "--json", "--no-metadata")
        headers = (b"PROXY UNKNOWN\r\n", b"PROXY UNKNOWN so what\r\n", v2(0x20, 0, b""),
                   v2(0x21, 0, b""), v2(0x21, 0x31, bytes(216)))
        for header in headers:
            self.served(server, header)
        events = self.ended(server)
        addresses = [event["address"] for event in events if event["event"] == "connected"]
        self.assertEqual(len(addresses), len(headers))
        for address in addresses:
            self.assertRegex(address, r"^127\.0\.0\.1:\d+$")

    def test_whether_anybody_listens_is_no_news(self):
        server = self.serve("-k", "--proxy-protocol", "--json", "-v")
        for _ in range(3):
            with Camera(server) as check:
                check.send(v2(0x20, 0, b""))
                check.socket.shutdown(socket.SHUT_WR)
                self.assertEqual(check.ended(), b"")
        events = self.ended(server)
        self.assertEqual([event["event"] for event in events], ["listening", "summary"])
        self.assertNotIn("refused", server.errors)

    def test_whoever_is_no_balancer_is_refused_in_a_line(self):
        init = struct.pack(">HHQI", 0, 5, int(IMEI), 0x44000400)
        for first, why in (
                (init, "it has no PROXY header .--proxy-protocol.: a camera"),
                (b"GET / HTTP/1.1\r\n\r\n", "it has no PROXY header .*: not a camera: HTTP"),
                (b"\x16\x03\x01\x02\x00\x01", "it has no PROXY header .*: it speaks TLS"),
                (b"PROXY TCP4 1.2.3.4\r\n", "the addresses of its PROXY header cannot be read"),
                (b"PROXY TCP4 " + b"1" * 200, "the line of its PROXY header has no end"),
                (b"PROXY \x1b[31mTCP4 1 2 3 4\r\n", "PROXY header is of an unknown protocol"),
                (v2(0x11), "of version 1"), (v2(0x22), "command, family or transport"),
                (v2(payload=bytes(11)), "addresses of its PROXY header are cut off"),
                (v2(extra=bytes(5000)), "longer than 4096 bytes"),
                (v2(family=0x12), "of datagrams"),
                (V1[:20], "its PROXY header is incomplete"), (v2()[:-1], "header is incomplete"),
                (b"", "it sent no PROXY header")):
            with self.subTest(first):
                server = self.serve("-k", "--proxy-protocol", "--json")
                with Camera(server) as stranger:
                    stranger.send(first + (b"" if first in (V1[:20], v2()[:-1], b"") else init))
                    with contextlib.suppress(OSError):  # it may have been refused already
                        stranger.socket.shutdown(socket.SHUT_WR)
                    self.assertEqual(stranger.ended(), b"")
                server.expect(rf"127\.0\.0\.1:\d+ refused: .*{why}")
                events = self.ended(server)
                self.assertEqual([event["event"] for event in events],
                                 ["listening", "rejected", "summary"])
                self.assertRegex(events[1]["reason"], why)
                self.assertNotIn("\x1b", server.errors)
                self.assertEqual(list(self.out.iterdir()), [])

    def test_the_capture_shows_the_camera(self):
        capture = self.folder / "c.pcap"
        server = self.serve("-k", "--proxy-protocol", "--capture", capture, "--no-metadata")
        self.served(server, V1)
        with Camera(server) as stranger:
            stranger.send(b"PROXY nothing\r\n")
            stranger.ended()
        self.ended(server)
        report = json.loads(self.run_tool("dcam-crc", "--json", "--dump", capture)
                            .stdout.splitlines()[0])
        self.assertIn("192.0.2.7:54321", json.dumps(report))
        self.assertNotIn(b"PROXY", capture.read_bytes())

    def test_without_the_option_its_header_is_recognised(self):
        for header in (V1, v2()):
            server = self.serve("-k", "-v")
            with Camera(server) as balancer:
                balancer.send(header)
                balancer.ended()
            server.expect("refused: a balancer's PROXY header on a port that expects none")
            self.ended(server)


class ProxyAndTls(TlsTest):
    def test_the_header_stands_before_tls(self):
        server = self.serve_tls("-k", "--proxy-protocol", "--json", "--no-metadata")
        context = ssl.create_default_context(cafile=str(self.authority.certificate))
        context.check_hostname = False
        for header in (V1, v2()):
            with Camera(server) as camera:
                camera.send(header[:9])
                camera.send(header[9:])
                camera.socket = context.wrap_socket(camera.socket)
                camera.start_photo(1)
                camera.data(b"\xff\xd8" + bytes(700))
                camera.expect("0009")
        with Camera(server) as plain:
            plain.send(V1)
            plain.init(4)
            plain.ended()
        server.expect("192.0.2.7:54321 refused: a camera that speaks plain TCP to this TLS port")
        server.signal(SIGTERM)
        server.wait()
        connected = [event["address"] for event in self.events(server.output)
                     if event["event"] == "connected"]
        self.assertEqual(connected, ["192.0.2.7:54321"] * 2)


if __name__ == "__main__":
    unittest.main()
