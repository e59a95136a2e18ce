"""TLS in front of the throw-away database, whose build may have none: for addresses that ask for it, and those that do not."""

from __future__ import annotations

import asyncio
import ssl
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path

_ASKS_FOR_TLS = bytes.fromhex("0000000804d2162f")
_ASKS_FOR_GSS = bytes.fromhex("0000000804d21630")


class Front:
    """Listens on ``port`` and passes everything on to ``behind``, in the clear: ``with Front(port, behind, folder):``.

    ``folder`` gets the key and the certificate, which nobody vouches for.
    """

    def __init__(self, port: int, behind: int, folder: Path) -> None:
        self.port, self._behind = port, behind
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*certificate(folder))
        self._loop = asyncio.new_event_loop()
        self._ready, self._end = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(5)

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._passed_on, "127.0.0.1", self.port)
        self._ready.set()
        await self._end.wait()
        server.close()
        others = [one for one in asyncio.all_tasks() if one is not asyncio.current_task()]
        for one in others:
            one.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _passed_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            first = await reader.readexactly(8)
            while first in {_ASKS_FOR_TLS, _ASKS_FOR_GSS}:
                writer.write(b"S" if first == _ASKS_FOR_TLS else b"N")
                if first == _ASKS_FOR_TLS:
                    await writer.start_tls(self._context)
                first = await reader.readexactly(8)
            inner, outer = await asyncio.open_connection("127.0.0.1", self._behind)
            outer.write(first)
            await asyncio.wait(
                [asyncio.create_task(_pump(reader, outer)), asyncio.create_task(_pump(inner, writer))],
                return_when=asyncio.FIRST_COMPLETED,
            )
            outer.close()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while chunk := await source.read(65536):
            target.write(chunk)
            await target.drain()
    except OSError:
        return


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate and its key; gives where they are."""
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415 - only here

    from cryptography import x509  # noqa: PLC0415 - heavy
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    shown, private = folder / "server.crt", folder / "server.key"
    shown.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    private.write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()))
    private.chmod(0o600)
    return shown, private
