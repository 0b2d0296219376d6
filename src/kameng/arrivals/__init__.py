"""When goods will be there: learned from past deliveries, told of those under way."""
