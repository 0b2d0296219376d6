"""After-sales 售后: a buyer says what went wrong, somebody puts it right in time, and the buyer says whether it is."""
