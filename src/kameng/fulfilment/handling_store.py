"""SQL of who looks into an attempt. Private to this package."""

from kameng.kernel.database import Transaction

HAND_BACK = "UPDATE delivery_attempts SET owner_id = NULL WHERE id = $1 AND owner_id IS NOT NULL"


async def hand_back(tx: Transaction, attempt_id: int) -> bool:
    written: str = await tx.connection.execute(HAND_BACK, attempt_id)
    return written == "UPDATE 1"
