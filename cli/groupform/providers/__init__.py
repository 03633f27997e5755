"""The platforms, one folder and one entry point each: none knows another, and nothing below knows any of them."""
