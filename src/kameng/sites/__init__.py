"""Sites 分站: one deployment under several names, each with its own colour, notice and ICP number."""
