"""Token policies that evict while decoding, in plain Python.

token_prompt.py has those that evict the prompt alone, token_reading.py those that evict nothing,
token_bounds.py the bounds, token_segments.py segmented_heavy_hitter.

Each takes a token_replay.Layer and the parameters of its text form. `n` counts the cached tokens
with the newest one.
"""
import math

from token_replay import Policy, fold, gumbel, lowest, top, uniform


class Full(Policy):
    pass


class SlidingSet(Policy):
    """Keeps a function of the positions alone."""

    def keep(self, kv, positions):
        raise NotImplementedError

    def prefill(self):
        return [self.keep(kv, list(range(self.layer.prompt))) for kv in range(self.layer.kv_heads)]

    def step(self, steps):
        return [self.keep(kv, s.positions) for kv, s in enumerate(steps)]


class Window(SlidingSet):
    def __init__(self, layer, size=None, budget=None):
        super().__init__(layer)
        self.size = layer.budget(budget) if budget else size

    def keep(self, kv, positions):
        return positions[-self.size:]


class StreamingLlm(SlidingSet):
    reindexes = True

    def __init__(self, layer, sinks=4, recent=508, budget=None):
        super().__init__(layer)
        self.sinks, self.recent = sinks, recent
        if budget:
            b = layer.budget(budget)
            self.sinks = min(4, b)
            self.recent = b - self.sinks

    def keep(self, kv, positions):
        n = len(positions)
        if n <= self.sinks + self.recent:
            return positions
        return positions[:self.sinks] + positions[n - self.recent:]


class Random(Window):
    def __init__(self, layer, size=None, seed=0, budget=None):
        super().__init__(layer, size, budget)
        self.seed = seed

    def keep(self, kv, positions):
        drawn = [uniform(self.seed, self.layer.number, kv, 0, p) for p in positions]
        return [positions[i] for i in top(drawn, self.size)]


class L2Norm(Window):
    """Drops the highest key norm; the newest may go."""

    def __init__(self, layer, size=None, skip_layers=0, budget=None):
        super().__init__(layer, size, budget)
        self.skip = layer.number < skip_layers

    def keep(self, kv, positions):
        excess = len(positions) - self.size
        if self.skip or excess <= 0:
            return positions
        keys = self.layer.k[:, kv]
        norms = [math.sqrt(self.layer.dot(keys[p], keys[p])) for p in positions]
        gone = lowest([-x for x in norms], excess)
        return [p for i, p in enumerate(positions) if i not in gone]


class Scored(Policy):
    """Adds up scores a query head and position, from the prompt's full rows on."""

    def __init__(self, layer, how="mean"):
        super().__init__(layer)
        self.how = how
        self.sums = [[0.0] * layer.tokens for _ in range(layer.heads)]

    def add_prompt(self):
        for h, sums in enumerate(self.sums):
            for i in range(self.layer.prompt):
                for p, x in enumerate(self.layer.mass[h][i]):
                    sums[p] += x

    def add(self, kv, s):
        for h, row in zip(self.layer.group_of(kv), s.mass):
            for p, x in zip(s.positions, row):
                self.sums[h][p] += x

    def scores(self, kv, positions):
        return fold([[self.sums[h][p] for p in positions] for h in self.layer.group_of(kv)],
                    self.how)

    def decide(self, kv, positions):
        raise NotImplementedError

    def prefill(self):
        self.add_prompt()
        return [self.decide(kv, list(range(self.layer.prompt)))
                for kv in range(self.layer.kv_heads)]

    def step(self, steps):
        for kv, s in enumerate(steps):
            self.add(kv, s)
        return [self.decide(kv, s.positions) for kv, s in enumerate(steps)]


class H2oB(Scored):
    def __init__(self, layer, heavy=None, recent=None, budget=None, fold="mean"):
        super().__init__(layer, fold)
        self.heavy, self.recent = heavy, recent
        if budget:
            b = layer.budget(budget)
            self.heavy = b // 2
            self.recent = b - self.heavy

    def decide(self, kv, positions):
        n = len(positions)
        if n <= self.heavy + self.recent:
            return positions
        old = positions[:n - self.recent]
        return [old[i] for i in top(self.scores(kv, old), self.heavy)] + positions[n - self.recent:]


class H2oBpos(H2oB):
    reindexes = True


class H2oA(H2oB):
    """Chooses the next step's mask, built for n + 1 tokens: index n - R is in neither part."""

    def __init__(self, layer, **parameters):
        super().__init__(layer, **parameters)
        self.hidden = [[] for _ in range(layer.kv_heads)]

    def decide(self, kv, positions):
        held = sorted(set(positions) | set(self.hidden[kv]))
        # Slots count all tokens so far, dropped ones (score 0) included.
        n = held[-1] + 1
        self.hidden[kv] = []
        if n <= self.heavy + self.recent:
            return held
        old = [p for p in held if p < n - self.recent]
        self.hidden[kv] = [n - self.recent] if self.recent else []
        return [old[i] for i in top(self.scores(kv, old), self.heavy)] + [
            p for p in held if p > n - self.recent]


class H2oC(Scored):
    """Slots: the oldest of the recent takes the slot of the lowest heavy one."""

    def __init__(self, layer, heavy=None, recent=None, budget=None, fold="mean"):
        super().__init__(layer, fold)
        self.heavy = (layer.budget(budget) + 1) // 2 if budget else heavy
        self.recent = self.heavy - 1
        self.slots = [None] * layer.kv_heads  # heavy ones by slot
        self.ring = [None] * layer.kv_heads   # recent ones, oldest first

    def prefill(self):
        self.add_prompt()
        n = self.layer.prompt
        everything = list(range(n))
        kept = []
        for kv in range(self.layer.kv_heads):
            if n <= self.heavy + self.recent:
                self.slots[kv], self.ring[kv] = everything[:self.heavy], everything[self.heavy:]
            else:
                old = everything[:n - self.recent]
                self.slots[kv] = [old[i] for i in top(self.scores(kv, old), self.heavy)]
                self.ring[kv] = everything[n - self.recent:]
            kept.append(self.slots[kv] + self.ring[kv])
        return kept

    def step(self, steps):
        kept = []
        for kv, s in enumerate(steps):
            self.add(kv, s)
            slots, ring = self.slots[kv] or [], self.ring[kv] or []
            if len(slots) < self.heavy:
                slots = slots + [s.position]
            else:
                ring = ring + [s.position]
                if len(ring) > self.recent:
                    kick = lowest(self.scores(kv, slots), 1)[0]
                    slots[kick] = ring.pop(0)
            self.slots[kv], self.ring[kv] = slots, ring
            kept.append(slots + ring)
        return kept


class Keyformer(H2oB):
    """h2o B on noisy scores; variant code: what leaves the recent window dies."""

    def __init__(self, layer, size=None, recent=None, tau0=1.0, tau1=2.0, max_new=None, seed=0,
                 variant="paper", budget=None, fold="mean"):
        size = layer.budget(budget) if budget else size
        recent = size * 30 // 100 if recent is None else recent
        super().__init__(layer, heavy=size - recent, recent=recent, fold=fold)
        self.tau0, self.tau1, self.seed, self.code = tau0, tau1, seed, variant == "code"
        self.max_new = layer.tokens - layer.prompt if max_new is None else max_new
        self.first = [None] * layer.kv_heads

    def noisy(self, head, query, positions, logits, iteration):
        tau = self.tau0 + iteration * (self.tau1 - self.tau0) / self.max_new
        x = [(logit + gumbel(self.seed, self.layer.number, head, query, p)) / tau
             for p, logit in zip(positions, logits)]
        most = max(x)
        e = [math.exp(value - most) for value in x]
        for p, value in zip(positions, e):
            self.sums[head][p] += value / sum(e)

    def add_prompt(self):
        for h in range(self.layer.heads):
            for i in range(self.layer.prompt):
                self.noisy(h, i, range(i + 1), self.layer.logits[h][i], 0)

    def add(self, kv, s):
        for h, logits in zip(self.layer.group_of(kv), s.logits):
            self.noisy(h, s.position, s.positions, logits, s.position - self.layer.prompt + 1)

    def decide(self, kv, positions):
        if not self.code or len(positions) <= self.heavy + self.recent:
            return super().decide(kv, positions)
        recent = positions[len(positions) - self.recent:]
        if self.first[kv] is None:
            self.first[kv] = super().decide(kv, positions)[:self.heavy]
        return self.first[kv] + recent


class Scissorhands(Policy):
    """Drops what most of the last `history` queries found unimportant."""

    def __init__(self, layer, size=None, history=400, recent=10, drop=1, budget=None, fold="mean"):
        super().__init__(layer)
        self.size = layer.budget(budget) if budget else size
        self.history, self.recent, self.drop, self.how = history, recent, drop, fold
        self.seen = [[] for _ in range(layer.heads)]  # by query: the positions that got little

    def look(self, kv, positions, rows):
        for h, row in zip(self.layer.group_of(kv), rows):
            self.seen[h].append({p for p, x in zip(positions, row) if x < 1 / len(positions)})
            self.seen[h] = self.seen[h][-self.history:]

    def shrink(self, kv, positions):
        n = len(positions)
        if n <= self.size:
            return positions
        old = positions[:max(0, n - self.recent)]
        counts = fold([[sum(p in few for few in self.seen[h]) for p in old]
                       for h in self.layer.group_of(kv)], self.how)
        gone = lowest([-c for c in counts], max(self.drop, n - self.size))
        return [p for i, p in enumerate(positions) if i not in gone]

    def prefill(self):
        n, layer = self.layer.prompt, self.layer
        for kv in range(layer.kv_heads):
            for i in range(n):
                self.look(kv, range(i + 1), [layer.mass[h][i] for h in layer.group_of(kv)])
        return [self.shrink(kv, list(range(n))) for kv in range(layer.kv_heads)]

    def step(self, steps):
        for kv, s in enumerate(steps):
            self.look(kv, s.positions, s.mass)
        return [self.shrink(kv, s.positions) for kv, s in enumerate(steps)]


class Buzz(Scored):
    reindexes = True

    def __init__(self, layer, sinks=4, window=160, threshold=400, stride=5, variant="accumulation",
                 budget=None, fold="mean"):
        super().__init__(layer, fold)
        self.sinks, self.window, self.threshold, self.stride = sinks, window, threshold, stride
        if budget:
            b = layer.budget(budget)
            self.sinks = 4
            self.window = (b - 4) * 2 // 7
            self.threshold = b - 4 - self.window
        self.variant = variant
        self.carried = [0] * layer.kv_heads

    def step(self, steps):
        if self.variant == "fast":  # the current step's attention alone
            self.sums = [[0.0] * self.layer.tokens for _ in range(self.layer.heads)]
        return super().step(steps)

    def decide(self, kv, positions):
        n = len(positions)
        other = n - self.sinks - self.window
        if other <= self.threshold or other <= 0:
            return positions
        between = positions[self.sinks:n - self.window]
        cur, s = self.carried[kv], self.stride
        old = between[:cur][::(s + 1) // 2]
        new = between[cur:]
        if self.variant == "nomax":
            picks = new[::s]
        else:
            cells = [new[i:i + s] for i in range(0, len(new), s)]
            picks = [cell[top(self.scores(kv, cell), 1)[0]] for cell in cells]
        self.carried[kv] = len(old) + len(picks)
        for h in self.layer.group_of(kv):
            for p in positions[:self.sinks] + old:
                self.sums[h][p] = 0.0
        return positions[:self.sinks] + old + picks + positions[n - self.window:]


class Tova(Policy):
    """One set for all heads of the layer: the highest in the newest row."""

    def __init__(self, layer, size=None, budget=None, fold="mean"):
        super().__init__(layer)
        self.size = layer.budget(budget) if budget else size
        self.how = fold

    def shrink(self, positions, rows):
        if len(positions) <= self.size:
            return positions
        return [positions[i] for i in top(fold(rows, self.how), self.size,
                                           loose=len(rows) > 1)]

    def prefill(self):
        n = self.layer.prompt
        kept = self.shrink(list(range(n)), [rows[n - 1] for rows in self.layer.mass])
        return [kept] * self.layer.kv_heads

    def step(self, steps):
        kept = self.shrink(steps[0].positions, [row for s in steps for row in s.mass])
        return [kept] * self.layer.kv_heads
