"""Pages of classifier versions: figures, wrong faces, two versions side by side, promotion."""
