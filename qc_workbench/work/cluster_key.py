"""The key of a cluster: one file that lets machines in, and nobody else.

Dask workers run whatever a peer that may connect sends them, so every connection is TLS with certificates on both
sides (mutual). The file holds the cluster's certificate authority, one certificate signed by it and its private key;
the authority's own key is thrown away when the file is made, so that nothing more can be signed. Whoever has the
file can run programs on all machines of the cluster: it is carried like a password, and a new one replaces it.
"""

from __future__ import annotations

import importlib
import logging
import os
import ssl
import stat
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from qc_workbench.errors import NotConfigured, UsageError

#: Where the key of a workspace lies unless a setting or option says otherwise.
KEY_FILE: Final = "cluster.pem"
#: How long a key works. Long enough not to end in the middle of a season, short enough not to be forgotten for ever.
LIFE: Final = timedelta(days=730)
_NAME: Final = "qc-workbench-cluster"
#: A worker that says nothing for this long is given up: its machine hangs, sleeps or is cut off. Its heartbeat comes
#: from a thread of its own every second, whatever the call does.
SILENT_FOR_S: Final = 30

#: Dask's own settings on scheduler and workers.
_DASK: Final[Mapping[str, Any]] = {
    "distributed.scheduler.allowed-failures": 0,  # the ledger counts losses; nothing is tried twice behind its back
    "distributed.scheduler.worker-ttl": f"{SILENT_FOR_S}s",
    "distributed.scheduler.work-stealing": False,  # each task is meant for its worker
    "distributed.comm.timeouts.connect": "10s",
    "distributed.comm.timeouts.tcp": "30s",
    "distributed.diagnostics.nvml": False,
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}


def make_key(path: Path, now: datetime) -> datetime:
    """Write a new key, readable by its owner only; returns when it ends.

    Raises :class:`UsageError` ``cluster_key_exists``: a key in use is not overwritten by accident.
    """
    load_dask()
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    ends = now + LIFE
    authority_key, node_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{_NAME}-authority")])

    def certificate(name: x509.Name, key: ec.EllipticCurvePublicKey, *, authority: bool) -> bytes:
        usage = x509.KeyUsage(
            digital_signature=True, key_cert_sign=authority, crl_sign=authority, content_commitment=False,
            key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
            decipher_only=False,
        )  # fmt: skip
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(authority_name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))  # clocks of machines differ
            .not_valid_after(ends)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=0 if authority else None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
            )
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(_NAME)]), critical=False)
            .sign(authority_key, hashes.SHA256())
        )
        return made.public_bytes(serialization.Encoding.PEM)

    node_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME)])
    private = node_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    content = (
        certificate(node_name, node_key.public_key(), authority=False)
        + certificate(authority_name, authority_key.public_key(), authority=True)
        + private
    )
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise UsageError("cluster_key_exists", file=str(path)) from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    return ends


def security_of(path: Path, now: datetime) -> Any:
    """What Dask needs to speak to the cluster of this key: TLS 1.3, certificates on both sides.

    Raises :class:`NotConfigured`: ``cluster_not_installed``, ``cluster_key_missing``, ``cluster_key_open`` (others on
    this machine may read it), ``cluster_key_damaged``, ``cluster_key_over``.
    """
    distributed = load_dask()
    from cryptography import x509

    try:
        content = path.read_bytes()
    except OSError as error:
        raise NotConfigured("cluster_key_missing", file=str(path)) from error
    if os.name == "posix" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise NotConfigured("cluster_key_open", file=str(path))
    try:
        ends = min(item.not_valid_after_utc for item in x509.load_pem_x509_certificates(content))
        ssl.create_default_context(cafile=str(path)).load_cert_chain(str(path))
    except (ValueError, ssl.SSLError) as error:
        raise NotConfigured("cluster_key_damaged", file=str(path)) from error
    if ends <= now.astimezone(UTC):
        raise NotConfigured("cluster_key_over", file=str(path), day=f"{ends:%Y-%m-%d}")
    file = str(path)
    return distributed.Security(
        require_encryption=True,
        tls_min_version=ssl.TLSVersion.TLSv1_3,
        tls_ca_file=file,
        tls_client_cert=file, tls_client_key=file,
        tls_scheduler_cert=file, tls_scheduler_key=file,
        tls_worker_cert=file, tls_worker_key=file,
    )  # fmt: skip


def load_dask() -> Any:
    """The Dask library, set up as the cluster needs it.

    Raises :class:`NotConfigured` ``cluster_not_installed`` when the libraries of the cluster are not there.
    """
    # here and in the processes that this one starts: what a person needs is said by our own lines
    os.environ["DASK_LOGGING__DISTRIBUTED"] = "critical"
    try:
        importlib.import_module("cryptography")
        importlib.import_module("dask").config.set(dict(_DASK))
        distributed = importlib.import_module("distributed")
    except ImportError as error:
        raise NotConfigured("cluster_not_installed", detail=error.name or "") from error
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # has a level of its own
    return distributed
