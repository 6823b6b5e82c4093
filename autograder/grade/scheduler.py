"""How a Dask scheduler is reached: encrypted, or on this machine; anything else has to be asked for.

A cluster is trusted with everything. Whoever reaches its scheduler or a worker reads the expected results there, and
may have it run anything; and this process unpickles what comes back.
"""

import errno
import ipaddress
import logging
import os
import re
import socket
import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autograder.course import CourseError

if TYPE_CHECKING:
    from distributed import Client, Security

EXPOSED = (
    "whoever can reach it reads the expected results from the workers, and may run code there and, "
    "by what comes back, here"
)
# What may be given of a certificate: our option, and where it stands in dask's own configuration.
_AGAIN_SECONDS = 0.1
_FILES = {
    "--tls-ca-file": "distributed.comm.tls.ca-file",
    "--tls-cert": "distributed.comm.tls.client.cert",
    "--tls-key": "distributed.comm.tls.client.key",
}


@dataclass(frozen=True)
class Scheduler:
    """Where a cluster is, and what opens it.

    Attributes
    ----------
    address : str
        "tls://HOST:PORT" or "tcp://HOST:PORT".
    tls_ca_file, tls_cert, tls_key : str
        Files in PEM: of the authority that signs this cluster's certificates alone, and our own certificate and
        key. "": as dask's configuration has it; a key may stand in the file of its certificate.
    insecure : bool
        Whether to reach a scheduler without encryption beyond this machine, too.
    """

    address: str
    tls_ca_file: str = ""
    tls_cert: str = ""
    tls_key: str = ""
    insecure: bool = False

    def connect(self, seconds: float) -> "Client":
        """A client of the scheduler, who has been asked how it and its workers are reached.

        Raises
        ------
        CourseError
            If it cannot be reached, or not in a way that keeps others out.
        """
        from distributed import Client
        from distributed.comm.addressing import parse_address, parse_host_port

        try:
            scheme, place = parse_address(self.address)
            host, port = parse_host_port(place)
        except ValueError as error:
            raise self._error(f"is no address ({_line(error)}): expected tls://HOST:PORT") from None
        if scheme not in ("tls", "tcp"):
            raise self._error("is no address of a cluster: expected tls://HOST:PORT")
        # A scheduler that is lost is told of in a line of ours.
        logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
        security, context = None, None
        if scheme == "tls":
            security = self._security()
            context = security.get_connection_args("client")["ssl_context"]
        else:
            self._plain(host, port)
        self._greet(host, int(port), context, seconds)
        try:
            client = Client(f"{scheme}://{place}", timeout=seconds, security=security)
        except (OSError, ValueError, RuntimeError) as error:
            raise self._error(f"cannot be reached: {_line(error)}") from error
        try:
            self._look_around(client, scheme)
        except BaseException:
            client.close()
            raise
        return client

    @property
    def encrypted(self) -> bool:
        """Whether nobody on the way can read along."""
        from distributed.comm.addressing import parse_address

        return parse_address(self.address)[0] == "tls"

    def _error(self, what: str) -> CourseError:
        return CourseError(f"--scheduler {self.address} {what}")

    def _security(self) -> "Security":
        """What the files open; dask itself would ask for the password of a key, and look at no file before."""
        from distributed import Security

        fields = ("tls_ca_file", "tls_client_cert", "tls_client_key")
        options = (self.tls_ca_file, self.tls_cert, self.tls_key)
        given = {field: option for field, option in zip(fields, options, strict=True) if option}
        try:
            security = Security(require_encryption=True, **given)
        except ValueError as error:  # of a setting in dask's configuration
            raise self._error(f"cannot be reached: {_line(error)}") from None
        found = {
            option: (getattr(security, field), option if field in given else f"{option} ({config})")
            for field, (option, config) in zip(fields, _FILES.items(), strict=True)
        }
        for option, (file, name) in found.items():
            if not file and option != "--tls-key":
                raise self._error(f"needs {name}: give {option} FILE, or set it for dask")
            if file and "\n" not in file:  # dask takes the text of a certificate, too
                try:
                    with open(file, "rb"):
                        pass
                except OSError as error:
                    raise CourseError(
                        f"{name}: {file} cannot be read ({error.strerror}): give a file in PEM"
                    ) from None
        (authority, name), (certificate, own), (key, secret) = found.values()
        try:
            if "\n" not in authority:
                ssl.create_default_context(cafile=authority)
        except ssl.SSLError:
            raise CourseError(
                f"{name}: {authority} holds no certificate: give the authority's, in PEM"
            ) from None
        both = f"{own} and {secret}" if key else own
        try:
            if "\n" not in certificate + (key or ""):

                def asked() -> str:
                    raise CourseError(
                        f"{secret if key else own}: the key has a password: give one without"
                    )

                context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                context.load_cert_chain(certificate, key or None, password=asked)
            security.get_connection_args("client")
        except ssl.SSLError as error:
            raise CourseError(
                f"{both}: not a certificate and its key, in PEM ({_reason(error)})"
            ) from None
        return security

    def _plain(self, host: str, port: int | str) -> None:
        """Refuse what could be overheard.

        Raises
        ------
        CourseError
            If the address is not this machine's own, unless it was asked for; or if files for TLS are given.
        """
        if self.tls_ca_file or self.tls_cert or self.tls_key:
            raise self._error("is not encrypted: write tls:// to use the --tls- options")
        if self.insecure:
            return
        try:
            found = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise self._error(f"cannot be reached: {_said(error)}") from None
        if not all(_is_loopback(str(address[0])) for *_, address in found):
            raise self._error(
                f"is not encrypted, and {EXPOSED}: use tls://, or --insecure-scheduler where nobody else can reach it"
            )

    def _greet(self, host: str, port: int, context: ssl.SSLContext | None, seconds: float) -> None:
        """Wait for the scheduler's first words, to tell what is wrong where none come.

        Dask would try again until its time is over, and say only that; its log says the rest, in many lines.
        """
        end = time.monotonic() + seconds
        try:
            with _connected(host, port, end) as plain:
                if not context:
                    self._hear(plain)
                    return
                with context.wrap_socket(plain) as ends:
                    self._hear(ends)
        except ssl.SSLCertVerificationError as error:
            raise self._error(
                f"has a certificate that --tls-ca-file does not vouch for ({error.verify_message}): "
                "give the authority that signed it"
            ) from None
        except ssl.SSLError as error:
            if error.reason and "ALERT" in error.reason:
                raise self._error(
                    f"refuses our certificate ({_reason(error)}): give --tls-cert and --tls-key that its "
                    "authority signed"
                ) from None
            raise self._error(
                f"does not speak TLS ({_reason(error)}): start it with --tls-ca-file, --tls-cert and --tls-key"
            ) from None
        except (OSError, OverflowError) as error:
            raise self._error(f"cannot be reached: {_said(error)}") from None

    def _hear(self, ends: socket.socket) -> None:
        silent = "does not answer as a Dask scheduler does"
        other = "" if isinstance(ends, ssl.SSLSocket) else ": does it speak tls://?"
        try:
            if ends.recv(1):
                return
        except (TimeoutError, ConnectionError):
            pass
        raise self._error(f"{silent}{other}")

    def _look_around(self, client: "Client", scheme: str) -> None:
        """Hold the addresses of the scheduler itself and of its workers against what was asked for.

        Raises
        ------
        CourseError
            If one of them is open to others: a scheduler that is started without `--host` listens everywhere.
        """
        if scheme == "tcp" and self.insecure:
            return
        from distributed.comm.addressing import parse_address, parse_host_port

        own = client.scheduler_info()["address"]
        for who, address in [("scheduler", own), *(("worker", w) for w in client.nthreads())]:
            its, place = parse_address(address)
            if scheme == "tls":
                if its != "tls":
                    raise self._error(
                        f"has the {who} {address}, which is not encrypted: start it with --protocol tls"
                    )
            elif not _is_loopback(parse_host_port(place)[0]):
                raise self._error(
                    f"has the {who} {address}, and {EXPOSED}: start it with --host 127.0.0.1, use tls://, or "
                    "--insecure-scheduler where nobody else can reach it"
                )


def _connected(host: str, port: int, end: float) -> socket.socket:
    """A connection; one that is refused is tried again, since a scheduler takes a while to start."""
    while True:
        left = end - time.monotonic()
        try:
            return socket.create_connection((host, port), timeout=max(left, _AGAIN_SECONDS))
        except ConnectionRefusedError:
            if left < _AGAIN_SECONDS:
                raise
            time.sleep(_AGAIN_SECONDS)


def _is_loopback(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address == "localhost"
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_loopback


def _reason(error: ssl.SSLError) -> str:
    said = re.sub(r"^\[\w+\] | \(_ssl\.c:\d+\)$", "", str(error))
    return error.reason.lower().replace("_", " ") if error.reason else said


def _said(error: BaseException) -> str:
    number = getattr(error, "errno", None)
    if isinstance(number, int) and number in errno.errorcode and number > 0:
        return os.strerror(number)
    return _line(error)


def _line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
