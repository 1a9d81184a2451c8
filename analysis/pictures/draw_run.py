#!/usr/bin/env python3
"""Draws some minutes of a run folder: load, memory pressure, queue, power, in one-second buckets.

  python3 analysis/pictures/draw_run.py out/first_run-* 20 26 analysis/pictures/first_run.svg

Needs python3-h5py and python3-matplotlib. Reads records.h5 and summary.json, nothing else.
"""
import json
import pathlib
import sys

import h5py
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402

INK, ACCENT, SOFT = "#1f2933", "#b4451f", "#5b8aa6"


def main(folder, first_minute, last_minute, picture):
    summary = json.loads((folder / "summary.json").read_text())
    with h5py.File(folder / "records.h5") as records:
        rows = records["buckets"].attrs["rows_complete"]
        buckets = {name: data[:rows] for name, data in records["buckets"].items()}
    seconds = buckets["start_ns"] / 1e9
    width = seconds[1] - seconds[0]
    shown = (seconds >= 60 * first_minute) & (seconds < 60 * last_minute)
    b = {name: data[shown] for name, data in buckets.items()}
    time = seconds[shown] / 60

    plt.rcParams.update({"font.family": "DejaVu Sans", "font.size": 9, "text.color": INK,
                         "axes.labelcolor": INK, "axes.edgecolor": INK, "xtick.color": INK,
                         "ytick.color": INK, "svg.hashsalt": "kvern"})
    figure, axes = plt.subplots(4, 1, figsize=(8, 6), sharex=True, constrained_layout=True)
    axes[0].bar(time, b["arrived"] / width, width=width / 60, color=SOFT)
    axes[0].set_ylabel("arrivals\nrequests/s")
    axes[1].fill_between(time, 100 * b["blocks_used_max"] / summary["kv_blocks"], color=SOFT,
                         alpha=0.5, linewidth=0)
    hits = b["preemptions"] > 0
    axes[1].plot(time[hits], np.full(hits.sum(), 104), "v", color=ACCENT, markersize=5,
                 label="preemption")
    axes[1].set_ylim(0, 112)
    axes[1].set_ylabel("KV blocks in use\n%, fuller replica")
    axes[1].legend(loc="lower right", frameon=False, fontsize=8)
    axes[2].step(time, b["waiting_max"], color=ACCENT, linewidth=1)
    axes[2].set_ylabel("waiting\nrequests")
    axes[3].plot(time, b["energy_nj"] / 1e9 / width, color=INK, linewidth=0.8)
    axes[3].set_ylabel("power\nW, all boards")
    axes[3].set_xlabel("simulated minutes")
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
    figure.suptitle(f"{summary['scenario']}, minutes {first_minute} to {last_minute}", x=0.01,
                    ha="left")
    figure.savefig(picture, metadata={"Date": None} if picture.endswith("svg") else None)


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
