"""A probe: one real request through an edge, to see which lane answers.

Rules of this file
* The application says its lane in the `X-Shifter-Lane` header of its answers, also of
  those that refuse the request: the probe has no session and no rights.
* A fault of the server (5xx) is no answer of a lane: a load balancer without a healthy
  target answers so by itself.
* Redirects are not followed: where they lead is another edge, or none.

AWS documentation: Elastic Load Balancing, user guide for Application Load Balancers,
"Troubleshoot your Application Load Balancers" (which 5xx a load balancer generates).
"""

from __future__ import annotations

from email.message import Message
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from shifter.core.errors import Rejected, Unavailable
from shifter.core.topology import Topology

HEADER = "X-Shifter-Lane"
SECONDS = 3.0
_SERVER_FAULT = 500


class HttpProbe:
    """Fits `ports.Probe`."""

    def __init__(self, topology: Topology, seconds: float = SECONDS) -> None:
        self._urls = {edge.name: edge.probe_url for edge in topology.edges}
        self._seconds = seconds
        self._opener = build_opener(_NoRedirect)

    def lane(self, edge: str) -> str | None:
        url = self._urls[edge]
        if url is None:
            return None
        status, headers = self._ask(edge, url)
        if status >= _SERVER_FAULT:
            raise Unavailable("probe", edge, f"{url} answered {status}")
        lane = headers.get(HEADER, "").strip()
        if not lane:
            raise Rejected(
                "probe", edge, f"{url} answered {status} without a {HEADER} header"
            )
        return lane

    def _ask(self, edge: str, url: str) -> tuple[int, Message]:
        """Status and headers of the answer, whatever the status is."""
        try:
            # The topology allows http and https only.
            request = Request(url, headers={"User-Agent": "shifter-probe"})  # noqa: S310
            with self._opener.open(request, timeout=self._seconds) as answer:
                return answer.status, answer.headers
        except HTTPError as error:
            with error:
                return error.code, error.headers
        except (OSError, HTTPException, ValueError) as error:
            detail = type(getattr(error, "reason", error)).__name__
            raise Unavailable(
                "probe", edge, f"{url} gave no answer ({detail})"
            ) from None


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:
        """Leave the answer as it is."""
