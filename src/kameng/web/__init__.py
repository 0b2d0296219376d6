"""The way in: pages, APIs, callbacks. Surfaces share `design` and do not know each other."""
