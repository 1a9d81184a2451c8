"""segmented_heavy_hitter in plain Python."""
from token_replay import Policy, fold, lowest, note_margin


class SegmentedHeavyHitter(Policy):
    def __init__(self, layer, sinks=4, recent=None, heavy=None, rare=None, half_life=256, check=32,
                 drift=.5, budget=None, fold="mean"):
        super().__init__(layer)
        if budget:
            b = layer.budget(budget)
            sinks = min(4, b)
            recent = min(b - sinks, b * 25 // 100)
            rare = min(b - sinks - recent, b * 10 // 100)
            heavy = b - sinks - recent - rare
        self.sizes = {"sinks": sinks, "recent": recent, "heavy": heavy, "rare": rare}
        self.decay = 2.0 ** (-1.0 / half_life)
        self.check, self.drift, self.how = check, drift, fold
        self.heads = [Head() for _ in range(layer.kv_heads)]

    def rarity(self, position, now):
        if self.layer.token_rarity is not None:
            return float(self.layer.token_rarity[position])
        ids = self.layer.ids[:now + 1]
        return 1.0 / ids.count(ids[position])

    def look(self, head, positions, row):
        for p, x in zip(positions, row):
            head.s[p] = self.decay * head.s.get(p, 0.0) + x
            head.e[p] = self.decay * head.e.get(p, 0.0) + 1.0

    def restart(self, head, row):
        """Drift: the rates start again from the last `check` queries."""
        head.rows.append(row)
        inside = [row[p] for p in head.heavy if p in row]
        head.mass.append(sum(inside) / len(inside) if inside else 0.0)
        if len(head.mass) % self.check or len(head.mass) < 2 * self.check:
            return
        before = sum(head.mass[-2 * self.check:-self.check])
        after = sum(head.mass[-self.check:])
        note_margin("drift", after, self.drift * before)
        if after >= self.drift * before:
            return
        head.s, head.e = {}, {}
        for row in head.rows[-self.check:]:
            self.look(head, list(row), list(row.values()))

    def rate(self, head, p):
        return head.s[p] / head.e[p]

    def compete(self, head, token, now):
        if self.sizes["rare"]:
            if len(head.rare) < self.sizes["rare"]:
                head.rare.append(token)
                return
            least = min(head.rare, key=lambda p: (self.rarity(p, now), p))
            if self.rarity(token, now) >= self.rarity(least, now):
                head.rare[head.rare.index(least)] = token
                token = least
        head.heavy.append(token)
        if len(head.heavy) > self.sizes["heavy"]:
            head.heavy.sort()
            head.heavy.pop(lowest([self.rate(head, p) for p in head.heavy], 1, loose=True)[0])

    def settle(self, head, positions, now):
        held = set(head.rare) | set(head.heavy)
        free = [p for p in positions if p >= self.sizes["sinks"] and p not in held]
        while len(free) > self.sizes["recent"]:
            self.compete(head, free.pop(0), now)
        sinks = [p for p in positions if p < self.sizes["sinks"]]
        return sinks + head.rare + head.heavy + free

    def prefill(self):
        n, layer, answer = self.layer.prompt, self.layer, []
        for kv, head in enumerate(self.heads):
            for i in range(n):
                self.look(head, range(i + 1),
                          fold([layer.mass[h][i] for h in layer.group_of(kv)], self.how))
            answer.append(self.settle(head, list(range(n)), n - 1))
        return answer

    def step(self, steps):
        answer = []
        for s, head in zip(steps, self.heads):
            row = fold(s.mass, self.how)
            self.look(head, s.positions, row)
            self.restart(head, dict(zip(s.positions, row)))
            answer.append(self.settle(head, s.positions, s.position))
        return answer


class Head:
    def __init__(self):
        self.rare, self.heavy, self.s, self.e = [], [], {}, {}
        self.rows, self.mass = [], []  # of decode steps
