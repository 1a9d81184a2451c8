"""Draws the policies for a recording, with parameters that suit its lengths."""
from token_cases import Case


class Draw:
    def __init__(self, random, sequences):
        self.classes = all(s.token_class is not None for s in sequences)
        self.random = random
        self.tokens = max(s.q.shape[1] for s in sequences)
        self.heads = sequences[0].q.shape[2]
        self.prompts = [s.prompt for s in sequences]
        self.theta, self.dim = sequences[0].theta, min(s.q.shape[3] for s in sequences)

    def whole(self, low, high):
        return int(self.random.integers(low, max(low, high) + 1))

    def one(self, *choices):
        return choices[self.whole(0, len(choices) - 1)]

    def size(self, low=1):
        """Small more often than large, now and then more than there is."""
        return self.one(self.whole(low, low + 3), self.whole(low, self.tokens // 2 + low),
                        self.whole(low, self.tokens // 2 + low), self.tokens + 3)

    def sized(self, **given):
        """One in four by budget."""
        if self.whole(0, 3) == 0:
            return {"budget": self.one(.01, .05, .1, .2, .35, .5, .999999, 1.0)}
        return given or {"size": self.size()}

    def fold(self):
        return self.one({}, {"fold": "mean"}, {"fold": "sum"}, {"fold": "max"})


def h2o(d):
    for variant in ("A", "B", "Bpos"):
        yield Case("h2o", variant=variant, **d.sized(heavy=d.whole(1, 8), recent=d.whole(1, 8)),
                   **d.fold())
    yield Case("h2o", **d.sized(heavy=d.whole(0, 5), recent=d.whole(1, 5)))
    heavy = d.one({"heavy": d.whole(2, 8)}, {"budget": .999})
    if min(d.prompts) >= 4 or "heavy" in heavy:
        yield Case("h2o", variant="C", **heavy, **d.fold())


def decoding(d):
    """Those that evict while decoding, and the bounds."""
    yield Case("full")
    yield Case("window", **d.sized())
    yield Case("streaming_llm", **d.sized(sinks=d.whole(0, 4), recent=d.whole(1, 12)))
    yield from h2o(d)
    recent, drop = d.whole(0, 4), d.whole(1, 4)
    yield Case("scissorhands", size=max(d.size(recent + drop), recent + drop), recent=recent,
               drop=drop, history=d.one(1, 3, 400), **d.fold())
    for variant in ("accumulation", "fast", "nomax"):
        yield Case("buzz", variant=variant, sinks=d.whole(0, 4), window=d.whole(1, 5),
                   threshold=d.whole(1, 12), stride=d.whole(1, 6), **d.fold())
    yield Case("buzz", budget=.9) if d.tokens > 30 and min(d.prompts) > 12 else Case("buzz")
    yield Case("tova", **d.sized(), **d.fold())
    size = d.size(2)
    for variant in ("paper", "code"):
        yield Case("keyformer", variant=variant, size=size, recent=d.whole(1, size - 1),
                   max_new=d.whole(1, 60), seed=d.whole(0, 9), tau0=d.one(1.0, .5),
                   tau1=d.one(2.0, 3.0), **d.fold())
    yield Case("keyformer", **d.sized(size=size), **d.one({}, {"max_new": d.whole(1, 60)}))
    yield Case("l2_norm", **d.sized(), skip_layers=d.one(0, 0, 2))
    yield Case("random", **d.sized(), seed=d.whole(0, 9))
    yield Case("segmented_heavy_hitter", sinks=d.whole(0, 4), recent=d.whole(1, 5),
               heavy=d.whole(0, 5), rare=d.whole(0, 4), half_life=d.one(2, 8, 256),
               check=d.one(2, 4, 32), drift=d.one(.5, .9), **d.fold())
    yield Case("segmented_heavy_hitter", budget=d.one(.1, .3, .6))
    yield Case("per_step_oracle", **d.sized())
    yield Case("per_step_oracle", **d.sized(), shared=True)
    yield Case("future_mass_greedy", **d.sized())
    if d.tokens <= 11:
        yield Case("exact", size=d.whole(1, 4))


def prompting(d):
    """Those that evict the prompt alone."""
    for name in ("observed_attention", "keydiff"):
        yield Case(name, **d.sized())
    yield Case("lagkv", **d.sized(), sinks=d.whole(0, 3), lag=d.whole(2, 8))
    window, least = d.whole(1, 5), min(d.prompts)
    snap = {"capacity": max(window, d.size(window + 1)), "window": window,
            "kernel": d.one(1, 3, 5, 7),
            "pool": d.one("avg", "max")}
    yield Case("snapkv", **snap, **d.fold())
    if least > 20:
        yield Case("snapkv", budget=d.one(.1, .2, .5, .9))
    yield Case("pyramidkv", **snap, beta=d.one(1, 2, 20), **d.fold())
    for name in ("snapkv", "pyramidkv"):
        yield Case("adakv", Case(name, **snap, **d.fold()), floor=d.one(.2, 0.0, .5, 1.0))
    yield Case("nacl", sinks=d.whole(0, 2), proxy=d.whole(1, 4), protect=d.whole(0, 4),
               keep=d.whole(0, 8), random=0, causal=d.one(True, False), **d.fold())
    yield Case("nacl", proxy=d.whole(1, 4), keep=d.whole(0, 8), random=d.whole(1, 6),
               seed=d.whole(0, 9), **d.fold())
    if least > 24:
        yield Case("nacl", budget=d.one(.3, .5, .8, .9), seed=d.whole(0, 9))
    inner = d.one("observed_attention", "keydiff")
    yield Case("adakv", Case(inner, size=d.size()), floor=d.one(.2, .5))
    if least > 8:
        yield Case("expected_attention", **d.sized(size=d.size(4)), sinks=d.whole(0, 4),
                   horizon=d.one(1, 8, 512), epsilon=d.one(.01, .1), **d.fold())


def reading(d):
    """Those that read or store less, and those that treat heads unlike."""
    yield Case("quest", page=d.whole(1, 5), pages=d.whole(1, 6), dense_layers=d.one(0, 0, 2))
    yield Case("quest", page=d.one(2, 16), budget=d.one(.1, .3))
    if min(d.prompts) > 6:
        yield Case("loki", rank=d.whole(1, d.dim), keys=d.one(.1, .25, .5, 1.0),
                   **d.fold())
        yield Case("duo", streaming_share=d.one(0.0, .34, .5, .67, 1.0), sinks=d.whole(0, 3),
                   recent=d.whole(1, 6))
    if min(d.prompts) > 6 and d.classes:
        yield Case("fastgen", recover=d.one(.3, .5, .7, .8, .95), heavy=d.one(.1, .3),
                   recent=d.one(.1, .3), **d.fold())
    inner = d.one(Case("full"), Case("window", size=d.size()), Case("tova", size=d.size()),
                  Case("streaming_llm", sinks=2, recent=d.whole(1, 9)),
                  Case("snapkv", capacity=d.size(4), window=3), Case("quest", page=3, pages=3),
                  Case("h2o", heavy=d.whole(1, 8), recent=d.whole(1, 8),
                       variant=d.one("A", "B", "Bpos")))
    yield Case("kv_quant", inner, bits=d.one(8, 4), key_axis=d.one("channel", "token"),
               value_axis=d.one("channel", "token"), group=d.whole(1, 6),
               residual=d.whole(0, 12))


def cases(random, sequences):
    d = Draw(random, sequences)
    return [*decoding(d), *prompting(d), *reading(d)]
