"""Writes tests/golden/schedules/*.json: small cases of every flavour with the reference's rows.

python3 tests/reference/goldens.py    writes the files anew (a change in them needs a reason)
The form is described in engine.py; the numbers were computed here, by no product code.
"""
import json
import pathlib

from cases import FLAVOURS, make
from engine import DEFAULTS, simulate

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "golden" / "schedules"
BYTES_MAX = 5300


def total(out, column):
    return sum(row[column] for row in out["requests"])


# What a case must show to be kept; each flavour keeps one case for each of its three wishes.
WISHES = {
    "preempts": lambda out: total(out, "preemptions") >= 2,
    "recomputes": lambda out: total(out, "recomputed") >= 3 and total(out, "preemptions") >= 4,
    "mixes": lambda out: sum(s["kind"] == 2 for s in out["steps"]) >= 3,
    "queues": lambda out: max((s["waiting"] for s in out["steps"]), default=0) >= 3,
    "hits": lambda out: total(out, "cached") > 0 and len(out["steps"]) > 3,
    "resumes": lambda out: total(out, "resumed") > 0,
    "refuses": lambda out: any(r["status"] == 1 for r in out["requests"]) and out["steps"][5:],
    "fails": lambda out: any(r["status"] == 2 for r in out["requests"]),
    "spreads": lambda out: len({r["replica"] for r in out["requests"]}) >= 2
    and total(out, "preemptions") >= 1,
}
PICKS = {"v0": ("preempts", "fails", "refuses"), "v0_tight": ("recomputes", "fails", "queues"),
         "v0_watermark": ("queues", "preempts"), "v0_chunked": ("preempts", "recomputes", "mixes"),
         "v0_replicas": ("spreads", "queues"), "v1_replicas": ("spreads", "mixes"),
         "v1_prefix": ("hits", "resumes", "mixes"), "v1_beyond": ("hits", "resumes", "recomputes"),
         "v1_prefix_tight": ("preempts", "resumes", "refuses"),
         "v1_prefix_ceil": ("hits", "resumes"), "v1_async": ("queues", "mixes"),
         "v1_async_tight": ("preempts", "recomputes"), "v1_async_prefix_tight": ("hits", "resumes")}
OTHERS = ("preempts", "recomputes", "mixes")


def document(flavour, seed):
    case = make(flavour, seed)
    case.pop("trace", None)
    for row in case["requests"]:
        row.pop("trace_blocks", None)
        row.setdefault("blocks", [])
    out = simulate(case["settings"], case["requests"])
    lines = ["{", f' "name": "{flavour}_{seed}",',
             f' "settings": {compact(dict(DEFAULTS, **case["settings"]))},',
             ' "requests": [' + rows(case["requests"]) + "],",
             ' "expected": {', '  "requests": [' + rows(out["requests"]) + "],",
             '  "steps": [' + rows(out["steps"]) + "]}", "}", ""]
    return "\n".join(lines), out


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def rows(values):
    return ",\n  ".join(compact(value) for value in values)


def write():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.json"):
        old.unlink()
    for flavour in FLAVOURS:
        seed = 0
        for wish in PICKS.get(flavour, OTHERS):
            while True:
                text, out = document(flavour, seed)
                if len(text) <= BYTES_MAX and WISHES[wish](out):
                    break
                seed += 1
                if seed > 5000:
                    raise RuntimeError(f"no small case of {flavour} {wish}")
            (FOLDER / f"{flavour}_{seed}.json").write_text(text)
            seed += 1


if __name__ == "__main__":
    write()
