"""An epay gateway of our own, with a pay page. It plays a foreign party: other process, own port, own books."""
