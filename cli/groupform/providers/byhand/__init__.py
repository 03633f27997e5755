"""What platforms without an API have in common: everything is a step, and each platform is a table and its sentences.

Such a platform says what it is told apart by (`kind.Kind`), how people come in, and its messages; it sends nothing.
"""
