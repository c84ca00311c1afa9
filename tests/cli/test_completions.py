"""What bash, zsh and fish make of a command line on which somebody presses Tab."""

import os
import pathlib
import pty
import subprocess
import tempfile
import unittest

from harness import IMEI, PATIENCE, TOOLS

COMPLETIONS = pathlib.Path(__file__).resolve().parents[2] / "completions"
OTHER = str(int(IMEI) + 1)

# Each has one answer.
LINES = {
    "dcam-serve --keep": "--keep-listening",
    "dcam-serve --if-exists sk": "skip",
    "dcam-serve --if-exists=sk": "--if-exists=skip",
    "dcam-serve -s das": "dashcam",
    "dcam-serve -s photof,das": "photof,dashcam",
    "dcam-serve --source=photof,videor,das": "--source=photof,videor,dashcam",
    f"dcam-serve -o out -i {IMEI[:-1]}": IMEI,
    f"dcam-serve --output=out --imei={IMEI[:-1]}": f"--imei={IMEI}",
    f"dcam-serve -o known -i {IMEI},{IMEI[:-1]}": f"{IMEI},{OTHER}",
    f"dcam-serve -i {IMEI[:-2]}": f"{IMEI[:-2]}99",
    "dcam-sim localhost:7050 photof=app": "photof=apple.jpg",
    "dcam-sim localhost:7050 app": "apple.jpg",
    "dcam-sim --camera adas,das": "adas,dashcam",
    "dcam-meta coo": "coord",
    "dcam-meta --json coo": "coord",
    "dcam-meta coord app": None,
    "dcam-meta app": "apple.jpg",
    "dcam-meta --format=geo": "--format=geojson",
    "dcam-convert --codec=h265": "--codec=h265",
    "dcam-convert -o ap": "apple.jpg",
    "dcam-crc --extract kno": "known/",
}


class Completions(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="dualcam-test-")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        for name in (f"out/{IMEI}", "out/not-an-imei", f"known/.dcam-serve/{OTHER}", f"{IMEI[:-2]}99",
                     "home"):
            (cls.folder / name).mkdir(parents=True)
        (cls.folder / "apple.jpg").touch()
        cls.environment = {"HOME": str(cls.folder / "home"), "TERM": "dumb", "LC_ALL": "C.UTF-8",
                           "PATH": f"{TOOLS}:/usr/bin:/bin"}

    def run_shell(self, *command):
        return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE,
                              cwd=self.folder, env=self.environment).stdout

    def bash(self, line):
        """As readline would call the function, which splits words at the equals sign as well."""
        name = line.split()[0]
        words = line.replace("=", " = ").split()
        output = self.run_shell(
            "bash", "-c", f"source {COMPLETIONS}/bash/{name}; COMP_WORDS=({' '.join(words)});"
            f"COMP_CWORD={len(words) - 1}; _{name.replace('-', '_')}; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
        start = line.split()[-1]
        start = start[:start.rfind("=") + 1]  # readline has it already
        return [start + each + ("/" if (self.folder / each).is_dir() and name == "dcam-crc" else "")
                for each in output.splitlines() if each]

    def fish(self, line):
        output = self.run_shell(
            "fish", "-c", f"set fish_complete_path {COMPLETIONS}/fish $fish_complete_path;"
            f"complete -C '{line}'")
        return [each.split("\t")[0] for each in output.splitlines()]

    def test_bash(self):
        for line, expected in LINES.items():
            with self.subTest(line):
                self.assertEqual(self.bash(line), [expected] if expected else [])

    def test_bash_where_the_equals_sign_breaks_no_word(self):
        for word, expected in (("--if-exists=sk", "--if-exists=skip"),
                               ("--source=photof,das", "--source=photof,dashcam")):
            output = self.run_shell("bash", "-c", f"source {COMPLETIONS}/bash/dcam-serve;"
                                    f"COMP_WORDS=(dcam-serve {word}); COMP_CWORD=1; _dcam_serve;"
                                    "echo ${COMPREPLY[@]}")
            self.assertEqual(output.strip(), expected)

    def test_bash_where_the_folder_has_a_blank(self):
        (self.folder / f"my files/{IMEI}").mkdir(parents=True)
        for typed in (r"my\ files", "'my files'", '"my files"'):
            output = self.run_shell("bash", "-c", f"source {COMPLETIONS}/bash/dcam-serve;"
                                    'COMP_WORDS=(dcam-serve -o "$0" -i 3); COMP_CWORD=4; _dcam_serve;'
                                    "echo ${COMPREPLY[@]}", typed)
            self.assertEqual(output.strip(), IMEI)

    def test_bash_finds_them_installed(self):
        """The loader of bash-completion: one file a tool, from a folder it knows."""
        for path in COMPLETIONS.glob("bash/dcam-*"):
            output = self.run_shell("bash", "-c", f"source {path} && complete -p {path.name}")
            self.assertEqual(output, f"complete -F _{path.name.replace('-', '_')} {path.name}\n")

    def test_fish(self):
        for line, expected in LINES.items():
            with self.subTest(line):
                self.assertEqual(self.fish(line), [expected] if expected else [])

    def test_zsh(self):
        answers = self.folder / "answers"
        script = [f"cd {self.folder}", f"fpath=({COMPLETIONS}/zsh $fpath)", "setopt no_beep no_auto_menu",
                  "autoload -U compinit; compinit -u -D",
                  f"answer() {{ zle complete-word; print -r -- $BUFFER >> {answers}; BUFFER= }}",
                  "zle -N answer; bindkey '^T' answer"]
        keys = "\n".join(script) + "\n" + "".join(f"{line}\x14" for line in LINES) + "exit\n"
        controller, terminal = pty.openpty()
        shell = subprocess.Popen(["zsh", "-f", "-i"], stdin=terminal, stdout=terminal, stderr=terminal,
                                 cwd=self.folder, env=self.environment, start_new_session=True)
        os.close(terminal)
        self.addCleanup(os.close, controller)
        self.addCleanup(shell.kill)
        os.write(controller, keys.encode())
        try:
            while os.read(controller, 65536):
                pass
        except OSError:  # the shell has gone
            pass
        shell.wait(PATIENCE)
        found = [line.split()[-1].rstrip(",") for line in answers.read_text().splitlines()]
        self.assertEqual(found, [expected or line.split()[-1] for line, expected in LINES.items()])


if __name__ == "__main__":
    unittest.main()
