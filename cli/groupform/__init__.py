"""groupform: terraform for chat groups. Rooms, from the ground up: config, compile, engine, state, http, providers, commands, render."""

__version__ = "0.1.0"
