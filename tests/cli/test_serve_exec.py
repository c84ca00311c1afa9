"""dcam-serve --exec: what hooks are told, what becomes of them, and that no transfer waits for one."""

import json
import os
import re
import shlex
import subprocess
import sys
import time

from harness import IMEI, PATIENCE, SIGINT, SIGTERM, Camera, ToolTest, sha256, tool

# Tells in STARTED that it runs, in ENDED that it is about to end; between them it waits as long as
# there is a GATE.
GATED = """\
echo "$1" >>{0}/started
while [ -e {0}/gate ]; do sleep 0.02; done
echo "$1" >>{0}/ended
"""

RECORDER = """\
import json, os, sys
record = {"arguments": sys.argv[2:], "environment": dict(os.environ), "stdin": sys.stdin.read(),
          "descriptors": [fd for fd in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{fd}")]}
json.dump(record, open(sys.argv[1], "w"))
"""


class ExecTest(ToolTest):
    def gated(self):
        """A command that runs until `open_gate`, or until the test's folder is removed."""
        (self.folder / "gate").touch()
        script = self.folder / "gated.sh"
        script.write_text(GATED.format(shlex.quote(str(self.folder))))
        return f"sh {script}"

    def open_gate(self):
        (self.folder / "gate").unlink()

    def lines(self, name):
        path = self.folder / name
        return path.read_text().splitlines() if path.exists() else []

    def wait_for_lines(self, name, count):
        deadline = time.monotonic() + PATIENCE
        while len(self.lines(name)) < count:
            self.assertLess(time.monotonic(), deadline, f"{name}: {self.lines(name)}")
            time.sleep(0.01)
        return self.lines(name)

    def photos(self, count):
        return [self.file(f"{i}.jpg", 100 + i) for i in range(count)]

    def upload(self, server, photos, *arguments):
        result = self.sim(server, *arguments, *(f"photof={path}" for path in photos))
        self.assertEqual(result.returncode, 0, result.stderr)

    def serve_photos(self, count, *arguments, **options):
        """A whole run with so many photos; the server, ended, with its `.status`."""
        server = self.serve(*arguments, **options)
        photos = self.photos(count)
        self.upload(server, photos)
        server.status = server.wait()
        self.assert_stored(*photos)
        return server


class Calls(ExecTest):
    def recorded(self, *arguments, output=None, **options):
        script, record = self.folder / "hook.py", self.folder / "record"
        script.write_text(RECORDER)
        if output is not None:
            self.out = output
        server = self.serve("--exec", f"{sys.executable} {script} {record} 'two words' \"\" \\$HOME",
                            *arguments, **options)
        self.upload(server, self.photos(1), "--trigger", "3", "--position", "-1.5,2.25")
        self.assertEqual(server.wait(), 0, server.errors)
        return json.loads(record.read_text()), server

    def test_a_hook_gets_its_words_and_then_the_path(self):
        record, server = self.recorded()
        path = server.output.rstrip("\n")
        self.assertEqual(record["arguments"], ["two words", "", "$HOME", path])
        self.assertTrue(os.path.exists(path))

    def test_a_hook_learns_the_facts_from_its_environment(self):
        photo = self.photos(1)[0]
        record, server = self.recorded()
        variables = record["environment"]
        facts = {"PATH": server.output.rstrip("\n"), "IMEI": IMEI, "KIND": "photof", "BYTES": "100",
                 "PACKETS": "1", "SHA256": sha256(photo), "CAMERA": "dualcam", "TRIGGER": "3",
                 "TRIGGER_NAME": "crash", "LATITUDE": "-1.5", "LONGITUDE": "2.25"}
        for name, value in facts.items():
            self.assertEqual(variables[f"DCAM_{name}"], value)
        self.assertRegex(variables["DCAM_TIME"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual(variables["PATH"], os.environ["PATH"])

    def test_what_is_not_known_is_no_variable(self):
        environment = {**os.environ, "DCAM_TIME": "of an outer hook"}
        record, _ = self.recorded("--no-metadata", env=environment)
        self.assertEqual(sorted(name for name in record["environment"] if name.startswith("DCAM_")),
                         ["DCAM_ADDRESS", "DCAM_BYTES", "DCAM_CONNECTION", "DCAM_CRC16", "DCAM_IMEI",
                          "DCAM_KIND", "DCAM_PACKETS",
                          "DCAM_PATH", "DCAM_RESUMES", "DCAM_SECONDS", "DCAM_SHA256"])

    def test_newlines_quotes_and_blanks_in_the_path_stay_as_they_are(self):
        folder = self.folder / "a\nb 'c' \"d\" $e `f` \\ *"
        folder.mkdir()
        record, _ = self.recorded(output=folder)
        path = record["arguments"][-1]
        self.assertTrue(path.startswith(f"{folder}/{IMEI}/"))
        self.assertEqual(record["environment"]["DCAM_PATH"], path)
        self.assertTrue(os.path.exists(path))

    def test_a_path_that_begins_with_a_dash_is_no_option(self):
        (self.folder / "-rf").mkdir()
        self.out = self.folder / "-rf"
        script, record = self.folder / "hook.py", self.folder / "record"
        script.write_text(RECORDER)
        server = self.start("dcam-serve", "-b", "127.0.0.1", "-p", "0", "--output=-rf",
                            "--exec", f"{sys.executable} {script} {record}", cwd=self.folder)
        server.port = int(server.expect(r"listening on .* port (\d+)").group(1))
        self.upload(server, self.photos(1))
        self.assertEqual(server.wait(), 0)
        [path] = json.loads(record.read_text())["arguments"]
        self.assertTrue(path.startswith("./-rf/"), path)

    def test_a_hook_finds_nothing_on_standard_input_and_no_other_descriptor(self):
        record, _ = self.recorded()
        self.assertEqual(record["stdin"], "")
        self.assertEqual(sorted(record["descriptors"]), ["0", "1", "2"])

    def test_what_a_hook_prints_does_not_get_into_the_product(self):
        script = "head -c 300000 /dev/zero | tr '\\0' x; echo; echo to-stdout; echo to-stderr >&2"
        server = self.serve_photos(3, "--exec", f'sh -c "{script}"')
        self.assertEqual(server.status, 0)
        self.assertEqual(sorted(server.output.splitlines()),
                         sorted(str(self.out / name) for name in self.stored()))
        self.assertGreaterEqual(server.errors.count("x"), 900_000)
        self.assertEqual(server.errors.count("to-stdout"), 3)
        self.assertEqual(server.errors.count("to-stderr"), 3)

    def test_a_file_that_was_skipped_has_no_hook(self):
        (self.out / "photof.jpg").touch()
        server = self.serve("--name", "{kind}{ext}", "--if-exists", "skip", "--exec", "false")
        self.sim(server, f"photof={self.photos(1)[0]}")
        self.assertEqual(server.wait(), 0, server.errors)


class Failures(ExecTest):
    def test_a_failure_is_told_and_costs_no_file(self):
        hook = self.folder / "hook"
        for command, why in [("sh -c 'exit 3'", "sh ended with status 3"),
                             ("sh -c 'kill -TERM $$'", "sh was killed by signal 15 (Terminated)"),
                             (str(hook), f"cannot run {hook}: No such file or directory")]:
            hook.write_text("#!/bin/sh\n")
            hook.chmod(0o755)
            server = self.serve("--json", "--name", "{kind}{ext}", "--if-exists", "replace",
                                "--exec", command)
            hook.unlink()
            photos = self.photos(2)
            self.upload(server, photos)
            self.assertEqual(server.wait(), 7, command)
            self.assert_stored(photos[1])
            path = str(self.out / "photof.jpg")
            text = f"dcam-serve: hook for {path}: {why}"
            self.assertEqual(sum(line.endswith(text) for line in server.lines), 2)
            failed = [event for event in self.events(server.output)
                      if event["event"] == "hook-failed"]
            self.assertEqual([(event["path"], event["error"]) for event in failed], [(path, why)] * 2)
            self.assertEqual(self.event(server.output, "summary")["exit"], 7)

    def test_only_the_hooks_that_fail_are_told(self):
        server = self.serve_photos(3, "--name", "{received}_{kind}{ext}", "--exec",
                                   "sh -c 'case $DCAM_BYTES in 101) exit 1; esac'")
        self.assertEqual(server.status, 7)
        self.assertEqual(server.errors.count("hook for"), 1)


class Queue(ExecTest):
    def test_four_of_twenty_at_once_and_no_more(self):
        log = self.folder / "log"
        # The first four end only when all four have begun.
        script = f"echo + >>{log}; until [ $(grep -c + {log}) -ge 4 ]; do sleep 0.01; done; " \
                 f"echo - >>{log}"
        server = self.serve_photos(20, "--exec", f'sh -c "{script}"')
        self.assertEqual(server.status, 0, server.errors)
        steps = [1 if line == "+" else -1 for line in self.lines("log")]
        self.assertEqual((steps.count(1), steps.count(-1)), (20, 20))
        self.assertEqual(max(sum(steps[:end]) for end in range(1, 41)), 4)

    def test_transfers_go_on_while_hooks_hang(self):
        server = self.serve("-k", "--exec", self.gated())
        photos = self.photos(6)
        self.upload(server, photos)
        self.wait_for_lines("started", 4)
        self.assert_stored(*photos)
        self.assertEqual(self.lines("ended"), [])
        self.open_gate()
        self.wait_for_lines("ended", 6)
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)

    def test_a_one_shot_waits_for_every_hook(self):
        server = self.serve("--exec", self.gated())
        self.upload(server, self.photos(6))
        self.wait_for_lines("started", 4)
        self.assertIsNone(server.process.poll())
        self.open_gate()
        self.assertEqual(server.wait(), 0)
        self.assertEqual(sorted(self.lines("ended")), sorted(server.output.splitlines()))


class Stops(ExecTest):
    def stopped(self, number, *arguments):
        """A server with six files and four running hooks that has been told to stop."""
        server = self.serve(*arguments, "--exec", self.gated(), start_new_session=True)
        self.upload(server, self.photos(6))
        self.started = self.wait_for_lines("started", 4)
        os.killpg(server.process.pid, number)  # as a terminal does
        server.expect("waiting for 4 hooks; a second signal leaves them running")
        return server

    def assert_given_up(self, server):
        stored = {str(self.out / name) for name in self.stored()}
        waiting = sorted(stored - set(self.started))
        self.assertEqual(len(waiting), 2)
        for path in waiting:
            server.expect(re.escape(f"dcam-serve: hook for {path}: not run, the server was stopped "
                                    "before its turn"))

    def test_running_hooks_are_waited_for_and_the_others_named(self):
        for arguments, number, status in [((), SIGINT, 130), (("-k",), SIGTERM, 0)]:
            server = self.stopped(number, *arguments)
            self.assertIsNone(server.process.poll())
            self.assert_given_up(server)
            self.open_gate()
            self.assertEqual(server.wait(), status)
            self.assertEqual(sorted(self.lines("ended")), sorted(self.started))
            for name in ("started", "ended"):
                (self.folder / name).unlink()
            for path in self.stored():
                (self.out / path).unlink()

    def test_a_second_signal_is_immediate_and_leaves_the_hooks_running(self):
        server = self.stopped(SIGINT)
        os.killpg(server.process.pid, SIGINT)
        self.assertEqual(server.process.wait(PATIENCE), -SIGINT)
        self.assertEqual(self.lines("ended"), [])
        self.open_gate()
        self.assertEqual(sorted(self.wait_for_lines("ended", 4)), sorted(self.started))
        server.wait()
        self.assert_given_up(server)


class CommandLine(ExecTest):
    def test_a_command_that_cannot_be_one_is_a_usage_error(self):
        for command, text in [
                ("", "--exec: '' is not accepted; give a command with arguments"),
                ("  ", "--exec: '  ' is not accepted; give a command with arguments"),
                ("'' x", "--exec: ''' x' is not accepted; give a command with arguments"),
                ("a 'b", "--exec: 'a 'b' is not accepted; give a command with arguments, quoted as "
                         "for a shell: a ' is not closed"),
                ('a "b\x1b', "'a \"b\\x1b' is not accepted"),
                ('a "b', 'a " is not closed'),
                ("a\\", "nothing follows the last backslash")]:
            result = self.run_tool("dcam-serve", "-p", "0", "-o", "/missing", "--exec", command)
            self.assertEqual(result.returncode, 2, (command, result.stderr))
            self.assertIn(text, result.stderr)
            self.assertEqual(result.stdout, "")

    def test_a_hook_from_a_configuration_file(self):
        config = self.folder / "serve.conf"
        config.write_text(f"exec = \"sh -c 'echo $DCAM_KIND >{self.folder}/kind'\"\n")
        self.assertEqual(self.serve_photos(1, "--config", config).status, 0)
        self.assertEqual(self.lines("kind"), ["photof"])
