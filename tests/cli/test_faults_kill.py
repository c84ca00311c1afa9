"""dcam-serve killed (SIGKILL): at every call that touches the output folder, and at random moments
of a transfer. Started again with the same command it finishes the file."""

import contextlib
import itertools
import signal
import socket
import subprocess
import threading
import unittest

from families import DUALCAM, for_every_family
from faults import Device, FaultTest
from figures import full
from harness import PATIENCE, Camera, sha256
from power_cut import claimed

STRIDE = full(8, 1)
KILLS = full(25, 1000)
OVERLAP = 4096  # of what is claimed so much and two packets are compared again


class Proxy:
    """A port that stays while the servers behind it come and go."""

    def __init__(self):
        self.target = None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.sockets = [self.listener]
        self.threads = []
        self._start(self._accept)

    def _start(self, what, *arguments):
        self.threads.append(threading.Thread(target=what, args=arguments, daemon=True))
        self.threads[-1].start()

    def _accept(self):
        while True:
            try:
                device, _ = self.listener.accept()
            except OSError:
                return
            self.sockets.append(device)
            try:
                server = socket.create_connection(("127.0.0.1", self.target), PATIENCE)
            except OSError:
                self._end(device)
                continue
            self.sockets.append(server)
            self._start(self._pump, device, server)
            self._start(self._pump, server, device)

    def _pump(self, source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            self._end(source)
            self._end(sink)

    @staticmethod
    def _end(connection):
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    def close(self):
        self._end(self.listener)
        for thread in self.threads:
            thread.join(PATIENCE)
        for each in self.sockets:
            each.close()


class Progress:
    """How much of what was claimed when a server died was asked for again."""

    def __init__(self, family):
        self.family = family
        self.most_held = self.most_fetched_again = 0
        self.kills = 0

    def follow(self, trace, held):
        """Takes in the trace of the server that found so many bytes claimed."""
        self.most_held = max(self.most_held, held)
        resumes = [int(call["data"][4:8].hex(), 16) for call in trace.calls
                   if call["call"] == "send" and call["data"].startswith(b"\0\2\0\4")]
        if resumes:
            again = held - max(self.family.offset(number) for number in resumes)
            self.most_fetched_again = max(self.most_fetched_again, again)


class Kills(FaultTest):
    @for_every_family
    def test_at_every_call(self):
        recordings = [self.record("videof", 3_000_000), self.record("photor", 3_000)]
        stride = self.every(STRIDE)
        progress = Progress(self.family)
        for moment in ("kill-before", "kill-after"):
            for position in itertools.count(1 + self.random.randrange(stride), stride):
                with self.case(fault=f"{moment}:{position}"):
                    if not self.killed(f"{moment}:{position}", recordings, progress):
                        break
            self.assertGreater(position, stride, "it was never killed")
        if self.family is DUALCAM:  # of the others few calls are tried
            self.assertGreater(progress.most_held, 0, "nothing was claimed")
        self.row("kill -9", "before and after every call", "all finished, no stray files")

    def killed(self, fault, recordings, progress):
        """One run with the kill, one without; False if the first came to its end."""
        self.fresh()
        device = Device(recordings)
        server = self.watched(fault=fault)
        if server.port:
            device.upload(server)
        status = server.wait()
        held = self.claimed()
        self.assertIn(status, (0, 128 + signal.SIGKILL), server.errors)
        self.assert_no_wrong_finals(self.contents(), recordings)
        again = self.watched()
        device.upload(again)
        self.assertEqual(again.wait(), 0, again.errors)
        progress.follow(again.trace, held)
        self.assert_little_again(progress)
        self.assert_exactly(recordings)
        return status != 0

    def claimed(self):
        return max((claimed(path.read_bytes()) for path in self.out.rglob("*.part.checkpoint")),
                   default=0)

    @for_every_family
    def test_at_random_moments(self):
        progress = Progress(self.family)
        enough = KILLS if self.family is DUALCAM else KILLS // 5
        for _ in range(enough):  # no transfer without a kill
            if progress.kills < enough:
                with self.case(transfer=self.cases), contextlib.closing(Proxy()) as proxy:
                    self.fresh()
                    self.killed_transfer(proxy, min(progress.kills + 5, enough), progress)
        self.assertGreater(progress.kills, 0)
        self.row("kill -9", f"random moments of {self.cases} transfers, at most "
                 f"{progress.most_fetched_again} claimed bytes fetched again",
                 "SHA-256 equal, of what was claimed only the overlap fetched again, no strays", progress.kills)

    def assert_little_again(self, progress):
        self.assertLessEqual(progress.most_fetched_again, OVERLAP + 2 * self.family.size)

    def killed_transfer(self, proxy, kills, progress):
        """A transfer whose server is killed until there were so many kills, or it was faster."""
        video = self.file("v.h265", 3 << 20)
        camera = None
        while True:
            held = self.claimed()
            server = self.watched()
            proxy.target = server.port
            if not camera:
                camera = self.start("dcam-sim", *self.family.sim, "--rate", "16M", "--reconnect", "1000000",
                                    "--reconnect-delay", "5ms", f"127.0.0.1:{proxy.port}",
                                    f"videof={video}", stdout=subprocess.DEVNULL)
            if progress.kills == kills:
                break
            server.killed_after(self.random.uniform(0, 0.2))
            progress.follow(server.trace, held)
            if server.wait() == 0:
                break
            progress.kills += 1
        self.assertEqual(camera.wait(), 0, camera.errors)
        try:
            server.process.wait(2)
        except subprocess.TimeoutExpired:  # the one before was killed when the camera knew all
            with Camera(server) as again:
                again.init(0, protocol=self.family.protocol)
                again.ended()
        self.assertEqual(server.wait(), 0, server.errors)
        progress.follow(server.trace, held)
        self.assert_little_again(progress)
        contents = self.contents()
        names = sorted(contents)
        self.assertEqual(len(names), 2, names)
        self.assertEqual(names[1], names[0] + ".json")
        self.assertEqual(sha256(self.out / names[0]), sha256(video))


if __name__ == "__main__":
    unittest.main()
