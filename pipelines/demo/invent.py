"""Names and codes that belong to nobody."""

from __future__ import annotations

import numpy as np

from pipelines.demo.setting import county_code, short_name

# The alphabet of GB 32100-2015: no I, O, S, V, Z.
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = np.array([3**i % 31 for i in range(17)])
# The organisation part has a check character of its own (GB 11714), over digits and all 26 letters.
_ORGANISATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORGANISATION_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])
# What the organisation part of every code begins with here, so that a made-up code is known at sight.
MARKER = "YY"
# The kind of a code, before the county it was given in.
COMPANY, WORKSHOP = "91", "92"

# Names begin with the county, or with the city it belongs to.
CITY = "湖州"
_CHARACTERS = "禾曦澍彬烨煜钧铭轩昊晖朗澈涵溪润泽瀚沛淳渝琛瑜瑾璋琦琳珂茂苒蕴岱嵘峻巍屿钦锐锦铎骏骐翔翱翼旭煊"


def credit_codes(count: int, rng: np.random.Generator, kind: str = COMPANY) -> np.ndarray:
    """`count` different unified social credit codes, valid under GB 32100-2015 (text, 18 characters).

    Codes of different kinds (`COMPANY`; `WORKSHOP`, 个体工商户) differ in any case.
    """
    letters = np.array(list(ALPHABET))
    draws = rng.choice(31**6, size=count, replace=False)
    tail = (draws[:, None] // 31 ** np.arange(6)[None, :]) % 31
    head = np.tile(np.array(list(kind + county_code() + MARKER)), (count, 1))
    body = np.concatenate([head, letters[tail]], axis=1)

    organisation = _ordinals(body[:, 8:16], _ORGANISATION_ALPHABET)
    check = (11 - organisation @ _ORGANISATION_WEIGHTS % 11) % 11
    body = np.concatenate([body, np.array(list("0123456789X"))[check][:, None]], axis=1)

    whole = (31 - _ordinals(body, ALPHABET) @ _WEIGHTS % 31) % 31
    body = np.concatenate([body, letters[whole][:, None]], axis=1)
    return np.array(["".join(row) for row in body], dtype=object)


def _ordinals(characters: np.ndarray, alphabet: str) -> np.ndarray:
    lookup = np.zeros(128, dtype=np.int64)
    for value, character in enumerate(alphabet):
        lookup[ord(character)] = value
    return lookup[characters.astype("U1").view(np.uint32).reshape(characters.shape)]


def enterprise_names(products: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Different invented company names, one for each product word; place and core together are unique."""
    base = len(_CHARACTERS)
    draws = rng.choice(2 * base**3, size=len(products), replace=False)
    places = np.array([short_name(), CITY], dtype=object)[draws % 2]
    letters = np.array(list(_CHARACTERS), dtype=object)
    core = draws // 2
    words = letters[core % base] + letters[core // base % base] + letters[core // base**2]
    brackets = np.array(["", "(浙江)", f"（{short_name()}）"], dtype=object)
    bracket = brackets[rng.choice(3, size=len(products), p=[0.8, 0.12, 0.08])]
    endings = np.array(["有限公司", "股份有限公司"], dtype=object)
    ending = endings[rng.choice(2, size=len(products), p=[0.9, 0.1])]
    return places + words + bracket + products + ending
