"""模型服务: the registry as the console shows it, promotion through the gate, rollback."""

from api.instance import Instance

_HISTORY = 200


def models_view(instance: Instance) -> dict:
    """Models of docs/api.md: those there are, and what was done with them, newest first."""
    registry = instance.registry
    current = registry.current()
    return {
        "current": current.name if current else None,
        "items": list(registry.list()),
        "history": list(reversed(registry.history()))[:_HISTORY],
    }


def model_view(instance: Instance, model_id: str) -> dict:
    """One model with its card. Raises: NotFound, ArtifactError."""
    card = instance.registry.page(model_id, "card.md")
    row = next(row for row in instance.registry.list() if row["id"] == model_id)
    manifest = instance.registry.manifest(model_id)
    more = {
        "encoder": manifest.encoder,
        "wanted_precision": manifest.wanted_precision,
        "counts": manifest.data.get("counts", {}),
        "has_report": "report.html" in manifest.files,
    }
    return row | more | {"card": card}


def report_page(instance: Instance, model_id: str) -> str:
    """The training report as HTML, as it was written. Raises: NotFound, ArtifactError."""
    return instance.registry.page(model_id, "report.html")


def promote(instance: Instance, model_id: str, by: str, reason: str = "") -> None:
    """Promote a candidate. Raises: NotFound; Conflict with the gate's words when it did not pass."""
    instance.registry.promote(model_id, by, reason=reason)


def rollback(instance: Instance, by: str) -> None:
    """Go back to the model before. Raises: Conflict when there is none."""
    instance.registry.rollback(by)
