"""`kvern attention` against the plain Python of the token policies, row by row.

    token_compare.py KVERN [--recordings N] [--seed S] [--only NAME] [--verbose]

Makes recordings with h5py, replays each under every policy with random parameters, and compares
kept, hidden, steps, resident_max, read_last_step and (of whole tokens) bytes_read exactly, recall
and output error to 1e-9. A row may differ (and is counted) where the reference decided by a margin
that is rounding. First the published vectors. Exit 1 on a difference, 77 (skipped) without numpy
and h5py.
"""
import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy as np
except ImportError as error:
    # The environment that `kvern models get` makes has both.
    OURS = str(pathlib.Path(__file__).resolve().parents[2] / "build" / "venv" / "bin" / "python")
    # By its full path: Python finds its packages by what it was called as.
    if os.path.exists(OURS) and sys.executable != OURS:
        os.execv(OURS, [OURS, "-B", *sys.argv])
    print(f"skipped: {error}")
    sys.exit(77)

import token_cases
import token_draws
import token_replay

EXACT = ("layer", "head", "kept", "hidden", "steps", "resident_max", "read_last_step", "null_rows",
         "bytes_read")
# Their bytes are not those of whole tokens alone.
READ_APART = ("quest", "loki", "kv_quant")
CLOSE = ("recall_mean", "recall_min", "output_error_mean")
FORMS = ("softmax", "softmax", "relu", "softmax1")


def run(kvern, path, cases, form):
    command = [kvern, "attention", str(path), "--json", "--form", form]
    for case in cases:
        command += ["--policy", case.text()]
    return subprocess.run(command, capture_output=True, text=True)


def write(path, sequences):
    with h5py.File(path, "w") as file:
        for number, sequence in enumerate(sequences):
            sequence.write(file.create_group(f"sequences/{number}"))


def close(a, b, bar):
    if a is None or b is None:
        return a is b
    return abs(a - b) <= bar * max(1.0, abs(a))


def differences(name, expected, found, bar=1e-9):
    best_plan = name == "exact"
    # Which of equally good plans is taken is open.
    for key in EXACT if not best_plan else ("layer", "head", "steps"):
        if expected[key] != found[key] and not (key == "bytes_read" and name in READ_APART):
            yield key, expected[key], found[key]
    for key in CLOSE if not best_plan else ("recall_mean",):
        if not close(expected[key], found[key], bar):
            yield key, expected[key], found[key]


class Tally:
    def __init__(self):
        self.rows, self.recordings, self.near, self.bad = 0, 0, 0, 0


def compare(kvern, path, sequences, cases, form, tallies, verbose):
    write(path, sequences)
    answer = run(kvern, path, cases, form)
    if answer.returncode != 0:
        print(f"refused: {answer.stderr.strip()} [{path}]")
        tallies["refused"].bad += 1
        if len(cases) > 1:
            for case in cases:
                compare(kvern, path, sequences, [case], form, tallies, verbose)
        return
    rows = iter(json.loads(answer.stdout))
    layers = [layer for s in sequences for layer in s.replayed(form)]
    for case in cases:
        tally, bad = tallies[case.label], 0
        tally.recordings += 1
        for layer in layers:
            token_replay.NEAR.clear()
            for expected in token_replay.replay(layer, case.make):
                wrong = list(differences(case.name, expected, next(rows)))
                tally.rows += 1
                if not wrong:
                    continue
                if token_replay.NEAR:
                    tally.near += 1
                    continue
                bad += 1
                if verbose and bad <= verbose and tally.bad < 3 * verbose:
                    print(f"{case.text()} {form} T {layer.tokens} prompt {layer.prompt} layer "
                          f"{layer.number}/{layer.layers} head {expected['head']} heads "
                          f"{layer.heads}/{layer.kv_heads} {path}")
                    for key, ours, theirs in wrong:
                        print(f"    {key}: reference {ours}, kvern {theirs}")
        tally.bad += bad


VECTORS = (  # the design's: policy, kept, mean recall, smallest
    (("window", {"size": 6}), [18, 19, 20, 21, 22, 23], .679121, .245503),
    (("streaming_llm", {"sinks": 2, "recent": 4}), [0, 1, 20, 21, 22, 23], .592879, .069082),
    (("h2o", {"heavy": 3, "recent": 3}), [0, 1, 2, 21, 22, 23], .609060, .056760),
    (("tova", {"size": 6}), [2, 3, 13, 14, 19, 20], .550138, .091212),
    (("buzz", {"sinks": 1, "window": 3, "threshold": 4, "stride": 3}),
     [0, 1, 18, 21, 22, 23], .683219, .070626),
    (("future_mass_greedy", {"size": 6}), [15, 16, 19, 20, 22, 23], .731090, .258553),
    (("per_step_oracle", {"size": 6}), list(range(24)), .893957, .577197),
    (("h2o", {"heavy": 3, "recent": 3, "variant": "A"}), [0, 1, 2, 22, 23], .555888, None),
    (("h2o", {"heavy": 3, "variant": "C"}), [0, 1, 21, 22, 23], .559139, None),
    (("buzz", {"sinks": 1, "window": 3, "threshold": 4, "stride": 3, "variant": "fast"}),
     [0, 2, 20, 21, 22, 23], .703073, None),
)


def vectors(kvern, path):
    """Both the program and the reference against the published numbers."""
    cases = [token_cases.Case(name, **given) for (name, given), *_ in VECTORS]
    sequence = token_cases.micro()
    write(path, [sequence])
    answer = run(kvern, path, cases, "softmax")
    layer, bad = sequence.replayed("softmax")[0], 0
    for case, row, (_, kept, mean, least) in zip(cases, json.loads(answer.stdout), VECTORS):
        for who, found in (("kvern", row), ("reference", token_replay.replay(layer, case.make)[0])):
            good = found["kept"] == kept and close(mean, found["recall_mean"], 1e-6)
            good = good and (least is None or close(least, found["recall_min"], 1e-6))
            if not good:
                bad += 1
                print(f"{who} misses the vector of {case.text()}: {found}")
    return bad


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kvern")
    parser.add_argument("--recordings", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest", type=int, default=48)
    parser.add_argument("--only")
    parser.add_argument("--verbose", type=int, default=0)
    parser.add_argument("--folder")
    given = parser.parse_args()
    tallies = collections.defaultdict(Tally)
    with tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(given.folder or made)
        tallies["published vectors"].bad = vectors(given.kvern, folder / "micro.h5")
        tallies["published vectors"].rows = len(VECTORS)
        for number in range(given.recordings):
            random = np.random.default_rng([given.seed, number])
            sequences = token_cases.recording(random, given.longest)
            form = FORMS[int(random.integers(0, len(FORMS)))]
            cases = [c for c in token_draws.cases(random, sequences)
                     if not given.only or c.name == given.only]
            compare(given.kvern, folder / f"{number}.h5", sequences, cases, form, tallies,
                    given.verbose)
    for label, tally in sorted(tallies.items()):
        print(f"{label:40} {tally.recordings:4} recordings {tally.rows:6} rows "
              f"{tally.near:4} near ties {tally.bad:5} differ")
    sys.exit(1 if any(t.bad for t in tallies.values()) else 0)


if __name__ == "__main__":
    main()
