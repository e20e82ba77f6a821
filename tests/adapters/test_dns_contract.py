"""What every adapter of `ports.Dns` promises."""

from __future__ import annotations

import pytest

from shifter.core.edges import DnsState
from shifter.core.errors import AwsError
from shifter.core.lanes import InexactShare
from tests.adapters.bench import Bench


def test_the_pair_is_read_by_edge(bench: Bench) -> None:
    assert bench.dns.read() == DnsState({"edge-1": 1, "edge-2": 0}, 60)


@pytest.mark.parametrize("share", [0, 4, 500, 1000])
def test_the_share_that_is_written_is_read(bench: Bench, share: int) -> None:
    bench.dns.write(share)

    state = bench.dns.read()

    assert state is not None
    assert state.share() == share


def test_a_share_that_no_weights_give_is_refused(bench: Bench) -> None:
    with pytest.raises(InexactShare):
        bench.dns.write(1)

    assert bench.dns.read() == DnsState({"edge-1": 1, "edge-2": 0}, 60)


def test_a_change_can_be_followed_until_it_is_on_all_servers(bench: Bench) -> None:
    change = bench.dns.write(500)

    assert bench.dns.insync(change) is True


def test_a_system_without_weighted_pair_has_none(small: Bench) -> None:
    assert small.dns.read() is None


def test_writing_a_pair_that_does_not_exist_is_a_bug(small: Bench) -> None:
    with pytest.raises(ValueError, match="no weighted record"):
        small.dns.write(500)


def test_dns_that_cannot_be_asked_is_an_error(bench: Bench) -> None:
    change = bench.dns.write(500)
    bench.break_source("dns")

    with pytest.raises(AwsError):
        bench.dns.read()
    with pytest.raises(AwsError):
        bench.dns.write(500)
    with pytest.raises(AwsError):
        bench.dns.insync(change)
