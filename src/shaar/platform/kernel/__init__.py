"""What every room stands on: events, messages, files, jobs, errors, who may enter; it knows no room."""
