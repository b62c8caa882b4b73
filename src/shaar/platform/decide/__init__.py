"""Grants scored and ballots counted, with reasons and a human signer."""
