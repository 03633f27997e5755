"""Provider protocol, diff, plan, guard, graph, apply, recover. Knows no platform."""
