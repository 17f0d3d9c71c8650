"""Who may do what with grids and forums: getters that load and authorise."""
