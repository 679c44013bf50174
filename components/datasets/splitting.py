"""Which part of a data set an example belongs to: a function of the seed and of what the example holds.

Equal examples always fall into the same part, and an example stays where it is when others come or go.
"""

from collections.abc import Collection, Mapping
from hashlib import blake2b

from components.params import SPLITS, UserError

__all__ = ["Plan", "content_hash", "part_of", "plan_parts"]

Shares = Mapping[str, float]
Plan = Mapping[str, Shares]


def content_hash(content: bytes, seed: int) -> int:
    """64 bits that are uniform over contents, and others for another seed."""
    return int.from_bytes(blake2b(content, digest_size=8, key=seed.to_bytes(8, "little")).digest(), "little")


def plan_parts(key: str, available: Collection[str], validation: float, test: float) -> Plan:
    """What share of each split of the source goes to which part.

    The source's own test and validation splits are kept; what it lacks of them is cut from its training split.

    Args:
        key: name of the data set, for messages.
        available: splits of the source; those that are none of train, validation and test are left out.
        validation: share to cut for validation.
        test: share to cut for test.
    """
    pool = "train" if "train" in available else next(iter(available)) if len(available) == 1 else None
    if pool is None:
        raise UserError(f"datasets.{key}.source: splits {', '.join(available)}; a training split is needed")
    own = {name: {name: 1.0} for name in SPLITS if name in available and name != pool}
    cut = {name: share for name, share in (("validation", validation), ("test", test)) if share and name not in own}
    return {pool: {**cut, "train": 1.0 - sum(cut.values())}, **own}


def part_of(content: int, shares: Shares) -> str:
    """The part that an example with this :func:`content_hash` belongs to."""
    *parts, last = shares
    position = content / 2**64
    for part in parts:
        position -= shares[part]
        if position < 0:
            return part
    return last
