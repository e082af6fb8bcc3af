"""The record: SQLModel tables, the database engines, and the journal that writes them."""
