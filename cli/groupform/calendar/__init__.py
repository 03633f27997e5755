"""The content calendar: what is due when, in which group, and what is wrong with it. Knows no platform."""
