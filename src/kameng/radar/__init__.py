"""The trouble radar: suppliers are watched through what comes of the attempts."""
