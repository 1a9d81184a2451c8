"""A stepwise reference of the two engine rules, vLLM V0 and V1, in plain Python.

It walks one engine step at a time and keeps every list literally, so that a reader can check each
rule by eye; the product is compared with it to the nanosecond. It shares no code with the product.

A case is one JSON object (tests/golden/schedules/*.json are such objects):

  settings   policy "vllm_v0" | "vllm_v1"; replicas; router "round_robin" | "least_loaded"; blocks
             (usable, a replica); block_size; cost [a, b, c, d] in ns: a step lasts a + b * prefill
             tokens + c * sequences + d * KV tokens read; max_num_seqs; max_num_batched_tokens;
             max_model_len (null: no limit); watermark (share of blocks; null: V0 blocks div 100,
             V1 none). V0: can_append "one_block" | "exact"; chunked. V1: prefix_cache;
             chunked_prefill; long_prefill_token_threshold (0: none); reserve_full_isl;
             async_scheduling.
  requests   [{arrival_ns, prompt, output, blocks}], by arrival; the id is the index. `blocks` are
             prefix ids of block_size tokens each; a list longer than ceil(prompt / block_size)
             goes on beyond the prompt, else only full prompt blocks carry their id.
  expected   requests: [{id, status, replica, first_scheduled_ns, first_token_ns, finish_ns, output,
             cached, resumed, recomputed, preemptions}] by id. status 0 finished, 1 rejected,
             2 failed; -1 = never, and finish_ns is -1 unless finished; output = tokens made.
             A request rejected before routing has replica 0.
             steps: [{replica, start_ns, end_ns, kind, sequences, prefill_tokens, blocks_used,
             running, waiting, preempted, kv_tokens_read}] by start, then replica. kind 0 prefill,
             1 decode, 2 mixed. blocks_used (pinned), running and waiting are those during the
             step; preempted counts since the previous step's plan.
"""
from collections import deque

from pool import KvPool, Request, ceil_div

FINISHED, REJECTED, FAILED = 0, 1, 2
PREFILL, DECODE, MIXED = 0, 1, 2

DEFAULTS = {
    "replicas": 1, "router": "least_loaded", "block_size": 16, "cost": [5000000, 8000, 12000, 47],
    "max_num_seqs": 256, "max_num_batched_tokens": 2048, "max_model_len": None, "watermark": None,
    "can_append": "one_block", "chunked": False, "prefix_cache": True, "chunked_prefill": True,
    "long_prefill_token_threshold": 0, "reserve_full_isl": True, "async_scheduling": False,
}


class Replica:
    """Queues, pool and the step in flight; a subclass plans."""

    def __init__(self, number, settings):
        self.number, self.settings = number, settings
        self.pool = KvPool(settings["blocks"], settings["block_size"])
        self.waiting, self.running = deque(), []
        self.work, self.busy_until = [], None
        self.planned = []  # what runs after the step in flight (async scheduling)
        self.preempted, self.in_flight = 0, 0
        self.changed = False
        self.steps = []

    def watermark(self, default):
        share = self.settings["watermark"]
        return default if share is None else int(share * self.pool.size)

    def preempt(self, request):
        self.pool.release(request)
        request.frontier = max(request.frontier, request.computed)
        request.computed = 0
        request.preemptions += 1
        self.preempted += 1
        self.changed = True

    def admit(self, request):
        self.waiting.popleft()
        self.running.append(request)
        request.target = request.tokens  # ruling 5: prefill until these are computed

    def start_step(self, now):
        # Planned ahead, or (at first, or when there was nothing to plan then) now.
        self.work = self.planned or self.make_plan()
        self.planned = []
        if not self.work:
            return
        prefill = read = prefills = 0
        for request, n in self.work:
            if request.first_scheduled < 0:
                request.first_scheduled = now
            # Ruling 10: recomputed = scheduled tokens at positions computed before a preemption.
            again = min(request.computed + n, request.frontier) - request.computed
            request.recomputed += max(0, again)
            if request.computed < request.target:
                prefills += 1
                prefill += n
                read += request.computed  # the tokens before the chunk, cached ones included
            else:
                read += request.computed + 1  # the context with the token being decoded
        a, b, c, d = self.settings["cost"]
        self.busy_until = now + a + b * prefill + c * len(self.work) + d * read
        kind = DECODE if prefills == 0 else PREFILL if prefills == len(self.work) else MIXED
        self.steps.append({
            "replica": self.number, "start_ns": now, "end_ns": self.busy_until, "kind": kind,
            "sequences": len(self.work), "prefill_tokens": prefill,
            "blocks_used": self.pool.size - len(self.pool.free), "running": len(self.running),
            "waiting": len(self.waiting), "preempted": self.preempted, "kv_tokens_read": read})
        self.preempted = 0
        for request, n in self.work:
            request.computed += n
            request.pending = int(request.computed == request.tokens)  # from the last known token
        if self.settings["async_scheduling"]:
            self.planned = self.make_plan()

    def make_plan(self):
        work, self.changed = [], True
        while self.changed and not work:  # ruling 8: a plan without work is made again
            self.changed = False
            work = self.plan()
        return work

    def end_step(self, now):
        for request, _ in self.work:
            request.generated += request.pending
            if request.pending and request.first_token < 0:
                request.first_token = now
            request.pending = 0
        # Ruling 9: finished requests free in running order.
        for request in [r for r in self.running if r.generated == r.output]:
            self.running.remove(request)
            self.pool.release(request)
            request.finish = now
            self.leave(request, FINISHED)
        self.work, self.busy_until = [], None

    def leave(self, request, status):
        request.status = status
        self.in_flight -= 1


class ReplicaV0(Replica):
    """vLLM V0: prefills first and alone, or chunked. Recompute only, so swapped stays empty."""

    def plan(self):
        if self.settings["chunked"]:
            return self.plan_chunked()
        limit = self.settings["max_num_batched_tokens"]
        work = self.plan_waiting(limit, limit)
        # Prefill-only if any prefill was chosen; else decodes, which no token budget bounds.
        return work or self.plan_running(self.settings["max_num_seqs"], requeue=self.waiting)

    def plan_chunked(self):
        # Decodes and unfinished chunks by arrival, then waiting, even after a preemption: victims
        # are at its front by then.
        budget = self.settings["max_num_batched_tokens"]
        work = self.plan_running(budget, requeue=self.waiting)
        left = budget - sum(n for _, n in work)
        return work + self.plan_waiting(left, None)

    def plan_waiting(self, budget, prompt_limit):
        watermark = self.watermark(self.pool.size // 100)
        work = []
        while self.waiting:
            request = self.waiting[0]
            need = self.pool.needed(request, request.tokens)
            too_long = prompt_limit is not None and request.tokens > prompt_limit
            spare = self.pool.size - need
            if too_long or spare < watermark:  # ignored
                self.waiting.popleft()
                self.changed = True
                # Ruling 7: without output rejected, with output failed; the loop goes on.
                self.leave(request, FAILED if request.generated else REJECTED)
                continue
            if len(self.pool.free) - need < watermark:  # can_allocate LATER
                break
            n = request.tokens if prompt_limit is not None else min(request.tokens, budget)
            if n == 0 or n > budget or len(self.running) + 1 > self.settings["max_num_seqs"]:
                break
            self.admit(request)
            self.pool.grow(request, request.tokens)
            work.append((request, n))
            budget -= n
        return work

    def plan_running(self, budget, requeue):
        self.running.sort(key=lambda r: (r.arrival, r.id))
        work = []
        while len(work) < len(self.running):
            request = self.running[len(work)]
            n = min(request.tokens - request.computed, budget)
            if n == 0:
                break
            while not self.can_append(request):
                victim = self.running.pop()  # latest arrival, in the end the request itself
                self.preempt(victim)
                requeue.appendleft(victim)   # latest first, so FCFS among them
                if victim is request:
                    return work
            self.pool.grow(request, request.tokens)
            work.append((request, n))
            budget -= n
        return work

    def can_append(self, request):
        # Ruling 1: one free block even if the last one has room, unless "exact" counts. A prefill
        # appends nothing: it has blocks for its whole prompt since it was admitted.
        if request.computed < request.target:
            return True
        exact = self.settings["can_append"] == "exact"
        need = self.pool.needed(request, request.tokens) if exact else 1
        return need <= len(self.pool.free)


class ReplicaV1(Replica):
    """vLLM V1: one running list in admission order, one waiting queue, one token budget."""

    def plan(self):
        self.budget = self.settings["max_num_batched_tokens"]
        work = []
        if self.plan_running(work):
            self.plan_waiting(work)
        return work

    @staticmethod
    def ends(request):
        """Its last token is in flight: it keeps its place and blocks, and runs no more."""
        return request.generated + request.pending == request.output

    def chunk(self, n):
        threshold = self.settings["long_prefill_token_threshold"]
        return threshold if 0 < threshold < n else n

    def plan_running(self, work):
        """False once anything was preempted: then nobody is admitted."""
        index, limit = 0, self.settings["max_model_len"]
        preempted = False
        while index < len(self.running) and self.budget > 0:
            request = self.running[index]
            n = min(self.chunk(request.tokens - request.computed), self.budget)
            if limit is not None:
                n = min(n, limit - 1 - request.computed)
            index += 1
            if n == 0 or self.ends(request):
                continue
            while self.pool.needed(request, request.computed + n) > len(self.pool.free):
                # Whose end is in flight is no victim: its blocks come back after that step.
                victim = [r for r in self.running if not self.ends(r)][-1]
                self.running.remove(victim)
                self.preempt(victim)
                self.waiting.appendleft(victim)
                preempted = True
                if victim is request:
                    return False
            self.schedule(request, n, work)
        return not preempted

    def plan_waiting(self, work):
        while self.waiting and self.budget > 0:
            if len(self.running) >= self.settings["max_num_seqs"]:
                return
            request = self.waiting[0]
            hits = self.pool.lookup(request) if self.settings["prefix_cache"] else []
            cached = len(hits) * self.pool.block_size
            n = self.chunk(request.tokens - cached)
            if not self.settings["chunked_prefill"] and n > self.budget:
                return
            n = min(n, self.budget)
            if not self.fits(request, hits, cached + n):
                return
            self.pool.share(request, hits)
            self.admit(request)
            request.computed = cached
            if request.preemptions:
                request.resumed += cached
            else:
                request.cached += cached
            self.schedule(request, n, work)

    def fits(self, request, hits, tokens):
        last = request.tokens if self.settings["reserve_full_isl"] else tokens  # ruling 4
        need = ceil_div(max(last, tokens), self.pool.block_size) - len(hits)
        need += sum(block in self.pool.free for block in hits)  # they leave the free queue
        if self.running:  # the watermark holds newcomers back only while something runs
            need += self.watermark(0)
        return need <= len(self.pool.free)

    def schedule(self, request, n, work):
        self.pool.grow(request, request.computed + n)
        if self.settings["prefix_cache"]:
            self.pool.name_filled(request, request.computed + n)
        work.append((request, n))
        self.budget -= n


class Cluster:
    """Replicas behind a router, and the order of things at one instant."""

    def __init__(self, settings, rows):
        unknown = set(settings) - set(DEFAULTS) - {"policy", "blocks"}
        if unknown:
            raise ValueError(f"unknown settings {sorted(unknown)}")
        self.settings = dict(DEFAULTS, **settings)
        kind = {"vllm_v0": ReplicaV0, "vllm_v1": ReplicaV1}[self.settings["policy"]]
        self.replicas = [kind(i, self.settings) for i in range(self.settings["replicas"])]
        size = self.settings["block_size"]
        self.requests = [Request(i, row, size) for i, row in enumerate(rows)]
        self.routed = 0

    def refused(self, request):
        # More than max_model_len in all, or (ruling 7, V1) more blocks than there are.
        limit, most = self.settings["max_model_len"], request.prompt + request.output
        if limit is not None and most > limit:
            return True
        blocks = ceil_div(most - 1, self.settings["block_size"])
        return self.settings["policy"] == "vllm_v1" and blocks > self.settings["blocks"]

    def route(self, request):
        if self.settings["router"] == "round_robin":
            replica = self.replicas[self.routed % len(self.replicas)]
        else:  # fewest in flight, then lowest id
            replica = min(self.replicas, key=lambda r: (r.in_flight, r.number))
        self.routed += 1
        request.replica = replica.number
        replica.in_flight += 1
        replica.waiting.append(request)

    def run(self, watch=None):
        """watch(replica) is called after every plan, for tests of invariants."""
        arrivals = deque(self.requests)
        while True:
            times = [r.busy_until for r in self.replicas if r.busy_until is not None]
            times += [arrivals[0].arrival] if arrivals else []
            if not times:
                break
            now = min(times)
            for replica in self.replicas:  # 1. step ends, with all they free
                if replica.busy_until == now:
                    replica.end_step(now)
            while arrivals and arrivals[0].arrival == now:  # 2. arrivals in id order
                request = arrivals.popleft()
                if self.refused(request):
                    request.status = REJECTED
                else:
                    self.route(request)
            for replica in self.replicas:  # 3. planning
                if replica.busy_until is None:
                    replica.start_step(now)
                    if watch:
                        watch(replica)
        if any(r.status is None for r in self.requests):
            raise RuntimeError("stuck: requests wait, but nothing can run")
        steps = sorted((s for r in self.replicas for s in r.steps),
                       key=lambda s: (s["start_ns"], s["replica"]))
        return {"requests": [r.row() for r in self.requests], "steps": steps}


def simulate(settings, requests, watch=None):
    return Cluster(settings, requests).run(watch)
