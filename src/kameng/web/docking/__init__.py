"""The docking protocols of other shops' programs, served as theirs are, byte by byte: so their shops sell our goods."""
