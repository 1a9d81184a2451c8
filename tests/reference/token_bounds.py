"""Bounds in plain Python: what a policy could keep if it knew the rows to come."""
import itertools

from token_policies import Window
from token_replay import fold, lowest, top


class FutureMassGreedy(Window):
    """Over size, the token goes that later rows of full attention look at least."""

    def step(self, steps):
        return [self.shrink(kv, s.positions, s.position) for kv, s in enumerate(steps)]

    def prefill(self):
        n = self.layer.prompt
        return [self.shrink(kv, list(range(n)), n - 1) for kv in range(self.layer.kv_heads)]

    def shrink(self, kv, positions, now):
        mass = [sum(self.layer.mass[h][t][p] for h in self.layer.group_of(kv)
                    for t in range(now + 1, self.layer.tokens)) for p in positions]
        gone = lowest(mass, len(positions) - self.size)
        return [p for i, p in enumerate(positions) if i not in gone]


class PerStepOracle(Window):
    """Nothing goes; each query head reads the `size` past tokens with the most of its true row, and
    itself; `shared`: one set a KV head, by the group's mean."""
    selects = True

    def __init__(self, layer, size=None, shared=False, budget=None):
        super().__init__(layer, size, budget)
        self.shared = shared

    def keep(self, kv, positions):
        return positions

    def select(self, head, query, positions):
        past = positions[:-1]
        heads = self.layer.group_of(head // self.layer.group) if self.shared else [head]
        mass = fold([[self.layer.mass[h][query][p] for p in past] for h in heads], "mean")
        return [past[i] for i in top(mass, self.size)] + [query]


class Exact(Window):
    """The best sum of recall over monotone sets of at most k, by trying them all."""

    def plan(self, kv):
        layer = self.layer
        rows = [[sum(layer.mass[h][t][p] for h in layer.group_of(kv)) for p in range(t + 1)]
                for t in range(layer.tokens)]
        best = {frozenset(s): (0.0, (s,)) for s in
                itertools.combinations(range(layer.prompt), min(self.size, layer.prompt))}
        for t in range(layer.prompt, layer.tokens):
            after = {}
            for held, (total, path) in best.items():
                gain = total + rows[t][t] + sum(rows[t][p] for p in held)
                whole = sorted(held | {t})
                for s in itertools.combinations(whole, min(self.size, len(whole))):
                    key = frozenset(s)
                    if key not in after or gain > after[key][0]:
                        after[key] = (gain, path + (s,))
            best = after
        return list(max(best.values(), key=lambda pair: pair[0])[1])

    def prefill(self):
        self.plans = [self.plan(kv) for kv in range(self.layer.kv_heads)]
        return [list(plan[0]) for plan in self.plans]

    def step(self, steps):
        if self.layer.prompt == 0 and steps[0].position == 0:
            self.prefill()
        at = steps[0].position - self.layer.prompt + 1
        return [list(plan[at]) for plan in self.plans]
