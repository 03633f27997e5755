"""Runs the command line: `python -m groupform`."""

from groupform.entry import main

if __name__ == "__main__":
    main()
