"""On which days and at which instants something happens: rules, clocks, holidays and the Chinese calendar. All pure.

The libraries that know the calendars are imported where they are first asked: most commands never ask.
"""
