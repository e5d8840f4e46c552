"""办理: what people do with an order, one kind of action a module."""
