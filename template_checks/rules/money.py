"""Money: within the budget of the profile, and nothing without a price."""

from __future__ import annotations

from template_checks.cost import BUDGETS, Unpriced, bill
from template_checks.rules.rule import Found, rule
from template_checks.tree import Tree


@rule("USD01", "A bill over the budget is found by whoever pays it.")
def within_budget(tree: Tree) -> Found:
    try:
        total = bill(tree).total
    except Unpriced:
        return
    if total > BUDGETS[tree.profile]:
        yield (
            tree.profile,
            f"{total:.0f} USD a month; {BUDGETS[tree.profile]} are allowed",
        )


@rule("USD02", "What has no price in the table costs what nobody has added up.")
def everything_is_priced(tree: Tree) -> Found:
    try:
        bill(tree)
    except Unpriced as missing:
        yield missing.where, str(missing)
