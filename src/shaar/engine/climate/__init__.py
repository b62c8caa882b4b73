"""Energy, emissions and greenhouse gases of running a service."""
