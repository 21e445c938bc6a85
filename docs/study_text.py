def write(out, results):
    pass
