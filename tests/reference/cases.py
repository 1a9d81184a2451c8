"""Random small cases for the two engine rules: a seed and a flavour give one case, always the same.

A case has `settings` and `requests` as engine.py describes them. Where it can be written as a trace
file it also has `trace` (block_size and rule of the ids in the file) and each request its
`trace_blocks`; `blocks` are then those ids re-blocked to the pool's block size.
"""
import random

from pool import ceil_div

FLAVOURS = ("v1", "v1_unchunked", "v1_threshold", "v1_tight", "v1_prefix", "v1_prefix_tight",
            "v1_prefix_ceil", "v1_beyond", "v1_replicas", "v1_async", "v1_async_tight",
            "v1_async_prefix_tight", "v0", "v0_tight", "v0_watermark", "v0_chunked", "v0_replicas")


def arrivals(rng, count, tick):
    """Integer ns from 0, on a coarse grid so that arrivals meet each other and step ends."""
    times, now = [], 0
    pace = rng.choice((1, 2, 8, 40))
    for _ in range(count):
        times.append(now)
        if rng.random() < 0.6:
            now += tick * rng.randint(0, pace)
    return times


def chains(rng, rows, size, rule):
    """Prefix ids: each id has one predecessor, a list is the path to it (a tree of prompts)."""
    fresh, seen = 0, []
    for row in rows:
        whole = row["prompt"] // size
        count = ceil_div(row["prompt"], size) if rule == "ceil" else whole
        if rule == "beyond":
            held = ceil_div(row["prompt"] + row["output"], size)
            count = rng.randint(whole, held) if rng.random() < 0.7 else whole
            # One id past floor(prompt / B) alone could be meant as a partial one: not generated.
            count = whole if count <= ceil_div(row["prompt"], size) else count
        ids = []
        if seen and rng.random() < 0.75:
            other, other_prompt = rng.choice(seen)
            same = rule == "ceil" and other_prompt == row["prompt"]
            usable = len(other) if same or rule != "ceil" else other_prompt // size
            usable = min(usable, count, count if same or rule == "beyond" else whole)
            ids = other[:rng.randint(0, usable) if rng.random() < 0.5 else usable]
        ids = ids + list(range(fresh, fresh + count - len(ids)))
        fresh = max([fresh] + [i + 1 for i in ids])
        seen.append((ids, row["prompt"]))
        row["trace_blocks"] = ids


def reblock(ids, prompt, size, to, rule):
    """traces.md rule 6: sub-ids of a divisor, the last member of a multiple."""
    if to <= size:
        parts = size // to
        sub = [i * parts + k for i in ids for k in range(parts)]
        return sub[:ceil_div(prompt, to)] if rule == "ceil" else sub
    parts = to // size
    whole = ids[parts - 1::parts]
    partial = rule == "ceil" and len(ids) % parts
    return whole + ids[-1:] if partial else whole


def lengths(rng, count, prompt_max, output_max):
    rows = []
    short = rng.choice((0.1, 0.6))
    for _ in range(count):
        long = rng.random() < 0.15
        prompt = rng.randint(1, prompt_max if long else max(1, prompt_max // 2))
        output = rng.randint(1, 2 if rng.random() < short else output_max)
        rows.append({"prompt": prompt, "output": output})
        if rows[:-1] and rng.random() < 0.2:
            rows[-1]["prompt"] = rng.choice(rows[:-1])["prompt"]
    return rows


def price(rng):
    """Small integers, so that different batches often end at the same instant."""
    unit = rng.choice((1, 1, 5, 1000))
    return [unit * rng.randint(1, 12), unit * rng.randint(0, 2), unit * rng.randint(0, 3),
            rng.choice((0, 0, 1, unit))]


def with_prefixes(rng, case, rule, size, to_many):
    settings, rows = case["settings"], case["requests"]
    chains(rng, rows, size, rule)
    for row in rows:
        row["blocks"] = reblock(row["trace_blocks"], row["prompt"], size, to_many, rule)
    settings["block_size"], settings["prefix_cache"] = to_many, True
    case["trace"] = {"block_size": size, "rule": rule}


def base(rng, policy, prompt_max, output_max, slack):
    """`slack`: pool size in longest requests."""
    block = rng.choice((1, 2, 3, 4, 5, 8, 13, 16))
    rows = lengths(rng, rng.randint(1, 40 if rng.random() < 0.5 else 12), prompt_max, output_max)
    cost = price(rng)
    for row, at in zip(rows, arrivals(rng, len(rows), cost[0])):
        row["arrival_ns"] = at
    longest = max(row["prompt"] + row["output"] - 1 for row in rows)
    settings = {"policy": policy, "block_size": block, "cost": cost,
                "blocks": max(4, int(ceil_div(longest, block) * slack)),
                "max_num_seqs": rng.choice((1, 2, 3, 4, 8, 64, 64, 64)),
                "max_num_batched_tokens": rng.choice((1, 2, 3, 5, 8, 16, 33, 64, 2048))}
    return {"settings": settings, "requests": rows}


def make(flavour, seed):
    rng = random.Random(f"{flavour} {seed}")
    policy = "vllm_" + flavour[:2]
    tight = "tight" in flavour or rng.random() < 0.3
    pressed = tight and rng.random() < 0.6  # short prompts that grow: heavy preemption
    slack = rng.choice((0.7, 0.95, 1.0, 1.0, 1.1, 1.3)) if tight else rng.choice((1.5, 2, 4))
    prompt_max = rng.choice((6, 20, 60))
    if flavour == "v1_prefix_ceil":
        prompt_max = 1500  # the trace's blocks are 512 tokens
    elif flavour in ("v1_prefix", "v1_prefix_tight"):
        prompt_max = rng.choice((40, 80, 120))
    elif pressed:
        prompt_max = 8
    case = base(rng, policy, prompt_max,
                rng.choice((20, 40, 60)) if pressed else rng.choice((4, 12, 40)), slack)
    settings = case["settings"]
    if pressed:
        settings["max_num_seqs"] = rng.choice((4, 16, 64))
        settings["max_num_batched_tokens"] = rng.choice((8, 33, 64, 2048))
    if "replicas" in flavour:
        settings["replicas"] = rng.randint(2, 4)
        settings["router"] = rng.choice(("round_robin", "least_loaded"))
    tokens = max(row["prompt"] + row["output"] for row in case["requests"])
    if policy == "vllm_v0":
        set_v0(rng, flavour, settings, tokens)
    else:
        set_v1(rng, flavour, case, tokens, slack)
    limit_length(rng, flavour, settings, tokens)
    return case


def set_v0(rng, flavour, settings, tokens):
    settings["prefix_cache"] = False
    settings["can_append"] = rng.choice(("one_block", "exact"))
    settings["chunked"] = flavour == "v0_chunked"
    if not settings["chunked"] and rng.random() < 0.8:  # else most prompts are rejected
        settings["max_num_batched_tokens"] = rng.choice((tokens, 2 * tokens, 2048))
    if flavour == "v0_watermark":  # of one block and more: the pool has at least 100
        settings["block_size"] = 1
        settings["blocks"] = max(100, int(tokens * rng.choice((0.9, 1.05, 1.5, 2.5))))
        settings["max_num_seqs"] = rng.choice((8, 64))


def set_v1(rng, flavour, case, tokens, slack):
    settings = case["settings"]
    settings["reserve_full_isl"] = rng.random() < 0.6
    settings["watermark"] = rng.choice((None, None, 0.0, 0.125, 0.25))
    settings["prefix_cache"] = rng.random() < 0.5
    settings["async_scheduling"] = "async" in flavour
    if flavour == "v1_threshold":
        settings["long_prefill_token_threshold"] = rng.choice((1, 2, 3, 7, 16))
    elif flavour == "v1_beyond":
        with_prefixes(rng, case, "beyond", settings["block_size"], settings["block_size"])
    elif flavour == "v1_prefix_ceil":
        to = rng.choice((16, 64, 128, 256, 512, 1024))
        settings["blocks"] = max(4, int(ceil_div(tokens, to) * slack))
        settings["max_num_batched_tokens"] = rng.choice((100, 512, 700, 2048))
        with_prefixes(rng, case, "ceil", 512, to)
        settings["cost"] = [10**6 * price for price in settings["cost"]]  # times are ms there
        for row in case["requests"]:
            row["arrival_ns"] *= 10**6
    elif "prefix" in flavour:
        to = rng.choice((1, 2, 4, 8, 16, 32))
        settings["blocks"] = max(4, int(ceil_div(tokens, to) * slack))
        with_prefixes(rng, case, "floor", 16, to)


def limit_length(rng, flavour, settings, tokens):
    """An engine refuses to start where one longest request cannot fit in its pool."""
    fits = settings["blocks"] * settings["block_size"]
    if flavour == "v1_unchunked":
        # Without chunked prefill it takes no longer request than one step's tokens.
        settings["chunked_prefill"] = False
        settings["max_model_len"] = max(2, min(fits, tokens + rng.choice((-3, 0, 5))))
        settings["max_num_batched_tokens"] = settings["max_model_len"] + rng.choice((0, 1, 9))
    elif rng.random() < 0.15:
        settings["max_model_len"] = max(2, min(fits, tokens + rng.choice((-4, 0, 3))))
