"""Peers of dcam-serve that are slow, idle or deaf: each is dropped at its deadline, and costs the
others nothing."""

import resource
import select
import statistics
import struct
import time

from figures import figure, full
from harness import SIGTERM, Camera, ToolTest, sha256, tool
from uploads import packets

PEERS = full(100, 1000)
IDLE = full(2, 60)  # seconds
SLACK = 20          # seconds that a loaded machine may be late


class BadPeer(Camera):
    """Said a little and goes on with a byte now and then, if at all; never reads any more."""

    trickle = b""

    def __init__(self, server, number):
        self.opened = time.monotonic()
        super().__init__(server)
        self.number = number
        self.open()
        self.ready = time.monotonic()  # no progress since
        self.dropped = None
        self.socket.setblocking(False)

    def open(self):
        pass

    def say_a_byte(self):
        piece, self.trickle = self.trickle[:1], self.trickle[1:]
        try:
            self.socket.send(piece)
        except OSError:
            pass  # it has been dropped; the poller will tell


class Silent(BadPeer):
    pass


class Slow(BadPeer):
    """Would be a camera some day."""

    def open(self):
        self.trickle = struct.pack(">HHQI", 0, 5, 100 + self.number, 0x44000400)


class Stuck(BadPeer):
    """A camera that sends half a packet, and then bytes that would complete it some day."""

    def open(self):
        self.init(0x04, imei=100 + self.number)
        self.expect("0008 0007 2570686f746f66")
        self.send("0001 0006 00000002 0000")
        self.expect("0002 0004 00000001")
        self.send("0003 0004 00000001")
        [packet, _] = packets(bytes(2048), 1)
        self.send(packet[:500])
        self.trickle = packet[500:]


class Deaf(BadPeer):
    """Never reads a byte; bad packets make the server talk."""

    def open(self):
        self.init(0x04, imei=100 + self.number)
        self.send("0001 0006 00000002 0000")
        self.send("0003 0004 00000001" + "0004 0006 01020304 ffff" * 20)


def status_of(server, key):
    """From /proc: kilobytes of VmRSS and the like."""
    with open(f"/proc/{server.process.pid}/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(key + ":"))


class SlowAndIdle(ToolTest):
    def setUp(self):
        super().setUp()
        self.limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = min(PEERS + 200, self.limits[1])
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(self.limits[0], wanted), self.limits[1]))

    def tearDown(self):
        resource.setrlimit(resource.RLIMIT_NOFILE, self.limits)
        super().tearDown()

    def serve_long(self):
        return self.serve("-k", "--no-metadata", "--json", "--idle-timeout", f"{IDLE}s")

    def connect(self, server, kinds):
        peers = [kinds[number % len(kinds)](server, number) for number in range(PEERS)]
        for peer in peers:
            self.addCleanup(peer.close)
        self.next_byte = time.monotonic()
        return peers

    def until(self, peers, done):
        """Lets the peers say their bytes until `done()`; notes when each is dropped."""
        poller = select.poll()
        by_number = {}
        for peer in peers:
            if peer.dropped is None:
                poller.register(peer.socket, select.POLLRDHUP)
                by_number[peer.socket.fileno()] = peer
        while not done():
            for descriptor, _ in poller.poll(20):
                by_number[descriptor].dropped = time.monotonic()
                poller.unregister(descriptor)
            if time.monotonic() >= self.next_byte:
                self.next_byte += IDLE / 10
                for peer in peers:
                    if peer.trickle and peer.dropped is None:
                        peer.say_a_byte()

    def upload_beside(self, server, peers, path, imei):
        sim = self.start("dcam-sim", "--imei", f"{imei:015}", f"127.0.0.1:{server.port}",
                         f"videof={path}")
        self.until(peers, lambda: sim.process.poll() is not None)
        self.assertEqual(sim.wait(), 0, sim.errors)

    def assert_dropped_in_time(self, peers):
        deadline = time.monotonic() + IDLE + SLACK
        self.until(peers, lambda: all(peer.dropped for peer in peers)
                   or time.monotonic() > deadline)
        for peer in peers:
            self.assertIsNotNone(peer.dropped, f"{type(peer).__name__} is still there")
            self.assertLess(peer.dropped, peer.ready + IDLE + SLACK, type(peer).__name__)
            if isinstance(peer, (Silent, Slow)):  # the others may get no further RESUME before it
                self.assertGreater(peer.dropped, peer.opened + IDLE * 0.9, type(peer).__name__)

    def test_a_good_transfer_beside_slow_idle_and_deaf_peers(self):
        video = self.file("v.h265", full(1, 100) * 1_000_000)
        crowded, quiet = self.serve_long(), self.serve_long()
        before = status_of(crowded, "VmRSS")
        peers = self.connect(crowded, [Silent, Slow, Stuck, Deaf])
        grown = status_of(crowded, "VmRSS") - before
        rounds = full(1, 3)
        for number in range(rounds):  # in turn, as the machine may have other work at times
            self.upload_beside(quiet, peers, video, 2 * number + 1)
            self.upload_beside(crowded, peers, video, 2 * number + 2)
        self.assertIn(None, [peer.dropped for peer in peers], "there was nobody beside it")
        self.assert_dropped_in_time(peers)
        for server in (crowded, quiet):
            server.signal(SIGTERM)
            self.assertEqual(server.wait(), 0)
        finals = [path for path in self.out.rglob("*.h265")]
        self.assertEqual([sha256(path) for path in finals], [sha256(video)] * 2 * rounds)
        latest = max(peer.dropped - peer.ready for peer in peers)
        share = statistics.median(a / b for a, b in zip(self.rates(crowded), self.rates(quiet)))
        figure("slow and idle peers", f"{PEERS} silent, slow, stuck, deaf; deadline {IDLE} s", PEERS,
               f"{share:.0%} of the rate alone, median of {rounds}; the last one dropped after "
               f"{latest:.1f} s; {grown / 1024:.1f} MiB more", ">= 90 %; at the deadline")

    def rates(self, server):
        return [event["bytes"] / max(event["seconds"], 0.001)
                for event in self.events(server.output) if event["event"] == "file-done"]

    def test_idle_peers_cost_little_memory(self):
        server = self.serve("-k", "--idle-timeout", "60s")
        before = status_of(server, "VmRSS")
        peers = self.connect(server, [Silent])
        self.assertEqual(self.sim(server, f"photof={self.file('a.jpg', 10_000)}").returncode, 0)
        grown = status_of(server, "VmRSS") - before
        figure("memory of idle peers", "VmRSS of dcam-serve", PEERS, f"{grown / PEERS:.1f} KiB each",
               "< 64 KiB")
        self.assertLess(grown / PEERS, 256, "each keeps a receive buffer")
        self.assertEqual([peer.dropped for peer in peers], [None] * PEERS)

    def test_more_peers_than_descriptors_delay_a_camera_only(self):
        with open(tool("dcam-serve"), "rb") as program:
            if b"__ubsan_handle" in program.read():
                self.skipTest("UBSan opens a pipe to check a pointer, and takes it for bad if it "
                              "cannot; the other build runs this")
        server = self.serve("-k", "--idle-timeout", "300ms", "--max-connections", "200",
                            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (48, 48)))
        self.connect(server, [Silent])
        photo = self.file("a.jpg", 10_000)
        result = self.sim(server, "--reconnect", "100", "--reconnect-delay", "200ms",
                          f"photof={photo}")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assert_stored(photo)
        self.assertIn("cannot accept a connection: Too many open files", server.errors)
