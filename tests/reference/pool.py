"""What a request carries and the paged KV pool it draws from, kept literally."""
from collections import OrderedDict


def ceil_div(a, b):
    return -(-a // b)


class Request:
    """What the engine knows of a request, and what it will report."""

    def __init__(self, number, row, block_size):
        self.id, self.arrival = number, row["arrival_ns"]
        self.prompt, self.output = row["prompt"], row["output"]
        ids = row.get("blocks") or []
        # Ruling 3: only full prompt blocks carry the trace's id, unless ids go beyond the prompt.
        beyond = len(ids) > ceil_div(self.prompt, block_size)
        self.ids = ids if beyond else ids[:self.prompt // block_size]
        self.generated = self.computed = 0
        self.pending = 0    # the token that the step in flight will give (async scheduling)
        self.target = 0     # tokens known at the last admission: below it the request prefills
        self.frontier = 0   # positions below it were computed before some preemption
        self.blocks = []    # block table
        self.status, self.replica = None, 0
        self.first_scheduled = self.first_token = self.finish = -1
        self.cached = self.resumed = self.recomputed = self.preemptions = 0

    @property
    def tokens(self):
        return self.prompt + self.generated + self.pending

    def name(self, i):
        return self.ids[i] if i < len(self.ids) else ("private", self.id, i)

    def row(self):
        return {"id": self.id, "status": self.status, "replica": self.replica,
                "first_scheduled_ns": self.first_scheduled, "first_token_ns": self.first_token,
                "finish_ns": self.finish, "output": self.generated, "cached": self.cached,
                "resumed": self.resumed, "recomputed": self.recomputed,
                "preemptions": self.preemptions}


class KvPool:
    """Paged blocks. Free ones form one queue: freed to the tail, popped from the head (LRU); a free
    block keeps its name until it is popped."""

    def __init__(self, blocks, block_size):
        self.size, self.block_size = blocks, block_size
        self.free = OrderedDict((b, None) for b in range(blocks))
        self.references = [0] * blocks
        self.names = [None] * blocks
        self.named = {}     # name -> blocks that carry it, in the order of naming (ruling 2)

    def needed(self, request, tokens):
        return ceil_div(tokens, self.block_size) - len(request.blocks)

    def grow(self, request, tokens):
        for _ in range(self.needed(request, tokens)):
            block, _ = self.free.popitem(last=False)
            if self.names[block] is not None:
                self.named[self.names[block]].remove(block)
                self.names[block] = None
            self.references[block] = 1
            request.blocks.append(block)

    def share(self, request, blocks):
        for block in blocks:
            self.free.pop(block, None)
            self.references[block] += 1
            request.blocks.append(block)

    def release(self, request):
        for block in reversed(request.blocks):  # tail first (ruling 9)
            self.references[block] -= 1
            if self.references[block] == 0:
                self.free[block] = None
        request.blocks = []

    def name_filled(self, request, tokens):
        # Ruling 2: a block is named by the allocation that fills it; equal names are not merged.
        for i in range(tokens // self.block_size):
            block = request.blocks[i]
            if self.names[block] is None:
                self.names[block] = request.name(i)
                self.named.setdefault(request.name(i), []).append(block)

    def lookup(self, request):
        # At most floor((tokens - 1) / B): a full hit recomputes the last block.
        hits = []
        for i in range((request.tokens - 1) // self.block_size):
            holders = self.named.get(request.name(i))
            if not holders:
                break
            hits.append(holders[0])
        return hits
