"""The working system: Django over the engine. Rooms: propose, decide; below them accounts, places and the kernel."""
