"""--metrics: figures for Prometheus, in a file that is replaced as a whole."""

import os
import re
import subprocess
import time
import unittest

from harness import PATIENCE, SIGHUP, SIGTERM, Camera, ToolTest, wait_until


def values(text):
    """Of each sample, by its name and labels."""
    return {name: float(value) for name, value in
            re.findall(r"^(dualcam_\S+|dualcam_\w+\{.*\}) (\S+)$", text, re.MULTILINE)}


class Metrics(ToolTest):
    def setUp(self):
        super().setUp()
        self.metrics = self.folder / "textfile/dualcam.prom"
        self.metrics.parent.mkdir()

    def read(self):
        return values(self.metrics.read_text())

    def renewed(self, server, path=None):
        """What the file says once SIGHUP has had it written again."""
        path = path or self.metrics
        before = path.stat().st_ino if path.exists() else None
        with open(path, "rb") if before else open(os.devnull, "rb"):  # its number is not given away
            server.signal(SIGHUP)
            wait_until(lambda: path.exists() and path.stat().st_ino != before)
        return values(path.read_text())

    def check(self):
        result = subprocess.run(["promtool", "check", "metrics"], input=self.metrics.read_text(),
                                capture_output=True, text=True)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))

    def test_figures_of_a_run(self):
        server = self.serve("-k", "--metrics", self.metrics)
        wait_until(self.metrics.exists)
        self.check()
        self.assertEqual(set(self.read().values()) - {0.0},
                         {self.read()["dualcam_connections_limit"]})
        photo, video = self.file("a.jpg", 5000), self.file("b.h265", 70_000)
        sim = self.sim(server, "--cut", "20", "--reconnect", "1", "--reconnect-delay", "0", photo,
                       f"videof={video}")
        self.assertEqual(sim.returncode, 0, sim.stderr)
        for opener in (b"GET / HTTP/1.1\r\n\r\n", b"\x03\x00\x00\x13", b"\x03\x00\x00\x14"):
            with Camera(server) as stranger:
                stranger.send(opener)
                stranger.ended()
        wait_until(lambda: self.renewed(server)["dualcam_oldest_unsaved_seconds"] == 0)
        now = self.read()
        self.check()
        self.assertEqual(now["dualcam_files_total"], 2)
        self.assertEqual(now["dualcam_file_bytes_total"], 75_000)
        self.assertEqual(now["dualcam_received_bytes_total"], 75_000)
        self.assertGreaterEqual(now["dualcam_resumes_total"], 1)
        self.assertEqual(now['dualcam_refusals_total{reason="not a camera: HTTP"}'], 1)
        self.assertEqual(now['dualcam_refusals_total{reason="not a camera: RDP"}'], 2)
        self.assertEqual(now["dualcam_connections_total"], 5)
        self.assertGreaterEqual(now["dualcam_commit_duration_seconds_count"], 4)
        self.assertEqual(now['dualcam_commit_duration_seconds_bucket{le="+Inf"}'],
                         now["dualcam_commit_duration_seconds_count"])
        self.assertGreater(now["dualcam_commit_duration_seconds_sum"], 0)
        self.assertEqual((now["dualcam_cameras"], now["dualcam_transfers"]), (0, 0))
        self.assertNotIn(str(server.port), self.metrics.read_text())
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)
        self.check()
        self.assertEqual(os.listdir(self.metrics.parent), [self.metrics.name])

    def test_what_is_under_way(self):
        server = self.serve("-k", "--metrics", self.metrics, "--no-metadata")
        camera = Camera(server)
        self.addCleanup(camera.close)
        camera.start_photo(9)
        camera.data(b"\xff\xd8" + bytes(3000))
        wait_until(lambda: self.renewed(server)["dualcam_received_bytes_total"] == 3002)
        now = self.read()
        self.assertEqual((now["dualcam_connections"], now["dualcam_cameras"],
                          now["dualcam_transfers"], now["dualcam_files_total"]), (1, 1, 1, 0))
        wait_until(lambda: self.renewed(server)["dualcam_oldest_unsaved_seconds"] == 0)
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)
        self.assertEqual(self.read()["dualcam_connections"], 0)

    def test_one_camera_and_no_signal(self):
        server = self.serve("--metrics", self.metrics)
        self.assertEqual(self.sim(server, self.file("a.jpg", 5000)).returncode, 0)
        self.assertEqual(server.wait(), 0)
        self.check()
        self.assertEqual(self.read()["dualcam_files_total"], 1)
        self.assertEqual(self.read()["dualcam_oldest_unsaved_seconds"], 0)

    def test_what_cannot_be_written_is_said_once_and_costs_nothing(self):
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        target, link = self.file("target", 100), self.folder / "link"
        before = target.read_bytes()
        link.symlink_to(target)
        for path, why in ((self.folder / "missing/a.prom", "No such file or directory"),
                          (link, "it is a symbolic link, which is not followed"),
                          (self.folder, "it is no regular file"), (pipe, "it is no regular file"),
                          ("/dev/full", "it is no regular file")):
            with self.subTest(path):
                self.fresh()
                server = self.serve("-k", "--metrics", path)
                line = server.expect(r"cannot write to --metrics (.*): (.*); cameras are served")
                self.assertEqual(line.groups(), (str(path), why))
                for times in (1, 2):
                    server.signal(SIGHUP)
                    server.expect_count("are read again", times)
                self.assertEqual(self.sim(server, self.file("a.jpg", 5000)).returncode, 0)
                server.signal(SIGTERM)
                self.assertEqual(server.wait(), 0)
                self.assertEqual(server.errors.count("--metrics"), 1)
                result = self.run_tool("dcam-serve", "--check-config", "-o", self.out, "--metrics",
                                       path)
                self.assertEqual(result.returncode, 3)
                self.assertIn(f"cannot write to --metrics {path}: {why}", result.stderr)
        self.assertTrue(link.is_symlink())
        self.assertEqual(target.read_bytes(), before)
        self.assertEqual(self.run_tool("dcam-serve", "-o", self.out, "--metrics", "-").returncode, 2)

    def test_it_is_written_again_when_that_is_possible(self):
        missing = self.folder / "later/a.prom"
        server = self.serve("-k", "--metrics", missing)
        server.expect("cannot write to --metrics")
        missing.parent.mkdir()
        self.assertEqual(self.renewed(server, missing)["dualcam_files_total"], 0)

    def test_another_file_by_the_configuration(self):
        config, other = self.folder / "serve.conf", self.metrics.with_name("other.prom")
        config.write_text(f"metrics = {self.metrics}\n")
        server = self.serve("-k", "--config", config)
        wait_until(self.metrics.exists)
        config.write_text(f"metrics = {other}\n")
        self.renewed(server, other)
        self.metrics.unlink()
        self.renewed(server, other)
        self.assertFalse(self.metrics.exists())

    def test_whoever_reads_has_all_of_it(self):
        server = self.serve("-k", "--metrics", self.metrics)
        wait_until(self.metrics.exists)
        sizes, numbers = set(), []  # of the files: that of a removed one may come again
        deadline = time.monotonic() + PATIENCE
        while sum(one != other for one, other in zip(numbers, numbers[1:])) < 10:
            self.assertLess(time.monotonic(), deadline)
            server.signal(SIGHUP)
            for _ in range(20):
                with open(self.metrics) as file:
                    numbers.append(os.fstat(file.fileno()).st_ino)
                    text = file.read()
                self.assertTrue(text.endswith("\n"))
                sizes.add(len(values(text)))
        self.assertEqual(len(sizes), 1)


class Room(ToolTest):
    def test_a_disk_without_room_is_named_at_start(self):
        for least, why in (("1000000G", "in all, and 1000000.0 GiB are to stay free: no file can be"),
                           ("0", "")):
            server = self.serve("-k", "--min-free", least)
            server.signal(SIGTERM)
            self.assertEqual(server.wait(), 0)
            self.assertEqual("no file can be stored" in server.errors, bool(why), server.errors)
            self.assertIn(why, server.errors)


if __name__ == "__main__":
    unittest.main()
