"""The command line, one verb a file, thin: reads options, calls the engine, hands the result to `render`."""
