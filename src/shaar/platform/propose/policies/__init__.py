"""Who may do what to which thing, one module an aggregate."""
