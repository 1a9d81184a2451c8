"""Token policies that read less or store less, or treat heads unlike; in plain Python."""
import numpy as np

from token_policies import StreamingLlm
from token_replay import Policy, fold, note_margin, share_of, top


class Quest(Policy):
    """Per query head: the pages whose keys could give the highest logit, and the current one."""

    def __init__(self, layer, page=16, pages=None, dense_layers=0, budget=None):
        super().__init__(layer)
        self.page = page
        self.pages = max(3, layer.budget(budget) // page) if budget else pages
        self.dense = layer.number < dense_layers

    def select(self, head, query, positions):
        n, layer = len(positions), self.layer
        last = (n - 1) // self.page
        if self.dense or last < self.pages:
            return positions
        q, keys = layer.q[query, head], layer.k[:n, head // layer.group]
        scores = []
        for page in range(last):
            part = keys[page * self.page:(page + 1) * self.page]
            best = np.maximum(q * part.min(axis=0), q * part.max(axis=0))
            scores.append(sum(best.tolist()))
        chosen = set(top(scores, self.pages - 1)) | {last}
        return [p for p in positions if p // self.page in chosen]


class Loki(Policy):
    """Scores on the first principal components of the keys; exact attention on the best."""

    def __init__(self, layer, rank=32, keys=.25, fold="mean"):
        super().__init__(layer)
        self.rank, self.share, self.how = rank, keys, fold
        self.bases = [None] * layer.kv_heads

    def prefill(self):
        for kv in range(self.layer.kv_heads):
            keys = self.layer.k[:self.layer.prompt, kv]
            off = keys - keys.mean(axis=0)
            values, vectors = np.linalg.eigh(off.T @ off)
            order = np.argsort(-values, kind="stable")
            if self.rank < len(order):  # no directions of their own where spreads are equal
                border = values[order[self.rank - 1:self.rank + 1]]
                inside, outside = border / max(values.max(), 1e-300)
                note_margin("directions", inside, outside, loose=True)
            self.bases[kv] = vectors[:, order[:self.rank]].T
        return super().prefill()

    def select(self, head, query, positions):
        kv = head // self.layer.group
        basis, past = self.bases[kv], positions[:-1]
        dot = self.layer.dot
        keys = [np.array([dot(key, axis) for axis in basis]) for key in self.layer.k[past, kv]]
        rows = []
        for h in self.layer.group_of(kv):
            q = np.array([dot(self.layer.q[query, h], axis) for axis in basis])
            rows.append([dot(q, key) for key in keys])
        low = fold(rows, self.how)
        return [past[i] for i in top(low, share_of(self.share, len(past)), loose=True)] + [query]


class Duo(Policy):
    """The heads whose prompt looks most at sinks and recent tokens stream; the others are full."""

    def __init__(self, layer, streaming_share=.5, sinks=128, recent=256):
        super().__init__(layer)
        self.share, self.streaming = streaming_share, []
        self.stream = StreamingLlm(layer, sinks, recent)

    def prefill(self):
        layer, near = self.layer, []
        for kv in range(layer.kv_heads):
            rows = []
            for h in layer.group_of(kv):
                for i in range(layer.prompt):
                    row = layer.mass[h][i]
                    rows.append(sum(x for j, x in enumerate(row)
                                    if j < self.stream.sinks or j > i - self.stream.recent))
            near.append(sum(rows) / len(rows))
        self.streaming = top(near, int(self.share * layer.kv_heads), loose=True)
        return [self.keep(kv, list(range(layer.prompt))) for kv in range(layer.kv_heads)]

    def keep(self, kv, positions):
        return self.stream.keep(kv, positions) if kv in self.streaming else positions

    def step(self, steps):
        return [self.keep(kv, s.positions) for kv, s in enumerate(steps)]


class KvQuant(Policy):
    """Holds all but the newest tokens of another policy's cache in few bits."""

    def __init__(self, layer, inner, bits=8, key_axis="channel", value_axis="token", group=32,
                 residual=32):
        super().__init__(layer)
        self.inner, self.levels = inner, 2**bits - 1
        self.axes, self.group, self.residual = (key_axis, value_axis), group, residual
        self.k, self.v = layer.k.copy(), layer.v.copy()
        self.coarse = [(set(), set()) for _ in range(layer.kv_heads)]  # keys, values
        self.reindexes, self.selects = inner.reindexes, inner.selects

    @property
    def hidden(self):
        return self.inner.hidden

    def prefill(self):
        return self.inner.prefill()

    def step(self, steps):
        return self.inner.step(steps)

    def select(self, head, query, positions):
        return self.inner.select(head, query, positions)

    def stored(self, kv, positions):
        return self.k[positions, kv], self.v[positions, kv]

    def settled(self, kv, kept):
        for x, axis, coarse in zip((self.k, self.v), self.axes, self.coarse[kv]):
            # Along `token` a group lies within one token, and is full at once.
            group = self.group if axis == "channel" else 1
            exact = [p for p in kept if p not in coarse]
            while len(exact) >= self.residual + group:
                oldest, exact = exact[:group], exact[group:]
                coarse.update(oldest)
                x[oldest, kv] = self.squeeze(x[oldest, kv], axis)

    def squeeze(self, block, axis):
        if axis == "channel":
            return np.stack([self.round(block[:, d]) for d in range(block.shape[1])], axis=1)
        return np.stack([np.concatenate([self.round(row[d:d + self.group])
                                         for d in range(0, len(row), self.group)])
                         for row in block])

    def round(self, x):
        low, high = np.float32(x.min()), np.float32(x.max())
        scale = np.float32((float(high) - float(low)) / self.levels)
        if scale == 0:
            return np.full_like(x, low)
        whole = np.clip(np.rint((x - float(low)) / float(scale)), 0, self.levels)
        return np.float32(whole * float(scale) + float(low)).astype(np.float64)


class FastGen(Policy):
    """At the end of the prompt each head takes the first set that recovers enough."""
    NAMES = ("special", "punctuation", "heavy", "recent", "full")

    def __init__(self, layer, recover=.95, heavy=.3, recent=.3, fold="mean"):
        super().__init__(layer)
        self.recover, self.heavy, self.recent, self.how = recover, heavy, recent, fold
        self.sums = [[0.0] * layer.tokens for _ in range(layer.heads)]
        self.level = [4] * layer.kv_heads

    def members(self, kv, positions, n, level):
        if level == 4:
            return list(positions)
        classes = self.layer.token_class
        kept = set()
        if classes is not None:
            kept = {p for p in positions if classes[p] == 1 or level >= 1 and classes[p] == 2}
        if level >= 2:
            scores = fold([[self.sums[h][p] for p in positions] for h in self.layer.group_of(kv)],
                          self.how)
            kept |= {positions[i] for i in top(scores, share_of(self.heavy, n))}
        if level >= 3:
            count = share_of(self.recent, n)
            kept |= {p for p in positions if p >= n - count}
        return sorted(kept)

    def recovered(self, kv, level):
        """Mean mass of the prompt's rows on the set; recent are the last tokens of each row."""
        n, rows = self.layer.prompt, []
        kept = self.members(kv, range(n), n, min(level, 2))
        count = share_of(self.recent, n) if level == 3 else 0
        for h in self.layer.group_of(kv):
            for i, row in enumerate(self.layer.mass[h][:n]):
                seen = {p for p in kept if p <= i} | set(range(max(0, i + 1 - count), i + 1))
                rows.append(sum(row[p] for p in seen))
        note_margin("recovered", sum(rows) / len(rows), self.recover)
        return sum(rows) / len(rows)

    def prefill(self):
        n, layer, answer = self.layer.prompt, self.layer, []
        for h in range(layer.heads):
            for row in layer.mass[h][:n]:
                for j, x in enumerate(row):
                    self.sums[h][j] += x
        for kv in range(layer.kv_heads):
            for level in range(5):
                if level == 4 or self.recovered(kv, level) >= self.recover:
                    break
            self.level[kv] = level
            answer.append(self.members(kv, range(n), n, level))
        return answer

    def step(self, steps):
        answer = []
        for kv, s in enumerate(steps):
            for h, row in zip(self.layer.group_of(kv), s.mass):
                for p, x in zip(s.positions, row):
                    self.sums[h][p] += x
            answer.append(self.members(kv, s.positions, s.position + 1, self.level[kv]))
        return answer
