#!/usr/bin/env python3
"""Every command that a README prints, run as it is printed. Usage: readme_commands.py ROOT BINARY

Commands are the lines of ```sh blocks (a backslash joins them) and inline code that begins with
"./kvern ". They run in a copy of the tree, a README after the other, in their order; `./kvern`
there is the built BINARY. Nothing is shortened: no key is set that isn't printed. Each must exit
with 0. Not run, with a line that says so:

  ./kvern test ...   this is one of its tests
  ... newest ...     the README's own new policy: readme_policy.sh builds and runs it
  ... # minutes      unless KVERN_MINUTES is set: each takes minutes
  what is absent     a "data:" file, of the command or of the scenario that it names, which isn't in
                     the data folder; the weights of a model that wasn't fetched

A command in a block of another kind, or of none, would escape: that is an error too.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(sys.argv[1]).resolve()
BINARY = pathlib.Path(sys.argv[2]).resolve()
sys.path.insert(0, str(ROOT / "tests" / "reference"))
from data import DATA  # noqa: E402 (the folder of the other scripts)

COMMAND = re.compile(r"^\s*(\./kvern|kvern|cc|c\+\+|g\+\+|python3?|cmake|ninja|ctest)\s")
LONGEST_S = 1200


def readmes(folder):
    apart = {"build", "out", ".git"}
    return [path for path in sorted(folder.rglob("README.md"))
            if not apart & set(path.relative_to(folder).parts)]


def commands(path):
    """(line, command) in order; fails for a command in a block that isn't `sh`."""
    found, kind, joined = [], None, ""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("```"):
            kind = line[3:].strip() if kind is None else None
            continue
        if kind is None:
            found += [(number, code) for code in re.findall(r"`(\./kvern [^`]+)`", line)]
        elif kind == "sh":
            joined += line.rstrip("\\")
            if not line.endswith("\\") and joined.strip():
                found.append((number, joined))
            joined = joined if line.endswith("\\") else ""
        elif COMMAND.match(line):
            sys.exit(f"{path}:{number}: a command outside an sh block: {line}")
    return found


def absent(command, tree):
    """What the command needs and isn't there; "" = nothing."""
    texts = [command]
    for name in re.findall(r"[\w./-]+\.toml", command):
        if (tree / name).exists():
            texts.append((tree / name).read_text())
    models = re.findall(r"--model ([\w.-]+)", command)
    for text in texts:
        for name in re.findall(r"data:([\w./-]+)", text):
            if not (DATA / name).exists():
                return f"data:{name}"
        for table in re.findall(r"^\[attention\]$(.*?)^\[", text, re.MULTILINE | re.DOTALL):
            models += re.findall(r'^model = "([\w.-]+)"', table, re.MULTILINE)
    for name in models:
        if not (ROOT / "build" / "models" / f"{name}.h5").exists():
            return f"the weights of {name} (./kvern models get {name})"
    return ""


def why_not(command, tree, minutes):
    if command.startswith("./kvern test"):
        return "this is one of its tests"
    if re.search(r"\bnewest\b", command):
        return "readme_policy.sh runs it"
    if command.rstrip().endswith("# minutes") and not minutes:
        return "takes minutes; set KVERN_MINUTES to run it"
    missing = absent(command, tree)
    return f"needs {missing}" if missing else ""


def main():
    minutes = bool(os.environ.get("KVERN_MINUTES"))
    ran = failed = 0
    lacking = set()  # what commands that didn't run would have written
    with tempfile.TemporaryDirectory() as name:
        tree = pathlib.Path(name)
        subprocess.run(f"tar -C '{ROOT}' -c --exclude=./build --exclude=./out --exclude=./.git . "
                       f"| tar -C '{tree}' -x", shell=True, check=True)
        (tree / "kvern").unlink()
        (tree / "kvern").symlink_to(BINARY)
        for path in readmes(tree):
            for line, command in commands(path):
                place = f"{path.relative_to(tree)}:{line}: {command}"
                reason = why_not(command, tree, minutes)
                reason = reason or "".join(f"needs {file}" for file in lacking if file in command.split())
                if reason:
                    if "trace record" in command:
                        lacking.add("recording.h5")
                    print(f"not run   {place}\n            {reason}")
                    continue
                begin = time.monotonic()
                done = subprocess.run(["bash", "-c", command], cwd=tree, capture_output=True,
                                      text=True, timeout=LONGEST_S, check=False)
                verdict = "ran" if done.returncode == 0 else f"EXIT {done.returncode}"
                print(f"{verdict:9} {place} ({time.monotonic() - begin:.1f} s)", flush=True)
                ran += 1
                if done.returncode != 0:
                    failed += 1
                    print(done.stdout[-2000:] + done.stderr[-2000:])
    print(f"{ran} commands ran, {failed} failed")
    return 1 if failed or ran < 20 else 0


if __name__ == "__main__":
    sys.exit(main())
