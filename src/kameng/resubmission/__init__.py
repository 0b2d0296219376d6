"""Resubmission 补交: an order that went wrong is put right on its own terms, in one tap or with none."""
