"""What the environment says."""

import os

DATABASE_URL = os.environ.get("DATABASE_URL", "sqlite+aiosqlite:///./shop.db")
SECRET = os.environ["SHOP_SECRET"]
