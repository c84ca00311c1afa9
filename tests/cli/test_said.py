"""Every finished file is said at least once: what a run stored but could not tell is told first by
the next one that may."""

import json
import os
import re
import resource
import subprocess
import time

from harness import IMEI, PATIENCE, SIGKILL, SIGTERM, STATE, ToolTest, sha256, tool
from uploads import Upload
from wire import AGAIN

TIME = 1_730_205_822_000
NAME = f"{IMEI}/20241029T124342Z_photof.jpg"


class Said(ToolTest):
    def upload(self, server, content, milliseconds=TIME, **options):
        with Upload(server, content, milliseconds=milliseconds, **options) as camera:
            camera.run()
        return camera

    def unread(self, *arguments):
        """A server whose standard output is a full pipe that nobody reads, and both its ends."""
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        os.set_blocking(writer, False)
        try:
            while True:
                os.write(writer, b"x" * 4096)
        except BlockingIOError:
            pass
        os.set_blocking(writer, True)
        server = self.serve("-k", *arguments, stdout=writer)
        os.close(writer)
        return server

    def killed_before_it_told(self, *files, **options):
        """A run that stored these, (content, time) each, and told none."""
        server = self.unread()
        for content, milliseconds in files:
            self.assertTrue(self.upload(server, content, milliseconds, **options).taken)
        server.signal(SIGKILL)
        server.wait()

    def stop(self, server):
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0, server.errors)
        return server.output.splitlines()

    def told_by_next(self, *arguments):
        server = self.serve("-k", *arguments)
        server.expect("listening")
        self.wait_for(lambda: not self.unsaid(), server)
        return self.stop(server)

    def unsaid(self):
        """The records that do not say `said`."""
        texts = [path.read_bytes() for path in (self.out / STATE).rglob("*") if path.is_file()]
        named, said = [{record for text in texts for record in re.findall(rb"\b%s (\w+)" % what, text)}
                       for what in (b"named", b"said")]
        return named - said

    def wait_for(self, condition, server):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), deadline, server.errors)
            time.sleep(0.01)

    def test_a_file_is_said_once_its_line_was_written(self):
        server = self.unread()
        self.upload(server, self.random.randbytes(5000))
        self.assertEqual(len(self.unsaid()), 1)
        server.signal(SIGKILL)
        server.wait()
        server = self.serve("-k")
        self.wait_for(lambda: not self.unsaid(), server)
        self.assertEqual(self.stop(server), [str(self.out / NAME)])
        self.assertEqual(self.told_by_next(), [])

    def test_what_was_not_said_comes_first_and_in_its_order(self):
        contents = [self.random.randbytes(3000 + number) for number in range(12)]
        self.killed_before_it_told(*[(content, TIME + 1000 * number)
                                     for number, content in enumerate(contents)])
        server = self.serve("-k", "--json")
        last = self.random.randbytes(3000)
        self.upload(server, last, TIME + 60_000)
        self.wait_for(lambda: not self.unsaid(), server)
        self.stop(server)
        done = [event for event in self.events(server.output) if event["event"] == "file-done"]
        self.assertEqual([(self.folder / event["path"]).read_bytes() for event in done],
                         [*contents, last])
        self.assertEqual([event["bytes"] for event in done], [*map(len, contents), len(last)])

    def test_the_event_the_sidecar_and_the_hook_are_as_they_would_have_been(self):
        content = self.random.randbytes(20_000)
        self.killed_before_it_told((content, TIME))
        sidecar = self.out / (NAME + ".json")
        known = json.loads(sidecar.read_text())
        sidecar.unlink()
        log = self.folder / "log"
        server = self.serve("-k", "--json", "--exec",
                            f"sh -c 'echo \"$1\" $DCAM_SHA256 $DCAM_KIND >>{log}' sh")
        self.wait_for(lambda: not self.unsaid() and log.exists() and log.read_text(), server)
        self.stop(server)
        done = self.event(server.output, "file-done")
        path = self.out / NAME
        self.assertEqual((done["path"], done["imei"], done["kind"], done["bytes"], done["packets"],
                          done["sha256"], done["metadata"]),
                         (str(path), IMEI, "photof", 20_000, 20, sha256(path), known))
        self.assertEqual(json.loads(sidecar.read_text()), known)
        self.assertEqual(log.read_text(), f"{path} {sha256(path)} photof\n")

    def test_a_file_that_has_moved_on_is_told_but_gets_no_hook(self):
        self.killed_before_it_told((self.random.randbytes(5000), TIME))
        (self.out / NAME).rename(self.folder / "moved")
        server = self.serve("-k", "--json", "--exec", "false")
        self.wait_for(lambda: not self.unsaid(), server)
        self.stop(server)
        done = self.event(server.output, "file-done")
        self.assertEqual((done["path"], done["sha256"]), (str(self.out / NAME), None))

    def test_one_run_tells_them_too_and_waits_for_its_camera(self):
        content, other = self.random.randbytes(5000), self.random.randbytes(6000)
        self.killed_before_it_told((content, TIME))
        server = self.serve("-c", "1")
        self.upload(server, content)  # recognised: told already
        self.assertEqual(server.wait(), 0)
        self.assertEqual(server.output.splitlines(), [str(self.out / NAME)])
        server = self.serve()
        self.upload(server, other, TIME + 1000)
        self.assertEqual(server.wait(), 0)
        self.assertEqual(len(server.output.splitlines()), 1)

    def test_a_run_tells_only_what_it_would_fetch(self):
        self.killed_before_it_told((self.random.randbytes(5000), TIME))
        for choice in (("-i", "000000000000001"), ("-s", "video"), ("-o", "-")):
            arguments = () if choice[0] == "-o" else ("-k",)
            server = self.serve(*arguments, *choice)
            server.signal(SIGTERM)
            self.assertIn(server.wait(), (0, 143))
            self.assertEqual(server.output, "", choice)
            self.assertEqual(len(self.unsaid()), 1)
        self.assertEqual(self.told_by_next("-s", "photo", "-i", IMEI), [str(self.out / NAME)])

    def test_a_reader_who_took_nothing_gets_it_at_the_next_start(self):
        server = self.unread()
        self.upload(server, self.random.randbytes(5000))
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 3)
        self.assertIn("said again at the next start", server.errors)
        self.assertEqual(self.told_by_next(), [str(self.out / NAME)])

    def test_a_closed_or_failing_standard_output_says_nothing(self):
        left, broken = os.pipe()
        os.close(left)
        self.addCleanup(os.close, broken)
        for number, (how, stdout) in enumerate(((">&-", None), (">/dev/full", None), ("", broken))):
            process = subprocess.Popen(
                ["sh", "-c", f'exec "$@" {how}', "sh", tool("dcam-serve"), "-b", "127.0.0.1", "-p",
                 "0", "-o", self.out], stdout=stdout, stderr=subprocess.PIPE, text=True)
            server = type("Server", (), {})()
            server.port = int(process.stderr.readline().split(" port ")[1].split(",")[0])
            self.upload(server, self.random.randbytes(5000), TIME + 1000 * number)
            process.communicate()
        self.assertEqual(len(self.told_by_next()), 3)

    def with_little_room(self, *arguments):
        """A server that appends to a file which has room for 20 bytes."""
        log = self.folder / "log"
        log.write_bytes(b"#" * 999_999 + b"\n")
        with open(log, "ab") as end:
            server = self.serve("-k", *arguments, stdout=end)
        self.room(server, 1_000_020)
        return server, log

    def room(self, server, size):
        hard = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, hard))

    def said_in(self, log, end="\n"):
        return log.read_text().split("\n", 1)[1].split(end)

    def test_standard_output_that_is_full_for_a_moment_gets_every_line_whole(self):
        server, log = self.with_little_room()
        self.upload(server, self.random.randbytes(5000))
        server.expect("cannot write to standard output: File too large; files are stored all the same")
        self.upload(server, self.random.randbytes(5000), TIME + 1000)
        self.assertTrue(self.unsaid())
        self.room(server, resource.RLIM_INFINITY)
        server.expect("standard output has room again")
        self.wait_for(lambda: not self.unsaid(), server)
        self.upload(server, self.random.randbytes(5000), TIME + 2000)
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0, server.errors)
        self.assertEqual(self.said_in(log), [
            str(self.out / NAME.replace("42Z", f"{second}Z")) for second in (42, 43, 44)] + [""])

    def test_what_a_full_standard_output_did_not_take_is_owed(self):
        server, log = self.with_little_room()
        self.upload(server, self.random.randbytes(5000))
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 3)
        self.assertIn("standard output has no room for 1 line: what they say of files is said again "
                      "at the next start", server.errors)
        self.assertEqual(self.told_by_next(), [str(self.out / NAME)])

    def test_a_line_that_was_left_cut_does_not_become_one_with_the_next(self):
        for arguments, end in (((), "\n"), (("--print0",), "\0")):
            self.fresh()
            server, log = self.with_little_room(*arguments)
            self.upload(server, self.random.randbytes(5000))
            server.expect("cannot write to standard output")
            server.signal(SIGKILL)
            server.wait()
            path = str(self.out / NAME)
            with open(log, "ab") as appended:
                server = self.serve("-k", *arguments, stdout=appended)
            self.wait_for(lambda: not self.unsaid(), server)
            server.signal(SIGTERM)
            self.assertEqual(server.wait(), 0, server.errors)
            self.assertEqual(self.said_in(log, end), [path[:20], path, ""])

    def test_bytes_on_standard_output_are_no_line(self):
        content = self.random.randbytes(5000)
        log = self.folder / "log"
        log.write_bytes(b"before")
        with open(log, "ab") as end:
            server = self.start("dcam-serve", "-b", "127.0.0.1", "-p", "0", "-o", "-", stdout=end)
        server.port = int(server.expect(r"listening on .* port (\d+)").group(1))
        self.upload(server, content)
        self.assertEqual(server.wait(), 0)
        self.assertEqual(log.read_bytes(), b"before" + content)

    def test_what_another_living_server_is_about_to_tell_is_its_own(self):
        content = self.random.randbytes(5000)
        living = self.unread()
        self.upload(living, content)
        self.killed_before_it_told((self.random.randbytes(5000), TIME), imei=7)
        server = self.serve("-k")
        self.wait_for(lambda: len(self.unsaid()) == 1, server)
        # the living one's camera did not hear, and comes to the other server
        self.assertTrue(self.upload(server, content).taken)
        self.assertEqual(self.stop(server),
                         [str(self.out / NAME.replace(IMEI, "000000000000007"))])
        living.signal(SIGKILL)
        living.wait()
        self.assertEqual(self.told_by_next(), [str(self.out / NAME)])

    def test_a_camera_that_comes_back_while_the_line_waits_does_not_make_a_second_one(self):
        content = self.random.randbytes(5000)
        log = self.folder / "log"
        log.touch()
        server = self.unread("--exec", f"sh -c 'echo x >>{log}'")
        with Upload(server, content, milliseconds=TIME) as camera:
            self.assertEqual(camera.run(AGAIN), AGAIN)
        self.assertTrue(self.upload(server, content).taken)
        server.expect("offered again")
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 3)
        self.assertEqual(log.read_text(), "x\n")
        self.assertEqual(self.told_by_next(), [str(self.out / NAME)])

    def test_no_file_is_forgotten_before_it_is_said(self):
        """More than a camera has records of."""
        count = 30
        self.killed_before_it_told(*[(self.random.randbytes(2000), TIME + 1000 * number)
                                     for number in range(count)])
        self.assertEqual(len(set(self.told_by_next())), count)
        server = self.serve("-k")
        for number in range(10):
            self.upload(server, self.random.randbytes(2000), TIME + 100_000 + 1000 * number)
        self.assertEqual(len(self.stop(server)), 10)
        self.assertEqual(self.told_by_next(), [])
