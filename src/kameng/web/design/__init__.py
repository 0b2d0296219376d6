"""What all surfaces share: who is visiting, pages, words, formats, assets, errors, and the doorway around them."""
