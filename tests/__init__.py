"""Tests mirror the apps; journeys, project, faults and bench stand beside them."""
