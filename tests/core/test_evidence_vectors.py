"""The reference's vectors: computed elsewhere, with fifty digits."""

from __future__ import annotations

from math import comb, exp, fsum, inf, log, log1p
from typing import Any

import pytest

from shifter.core.baseline import dispersion
from shifter.core.evidence import Evidence
from shifter.core.mixture import RHO, Mixture, gains, log_add, share_under_null, tolls
from shifter.core.permission import gain, margin
from shifter.core.sample_ratio import log_odds
from tests.core.evidence_examples import TOLERANCE, VECTORS, again


def near(expected: float) -> Any:
    return pytest.approx(expected, abs=TOLERANCE, rel=0)


@pytest.mark.parametrize("vector", VECTORS["log_lr"])
def test_one_interval_brings_what_the_reference_says(vector: dict[str, Any]) -> None:
    pi = share_under_null(vector["ng"], vector["nb"], vector["r0"])
    brought = dict(zip(RHO, gains(vector["x"], vector["m"], tolls(pi)), strict=True))

    assert near(vector["pi"]) == pi
    assert near(vector["log_lr"]) == brought[vector["rho"]]


@pytest.mark.parametrize("vector", VECTORS["mixture"], ids=lambda v: v["name"])
def test_a_mixture_grows_as_the_reference_says(vector: dict[str, Any]) -> None:
    mixture, spent, trace = Mixture(), 0.0, []
    for (ng, nb, x, m), w in zip(vector["items_ng_nb_x_m"], vector["w"], strict=True):
        won = gains(x, m, tolls(share_under_null(ng, nb, vector["r0"])))
        limit = inf if vector["cap"] is None else vector["cap"]
        mixture.bet([min(nats / vector["phi"], limit) for nats in won], log(w))
        spent += w
        trace.append(mixture.log_e(log1p(-spent)))

    assert [near(log_e) for log_e in vector["log_e_trace"]] == trace


@pytest.mark.parametrize("vector", VECTORS["combine_two_metrics"])
def test_the_mean_of_two_metrics_is_the_evidence(vector: dict[str, Any]) -> None:
    assert near(vector["combined"]) == log_add(*vector["log_e"]) - log(2)


@pytest.mark.parametrize("vector", VECTORS["dispersion"])
def test_clumps_are_measured_as_the_reference_says(vector: dict[str, Any]) -> None:
    assert near(vector["phi"]) == dispersion(vector["x"], vector["n"])


@pytest.mark.parametrize("vector", VECTORS["gate_inc"])
def test_permission_grows_as_the_reference_says(vector: dict[str, Any]) -> None:
    assert near(vector["gate_inc"]) == gain(
        vector["x"], vector["n"], vector["b"], vector["delta"]
    )


@pytest.mark.parametrize("vector", VECTORS["margin"])
def test_a_margin_is_what_the_reference_says(vector: dict[str, Any]) -> None:
    assert near(vector["margin"]) == margin(
        vector["w_next"],
        rpm=vector["rpm"],
        delay_min=vector["delay_min"],
        budget=vector["budget"],
        lo=vector["lo"],
        hi=vector["hi"],
    )


@pytest.mark.parametrize("vector", VECTORS["beta_bayes_factor"])
def test_a_sample_ratio_has_the_odds_of_the_reference(vector: dict[str, Any]) -> None:
    assert near(vector["log_bf"]) == log_odds(vector["x"], vector["y"], vector["pi"])


@pytest.mark.parametrize("vector", VECTORS["trace"], ids=lambda v: v["name"])
def test_the_engine_answers_as_the_reference_does(vector: dict[str, Any]) -> None:
    """Across a poll each: what is not in the state does not count."""
    evidence = Evidence(vector["rpm"], vector["hist_rate"], vector["phi"])
    for interval in vector["intervals"]:
        evidence = again(evidence)
        evidence.update(
            now=interval["now"],
            step=interval["step"],
            blue=interval["blue"],
            green=interval["green"],
            whole=interval["whole"],
        )
        answered = evidence.decide(
            now=interval["now"],
            step=interval["step"],
            since_step_s=interval["since_step_s"],
        )

        assert near(interval["log_e"]) == evidence.log_e
        assert [near(nats) for nats in interval["gate"]] == evidence.permission.gate
        assert interval["sick_until"] == evidence.permission.sick_until
        assert interval["decision"] == answered


@pytest.mark.parametrize("vector", VECTORS["expected_e_value"], ids=lambda v: v["law"])
def test_one_interval_wins_no_more_than_the_reference_says(
    vector: dict[str, Any],
) -> None:
    """Summed over all that can happen, by each law of who owns the bad events."""
    law = {
        "binomial": _binomial,
        "hypergeometric": _hypergeometric,
        "fisher_noncentral": _noncentral,
        "independent_bernoulli": _independent,
    }[vector["law"]]

    assert near(vector["expected"]) == law(vector)


def _brought(x: int, m: int, pi: float, rho: float) -> float:
    return exp(gains(x, m, tolls(pi))[RHO.index(rho)])


def _binomial(v: dict[str, Any]) -> float:
    m, pi = v["m"], v["pi"]
    return fsum(
        comb(m, x) * pi**x * (1 - pi) ** (m - x) * _brought(x, m, pi, v["rho"])
        for x in range(m + 1)
    )


def _hypergeometric(v: dict[str, Any]) -> float:
    """Equal rates: each set of m requests is as likely to be the bad ones."""
    return _noncentral(v | {"p_b": 0.5})


def _noncentral(v: dict[str, Any]) -> float:
    """Rates in the ratio r0, and m bad requests in all."""
    m, ng, nb, p_b = v["m"], v["ng"], v["nb"], v["p_b"]
    p_g = v["r0"] * p_b
    odds = p_g / (1 - p_g) / (p_b / (1 - p_b))
    pi = share_under_null(ng, nb, v["r0"])
    ways = {x: comb(ng, x) * comb(nb, m - x) * odds**x for x in range(min(ng, m) + 1)}
    won = fsum(way * _brought(x, m, pi, v["rho"]) for x, way in ways.items())
    return won / fsum(ways.values())


def _independent(v: dict[str, Any]) -> float:
    pi = share_under_null(v["ng"], v["nb"], v["r0"])
    return fsum(
        _chance(x, v["ng"], v["p_g"])
        * _chance(y, v["nb"], v["p_b"])
        * _brought(x, x + y, pi, v["rho"])
        for x in range(v["ng"] + 1)
        for y in range(60)  # more than that has a chance below 1e-60
    )


def _chance(bad: int, requests: int, p: float) -> float:
    chance: float = comb(requests, bad) * p**bad * (1 - p) ** (requests - bad)
    return chance
