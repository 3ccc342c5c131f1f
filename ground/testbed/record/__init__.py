"""What somebody outside made happen in a run: inputs with their instant, recorded, branched."""
