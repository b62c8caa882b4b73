"""The questions a planner asks, answered whole: check, baseline, design, plan."""
