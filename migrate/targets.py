from migrate.convert import cells_of  # noqa


def weights_of(cell):
    return cell.export_weights()


def assign_weights(cell, weights):
    cell.import_weights(weights)
