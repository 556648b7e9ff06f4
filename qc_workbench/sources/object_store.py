"""Objects of an S3-compatible store, by addresses that are signed here.

The store's own client signs and asks nothing: it would hold any answer whole in memory, for as long as the store likes
to go on with it. What comes is read as every other answer is (:mod:`qc_workbench.sources.unpacking`).
"""

from __future__ import annotations

import importlib
import os
import ssl
from collections.abc import Mapping
from typing import Any, Final, Literal

#: How long a signed address works; it is used at once, by clocks that may differ.
_LIFE_S: Final = 900


def signer(*, is_amazon: bool = False, **options: Any) -> Any:
    """What signs, by the keys in ``options`` (of :class:`s3fs.S3FileSystem`), or those of the machine.

    ``is_amazon``: no other store is named; a bucket is looked for where its region is. Raises ``ImportError``."""
    importlib.import_module("s3fs")
    style = {"s3": {"addressing_style": "virtual"}} if is_amazon else {}
    return importlib.import_module("fsspec").filesystem(
        "s3", config_kwargs={"signature_version": "s3v4", **style}, use_listings_cache=False, **options
    )


def signed_address(signs: Any, key: str, method: Literal["get_object", "put_object"] = "get_object") -> str:
    """Where the object ``bucket/name`` is got or put. Raises what the client raises, for want of keys mostly."""
    return str(signs.sign(key, expiration=_LIFE_S, client_method=method))


def trusted(environment: Mapping[str, str] = os.environ) -> ssl.SSLContext | bool:
    """Whose certificates are: those of ``AWS_CA_BUNDLE``, as the store's client has it, or the usual ones."""
    bundle = environment.get("AWS_CA_BUNDLE")
    return ssl.create_default_context(cafile=bundle) if bundle else True
