"""What dcam-serve says: its streams, its capture of the traffic, its command line."""

import fcntl
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
import unittest

from families import DUALCAM, for_every_family
from harness import IMEI, PATIENCE, SIGINT, SIGTERM, ToolTest, crc16, sha256, tool
from uploads import Upload


class Streams(ToolTest):
    def test_a_closed_standard_output_costs_no_file(self):
        photo = self.file("a.jpg", 100)
        server = self.serve(stdout=None, preexec_fn=lambda: os.close(1))
        self.assertEqual(self.sim(server, f"photof={photo}").returncode, 0)
        self.assertEqual(server.wait(), 3)
        self.assertIn("cannot write to standard output: Bad file descriptor", server.errors)
        self.assert_stored(photo)

    def test_a_full_standard_output_costs_no_file(self):
        photo = self.file("a.jpg", 100)
        with open("/dev/full", "w") as full:
            server = self.serve(stdout=full)
        self.assertEqual(self.sim(server, f"photof={photo}").returncode, 0)
        self.assertEqual(server.wait(), 3)
        self.assertIn("No space left on device", server.errors)
        self.assert_stored(photo)

    def test_a_full_standard_output_is_told_by_a_server_that_is_stopped(self):
        photo = self.file("a.jpg", 100)
        with open("/dev/full", "w") as full:
            server = self.serve("-k", stdout=full)
        self.assertEqual(self.sim(server, f"photof={photo}").returncode, 0)
        server.expect("No space left on device")
        server.signal(signal.SIGTERM)
        self.assertEqual(server.wait(), 3)
        self.assert_stored(photo)

    def test_a_reader_that_leaves_is_no_error(self):
        photos = [self.file(f"{i}.jpg", 100) for i in range(3)]
        head = subprocess.Popen(["head", "-1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        server = self.serve(stdout=head.stdin)
        head.stdin.close()
        self.sim(server, *(f"photof={path}" for path in photos))
        self.assertEqual(server.wait(), 0)
        with head.stdout as lines:
            self.assertEqual(len(lines.read().splitlines()), 1)
        self.assertEqual(head.wait(PATIENCE), 0)
        self.assert_stored(*photos)

    def test_a_server_for_many_whose_reader_has_left_ends_with_3(self):
        photos = [self.file(f"{i}.jpg", 100) for i in range(3)]
        head = subprocess.Popen(["head", "-1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        server = self.serve("-k", stdout=head.stdin)
        head.stdin.close()
        self.sim(server, f"photof={photos[0]}")
        with head.stdout as lines:
            self.assertEqual(len(lines.read().splitlines()), 1)
        self.assertEqual(head.wait(PATIENCE), 0)
        self.sim(server, f"photof={photos[1]}")
        self.assertEqual(server.wait(), 3)
        server.expect("nobody reads standard output any more: stopping")

    def upload_many(self, server, count):
        for second in range(count):
            with Upload(server, b"x" * 2000, milliseconds=1000 + second * 1000) as camera:
                camera.run()
                self.assertTrue(camera.taken)

    def test_a_stopped_reader_of_standard_output_stops_no_camera(self):
        for arguments in (("--json",), ("--name", "{time}_" + "n" * 180 + "{ext}")):
            read, write = self.small_pipe()
            server = self.serve("-k", "--if-exists", "number", *arguments, stdout=write)
            os.close(write)
            self.upload_many(server, 120)
            with open(read) as lines:
                server.signal(SIGTERM)
                told = lines.read().splitlines()
            self.assertEqual(server.wait(), 0)
            if arguments == ("--json",):
                told = [event["path"] for event in self.events("\n".join(told))
                        if event["event"] == "file-done"]
            self.assertEqual(sorted(told), sorted(map(str, self.out.rglob("*.jpg"))))
            for path in self.out.rglob("*.jpg"):
                path.unlink()

    def test_a_stopped_reader_of_standard_error_stops_no_camera(self):
        for arguments in (("-vv",), ("--progress", "always")):
            read, write = self.small_pipe()
            server = self.start("dcam-serve", "-k", "-b", "127.0.0.1", "-p", "0", "-o", self.out,
                                "--json", *arguments, stdout=None, preexec_fn=lambda: (
                                    os.dup2(2, 1), os.dup2(write, 2)))
            os.close(write)
            server.port = json.loads(server.expect('"listening"').string)["port"]
            self.upload_many(server, 60)
            os.close(read)
            server.signal(SIGTERM)
            self.assertEqual(server.wait(), 0)
            self.assertEqual(server.errors.count('"file-done"'), 60)

    def test_one_stopped_reader_of_both(self):
        read, write = self.small_pipe()
        server = self.start("dcam-serve", "-k", "-b", "127.0.0.1", "-p", "0", "-o", self.out, "-vv",
                            stdout=write, preexec_fn=lambda: os.dup2(1, 2))
        os.close(write)
        said = b""
        while not (port := re.search(rb"port (\d+), .*\n", said)):
            said += os.read(read, 4096)
        server.port = int(port.group(1))
        self.upload_many(server, 60)
        with open(read) as lines:
            server.signal(SIGTERM)
            told = lines.read().splitlines()
        self.assertEqual(server.wait(), 0)
        self.assertEqual(sorted(line for line in told if line.startswith("/")),
                         sorted(map(str, self.out.rglob("*.jpg"))))

    def test_a_server_that_is_told_to_end_waits_a_little_for_its_reader(self):
        for number, status in ((SIGTERM, 3), (SIGINT, 130)):
            read, write = self.small_pipe()
            server = self.serve("-k", "--json", stdout=write)
            os.close(write)
            self.upload_many(server, 20)
            server.signal(number)
            self.assertEqual(server.wait(), status)
            self.assertRegex(server.errors,
                             r"the reader of standard output has not taken \d\d+ lines: what they say of "
                             r"files is said again at the next start")
            os.close(read)

    def test_a_one_shot_waits_for_its_reader(self):
        read, write = self.small_pipe()
        server = self.serve("--json", stdout=write)
        os.close(write)
        photos = [self.file(f"{i}.jpg", 100 + i) for i in range(20)]
        self.assertEqual(self.sim(server, *(f"photof={path}" for path in photos)).returncode, 0)
        server.expect("20 files")
        self.assertIsNone(server.process.poll())
        with open(read) as lines:
            events = self.events(lines.read())
        self.assertEqual(len([each for each in events if each["event"] == "file-done"]), 20)
        self.assertEqual(server.wait(), 0)

    def test_a_signal_ends_the_wait_for_a_reader(self):
        read, write = self.small_pipe()
        server = self.serve("--json", stdout=write)
        os.close(write)
        photos = [self.file(f"{i}.jpg", 100 + i) for i in range(20)]
        self.assertEqual(self.sim(server, *(f"photof={path}" for path in photos)).returncode, 0)
        server.expect("20 files")
        server.signal(SIGINT)
        self.assertEqual(server.wait(), 130)
        os.close(read)

    def test_a_hook_does_not_wait_for_the_reader(self):
        read, write = self.small_pipe()
        server = self.serve("-k", "--json", "--exec", f"sh -c 'echo >>{self.folder}/ran'",
                            stdout=write)
        os.close(write)
        self.upload_many(server, 20)
        deadline = time.monotonic() + PATIENCE
        ran = self.folder / "ran"
        while not ran.exists() or ran.read_text() != "\n" * 20:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        os.close(read)
        server.signal(SIGTERM)
        server.wait()

    def test_a_pipe_that_does_not_block_loses_nothing(self):
        read, write = self.small_pipe()
        os.set_blocking(write, False)
        server = self.serve("-k", "--json", stdout=write)
        os.close(write)

        def upload():
            for second in range(60):
                with Upload(server, b"x" * 2000, milliseconds=1000 + second * 1000) as camera:
                    camera.run()
            server.signal(SIGTERM)

        uploading = threading.Thread(target=upload)
        uploading.start()
        with open(read) as lines:
            events = self.events(lines.read())
        self.assertEqual(len([each for each in events if each["event"] == "file-done"]), 60)
        uploading.join()
        self.assertEqual(server.wait(), 0)

    @staticmethod
    def small_pipe():
        read, write = os.pipe()
        fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
        return read, write

    def test_json_events_in_their_order(self):
        photo = self.file("a.jpg", 3_000)
        server = self.serve("--json")
        self.sim(server, f"photof={photo}")
        self.assertEqual(server.wait(), 0)
        events = self.events(server.output)
        self.assertEqual([event["event"] for event in events],
                         ["listening", "connected", "metadata", "file-start", "file-done",
                          "disconnected", "summary"])
        for event in events:
            self.assertRegex(event["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        done = events[4]
        self.assertEqual(done["path"], str(self.out / self.stored()[0]))
        self.assertEqual((done["imei"], done["kind"], done["bytes"], done["packets"]),
                         (IMEI, "photof", 3000, 3))
        self.assertEqual(done["crc16"], f"{crc16(photo.read_bytes()):04x}")
        self.assertEqual(done["sha256"], sha256(photo))
        self.assertEqual(done["resumes"], 0)
        self.assertEqual(events[-1]["files"], 1)

    def test_quiet_says_nothing_when_all_is_well(self):
        photo = self.file("a.jpg", 100)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = self.start("dcam-serve", "-q", "-b", "127.0.0.1", "-p", port, "-o", self.out)
        server.port = port
        result = self.sim(server, "-q", "--reconnect", "100", "--reconnect-delay", "50ms",
                          f"photof={photo}")
        self.assertEqual(result.returncode, 0)
        self.assertEqual(server.wait(), 0)
        self.assertEqual(server.errors, "")

    def test_packets_are_traced_with_vv(self):
        photo = self.file("a.jpg", 3_000)
        server = self.serve("-vv")
        self.sim(server, f"photof={photo}")
        server.wait()
        for packet in (1, 2, 3):
            self.assertRegex(server.errors, rf"packet {packet}, \d+ bytes")

    def test_no_progress_and_no_escape_in_a_pipe(self):
        photo = self.file("a.jpg", 60_000)
        server = self.serve()
        self.sim(server, "--rate", "100K", f"photof={photo}")
        server.wait()
        self.assertNotRegex(server.errors, r"[\x1b\r]|%")

    def test_progress_fits_the_line_when_asked_for(self):
        photo = self.file("a.jpg", 60_000)
        server = self.serve("--progress", "always", "--color", "never")
        self.sim(server, "--rate", "100K", f"photof={photo}")
        server.wait()
        lines = [line for line in server.errors.replace("\r", "\n").splitlines() if "ETA" in line]
        self.assertGreater(len(lines), 0)
        for line in lines:
            self.assertRegex(line, rf"^{IMEI} front photo +\d+%.* of 59.0 KiB .*/s  ETA ")
            self.assertLess(len(line.replace("\x1b[K", "")), 80)


class Capture(ToolTest):
    family = DUALCAM

    def captured(self, *faults):
        self.video = self.file("v.h265", 100_000)
        self.pcap = self.folder / f"traffic of {self.family}.pcap"
        server = self.serve("--capture", self.pcap, "--idle-timeout", "8s")
        result = self.sim(server, *self.family.sim, *faults, f"videof={self.video}")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(server.wait(), 0)

    @for_every_family
    def test_the_capture_verifies(self):
        self.captured()
        result = self.run_tool("dcam-crc", "--dump", self.pcap)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn(IMEI, result.stdout)

    @for_every_family
    def test_the_capture_of_a_transfer_with_faults_holds_the_file(self):
        self.captured("--corrupt", "0.05")
        extracted = self.folder / f"extracted of {self.family}"
        extracted.mkdir()
        result = self.run_tool("dcam-crc", "--dump", "-x", extracted, self.pcap)
        self.assertEqual(result.returncode, 1, result.stderr)  # bad packets, sent again
        files = [path for path in extracted.rglob("*") if path.is_file()]
        self.assertEqual([sha256(path) for path in files], [sha256(self.video)])

    def test_tcpdump_reads_the_capture(self):
        self.captured()
        result = subprocess.run(["tcpdump", "-vv", "-n", "-r", self.pcap], capture_output=True,
                                text=True)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertNotIn("incorrect", result.stdout)
        self.assertIn("Flags [S]", result.stdout)
        self.assertIn("Flags [F.]", result.stdout)

    def test_a_reader_of_the_capture_who_leaves_costs_no_file(self):
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        server = self.serve("--capture", pipe)
        os.set_blocking(reader, True)
        self.assertEqual(len(os.read(reader, 4096)), 24)
        os.close(reader)
        video = self.file("v.h265", 200_000)
        self.assertEqual(self.sim(server, f"videof={video}").returncode, 0)
        self.assertEqual(server.wait(), 3)
        self.assertIn("the capture is incomplete", server.errors)
        self.assert_stored(video)

    def test_a_stopped_reader_of_the_capture_stops_no_camera(self):
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        server = self.serve("--capture", pipe)
        video = self.file("v.h265", 6_000_000)
        self.assertEqual(self.sim(server, f"videof={video}").returncode, 0)
        self.assertEqual(server.wait(), 3)
        self.assertIn("the capture is incomplete", server.errors)
        self.assert_stored(video)
        os.close(reader)

    def test_signals_are_heeded_while_the_reader_of_the_capture_is_waited_for(self):
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        for arguments, number, status in (
                (["-k"], SIGTERM, 0), (["-k"], SIGINT, 130), ([], SIGTERM, 143), ([], SIGINT, 130),
                ([], signal.SIGHUP, 129)):
            with self.subTest(arguments=arguments, number=number):
                server = self.waiting_for_reader(pipe, *arguments)
                server.signal(number)
                self.assertEqual(server.wait(), status)
                self.assertNotIn("cannot", server.errors)
        server = self.waiting_for_reader(pipe, "-k")
        server.signal(signal.SIGUSR1)
        server.expect("no camera is connected")
        server.signal(signal.SIGHUP)
        server.expect("devices and certificates are read again")
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        server.expect("listening")
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)
        self.assertEqual(len(os.read(reader, 4096)), 24)

    def waiting_for_reader(self, pipe, *arguments):
        server = self.start("dcam-serve", "-b", "127.0.0.1", "-p", "0", "-o", self.out, "--capture",
                            pipe, *arguments)
        server.expect(f"waiting for the reader of --capture {pipe}")
        return server

    def test_a_file_that_is_no_capture_is_left_alone(self):
        other = self.file("notes.txt", 1000)
        before = sha256(other)
        result = self.run_tool("dcam-serve", "-p", "0", "-o", self.out, "--capture", other)
        self.assertEqual(result.returncode, 3)
        self.assertEqual(sha256(other), before)

    def test_a_capture_that_cannot_be_written_is_named_with_its_option(self):
        for path, why in ((self.folder / "no" / "x.pcap", "No such file or directory"),
                          (self.out, "Is a directory"), ("/dev/full", "No space left on device")):
            result = self.run_tool("dcam-serve", "-p", "0", "-o", self.out, "--capture", path,
                                   "--log-time", "never")
            self.assertEqual((result.returncode, result.stderr),
                             (3, f"dcam-serve: cannot write to --capture {path}: {why}\n"))


class CommandLine(ToolTest):
    def test_help_goes_to_standard_output(self):
        for name in ("dcam-serve", "dcam-sim"):
            result = self.run_tool(name, "--help")
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            examples = result.stdout.split("Examples:\n")[1].splitlines()
            self.assertEqual(len(examples), 3)

    def test_version_names_the_libraries(self):
        result = self.run_tool("dcam-serve", "--version")
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stdout, r"^dcam-serve \d+\.\d+\.\d+ \(git .+\)\nlibraries: .*OpenSSL 3")

    def test_help_into_a_full_device_is_an_error(self):
        with open("/dev/full", "w") as full:
            result = subprocess.run([tool("dcam-serve"), "--help"], stdout=full,
                                    stderr=subprocess.PIPE)
        self.assertEqual(result.returncode, 3)

    def test_wrong_values_name_option_value_and_what_is_accepted(self):
        for arguments, text in [
                (["-p", "x"], "--port: 'x' is not accepted; give a whole number from 0 to 65535"),
                (["-p", "65536"], "--port: '65536'"),
                (["-p"], "--port needs a value"),
                (["-w", "5"], "--wait: '5' is not accepted; give a number with ms, s"),
                (["--idle-timeout", "1y"], "--idle-timeout: '1y'"),
                (["-s", "photo,foo"], "--source: 'photo,foo'"),
                (["-i", "12a"], "--imei: '12a' is not accepted; give 15 digits"),
                (["-c", "0"], "--count: '0'"),
                (["--name", "../x"], "'..' would leave the output folder"),
                (["--name", "{x}"], "there is no '{x}'"),
                (["--name", "/x"], "--name: '/x'"),
                (["--if-exists", "x"], "give number, skip, fail, replace"),
                (["--progress", "x"], "--progress: 'x' is not accepted; give auto, always, never"),
                (["--prot", "1"], "unknown option '--prot'; did you mean '--port'?"),
                (["--keep-listenin"], "did you mean '--keep-listening'?"),
                (["x\x1b[2J"], "unexpected argument 'x\\x1b[2J'")]:
            result = self.run_tool("dcam-serve", *arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertIn(text, result.stderr)
            self.assertEqual(result.stdout, "")

    def test_options_from_a_file(self):
        config = self.folder / "serve.conf"
        config.write_text(f'wait="100ms"\noutput="{self.out}"\nport=0\nbind="127.0.0.1"\n')
        result = self.run_tool("dcam-serve", "--config", config)
        self.assertEqual(result.returncode, 4, result.stderr)
        config.write_text("wiat=1\n")
        self.assertEqual(self.run_tool("dcam-serve", "--config", config).returncode, 2)
        self.assertEqual(self.run_tool("dcam-serve", "--config", "/missing").returncode, 3)

    def test_a_list_of_imeis_that_cannot_be_used(self):
        bad = self.folder / "imeis"
        bad.write_text("350612071913857\n12x\n")
        result = self.run_tool("dcam-serve", "-i", f"@{bad}", "-o", self.out)
        self.assertEqual(result.returncode, 3)
        self.assertIn("imeis line 2: '12x' is no IMEI", result.stderr)
        result = self.run_tool("dcam-serve", "-i", "@/missing", "-o", self.out)
        self.assertEqual(result.returncode, 3)
        self.assertIn("cannot read /missing", result.stderr)


if __name__ == "__main__":
    unittest.main()
