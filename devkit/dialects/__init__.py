"""How the operations are spelled: one module per frontend's dialect, each a table over the contract. No I/O."""
