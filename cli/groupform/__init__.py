"""groupform: terraform for chat groups. Each folder is one room of the house; its `__init__` says what for."""

__version__ = "0.1.0"
