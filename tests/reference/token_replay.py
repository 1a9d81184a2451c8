"""A recording replayed under token policies, step by step in plain Python (float64).

It follows the design's words literally and shares no code with the product, which is compared with
it by token_compare.py. One Layer is one recorded layer of one sequence; replay() walks it under one
policy and returns a row a KV head.

Order of a step: the new token is appended, attention runs over kept + self, the policy scores and
evicts. The prompt is one full causal forward and then one eviction. Exact ties must stay exact, so
exp is libm's, value by value: numpy's vectorised one may give equal logits unequal weights.
"""
import math

import numpy as np

MASK = 2**64 - 1
NEAR = []  # decisions whose margin is rounding: (what, margin); a comparison leaves them out


def mix(x):
    """One step of SplitMix64."""
    z = x = (x + 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def uniform(seed, layer, head, query, key):
    h = mix(seed)
    for x in (layer, head, query, key):
        h = mix(h ^ x)
    return ((h >> 11) + .5) * 2.0**-53


def gumbel(*where):
    return -math.log(-math.log(uniform(*where)))


def note_margin(what, inside, outside, loose=False):
    """`loose`: what is equal on paper comes from unlike sums, so it needn't be equal here."""
    gap = abs(inside - outside)
    if gap <= 1e-11 * max(1.0, abs(inside)) and (gap > 0 or loose):
        NEAR.append((what, gap))


def top(scores, k, loose=False):
    """Indices of the k highest, ascending; of equals the lowest index."""
    k = max(0, min(k, len(scores)))
    order = sorted(range(len(scores)), key=lambda i: (-scores[i], i))
    if 0 < k < len(order):
        note_margin("top", scores[order[k - 1]], scores[order[k]], loose)
    return sorted(order[:k])


def lowest(scores, m, loose=False):
    """Indices of the m lowest, ascending; of equals the lowest index."""
    return top([-s for s in scores], m, loose)


def share_of(share, count):
    """Tokens in a share of so many: in integers, at least one."""
    return max(1, count * round(1e6 * share) // 10**6) if count else 0


def fold(rows, how):
    """Rows of the query heads of a group become one."""
    if how == "max":
        return [max(column) for column in zip(*rows)]
    total = [sum(column) for column in zip(*rows)]
    return total if how == "sum" else [x / len(rows) for x in total]


def softmax(x):
    most = max(x)
    e = [math.exp(value - most) for value in x]
    total = sum(e)
    return [value / total for value in e]


def shares(logits, form):
    """(scores that sum to 1, or to 0 in a null row; what multiplies the values)."""
    if form == "relu":
        raw = [max(0.0, x) for x in logits]
        total = sum(raw)
        return ([x / total for x in raw] if total > 0 else [0.0] * len(raw)), raw
    weights = softmax(logits)
    if form == "softmax1":
        most = max(max(logits), 0.0)
        e = [math.exp(x - most) for x in logits]
        total = sum(e) + math.exp(-most)
        return weights, [x / total for x in e]
    return weights, weights


def rotate(x, position, theta):
    """RoPE with the halves of a vector rotated against each other."""
    half = len(x) // 2
    angle = np.array([position * theta ** (-2.0 * d / len(x)) for d in range(half)])
    c, s = np.cos(angle), np.sin(angle)
    a, b = x[:half], x[half:]
    return np.concatenate([a * c - b * s, b * c + a * s])


class Layer:
    """Queries, keys and values [T][head][dim] of a recorded layer, and its full attention."""

    def __init__(self, q, k, v, *, prompt=0, number=0, layers=1, theta=0.0, scale=None,
                 ids=None, token_class=None, token_rarity=None, form="softmax"):
        self.q, self.k, self.v = (np.asarray(x, dtype=np.float64) for x in (q, k, v))
        self.tokens, self.heads, self.dim = self.q.shape
        self.kv_heads = self.k.shape[1]
        self.group = self.heads // self.kv_heads
        self.prompt, self.number, self.layers = prompt, number, layers
        self.theta, self.scale, self.form = theta, scale, form
        self.ids, self.token_class, self.token_rarity = ids, token_class, token_rarity
        self.logits = [[self.row(h, i, range(i + 1)) for i in range(self.tokens)]
                       for h in range(self.heads)]
        self.mass = [[shares(row, form)[0] for row in rows] for rows in self.logits]

    def scaled(self, dot):
        return dot * self.scale if self.scale else dot / math.sqrt(self.dim)

    def dot(self, a, b):
        return sum(x * y for x, y in zip(a.tolist(), b.tolist()))

    def row(self, head, query, positions):
        """Logits of a query over the keys at these positions."""
        q, kv = self.q[query, head], head // self.group
        return [self.scaled(self.dot(q, self.k[p, kv])) for p in positions]

    def reindexed_row(self, head, query, positions, keys):
        """The same with keys at their index in the cache; the last one is the query's own."""
        q = rotate(self.q[query, head], len(positions) - 1 - query, self.theta)
        return [self.scaled(self.dot(q, rotate(key, at - p, self.theta)))
                for at, (p, key) in enumerate(zip(positions, keys))]

    def group_of(self, kv_head):
        return range(kv_head * self.group, (kv_head + 1) * self.group)

    def budget(self, share):
        return share_of(share, self.prompt or self.tokens)


class Step:
    """What a KV head saw in a step: positions read (the last is the token itself), and a row a
    query head of scores and of logits over them."""

    def __init__(self, position, positions, mass, logits):
        self.position, self.positions = position, positions
        self.mass, self.logits = mass, logits


class Policy:
    """prefill() and step() return the positions that each KV head keeps."""
    reindexes = False
    selects = False
    hidden = None  # by KV head: resident, but masked at the next step

    def __init__(self, layer):
        self.layer = layer

    def prefill(self):
        return [list(range(self.layer.prompt)) for _ in range(self.layer.kv_heads)]

    def step(self, steps):
        return [s.positions for s in steps]

    def select(self, head, query, positions):
        return positions

    def stored(self, kv, positions):
        """Keys and values [position][dim] as the cache holds them."""
        return self.layer.k[positions, kv], self.layer.v[positions, kv]

    def settled(self, kv, kept):
        """Told what is resident after an eviction."""


class Tally:
    """Metrics of a KV head over steps x group queries."""

    def __init__(self):
        self.recall, self.error = [], []
        self.null_rows, self.read, self.read_last, self.resident_max = 0, 0, 0, 0

    def row(self, layer, head, query, read, weights, values):
        kv = head // layer.group
        full = layer.mass[head][query]
        if sum(full) == 0:
            self.null_rows += 1
            return
        self.recall.append(sum(full[p] for p in read))
        own = shares(layer.logits[head][query], layer.form)[1]
        dense = sum(w * layer.v[p, kv] for p, w in enumerate(own))
        kept = sum(w * value for value, w in zip(values, weights))
        norm = math.sqrt(float(dense @ dense))
        if norm > 0:
            off = dense - kept
            self.error.append(math.sqrt(float(off @ off)) / norm)


def replay(layer, make):
    policy = make(layer)
    kept = [list(range(layer.prompt)) for _ in range(layer.kv_heads)]
    tallies = [Tally() for _ in kept]
    hidden = [[] for _ in kept]

    def settle(answer):
        for kv, positions in enumerate(answer):
            kept[kv] = sorted(positions)
            hidden[kv] = sorted(policy.hidden[kv]) if policy.hidden else []
            policy.settled(kv, sorted(kept[kv] + hidden[kv]))

    if layer.prompt:
        settle(policy.prefill())
    for t in range(layer.prompt, layer.tokens):
        settle(policy.step([one_step(layer, policy, kv, t, kept[kv], tallies[kv])
                            for kv in range(layer.kv_heads)]))
        for tally, here, masked in zip(tallies, kept, hidden):
            tally.resident_max = max(tally.resident_max, len(here) + len(masked))
    return [report(layer, kv, kept[kv], hidden[kv], tally) for kv, tally in enumerate(tallies)]


def one_step(layer, policy, kv, t, kept, tally):
    positions = kept + [t]
    mass, logits, union = [], [], set()  # a token that several query heads read is read once
    tally.read_last = 0
    for head in layer.group_of(kv):
        read = sorted(policy.select(head, t, positions))
        keys, values = policy.stored(kv, read)
        if policy.reindexes and layer.theta > 0:
            row = layer.reindexed_row(head, t, read, keys)
        else:
            row = [layer.scaled(layer.dot(layer.q[t, head], key)) for key in keys]
        share, weights = shares(row, layer.form)
        tally.row(layer, head, t, read, weights, values)
        tally.read_last = max(tally.read_last, len(read))
        union.update(read)
        mass.append(spread(read, share, positions))
        logits.append(spread(read, row, positions))
    tally.read += len(union)
    return Step(t, positions, mass, logits)


def spread(read, row, positions):
    if len(read) == len(positions):
        return row
    at = dict(zip(read, row))
    return [at.get(p, 0.0) for p in positions]


def report(layer, kv, kept, hidden, tally):
    def mean(values):
        return sum(values) / len(values) if values else None

    return {"layer": layer.number, "head": kv, "kept": kept, "hidden": hidden,
            "steps": layer.tokens - layer.prompt, "resident_max": tally.resident_max,
            "read_last_step": tally.read_last, "recall_mean": mean(tally.recall),
            "recall_min": min(tally.recall) if tally.recall else None,
            "output_error_mean": mean(tally.error), "null_rows": tally.null_rows,
            # Keys and values in the two bytes of float16.
            "bytes_read": tally.read * 2 * layer.dim * 2}
