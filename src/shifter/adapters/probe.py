"""A probe: one real request through an edge, to see which lane answers.

The application says its lane in the `X-Shifter-Lane` header of any answer.
"""

from __future__ import annotations

from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from shifter.core.errors import Rejected, Unavailable
from shifter.core.topology import Topology

HEADER = "X-Shifter-Lane"
SECONDS = 3.0


class HttpProbe:
    """Fits `ports.Probe`."""

    def __init__(self, topology: Topology, seconds: float = SECONDS) -> None:
        self._urls = {edge.name: edge.probe_url for edge in topology.edges}
        self._seconds = seconds

    def lane(self, edge: str) -> str | None:
        url = self._urls[edge]
        if url is None:
            return None
        # The topology allows http and https only.
        request = Request(url, headers={"User-Agent": "shifter-probe"})  # noqa: S310
        try:
            with urlopen(request, timeout=self._seconds) as answer:  # noqa: S310
                lane: str | None = answer.headers.get(HEADER)
        except HTTPError as error:
            with error:
                raise Unavailable("probe", edge, f"answered {error.code}") from None
        except (URLError, TimeoutError, OSError) as error:
            detail = type(getattr(error, "reason", error)).__name__
            raise Unavailable("probe", edge, f"no answer ({detail})") from None
        if lane is None:
            raise Rejected("probe", edge, f"the answer has no {HEADER} header")
        return lane
