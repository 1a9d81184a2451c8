"""Compares cache-only replays with libCacheSim: the same accesses, miss for miss.

python3 tests/reference/libcachesim_compare.py BINARY [--bench KVERN_BENCH]

BINARY is `kvern`. Traces: Zipf(1.0), drawn here, and, where the data folder has it, Mooncake's
conversation trace. With --bench the speeds stand side by side too, both on one core over Zipf(1.0) traces of 5 M
accesses, 1 M contents and 100 k blocks (each draws its own). Needs the PyPI package `libcachesim`
(which brings numpy). Exit 0: all equal, 1: some differ, 77: the package is not there.

Policies that both define alike must agree exactly:
  FIFO, LRU, Clock, Sieve, LFU, ARC, TwoQ, Belady
  S3FIFO   is s3fifo(fill_main=true): until its first eviction libCacheSim puts into the main queue
           what exceeds the small one; the paper, and our default, does not
  LRUK     is lru_k(ghost_share=0): it forgets the uses of what was evicted, the paper does not
(On a Zipf trace LFU, LRUK and Sieve often agree with each other: as long as Sieve's hand has not
come round, all three evict the oldest of the blocks that were used once.)

Others differ, and are only printed:
  SLRU       fills its upper segments before the first eviction, and has four alike
  LIRS       makes a LIR block HIR at each hit of a HIR block outside the stack, though none came
  GDSF       puts the newcomer in before it evicts: its key counts from the clock before that
             eviction, and it may go itself; here the victim goes first. (A model of both, in 30
             lines, gives both counts exactly.)
  WTinyLFU   another sketch
  Hyperbolic, LeCaR, Random   other random draws
LFUDA is not run: there a use adds the lowest key to a key (in the paper 1, and the age), so keys
double and its search for the next one does not end within minutes.
"""
import argparse
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile
import time

from data import DATA

try:
    import libcachesim
    import numpy
except ImportError as missing:
    print(f"skipped: {missing}; python3 -m pip install libcachesim")
    sys.exit(77)

ALIKE = {"FIFO": "fifo", "LRU": "lru", "Clock": "clock", "Sieve": "sieve", "LFU": "lfu",
         "ARC": "arc", "TwoQ": "two_q", "S3FIFO": "s3fifo(fill_main=true)",
         "LRUK": "lru_k(ghost_share=0)", "Belady": "belady"}
UNLIKE = {"SLRU": "slru(segments=4, protected_share=0.75)", "LIRS": "lirs",
          "GDSF": "gdsf", "WTinyLFU": "w_tinylfu", "Hyperbolic": "hyperbolic", "LeCaR": "lecar",
          "Random": "random"}
TIMED = {"FIFO": "fifo", "LRU": "lru", "Sieve": "sieve", "S3FIFO": "s3fifo", "ARC": "arc",
         "Belady": "belady"}


def zipf(accesses, contents, seed):
    shares = numpy.cumsum(1 / numpy.arange(1, contents + 1))
    draws = numpy.random.default_rng(seed).random(accesses) * shares[-1]
    return numpy.searchsorted(shares, draws)


def mooncake():
    path = DATA / "traces/mooncake/conversation_trace.jsonl.gz"
    if not path.exists():
        return None
    with gzip.open(path, "rt") as lines:
        return numpy.concatenate([json.loads(line)["hash_ids"] for line in lines])


def write_oracle_general(ids, path):
    """24 bytes an access: time, content, size, number of the next access from 1 (-1 never)."""
    record = numpy.dtype([("time", "<u4"), ("content", "<u8"), ("size", "<u4"), ("next", "<i8")])
    rows = numpy.zeros(len(ids), record)
    rows["content"] = ids + 1
    rows["size"] = 1
    rows["next"] = -1
    order = numpy.argsort(ids, kind="stable")
    again = ids[order[:-1]] == ids[order[1:]]
    rows["next"][order[:-1][again]] = order[1:][again] + 1
    rows.tofile(path)


def theirs(path, policy, capacity):
    """Misses, and ns an access."""
    reader = libcachesim.TraceReader(str(path), libcachesim.TraceType.ORACLE_GENERAL_TRACE,
                                     libcachesim.ReaderInitParam(ignore_obj_size=True))
    cache = getattr(libcachesim, policy)(capacity)
    accesses = reader.get_num_of_req()
    start = time.perf_counter()
    miss_ratio, _ = cache.process_trace(reader)
    return round(miss_ratio * accesses), (time.perf_counter() - start) / accesses * 1e9


def ours(binary, path, policies, capacities):
    """Misses by (policy, capacity)."""
    command = [binary, "cache", str(path), "--json", "--policies", ",".join(policies),
               "--capacity", ",".join(map(str, capacities))]
    rows = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return {(row["policy"], row["capacity"]): row["accesses"] - row["hits"] for row in rows}


def compare(binary, name, ids, capacities, folder):
    path = folder / f"{name}.oracleGeneral.bin"
    write_oracle_general(ids, path)
    found = ours(binary, path, [*ALIKE.values(), *UNLIKE.values()], capacities)
    differ = 0
    for capacity in capacities:
        for policy, policy_here in (ALIKE | UNLIKE).items():
            misses, here = theirs(path, policy, capacity)[0], found[policy_here, capacity]
            bad = policy in ALIKE and misses != here
            differ += bad
            verdict = "equal" if misses == here else "DIFFERS" if bad else "defined otherwise"
            print(f"{name:14}{capacity:8} blocks  {policy:11}{misses:9} misses, here {here:9}  "
                  f"{verdict}")
    return differ


def compare_speeds(bench, folder):
    path = folder / "speed.oracleGeneral.bin"
    write_oracle_general(zipf(5_000_000, 1_000_000, seed=1), path)
    pattern = f"^cache_({'|'.join(TIMED.values())})$"
    rows = json.loads(subprocess.run([bench, "--json", f"--benchmark_filter={pattern}"], check=True,
                                     capture_output=True, text=True).stdout)
    rates = {row["benchmark"]: row["rate_per_s"] for row in rows}
    for policy, policy_here in TIMED.items():
        their_ns = theirs(path, policy, 100_000)[1]
        our_ns = 1e9 / rates["cache_" + policy_here]
        print(f"{policy:11}{their_ns:7.0f} ns an access, here {our_ns:6.1f} ns: "
              f"{our_ns / their_ns:.3f} of its time")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("--bench")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        differ = compare(options.binary, "zipf", zipf(500_000, 100_000, seed=1), [100, 1000, 10000],
                         folder)
        conversation = mooncake()
        if conversation is None:
            print("Mooncake's conversation trace is not there: not compared")
        else:
            differ += compare(options.binary, "conversation", conversation, [1000, 30000], folder)
        if options.bench:
            compare_speeds(options.bench, folder)
    print(f"{differ} differ" if differ else "all equal where defined alike")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
