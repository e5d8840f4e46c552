"""会话助手: what to say in each turn of a conversation. Decides and composes; stores and sends nothing itself."""
