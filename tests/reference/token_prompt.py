"""Token policies that evict once, at the end of the prompt, in plain Python."""
import math

import numpy as np

from token_replay import NEAR, Policy, fold, gumbel, rotate, softmax, top


class Once(Policy):
    """Keeps everything from the end of the prompt on."""

    def __init__(self, layer, size=None, budget=None):
        super().__init__(layer)
        self.size = layer.budget(budget) if budget else size

    window, loose = 0, False

    def base(self):
        return self.size if self.layer.prompt > self.size else None

    def scores(self, kv):
        raise NotImplementedError

    def prefill(self):
        n = self.layer.prompt
        if n <= self.size:
            return super().prefill()
        return [top(self.scores(kv), self.size) for kv in range(self.layer.kv_heads)]


class ObservedAttention(Once):
    def __init__(self, layer, size=None, budget=None, fold="mean"):
        super().__init__(layer, size, budget)
        self.how = fold

    def scores(self, kv):
        n = self.layer.prompt
        return fold([[sum(self.layer.mass[h][i][j] for i in range(j, n)) / (n - j)
                      for j in range(n)] for h in self.layer.group_of(kv)], self.how)


class KeyDiff(Once):
    def scores(self, kv):
        # Row by row: a product of matrices needn't give equal keys equal scores.
        dot = self.layer.dot
        units = [key / math.sqrt(dot(key, key)) for key in self.layer.k[:self.layer.prompt, kv]]
        mean = sum(units) / len(units)
        if dot(mean, mean) == 0:
            NEAR.append(("no mean key", 0.0))
            return [0.0] * len(units)
        return [-dot(unit, mean) / math.sqrt(dot(mean, mean)) for unit in units]


class LagKv(Once):
    def __init__(self, layer, size=None, sinks=4, lag=128, budget=None):
        super().__init__(layer, size, budget)
        self.sinks, self.lag = sinks, lag

    def chunk(self, x, after):
        low, high = after.min(axis=0), after.max(axis=0)
        if (low == high).any():
            NEAR.append(("constant channel", 0.0))
            return [0.0] * len(x)
        return softmax((((x - low) / (high - low)).std(axis=1, ddof=1)).tolist())

    def scores(self, kv):
        n, lag = self.layer.prompt, self.lag
        if n < self.sinks + 2 * lag:
            return [1.0 if j < self.sinks else j / n for j in range(n)]
        found = [1.0] * n
        for c in range((n - self.sinks) // lag - 1):
            a = self.sinks + c * lag
            parts = [self.chunk(x[a:a + lag, kv], x[a + lag:a + 2 * lag, kv])
                     for x in (self.layer.k, self.layer.v)]
            mean = fold(parts, "mean")
            for rank, i in enumerate(sorted(range(lag), key=lambda i: (mean[i], i))):
                found[a + i] = rank / lag
        return found


class ExpectedAttention(Once):
    def __init__(self, layer, size=None, sinks=4, horizon=512, epsilon=.01, budget=None,
                 fold="mean"):
        super().__init__(layer, size, budget)
        self.sinks, self.horizon, self.epsilon, self.how = sinks, horizon, epsilon, fold

    def turn(self):
        """The rotation by the mean over the next `horizon` positions, as a matrix."""
        n, dim = self.layer.prompt, self.layer.dim
        eye = np.eye(dim)
        if not self.layer.theta:  # nothing is said of positions: queries as they are
            return eye
        ahead = range(n, n + self.horizon)
        return sum(np.stack([rotate(e, p, self.layer.theta) for e in eye], axis=1)
                   for p in ahead) / self.horizon

    def scores(self, kv):
        n, layer = self.layer.prompt, self.layer
        turn, rows = self.turn(), []
        keys = layer.k[self.sinks:n, kv]
        for h in layer.group_of(kv):
            q = np.stack([rotate(layer.q[i, h], -i, layer.theta) if layer.theta else layer.q[i, h]
                          for i in range(self.sinks, n)])
            mean = q.mean(axis=0)
            spread = (q - mean).T @ (q - mean) / len(q)
            mean, spread = turn @ mean, turn @ spread @ turn.T
            scale = layer.scale or 1 / math.sqrt(layer.dim)
            logits = [(k @ mean) * scale + (k @ spread @ k) * scale**2 / 2 for k in keys]
            rows.append(softmax(logits))
        folded = fold(rows, self.how)
        norms = np.linalg.norm(layer.v[self.sinks:n, kv], axis=1)
        found = [(s + self.epsilon) * x for s, x in zip(folded, norms)]
        return [math.inf] * self.sinks + found


class SnapKv(Policy):
    def __init__(self, layer, capacity=None, window=32, kernel=5, pool="avg", budget=None,
                 fold="mean"):
        super().__init__(layer)
        if budget:
            capacity = layer.budget(budget)
            window = min(32, capacity // 2)
        self.capacity, self.window, self.kernel = capacity, window, kernel
        self.pool, self.how = pool, fold
        self.loose = pool == "avg" and kernel > 1

    def pooled(self, row):
        half = self.kernel // 2
        cells = [row[max(0, i - half):i + half + 1] for i in range(len(row))]
        if self.pool == "max":
            return [max(cell) for cell in cells]
        return [sum(cell) / self.kernel for cell in cells]

    def base(self):
        """Tokens before the window that are kept; None: all."""
        return self.capacity - self.window if self.layer.prompt > self.capacity else None

    def scores(self, kv):
        n, rows = self.layer.prompt, []
        for h in self.layer.group_of(kv):
            mass = self.layer.mass[h]
            rows.append(self.pooled([sum(mass[i][j] for i in range(n - self.window, n))
                                     for j in range(n - self.window)]))
        return fold(rows, self.how)

    def prefill(self):
        n, base = self.layer.prompt, self.base()
        if base is None:
            return super().prefill()
        newest = list(range(n - self.window, n))
        return [top(self.scores(kv), base, self.loose) + newest
                for kv in range(self.layer.kv_heads)]


class PyramidKv(SnapKv):
    def __init__(self, layer, beta=20, **parameters):
        super().__init__(layer, **parameters)
        self.beta = beta

    def base(self):
        n, layers, total = self.layer.prompt, self.layer.layers, self.capacity - self.window
        if n <= self.capacity:  # all fits: full budget is dense
            return None
        if n < 2 * total or layers == 1:
            return total
        least = total // self.beta
        most = 2 * total - least
        if most >= n - self.window:
            most = n - self.window
            least = 2 * total - most
        return most - self.layer.number * ((most - least) // (layers - 1))


class AdaKv(Policy):
    """Shares the layer's budget among the heads by where the highest scores are."""

    def __init__(self, layer, inner, floor=.2):
        super().__init__(layer)
        self.inner, self.floor = inner, floor

    def prefill(self):
        inner, heads, n = self.inner, self.layer.kv_heads, self.layer.prompt
        base = inner.base()
        if base is None or base >= n - inner.window:  # all of this layer fits
            return super().prefill()
        rows = [inner.scores(kv) for kv in range(heads)]
        width = len(rows[0])
        flat = [x for row in rows for x in row]
        best = top(flat, heads * base, loose=True)
        newest = list(range(n - inner.window, n))
        kept = []
        for kv, row in enumerate(rows):
            own = sum(i // width == kv for i in best)
            share = round(own * (1 - self.floor) + int(base * self.floor))
            kept.append(top(row, share, inner.loose) + newest)
        return kept


class Nacl(Policy):
    def __init__(self, layer, sinks=0, proxy=None, protect=None, keep=None, random=None, seed=0,
                 causal=True, budget=None, fold="mean"):
        super().__init__(layer)
        if budget:
            b = layer.budget(budget)
            protect, keep = b * 5 // 100, b * 60 // 100
            random = b - protect - keep
            proxy = max(1, protect)
        self.sinks, self.proxy, self.keep, self.random = sinks, proxy, keep, random
        self.protect = proxy if protect is None else protect
        self.seed, self.causal, self.how = seed, causal, fold

    def rows(self, head):
        n, layer = self.layer.prompt, self.layer
        for i in range(max(0, n - self.proxy), n):
            if self.causal:
                yield layer.mass[head][i]
            else:
                yield softmax(layer.row(head, i, range(n)))

    def scores(self, kv):
        n, rows = self.layer.prompt, []
        for h in self.layer.group_of(kv):
            sums = [0.0] * n
            for row in self.rows(h):
                for j, x in enumerate(row):
                    sums[j] += x
            rows.append(sums)
        return fold(rows, self.how)

    def keep_of(self, kv):
        n = self.layer.prompt
        scores = self.scores(kv)
        between = list(range(self.sinks, n - self.protect))
        best = [between[i] for i in top([scores[j] for j in between], self.keep)]
        rest = [j for j in between if j not in best]
        drawn = [scores[j] + gumbel(self.seed, self.layer.number, kv, 0, j) for j in rest]
        chosen = [rest[i] for i in top(drawn, self.random)]
        return list(range(self.sinks)) + best + chosen + list(range(n - self.protect, n))

    def prefill(self):
        n = self.layer.prompt
        if self.sinks + self.protect + self.keep + self.random >= n:
            return super().prefill()
        return [self.keep_of(kv) for kv in range(self.layer.kv_heads)]
