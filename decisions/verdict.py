"""The verdict on "May I?": pure rules over facts. Plain Python: no framework, no table, no clock."""
