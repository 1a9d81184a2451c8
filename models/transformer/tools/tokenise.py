"""Cuts texts into a model's tokens.

    tokenise.py WEIGHTS OUT LENGTH FILE...

WEIGHTS carries the vocabulary (get_model.py). Each text becomes sequences of at most LENGTH tokens,
cut where they are full. OUT (HDF5): /sequences/<n> with the attribute `file` and the datasets
tokens [T] int32 and token_class [T] uint8 (0 other, 1 special, 2 punctuation and blanks only).

Exit codes: 0; 2 a text that is no UTF-8, or empty; 3 files.
"""

import sys
import unicodedata

import h5py
import numpy
import tokenizers

CONTROL = 3  # GGUF's token type
SPECIAL, PUNCTUATION = 1, 2


def fail(code, text):
    print(f"kvern: error: {text}", file=sys.stderr)
    sys.exit(code)


class Vocabulary:
    def __init__(self, path):
        with h5py.File(path) as file:
            if "tokenizer" not in file:
                fail(2, f"{path}: carries no vocabulary")
            group = file["tokenizer"]
            kind = (group.attrs["model"], group.attrs["pre"])
            tokens = [token.decode() for token in group["tokens"][:]]
            merges = [tuple(merge.decode().split(" ")) for merge in group["merges"][:]]
            types = group["token_type"][:]
        if kind != ("gpt2", "smollm"):
            fail(3, f"{path}: no rules for a tokenizer of the kind {kind}")
        bpe = tokenizers.models.BPE({token: i for i, token in enumerate(tokens)}, merges)
        self.tokenizer = tokenizers.Tokenizer(bpe)
        # Byte pairs within words as GPT-2 splits them, digits one by one.
        self.tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Sequence(
            [
                tokenizers.pre_tokenizers.Digits(individual_digits=True),
                tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
            ]
        )
        self.tokenizer.decoder = tokenizers.decoders.ByteLevel()
        special = [token for token, kind in zip(tokens, types) if kind == CONTROL]
        self.tokenizer.add_special_tokens(special)
        self.classes = numpy.array(
            [SPECIAL if kind == CONTROL else self.text_class(i) for i, kind in enumerate(types)],
            numpy.uint8,
        )

    def text_class(self, token):
        text = self.tokenizer.decode([token], skip_special_tokens=False)
        marks = all(unicodedata.category(c)[0] in "PZC" and c != "\ufffd" for c in text)
        return PUNCTUATION if marks else 0

    def encode(self, text):
        return numpy.array(self.tokenizer.encode(text, add_special_tokens=False).ids, numpy.int32)


def read_text(path):
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except UnicodeDecodeError:
        fail(2, f"{path}: not a text in UTF-8")
    except OSError as error:
        fail(3, f"{path}: {error.strerror}")


def main():
    weights, out, length = sys.argv[1], sys.argv[2], int(sys.argv[3])
    vocabulary = Vocabulary(weights)
    number = 0
    with h5py.File(out, "w") as file:
        for path in sys.argv[4:]:
            tokens = vocabulary.encode(read_text(path))
            if not len(tokens):
                fail(2, f"{path}: an empty text")
            for first in range(0, len(tokens), length):
                part = tokens[first : first + length]
                group = file.create_group(f"sequences/{number}")
                group.attrs["file"] = path
                group["tokens"] = part
                group["token_class"] = vocabulary.classes[part]
                number += 1


if __name__ == "__main__":
    main()
