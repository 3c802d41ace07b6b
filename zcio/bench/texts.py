"""Texts of several kinds and any size to search in, the same in every run."""

import random

__all__ = ["CORPORA", "repeat", "words"]


def repeat(piece, size):
    """``size`` bytes of ``piece`` over and over."""
    return (piece * (size // len(piece) + 1))[:size]


def words(size):
    """Lines of made-up words over twelve letters; quickly made."""
    made = [bytes(random.Random(seed).choices(b"etaoinshrdlu", k=2 + seed % 9)) for seed in range(500)]
    chooser = random.Random(7)
    return repeat(b"\n".join(b" ".join(chooser.choices(made, k=9)) for _ in range(3000)), size)


def _text(rng, size):
    common = (
        "the of and to a in is it you that he was for on are with as I his they be at one have this from or had by not"
        " word but what some we can out other were all there when up use your how said an each she which do their time"
        " if will way about many then them write would like so these her long make thing see him two has look more day"
        " could go come did number sound no most people my over know water than call first who may down side been now"
    ).split()
    weights = [1 / (place + 1) for place in range(len(common))]
    piece = []
    for word in rng.choices(common, weights, k=max(1000, min(3000000, size // 4))):
        piece.append(word)
        piece.append(".\n" if rng.random() < 0.08 else " ")
    return repeat("".join(piece).encode(), size)


def _logs(rng, size):
    lines = [
        "2026-11-%02dT%02d:%02d:%02d.%03dZ INFO  server[%d]: GET /api/v1/items/%d 200 %dms\n"
        % tuple(rng.randrange(limit) for limit in (28, 24, 60, 60, 1000, 9, 100000, 900))
        for _ in range(max(100, min(200000, size // 70)))
    ]
    return repeat("".join(lines).encode(), size)


def _noise(rng, size):
    """Nothing repeats within the L3 cache: a branch predictor learns what comes again every megabyte."""
    return repeat(rng.getrandbits(8 * min(size, 32 << 20)).to_bytes(min(size, 32 << 20), "little"), size)


#: Functions of (random.Random, size) by name. None of the texts has the byte 255, so a needle with it is absent.
CORPORA = {
    "random": lambda rng, size: _noise(rng, size).replace(b"\xff", b"\xfe"),
    "text": _text,
    "logs": _logs,
    "dna": lambda rng, size: _noise(rng, size).translate(b"ACGT" * 64),
    "zeros": lambda rng, size: bytes(size),
    "same": lambda rng, size: b"a" * size,
}
