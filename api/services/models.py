"""模型服务: the registry as the console shows it, promotion through the gate, rollback."""

from api.instance import Instance


def models_view(instance: Instance) -> dict:
    """Models of docs/api.md."""
    current = instance.registry.current()
    return {"current": current.name if current else None, "items": list(instance.registry.list())}


def promote(instance: Instance, model_id: str, by: str) -> None:
    """Promote a candidate. Raises: NotFound; Conflict with the gate's words when it did not pass."""
    instance.registry.promote(model_id, by)


def rollback(instance: Instance, by: str) -> None:
    """Go back to the model before. Raises: Conflict when there is none."""
    instance.registry.rollback(by)
