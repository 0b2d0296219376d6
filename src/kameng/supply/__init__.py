"""Where goods come from when they are not in our vault 货源: suppliers, their goods, routes, and how they are doing."""
