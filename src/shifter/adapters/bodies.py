"""Bodies: models as they are stored in items of the table.

AWS documentation: Amazon DynamoDB developer guide, "Quotas" (400 KB an item).
"""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from shifter.core.errors import PlanError, Rejected, UnreadableRecord
from shifter.telemetry import logger

Model = TypeVar("Model", bound=BaseModel)

LARGEST_BYTES = 390_000
"""An item may have 400 KB, with the names and values of its other attributes."""
_LARGE_BYTES = 200_000


def written(model: BaseModel, resource: str) -> str:
    """The model as it is stored.  Raises Rejected before DynamoDB would."""
    text = model.model_dump_json()
    size = len(text.encode())
    if size > LARGEST_BYTES:
        raise Rejected(
            "TransactWriteItems",
            resource,
            f"{size} bytes, more than the {LARGEST_BYTES} that an item can hold",
        )
    if size > _LARGE_BYTES:
        logger().warning(
            f"{resource}: {size} bytes, and no more than {LARGEST_BYTES} can be saved"
        )
    return text


def parsed(model: type[Model], item: dict[str, Any], resource: str) -> Model:
    """The model that an item holds.  Raises UnreadableRecord."""
    try:
        return model.model_validate_json(item["body"]["S"])
    except KeyError:
        problem = "it has no body"
    except PlanError as error:
        problem = f"its plan is refused: {error}"
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "body"
        problem = f"{place}: {first['msg']}, {error.error_count()} problems in all"
    raise UnreadableRecord(
        f"{resource} cannot be read by this version of Shifter ({problem}): "
        "use the version that wrote it"
    )
