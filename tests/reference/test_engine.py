"""The reference by itself: cases worked out by hand, laws on random cases, repeatability.

Run from anywhere: python3 -m unittest discover -s tests/reference
"""
import copy
import json
import pathlib
import unittest

from cases import FLAVOURS, make
from engine import simulate

COST = [10, 1, 2, 1]  # ns: 10 + prefill tokens + 2 * sequences + KV tokens read


def run(policy, requests, **settings):
    rows = [{"arrival_ns": r[0], "prompt": r[1], "output": r[2],
             "blocks": r[3] if len(r) > 3 else []} for r in requests]
    settings = dict({"policy": policy, "cost": COST, "prefix_cache": False}, **settings)
    return simulate(settings, rows)


def columns(rows, *names):
    return [tuple(row[name] for name in names) for row in rows]


class HandCases(unittest.TestCase):
    def test_one_request(self):
        # Prefill of 5: 10 + 5 + 2 = 17. Decodes read 6, then 7: 10 + 2 + 6, 10 + 2 + 7.
        for policy in ("vllm_v0", "vllm_v1"):
            out = run(policy, [(0, 5, 3)], blocks=4, block_size=4)
            self.assertEqual(columns(out["steps"], "start_ns", "end_ns", "kind", "blocks_used"),
                             [(0, 17, 0, 2), (17, 35, 1, 2), (35, 54, 1, 2)])
            self.assertEqual(columns(out["requests"], "first_token_ns", "finish_ns"), [(17, 54)])

    def test_arrival_at_a_step_end_joins_the_next_plan(self):
        # The first prefill ends at 10 + 3 + 2 = 15: an arrival at 15 is planned at 15, 16 is not.
        out = run("vllm_v1", [(0, 3, 2), (15, 1, 1), (16, 1, 1)], blocks=9, block_size=4)
        # Step 2: decode reads 4, prefill 1: 10 + 1 + 4 + 4 = 19.
        self.assertEqual(columns(out["requests"], "first_scheduled_ns"), [(0,), (15,), (34,)])
        self.assertEqual(columns(out["steps"], "end_ns", "kind"), [(15, 0), (34, 2), (47, 0)])

    def test_v1_preempts_the_newest_and_resumes_without_cache(self):
        # 4 blocks of 2. Both prompts of 3 take 2 blocks. The fifth token of request 0 needs a
        # third: request 1 (4 computed, 5 known) goes. It restarts with 5 tokens, 4 of them again.
        out = run("vllm_v1", [(0, 3, 4), (0, 3, 4)], blocks=4, block_size=2)
        self.assertEqual(
            columns(out["steps"], "sequences", "prefill_tokens", "blocks_used", "waiting",
                    "preempted", "kv_tokens_read"),
            [(2, 6, 4, 0, 0, 0), (2, 0, 4, 0, 0, 8), (1, 0, 3, 1, 1, 5), (1, 0, 3, 1, 0, 6),
             (1, 5, 3, 0, 0, 0), (1, 0, 3, 0, 0, 6)])
        # Ends: 20, 42, 59, 77, 94, 112.
        self.assertEqual(columns(out["requests"], "finish_ns", "recomputed", "preemptions"),
                         [(77, 0, 0), (112, 4, 1)])

    def test_v1_resumption_hits_its_own_blocks(self):
        # As above, with names: request 1 frees its tail first, so request 0 pops that block; the
        # other one is found again: 2 tokens resumed, 3 scheduled, 2 of them for the second time.
        out = run("vllm_v1", [(0, 3, 4), (0, 3, 4)], blocks=4, block_size=2, prefix_cache=True)
        self.assertEqual(columns(out["requests"], "cached", "resumed", "recomputed"),
                         [(0, 0, 0), (0, 2, 2)])
        self.assertEqual(columns(out["steps"], "prefill_tokens", "kv_tokens_read")[4], (3, 2))

    def test_v1_full_hit_recomputes_the_last_block(self):
        # floor((4 - 1) / 2) = 1 block may hit, also one allocated earlier in the same step.
        out = run("vllm_v1", [(0, 4, 1, [0, 1]), (0, 4, 1, [0, 1]), (90, 5, 1, [0, 1, 2])],
                  blocks=9, block_size=2, prefix_cache=True)
        self.assertEqual(columns(out["requests"], "cached"), [(0,), (2,), (4,)])

    def test_partial_last_id_never_hits_but_ids_beyond_the_prompt_do(self):
        # Prompt 3, blocks of 2: [0, 1] names one full block; [0, 1, 2] goes on into the output.
        for ids, cached in (([0, 1], 2), ([0, 1, 2], 4)):
            out = run("vllm_v1", [(0, 3, 4, ids), (500, 7, 1, [0, 1, 9])], blocks=9, block_size=2,
                      prefix_cache=True)
            self.assertEqual(out["requests"][1]["cached"], cached)

    def test_v1_budget_starves_the_end_of_the_running_list(self):
        # 2 tokens a step: requests 0 and 1 decode, request 2 cannot even be admitted before one
        # of them ends.
        out = run("vllm_v1", [(0, 1, 3), (0, 1, 3), (0, 1, 1)], blocks=9, block_size=4,
                  max_num_batched_tokens=2, max_num_seqs=64)
        self.assertEqual(columns(out["steps"], "sequences", "running", "waiting"),
                         [(2, 2, 1), (2, 2, 1), (2, 2, 1), (1, 1, 0)])

    def test_v1_reserves_blocks_for_the_whole_prompt(self):
        # 4 blocks of 2; request 0 takes 2 for one step of 4 tokens. Request 1's first chunk of 4
        # (8 a step) needs 2 blocks, its prompt 3: it waits for the end at 10 + 4 + 2 = 16, or not.
        for reserve, at in ((True, 16), (False, 0)):
            out = run("vllm_v1", [(0, 4, 1), (0, 6, 1)], blocks=4, block_size=2,
                      max_num_batched_tokens=8, reserve_full_isl=reserve)
            self.assertEqual(out["requests"][1]["first_scheduled_ns"], at)

    def test_v1_rejects_what_the_pool_can_never_hold(self):
        # 9 + 9 - 1 = 17 tokens need 5 blocks of 4.
        out = run("vllm_v1", [(0, 9, 9), (0, 9, 8)], blocks=4, block_size=4)
        self.assertEqual(columns(out["requests"], "status"), [(1,), (0,)])

    def test_v0_one_block_preempts_before_exact_does(self):
        # 4 blocks of 2, prompts of 3. one_block: no free block, so request 1 goes before the first
        # decode, is prefilled again alone (4 tokens, 3 again), goes again at request 0's third
        # block, and comes back with 5 tokens (4 again).
        out = run("vllm_v0", [(0, 3, 4), (0, 3, 4)], blocks=4, block_size=2)
        self.assertEqual(columns(out["steps"], "kind", "sequences", "prefill_tokens", "preempted"),
                         [(0, 2, 6, 0), (1, 1, 0, 1), (0, 1, 4, 0), (1, 1, 0, 1), (1, 1, 0, 0),
                          (0, 1, 5, 0), (1, 1, 0, 0)])
        self.assertEqual(out["requests"][1]["recomputed"], 7)
        # exact: both decode once in the room they hold.
        out = run("vllm_v0", [(0, 3, 4), (0, 3, 4)], blocks=4, block_size=2, can_append="exact")
        self.assertEqual(columns(out["requests"], "recomputed", "preemptions"), [(0, 0), (4, 1)])

    def test_v0_fails_what_outgrows_the_pool(self):
        # 2 blocks of 2. After the prefill no block is free: it preempts itself (no step), is
        # prefilled again with 4 tokens, then has 5: can_allocate says NEVER.
        out = run("vllm_v0", [(0, 3, 10)], blocks=2, block_size=2)
        self.assertEqual(columns(out["requests"], "status", "first_token_ns", "finish_ns",
                                 "output", "preemptions"), [(2, 15, -1, 2, 2)])
        self.assertEqual(columns(out["steps"], "kind", "preempted"), [(0, 0), (0, 1)])

    def test_v0_rejects_at_the_head_and_goes_on(self):
        out = run("vllm_v0", [(0, 9, 1), (0, 8, 1)], blocks=9, block_size=4,
                  max_num_batched_tokens=8)
        self.assertEqual(columns(out["requests"], "status", "first_scheduled_ns"),
                         [(1, -1), (0, 0)])

    def test_v0_chunked_mixes_chunks_with_decodes(self):
        # 4 tokens a step: 3 + 1 of 6, then decode 1 + chunk 3, then the chunk of 2 alone.
        out = run("vllm_v0", [(0, 3, 2), (0, 6, 1)], blocks=9, block_size=2, chunked=True,
                  max_num_batched_tokens=4)
        self.assertEqual(columns(out["steps"], "kind", "prefill_tokens", "kv_tokens_read"),
                         [(0, 4, 0), (2, 3, 4 + 1), (0, 2, 4)])

    def test_routers(self):
        # By 50 replica 0 is empty and 1 is not: it takes one, and at 1 : 1 the lowest id again.
        rows = [(0, 2, 1), (0, 2, 9), (50, 2, 1), (50, 2, 1)]
        out = run("vllm_v1", rows, blocks=9, replicas=2, router="least_loaded")
        self.assertEqual(columns(out["requests"], "replica"), [(0,), (1,), (0,), (0,)])
        out = run("vllm_v1", rows, blocks=9, replicas=2, router="round_robin")
        self.assertEqual(columns(out["requests"], "replica"), [(0,), (1,), (0,), (1,)])


class Laws(unittest.TestCase):
    def watch(self, replica):
        pool, settings = replica.pool, replica.settings
        held = [block for request in replica.running for block in request.blocks]
        for block in range(pool.size):  # 2: free + pinned = capacity, shared counted once
            self.assertEqual(pool.references[block], held.count(block))
            self.assertEqual(block in pool.free, block not in held)
            if pool.names[block] is not None:
                self.assertIn(block, pool.named[pool.names[block]])
        self.assertFalse(any(request.blocks for request in replica.waiting))
        self.assertLessEqual(len(replica.running), settings["max_num_seqs"])
        if settings["policy"] == "vllm_v1" or settings["chunked"]:
            self.assertLessEqual(sum(n for _, n in replica.work),
                                 settings["max_num_batched_tokens"])
        if not replica.work:  # 6: never idle with work
            self.assertFalse(replica.running or replica.waiting)
        self.scheduled += sum(n for _, n in replica.work)

    def test_random_cases(self):
        preempted = hits = 0
        for flavour in FLAVOURS:
            for seed in range(12):
                with self.subTest(flavour=flavour, seed=seed):
                    case = make(flavour, seed)
                    again = copy.deepcopy(case)
                    self.scheduled = 0
                    out = simulate(case["settings"], case["requests"], self.watch)
                    self.assertEqual(case, again)
                    self.assertEqual(out, simulate(again["settings"], again["requests"]))
                    self.check(case, out)
                    preempted += sum(r["preemptions"] for r in out["requests"])
                    hits += sum(r["cached"] + r["resumed"] for r in out["requests"])
        self.assertGreater(preempted, 400)
        self.assertGreater(hits, 1000)

    def check(self, case, out):
        for row, done in zip(case["requests"], out["requests"]):
            if done["status"] == 0:
                self.assertEqual(done["output"], row["output"])
                self.assertTrue(row["arrival_ns"] <= done["first_scheduled_ns"]
                                < done["first_token_ns"] <= done["finish_ns"])
        failed = any(done["status"] == 2 for done in out["requests"])
        if not failed:  # a preemption before a failure may have no later step
            self.assertEqual(sum(step["preempted"] for step in out["steps"]),
                             sum(done["preemptions"] for done in out["requests"]))
        cache = case["settings"]["policy"] == "vllm_v1" and case["settings"]["prefix_cache"]
        if not failed and not cache:
            computed = sum(row["prompt"] + row["output"] - 1
                           for row, done in zip(case["requests"], out["requests"])
                           if done["status"] == 0)
            again = sum(r["recomputed"] for r in out["requests"])
            self.assertEqual(self.scheduled, computed + again)


class Goldens(unittest.TestCase):
    def test_the_files_hold_what_the_reference_says(self):
        folder = pathlib.Path(__file__).resolve().parent.parent / "golden" / "schedules"
        files = sorted(folder.glob("*.json"))
        self.assertGreaterEqual(len(files), 30)
        for file in files:
            case = json.loads(file.read_text())
            self.assertEqual(simulate(case["settings"], case["requests"]), case["expected"], file)


if __name__ == "__main__":
    unittest.main()
