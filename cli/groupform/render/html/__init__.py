"""Pages that open by themselves in any browser: nothing is fetched, nothing is sent."""
