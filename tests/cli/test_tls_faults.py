"""What goes wrong on a line, over TLS: by table, for a DualCam and for files by path."""

import re
import time

from harness import IMEI, SIGKILL, SIGTERM
from tls_files import TlsTest

AGAIN = ("--reconnect", "20", "--reconnect-delay", "0")
# Options, what the camera says of it how often, and what the server does.
FAULTS = {
    "damaged packets": (("--corrupt", "0.1"), 0, r"stored, .* resumes?\)"),
    "cut behind the first packet": (("--cut", "1", *AGAIN), 1, r"1 resume\)"),
    "cut thrice": (("--cut", "5", "--cut", "17", "--cut", "39", *AGAIN), 3, r"3 resumes\)"),
    "cut anywhere": (("--cut", "random", *AGAIN), 1, "stored"),
    "damaged and cut": (("--corrupt", "0.05", "--cut", "random", *AGAIN), 1, r"stored, .* resumes?\)"),
    "byte by byte": (("--chunk", "1"), 0, "stored"),
    "in pieces of any size": (("--chunk", "random"), 0, "stored"),
    "silence in mid-file": (("--stall", "100ms"), 1, "stored"),
    "no metadata": (("--mute-metadata",), 0, "does not answer METADATA REQUEST"),
}
CAMERAS = {"DualCam": (), "ADAS by path": ("--camera", "adas", "--protocol", "6")}


class Faults(TlsTest):
    def sim_tls(self, server, *arguments):
        return self.sim(server, "--tls", "--tls-ca", self.authority.certificate, *arguments)

    def test_every_fault_costs_no_byte(self):
        for camera, family in CAMERAS.items():
            for seed, (fault, (options, times, done)) in enumerate(FAULTS.items()):
                if fault == "no metadata" and family:
                    continue  # of a file by path it is the camera's business alone
                with self.subTest(f"{camera}, {fault}"):
                    self.fresh()
                    photo = self.file("a.jpg", 3_000 if fault == "byte by byte" else 60_000)
                    server = self.serve_tls("-k", "--idle-timeout", "4s")
                    result = self.sim_tls(server, *family, *options, "--seed", seed, photo)
                    self.assertEqual(result.returncode, 0, result.stderr)
                    self.assertEqual(len(re.findall("connection cut|silent for", result.stderr)), times)
                    server.signal(SIGTERM)
                    self.assertEqual(server.wait(), 0, server.errors)
                    self.assertRegex(server.errors, done)
                    self.assert_stored(photo)

    def test_a_server_that_was_killed_goes_on(self):
        photo = self.file("a.jpg", 600_000)
        server = self.serve_tls("-k")
        sim = self.start("dcam-sim", "-q", "--tls", "--rate", "200K", "--reconnect", "200",
                         "--reconnect-delay", "50ms", f"127.0.0.1:{server.port}", f"photof={photo}")
        server.expect("connected from")
        while not any(path.stat().st_size > 350_000 for path in self.out.rglob("*.part")):
            self.assertIsNone(sim.process.poll(), sim.errors)
            time.sleep(0.01)
        server.signal(SIGKILL)
        server.wait()
        server = self.serve_tls("-k", "-p", server.port)
        server.expect(f"{IMEI} front photo: going on with .*, [1-9][0-9]* of")
        self.assertEqual(sim.wait(), 0, sim.errors)
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)
        self.assert_stored(photo)
