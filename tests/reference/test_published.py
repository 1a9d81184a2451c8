"""Published counts on the Azure 2023 conversation trace; skipped where the trace is not there."""
import csv
import unittest

from data import DATA
from engine import simulate

TRACE = DATA / "traces/azure2023/AzureLLMInferenceTrace_conv.csv"


def nanoseconds(stamp):
    """Since that day's midnight, from decimal text; the trace lies within one day."""
    hours, minutes, seconds = stamp.split(" ")[1].split(":")
    whole, fraction = seconds.split(".")
    whole = (int(hours) * 60 + int(minutes)) * 60 + int(whole)
    return whole * 10**9 + int(fraction.ljust(9, "0"))


def conversation():
    with TRACE.open(newline="") as file:
        rows = [(nanoseconds(row["TIMESTAMP"]), int(row["ContextTokens"]),
                 int(row["GeneratedTokens"])) for row in csv.DictReader(file)]
    return [{"arrival_ns": at - rows[0][0], "prompt": prompt, "output": output}
            for at, prompt, output in rows]


@unittest.skipUnless(TRACE.exists(), f"no {TRACE}")
class Published(unittest.TestCase):
    def test_v0_preemptions_by_can_append(self):
        # 900 blocks of 16, the 8B-like default costs, 256 sequences, 8192 tokens a step (one prompt
        # of 14,050 is over that and rejected): 533 preemptions with one_block, 487 with exact.
        rows = conversation()
        for can_append, expected in (("one_block", 533), ("exact", 487)):
            out = simulate({"policy": "vllm_v0", "blocks": 900, "can_append": can_append,
                            "max_num_batched_tokens": 8192}, rows)
            self.assertEqual(sum(row["preemptions"] for row in out["requests"]), expected)
            self.assertEqual(sum(row["status"] for row in out["requests"]), 1)

    def test_infermax_batches(self):
        # InferMax's own scheduler classes (ValerioL29/infermax), the first 500 requests at once,
        # 100,000 slots, 16,384 tokens a batch: batches, tokens, restarts, preempted requests,
        # largest batch. Its "vllm" is V0; its "sarathi", chunked or not, orders like V1.
        rows = [dict(row, arrival_ns=0) for row in conversation()[:500]]
        for settings, expected in (
                ({"policy": "vllm_v0"}, (2022, 715453, 109, 87, 121)),
                ({"policy": "vllm_v1"}, (1796, 691621, 80, 63, 121)),
                ({"policy": "vllm_v1", "chunked_prefill": False}, (1798, 679992, 71, 56, 121))):
            tokens = []
            out = simulate(dict(settings, blocks=100000, block_size=1, max_num_seqs=10**6,
                                max_num_batched_tokens=16384, watermark=0, prefix_cache=False),
                           rows, lambda replica: tokens.append(sum(n for _, n in replica.work)))
            restarts = [row["preemptions"] for row in out["requests"]]
            self.assertEqual((len(out["steps"]), sum(tokens), sum(restarts),
                              sum(n > 0 for n in restarts),
                              max(step["sequences"] for step in out["steps"])), expected)


if __name__ == "__main__":
    unittest.main()
